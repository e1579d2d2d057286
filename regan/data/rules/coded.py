"""Columns as codes of their different values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaln

SOME = 500
"""Rows that are looked at first."""


@dataclass(frozen=True)
class Coded:
    """A column as the positions of its cells among its different values.

    Attributes
    ----------
    numbers : array of shape (n,)
        NaN where a cell is missing, which is a value too.
    ordered : bool
        Whether a model has them as numbers, and not as levels.
    """

    numbers: np.ndarray
    ordered: bool

    @cached_property
    def _pair(self) -> tuple[np.ndarray, np.ndarray]:
        keys, codes = np.unique(self.numbers, return_inverse=True)
        return keys, codes.reshape(-1)

    @property
    def keys(self) -> np.ndarray:
        """The different values (G,), increasing, NaN last."""
        return self._pair[0]

    @property
    def codes(self) -> np.ndarray:
        """Which of them each row has, (n,)."""
        return self._pair[1]

    @property
    def size(self) -> int:
        """G."""
        return len(self.keys)

    @cached_property
    def counts(self) -> np.ndarray:
        """How many rows have each value, (G,)."""
        return np.bincount(self.codes, minlength=self.size)

    @cached_property
    def arrangements(self) -> float:
        """The logarithm of the number of orders that the cells could stand in."""
        return float(gammaln(len(self.numbers) + 1) - gammaln(self.counts + 1.0).sum())

    @cached_property
    def first(self) -> Coded:
        """The first cells."""
        return self.where(slice(0, SOME))

    def where(self, rows: np.ndarray | slice) -> Coded:
        """The cells of some rows."""
        return Coded(self.numbers[rows], self.ordered)

    def at_keys(self, other: np.ndarray) -> np.ndarray:
        """What `other` (n,) is at each of the values (G,), if it is a function of them."""
        values = np.empty(self.size, dtype=other.dtype)
        values[self.codes] = other
        return values
