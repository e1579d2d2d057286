"""Scales: what the numbers of a column mean beside those of others, and which ones it may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regan.data.numbers.grids import Grid


@dataclass(frozen=True)
class Scale:
    """A scale that columns of one quantity share: numbers of a column mean numbers on it.

    Here they mean themselves, or the places of levels; a subclass for other columns overrides
    `beside`, `meanings`, `numbers` and `step`. More never means less.

    Attributes
    ----------
    quantity : str
        What is measured: columns of one quantity can be compared.
    low, high : float
        The range of the column's numbers.
    grid : Grid or None
        What they obey.
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
    places: np.ndarray | None = None
    dtype: str = "float64"
    is_sum: bool = True

    def beside(self, others: Sequence[Scale]) -> Scale:
        """The same in a unit and from an origin that suit all of `others`, of which it is one.

        ValueError, in words behind those for a rule, if float64 has no exact meanings then.
        """
        return self

    @property
    def step(self) -> float:
        """Between meanings that may be sums; 0 where there are no decimals."""
        return 0.0 if self.decimals is None else 10.0**-self.decimals

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
        return self._meant(numbers)

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
        """The column's numbers (n,) that mean the same, or lie between those that mean about it.

        It is not asked where values are listed.
        """
        return meanings

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
