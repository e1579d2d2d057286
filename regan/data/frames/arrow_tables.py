"""Columns of Arrow: as columns of pandas, and their types in words and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.data.frames.libraries import library

_THROUGH = "tables of pyarrow are read through pandas"
_NULLABLE = {"bool": "boolean"} | {
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
    numbers = str(kind) in _NULLABLE
    if pa.types.is_floating(kind) or (numbers and not column.null_count):
        return pd.Series(column.to_numpy())
    return pd.Series(column.to_pylist(), dtype=_NULLABLE.get(str(kind), object))


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
    if values is None:
        return pa.type_for_alias(word)
    of = [pa.type_for_alias(name) for name in (indices, values[0])]
    return pa.dictionary(*of, ordered=ordered)


def column(values: np.ndarray, kind: Any) -> Any:
    """An array of Arrow with these `values` (n,)."""
    pa = _pyarrow()
    if values.dtype == object:
        return pa.array(values.tolist(), type=kind)
    return pa.array(values.astype(kind.to_pandas_dtype()), type=kind)


def in_pandas(values: Any) -> Any:
    """A Series of pandas that holds an array of Arrow as it is."""
    pd = library("pandas", _THROUGH)
    return pd.Series(pd.arrays.ArrowExtensionArray(values))


def _pyarrow() -> Any:
    return library("pyarrow", "the model was fitted to a table with columns of Arrow")
