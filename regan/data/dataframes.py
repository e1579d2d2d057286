"""pandas DataFrames: which are of mixed columns, and the dtype of a column in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from regan.data.containers import frame_kind


@dataclass(frozen=True)
class Dtype:
    """The dtype of a column in words that a model file can hold.

    Attributes
    ----------
    word : str
        What pandas calls it.
    categories : list or None
        Of a categorical dtype: all of them, in order.
    inner : str or None
        The dtype of the categories.
    ordered : bool
    """

    word: str
    categories: list[Any] | None = None
    inner: str | None = None
    ordered: bool = False

    @classmethod
    def of(cls, name: Any, series: Any) -> Dtype:
        """Of a column. TypeError if its dtype could not be made again from words."""
        pd, dtype = _pandas(), series.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            inner = cls.of(name, dtype.categories)
            described = cls("category", dtype.categories.tolist(), inner.word, bool(dtype.ordered))
        elif isinstance(dtype, pd.StringDtype) and dtype.na_value is pd.NA:
            described = cls(f"string[{dtype.storage}]")
        else:
            described = cls(str(dtype))
        try:
            same = described.make() == dtype
        except (TypeError, ValueError, NotImplementedError):
            same = False
        if not same:
            raise TypeError(
                f"column {name!r} has the dtype {dtype}, which generated rows could not be given: "
                "convert it to a plain one, such as category or float64"
            )
        return described

    def make(self) -> Any:
        """The dtype of pandas."""
        pd = _pandas()
        if self.categories is None:
            return pd.api.types.pandas_dtype(self.word)
        index = pd.Index(objects(self.categories), dtype=self.inner)
        return pd.CategoricalDtype(index, self.ordered)

    def series(self, values: np.ndarray) -> Any:
        """A column with these `values` (n,) and this dtype."""
        pd, dtype = _pandas(), self.make()
        if isinstance(dtype, pd.CategoricalDtype):
            return pd.Series(pd.Categorical(values, dtype=dtype))
        if self.word == "object":
            return pd.Series(objects(values.tolist()), dtype=object)
        return pd.Series(values).astype(dtype)


def is_frame(X: Any) -> bool:
    """Whether `X` is a DataFrame of pandas."""
    return frame_kind(X) == "pandas"


def is_mixed(X: Any) -> bool:
    """Whether `X` is a DataFrame with a column that is not of NumPy's floating dtypes."""
    return is_frame(X) and not all(
        isinstance(dtype, np.dtype) and dtype.kind == "f" for dtype in X.dtypes
    )


def objects(values: Sequence[Any]) -> np.ndarray:
    """An array (n,) of `values` as they are, whatever they are."""
    return np.fromiter(values, dtype=object, count=len(values))


def _pandas() -> Any:
    return import_module("pandas")
