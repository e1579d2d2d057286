"""A table's encoder in the place of the scaler of columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from regan.data.encoder import TableEncoder
from regan.data.scaling import Scaler


@dataclass(frozen=True)
class TableScaler(Scaler):
    """From numbers, one a cell of the table, to the matrix that models train on.

    Attributes
    ----------
    encoder : TableEncoder
    constant : bool array of shape (D,)
        Columns of the matrix with one value only.
    """

    encoder: TableEncoder
    constant: np.ndarray
    by_piece = False

    @classmethod
    def learn(cls, X: np.ndarray, encoder: TableEncoder) -> TableScaler:
        """From numbers `X` (n, C) that `encoder` has read."""
        return cls(encoder, np.ptp(encoder.encode(X), axis=0) == 0)

    @property
    def levels(self) -> tuple[int, ...]:
        return self.encoder.levels_

    @property
    def n_standardized(self) -> int:
        return self.n_columns + len(self.levels)

    def relaxed(self, X: np.ndarray) -> TableScaler:
        encoder = self.encoder.widened(X)
        same = np.ptp(encoder.encode(X), axis=0) == 0
        return replace(self, encoder=encoder, constant=self.constant & same)

    def standardize(self, X: np.ndarray) -> np.ndarray:
        """The matrix, and a further column for each block: whether a level is unseen.

        So different levels are as far apart as independent numbers are, on the average, and a level
        that was not in the training data is as far from all others.
        """
        blocks = [(c, X[:, j]) for j, c in enumerate(self.encoder.columns_) if c.n_levels]
        unseen = [column.unseen(numbers)[:, None] for column, numbers in blocks]
        return np.hstack([self.encoder.compare(X), *unseen])

    def forward(self, X: np.ndarray) -> np.ndarray:
        return self.encoder.encode(X, drawn=True)

    def inverse(self, Z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        return self.encoder.decode(Z)

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"scaler.constant": self.constant}, {"table": self.encoder.export()}

    @classmethod
    def restore(cls, arrays: dict[str, np.ndarray], fitted: dict[str, Any]) -> TableScaler:
        return cls(TableEncoder.restore(fitted["table"]), arrays["scaler.constant"])


@dataclass(frozen=True)
class TableContainer:
    """Container of a table: gives rows of numbers, one a cell, back as the table that they were.

    The counterpart of `regan.data.containers.Container`.
    """

    encoder: TableEncoder

    @property
    def names(self) -> tuple[Any, ...]:
        return self.encoder.names

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64)

    @property
    def limits(self) -> np.ndarray:
        return np.full(len(self.names), np.finfo(np.float64).max)

    def wrap(self, rows: np.ndarray) -> Any:
        """The DataFrame of numbers `rows` (n, C)."""
        return self.encoder.wrap(rows)
