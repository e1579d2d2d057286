"""Scales: what the numbers of a column mean beside those of others, and which ones it may hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from regan.data.numbers.grids import Grid

_EXACT = 2.0**53


@dataclass(frozen=True)
class Scale:
    """A scale that columns of one quantity share: a number x of a column means origin + unit * x.

    Attributes
    ----------
    quantity : str
        What is measured: columns of one quantity can be compared.
    low, high : float
        The range of the column's numbers.
    grid : Grid or None
        What they obey.
    unit, origin : int
        In the smallest unit of the quantity, such as nanoseconds.
    places : array of shape (L,) or None
        Of levels: where each code stands in an order that columns share, increasing.
    dtype : str
        The floating one that numbers are written in.
    is_sum : bool
        Whether meanings may be added, as those of numbers and spans and not those of dates.
    """

    quantity: str
    low: float
    high: float
    grid: Grid | None = None
    unit: int = 1
    origin: int = 0
    places: np.ndarray | None = None
    dtype: str = "float64"
    is_sum: bool = True

    @property
    def decimals(self) -> int | None:
        """How many decimals meanings have; None for more than a grid tells."""
        if self.places is not None:
            return 0
        return None if self.grid is None else self.grid.digits

    def meanings(self, numbers: np.ndarray) -> np.ndarray:
        """What `numbers` (n,) of the column mean; NaN of missing cells."""
        if self.places is not None:
            codes = np.clip(np.nan_to_num(numbers), 0, len(self.places) - 1).astype(np.int64)
            return np.where(np.isnan(numbers), np.nan, self.places[codes])
        return self._meant(numbers) * self.unit + self.origin

    def _meant(self, numbers: np.ndarray) -> np.ndarray:
        """As they are written, or the number of the grid that those of few digits stand for."""
        if self.dtype == "float64":
            return numbers
        written = self._written(numbers)
        if self.grid is None:
            return written
        meant = self.grid.round(numbers)
        return np.where(self._written(meant) == written, meant, written)

    def _written(self, numbers: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            return numbers.astype(self.dtype).astype(np.float64)

    @property
    def _listed(self) -> np.ndarray | None:
        """All numbers that the column may hold, increasing, if they are few."""
        if self.places is not None:
            return np.arange(len(self.places), dtype=np.float64)
        return None if self.grid is None else self.grid.values

    def numbers(self, meanings: np.ndarray) -> np.ndarray:
        """The column's numbers (n,) that mean the same; no levels."""
        return (meanings - self.origin) / self.unit

    def nearest(self, meanings: np.ndarray, least: np.ndarray, above: np.ndarray) -> np.ndarray:
        """Numbers (n,) of the column that mean about `meanings`, and at least `least`, both (n,).

        above : where more than `least` is asked for. Numbers are larger than `high` where no other
        is large enough; NaN where values are listed and none of them is.
        """
        if (listed := self._listed) is not None:
            known = self.meanings(listed)
            nearest = np.searchsorted(0.5 * (known[1:] + known[:-1]), meanings)
            first = np.where(
                above, np.searchsorted(known, least, "right"), np.searchsorted(known, least)
            )
            return np.asarray(np.append(listed, np.nan)[np.maximum(nearest, first)])
        numbers = np.clip(self.numbers(meanings), self.low, self.high)
        if self.grid is not None:
            numbers = np.clip(self.grid.round(numbers), self.low, self.high)
        for step in (0, 1, 2):
            known = self.meanings(numbers)
            short = (known < least) | (above & (known == least))
            if not short.any():
                break
            numbers[short] = self._next(self.numbers(least[short]), step)
        return np.asarray(numbers)

    def _next(self, numbers: np.ndarray, step: int) -> np.ndarray:
        """What the column may hold about `numbers` (n,), and so many steps above it."""
        if self.grid is not None:
            return self.grid.round(numbers, step)
        written = numbers.astype(self.dtype)
        for _ in range(step):
            written = np.nextafter(written, np.array(np.inf, written.dtype))
        return written.astype(np.float64)


def align(scales: Sequence[Scale]) -> list[Scale]:
    """The same scales in one unit and from one origin, in which all meanings are exact.

    ValueError if float64 holds no such.
    """
    origins = [scale.origin for scale in scales]
    base = 0 if all(scale.is_sum for scale in scales) else min(origins)
    unit = math.gcd(*(scale.unit for scale in scales), *(origin - base for origin in origins))
    aligned = [
        replace(scale, unit=scale.unit // unit, origin=(scale.origin - base) // unit)
        for scale in scales
    ]
    if unit > 1 or base or any(scale.unit > 1 for scale in aligned):
        ends = [abs(s.origin + s.unit * end) for s in aligned for end in (s.low, s.high)]
        if max(ends) > _EXACT:
            raise ValueError("their units are too small for their range")
    return aligned
