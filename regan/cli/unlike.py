"""Values that the data of a model cannot have had, as where a file is read in another way."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import numpy as np

from regan.data.columns.base import Column
from regan.data.row_names import RowNames
from regan.estimators.view import ModelView
from regan.files.schema import AS_FITTED


def values_beyond(view: ModelView, X: Any, rows: RowNames) -> Iterator[str]:
    """Sentences on columns of a table that hold values beyond those of a model's data.

    rows : what those of the table are called.
    """
    if view.encoder is None:
        return
    numbers = view.read(X)
    for column, values in zip(view.encoder.columns_, numbers.T, strict=True):
        what = f"column {str(column.name)!r} has"
        present, lost = column.present, np.isnan(values)
        if present.range is None:
            beyond = ~lost
            beyond[~lost] = present.unseen(values[~lost])
            if beyond.any():
                yield f"{what} levels that the model does not know in {rows.some(beyond)}"
        else:
            low, high = present.range
            beyond = (values < low) | (values > high)
            if beyond.any():
                yield f"{what} {_range(present, values[beyond], low, high, rows.some(beyond))}"


def _range(column: Column, beyond: np.ndarray, low: float, high: float, where: str) -> str:
    """Which numbers are beyond a range, the most frequent one by name, and what helps."""
    known, counts = np.unique(beyond, return_counts=True)
    often, low_text, high_text = column.texts(np.array([known[counts.argmax()], low, high]))
    n = len(known) - 1
    more = f" and {n} other value{'s' * (n > 1)}" if n else ""
    return (
        f"values outside of the range {low_text}..{high_text} of the model in {where}: "
        f"{often}{more}; {AS_FITTED} (--na {shlex.quote(often)} reads {often} as missing)"
    )
