"""Evidence: what is known of encoded rows, by which the rest is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from regan.data.encoded_rows import EncodedRows
from regan.data.lacking import blocks_of

UNKNOWN = -1
"""The code of a level that is not known."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Evidence on encoded rows: an interval for every number, and the levels a block may have.

    Attributes
    ----------
    low, high : float arrays of shape (n, P)
        Ends of the numbers, scaled; infinite where there is none, and equal where one is known.
    allowed : bool array of shape (n, sum L)
        Which levels a block may have, block after block: all where nothing is known, one where the
        level is.
    sizes : tuple of int
        The sizes of the blocks.

    Examples
    --------
    >>> import numpy as np
    >>> evidence = Evidence.none(2, 1, (3,))
    >>> evidence.allowed[1] = [False, True, False]
    >>> evidence.codes
    array([[-1],
           [ 1]])
    """

    low: np.ndarray
    high: np.ndarray
    allowed: np.ndarray
    sizes: tuple[int, ...]

    @classmethod
    def none(cls, n: int, n_numbers: int, sizes: tuple[int, ...]) -> Self:
        """Nothing is known of `n` rows."""
        ends = np.full((n, n_numbers), np.inf)
        return cls(-ends, ends, np.ones((n, sum(sizes)), dtype=bool), sizes)

    def __len__(self) -> int:
        return len(self.low)

    def __getitem__(self, rows: Any) -> Self:
        """Some of the rows, by a slice, positions or a mask."""
        return replace(self, low=self.low[rows], high=self.high[rows], allowed=self.allowed[rows])

    @cached_property
    def numbers(self) -> np.ndarray:
        """The known numbers (n, P); NaN where only a range is, or nothing."""
        return np.where(self.low == self.high, self.low, np.nan)

    @cached_property
    def codes(self) -> np.ndarray:
        """The known levels (n, B); -1 where several are possible."""
        codes = np.full((len(self), len(self.sizes)), UNKNOWN, dtype=np.int64)
        for b, block in enumerate(blocks_of(self.sizes)):
            own = self.allowed[:, block]
            codes[:, b] = np.where(own.sum(axis=1) == 1, own.argmax(axis=1), UNKNOWN)
        return codes

    @property
    def known(self) -> EncodedRows:
        """The known numbers and levels, NaN and -1 elsewhere."""
        return EncodedRows(self.numbers, self.codes, self.sizes)

    def kept(self, rows: np.ndarray) -> np.ndarray:
        """A copy of rows (n, D) in which what is known stands as it is."""
        rows, p = rows.copy(), self.low.shape[1]
        known = self.low == self.high
        rows[:, :p][known] = self.low[known]
        for block, codes in zip(blocks_of(self.sizes, p), self.codes.T, strict=True):
            told = codes != UNKNOWN
            rows[told, block] = codes[told, None] == np.arange(block.stop - block.start)
        return rows
