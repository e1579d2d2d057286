"""A second pass over all rows: whether what was learned of some of them holds for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.data.columns.base import UNSEEN, Column
from regan.data.columns.blocks import DummyBlock
from regan.data.encoder import TableEncoder
from regan.data.encoding import Encoding
from regan.data.faults import ColumnsError
from regan.data.row_names import RowNames
from regan.streams.column_survey import ColumnSurvey
from regan.streams.reading import numbers_of
from regan.streams.source import Source
from regan.streams.survey import Survey, joined, take

_MOST = 1000
"""Rows that one pass finds, at most."""


@dataclass(frozen=True)
class Checked:
    """What a pass has found.

    Attributes
    ----------
    rows : int array of shape (k,)
        The numbers of rows that are not as was learned, ascending; some of them.
    table : table or None
        These rows.
    shares : array or None
        How often each level of each block occurs in all rows, if all are as was learned.
    """

    rows: np.ndarray
    table: Any
    shares: np.ndarray | None


def needs_check(encoding: Encoding, survey: Survey) -> bool:
    """Whether something was learned that the survey does not tell of all rows: rules, columns that
    follow from others, dummies, and what texts mean.
    """
    rules = isinstance(encoding, TableEncoder) and encoding.rules
    if encoding.codings_ or encoding.dummies_ or rules:
        return True
    pairs = zip(encoding.columns_, survey.columns, strict=True)
    return not all(_is_surveyed(column.present, found) for column, found in pairs)


def _is_surveyed(column: Column, found: ColumnSurvey) -> bool:
    """Whether the survey tells of all cells what the column makes of them: ends of numbers, levels,
    or nothing.
    """
    return found.low is not None or found.counts is not None or not column.n_numbers


def check_rows(source: Source, encoding: Encoding, learnt: np.ndarray) -> Checked:
    """Read all rows of a source with a fitted encoding; learnt : the numbers that it has seen.

    ValueError, with the place, for rows that break a rule of the user.
    """
    with np.errstate(invalid="ignore"):
        ends = np.fmin.reduce(learnt, axis=0), np.fmax.reduce(learnt, axis=0)
    found: list[np.ndarray] = []
    tables: list[Any] = []
    counts = np.zeros(sum(encoding.levels_), dtype=np.int64)
    for first, table in source.tables():
        bad = _unlike(source, first, encoding, table, ends, counts)
        if len(bad) and sum(map(len, found)) < _MOST:
            found.append(first + bad[:_MOST])
            tables.append(take(table, bad[:_MOST]))
    if found:
        return Checked(np.concatenate(found), joined(tables), None)
    return Checked(np.empty(0, dtype=np.int64), None, _shares(counts, encoding.levels_))


def _unlike(
    source: Source,
    first: int,
    encoding: Encoding,
    table: Any,
    ends: tuple[np.ndarray, np.ndarray],
    counts: np.ndarray,
) -> np.ndarray:
    """Positions of rows that are not as was learned; the levels of others are counted."""
    try:
        numbers = numbers_of(encoding, table, unseen=True)
    except ColumnsError as error:
        return _faulty(error, len(table))
    if isinstance(encoding, TableEncoder):
        rows = np.arange(first, first + len(table))
        encoding.refuse_broken(numbers, rows=RowNames(numbers=rows, place=source.row_place))
    bad = np.zeros(len(numbers), dtype=bool)
    for j, column in enumerate(encoding.columns_):
        bad |= column.unseen(numbers[:, j])
    known = np.flatnonzero(~bad)
    bad[known] = encoding.impossible(numbers[known])
    known, start = np.flatnonzero(~bad), 0
    coded = encoding.coded(numbers[known])
    for own, size in zip(encoding.blocks, encoding.levels_, strict=True):
        codes = own.codes(coded)
        there = codes != UNSEEN
        if isinstance(own, DummyBlock):
            bad[known] |= ~there
        counts[start : start + size] += np.bincount(codes[there], minlength=size)
        start += size
    with np.errstate(invalid="ignore"):
        for extreme, beyond in ((np.fmin, np.less), (np.fmax, np.greater)):
            mine = extreme.reduce(numbers, axis=0)
            end = ends[0] if extreme is np.fmin else ends[1]
            for j in np.flatnonzero(beyond(mine, end)).tolist():
                bad[int(np.argmax(numbers[:, j] == mine[j]))] = True
    return np.flatnonzero(bad)


def _faulty(error: ColumnsError, n: int) -> np.ndarray:
    """Positions of rows that are told by what is wrong with columns; all, if nothing tells."""
    masks = [fault.cells for fault in error.faults if fault.cells is not None]
    masks = [mask for mask in masks if len(mask) == n]
    return np.flatnonzero(np.any(masks, axis=0)) if masks else np.arange(n)


def _shares(counts: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    shares, start = np.zeros(len(counts)), 0
    for size in sizes:
        own = counts[start : start + size]
        shares[start : start + size] = own / max(own.sum(), 1)
        start += size
    return shares
