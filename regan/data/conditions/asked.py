"""What is asked of the cells of rows: numbers, ranges, sets of values, cells that are missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

_NEAR = 1e-9


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of the cells of one column, as numbers: of r rows, or of all rows by one.

    Attributes
    ----------
    place : int
        The column's position in the table.
    name : hashable
    words : str
        What messages call it.
    low, high : float arrays of shape (r,)
        Ends, both included; equal where a number is known, infinite where there is none.
    missing, present : bool arrays of shape (r,)
        Where the cell has to be missing, and where it must not be.
    among : array or None
        The only numbers that it may be, NaN for a missing cell.
    exact : bool
        Whether a known number is what models are given, and not what they have to meet by chance.
    """

    place: int
    name: Any
    words: str
    low: np.ndarray
    high: np.ndarray
    missing: np.ndarray
    present: np.ndarray
    among: np.ndarray | None = None
    exact: bool = False

    def __len__(self) -> int:
        return len(self.low)

    @property
    def may_lack(self) -> bool:
        """Whether one of several values that it may be is a missing cell."""
        return self.among is not None and bool(np.isnan(self.among).any())

    @cached_property
    def known(self) -> np.ndarray:
        """Where the number is known (r,)."""
        return np.asarray((self.low == self.high) & (not self.may_lack))

    @cached_property
    def fixed(self) -> np.ndarray:
        """Where nothing is left to draw (r,): the number is known, or that the cell is missing."""
        return np.asarray(self.known | self.missing)

    @property
    def ranged(self) -> np.ndarray:
        """Where there is a range (r,), and the cell is not missing."""
        finite = np.isfinite(self.low) | np.isfinite(self.high)
        return np.asarray(~self.known & finite & (not self.may_lack))

    def at(self, rows: Any) -> Self:
        """That of some rows, by positions or a mask; of one for all it stays as it is."""
        if len(self) == 1:
            return self
        each = {name: getattr(self, name)[rows] for name in ("low", "high", "missing", "present")}
        return replace(self, **each)

    def allows(self, numbers: np.ndarray) -> np.ndarray:
        """Which of the numbers (n,) are what is asked for, one for each of the r rows."""
        lost = np.isnan(numbers)
        with np.errstate(invalid="ignore"):
            within = (self.low <= numbers) & (numbers <= self.high)
            within |= self.known & (self._near(numbers) | self.exact)
        held = np.where(lost, ~self.present, within & ~self.missing)
        if self.among is not None:
            some = np.isin(numbers, self.among[~np.isnan(self.among)])
            held &= np.where(lost, self.may_lack, some)
        return np.asarray(held)

    def _near(self, numbers: np.ndarray) -> np.ndarray:
        """Which numbers are the known ones, but for rounding."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.abs(numbers - self.low) <= _NEAR * np.abs(self.low))


@dataclass(frozen=True, eq=False)
class Conditions:
    """Conditions on rows, column by column.

    Attributes
    ----------
    asked : tuple of Asked
    n_rows : int
        How many rows they tell apart; 1 if all are alike.
    of_table : bool
        Whether each is on a row of its own.
    """

    asked: tuple[Asked, ...]
    n_rows: int = 1
    of_table: bool = False

    def at(self, rows: np.ndarray) -> Self:
        """Those of some rows, by position."""
        return replace(self, asked=tuple(a.at(rows) for a in self.asked), n_rows=len(rows))

    def exact(self, places: Collection[int]) -> Self:
        """The same with a note on those whose known numbers are what models are given."""
        asked = tuple(replace(a, exact=a.place in places) for a in self.asked)
        return replace(self, asked=asked)

    def held(self, numbers: np.ndarray) -> np.ndarray:
        """Which rows of numbers (n, C) fulfill each of them: (n, A)."""
        each = [asked.allows(numbers[:, asked.place]) for asked in self.asked]
        return np.stack(each, axis=1) if each else np.ones((len(numbers), 0), dtype=bool)

    def write(self, numbers: np.ndarray) -> None:
        """Write what is known to numbers (n, C)."""
        for asked in self.asked:
            own = numbers[:, asked.place]
            own[:] = np.where(asked.known, asked.low, own)

    def fixed(self, n_columns: int) -> np.ndarray:
        """Which cells (r, C) are known, or known to be missing."""
        fixed = np.zeros((self.n_rows, n_columns), dtype=bool)
        for asked in self.asked:
            fixed[:, asked.place] = asked.fixed
        return fixed


def known(place: int, name: Any, values: np.ndarray, words: str) -> Asked:
    """Known numbers (r,); NaN where nothing is asked for."""
    free = np.isnan(values)
    return Asked(
        place,
        name,
        words,
        np.where(free, -np.inf, values),
        np.where(free, np.inf, values),
        np.zeros(len(values), dtype=bool),
        ~free,
    )


def between(place: int, name: Any, low: float, high: float, words: str) -> Asked:
    """One range for all rows."""
    ends = np.array([low]), np.array([high])
    return Asked(place, name, words, *ends, np.array([False]), np.array([True]))


def one_of(place: int, name: Any, values: np.ndarray, words: str) -> Asked:
    """One set of numbers for all rows, NaN among them for a cell that is missing."""
    there = values[~np.isnan(values)]
    present = np.array([len(there) == len(values)])
    ends = np.array([there.min()]), np.array([there.max()])
    return Asked(place, name, words, *ends, np.array([False]), present, np.unique(values))


def missing(place: int, name: Any, words: str) -> Asked:
    """The cells of all rows are missing."""
    ends = np.array([-np.inf]), np.array([np.inf])
    return Asked(place, name, words, *ends, np.array([True]), np.array([False]))
