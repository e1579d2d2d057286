"""What `fit` is given: Dask's frames and arrays, and the labels beside them, as partitions."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Self

import dask.array as da
import numpy as np
from dask.base import is_dask_collection

_INSTEAD = (
    "convert data in memory with dask.dataframe.from_pandas or dask.array.from_array, or fit the "
    "model without Dask"
)


@dataclass(frozen=True)
class Given:
    """Rows in partitions, each of which is a value that Dask has yet to compute.

    Attributes
    ----------
    parts : list of Delayed
        Tables, or arrays (n, C).
    labels : list of Delayed, or None
        The labels of each.
    meta : DataFrame or None
        An empty table with the columns of a frame.
    n_columns : int
    """

    parts: list[Any]
    labels: list[Any] | None
    meta: Any
    n_columns: int

    @classmethod
    def of(cls, X: Any, y: Any = None) -> Self:
        """Of a Dask frame or array, and labels in partitions like its own, or the name of a column.

        ValueError or TypeError for anything else.
        """
        if _is_frame(X):
            if y is not None and not is_dask_collection(y) and isinstance(y, Hashable):
                X, y = _parted(X, y)
            parts = X.to_delayed()
            return cls(list(parts), _labels(X, y, len(parts)), X._meta, len(X.columns))
        if isinstance(X, da.Array):
            array = _in_rows(X)
            parts = array.to_delayed().ravel()
            return cls(list(parts), _labels(array, y, len(parts)), None, int(X.shape[1]))
        raise TypeError(
            f"X must be a Dask DataFrame or a Dask array, got a {type(X).__name__}: {_INSTEAD}"
        )

    @property
    def is_frame(self) -> bool:
        """Whether the rows are those of tables."""
        return self.meta is not None


def _is_frame(X: Any) -> bool:
    return is_dask_collection(X) and hasattr(X, "divisions") and getattr(X, "ndim", 0) == 2


def _parted(X: Any, name: Hashable) -> tuple[Any, Any]:
    """The other columns, and that of the labels."""
    if name not in list(X.columns):
        raise ValueError(
            f"y={name!r} is not a column of X: give the name of a column, or labels as a Dask "
            "series or array"
        )
    return X.drop(columns=[name]), X[name]


def _in_rows(X: Any) -> Any:
    """An array each of whose blocks has all columns."""
    if X.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got {X.ndim}D array instead: X has rows and columns; "
            "X.reshape(-1, 1) has one column"
        )
    if X.numblocks[1] == 1:
        return X
    if np.isnan(X.shape[1]):
        raise ValueError("X has blocks of unknown width: call X.compute_chunk_sizes() first")
    if np.isnan(X.shape[0]):
        X = X.copy().compute_chunk_sizes()
    return X.rechunk({1: -1})


def _labels(X: Any, y: Any, n: int) -> list[Any] | None:
    """The partitions of labels, as many as the n of `X`."""
    if y is None:
        return None
    if not is_dask_collection(y):
        raise TypeError(
            "y must be a Dask series or array with the partitions of X, or the name of a column "
            f"of X, got a {type(y).__name__}"
        )
    if _is_frame(y):
        if len(y.columns) != 1:
            raise ValueError(f"y must be one column of class labels, got {len(y.columns)} columns")
        y = y[y.columns[0]]
    if isinstance(y, da.Array):
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        known = isinstance(X, da.Array) and not np.isnan([*X.chunks[0], *y.chunks[0]]).any()
        if known and X.shape[0] == y.shape[0]:
            y = y.rechunk((X.chunks[0],))
    elif _is_frame(X) and X.known_divisions and getattr(y, "known_divisions", False):
        y = y.repartition(divisions=X.divisions, force=True)
    parts = np.ravel(np.array(y.to_delayed(), dtype=object))
    if len(parts) != n:
        raise ValueError(
            f"y has {len(parts)} partitions, but X has {n}: repartition one of them like the "
            "other, or give the name of a column of X"
        )
    return list(parts)
