"""Warnings of cells that a model never generates: their rows score as different ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.data.array_form import as_table
from regan.data.encoder import TableEncoder
from regan.data.faults import ColumnWarning, Fault
from regan.data.frames.dataframes import column_as_pandas, columns_of_frame, is_frame
from regan.data.row_names import RowNames
from regan.validation import warn_user

_SHARE = 0.01


def warn_of_never_generated(encoder: TableEncoder, X: Any, rows: np.ndarray) -> None:
    """Warn of columns in which several cells, 1 % or more, are levels that were not in the training
    data, or are missing where none was.

    X : a table of such rows; rows : their numbers (n, C), as the encoder reads them.
    """
    table = columns_of_frame(X if is_frame(X) else as_table(X))
    for j, (column, numbers) in enumerate(zip(encoder.columns_, rows.T, strict=True)):
        lost = np.isnan(numbers)
        new = np.zeros(len(numbers), dtype=bool)
        new[~lost] = column.present.unseen(numbers[~lost])
        if _are_some(new):
            values = column_as_pandas(table[j])[new]
            what = f"has {values.mode().tolist()[0]!r}"
            n = values.nunique() - 1
            what += f" and {n} other value{'s' * (n > 1)}" if n else ""
            _warn(column.name, f"{what}, not in the training data,", new, X)
        if column.is_learnt and not column.takes_missing and _are_some(lost):
            what = "has missing cells, and had none in the training data,"
            _warn(column.name, what, lost, X)


def _are_some(cells: np.ndarray) -> bool:
    """Whether a mask (n,) has enough cells to change a score."""
    return bool(cells.sum() > 1 and cells.mean() >= _SHARE)


def _warn(name: Any, what: str, where: np.ndarray, X: Any) -> None:
    advice = "the model never generates such cells, so they lower the score"
    warn_user(ColumnWarning(Fault(name, what, advice, where, rows=RowNames.of(X))))
