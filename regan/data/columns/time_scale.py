"""Scales of times: the ticks of columns with different clocks in one unit, for rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from regan.data.columns.scale import Scale
from regan.data.numbers.clocks import NANOSECONDS

_EXACT = 2**53
_LARGEST = 2**62


@dataclass(frozen=True, kw_only=True)
class TimeScale(Scale):
    """A scale of times, on which meanings are whole ticks of the finest unit of all columns.

    Attributes
    ----------
    counts : callable
        From whole ticks (n,) of the column to counts (n,) of `own`, int64.
    ticks : callable
        The inverse: from counts (n,) and their unit to ticks, which lie between where need be.
    own : str
        The unit that the column's counts have.
    unit : str
        That of meanings.
    origin : int
        The count of `unit` that means 0.
    """

    counts: Callable[[np.ndarray], np.ndarray]
    ticks: Callable[[np.ndarray, str], np.ndarray]
    own: str
    unit: str
    origin: int = 0

    def beside(self, others: Sequence[Scale]) -> Self:
        times = [other for other in others if isinstance(other, TimeScale)]
        unit = min((other.own for other in times), key=lambda own: NANOSECONDS.get(own, 0))
        ends = [end * _factor(other.own, unit) for other in times for end in other._ends]
        origin = 0 if self.is_sum else min(ends)
        if max(abs(end - origin) for end in ends) >= _EXACT:
            raise ValueError("columns hold times that float64 does not tell apart in one unit")
        return replace(self, unit=unit, origin=origin)

    @property
    def _ends(self) -> list[int]:
        """The counts of the column's range."""
        return list(self.counts(np.array([self.low, self.high])).tolist())

    @property
    def step(self) -> float:
        return float(_factor(self.own, self.unit))

    @property
    def decimals(self) -> int | None:
        return 0

    def meanings(self, numbers: np.ndarray) -> np.ndarray:
        meant = np.full(len(numbers), np.nan)
        there = ~np.isnan(numbers)
        whole = np.floor(numbers[there])
        part, low = numbers[there] - whole, self._meanings(whole)
        if part.any():
            low += part * (self._meanings(whole + 1) - low)
        meant[there] = low
        return meant

    def _meanings(self, ticks: np.ndarray) -> np.ndarray:
        """Of whole ticks."""
        factor = _factor(self.own, self.unit)
        counts = np.clip(self.counts(ticks), -_LARGEST // factor, _LARGEST // factor) * factor
        return np.asarray((counts - self.origin).astype(np.float64))

    def numbers(self, meanings: np.ndarray) -> np.ndarray:
        low, high = self._meanings(np.array([self.low, self.high])) + (-1, 1)
        within = np.clip(np.where(np.isnan(meanings), low, meanings), low, high)
        counts = np.rint(within).astype(np.int64) + self.origin
        return np.where(np.isnan(meanings), np.nan, self.ticks(counts, self.unit))


def _factor(unit: str, finer: str) -> int:
    """How many of a finer unit one is."""
    return 1 if unit == finer else NANOSECONDS[unit] // NANOSECONDS[finer]
