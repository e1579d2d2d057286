"""Updates on the CPU recorded as tapes, after a look at whether they are what Python makes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any
from zlib import crc32

import numpy as np

from regan.backends.base import Array
from regan.backends.tape.instructions import Tape, leaves
from regan.backends.tape.replay import Replay
from regan.backends.tape.switch import SWITCH
from regan.backends.tape.watched import Number, plain
from regan.backends.tape.writer import Writer
from regan.validation import warn_user_once

WORTH = 100
"""Repetitions from which on a tape pays."""

_OTHER = 0.75
"""What numbers of the host are multiplied by, to see that they are asked for anew."""


class Recording:
    """A tape with its memory."""

    def __init__(self, replay: Replay, result: Array) -> None:
        self._replay: Replay | None = replay
        self._result = result

    def repeat(self) -> Array:
        """Play it all; the result is in the same array each time."""
        assert self._replay is not None
        self._replay.play()
        return self._result

    def close(self) -> None:
        """Drop the tape."""
        self._replay = self._result = None


def recorded(writer: Writer, result: Array, again: Callable[[], Array]) -> Recording | None:
    """What the writer has seen, to be repeated; None, after a warning, if that cannot be.

    result : what the update made, an array; again : the same update, to compare with. What it
    does is undone.
    """
    tape, result = writer.finish(result), plain(result)
    reason = writer.reason
    if tape is not None:
        replay = Replay(tape)
        if _agrees(tape, replay, result, again):
            return Recording(replay, result)
        reason = (
            "it depends on more than its arrays, its draws and its clock, or works on arrays that "
            "are not the backend's"
        )
    warn_user_once(
        f"updates cannot be written down and run as Python makes them, more slowly, for {reason}; "
        f"{SWITCH}=0 turns this off, and the warning"
    )
    return None


def _agrees(tape: Tape, replay: Replay, result: Array, again: Callable[[], Array]) -> bool:
    """Whether the tape does what `again` does, at other numbers of the host; both are undone."""
    written = _written(tape)
    others = [a for a in written if not np.may_share_memory(a, result)]
    before = _Before(tape, written)
    try:
        before.scale(_OTHER)
        with np.errstate(all="ignore"):
            expected = _digest(tape, [*others, plain(again())])
            before.restore()
            replay.play()
        return bool(_digest(tape, [*others, result]) == expected)
    finally:
        before.scale(1)
        before.restore()


def _written(tape: Tape) -> list[np.ndarray]:
    """The arrays of others that the tape writes to, each once."""
    outputs = leaves([one.outputs for one in tape.instructions])
    arrays = [*(a for a in outputs if isinstance(a, np.ndarray)), *tape.kept.values()]
    return list({(a.ctypes.data, a.shape, a.strides): a for a in arrays}.values())


class _Before:
    """What arrays, generators and numbers were before an update that is to be undone."""

    def __init__(self, tape: Tape, written: list[np.ndarray]) -> None:
        self._arrays = [(a, a.copy()) for a in written]
        self._generators = [(g, deepcopy(g.bit_generator.state)) for g in tape.generators]
        self._numbers = [(n, n.value) for n in tape.numbers if isinstance(n, Number)]

    def restore(self) -> None:
        for array, copy in self._arrays:
            array[...] = copy
        for generator, state in self._generators:
            generator.bit_generator.state = state

    def scale(self, factor: float) -> None:
        """Let the numbers be `factor` times what they were."""
        for number, value in self._numbers:
            number.value = factor * value


def _digest(tape: Tape, arrays: list[np.ndarray]) -> Any:
    """What is in these arrays, in short, and where the generators stand."""
    sums = [crc32(np.ascontiguousarray(a).data) for a in arrays]
    return sums, repr([generator.bit_generator.state for generator in tape.generators])
