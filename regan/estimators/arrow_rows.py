"""Generated rows as tables of Arrow, of one schema whatever cells there are in some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from regan.data.frames.dataframes import columns_of_frame, is_frame
from regan.data.labels import Classes
from regan.data.reader import Reader
from regan.data.table_scaler import TableContainer
from regan.files.extras import pyarrow
from regan.files.parquet_files import arrow_column, arrow_schema, arrow_table

_NEAR = 2**13
"""Cells that are transposed at a time."""


class ArrowRows:
    """What writes the rows of a fitted model to Parquet, as `sample` gives them.

    The types follow from what a column may hold, not from what some rows hold: all levels, the ends
    of its range, a missing cell.

    Parameters
    ----------
    reader : Reader
    classes : Classes or None
        What labels come from that are a further column.

    Attributes
    ----------
    schema : pyarrow.Schema
    """

    def __init__(self, reader: Reader, classes: Classes | None = None) -> None:
        names = list(map(str, reader.names))
        self._reader, self._labels = reader, None
        schema = arrow_schema(_examples(reader), names)
        if classes is not None:
            self._labels = _labels(classes)
            name = _name(classes)
            if name in names:
                raise ValueError(
                    f"return_y=True adds a column {name!r} of class labels, but the rows already "
                    "have a column of this name: fit with y of another name"
                )
            schema = schema.append(pyarrow().field(name, self._labels.type))
        self.schema = schema

    def table(self, rows: np.ndarray, codes: np.ndarray | None = None, first: int = 0) -> Any:
        """The table of numbers (n, C), and of classes (n,) by position.

        first : how many rows come before them.
        """
        columns = _columns(self._reader, rows, first)
        if self._labels is not None:
            columns.append(self._labels.take(pyarrow().array(codes)))
        return arrow_table(columns, self.schema)

    def tables(self, parts: Iterable[np.ndarray]) -> Iterator[Any]:
        """The tables of parts of rows, in order."""
        first = 0
        for rows in parts:
            yield self.table(rows, first=first)
            first += len(rows)


def _columns(reader: Reader, rows: np.ndarray, first: int) -> list[Any]:
    """The columns of numbers (n, C), as the library of the user's table has them, or as arrays."""
    container = reader.container
    if isinstance(container, TableContainer):
        return columns_of_frame(container.encoder.wrap(rows, first))
    if container.is_array:
        return list(_transposed(container.wrap(rows)))
    each = zip(_transposed(rows), container.dtypes, strict=True)
    return [column.astype(dtype, copy=False) for column, dtype in each]


def _transposed(rows: np.ndarray) -> np.ndarray:
    """A copy (C, n) of rows (n, C), made of as many at a time as processors hold near."""
    columns = np.empty(rows.shape[::-1], rows.dtype)
    step = max(1, _NEAR // rows.shape[1])
    for start in range(0, len(rows), step):
        columns[:, start : start + step] = rows[start : start + step].T
    return columns


def _examples(reader: Reader) -> list[Any]:
    """Columns, as the library has them, with all kinds of cells that they may have."""
    container = reader.container
    if isinstance(container, TableContainer):
        each = zip(container.encoder.columns_, container.encoder.dtypes_, strict=True)
        return [dtype.series(column.write(column.extremes)) for column, dtype in each]
    table = container.wrap(np.zeros((1, len(container.names)), container.dtype))
    return list(table.T) if container.is_array else columns_of_frame(table)


def _labels(classes: Classes) -> Any:
    """All labels, as an array of Arrow."""
    labels = classes.wrap(np.arange(len(classes.labels)))
    labels = columns_of_frame(labels)[0] if is_frame(labels) else labels
    made = arrow_column(labels)
    return made.combine_chunks() if hasattr(made, "combine_chunks") else made


def _name(classes: Classes) -> str:
    """What the column of the labels is called."""
    name = None if classes.form is None else classes.form.name
    return "y" if name is None else str(name)
