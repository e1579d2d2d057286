"""Containers: what comes in and how it goes out, the columns and dtypes of a user's table.

A matrix of numbers is all that is accepted here; everything else is refused by column.
"""

from __future__ import annotations

import numbers
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.data.faults import Faults, in_words, refused
from regan.data.frames.dataframes import as_pandas
from regan.data.frames.libraries import frame_kind, library
from regan.data.frames.no_table import check_table
from regan.data.literals import read_key, read_keys, refuse_foreign, write_literal
from regan.data.row_names import RowNames
from regan.storage.stored import Stored

_LARGEST_WHOLE = 2**53
_FLOATING = ("float16", "float32", "float64")
_WHOLE = ("bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))
_FLOATS = {"halffloat": "float16", "float": "float32"}  # as Arrow calls them
_NO_NUMBERS = (str, bytes, complex, np.complexfloating, np.datetime64, np.timedelta64)


@dataclass(frozen=True)
class Container:
    """Container of an array or a DataFrame of numbers: gives rows back as they came.

    Attributes
    ----------
    kind : {"array", "pandas", "polars", "pyarrow"}
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
        dtypes = tuple(_floating(dtype) for dtype in _dtypes(X))
        titles = tuple(X.columns.names) if kind == "pandas" else (None,)
        return cls(kind, column_names(X), dtypes, titles)

    @property
    def is_array(self) -> bool:
        """Whether rows are those of an array, whose columns have no names."""
        return self.kind == "array"

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that holds every column."""
        return np.result_type(*self.dtypes)

    @property
    def limits(self) -> np.ndarray:
        """The largest value each column can hold: generated ones may exceed half precision."""
        return np.array([float(np.finfo(name).max) for name in self.dtypes])

    def check(self, rows: np.ndarray) -> None:
        """ValueError for further numbers (n, D) that an array of integers cannot hold."""
        if self.whole is None:
            return
        dtype = np.dtype(self.whole)
        low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        held = (rows == np.rint(rows)) & (low <= rows) & (rows <= high)
        if not held.all():
            where = name_columns(self.names, ~held.all(axis=0))
            raise ValueError(
                f"X holds {rows[~held][0]:g} in {where}, which {dtype}, the dtype of the training "
                "data, cannot hold"
            )

    def export(self) -> dict[str, Any]:
        """What a model file has to hold, in JSON's terms."""
        return {
            "kind": self.kind,
            "names": write_literal(list(self.names)),
            "dtypes": list(self.dtypes),
            "titles": write_literal(list(self.titles)),
            "whole": self.whole,
        }

    @classmethod
    def restore(cls, stored: Stored) -> Container:
        """The inverse of `export`."""
        kind, names, dtypes, titles, whole = stored.fields(
            "kind", "names", "dtypes", "titles", "whole"
        )
        words = tuple(item.choice(*_FLOATING) for item in dtypes.items())
        container = cls(
            kind.choice("array", "pandas", "polars", "pyarrow"),
            tuple(read_keys(names, len(words))),
            words,
            read_titles(titles),
            None if whole.is_none else whole.choice(*_WHOLE),
        )
        check_titles(container.kind, container.names, container.titles, stored)
        if container.whole is not None and container.kind != "array":
            whole.refuse("null for a table")
        return container

    def wrap(self, rows: np.ndarray) -> Any:
        """`rows` (n, D) in this container."""
        if self.kind == "array":
            return rows if self.whole is None else np.rint(rows).astype(self.whole)
        frames = library(self.kind, f"the model was fitted to a table of {self.kind}")
        if self.kind != "pandas":
            columns = zip(rows.T, self.dtypes, strict=True)
            parts = [values.astype(dtype) for values, dtype in columns]
            return frame_of(parts, self.kind, self.names, self.titles)
        frame = frames.DataFrame(rows, copy=False)
        if len(set(self.dtypes)) > 1:
            frame = frame.astype(dict(enumerate(self.dtypes)))
        frame.columns = column_index(self.names, self.titles)  # set_axis would copy the values
        return frame


def frame_of(
    parts: Sequence[Any], kind: str, names: tuple[Any, ...], titles: tuple[Any, ...]
) -> Any:
    """The DataFrame of columns, of the library that `frame_kind` calls `kind`."""
    frames = library(kind, f"the model was fitted to a table of {kind}")
    if kind == "polars":
        return frames.DataFrame(dict(zip(names, parts, strict=True)))
    if kind == "pyarrow":
        return frames.table(dict(zip(names, parts, strict=True)))
    frame = frames.concat(parts, axis=1, keys=range(len(parts)))
    frame.columns = column_index(names, titles)
    return frame


def column_index(names: tuple[Any, ...], titles: tuple[Any, ...]) -> Any:
    """The names of the columns of a pandas table, in one level or several."""
    pandas = library("pandas", "the model was fitted to a table of pandas")
    if len(titles) > 1:
        return pandas.MultiIndex.from_tuples(names, names=titles)
    try:
        return pandas.Index(names, name=titles[0], tupleize_cols=False)
    except UnicodeEncodeError:  # half of a surrogate pair, which Arrow does not hold
        return pandas.Index(names, name=titles[0], tupleize_cols=False, dtype=object)


def read_titles(stored: Stored) -> tuple[Any, ...]:
    """What a table calls its columns as a whole, from a file; see `column_index`."""
    titles = tuple(read_key(item) for item in stored.items())
    if not titles:
        stored.refuse("a list of at least one name")
    return titles


def check_titles(
    kind: str, names: tuple[Any, ...], titles: tuple[Any, ...], stored: Stored
) -> None:
    """FileError for names of columns from a file that no table of this kind can have."""
    if kind in ("polars", "pyarrow") and not all(isinstance(name, str) for name in names):
        stored.refuse("columns whose names are texts")
    if len(titles) > 1:
        levels = {len(name) if isinstance(name, tuple) else 0 for name in names}
        if kind != "pandas" or levels != {len(titles)}:
            stored.refuse(f"columns whose names have {len(titles)} levels")


def check_numbers(X: Any, what: str = "X") -> None:
    """Refuse masked arrays, and all columns that hold anything but numbers, by their names.

    Two columns of one name are refused as well: an error could not name them.

    What scikit-learn refuses itself (sparse data, wrong shapes) is left to it.
    """
    check_table(X, what)
    is_table = frame_kind(X) != "array"
    if is_table:
        check_names(X, what)
    faults, others = Faults(what, RowNames.of(X)), []
    for name, column in _columns(X):
        n_before = len(faults)
        with faults.of(name):
            _check_column(name, column, what, is_table=is_table)
        if len(faults) == n_before:
            others.append((name, column))
    for name, column in others if faults else ():  # as long as there is something to say
        cells = [_as_float(value) for value in column]
        faults.cells("NaN", (name,), np.isnan(cells)[:, None])
        faults.cells("inf", (name,), np.isinf(cells)[:, None])
    faults.refuse()


def _check_column(name: Any, column: Any, what: str, *, is_table: bool) -> None:
    """TypeError or ValueError for a column that does not hold numbers."""
    dtype = column.dtype
    kind = getattr(dtype, "kind", None) or ("f" if dtype.is_numeric() else _polars_kind(dtype))
    if kind in "mM":
        raise TypeError(
            f"column {name!r} holds dates or times ({dtype}); convert it to numbers first"
        )
    if kind == "c":
        raise ValueError(
            f"column {name!r} holds {dtype}: Complex data not supported, give real numbers"
        )
    if kind in "OUSTV":
        _check_objects(name, column, what, is_table=is_table)


def _as_float(value: Any) -> float:
    """A cell that holds a number or nothing."""
    return float("nan") if _is_missing(value) else float(value)


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ == "NAType"


def check_names(X: Any, what: str = "X") -> None:
    """Refuse a DataFrame without columns, with two of one name, or with names no file can hold."""
    names = column_names(X)
    if not names:
        raise ValueError(f"{what} has no columns")
    titles = tuple(getattr(X.columns, "names", ()))
    faults = Faults(what)
    for name in names:
        with faults.of(name):
            refuse_foreign(name, f"{what} has the column name")
    faults.refuse()
    refuse_foreign(titles, f"the column index of {what} has the name")
    twice = [f"{times} columns {name!r}" for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"{what} has {' and '.join(twice)}: column names must differ")


def by_name(X: Any, names: tuple[Any, ...], what: str, like: str) -> Any:
    """The DataFrame `X` with its columns in the order of `names`.

    ValueError if it has others, with both: `what` is `X` in words, `like` what has the names.
    """
    check_names(X, what)
    own = column_names(X)
    if own == names:
        return X
    lost = [name for name in names if name not in own]
    new = [name for name in own if name not in names]
    if lost or new:
        both = [f"lacks {in_words(lost)}"] * bool(lost)
        both += [f"has the additional {in_words(new)}"] * bool(new)
        raise ValueError(
            f"{what} {' and '.join(both)}: give the same columns as in {like}, in any order"
        )
    if frame_kind(X) == "pandas":
        return X.iloc[:, [own.index(name) for name in names]]
    return X.select(list(names))


def column_names(X: Any) -> tuple[Any, ...]:
    """The names of the columns of a table, their positions for an array."""
    kind = frame_kind(X)
    if kind == "array":
        return tuple(range(np.asarray(X).shape[1]))
    return tuple(X.column_names if kind == "pyarrow" else X.columns)


def has_names(names: tuple[Any, ...]) -> bool:
    """Whether columns have names, and not only positions."""
    return names != tuple(range(len(names)))


def name_columns(names: tuple[Any, ...], bad: np.ndarray) -> str:
    """The columns where `bad` (D,) is true, as words."""
    return in_words([names[j] for j in np.flatnonzero(bad)])


def _columns(X: Any) -> Iterator[tuple[Any, Any]]:
    """Name and values of each column; nothing for what is no table."""
    if frame_kind(X) == "pandas":
        yield from ((name, X.iloc[:, j]) for j, name in enumerate(X.columns))
    elif frame_kind(X) == "polars":
        yield from zip(X.columns, X.get_columns(), strict=True)
    elif frame_kind(X) == "pyarrow":
        yield from _columns(as_pandas(X))
    elif not hasattr(X, "toarray"):  # a sparse matrix is refused later
        array = np.asarray(X)
        if array.dtype.kind in "US" and not isinstance(X, np.ndarray):
            array = np.asarray(X, dtype=object)  # NumPy made strings of the numbers beside a string
        if array.ndim == 2 and array.dtype.kind not in "fiub":
            yield from enumerate(array.T)


def _check_objects(name: Any, column: Any, what: str, *, is_table: bool) -> None:
    """TypeError if a column has a value that is no number.

    what : the table in words; is_table : whether it is a DataFrame.
    """
    bad = np.array([not _is_missing(v) and not _is_number(v) for v in column], dtype=bool)
    if not bad.any():
        return
    value = list(column)[int(bad.argmax())]
    if isinstance(value, (np.str_, np.bytes_)):
        value = value.item()
    helps = "Encode or drop the column"
    if not is_table:
        helps += (
            ", or give a DataFrame, as by pandas.DataFrame(rows), whose columns may be strings, "
            "categories and booleans too"
        )
    raise refused(
        name,
        f"holds {value!r} ({type(value).__name__})",
        f"{'the argument' if what == 'X' else what} must be a table of real numbers; no string, "
        f"date or other object is a number. {helps}",
        bad,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (numbers.Number, np.generic)) and not isinstance(value, _NO_NUMBERS)


def _polars_kind(dtype: Any) -> str:
    if str(dtype) == "Boolean":
        return "b"
    return "M" if dtype.is_temporal() else "O"


def _dtypes(X: Any) -> Sequence[Any]:
    """The dtypes of the columns of a DataFrame."""
    dtypes: Sequence[Any] = X.schema.types if frame_kind(X) == "pyarrow" else X.dtypes
    return dtypes


def _is_whole(X: np.ndarray) -> bool:
    """Whether an array holds booleans, or integers that float64 tells apart."""
    if X.dtype.kind not in "iu":
        return X.dtype.kind == "b"
    return max(abs(int(X.min())), abs(int(X.max()))) <= _LARGEST_WHOLE


def _floating(dtype: Any) -> str:
    """float16 and float32 stay, everything else becomes float64."""
    name = str(dtype).lower()
    name = _FLOATS.get(name, name)
    return name if name in _FLOATING else "float64"
