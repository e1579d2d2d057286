"""Columns of Arrow: as columns of pandas, and their types in words and back."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from regan.data.frames.libraries import library
from regan.data.frames.temporal import ZONED, as_unit, is_time

WORDS = (
    rf"[a-z]\w{{1,19}}(\[(s|ms|us|ns|day|month)\])?|timestamp\[(s|ms|us|ns), tz={ZONED}\]"
    r"|decimal(32|64|128|256)\(\d{1,2}, \d{1,2}\)|dictionary"
)
"""A pattern of the names of types: a file names nothing else of Arrow."""

_STAMPS = re.compile(rf"timestamp\[(?P<unit>\w+), tz=(?P<zone>{ZONED})\]", re.A)
_PLACES = re.compile(r"(decimal\d+)\((\d+), (\d+)\)", re.A)
_THROUGH = "tables of pyarrow are read through pandas"
NULLABLE = {"bool": "boolean"} | {
    f"{sign}int{bits}": f"{sign.upper()}Int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
"""What pandas has for types of Arrow that NumPy has too, where cells are missing."""


def series(column: Any) -> Any:
    """An array of Arrow as a Series of pandas: numbers, booleans, categories or objects.

    Missing cells are those of pandas then.
    """
    pd, pa = library("pandas", _THROUGH), _pyarrow()
    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _categories(pd, column)
    if _is_dated(kind):
        return column.to_pandas(date_as_object=False)
    numbers = str(kind) in NULLABLE
    if pa.types.is_floating(kind) or (numbers and not column.null_count):
        return pd.Series(column.to_numpy())
    return pd.Series(column.to_pylist(), dtype=NULLABLE.get(str(kind), object))


def _is_dated(kind: Any) -> bool:
    """Whether a type is one of dates, timestamps or durations."""
    types = _pyarrow().types
    return bool(types.is_date(kind) or types.is_timestamp(kind) or types.is_duration(kind))


def _categories(pd: Any, column: Any) -> Any:
    """A dictionary of Arrow as categories, in its order."""
    chunks = column.unify_dictionaries().chunks
    levels = chunks[0].dictionary.to_pylist() if chunks else []
    levels = [level for level in dict.fromkeys(levels) if level is not None]
    return pd.Series(pd.Categorical(column.to_pylist(), levels, ordered=column.type.ordered))


def words(kind: Any) -> tuple[str, list[Any] | None, str | None, bool]:
    """A type as its name; of a dictionary also the types of values and indices, and its order."""
    if _pyarrow().types.is_dictionary(kind):
        return "dictionary", [str(kind.value_type)], str(kind.index_type), bool(kind.ordered)
    return str(kind), None, None, False


def make(word: str, values: list[Any] | None, indices: str | None, ordered: bool) -> Any:
    """The inverse of `words`. ValueError for a type that has no such name."""
    pa = _pyarrow()
    if (zoned := _STAMPS.fullmatch(word)) is not None:
        return pa.timestamp(zoned["unit"], tz=zoned["zone"])
    if (places := _PLACES.fullmatch(word)) is not None:
        return getattr(pa, places[1])(int(places[2]), int(places[3]))
    if values is None:
        return pa.type_for_alias(word)
    of = [pa.type_for_alias(name) for name in (indices, values[0])]
    return pa.dictionary(*of, ordered=ordered)


def has_nan(column: Any) -> bool:
    """Whether missing cells of an array of Arrow are NaN, and none is null."""
    floats = _pyarrow().types.is_floating(column.type) and not column.null_count
    return bool(floats and np.isnan(column.to_numpy()).any())


def column(values: np.ndarray, kind: Any, *, nan: bool = False) -> Any:
    """An array of Arrow with these `values` (n,); missing ones are null, or NaN.

    Dates of NumPy are in UTC where the type has a time zone.
    """
    pa = _pyarrow()
    if is_time(values):
        unit = "D" if pa.types.is_date32(kind) else getattr(kind, "unit", "ms")
        return pa.array(as_unit(values, unit), type=kind)
    if values.dtype == object:
        cells = values.tolist()
        lost = np.nan if nan and pa.types.is_floating(kind) else None
        return pa.array([lost if cell is None else cell for cell in cells], type=kind)
    made = values.astype(kind.to_pandas_dtype())
    if nan or values.dtype.kind != "f":
        return pa.array(made, type=kind)
    return pa.array(made, type=kind, mask=np.isnan(values))


def take(table: Any, rows: np.ndarray) -> Any:
    """Some rows of a Table, also of views of strings, from which Arrow itself takes none."""
    pa = _pyarrow()
    types = [pa.large_string() if str(of) == "string_view" else of for of in table.schema.types]
    fields = [field.with_type(of) for field, of in zip(table.schema, types, strict=True)]
    taken = table.cast(pa.schema(fields, table.schema.metadata)).take(pa.array(rows))
    return taken.cast(table.schema)


def without_cells(column: Any, hidden: np.ndarray) -> Any:
    """An array of Arrow in which the cells of a mask (n,) are null."""
    return column.take(_pyarrow().array(np.arange(len(hidden)), mask=hidden))


def in_pandas(values: Any) -> Any:
    """A Series of pandas that holds an array of Arrow as it is."""
    pd = library("pandas", _THROUGH)
    return pd.Series(pd.arrays.ArrowExtensionArray(values))


def held(values: Any) -> Any:
    """The array of Arrow that a Series or an Index of pandas holds."""
    return library("pyarrow", "the table has columns of Arrow").array(values.array)


def _pyarrow() -> Any:
    return library("pyarrow", "the model was fitted to a table with columns of Arrow")
