"""Surveys: what all rows of a table have in common, merged part by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from regan.data.containers import column_names
from regan.data.frames.dataframes import columns_of_frame, is_frame
from regan.data.frames.libraries import frame_kind
from regan.files.extras import pandas, pyarrow
from regan.files.parquet_files import arrow_column
from regan.streams.column_survey import (
    ColumnSurvey,
    InfiniteError,
    Key,
    of_levels,
    survey_numbers,
    survey_ticks,
)

MOST_VALUES = 1000
"""Values of a column that are counted, and have a witness each."""


class InfiniteCellError(ValueError):
    """An infinite number; `row` is its number among all, `column` the name."""

    column: Any
    row: int

    def __init__(self, column: Any, row: int) -> None:
        super().__init__(f"column {column!r} contains inf, first in row {row}")
        self.column, self.row = column, row


@dataclass(frozen=True)
class Survey:
    """Survey of the rows of a table: it is merged with surveys of others, in any order.

    It holds counts of missing cells, moments and ends of numbers, how often each level occurs, and
    *witnesses*: rows that have, of each column, a missing cell, the least and the largest number,
    and each level. What is learned of a sample and of the witnesses then has all of these.

    Attributes
    ----------
    names : tuple
        Of the columns.
    n_rows : int
    columns : tuple of ColumnSurvey
    parts : tuple of pair of table and int array
        Rows that witnesses are among, and their numbers, ascending.
    most : int
        Values of a column that are counted.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.streams.survey import Survey
    >>> one, other = np.array([[1.0], [2.0]]), np.array([[9.0]])
    >>> survey = Survey.of(one).merged(Survey.of(other, first=2))
    >>> survey.n_rows, survey.columns[0].mean, survey.columns[0].high
    (3, 4.0, 9.0)
    >>> survey.witnesses()[0]
    array([0, 1, 2])
    """

    names: tuple[Any, ...]
    n_rows: int
    columns: tuple[ColumnSurvey, ...]
    parts: tuple[tuple[Any, np.ndarray], ...]
    most: int = MOST_VALUES

    @classmethod
    def of(cls, table: Any, first: int = 0, most: int = MOST_VALUES, *, known: Any = None) -> Self:
        """Of an array of numbers (n, C), a DataFrame of pandas or a Table of pyarrow.

        first : the number of its first row among all; known : a survey of others, whose columns of
        too many values are not counted again. InfiniteCellError for infinite numbers.
        """
        n_rows = len(table)
        names = column_names(table)
        columns = []
        for j, column in enumerate(_columns(table)):
            counted = known is None or known.columns[j].counts is not None
            try:
                columns.append(_survey(column, first, most if counted else 0))
            except InfiniteError as error:
                raise InfiniteCellError(names[j], error.args[0]) from None
        rows = np.arange(first, first + n_rows)
        return cls(names, n_rows, tuple(columns), ((table, rows),), most)

    def merged(self, other: Self) -> Self:
        """Of the rows of both."""
        if self.names != other.names:
            raise ValueError(f"surveys of the columns {self.names} and {other.names}")
        pairs = zip(self.columns, other.columns, strict=True)
        columns = tuple(one.merged(two, self.most) for one, two in pairs)
        both = replace(
            self,
            n_rows=self.n_rows + other.n_rows,
            columns=columns,
            parts=(*self.parts, *other.parts),
        )
        return both.pruned()

    def pruned(self) -> Self:
        """The same with no rows beside the witnesses."""
        wanted = self._wanted
        parts = []
        for table, rows in self.parts:
            keep = np.isin(rows, wanted)
            if keep.all():
                parts.append((table, rows))
            elif keep.any():
                parts.append((take(table, np.flatnonzero(keep)), rows[keep]))
        return replace(self, parts=tuple(parts))

    def witnesses(self) -> tuple[np.ndarray, Any]:
        """The numbers of the rows that are witnesses, ascending, and the rows."""
        parts = self.pruned().parts
        rows = np.concatenate([rows for _, rows in parts])
        rows, order = np.unique(rows, return_index=True)
        return rows, take(joined([table for table, _ in parts]), order)

    def lacking(self, sample: Survey) -> tuple[np.ndarray, Any]:
        """Those of the witnesses that have what a sample lacks, of which there is a survey too."""
        pairs = zip(self.columns, sample.columns, strict=True)
        wanted = {row for own, theirs in pairs for row in own.lacking(theirs)}
        rows, table = self.witnesses()
        keep = np.isin(rows, np.array(sorted(wanted), dtype=np.int64))
        return rows[keep], take(table, np.flatnonzero(keep))

    def __getstate__(self) -> dict[str, Any]:
        return dict(vars(self.pruned()))

    @property
    def _wanted(self) -> np.ndarray:
        rows: set[int] = set()
        for column in self.columns:
            rows.update(column.where.values())
        return np.array(sorted(rows), dtype=np.int64)

    def counts(self) -> list[dict[str, Any]]:
        """Counts, moments and ends of each column, in JSON's terms."""
        return [
            {
                "missing": column.n_missing,
                "numbers": column.n_numbers,
                "mean": column.mean,
                "squares": column.squares,
                "ends": [str(column.low), str(column.high)],
            }
            for column in self.columns
        ]


