"""One pass over all rows: their survey, and a sample of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from regan.data.columns.drawn import DrawnColumns, learning_from
from regan.data.faults import refused
from regan.data.frames.dataframes import is_frame
from regan.data.row_names import RowNames, naming_rows
from regan.streams.sampling import draw_positions
from regan.streams.source import Source
from regan.streams.survey import (
    MOST_VALUES,
    InfiniteCellError,
    Survey,
    joined,
    take,
)


def read_rows(source: Source, rows: np.ndarray) -> Any:
    """Rows by their numbers among all, ascending, in the form in which a source gives rows."""
    found, first = [], 0
    for table in source.pieces():
        low, high = np.searchsorted(rows, [first, first + len(table)])
        if high > low:
            found.append(take(table, rows[low:high] - first))
        first += len(table)
    return source.settle(joined(found))


@dataclass(frozen=True)
class Surveyed:
    r"""What one pass over all rows has found.

    The sample stands for the quantiles of columns as well: with m rows, the share of numbers up to
    any one is off by more than e with a probability of at most :math:`2 \exp(-2 m e^2)`. With
    131,072 rows it is within .0055 in all but one of 1,000 cases. Dvoretzky, Kiefer and Wolfowitz,
    1956; the constant is Massart's, 1990.

    Attributes
    ----------
    survey : Survey
    learnt : table
        The sample and rows that have what it lacks, in order: an array, or a DataFrame of pandas
        whose index has the numbers of the rows. Columns are learned from these.
    positions : int array of shape (m,)
        The numbers of the rows of the sample, ascending.
    is_sampled : bool array
        Which of `learnt` are the sample.
    rows : int array
        The numbers of all of `learnt`, ascending.
    """

    survey: Survey
    learnt: Any
    positions: np.ndarray
    is_sampled: np.ndarray
    rows: np.ndarray

    @contextmanager
    def known(self, place: Callable[[int], str]) -> Iterator[None]:
        """A context in which columns are learned from `learnt` and what was found of all rows.

        Errors call rows by their numbers among all, and `place` tells what these are in.
        """
        counted = [
            (self.survey.n_rows - each.n_missing, None if each.counts is None else len(each.counts))
            for each in self.survey.columns
        ]
        names = RowNames(numbers=self.rows, place=place)
        with naming_rows(names), learning_from(DrawnColumns(self.is_sampled, counted)):
            yield

    def witnessed(self, rows: np.ndarray, table: Any) -> Surveyed:
        """The same with further rows to learn from."""
        own = self.rows
        new = ~np.isin(rows, own)
        both = np.concatenate([own, rows[new]])
        order = np.argsort(both, kind="stable")
        learnt = take(joined([self.learnt, take(table, np.flatnonzero(new))]), order)
        if is_frame(learnt):
            learnt.index = both[order]
        sampled = np.append(self.is_sampled, np.zeros(int(new.sum()), dtype=bool))[order]
        return replace(self, learnt=learnt, is_sampled=sampled, rows=both[order])


def survey_source(source: Source, size: int, seed: int, max_levels: int = 0) -> Surveyed:
    """Read all rows of a source once; size : rows of the sample; max_levels : that a column may
    have.

    ValueError, with the place, for infinite numbers and for a source of fewer than two rows.
    """
    n_rows, most = source.n_rows, max(MOST_VALUES, max_levels)
    if n_rows < 2:
        raise ValueError(
            f"{source.describe()}: Found array with {n_rows} sample(s) while a minimum of 2 is "
            "required."
        )
    positions = draw_positions(n_rows, size, seed)
    found: Survey | None = None
    sampled, first = [], 0
    for table in source.pieces():
        try:
            part = Survey.of(table, first, most, known=found)
        except InfiniteCellError as error:
            where = f"row {error.row}, in {source.row_place(error.row)}"
            advice = "impute or drop such rows"
            raise refused(error.column, f"contains inf in {where}", advice, kind="inf") from None
        found = part.pruned() if found is None else found.merged(part)
        low, high = np.searchsorted(positions, [first, first + len(table)])
        if high > low:
            sampled.append(take(table, positions[low:high] - first))
        first += len(table)
    assert found is not None
    sample = joined(sampled)
    rows, witnesses = found.lacking(Survey.of(sample, most=most))
    both = np.concatenate([positions, rows])
    order = np.argsort(both, kind="stable")
    learnt = source.settle(take(joined([sample, witnesses]), order))
    if is_frame(learnt):
        learnt.index = both[order]
    return Surveyed(found, learnt, positions, order < len(positions), both[order])
