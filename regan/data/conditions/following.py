"""Columns that follow from one number: which scaled numbers give what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from regan.data.columns.base import Column
from regan.data.conditions.preimages import preimage
from regan.data.encoded_rows import EncodedRows
from regan.data.encoding import Encoding

_TRIED = 400
_FAR = 8.0
_SLACK = 1e-9
_NARROW = 1e-6


@dataclass(frozen=True, eq=False)
class Follower:
    """A column of a table that rises, or falls, with one plain number of the matrix.

    Attributes
    ----------
    encoding : Encoding
    place : int
        The column's position.
    plain : int
        The position of the number.
    source : Column
        The column that has this number.
    codes : array of shape (B,)
        The levels of blocks with which the column has a value.
    sign : int
        -1 where it falls.
    """

    encoding: Encoding
    place: int
    plain: int
    source: Column
    codes: np.ndarray
    sign: int

    @classmethod
    def of(cls, encoding: Encoding, place: int, plain: int, source: Column) -> Self | None:
        """Of a column that is made of one number, and of levels that say where it is missing.

        None if it neither rises nor falls all the way.
        """
        codes = np.zeros(len(encoding.levels_), dtype=np.int64)
        for lost in encoding.absent:
            while lost is not None and codes[lost.block] in lost.codes:
                codes[lost.block] += 1
        own = cls(encoding, place, plain, source, codes, 1)
        steps = np.diff(own._numbers(np.linspace(-_FAR, _FAR, _TRIED)))
        if np.isnan(steps).any() or not ((steps >= 0).all() or (steps <= 0).all()):
            return None
        return cls(encoding, place, plain, source, codes, 1 if (steps >= 0).all() else -1)

    def ends(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ends (r,) of the scaled numbers with which the column is between `low` and `high` (r,).

        They are equal where its source can have one value only.
        """
        slack = _SLACK * np.maximum(np.abs(low), np.abs(high))
        slack = np.where(np.isfinite(slack), slack, 0.0)
        low, high = (low - slack, high + slack) if self.sign > 0 else (-high - slack, slack - low)
        first, last = preimage(lambda z: self.sign * self._numbers(z), low, high)
        with np.errstate(invalid="ignore"):
            apart = np.isfinite(first) & np.isfinite(last) & (first <= last)
        if apart.any():
            one, other = (self.source.decode(z[apart, None]) for z in (first, last))
            same = np.abs(one - other) <= _NARROW * np.abs(one)
            middle = 0.5 * (first[apart] + last[apart])
            rows = np.flatnonzero(apart)[same]
            first[rows] = last[rows] = middle[same]
        return first, last

    def _numbers(self, scaled: np.ndarray) -> np.ndarray:
        """The column's numbers (r,) with scaled numbers (r,), whatever else is in the matrix."""
        plain = np.zeros((len(scaled), self.encoding.n_numbers_))
        plain[:, self.plain] = scaled
        codes = np.tile(self.codes, (len(scaled), 1))
        rows = EncodedRows(plain, codes, self.encoding.levels_)
        return self.encoding.decode(rows.dense())[:, self.place]
