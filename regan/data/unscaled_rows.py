"""Rows that are still in the user's units: scaled when somebody needs them, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from regan.data.encoded_rows import EncodedRows, pieces_of
from regan.data.numbers.pieces import slices
from regan.data.scaling import ColumnScaler


@dataclass(frozen=True, eq=False)
class UnscaledRows:
    """Rows of numbers that stand for their scaled ones (n, D), of which there is no array yet.

    Data that lie in an array of floating numbers, or in a memory map, are not copied in float64.

    Attributes
    ----------
    scaler : ColumnScaler
    numbers : array of shape (N, D)
        In the user's units, of a floating dtype.
    where : int array of shape (n,), optional
        The positions of the rows; by default all.
    scores : array of shape (N, R), optional
        The columns by rank, scaled already: that takes whole columns, and long.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.data.scaling import ColumnScaler
    >>> X = np.array([[1.0], [3.0]], dtype="float32")
    >>> rows = UnscaledRows(ColumnScaler.learn(X), X)
    >>> rows[np.array([1])].scaled("float32")
    array([[1.]], dtype=float32)
    """

    scaler: ColumnScaler
    numbers: np.ndarray
    where: np.ndarray | None = None
    scores: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.numbers if self.where is None else self.where)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, D)."""
        return len(self), self.scaler.n_columns

    @property
    def _positions(self) -> np.ndarray:
        return np.arange(len(self.numbers)) if self.where is None else self.where

    def __getitem__(self, rows: np.ndarray) -> UnscaledRows:
        """Some of the rows, by their positions."""
        return replace(self, where=self._positions[rows])

    def scaled(self, dtype: Any = np.float64) -> np.ndarray:
        """The scaled rows, computed in float64."""
        return self.scaler.forward(self.numbers, dtype, self.where, self.scores)

    def scored(self) -> UnscaledRows:
        """The same for those who ask more than once: with `scores`, if there are any."""
        if not self.scaler.ranks or self.scores is not None:
            return self
        return replace(self, scores=self.scaler.scores(self.numbers))

    def some(self, rows: np.ndarray) -> np.ndarray:
        """A few of the scaled rows (k, D), by position, with ties where they have their middle."""
        own = replace(self.scaler, drawn=False)
        return own.forward(self.numbers[self._positions[rows]])

    def pieces(self) -> Iterator[np.ndarray]:
        """The scaled rows a few at a time, in order."""
        scores = self.scored().scores
        for here in slices(*self.shape):
            if self.where is None:
                own = None if scores is None else scores[here]
                yield self.scaler.forward(self.numbers[here], scores=own)
            else:
                yield self.scaler.forward(self.numbers, rows=self.where[here], scores=scores)


def scaled(
    rows: np.ndarray | EncodedRows | UnscaledRows, dtype: Any = np.float64
) -> np.ndarray | EncodedRows:
    """Rows as models train on them: those that are scaled already stay as they are."""
    return rows.scaled(dtype) if isinstance(rows, UnscaledRows) else rows


def in_pieces(rows: np.ndarray | EncodedRows | UnscaledRows) -> Iterator[np.ndarray]:
    """The scaled matrix of rows (n, D) a few at a time; what is one already, as a whole."""
    yield from rows.pieces() if isinstance(rows, UnscaledRows) else pieces_of(rows)
