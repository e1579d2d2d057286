"""Scales of times: whole ticks of columns with different clocks, in one unit from one origin."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from regan.data.columns.scale import Scale

_EXACT = 2**53
_LARGEST = 2**62


def _same(values: np.ndarray) -> np.ndarray:
    return values


@dataclass(frozen=True)
class TimeScale(Scale):
    """A scale of times, whose meanings are counts of a unit that several columns share.

    Attributes
    ----------
    counts, ticks : callable
        From the column's numbers (n,) to counts of its own unit, int64, and back; numbers lie
        between whole ones for counts that the column does not have.
    unit, common : int
        The column's own unit and the shared one, in nanoseconds, or in steps.
    base : int
        What meanings count from, in the shared unit.
    """

    counts: Callable[[np.ndarray], np.ndarray] = _same
    ticks: Callable[[np.ndarray], np.ndarray] = _same
    unit: int = 1
    common: int = 1
    base: int = 0

    @property
    def step(self) -> float:
        return float(self.unit // self.common)

    @property
    def _ends(self) -> list[int]:
        """The ends of the range, in nanoseconds or steps."""
        counts = self.counts(np.array([self.low, self.high]))
        return [int(count) * self.unit for count in counts]

    def beside(self, others: Sequence[Scale]) -> Scale:
        times = [other for other in others if isinstance(other, TimeScale)]
        common = math.gcd(*(other.unit for other in times))
        ends = [end // common for other in times for end in other._ends]
        base = 0 if self.is_sum else min(ends)
        if max(abs(end - base) for end in ends) > _EXACT or max(map(abs, ends)) > _LARGEST:
            raise ValueError(
                f"{self.quantity} have units too small for their range, so float64 cannot "
                "distinguish them: round them"
            )
        return replace(self, common=common, base=base)

    def meanings(self, numbers: np.ndarray) -> np.ndarray:
        there = ~np.isnan(numbers)
        found = np.full(len(numbers), np.nan)
        factor = self.unit // self.common
        found[there] = self.counts(numbers[there]) * factor - self.base
        return found

    def numbers(self, meanings: np.ndarray) -> np.ndarray:
        there = np.isfinite(meanings)
        found = np.array(meanings, dtype=np.float64)
        factor = self.unit // self.common
        whole = np.floor(meanings[there])
        counts, rest = np.divmod(whole.astype(np.int64) + self.base, factor)
        found[there] = self.ticks(counts) + (rest + meanings[there] - whole) / factor
        return found
