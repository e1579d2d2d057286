"""Containers: what comes in and how it goes out, the columns and dtypes of a user's table.

A matrix of numbers is all that is accepted here; everything else is refused by column.
"""

from __future__ import annotations

import numbers
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from regan.data.literals import refuse_foreign

_MAX_NAMED = 5
_LARGEST_WHOLE = 2**53
_NO_NUMBERS = (str, bytes, complex, np.complexfloating, np.datetime64, np.timedelta64)


@dataclass(frozen=True)
class Container:
    """Container of an array or a DataFrame of numbers: gives rows back as they came.

    Attributes
    ----------
    kind : {"array", "pandas", "polars"}
    names : tuple
        Column names; positions for an array.
    dtypes : tuple of str
        The floating dtype of each column; float64 for columns that were no floats.
    titles : tuple
        What a pandas table calls its columns as a whole, level by level.
    whole : str or None
        The dtype of an array of integers or booleans.
    """

    kind: str
    names: tuple[Any, ...]
    dtypes: tuple[str, ...]
    titles: tuple[Any, ...] = (None,)
    whole: str | None = None

    @classmethod
    def of(cls, X: Any, *, whole: bool = True) -> Container:
        """The container of `X`, a table that has been validated.

        whole : whether an array of integers is one again, and not of floating numbers.
        """
        kind = frame_kind(X)
        if kind == "array":
            X = np.asarray(X)
            names, dtypes = tuple(range(X.shape[1])), (_floating(X.dtype),) * X.shape[1]
            return cls(
                kind, names, dtypes, (None,), str(X.dtype) if whole and _is_whole(X) else None
            )
        dtypes = tuple(_floating(dtype) for dtype in X.dtypes)
        titles = tuple(X.columns.names) if kind == "pandas" else (None,)
        return cls(kind, tuple(X.columns), dtypes, titles)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that holds every column."""
        return np.result_type(*self.dtypes)

    @property
    def limits(self) -> np.ndarray:
        """The largest value each column can hold: generated ones may exceed half precision."""
        return np.array([float(np.finfo(name).max) for name in self.dtypes])

    def wrap(self, rows: np.ndarray) -> Any:
        """`rows` (n, D) in this container."""
        if self.kind == "array":
            return rows if self.whole is None else rows.astype(self.whole)
        frames = import_module(self.kind)
        if self.kind == "polars":
            columns = zip(self.names, rows.T, self.dtypes, strict=True)
            return frames.DataFrame({name: values.astype(dtype) for name, values, dtype in columns})
        frame = frames.DataFrame(rows, copy=False)
        if len(set(self.dtypes)) > 1:
            frame = frame.astype(dict(enumerate(self.dtypes)))
        frame.columns = column_index(self.names, self.titles)  # set_axis would copy the values
        return frame


def column_index(names: tuple[Any, ...], titles: tuple[Any, ...]) -> Any:
    """The names of the columns of a pandas table, in one level or several."""
    pandas = import_module("pandas")
    if len(titles) > 1:
        return pandas.MultiIndex.from_tuples(names, names=titles)
    return pandas.Index(names, name=titles[0], tupleize_cols=False)


def check_numbers(X: Any) -> None:
    """Refuse masked arrays and columns that hold anything but numbers, naming the column.

    Two columns of one name are refused as well: an error could not name them.

    What scikit-learn refuses itself (sparse data, wrong shapes) is left to it.
    """
    if frame_kind(X) == "array":
        _check_array(X)
    else:
        check_names(X)
    for name, column in _columns(X):
        dtype = column.dtype
        kind = getattr(dtype, "kind", None) or ("f" if dtype.is_numeric() else _polars_kind(dtype))
        if kind in "mM":
            raise TypeError(
                f"column {name!r} holds dates or times ({dtype}); convert it to numbers first"
            )
        if kind == "c":
            raise ValueError(
                f"Complex data not supported: column {name!r} holds {dtype}, and must hold real "
                "numbers"
            )
        if kind in "OUSTV":
            _check_objects(name, column)


def _check_array(X: Any) -> None:
    if isinstance(X, np.ma.MaskedArray):
        raise TypeError(
            "X is a masked array, and masked cells are missing values: fill them first, "
            "as with sklearn.impute.SimpleImputer on X.filled(numpy.nan)"
        )
    if hasattr(X, "toarray"):
        return
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise ValueError(f"X must be a table with rows of equal length: {error}") from error
    if array.ndim == 0 or array.dtype.names is not None:
        what = "records" if array.ndim else f"a {type(X).__name__}"
        raise TypeError(f"X must be a table of numbers, a 2-d array or a DataFrame, got {what}")


def check_names(X: Any) -> None:
    """Refuse a DataFrame without columns, with two of one name, or with names no file can hold."""
    if not len(X.columns):
        raise ValueError("X has no columns")
    refuse_foreign(tuple(X.columns), "a name of X's columns is")
    refuse_foreign(tuple(getattr(X.columns, "names", ())), "the columns of X as a whole are called")
    name, times = Counter(X.columns).most_common(1)[0]
    if times > 1:
        raise ValueError(f"X has {times} columns {name!r}: column names must differ")


def column_names(X: Any) -> tuple[Any, ...]:
    """The names of the columns of a table, their positions for an array."""
    return tuple(X.columns) if frame_kind(X) != "array" else tuple(range(np.shape(X)[1]))


def has_names(names: tuple[Any, ...]) -> bool:
    """Whether columns have names, and not only positions."""
    return names != tuple(range(len(names)))


def name_columns(names: tuple[Any, ...], bad: np.ndarray) -> str:
    """The columns where `bad` (D,) is true, as words."""
    named = [repr(names[j]) for j in np.flatnonzero(bad)]
    more = f" and {len(named) - _MAX_NAMED} more" if len(named) > _MAX_NAMED else ""
    return f"column{'s' if len(named) > 1 else ''} {', '.join(named[:_MAX_NAMED])}{more}"


def refuse_cells(what: str, names: tuple[Any, ...], bad: np.ndarray) -> None:
    """ValueError where `bad` (n, D) is true anywhere, with the columns and the number of rows."""
    if bad.any():
        raise ValueError(
            f"X contains {what} in {name_columns(names, np.asarray(bad.any(axis=0)))} "
            f"({int(bad.any(axis=1).sum())} of {len(bad)} rows): impute or drop such rows"
        )


def refuse_large(names: tuple[Any, ...], large: np.ndarray, limit: float) -> None:
    """ValueError where `large` (n, D) is true anywhere, with the columns."""
    if large.any():
        raise ValueError(
            f"X holds values whose squares overflow the dtype in "
            f"{name_columns(names, np.asarray(large.any(axis=0)))}: the largest allowed is "
            f"{limit:.3g}. Rescale the column"
        )


def _columns(X: Any) -> Iterator[tuple[Any, Any]]:
    """Name and values of each column; nothing for what is no table."""
    if frame_kind(X) == "pandas":
        yield from ((name, X.iloc[:, j]) for j, name in enumerate(X.columns))
    elif frame_kind(X) == "polars":
        yield from zip(X.columns, X.get_columns(), strict=True)
    elif not hasattr(X, "toarray"):  # a sparse matrix is refused later
        array = np.asarray(X)
        if array.dtype.kind in "US" and not isinstance(X, np.ndarray):
            array = np.asarray(X, dtype=object)  # NumPy made strings of the numbers beside a string
        if array.ndim == 2 and array.dtype.kind not in "fiub":
            yield from enumerate(array.T)


def _check_objects(name: Any, column: Any) -> None:
    for value in column:
        missing = value is None or type(value).__name__ == "NAType"
        if not missing and not isinstance(value, (numbers.Number, np.generic)):
            break
        if isinstance(value, _NO_NUMBERS):
            break
    else:
        return
    raise TypeError(
        f"column {name!r} holds {value!r} ({type(value).__name__}): the argument must be a table "
        "of real numbers; no string, date or other object is a number. Encode or drop the column"
    )


def _polars_kind(dtype: Any) -> str:
    if str(dtype) == "Boolean":
        return "b"
    return "M" if dtype.is_temporal() else "O"


def frame_kind(X: Any) -> str:
    """Which library a table is of, "pandas" or "polars"; "array" for everything else."""
    for kind in ("pandas", "polars"):
        frames = sys.modules.get(kind)  # there is no table of a library that nobody imported
        if frames is not None and isinstance(X, frames.DataFrame):
            return kind
    return "array"


def _is_whole(X: np.ndarray) -> bool:
    """Whether an array holds booleans, or integers that float64 tells apart."""
    if X.dtype.kind not in "iu":
        return X.dtype.kind == "b"
    return max(abs(int(X.min())), abs(int(X.max()))) <= _LARGEST_WHOLE


def _floating(dtype: Any) -> str:
    """float16 and float32 stay, everything else becomes float64."""
    name = str(dtype).lower()
    return name if name in ("float16", "float32") else "float64"
