"""Memory of tapes: buffers that are not in use at the same time may lie in the same place."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

from regan.backends.tape.instructions import Instruction, Place, Tape

Lives: TypeAlias = dict[int, tuple[int, int]]
"""The first and the last instruction that works in each buffer."""

ALIGNMENT = 64
"""Bytes: a line of the cache."""

_EFFECTS = ("draw", "write")
"""Kinds of instructions that do more than their outputs say, or may."""


def needed(tape: Tape) -> list[Instruction]:
    """The instructions without those whose results nobody reads, and those that do nothing."""
    read, left = set(tape.kept), []
    for one in reversed(tape.instructions):
        outputs = [out for out in one.outputs if out is not None]
        empty = all(out.size == 0 for out in outputs)
        used = any(not isinstance(out, Place) or out.buffer in read for out in outputs)
        idle = empty or _copies_to_itself(one)
        if one.kind in _EFFECTS or (used and not idle):
            left.append(one)
            read |= one.buffers
    return left[::-1]


def _copies_to_itself(one: Instruction) -> bool:
    """As ``a[...] += b`` does at its end, in Python."""
    if one.kind != "copy":
        return False
    (source,), (target,) = one.inputs, one.outputs
    return isinstance(source, Place) and isinstance(target, Place) and source == target


def spans(instructions: Iterable[Instruction]) -> Lives:
    """The life of each buffer."""
    found: Lives = {}
    for i, one in enumerate(instructions):
        for buffer in one.buffers:
            found[buffer] = found.get(buffer, (i, i))[0], i
    return found


def plan(sizes: Sequence[int], lives: Lives) -> tuple[dict[int, int], int]:
    """Where each buffer of so many bytes begins, and how many bytes it takes for all.

    The largest come first, each to the lowest place that is free throughout its life; buffers that
    live as long as one another lie in a row.
    """
    if len(set(lives.values())) == 1:
        return _in_a_row(sizes, lives)
    placed: list[tuple[int, int, int, int]] = []  # start, stop, birth, death
    starts, total = {}, 0
    for buffer in sorted(lives, key=lambda b: (-sizes[b], lives[b])):
        birth, death = lives[buffer]
        size = -(-sizes[buffer] // ALIGNMENT) * ALIGNMENT
        start = 0
        for other, stop, born, died in placed:
            if born <= death and birth <= died:
                if start + size <= other:
                    break
                start = max(start, stop)
        insort(placed, (start, start + size, birth, death))
        starts[buffer], total = start, max(total, start + size)
    return starts, total


def _in_a_row(sizes: Sequence[int], buffers: Iterable[int]) -> tuple[dict[int, int], int]:
    starts, total = {}, 0
    for buffer in buffers:
        starts[buffer] = total
        total += -(-sizes[buffer] // ALIGNMENT) * ALIGNMENT
    return starts, total


def allocate(n_bytes: int) -> np.ndarray:
    """So many bytes, which begin with a line of the cache."""
    memory = np.empty(n_bytes + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + n_bytes]
