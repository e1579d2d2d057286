"""Files whose missing cells are filled, and whose other cells are as they were written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from regan.files.cell_texts import CellTexts
from regan.files.extras import parquet, pyarrow
from regan.files.incomplete import Incomplete
from regan.files.parquet_files import arrow_column
from regan.files.raw_cells import RawCells


def filled_texts(read: Incomplete, tables: Sequence[Any]) -> Iterator[str]:
    """The text of a file with the missing cells of each of the tables, in the file's own way.

    tables : arrays or DataFrames with the columns of `read`; what is missing there stays so.
    """
    raw, first = RawCells.of(read.file), int(read.has_header)
    if len(raw.rows) != len(read.lost) + first:
        raise ValueError(f"{read.path}: regan cannot separate its lines, so nothing is written")
    places = _places(read, raw)
    writers, quoted = [], []
    for j, place in enumerate(places):
        rows = (np.flatnonzero(~read.lost[:, j]) + first).tolist()
        texts = [raw.value(row, place) for row in rows]
        writers.append(CellTexts.of(texts, read.kinds[j], read.file.form.decimal))
        quoted += [place] * raw.is_quoted(place, rows)
    for table in tables:
        cells: dict[tuple[int, int], str] = {}
        for j, place in enumerate(places):
            rows, values = _made(read, table, j)
            written = writers[j].written(values)
            cells |= {(row + first, place): t for row, t in zip(rows, written, strict=True)}
        yield raw.text(cells, quoted)


def _places(read: Incomplete, raw: RawCells) -> list[int]:
    """The positions of columns in a text."""
    names = list(map(str, read.frame.columns))
    if not read.has_header:
        return list(map(int, names))
    own = raw.header()
    if not {*names} <= {*own}:
        own = [name.strip() for name in own]
    return [own.index(name) for name in names]


def _made(read: Incomplete, table: Any, j: int) -> tuple[list[int], list[Any]]:
    """The rows whose cells are filled in a column, and their values."""
    column = table[:, j] if isinstance(table, np.ndarray) else table.iloc[:, j]
    column = import_module("pandas").Series(column).reset_index(drop=True)
    there = column[read.lost[:, j] & column.notna().to_numpy()]
    return there.index.tolist(), there.tolist()


def filled_parquets(read: Incomplete, tables: Sequence[Any]) -> Iterator[Any]:
    """The same of Parquet: tables of pyarrow in the types of the file."""
    pa, source = pyarrow(), read.file
    plain = (
        parquet()
        .ParquetFile(source.path if source.data is None else pa.BufferReader(source.data))
        .read()
    )
    for table in tables:
        filled = plain
        for j, name in enumerate(map(str, read.frame.columns)):
            rows, _ = _made(read, table, j)
            if rows:
                values = table[:, j] if isinstance(table, np.ndarray) else table.iloc[:, j]
                place = filled.column_names.index(name)
                mask = np.zeros(len(read.lost), dtype=bool)
                mask[rows] = True
                column = _replaced(pa, filled.column(place), mask, values)
                filled = filled.set_column(place, filled.schema.field(place), column)
        yield filled


def _replaced(pa: Any, column: Any, mask: np.ndarray, values: Any) -> Any:
    """A column of Arrow with other values where the mask (n,) is true, of the same type."""
    compute, kind = import_module("pyarrow.compute"), column.type
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    made = arrow_column(import_module("pandas").Series(values))
    made = made.cast(made.type.value_type) if pa.types.is_dictionary(made.type) else made
    cells = compute.if_else(pa.array(mask), made.cast(inner, safe=False), column.cast(inner))
    return cells.dictionary_encode().cast(kind) if inner is not kind else cells
