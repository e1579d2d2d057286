"""Rows of numbers a few at a time: what is computed of them takes no memory of their size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

_NUMBERS = 2**19


def slices(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Slices of rows, in order: 4 MiB of double precision each, or one row."""
    # one column is one piece: its sum is that of halves, and depends on where they are cut
    step = n_rows if n_columns == 1 else max(1, _NUMBERS // max(1, n_columns))
    yield from (slice(i, min(i + step, n_rows)) for i in range(0, n_rows, max(1, step)))


def pieces(X: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Where they are and copies in float64 of a few of the rows (n, D) at a time, in order."""
    for here in slices(*X.shape):
        yield here, np.array(X[here], dtype=np.float64, order="C")


def as_column(X: np.ndarray, j: Any) -> np.ndarray:
    """Column j (n,) of a matrix (n, D), in float64."""
    return np.asarray(X[:, j], dtype=np.float64)
