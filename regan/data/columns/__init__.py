"""Kinds of columns, a file each: how a table's cells become what models train on, and back.

Nothing outside its file knows a kind: encoder, files, displays, reports and checkpoints ask columns
by the contract in `regan.data.columns.base`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.empty import EmptyColumn
from regan.data.columns.level import LevelColumn
from regan.data.columns.missing import ANY_VALUE, OF_DTYPE
from regan.data.columns.number import NumberColumn
from regan.data.columns.optional import OptionalColumn
from regan.data.columns.refused import refusal
from regan.data.columns.whole import WHOLE, export_whole
from regan.data.literals import read_key, write_literal
from regan.storage.stored import Stored

KINDS: tuple[type[Column], ...] = (EmptyColumn, OptionalColumn, *WHOLE)
"""In the order in which they are asked for a column, and in which reports have their tables."""


def kind_of(cells: Cells, settings: ColumnSettings) -> type[Column] | None:
    """The first kind that accepts the cells of a column; None if no kind does."""
    return next((kind for kind in KINDS if kind.accepts(cells, settings)), None)


def column_of_numbers(
    name: Hashable, values: np.ndarray, settings: ColumnSettings, dtype: str
) -> Column:
    """The column of numbers (n,) of an array, in float64; dtype : in which they were given."""
    return NumberColumn.of(name, values, settings, dtype)


def opened(column: Column, numbers: Sequence[np.ndarray]) -> Column:
    """The same, or one that compares what it has not learned: cells that are missing in `numbers`,
    or values of a column that had none.
    """
    if isinstance(column, EmptyColumn):
        there = any((~np.isnan(some)).any() for some in numbers)
        level = LevelColumn.of(column.name, [ANY_VALUE])
        return OptionalColumn(column.name, level, 1.0, column.mark) if there else column
    missing = not column.takes_missing and any(np.isnan(some).any() for some in numbers)
    return OptionalColumn(column.name, column, 0.0, OF_DTYPE) if missing else column


def column_of_levels(name: Hashable, levels: Sequence[Hashable]) -> Column:
    """A column of levels, whose numbers are their positions."""
    return LevelColumn.of(name, levels)


def column_of_nothing(name: Hashable) -> Column:
    """A column that has no columns of the matrix; its numbers are NaN."""
    return EmptyColumn(name, OF_DTYPE)


def no_kind(cells: Cells) -> Exception:
    """What to raise for the cells of a column that no kind accepts."""
    return refusal(cells) or TypeError(
        f"column {cells.name!r} holds {cells.dtype}, which regan does not support: convert the "
        "column, or drop it"
    )


def export_column(column: Column) -> dict[str, Any]:
    """What a model file has to hold of a column: its name, its kind, and what that learned."""
    return {"name": write_literal(column.name), **export_whole(column)}


def restore_column(stored: Stored) -> Column:
    """The inverse of `export_column`."""
    name, kind, learnt = stored.fields("name", "kind", "learnt")
    kinds = {each.kind: each for each in KINDS}
    return kinds[kind.choice(*kinds)].restore(read_key(name), learnt)
