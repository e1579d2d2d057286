"""DataFrames: which are of mixed columns, as those of pandas, and their dtypes in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from regan.data.frames import arrow_tables, polars_tables
from regan.data.frames.libraries import frame_kind, library
from regan.data.literals import ZONE, read_keys, write_literal
from regan.storage.stored import Stored

_ARROW = "arrow "
_NUMPY = r"bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)|object"
_NULLABLE = r"boolean|U?Int(8|16|32|64)|Float(32|64)|str|string(\[(python|pyarrow)\])?"
_TIMES = rf"datetime64\[[munspfa]{{1,2}}(, ({ZONE.pattern}|UTC[+-]\d\d:\d\d(:\d\d)?))?\]"
_SPANS = r"timedelta64\[[munspfa]{1,2}\]|period\[\d{0,6}[A-Za-z]{1,4}(-[A-Z]{3})?\]"
_SIMPLE = rf"{_NUMPY}|{_NULLABLE}|str of \w+|{_TIMES}|{_SPANS}|Sparse\[\w+, [\w.+-]+\]"
_PANDAS = rf"{_SIMPLE}|category|interval\[({_SIMPLE}), (left|right|both|neither)\]"
_ARROW_WORD = arrow_tables.WORDS
_NAN = "/NaN"  # behind the word of a dtype of floating numbers in which missing cells are no null
_WORDS = {
    "pandas": re.compile(_PANDAS, re.A),
    "arrow": re.compile(rf"({_ARROW_WORD})({_NAN})?", re.A),
    "pyarrow": re.compile(rf"({_ARROW_WORD})({_NAN})?", re.A),
    "polars": re.compile(rf"({polars_tables.WORDS})({_NAN})?", re.A),
}
"""What each library may call a dtype in a file."""
_INNER = re.compile(rf"{_PANDAS}|arrow ({_ARROW_WORD})", re.A)
_STRINGS = "str of "  # and the storage of strings without NA, where it is not that of this pandas


@dataclass(frozen=True)
class Dtype:
    """The dtype of a column in words that a model file can hold.

    Attributes
    ----------
    word : str
        What its library calls it; with "/NaN" behind it, if that tells nulls from NaN, and missing
        cells are NaN.
    categories : list or None
        Of a categorical dtype: all of them, in order.
    inner : str or None
        The dtype of the categories.
    ordered : bool
    library : {"pandas", "arrow", "polars", "pyarrow"}
        Whose dtype it is; "arrow" is a column of pandas that holds Arrow's.
    """

    word: str
    categories: list[Any] | None = None
    inner: str | None = None
    ordered: bool = False
    library: str = "pandas"

    @property
    def limits(self) -> tuple[float, float] | None:
        """The least and the largest number it can hold, of dtypes of integers; None of others."""
        found = re.match(r"(u?)int(8|16|32|64)\b", self.word.lower())
        if found is None:
            return None
        limits = np.iinfo(f"{found[1]}int{found[2]}")
        return float(limits.min), float(limits.max)

    @property
    def floating(self) -> str:
        """The floating dtype of NumPy with its precision; "float64" of dtypes of other values."""
        word = self.word.removesuffix(_NAN).lower()
        if word in ("float16", "halffloat"):
            return "float16"
        return "float32" if word in ("float32", "float") else "float64"

    @property
    def order(self) -> list[Any] | None:
        """The categories of a dtype that orders them; None of others."""
        has_order = self.ordered if self.library == "pandas" else self.word == "Enum"
        return self.categories if has_order else None

    @classmethod
    def of(cls, name: Any, series: Any) -> Dtype:
        """Of a column. TypeError if its dtype could not be made again from words."""
        described, dtype = cls._described(name, series)
        if _has_nan(described.library, series):
            described = replace(described, word=f"{described.word}{_NAN}")
        pattern = _WORDS[described.library]
        try:
            same = described.make() == dtype and pattern.fullmatch(described.word) is not None
        except (TypeError, ValueError, NotImplementedError, AttributeError):
            same = False
        if not same:
            raise TypeError(
                f"column {name!r} has the dtype {dtype}, which regan cannot give to generated "
                "rows: convert the column to a plain dtype, such as category or float64"
            )
        return described

    @classmethod
    def _described(cls, name: Any, series: Any) -> tuple[Dtype, Any]:
        """In words that may not be enough, and the dtype."""
        whose = type(series).__module__.partition(".")[0]
        if whose == "polars":
            return cls(*polars_tables.words(series.dtype), library=whose), series.dtype
        if whose == "pyarrow":
            return cls(*arrow_tables.words(series.type), library=whose), series.type
        pd, dtype = _pandas(), series.dtype
        if isinstance(dtype, pd.ArrowDtype):
            return cls(*arrow_tables.words(dtype.pyarrow_dtype), library="arrow"), dtype
        if isinstance(dtype, pd.CategoricalDtype):
            inner = cls.of(name, dtype.categories)
            word = inner.word if inner.library == "pandas" else f"{_ARROW}{inner.word}"
            levels, ordered = dtype.categories.tolist(), bool(dtype.ordered)
            return cls("category", levels, word, ordered), dtype
        if isinstance(dtype, pd.StringDtype) and dtype.na_value is pd.NA:
            return cls(f"string[{dtype.storage}]"), dtype
        if isinstance(dtype, pd.StringDtype) and dtype != pd.api.types.pandas_dtype("str"):
            return cls(f"{_STRINGS}{dtype.storage}"), dtype
        return cls(str(dtype)), dtype

    def export(self) -> dict[str, Any]:
        """What a model file has to hold, in JSON's terms."""
        levels = self.categories
        return {
            "word": self.word,
            "categories": None if levels is None else write_literal(levels),
            "inner": self.inner,
            "ordered": self.ordered,
            "library": self.library,
        }

    @classmethod
    def restore(cls, stored: Stored) -> Dtype:
        """The inverse of `export`."""
        word, categories, inner, ordered, whose = stored.fields(
            "word", "categories", "inner", "ordered", "library"
        )
        library = whose.choice(*_WORDS)
        if not inner.is_none:
            inner.text(_WORDS["arrow"] if library in ("arrow", "pyarrow") else _INNER)
        return cls(
            word.text(_WORDS[library]),
            None if categories.is_none else read_keys(categories),
            inner.value,
            ordered.flag(),
            library,
        )

    def make(self) -> Any:
        """The dtype, of the library that it is of; of Arrow in pandas, that of pandas."""
        word = self.word.removesuffix(_NAN)
        if self.library == "polars":
            return polars_tables.make(word, self.categories)
        if self.library in ("arrow", "pyarrow"):
            kind = arrow_tables.make(word, self.categories, self.inner, self.ordered)
            return _pandas().ArrowDtype(kind) if self.library == "arrow" else kind
        pd = _pandas()
        if self.word.startswith(_STRINGS):
            return pd.StringDtype(self.word.removeprefix(_STRINGS), na_value=np.nan)
        if self.categories is None:
            return pd.api.types.pandas_dtype(self.word)
        word = str(self.inner)
        of = "arrow" if word.startswith(_ARROW) else "pandas"
        inner = Dtype(word.removeprefix(_ARROW), library=of).make()
        return pd.CategoricalDtype(pd.Index(objects(self.categories), dtype=inner), self.ordered)

    def series(self, values: np.ndarray) -> Any:
        """A column with these `values` (n,) and this dtype."""
        dtype, nan = self.make(), self.word.endswith(_NAN)
        if self.library == "polars":
            return polars_tables.column(values, dtype, nan=nan)
        if self.library == "pyarrow":
            return arrow_tables.column(values, dtype, nan=nan)
        if self.library == "arrow":
            held = arrow_tables.column(values, dtype.pyarrow_dtype, nan=nan)
            return arrow_tables.in_pandas(held)
        pd = _pandas()
        if isinstance(dtype, pd.CategoricalDtype):
            return pd.Series(pd.Categorical(values, dtype=dtype))
        if self.word == "object":
            return pd.Series(objects(values.tolist()), dtype=object)
        made = pd.Series(values)
        if values.dtype.kind == "M" and isinstance(dtype, pd.DatetimeTZDtype):
            made = made.dt.tz_localize("UTC")
        return made.astype(dtype)


