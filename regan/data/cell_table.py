"""Tables as cells, column by column, and the settings of each; how they are learned and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from regan.data.columns import kind_of, no_kind
from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.rules import decide
from regan.data.faults import Faults, refused
from regan.data.scaling import SCALINGS

CellTable = list[tuple[Cells, ColumnSettings]]
"""The cells of each column of a table, and the settings for it."""

RANKED_ROWS = 100
"""Rows from which on numbers beside other columns go by rank: of fewer rows ranks give back single
values, which tells who was there."""


def decided(table: CellTable, integer_levels: int, summed: Sequence[Any]) -> CellTable:
    """The table, its settings with what the numbers tell.

    integer_levels : whole numbers of at most so many values are levels; summed : the names of
    columns that never are.
    """
    kinds = [kind_of(cells, settings) for cells, settings in table]
    surveyed = [
        None if kind is None else _survey(kind, cells)
        for kind, (cells, _) in zip(kinds, table, strict=True)
    ]
    floats = all(cells.is_float for cells, _ in table)
    few = all(len(cells.series) < RANKED_ROWS for cells, _ in table)
    known = decide(
        [cells.name for cells, _ in table],
        [settings for _, settings in table],
        surveyed,
        integer_levels,
        SCALINGS[0] if floats or few else "quantile",
    )
    return [
        (cells, replace(settings, few=settings.few and cells.name not in summed))
        for (cells, _), settings in zip(table, known, strict=True)
    ]


def whole(table: CellTable, allowed: Sequence[bool], faults: Faults) -> CellTable:
    """The table without missing cells where they are not `allowed`, which are noted.

    What else there is to say of such a column, its other cells tell.
    """
    kept = []
    for (cells, settings), free in zip(table, allowed, strict=True):
        if not free:
            faults.missing(cells.name, cells.missing)
            cells = cells.present
        kept.append((cells, settings))
    return kept


def read_cells(column: Column, cells: Cells, *, unseen: bool) -> np.ndarray:
    """As `Column.read`; missing cells are NaN in every kind of column."""
    if column.takes_missing or not cells.missing.any():
        return column.read(cells, unseen=unseen)
    numbers = np.full(len(cells.series), np.nan)
    if not cells.missing.all():
        numbers[~cells.missing] = column.read(cells.present, unseen=unseen)
    return numbers


def _survey(kind: type[Column], cells: Cells) -> np.ndarray | None:
    """As `Column.survey`; None for a column that is refused anyway."""
    try:
        return kind.survey(cells)
    except (ValueError, TypeError):
        return None


def learn_column(cells: Cells, settings: ColumnSettings) -> Column:
    """A column of the kind that suits its cells. ValueError or TypeError for what suits none."""
    kind = kind_of(cells, settings)
    if kind is None:
        raise no_kind(cells.present)
    if settings.named and kind.survey(cells) is None:
        where = "is in categorical too" if settings.level else f"holds {kind.holds}"
        raise ValueError(
            f"column {cells.name!r} {where}, so numeric={settings.scaling!r} would have no effect "
            "on it: leave the column out of one of the two, or convert it to numbers"
        )
    return kind.learn(cells, settings)


def check_kind(column: Column, cells: Cells, settings: ColumnSettings, like: str) -> None:
    """TypeError or ValueError for cells that a learned column cannot read."""
    if not len(cells.series):
        return
    kind = kind_of(cells, replace(settings, ids="keep"))
    if kind is None:
        raise no_kind(cells)
    if not column.takes(kind):
        raise refused(
            column.name,
            f"held {column.present.holds} in {like}, and holds {kind.instead} now",
            "convert it to the same dtype",
            kind="another kind",
        )
