"""Tables in Parquet files, through pyarrow."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from regan.data.containers import column_index
from regan.data.frames.arrow_tables import held, in_pandas
from regan.data.frames.dataframes import column_as_pandas, columns_of_frame
from regan.files.csv_parts import check_room
from regan.files.extras import pandas, parquet, pyarrow
from regan.files.headers import refuse_twice
from regan.files.sources import PARQUETS, TableFile
from regan.storage.atomic import atomic_file

_EXACT = 2**53
_PLACES = 15
_OTHERS = {"float": "Float32", "double": "Float64", "string": "string", "large_string": "string"}
INDEX = re.compile(r"__index_level_\d+__")
"""What the columns of an index without a name are called in a file."""


def is_parquet(path: Path) -> bool:
    """Whether a file is called so."""
    return path.suffix.lower() in PARQUETS


def read_parquet(file: TableFile, drop: Collection[str] = ()) -> tuple[Any, list[str], list[str]]:
    """The table in a file without some columns; the columns of its index, and those without which.

    It is a DataFrame of pandas, whose columns are written to Parquet in the types that they have in
    the file: with dtypes of NumPy and pandas where these say as much, else those of Arrow. Decimals
    of more than 15 digits become float64. An index without a name is left out.
    ValueError for what is no Parquet, and for columns that hold lists, mappings or bytes.
    """
    pa, pd = pyarrow(), pandas()
    pq = parquet()
    pa.array(pd.period_range("2000", periods=1, freq="Y").array)  # makes its types known to Arrow
    try:
        source = file.path if file.data is None else pa.BufferReader(file.data)
        table = pq.ParquetFile(source).read()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(
            f"{file.path} is not a Parquet file: {' '.join(str(error).split())}"
        ) from error
    named = (table.schema.pandas_metadata or {}).get("index_columns", [])
    index = [name for name in named if isinstance(name, str) and INDEX.fullmatch(name)]
    names = [name for name in table.column_names if name not in index and name not in drop]
    refuse_twice(file.path, names)
    if not table.num_rows or not names:
        raise ValueError(f"{file.path}: the table has no {'rows' if names else 'columns'}")
    said = dtypes_said(table.schema)
    parts = [_series(pa, file.path, name, table.column(name), said.get(name)) for name in names]
    frame = pd.concat(parts, axis=1, keys=names)
    out = [name for name in table.column_names if name in drop]
    return frame.set_axis(pd.Index(names, dtype=object), axis=1), index, out


def dtypes_said(schema: Any) -> dict[str, str]:
    """What pandas, if it wrote a file, calls the dtypes of its columns."""
    columns = (schema.pandas_metadata or {}).get("columns", [])
    return {each.get("field_name"): each.get("numpy_type") for each in columns}


def series_of(path: Path | str, name: str, column: Any, said: str | None = None) -> Any:
    """A column of Arrow as a Series of pandas; said : its dtype in pandas, which a file may say."""
    return _series(pyarrow(), path, name, column, said)


def _series(pa: Any, path: Path | str, name: str, column: Any, said: str | None = None) -> Any:
    """A column of Arrow as a Series of pandas; said : its dtype in pandas, which a file may say."""
    made, of, kind = _extended(pa, column), pa.types, column.type
    if made is None and isinstance(kind, pa.BaseExtensionType):
        return _series(pa, path, name, column.cast(kind.storage_type))
    bytes_ = of.is_binary(kind) or of.is_large_binary(kind) or of.is_fixed_size_binary(kind)
    if of.is_nested(kind) or bytes_:
        raise ValueError(
            f"{path}: column {name!r} has the type {kind}, which no model can learn; --drop "
            f"{name} leaves it out"
        )
    if str(kind) == "time64[ns]":  # Python's times have microseconds
        column = column.cast(pa.time64("us"), safe=False).cast(kind)
    if of.is_decimal(kind) and _is_long(column):  # through text: a cast alone is off by a last bit
        column = column.cast(pa.string()).cast(pa.float64())
    if made is None and not (of.is_decimal(column.type) or of.is_null(kind)):
        dtype = _dtype(column, said)
        made = column.to_pandas(types_mapper=lambda _: dtype)
    same = made is not None and made.dtype != object and _alike(pa, _column(pa, made).type, kind)
    return made if same else in_pandas(column)


def _alike(pa: Any, one: Any, other: Any) -> bool:
    """Whether types are one in Parquet, where levels of dictionaries are read as short strings."""
    levels = pa.types.is_dictionary(one) and pa.types.is_dictionary(other)
    return one == other or (levels and str(one).replace("large_string", "string") == str(other))


def _extended(pa: Any, column: Any) -> Any:
    """A column of one of pandas' types for Arrow, intervals and periods; None for any other."""
    if not isinstance(column.type, pa.BaseExtensionType):
        return None
    with suppress(NotImplementedError):
        return pandas().Series(column.type.to_pandas_dtype().__from_arrow__(column))
    return None


