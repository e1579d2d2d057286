"""Cells: rows of a table as numbers and levels, of which some may be unknown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

UNKNOWN = -1
"""The code of a level that is not known."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of numbers and of levels; what is not known is integrated out.

    Attributes
    ----------
    values : float array of shape (n, P)
        Numbers; NaN is not known.
    codes : integer array of shape (n, B)
        The level of each block; -1 is not known.
    sizes : tuple of int
        How many levels each block has.
    n_free : int
        How many of the blocks, the last ones, are free of penalties, such as classes.
    """

    values: np.ndarray
    codes: np.ndarray
    sizes: tuple[int, ...]
    n_free: int = 0

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> Self:
        """Some of the rows, by a slice, positions or a mask."""
        return replace(self, values=self.values[rows], codes=self.codes[rows])

    @property
    def n_patterns(self) -> int:
        """How many different sets of numbers are known in some row."""
        return len(np.unique(~np.isnan(self.values), axis=0))

    @property
    def starts(self) -> np.ndarray:
        """Where the levels of each block begin, among those of all, (B,)."""
        sizes = np.array(self.sizes, dtype=np.int64)
        return np.cumsum(sizes) - sizes

    def counts(self) -> np.ndarray:
        """How many rows have each level, (sum L,)."""
        known = self.codes >= 0
        places = (self.codes + self.starts)[known]
        return np.bincount(places, minlength=sum(self.sizes)).astype(np.float64)

    def coordinates(self) -> np.ndarray:
        """Rows (n, P + sum L) for distances: independent cells are about as far apart everywhere.

        Two levels are as far apart as independent numbers of unit variance; what is not known is in
        the middle.
        """
        levels = np.zeros((len(self), sum(self.sizes)))
        rows, blocks = np.nonzero(self.codes >= 0)
        levels[rows, self.codes[rows, blocks] + self.starts[blocks]] = 1
        return np.hstack([np.nan_to_num(self.values), levels])
