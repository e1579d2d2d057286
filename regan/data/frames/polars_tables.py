"""Columns of polars: as columns of pandas, and their dtypes in words and back."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from regan.data.frames.libraries import library
from regan.data.frames.temporal import ZONED, as_unit, is_time

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
    if word == "Datetime" and dtype.time_zone is not None:
        moments = pd.Series(column.to_numpy()).dt.tz_localize("UTC")
        return moments.dt.tz_convert(dtype.time_zone)
    dated = word in ("Date", "Datetime", "Duration")
    if dated or dtype.is_float() or (word in _NUMPY and not missing):
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
    rf"|Datetime\[[mun]s(, {ZONED})?\]|Duration\[[mun]s\]|Decimal\[\d{{1,2}}, \d{{1,2}}\]"
    "|Null|Object"
)
"""A pattern of the names of dtypes: a file names nothing else of polars."""

_PLACES = re.compile(r"Decimal\[(\d+), (\d+)\]", re.A)
_UNIT = re.compile(r"(\w+)\[(\w+)(, (.+))?\]")


def words(dtype: Any) -> tuple[str, list[Any] | None]:
    """A dtype as its name, and what else it takes to make it again."""
    word, default = type(dtype).__name__, _polars().Categorical
    if word == "Datetime" and dtype.time_zone is not None:
        return f"Datetime[{dtype.time_unit}, {dtype.time_zone}]", None
    if word in ("Datetime", "Duration"):
        return f"{word}[{dtype.time_unit}]", None
    if word == "Decimal":
        return f"Decimal[{dtype.precision}, {dtype.scale}]", None
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
    if (places := _PLACES.fullmatch(word)) is not None:
        return pl.Decimal(*map(int, places.groups()))
    if (timed := _UNIT.fullmatch(word)) is not None:
        return getattr(pl, timed[1])(timed[2], *[timed[4]] * bool(timed[4]))
    return getattr(pl, word)()


def has_nan(column: Any) -> bool:
    """Whether missing cells of a Series of polars are NaN, and none is null."""
    return bool(column.dtype.is_float() and not column.null_count() and column.is_nan().any())


def column(values: np.ndarray, dtype: Any, *, nan: bool = False) -> Any:
    """A Series of polars with these `values` (n,); missing ones are null, or NaN.

    Dates of NumPy are in UTC where the dtype has a time zone.
    """
    pl = _polars()
    if is_time(values):
        return _times(values, dtype)
    if values.dtype == object:
        made = pl.Series(values.tolist(), dtype=dtype)
    else:
        made = pl.Series(values).cast(dtype)
    if not dtype.is_float():
        return made
    return made.fill_null(np.nan) if nan else made.fill_nan(None)


def _times(values: np.ndarray, dtype: Any) -> Any:
    """Dates or spans of NumPy as a Series of polars."""
    made = _polars().Series(as_unit(values, getattr(dtype, "time_unit", "ms")))
    if (zone := getattr(dtype, "time_zone", None)) is not None:
        made = made.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return made.cast(dtype)


def without_cells(column: Any, hidden: np.ndarray) -> Any:
    """A Series of polars in which the cells of a mask (n,) are null."""
    places = np.arange(len(column)).astype(object)
    places[hidden] = None
    return column.gather(_polars().Series(places.tolist(), dtype=_polars().UInt32))


def _polars() -> Any:
    return library("polars", "the model was fitted to a table of polars")