def _is_long(column: Any) -> bool:
    """Whether decimals of Arrow have more digits than floating numbers tell apart."""
    largest = max((abs(cell) for cell in column.to_pylist() if cell is not None), default=0)
    return bool(column.type.scale > _PLACES or largest * 10**column.type.scale >= _EXACT)


def _dtype(column: Any, said: str | None) -> Any:
    """The dtype of pandas that a column needs, or is said to have; None for that of NumPy."""
    word = str(column.type)
    dtype = nullable().get(word)
    if dtype is not None and (column.null_count or said == str(dtype)):
        return dtype
    same = said is not None and said == _OTHERS.get(word)
    return pandas().api.types.pandas_dtype(said) if same else None


def nullable() -> dict[str, Any]:
    """The dtypes of pandas for types of which cells are missing."""
    pd = pandas()
    names = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
    make = pd.api.types.pandas_dtype
    return {name: make(name.replace("i", "I").replace("u", "U")) for name in names} | {
        "bool": make("boolean")
    }


def write_parquet(
    path: Path,
    tables: Iterable[Any],
    n_parts: float = 1.0,
    metadata: Mapping[str, str] | None = None,
    check: Callable[[], None] | None = None,
) -> None:
    """Write about `n_parts` tables of pyarrow, a group of rows each, whole or not at all.

    metadata : what the file says of itself; check : as of `atomic_file`. OSError before the second
    table if the disk cannot hold as many as the first.
    """
    pq = parquet()
    with atomic_file(path, check) as file:
        writer = None
        try:
            for table in tables:
                if writer is None:
                    writer = pq.ParquetWriter(
                        file, table.schema, use_dictionary=_texts(table.schema)
                    )
                    writer.add_key_value_metadata(dict(metadata or {}))
                    writer.write_table(table)
                    check_room(path, file.tell() * n_parts if file.seekable() else 0)
                else:
                    writer.write_table(table.cast(writer.schema))
        finally:
            if writer is not None:
                writer.close()


def _texts(schema: Any) -> list[str]:
    """The columns of text and of levels: a dictionary of numbers that differ takes much time."""
    pa = pyarrow()
    return [
        field.name
        for field in schema
        if pa.types.is_dictionary(field.type) or _is_text(pa, field.type)
    ]


def arrow_tables(parts: Iterable[Any], names: Sequence[str], schema: Any = None) -> Iterator[Any]:
    """Parts of a table, arrays (n, D) or DataFrames, as tables of pyarrow with one schema.

    schema : by default that of the first part.
    """
    for part in parts:
        columns = list(part.T) if isinstance(part, np.ndarray) else columns_of_frame(part)
        schema = arrow_schema(columns, names) if schema is None else schema
        yield arrow_table(columns, schema)


