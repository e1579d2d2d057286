"""Gaps: missing cells of a table, what is known beside them, and the table with them filled."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Self

import numpy as np

from regan.data.conditions.asked import Asked, Conditions
from regan.data.conditions.given import values_of
from regan.data.conditions.values import Values
from regan.data.frames.dataframes import column_as_pandas, columns_of_frame
from regan.data.frames.libraries import frame_kind
from regan.data.reader import Reader


@dataclass(frozen=True, eq=False)
class Gaps:
    """Missing cells of a table, and what is known beside them.

    Attributes
    ----------
    lost : bool array of shape (n, C)
        The missing cells that can be filled.
    rows : array of shape (m,)
        The positions of the rows that have any.
    conditions : Conditions
        On these rows: what is known, and that no cell is missing that was.
    """

    lost: np.ndarray
    rows: np.ndarray
    conditions: Conditions

    @classmethod
    def of(cls, reader: Reader, numbers: np.ndarray) -> Self:
        """Of numbers (n, C) that `Reader.read_incomplete` has read."""
        columns = values_of(reader)
        lost = np.isnan(numbers) & [column.is_learnt for column in columns]
        rows = np.flatnonzero(lost.any(axis=1))
        asked = [
            _asked(column, j, numbers[rows, j], lost[rows, j])
            for j, column in enumerate(columns)
            if column.is_learnt
        ]
        return cls(lost, rows, Conditions(tuple(asked), len(rows), True))


def _asked(column: Values, place: int, numbers: np.ndarray, lost: np.ndarray) -> Asked:
    """What is known of the cells of a column; nothing of those that no row may have."""
    known = column.usual(numbers)
    low, high = (np.where(known, numbers, end) for end in (-np.inf, np.inf))
    never = np.zeros(len(numbers), dtype=bool)
    return Asked(place, column.name, repr(column.name), low, high, never, known | lost)


def copied(X: Any) -> Any:
    """A copy of a table; of what is no DataFrame as an array."""
    kind = frame_kind(X)
    if kind == "array":
        return np.array(X)
    return X if kind == "pyarrow" else X.clone() if kind == "polars" else X.copy()


def filled(X: Any, gaps: Gaps, made: Any) -> Any:
    """A copy of the table `X` with its gaps filled by rows of a table that were `made` for them."""
    kind = frame_kind(X)
    source = np.zeros(len(gaps.lost), dtype=np.int64)
    source[gaps.rows] = np.arange(len(gaps.rows))
    columns = _columns_of(made)
    which = np.flatnonzero(gaps.lost.any(axis=0))
    if kind == "array":
        result = np.array(X)
        result = result if result.dtype.kind in "fO" else result.astype(np.float64)
        for j in which:
            rows = np.flatnonzero(gaps.lost[:, j])
            result[rows, j] = columns[j].to_numpy()[source[rows]]
        return result
    fill = {"pandas": _in_pandas, "polars": _in_polars, "pyarrow": _in_pyarrow}[kind]
    result = copied(X)
    own = columns_of_frame(result)
    for j in which:
        cells = fill(own[j], gaps.lost[:, j], columns[j].iloc[source])
        result = _with_column(result, int(j), cells)
    return result


def _with_column(frame: Any, j: int, cells: Any) -> Any:
    """A DataFrame with other cells in the column at a position, which may be the same object."""
    kind = frame_kind(frame)
    if kind == "pandas":
        frame.isetitem(j, cells)
        return frame
    if kind == "polars":
        return frame.with_columns(cells.alias(frame.columns[j]))
    return frame.set_column(j, frame.schema.field(j).with_type(cells.type), cells)


def _columns_of(made: Any) -> list[Any]:
    """The columns of a table as those of pandas."""
    if frame_kind(made) != "array":
        return [column_as_pandas(column) for column in columns_of_frame(made)]
    pandas = import_module("pandas")
    return [pandas.Series(part) for part in np.asarray(made).T]


def _in_pandas(column: Any, lost: np.ndarray, values: Any) -> Any:
    pandas, dtype = import_module("pandas"), column.dtype
    cells = column.astype(object).to_numpy(copy=True)
    cells[lost] = values.astype(object).to_numpy()[lost]
    if isinstance(dtype, pandas.CategoricalDtype):
        new = [value for value in dict.fromkeys(cells[lost]) if value not in dtype.categories]
        dtype = pandas.CategoricalDtype([*dtype.categories, *new], dtype.ordered) if new else dtype
    plain = pandas.Series(cells, index=column.index, dtype=object)
    try:
        return plain.astype(dtype)
    except (ValueError, TypeError):  # of a column without any values, the dtype says nothing
        return plain.astype(values.dtype)


def _in_polars(column: Any, lost: np.ndarray, values: Any) -> Any:
    polars = import_module("polars")
    new = polars.Series(column.name, values.tolist())
    dtype = new.dtype if column.dtype == polars.Null else column.dtype
    return column.cast(dtype).zip_with(polars.Series(~lost), new.cast(dtype))


def _in_pyarrow(column: Any, lost: np.ndarray, values: Any) -> Any:
    arrow = import_module("pyarrow")
    pairs = zip(column.to_pylist(), values.tolist(), lost, strict=True)
    cells = [new if gap else old for old, new, gap in pairs]
    return arrow.array(cells, type=None if arrow.types.is_null(column.type) else column.type)