def take(table: Any, rows: np.ndarray) -> Any:
    """Some rows of an array, a DataFrame of pandas or a Table of pyarrow, by position."""
    kind = frame_kind(table)
    if kind == "pandas":
        return table.iloc[rows]
    return table.take(pyarrow().array(rows)) if kind == "pyarrow" else table[rows]


def joined(tables: list[Any]) -> Any:
    """Tables of one kind as one."""
    kind = frame_kind(tables[0])
    if kind == "pandas":
        return pandas().concat(tables, axis=0)
    return pyarrow().concat_tables(tables) if kind == "pyarrow" else np.concatenate(tables)


def _columns(table: Any) -> Any:
    if is_frame(table):
        return columns_of_frame(table)
    return np.ascontiguousarray(np.asarray(table).T, dtype=np.float64)


def _survey(column: Any, first: int, most: int) -> ColumnSurvey:
    """The survey of a column of NumPy, pandas or Arrow."""
    if isinstance(column, np.ndarray):
        return survey_numbers(column, first, most)
    pa = pyarrow()
    array = arrow_column(column)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return _of_arrow(pa, array, first, most)


def _of_arrow(pa: Any, array: Any, first: int, most: int) -> ColumnSurvey:
    types, kind = pa.types, array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _of_arrow(pa, array.storage, first, most)
    if types.is_null(kind):
        where: dict[Key, int] = {"missing": first} if len(array) else {}
        return ColumnSurvey(len(array), where=where)
    if types.is_decimal(kind):
        array = array.cast(pa.string()).cast(pa.float64())
        kind = array.type
    if types.is_floating(kind) or types.is_integer(kind):
        numbers = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return survey_numbers(numbers, first, most)
    if types.is_temporal(kind) and not types.is_interval(kind):
        return _of_ticks(pa, array, first, most)
    if types.is_nested(kind):
        return ColumnSurvey(counts=None)
    return _of_values(pa, array, first, most)


def _of_ticks(pa: Any, array: Any, first: int, most: int) -> ColumnSurvey:
    """Of dates and times: whole ticks, whose moments say nothing."""
    wide = pa.int32() if array.type.bit_width == 32 else pa.int64()
    lost = array.is_null().to_numpy(zero_copy_only=False)
    ticks = array.drop_null().cast(wide).to_numpy(zero_copy_only=False).astype(np.int64)
    days = _PER_DAY.get(str(array.type).partition(",")[0].rstrip("]"))
    return survey_ticks(ticks, lost, first, most, days)


_PER_DAY = {
    "date32[day": 1,
    "date64[ms": 86_400_000,
    "timestamp[s": 86_400,
    "timestamp[ms": 86_400_000,
    "timestamp[us": 86_400_000_000,
    "timestamp[ns": 86_400_000_000_000,
}
"""Ticks of a day, of types that are dated."""


def _of_values(pa: Any, array: Any, first: int, most: int) -> ColumnSurvey:
    """Of texts, booleans and categories: how often each occurs."""
    if not most:
        lost = array.is_null().to_numpy(zero_copy_only=False)
        where: dict[Key, int] = {"missing": first + int(lost.argmax())} if lost.any() else {}
        return ColumnSurvey(int(lost.sum()), counts=None, where=where)
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    lost = coded.is_null().to_numpy(zero_copy_only=False) if coded.null_count else None
    codes = coded.indices.fill_null(0) if coded.indices.null_count else coded.indices
    values = coded.dictionary.to_pylist()
    return of_levels(
        values, codes.to_numpy(zero_copy_only=False).astype(np.int64), first, most, lost=lost
    )
