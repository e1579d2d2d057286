"""Tables in Parquet: a file, a folder, or a dataset of pyarrow, by groups of rows."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regan.files.extras import pandas, pyarrow
from regan.files.headers import refuse_twice
from regan.files.parquet_files import INDEX, series_of
from regan.streams.parquet_parts import dataset_of, parts_of
from regan.streams.source import PIECE_CELLS, Source, picked

_LABELS = 2**16


class ParquetSource(Source):
    """Rows of Parquet files with one schema; a block is a group of rows of a file.

    A group is read a batch at a time, by one thread, so that memory does not grow with its size.
    Columns have the dtypes that the whole table has in memory (`regan.files.parquet_files`). Names
    of folders such as ``year=2024`` are columns too.

    Parameters
    ----------
    data : str, path or pyarrow.dataset.Dataset
    columns : list of str, optional
        The names of those to read.
    without : str, optional
        A column to leave out: that of the labels.
    drop : collection of str
        Further columns to leave out.
    """

    def __init__(
        self,
        data: Any,
        columns: Any = None,
        without: str | None = None,
        drop: Collection[str] = (),
    ) -> None:
        self._name = str(data) if isinstance(data, (str, os.PathLike)) else "the dataset"
        dataset = dataset_of(data, self._name)
        self._parts, schema, self._said = parts_of(dataset, self._name)
        left_out = {name for name in schema.names if INDEX.fullmatch(name)} | {without, *drop}
        every = [name for name in schema.names if name not in left_out]
        refuse_twice(Path(self._name), every)
        if without is not None and without not in schema.names:
            raise ValueError(f"{self._name} has no column {without!r} for y: it has only {every}")
        if lost := [name for name in drop if name not in schema.names]:
            raise ValueError(f"{self._name} has no column {lost[0]!r} to leave out")
        names = [every[j] for j in picked(every, columns)]
        self.names, self._left_out = tuple(names), without
        self._schema = pyarrow().schema([schema.field(name) for name in names], schema.metadata)
        for name in names:
            _check_type(self._name, name, schema.field(name).type)
        groups = [(part, i) for part in self._parts for i in range(part.n_groups)]
        self._groups = [(part, i) for part, i in groups if part.rows(i)]
        self.lengths = np.array([part.rows(i) for part, i in self._groups], dtype=np.int64)
        self._dtypes: list[Any] | None = None

    def describe(self) -> str:
        return self._name

    def place(self, block: int) -> str:
        part, group = self._groups[block]
        return f"{part.path}, row group {group}"

    def read(self, block: int, positions: np.ndarray | None = None) -> Any:
        return self.given(self._table(block, positions))

    def read_parts(self, parts: Sequence[tuple[int, np.ndarray]]) -> Any:
        return self.given(pyarrow().concat_tables([self._table(*part) for part in parts]))

    def _table(self, block: int, positions: np.ndarray | None) -> Any:
        """Rows of a block as a Table of pyarrow."""
        pa = pyarrow()
        batches, first = [], 0
        order = None if positions is None else np.argsort(positions, kind="stable")
        wanted = None if positions is None else positions[order]
        for batch in self._batches(block):
            if wanted is None:
                batches.append(batch)
            else:
                low, high = np.searchsorted(wanted, [first, first + len(batch)])
                if high > low:
                    batches.append(batch.take(pa.array(wanted[low:high] - first)))
                first += len(batch)
                if high == len(wanted):
                    break
        table = pa.Table.from_batches(batches, self._schema)
        if order is not None and (np.diff(order) < 0).any():
            table = table.take(pa.array(np.argsort(order)))
        return table

    def pieces(self) -> Iterator[Any]:
        pa = pyarrow()
        for block in range(len(self._groups)):
            for batch in self._batches(block):
                yield pa.Table.from_batches([batch])

    def settle(self, table: Any) -> Any:
        pieces = [table.column(name) for name in self.names]
        said = self._said
        parts = [
            series_of(self._name, name, column, said.get(name))
            for name, column in zip(self.names, pieces, strict=True)
        ]
        self._dtypes = [part.dtype for part in parts]
        return self._framed(parts)

    def given(self, table: Any) -> Any:
        """A DataFrame of pandas with the dtypes of the whole."""
        if self._dtypes is None:
            return self.settle(table)
        parts = []
        for name, dtype in zip(self.names, self._dtypes, strict=True):
            made = series_of(self._name, name, table.column(name), self._said.get(name))
            parts.append(made if made.dtype == dtype else made.astype(dtype))
        return self._framed(parts)

    def fingerprint(self) -> dict[str, Any]:
        return {
            "schema": [f"{field.name}: {field.type}" for field in self._schema],
            "files": [[part.n_rows, *part.found] for part in self._parts],
        }

    def in_memory(self) -> tuple[Any, Any]:
        """The whole table, and the column that was left out, or None."""
        pa = pyarrow()
        if not len(self._groups):
            raise ValueError(f"{self._name}: the table has no rows")
        table = self.settle(pa.concat_tables([*self.pieces()]))
        if self._left_out is None:
            return table, None
        blocks = range(len(self._groups))
        columns = [column for block in blocks for column in self.label_pieces(block)]
        return table, self.label_series(pa.chunked_array(columns))

    def label_pieces(self, block: int) -> Iterator[Any]:
        """The column that was left out, of a block: arrays of pyarrow, some rows each."""
        part, group = self._groups[block]
        for batch in part.batches(group, [self._left_out], _LABELS):
            yield batch.column(0)

    def labels(self, block: int, positions: np.ndarray) -> Any:
        """The labels of rows at `positions` (k,) of a block: an array of pyarrow."""
        pa = pyarrow()
        return pa.chunked_array([*self.label_pieces(block)]).take(pa.array(positions))

    def label_series(self, column: Any) -> Any:
        """Labels of pyarrow as a Series of pandas."""
        name = str(self._left_out)
        chunked = column if hasattr(column, "chunks") else pyarrow().chunked_array([column])
        made = series_of(self._name, name, chunked, self._said.get(name))
        return made.rename(name)

    def _batches(self, block: int) -> Iterator[Any]:
        part, group = self._groups[block]
        rows = max(1024, PIECE_CELLS // len(self.names))
        for batch in part.batches(group, list(self.names), rows):
            yield _cast(batch, self._schema, self.place(block))

    def _framed(self, parts: list[Any]) -> Any:
        frame = pandas().concat(parts, axis=1, keys=range(len(parts)))
        frame.columns = pandas().Index(list(self.names), dtype=object)
        return frame


def _cast(batch: Any, schema: Any, place: str) -> Any:
    """A batch in the types of the dataset."""
    pa, columns = pyarrow(), []
    for field, column in zip(schema, batch.columns, strict=True):
        try:
            columns.append(column if column.type == field.type else column.cast(field.type))
        except (pa.ArrowException, NotImplementedError) as error:
            raise ValueError(
                f"{place}: column {field.name!r} is of the type {column.type}, which cannot be "
                f"converted to {field.type}, its type in other files"
            ) from error
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _check_type(path: str, name: str, kind: Any) -> None:
    """ValueError for columns of lists, mappings or bytes."""
    types = pyarrow().types
    bytes_ = (
        types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    )
    if types.is_nested(kind) or bytes_:
        raise ValueError(
            f"{path}: column {name!r} is of the type {kind}, which models do not learn: choose the "
            "other columns by OutOfCore(columns=...)"
        )
