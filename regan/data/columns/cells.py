"""One column of a user's table, as kinds of columns look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

from regan.data.columns.drawn import Drawn
from regan.data.frames.dataframes import objects
from regan.data.numbers.written import Writing


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a column.

    Attributes
    ----------
    name : hashable
        What the column is called.
    series : pandas.Series
    drawn : Drawn or None
        What is known of all rows, if these are some of them.
    """

    name: Any
    series: Any
    drawn: Drawn | None = None

    @cached_property
    def missing(self) -> np.ndarray:
        """Which cells are missing, a mask (n,)."""
        return np.asarray(self.series.isna().to_numpy(dtype=bool))

    @cached_property
    def present(self) -> Cells:
        """The cells that are not missing."""
        there = ~self.missing
        if there.all():
            return self
        return Cells(self.name, self.series[there], self.drawn and self.drawn.at(there))

    @property
    def dtype(self) -> Any:
        """The dtype of pandas."""
        return self.series.dtype

    @property
    def categories(self) -> Any:
        """The categories of a categorical dtype, an index of pandas; None of any other dtype."""
        pandas = import_module("pandas")
        return self.dtype.categories if isinstance(self.dtype, pandas.CategoricalDtype) else None

    @property
    def is_boolean(self) -> bool:
        """Whether the dtype is one of booleans."""
        return bool(_types().is_bool_dtype(self.dtype))

    @property
    def is_integer(self) -> bool:
        """Whether the dtype is one of integers."""
        return bool(_types().is_integer_dtype(self.dtype))

    @property
    def is_float(self) -> bool:
        """Whether the dtype is one of floating numbers."""
        return bool(_types().is_float_dtype(self.dtype))

    @property
    def is_single(self) -> bool:
        """Whether the dtype is one of floating numbers with single precision."""
        return self.is_float and str(self.dtype).lower().startswith("float32")

    @property
    def is_complex(self) -> bool:
        """Whether the dtype is one of complex numbers."""
        return bool(_types().is_complex_dtype(self.dtype))

    @cached_property
    def values(self) -> np.ndarray:
        """The values (n,), as Python's objects."""
        return objects(self.series.astype(object).tolist())

    @cached_property
    def types(self) -> frozenset[type]:
        """The types of the values."""
        if self._is_uniform:  # one cell that is there tells, and one that is not
            lost = self.missing
            rows = sorted({int(lost.argmax()), int(lost.argmin())} if len(lost) else ())
            return frozenset(map(type, self.series.iloc[rows].astype(object).tolist()))
        return frozenset(map(type, self.values))

    @property
    def _is_uniform(self) -> bool:
        """Whether the dtype has cells of one type alone, beside missing ones."""
        if "values" in self.__dict__:
            return False
        dtype, pandas = self.dtype, import_module("pandas")
        if isinstance(dtype, np.dtype):
            return dtype.kind in "biufmM"
        return isinstance(dtype, (pandas.StringDtype, pandas.DatetimeTZDtype))

    def distinct(self) -> tuple[np.ndarray, np.ndarray]:
        """Values of one type, as they appear, and which each cell is (n,), -1 if missing."""
        codes, values = import_module("pandas").factorize(self.series)
        return objects(values.tolist()), codes

    @cached_property
    def writing(self) -> Writing | None:
        """How all values are written, if they are texts of money, percentages and the like."""
        texts = self.values if self.types == {str} else ()
        return Writing.learn(dict.fromkeys(texts))


def parse_numbers(texts: Sequence[str], *, integers: bool) -> np.ndarray:
    """The numbers (n,) that texts mean. ValueError, in words that follow the column's name."""
    numbers = np.array([_number(text) for text in texts])
    if integers and (broken := np.flatnonzero(numbers != np.rint(numbers))).size:
        raise ValueError(f"holds {texts[broken[0]]!r}, and held integers in the training data")
    return numbers


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise ValueError(f"holds {text!r}, which is no finite number")
    return number


def _types() -> Any:
    return import_module("pandas").api.types
