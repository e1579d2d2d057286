"""Missing cells: what stands for them in a column, beside the values that are there."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from regan.data.columns.cells import Cells
from regan.storage.stored import Stored

OF_DTYPE = "dtype"
"""The mark of columns whose dtype says what missing cells are."""

_MARKS = (OF_DTYPE, "None", "nan", "NA", "NaT")

ANY_VALUE = "any value"
"""What is there, in words, where a column had no values to learn."""


@dataclass(frozen=True)
class Marked:
    """Columns in which missing cells are one object.

    Attributes
    ----------
    mark : {"dtype", "None", "nan", "NA", "NaT"}
        What the object is called: None, a float, or one of pandas; "dtype" where it is none.
    """

    mark: str

    @property
    def object(self) -> Any:
        """What stands for a missing cell among objects."""
        if self.mark in (OF_DTYPE, "None"):
            return None
        return np.nan if self.mark == "nan" else getattr(import_module("pandas"), self.mark)

    def blank(self, n: int) -> np.ndarray:
        """So many missing cells."""
        cells = np.empty(n, dtype=object)
        cells[:] = self.object
        return cells

    def between(self, values: np.ndarray, present: np.ndarray) -> np.ndarray:
        """Values (m,) at the m places of a mask (n,), and missing cells elsewhere: (n,).

        Floating numbers stay so, with NaN; dates and spans of NumPy have NaT; others are objects,
        and so are those beside which another object stands for missing cells.
        """
        if values.dtype.kind in "fmM" and self.mark in (OF_DTYPE, "nan"):
            cells = np.full(len(present), "NaT" if values.dtype.kind in "mM" else np.nan)
            cells = cells.astype(values.dtype)
        else:
            cells = self.blank(len(present))
        cells[present] = values
        return cells


def mark_of(cells: Cells) -> str:
    """What missing cells of a column are, by the first of them among objects."""
    if cells.dtype != object or not cells.missing.any():
        return OF_DTYPE
    first = cells.series.iloc[int(cells.missing.argmax())]
    word = {"NAType": "NA", "NaTType": "NaT"}.get(type(first).__name__)
    return word or ("None" if first is None else "nan")


def read_mark(stored: Stored) -> str:
    """A mark in a model file."""
    return str(stored.choice(*_MARKS))
