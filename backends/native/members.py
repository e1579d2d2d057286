"""Members of a population, each by itself: what one does while others are elsewhere in the update.

All that a member works on is then in the cache together, and threads need not wait for one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from regan.backends.tape.instructions import Instruction

_WORTH = 1_000_000
"""Multiplications of an update from which on a second thread is worth its start."""


def n_members(instructions: Sequence[Instruction]) -> int:
    """How many models an update moves."""
    products = (one for one in instructions if one.kind == "product")
    return max((int(one.outputs[0].shape[0]) for one in products), default=1)


def n_threads(instructions: Sequence[Instruction], allowed: int) -> int:
    """How many threads an update of several members is worth."""
    products = (one for one in instructions if one.kind == "product")
    work = sum(one.outputs[0].size * one.inputs[0].shape[-1] for one in products)
    return max(1, min(allowed, n_members(instructions), int(work) // _WORTH))


def first_two(one: Instruction, members: int) -> tuple[Instruction, Instruction] | None:
    """The instruction for the first and the second member; None if members are not told apart.

    Those of the others are as far away from one another.
    """
    if any(out is None or out.ndim == 0 or len(out) != members for out in one.outputs):
        return None
    if one.kind == "take":
        a, index = one.inputs
        if index.ndim < 2 or len(index) != members:
            return None
        out = one.outputs[0]
        first, second = (
            replace(one, inputs=(a, index[k : k + 1]), outputs=(out[k : k + 1],)) for k in range(2)
        )
        return first, second
    n_dimensions = one.outputs[0].ndim
    if one.kind == "reduce":
        n_dimensions = one.inputs[0].ndim
        axis = one.options.get("axis", 0)
        if axis is None or any(i % n_dimensions == 0 for i in np.atleast_1d(axis)):
            return None

    def of(a: Any, k: int) -> Any:
        own = isinstance(a, np.ndarray) and a.ndim == n_dimensions and len(a) == members
        return a[k : k + 1] if own else a

    first, second = (
        replace(
            one,
            inputs=tuple(of(a, k) for a in one.inputs),
            outputs=tuple(out[k : k + 1] for out in one.outputs),
        )
        for k in range(2)
    )
    return first, second


@dataclass(frozen=True)
class _Span:
    """Where a member's part of an array begins and ends: ``start + k * step``, and so on."""

    start: int
    stop: int
    step: int

    def range(self, members: int) -> tuple[int, int]:
        """Where all of it begins and ends."""
        far = (members - 1) * self.step
        return self.start + min(far, 0), self.stop + max(far, 0)

    def meets(self, other: _Span, members: int) -> bool:
        """Whether a part of one member meets that of another."""
        (a, b), (c, d) = self.range(members), other.range(members)
        if b <= c or d <= a:
            return False
        k = np.arange(members)
        mine, theirs = k * self.step, k * other.step
        met = np.less.outer(self.start + mine, other.stop + theirs)
        met &= np.greater.outer(self.stop + mine, other.start + theirs)
        np.fill_diagonal(met, False)
        return bool(met.any())

    def drifts(self, other: _Span, members: int) -> bool:
        """Whether parts of one member that are near are another distance apart for others."""
        (a, b), (c, d) = self.range(members), other.range(members)
        return self.step != other.step and b > c and d > a


class _Spans:
    """Spans, each once, of which those near another are found at once."""

    def __init__(self, members: int) -> None:
        self._members = members
        self._known: set[_Span] = set()
        self._found: list[_Span] = []
        self._ranges = np.empty((2, 64), np.int64)

    def add(self, spans: Sequence[_Span]) -> None:
        for span in spans:
            if span in self._known:
                continue
            n = len(self._found)
            if n == self._ranges.shape[1]:
                self._ranges = np.concatenate([self._ranges, self._ranges], axis=1)
            self._ranges[:, n] = span.range(self._members)
            self._known.add(span)
            self._found.append(span)

    def meet(self, other: _Span) -> bool:
        """Whether a part of a member in one of them meets that of another in `other`."""
        low, high = other.range(self._members)
        starts, stops = self._ranges[:, : len(self._found)]
        near = np.flatnonzero((starts < high) & (stops > low))
        return any(other.meets(self._found[i], self._members) for i in near)


class Apart:
    """Instructions that members can do in any order among them.

    Parameters
    ----------
    members : int
    arenas : list of array
        Memory that a thread has for the member that it is at: there, none meets another.
    """

    def __init__(self, members: int, arenas: Sequence[np.ndarray] = ()) -> None:
        self._members = members
        self._arenas = [byte_bounds(arena) for arena in arenas]
        self._read, self._written = _Spans(members), _Spans(members)

    def admit(self, first: Instruction, second: Instruction) -> bool:
        """Take an instruction in, if it works on nothing that other members work on."""
        read = list(self._spans(first.inputs, second.inputs))
        written = list(self._spans(first.outputs, second.outputs))
        if any(a.meets(b, self._members) for a in written for b in (*read, *written)):
            return False
        if any(map(self._written.meet, (*read, *written))) or any(map(self._read.meet, written)):
            return False
        # words were made for two members: the others' parts have to lie to one another as theirs
        if any(a.drifts(b, self._members) for a in written for b in (*read, *written)):
            return False
        self._read.add(read)
        self._written.add(written)
        return True

    def _spans(self, first: Sequence[Any], second: Sequence[Any]) -> Iterator[_Span]:
        for a, b in zip(first, second, strict=True):
            if isinstance(a, np.ndarray) and a.size:
                (start, stop), (after, _) = byte_bounds(a), byte_bounds(b)
                if not any(low <= start < high for low, high in self._arenas):
                    yield _Span(start, stop, after - start)
