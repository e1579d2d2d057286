"""Kinds of columns whose cells are all there."""

from __future__ import annotations

from typing import Any

from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.decimals import DecimalColumn
from regan.data.columns.durations import DurationColumn
from regan.data.columns.formatted import FormattedColumn
from regan.data.columns.large_integers import LargeIntegerColumn
from regan.data.columns.level import LevelColumn
from regan.data.columns.number import NumberColumn
from regan.data.columns.periods import PeriodColumn
from regan.data.columns.sequence import SequenceColumn
from regan.data.columns.times_of_day import TimeOfDayColumn
from regan.data.columns.timestamps import TimestampColumn
from regan.storage.stored import Stored

WHOLE: tuple[type[Column], ...] = (
    FormattedColumn,
    SequenceColumn,
    DecimalColumn,
    LargeIntegerColumn,
    TimestampColumn,
    TimeOfDayColumn,
    DurationColumn,
    PeriodColumn,
    NumberColumn,
    LevelColumn,
)
"""In the order in which they are asked for a column."""


def kind_of_whole(cells: Cells, settings: ColumnSettings) -> type[Column] | None:
    """The first kind that accepts cells none of which is missing; None if no kind does."""
    return next((kind for kind in WHOLE if kind.accepts(cells, settings)), None)


def export_whole(column: Column) -> dict[str, Any]:
    """What a model file has to hold of a column beside its name: its kind, and what it learned."""
    return {"kind": column.kind, "learnt": column.export()}


def restore_whole(name: Any, kind: Stored, learnt: Stored) -> Column:
    """The inverse of `export_whole`, of the column `name`."""
    kinds = {each.kind: each for each in WHOLE}
    return kinds[kind.choice(*kinds)].restore(name, learnt)