def arrow_schema(columns: Sequence[Any], names: Sequence[str]) -> Any:
    """The types of columns of any library, and for pandas the dtypes of its columns."""
    pa = pyarrow()
    made = [_typed(pa, column) for column in columns]
    schema = pa.schema([(name, each.type) for name, each in zip(names, made, strict=True)])
    return schema.with_metadata(_dtypes_of(pa, columns, made, names))


def arrow_table(columns: Sequence[Any], schema: Any) -> Any:
    """Columns of any library as a table of pyarrow.

    ValueError for a column that cannot be of its type.
    """
    pa = pyarrow()
    arrays = zip(schema, columns, strict=True)
    return pa.table([_cast(pa, _column(pa, each), field, each) for field, each in arrays], schema)


def _dtypes_of(
    pa: Any, columns: Sequence[Any], made: Sequence[Any], names: Sequence[str]
) -> dict[bytes, bytes] | None:
    """What tells pandas which dtypes its columns have that have NA.

    All others follow from the types of Arrow.
    """
    pd = pandas()
    if not all(isinstance(column, pd.Series) for column in columns):
        return None
    has_na = {*map(str, nullable().values()), *_OTHERS.values()}
    parts = [
        column[:1] if str(column.dtype) in has_na else _first(pa, array).to_pandas()
        for column, array in zip(columns, made, strict=True)
    ]
    plain = pd.concat([part.reset_index(drop=True) for part in parts], axis=1)
    plain.columns = column_index(tuple(names), (None,))
    metadata: dict[bytes, bytes] = pa.Schema.from_pandas(plain, preserve_index=False).metadata
    return metadata


def _first(pa: Any, array: Any) -> Any:
    """The first row of a column of Arrow, as a column of a table."""
    return pa.table([array[:1]], ["0"]).column(0)


def _cast(pa: Any, array: Any, field: Any, column: Any) -> Any:
    """A column as an array of Arrow of a type that is said. ValueError if it cannot be that."""
    if _is_text(pa, field.type) and not (_is_text(pa, array.type) or pa.types.is_null(array.type)):
        array = _as_text(pa, column_as_pandas(column))
    try:
        return array.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ValueError(
            f"column {field.name!r} has the type {field.type} in the first rows and {array.type} "
            "in later rows, but a Parquet column has one type: write CSV instead"
        ) from error


def arrow_column(series: Any) -> Any:
    """A column of any library as one of Arrow; text where all cells are missing."""
    return _typed(pyarrow(), series)


def _typed(pa: Any, series: Any) -> Any:
    own, array = _own(pa, series), _column(pa, series)
    return array.cast(pa.string()) if own is None and pa.types.is_null(array.type) else array


def _own(pa: Any, series: Any) -> Any:
    """An array of Arrow as it is, also one that pandas holds; None for all else."""
    if isinstance(series, (pa.ChunkedArray, pa.Array)):
        return series
    is_held = isinstance(getattr(series, "dtype", None), pandas().ArrowDtype)
    return held(series) if is_held else None


def _column(pa: Any, series: Any) -> Any:
    """A column of any library as an array of Arrow; text where that has no type for what it holds.

    One of Arrow's own stays as it is.
    """
    if isinstance(series, np.ndarray):
        return pa.array(np.ascontiguousarray(series))
    if (own := _own(pa, series)) is not None:
        return own
    series = column_as_pandas(series)
    try:
        array = pa.Array.from_pandas(series)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = _as_text(pa, series)
    inner = getattr(array.type, "value_type", None)  # of categories
    if isinstance(inner, pa.BaseExtensionType):  # intervals and periods, which Parquet refuses
        array = _as_text(pa, series)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _is_text(pa: Any, kind: Any) -> bool:
    of = pa.types
    return bool(of.is_string(kind) or of.is_large_string(kind) or of.is_string_view(kind))


def _as_text(pa: Any, series: Any) -> Any:
    return pa.Array.from_pandas(series.map(str, na_action="ignore"))
