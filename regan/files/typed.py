"""Columns that have a dtype already, as those of Parquet, as kinds of cells in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regan.data import TableEncoder
from regan.data.columns.base import Column
from regan.data.frames.arrow_tables import held, in_pandas
from regan.data.frames.dataframes import Dtype, column_as_pandas
from regan.data.numbers.written import Writing
from regan.files.csv_lines import number
from regan.files.extras import pandas, pyarrow
from regan.files.kinds import FORMATTED, LARGEST, NUMBERS, BadCellError, Kind, parse_column
from regan.files.parquet_files import nullable


def kind_of_dtype(series: Any) -> Kind:
    """What a column of pandas is."""
    pd = pandas()
    series = column_as_pandas(series)
    types, dtype = pd.api.types, series.dtype
    if types.is_bool_dtype(dtype):
        return Kind("boolean")
    if types.is_integer_dtype(dtype):
        return Kind("integer")
    if types.is_numeric_dtype(dtype):
        return Kind("number")
    if types.is_timedelta64_dtype(dtype):
        return Kind("duration")
    if types.is_datetime64_any_dtype(dtype):
        dates = getattr(dtype, "tz", None) is None and bool(
            (series.dropna() == series.dropna().dt.normalize()).all()
        )
        return Kind("date" if dates else "timestamp")
    if isinstance(dtype, pd.CategoricalDtype) and dtype.ordered:
        return Kind("ordered", levels=tuple(map(str, dtype.categories)))
    what = types.infer_dtype(series.astype(object), skipna=True)
    plain = what == "string" and not isinstance(dtype, pd.CategoricalDtype)
    if plain and Writing.learn(series.dropna().unique().tolist()) is not None:
        return Kind(FORMATTED)
    return Kind({"time": "time", "decimal": "number"}.get(what, "level"))


def without_words(series: Any, na: Sequence[str]) -> Any:
    """A column in which cells that are written like these words are missing."""
    pd, plain = pandas(), column_as_pandas(series)
    texts = plain.astype(object).map(str, na_action="ignore")
    lost = texts.isin(na) | texts.isin([f"{word} 00:00:00" for word in na])
    if pd.api.types.is_numeric_dtype(plain.dtype):
        lost |= plain.isin([value for word in na if (value := number(word)) is not None])
    if not lost.any():
        return series
    if isinstance(series.dtype, pd.ArrowDtype):
        cells = zip(held(series).to_pylist(), lost, strict=True)
        kind = series.dtype.pyarrow_dtype
        made = pyarrow().array([None if is_lost else cell for cell, is_lost in cells], type=kind)
        return in_pandas(made).rename(series.name)
    return series.astype(nullable().get(str(series.dtype), series.dtype)).mask(lost)


def retyped(path: Path, series: Any, kind: Kind | None, na: Sequence[str] = ()) -> Any:
    """A column as one of a kind; as it is, if it is of that. ValueError if it cannot be.

    na : words for missing cells, beside those of the kind.
    """
    if words := (*na, *(() if kind is None else kind.na)):
        series = without_words(series, words)
    own = kind_of_dtype(series)
    same = kind is None or kind.kind == own.kind or {own.kind, kind.kind} <= {"date", "timestamp"}
    if kind is None or (same and kind.kind != "ordered"):
        return series
    if own.kind in ("level", FORMATTED) and kind.kind in ("level", "identifier"):
        return series
    if {own.kind, kind.kind} <= {*NUMBERS} and kind.lenient:
        return series
    missing = series.isna()
    plain = column_as_pandas(series) if own.kind in ("level", FORMATTED) else series
    texts = plain.astype(object).where(~missing, "").map(str)
    try:
        return parse_column(texts, kind)
    except BadCellError as error:
        raise ValueError(f"{path}: row {error.row}, column {series.name!r} {error}") from error


def from_text(column: Column, dtype: Dtype, part: Any) -> Any:
    """A column of Parquet, or of CSV, as a model's where it is text for want of a type."""
    texts, own = column_as_pandas(part).astype(object), column.present
    missing = texts.isna()
    if pandas().api.types.infer_dtype(texts, skipna=True) != "string":
        return part
    if not any(map(_is_text_in_files, own.write(own.extremes).tolist())):
        return part
    try:
        values = column.parse(texts.mask(missing, "").tolist())
    except ValueError as error:
        raise ValueError(f"column {column.name!r} {error}") from error
    return column_as_pandas(dtype.series(values))


def _is_text_in_files(value: Any) -> bool:
    """Whether files have no type for a value: an interval, a period, an integer beyond 64 bits."""
    pd = pandas()
    large = isinstance(value, int) and not -LARGEST <= value < 2 * LARGEST
    return large or isinstance(value, pd.Interval | pd.Period)


def like_another(path: Path, part: Any, other: Any) -> Any:
    """A column, read as one of another table where it is text and that has values of a type."""
    values = column_as_pandas(other)
    if pandas().api.types.infer_dtype(values.astype(object), skipna=True) in ("string", "empty"):
        return part
    frame = other.to_frame(part.name)
    encoder = TableEncoder(ids="keep", max_levels=len(other), dependencies=False).fit(frame)
    try:
        return from_text(encoder.columns_[0], encoder.dtypes_[0], part)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
