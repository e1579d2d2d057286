"""Means and covariances of rows that never stand in memory as one matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.data.encoded_rows import pieces_of


@dataclass(frozen=True)
class Moments:
    """First and second moments of some columns of rows, each divided by a number.

    Sums go over pieces of rows (`EncodedRows.pieces`), so their last bits depend on the size of the
    pieces; an array and a table of up to 16 MiB are one piece.

    Attributes
    ----------
    rows : array or EncodedRows of shape (n, D)
    columns : bool array of shape (D,) or slice, optional
        Which columns; None means all.
    scale : array
        What each of them is divided by.
    """

    rows: Any
    columns: Any = None
    scale: Any = 1.0

    def mean(self) -> np.ndarray:
        """The means."""
        total = sum(piece.sum(axis=0) for piece in self._pieces())
        return np.asarray(total / len(self.rows))

    def variance(self) -> np.ndarray:
        """The variances, as of a whole population."""
        mean = self.mean()
        total = sum(((piece - mean) ** 2).sum(axis=0) for piece in self._pieces())
        return np.asarray(total / len(self.rows))

    def covariance(self) -> np.ndarray:
        """The covariance, as of a whole population."""
        mean = self.mean()
        total: Any = 0.0
        for piece in self._pieces():
            off = (piece - mean).T
            total = total + off @ off.T
        return np.asarray(total * (1 / len(self.rows)))

    def _pieces(self) -> Iterator[np.ndarray]:
        for piece in pieces_of(self.rows):
            yield (piece if self.columns is None else piece[:, self.columns]) / self.scale
