"""What is no table: lists of records, single columns, names of files, and what helps."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sized
from numbers import Real
from typing import Any

import numpy as np

from regan.data.frames.libraries import frame_kind

_ROWS = (list, tuple)
_ONE = (str, bytes)
_ALLOWED = "a table of numbers, a 2-d array or a DataFrame"
_LIBRARIES = ("pandas", "polars", "pyarrow")
_CONVERSIONS = (
    "collect",
    "to_pandas",
    "toPandas",
    "to_table",
    "compute",
    "df",
)
"""Methods by which tables of other libraries become DataFrames or arrays, best first."""

_LABELS = ("coords", "columns")
"""Attributes that name the parts of a table of another library; no array of numbers has them."""


def check_table(X: Any, what: str = "X") -> None:
    """Refuse what is no DataFrame and no 2-d array, and say what it is and what helps.

    What scikit-learn refuses itself (sparse data, one dimension of numbers) is left to it.
    """
    if frame_kind(X) != "array" or hasattr(X, "toarray"):
        return
    if isinstance(X, np.ma.MaskedArray):
        raise TypeError(
            f"{what} is a masked array, and masked cells are missing values: impute them first, "
            f"for example by sklearn.impute.SimpleImputer on {what}.filled(numpy.nan), or give "
            f"pandas.DataFrame({what}.filled(numpy.nan)), in which cells may be missing"
        )
    if known := describe(X, what):
        raise TypeError(f"{what} must be {_ALLOWED}, got {known}")
    try:
        array = np.asarray(X)
    except ValueError as error:
        why = _uneven(X) or error
        raise ValueError(f"{what} must be a table with rows of equal length: {why}") from error
    if array.ndim == 0:
        raise TypeError(f"{what} must be {_ALLOWED}, got {_named(X)}")
    if array.dtype.names is not None:
        raise TypeError(f"{what} must be {_ALLOWED}, got records: give pandas.DataFrame({what})")
    if array.ndim == 1 and array.dtype.kind not in "fiub":
        _check_cells(array, what)
    if array.ndim > 2:
        raise ValueError(
            f"Found array with dim {array.ndim}: {what} has the shape {array.shape}, and must have "
            f"two dimensions, rows and columns: give {what}.reshape(len({what}), -1)"
        )


def describe(X: Any, what: str = "X") -> str:
    """What `X` is that is no table, and what its owner can do; nothing if it may be one."""
    named, kind = _named(X), type(X)
    if X is None:
        return f"{named}: give the rows"
    if isinstance(X, (str, bytes, os.PathLike)):
        return f"{named} ({X!r:.60}): read the file first, as by pandas.read_csv"
    labels = next((name for name in _LABELS if _labelled(X, name)), None)
    if labels is not None or not hasattr(X, "__array__"):
        whose = type(X).__module__.partition(".")[0]
        lost = "" if labels is None else f" of {whose}, whose {labels} would be lost"
        methods = ("to_dataframe",) if isinstance(X, Mapping) else _CONVERSIONS
        for method in methods:
            if callable(getattr(X, method, None)):
                return f"{named}{lost}: give {what}.{method}()"
        if labels is not None:
            return f"{named}{lost}: give a DataFrame of pandas with its {labels}"
    if isinstance(X, Mapping):
        return _describe_mapping(X, what)
    if isinstance(X, _ROWS) and len(X):
        return _describe_rows(X, what)
    if kind.__module__.partition(".")[0] in _LIBRARIES and not hasattr(X, "collect"):
        return _describe_part(X, what)
    ordered = isinstance(X, Sized) and hasattr(X, "__getitem__")
    if isinstance(X, Iterable) and not ordered and not hasattr(X, "__array__"):
        return f"{named}: give a list of its rows, list({what})"
    return ""


def _describe_mapping(X: Mapping[Any, Any], what: str) -> str:
    named = _named(X)
    if not X:
        return f"an empty {type(X).__name__}"
    if any(frame_kind(value) != "array" for value in X.values()):
        return f"{named} of tables: give one of them"
    if all(
        isinstance(v, _ONE) or (np.ndim(v) == 0 and not isinstance(v, Iterable)) for v in X.values()
    ):
        return f"{named} of single values, which is one row: give all rows, pandas.DataFrame(rows)"
    return f"{named} of columns: give pandas.DataFrame({what})"


def _describe_rows(X: Any, what: str) -> str:
    """Of a list or a tuple that is not empty."""
    named, first = _named(X), X[0]
    kinds = {frame_kind(each) for each in X} - {"array"}
    if kinds and len(X) == 1:
        return f"{named} of one DataFrame: give the DataFrame itself, {what}[0]"
    if kinds:
        return (
            f"{named} with a DataFrame inside: give one DataFrame, as by pandas.concat; labels go "
            "into y"
        )
    if all(isinstance(each, Mapping) for each in X):
        return f"{named} of {type(first).__name__}s, one per row: give pandas.DataFrame({what})"
    if hasattr(type(first), "__dataclass_fields__"):
        return f"{named} of {type(first).__name__} objects: give pandas.DataFrame({what})"
    if isinstance(first, _ROWS) and any(isinstance(each, Mapping) for row in X for each in row):
        return f"{named} of lists with dicts inside: give pandas.json_normalize of the dicts"
    return ""


def _describe_part(X: Any, what: str) -> str:
    """Of an object of a library of DataFrames that is no table."""
    kind = type(X)
    named, root = f"{_named(X)} of {kind.__module__.partition('.')[0]}", kind.__name__
    if root == "RecordBatch":
        return f"{named}: give pyarrow.Table.from_batches([{what}])"
    if hasattr(X, "to_frame"):
        return f"{named}, which is one column: give a table of it, {what}.to_frame()"
    if root.endswith(("Array", "Categorical")):
        return (
            f"{named}, which is one column: give a table of it, pandas.DataFrame({{name: {what}}})"
        )
    return f"{named}: give the DataFrame itself"


def _check_cells(array: np.ndarray, what: str) -> None:
    """TypeError for one dimension with anything but numbers inside."""
    cells = array.tolist()
    other = next((v for v in cells if v is not None and not isinstance(v, Real)), None)
    if other is not None:
        raise TypeError(
            f"{what} must be {_ALLOWED}, got one dimension of {len(array)} values, such as "
            f"{other!r:.60} ({type(other).__name__}): if that is one column, give "
            f"pandas.DataFrame({{name: {what}}})"
        )


def _uneven(X: Any) -> str:
    """The first row that is no row like the first one, in words; nothing if there is none."""
    rows = list(X) if isinstance(X, _ROWS) else []
    for i, row in enumerate(rows):
        if not isinstance(row, Sized) or isinstance(row, (*_ONE, Mapping)):
            return f"row {i} is {row!r:.60} ({type(row).__name__})"
        if len(row) != len(rows[0]):
            return f"row {i} has the length {len(row)}, and row 0 the length {len(rows[0])}"
        cells: Any = row
        for j, cell in enumerate(cells):
            if isinstance(cell, (*_ROWS, Mapping, np.ndarray)):
                return f"column {j} holds {cell!r:.60} ({type(cell).__name__}) in row {i}"
    return ""


def _labelled(X: Any, name: str) -> bool:
    """Whether what is no table of a known library names its parts by such an attribute."""
    whose = type(X).__module__.partition(".")[0]
    ours = whose in (*_LIBRARIES, "numpy", "scipy", "builtins", "regan")
    return not ours and not hasattr(X, "toarray") and hasattr(X, name)


def _named(X: Any) -> str:
    """The type of `X` with its article."""
    name = type(X).__name__
    return f"{'an' if name[0] in 'aeiouAEIO' else 'a'} {name}"
