"""Surveys of partitions, made where they lie, and merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.data.encoding import Encoding
from regan.data.label_form import LabelForm
from regan.data.labels import Classes, check_labels
from regan.streams.checking import check_rows
from regan.streams.source import Source
from regan.streams.survey import Survey


@dataclass(frozen=True)
class PartSurvey:
    """What was found of some partitions.

    Attributes
    ----------
    survey : Survey
    sample : list of table
        The rows of the sample, in order.
    labels : list of array or column
        Their labels, if there are any.
    counts : dict of label to int
        How often each label occurs, in all rows.
    dtype : dtype or None
        That of all labels.
    form : LabelForm or None
    """

    survey: Survey
    sample: list[Any]
    labels: list[Any]
    counts: dict[Any, int]
    dtype: Any = None
    form: LabelForm | None = None

    def classes(self) -> Classes | None:
        """The classes of all rows; None without labels. TypeError for labels without an order."""
        if not self.counts:
            return None
        try:
            known = sorted(self.counts)
        except TypeError as error:
            raise TypeError(
                f"y has labels of different types, which cannot be sorted: {error}"
            ) from None
        counts = np.array([self.counts[label] for label in known])
        return Classes(np.array(known, dtype=self.dtype), counts / counts.sum(), self.form)


def survey(
    part: Any, y: Any, number: int, first: int, positions: np.ndarray, most: int
) -> PartSurvey:
    """The survey of a partition.

    number : its place; first : the number of its first row among all; positions : of the rows of
    the sample in it; most : values of a column that are counted.
    """
    own = Survey.of(part, first, most).pruned()
    sample = [taken(part, positions)] if len(positions) else []
    if y is None:
        return PartSurvey(own, sample, [], {})
    try:
        values, times = np.unique(check_labels(y, part), return_counts=True)
    except (TypeError, ValueError) as error:
        raise type(error)(f"partition {number} of y: {error}") from error
    counts = dict(zip(values.tolist(), times.tolist(), strict=True))
    labels = [taken(y, positions)] if len(positions) else []
    return PartSurvey(own, sample, labels, counts, values.dtype, LabelForm.of(y))


def merge(parts: Sequence[PartSurvey]) -> PartSurvey:
    """The survey of neighbouring partitions, in order."""
    whole = parts[0]
    survey, counts, dtype = whole.survey, dict(whole.counts), whole.dtype
    for other in parts[1:]:
        survey = survey.merged(other.survey)
        for label, n in other.counts.items():
            counts[label] = counts.get(label, 0) + n
        dtype = None if dtype is None else np.promote_types(dtype, other.dtype)
    sample = [table for part in parts for table in part.sample]
    labels = [own for part in parts for own in part.labels]
    return PartSurvey(survey, sample, labels, counts, dtype, whole.form)


def check(
    part: Any, number: int, first: int, encoding: Encoding, ends: np.ndarray
) -> tuple[np.ndarray, Any]:
    """Numbers among all, ascending, of rows of a partition that are not as was learnt, and these.

    ends : the least and the largest numbers (2, C) that were learnt from. ValueError, with the
    partition, for rows that break a rule of the user.
    """
    found = check_rows(_Part(part, number, first), encoding, ends)
    return found.rows, found.table


class _Part(Source):
    """A partition as a source of one block."""

    def __init__(self, table: Any, number: int, first: int) -> None:
        self._table, self._number, self._first = table, number, first
        self.names = tuple(table.columns) if hasattr(table, "columns") else ()
        self.lengths = np.array([len(table)])

    def describe(self) -> str:
        return "X"

    def place(self, block: int) -> str:
        return f"partition {self._number} of X"

    def read(self, block: int, positions: np.ndarray | None = None) -> Any:
        return self._table if positions is None else taken(self._table, positions)

    def pieces(self) -> Iterator[tuple[int, Any]]:
        yield 0, self._table

    def tables(self) -> Iterator[tuple[int, Any]]:
        yield self._first, self._table

    def given(self, table: Any) -> Any:
        return table

    def settle(self, table: Any) -> Any:
        return table

    def fingerprint(self) -> dict[str, Any]:
        return {}


def taken(values: Any, positions: np.ndarray) -> Any:
    """Some rows of a table, a column or an array."""
    return values.iloc[positions] if hasattr(values, "iloc") else np.asarray(values)[positions]


def joined(tables: Sequence[Any]) -> Any:
    """Tables, columns or arrays as one, numbered from 0; categories are those of all."""
    if not hasattr(tables[0], "iloc"):
        return np.concatenate(tables)
    from dask.dataframe import methods

    return methods.concat(list(tables)).reset_index(drop=True)
