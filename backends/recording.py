"""Updates on the CPU recorded as tapes, after a look at whether they are what Python makes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any
from zlib import crc32

import numpy as np

from regan.backends.base import Array
from regan.backends.blas_threads import threads_allowed
from regan.backends.native.loading import extension
from regan.backends.native.replay import NativeReplay
from regan.backends.switch import SWITCH, Way
from regan.backends.tape.instructions import Tape
from regan.backends.tape.replay import Replay
from regan.backends.tape.watched import Number, plain
from regan.backends.tape.writer import Writer
from regan.validation import warn_user_once

WORTH = 100
"""Updates of a run from which on a tape pays."""

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


def failed(writer: Writer, error: Exception, again: Callable[[], Array]) -> None:
    """Make an update that failed while it was written down without that; its own error comes again.

    again : the same update.
    """
    _restore(*writer.abandon())
    again()
    _tell(f"it fails there ({type(error).__name__}: {error})")


def recorded(
    writer: Writer, result: Array, again: Callable[[], Array], way: Way
) -> Recording | None:
    """What the writer has seen, to be repeated; None, after a warning, if that cannot be.

    The update is made anew by the replay, so that compiled code makes all updates of a run.

    result : what the update made, an array; again : the same update, to compare with, and its
    result. What it does is undone.
    """
    tape, result = writer.finish(result), plain(result)
    reason = writer.reason
    if tape is not None:
        replay = _agreeing(tape, result, again)
        _restore(tape.generators, tape.before, tape.states)
        if replay is not None:
            compiled = extension() if way == "native" else None
            if compiled is not None:
                del replay  # and its memory
                replay = NativeReplay(tape, compiled, threads_allowed())
            replay.play()
            return Recording(replay, result)
        result[...] = plain(again())
        reason = (
            "it depends on more than its arrays, its draws and its clock, or works on arrays that "
            "are not the backend's"
        )
    _tell(reason)
    return None


def _tell(reason: str | None) -> None:
    warn_user_once(
        f"updates cannot be written down and run as Python makes them, more slowly, for {reason}; "
        f"{SWITCH}=0 turns this off, and the warning"
    )


def _agreeing(tape: Tape, result: Array, again: Callable[[], Array]) -> Replay | None:
    """NumPy's replay, if it does what `again` does after the update, at other numbers of the host.

    Where arrays are as they were before, whoever has kept a value of then would not be noticed.
    """
    start = [(a, a.copy()) for a, _ in tape.before]
    states = [deepcopy(generator.bit_generator.state) for generator in tape.generators]
    others = [a for a, _ in tape.before if not np.may_share_memory(a, result)]
    numbers = [(number, number.value) for number in tape.numbers if isinstance(number, Number)]
    try:
        for number, value in numbers:
            number.value = _OTHER * value
        with np.errstate(all="ignore"):
            expected = _digest(tape, [*others, plain(again())])
            _restore(tape.generators, start, states)
            replay = Replay(tape)
            replay.play()
        return replay if _digest(tape, [*others, result]) == expected else None
    except Exception:  # at other numbers the update may be none; if it is none at all, that comes
        return None
    finally:
        for number, value in numbers:
            number.value = value


def _restore(
    generators: list[Any], before: list[tuple[np.ndarray, np.ndarray]], states: list[Any]
) -> None:
    """Let arrays and generators be what they were."""
    for array, values in before:
        array[...] = values
    for generator, state in zip(generators, states, strict=True):
        generator.bit_generator.state = state


def _digest(tape: Tape, arrays: list[np.ndarray]) -> Any:
    """What is in these arrays, in short, and where the generators stand."""
    sums = [crc32(np.ascontiguousarray(a).data) for a in arrays]
    return sums, repr([generator.bit_generator.state for generator in tape.generators])