def _has_nan(whose: str, series: Any) -> bool:
    """Whether missing cells of a column of polars or Arrow are NaN, and none is null."""
    if whose == "polars":
        return polars_tables.has_nan(series)
    if whose == "pyarrow":
        return arrow_tables.has_nan(series)
    return whose == "arrow" and arrow_tables.has_nan(arrow_tables.held(series))


def is_frame(X: Any) -> bool:
    """Whether `X` is a DataFrame of pandas or polars, or a Table of pyarrow."""
    return frame_kind(X) != "array"


def is_mixed(X: Any) -> bool:
    """Whether `X` is a DataFrame with a column that is not of a plain floating dtype, or with
    missing cells.

    Columns of pandas that are not of NumPy's dtypes are none.
    """
    kind = frame_kind(X)
    if kind == "array":
        return False
    if kind == "polars":
        floats = all(dtype.is_float() for dtype in X.dtypes)
    elif kind == "pyarrow":
        floats = all(str(of) in ("double", "float", "halffloat") for of in X.schema.types)
    else:
        floats = all(isinstance(dtype, np.dtype) and dtype.kind == "f" for dtype in X.dtypes)
    return not floats or any(_has_missing(column) for column in columns_of_frame(X))


def has_missing(X: Any) -> bool:
    """Whether a cell of a DataFrame is missing."""
    return any(bool(column_as_pandas(c).isna().any()) for c in columns_of_frame(X))


