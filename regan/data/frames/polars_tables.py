"""Columns of polars: as columns of pandas, and their dtypes in words and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.data.frames.libraries import library

_THROUGH = "tables of polars with other columns than floating numbers are read through pandas"


def series(column: Any) -> Any:
    """A Series of polars as one of pandas: numbers, booleans, categories or objects.

    Missing cells are those of pandas then.
    """
    pd, dtype = library("pandas", _THROUGH), column.dtype
    word = type(dtype).__name__
    if word == "Enum":
        levels = dtype.categories.to_list()
        return pd.Series(pd.Categorical(column.to_list(), levels, ordered=True))
    if word == "Categorical":
        return pd.Series(pd.Categorical(column.to_list()))
    missing = column.null_count() > 0
    if dtype.is_float() or (word in _NUMPY and not missing):
        return pd.Series(column.to_numpy())
    if word in _NUMPY:
        return pd.Series(column.to_list(), dtype=_NUMPY[word])
    return pd.Series(column.to_list(), dtype=object)


_NUMPY = {"Boolean": "boolean"} | {
    f"{sign}{bits}": f"{sign}{bits}" for sign in ("Int", "UInt") for bits in (8, 16, 32, 64)
}
"""What pandas has for dtypes that NumPy has too, where cells are missing."""


WORDS = (
    "Boolean|U?Int(8|16|32|64|128)|Float(16|32|64)|String|Binary|Categorical|Enum|Date|Time"
    "|Datetime|Duration|Decimal|Null|Object"
)
"""A pattern of the names of dtypes: a file names nothing else of polars."""


def words(dtype: Any) -> tuple[str, list[Any] | None]:
    """A dtype as its name, and what else it takes to make it again."""
    word, default = type(dtype).__name__, _polars().Categorical
    if word == "Enum":
        return word, dtype.categories.to_list()
    if word == "Categorical" and dtype != default():
        own = dtype.categories
        return word, [own.name(), own.namespace(), own.physical().__name__]
    return word, None


def make(word: str, categories: list[Any] | None) -> Any:
    """The inverse of `words`."""
    pl = _polars()
    if word == "Enum":
        return pl.Enum(categories)
    if categories is not None:
        name, namespace, physical = categories
        if physical not in ("UInt8", "UInt16", "UInt32"):
            raise ValueError(f"categories of polars are no {physical}")
        return pl.Categorical(
            pl.Categories(name, namespace=namespace, physical=getattr(pl, physical))
        )
    return getattr(pl, word)()


def column(values: np.ndarray, dtype: Any) -> Any:
    """A Series of polars with these `values` (n,)."""
    pl = _polars()
    if values.dtype == object:
        return pl.Series(values.tolist(), dtype=dtype)
    return pl.Series(values).cast(dtype)


def _polars() -> Any:
    return library("polars", "the model was fitted to a table of polars")
