"""Tapes put together by hand, and what NumPy and compiled code make of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from regan.backends.native.loading import extension, missing
from regan.backends.native.lowering import Lowering
from regan.backends.native.replay import NativeReplay
from regan.backends.tape.instructions import Instruction, Tape, leaves
from regan.backends.tape.replay import Replay
from regan.backends.tape.views import owner_of

needs_extension = pytest.mark.skipif(
    missing() is not None, reason=f"compiled replays need the extension: {missing()}"
)

STEPS = (1, 1, 1, 2, 3, -1, -2)


class Given:
    """A number of the host."""

    def __init__(self, value: Any) -> None:
        self.value = value


def tape(
    *instructions: Instruction, numbers: Sequence[Any] = (), buffers: Sequence[int] = ()
) -> Tape:
    """A tape of instructions on arrays that belong to others."""
    return Tape([*instructions], [*buffers], {}, [*numbers], [], [], [])


def is_compiled(one: Instruction, n_numbers: int = 0) -> bool:
    """Whether compiled code does it."""
    return Lowering(extension(), n_numbers).words(one) is not None


def native(tape: Tape, threads: int = 1) -> NativeReplay:
    return NativeReplay(tape, extension(), threads)


def both_replays(written: Tape) -> list[tuple[np.ndarray, np.ndarray]]:
    """What NumPy and compiled code leave in all memory that the instructions work in."""
    parts = [(one.inputs, one.outputs) for one in written.instructions]
    found = [owner_of(a) for a in leaves(parts) if isinstance(a, np.ndarray)]
    owners = list({id(a): a for a in found}.values())
    before = [a.copy() for a in owners]
    results = []
    for replay in (Replay(written), native(written)):
        for owner, values in zip(owners, before, strict=True):
            owner[...] = values
        with np.errstate(all="ignore"):
            replay.play()
        results.append([a.copy() for a in owners])
    return list(zip(*results, strict=True))


def assert_alike(written: Tape, scale: float = 1.0) -> None:
    """Both leave the same, up to a few roundings of a number as large as `scale`, at least 1."""
    for right, found in both_replays(written):
        if right.dtype.kind != "f":
            np.testing.assert_array_equal(found, right)
            continue
        unit = np.finfo(right.dtype).eps
        np.testing.assert_allclose(found, right, 8 * unit, 8 * unit * scale)


def laid_out(
    shape: Sequence[int],
    dtype: Any,
    order: Sequence[int] | None = None,
    steps: Sequence[int] | None = None,
    room: int = 0,
    seed: int = 0,
) -> np.ndarray:
    """Draws in memory that is larger, where there are steps or there is room.

    order : the axes from the one that lies outermost in memory; steps : along each axis, the
    entries of memory from one to the next, negative for backwards, in units of what lies within;
    room : so many entries more along each axis.
    """
    order = range(len(shape)) if order is None else order
    steps = [1] * len(shape) if steps is None else steps
    around = [room + shape[axis] * abs(steps[axis]) for axis in order]
    memory = np.asarray(np.random.default_rng(seed).standard_normal(around), dtype)
    slices = []
    for axis in order:
        step, n = steps[axis], shape[axis]
        first = 0 if step > 0 else (n - 1) * -step
        last = first + n * step
        slices.append(slice(first, last if last >= 0 else None, step) if n else slice(0, 0))
    return memory[tuple(slices)].transpose(np.argsort(order)) if len(shape) else memory[...]


@st.composite
def arrays(draw: Any, shape: tuple[int, ...], dtype: Any, steps: Any = STEPS) -> np.ndarray:
    """An array of this shape that lies anyhow; `steps` are what is between its entries."""
    own = [draw(st.sampled_from(steps)) for _ in shape]
    order = draw(st.permutations(range(len(shape))))
    room, seed = draw(st.sampled_from([0, 1])), draw(st.integers(0, 9))
    return laid_out(shape, dtype, order, own, room, seed)


@st.composite
def broadcasting(draw: Any, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array that broadcasts to this shape."""
    own = tuple(draw(st.sampled_from([n, n, n, 1])) for n in shape)
    own = own[draw(st.sampled_from([0, 0, len(own) // 2, len(own)])) :]
    return draw(arrays(own, dtype))