def _has_missing(column: Any) -> bool:
    """Whether a cell of a column of floating numbers is missing, or NaN."""
    return bool(np.isnan(column.to_numpy()).any())


def columns_of_frame(X: Any) -> list[Any]:
    """The columns of a DataFrame, as its library has them."""
    kind = frame_kind(X)
    if kind == "pandas":
        return [X.iloc[:, j] for j in range(X.shape[1])]
    return list(X.get_columns() if kind == "polars" else X.columns)


def telling_index(X: Any) -> str | None:
    """What the index of a DataFrame of pandas is called that is more than the numbers of its rows.

    None if it has no names and holds integers, as after rows were left out.
    """
    if frame_kind(X) != "pandas":
        return None
    named = [name for name in X.index.names if name is not None]
    if named:
        return ", ".join(map(repr, named))
    plain = X.index.nlevels == 1 and _pandas().api.types.is_integer_dtype(X.index.dtype)
    return None if plain or not len(X) else f"such as {X.index[0]!r}"


def as_pandas(X: Any) -> Any:
    """A DataFrame as one of pandas whose columns are no longer polars' or Arrow's.

    Categories stay categories; a DataFrame of pandas without columns of Arrow stays as it is.
    """
    kind, columns = frame_kind(X), columns_of_frame(X)
    pd = _pandas()
    if kind == "pandas" and not any(isinstance(dtype, pd.ArrowDtype) for dtype in X.dtypes):
        return X
    names = X.column_names if kind == "pyarrow" else X.columns
    parts = [column_as_pandas(column) for column in columns]
    return pd.concat(parts, axis=1, keys=range(len(parts))).set_axis(names, axis=1)


def column_as_pandas(column: Any) -> Any:
    """A column of any library as one of pandas that is no longer polars' or Arrow's."""
    whose, pd = type(column).__module__.partition(".")[0], _pandas()
    if whose == "polars":
        return polars_tables.series(column)
    if whose == "pyarrow":
        return arrow_tables.series(column)
    if isinstance(column.dtype, pd.ArrowDtype):
        return arrow_tables.series(arrow_tables.held(column)).set_axis(column.index)
    return column


def take_rows(X: Any, rows: np.ndarray) -> Any:
    """Some rows of a DataFrame, an array or a list, by their positions."""
    kind = frame_kind(X)
    if kind == "pyarrow":
        return arrow_tables.take(X, rows)
    return X[rows] if kind == "polars" else _safe_indexing(X, rows)


def without_cells(X: Any, hidden: np.ndarray) -> Any:
    """A copy of a table in which further cells are missing, those of a mask (n, C).

    An array is one of floating numbers then; integers and booleans of pandas become nullable ones.
    """
    kind = frame_kind(X)
    if kind == "array":
        array = np.array(X)
        array = array if array.dtype.kind == "f" else array.astype(np.float64)
        array[hidden] = np.nan
        return array
    columns = zip(columns_of_frame(X), hidden.T, strict=True)
    if kind == "polars":
        return X.select([polars_tables.without_cells(*column) for column in columns])
    if kind == "pyarrow":
        parts = [arrow_tables.without_cells(*column) for column in columns]
        return type(X).from_arrays(parts, X.column_names)
    parts = [_masked(*column) for column in columns]
    return _pandas().concat(parts, axis=1, keys=range(len(parts))).set_axis(X.columns, axis=1)


def _masked(column: Any, hidden: np.ndarray) -> Any:
    """A column of pandas without the cells of a mask (n,), nullable where NumPy's dtype is not."""
    nullable = arrow_tables.NULLABLE.get(str(column.dtype))
    if nullable is None or not hidden.any():
        return column.mask(hidden)
    return column.astype(nullable).mask(hidden)


def objects(values: Sequence[Any]) -> np.ndarray:
    """An array (n,) of `values` as they are, whatever they are."""
    return np.fromiter(values, dtype=object, count=len(values))


def _pandas() -> Any:
    return library("pandas", "the table is read and given back through pandas")
