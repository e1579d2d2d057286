"""Centres of completed tables: means of drawn numbers, the most frequent of drawn levels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from regan.data.columns.base import Column
from regan.data.conditions.gaps import Gaps, copied, filled
from regan.data.frames.dataframes import take_rows
from regan.data.numbers.grids import Grid
from regan.data.predicted import counted
from regan.data.reader import Reader
from regan.data.scaling import ColumnScaler
from regan.data.table_scaler import TableScaler
from regan.estimators.base import GenerativeModel
from regan.estimators.view import ModelView

_CELLS = 2**23

Drawing = Callable[[Any, int], Sequence[Any]]
"""Completes a table several times, by the number of the piece that it is of a larger one."""


def centred(model: GenerativeModel, X: Any, drawing: Drawing, n_draws: int) -> Any:
    """A copy of the table `X` whose gaps are filled by the centres of draws.

    model : whose columns it has; drawing : gives `n_draws` completed tables.
    """
    reader = ModelView(model).reader
    gaps = Gaps.of(reader, reader.read_incomplete(model, X))
    if not len(gaps.rows):
        return copied(X)
    step = max(1, _CELLS // (n_draws * len(reader.names)))
    parts = []
    for piece, start in enumerate(range(0, len(gaps.rows), step)):
        rows = gaps.rows[start : start + step]
        tables = drawing(take_rows(X, rows), piece)
        numbers = np.stack([reader.read_incomplete(model, table) for table in tables])
        parts.append(_centres(reader, numbers, gaps.lost[rows]))
    return filled(
        X, gaps, reader.wrap(np.concatenate(parts).astype(reader.container.dtype, copy=False))
    )


def _centres(reader: Reader, numbers: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """Numbers (m, C) in which those of a mask (m, C) are the centres of draws (T, m, C)."""
    scaler = reader.scaler
    rows = np.tile(scaler.inverse(np.zeros((1, scaler.n_columns))), (len(lost), 1))
    if isinstance(scaler, ColumnScaler):
        rows[lost] = numbers.mean(axis=0)[lost]
        return replace(scaler, drawn=False).inverse(replace(scaler, drawn=False).forward(rows))
    assert isinstance(scaler, TableScaler)
    for j, column in enumerate(scaler.encoder.columns_):
        if lost[:, j].any():
            rows[lost[:, j], j] = _centre(column.present, numbers[:, lost[:, j], j])
    return rows


def _centre(column: Column, numbers: np.ndarray) -> np.ndarray:
    """The centre (m,) of draws (T, m) of the cells of a column."""
    if is_of_levels(column):
        return most_frequent(numbers, column.extremes)
    means = numbers.mean(axis=0)
    if column.n_levels:  # a few numbers
        return Grid(values=column.extremes).round(means)
    return column.decode(column.encode(means))  # whole numbers, decimals, the range


def is_of_levels(column: Column) -> bool:
    """Whether the cells of a column are levels, and not numbers or times."""
    return column.n_levels > 0 and not column.is_plain


def most_frequent(numbers: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """The most frequent of draws (T, m) of some levels (L,), increasing: (m,)."""
    return np.asarray(levels[counted(numbers, levels).argmax(axis=1)], dtype=np.float64)
