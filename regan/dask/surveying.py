"""What is learnt of all partitions: surveyed where they lie, merged in a tree, learnt here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from dask import delayed

from regan.dask.part_survey import PartSurvey, check, joined, merge, survey
from regan.dask.tables import Partitions, computed
from regan.data.encoding import Encoding
from regan.data.reader import Reader
from regan.estimators.elsewhere import Learner, Learnt
from regan.streams.checking import needs_check
from regan.streams.learning import of_all, refuse_row_numbers
from regan.streams.passing import Surveyed
from regan.streams.sampling import draw_positions, sample_size
from regan.streams.survey import MOST_VALUES, Survey, take

FEWEST_ROWS, MOST_ROWS = 2**15, 2**17
"""Of a sample: an eighth of all rows, between these."""

_TOGETHER = 8
_ROUNDS = 4


@dataclass(frozen=True)
class ClusterLearner:
    """Learns the columns and classes of partitions.

    All rows are learnt from where there are no more than a sample has. Of more, a sample and what
    it lacks (levels, missing cells, ends) tell what columns there are, and moments and shares are
    those of all rows. Rules and dependencies that were learnt are held against all rows, and rows
    that are not so are learnt too, up to four times.

    Attributes
    ----------
    partitions : Partitions
    """

    partitions: Partitions

    def positions(self, seed: int) -> np.ndarray:
        """The numbers of the rows of the sample, ascending."""
        n, n_columns = self.partitions.n_rows, self.partitions.given.n_columns
        size = sample_size(min(max(FEWEST_ROWS, n // 8), MOST_ROWS), n_columns)
        return draw_positions(n, size, seed)

    def learn(self, learner: Learner, seed: int) -> Learnt:
        """What was learnt, and the numbers of the sample."""
        positions = self.positions(seed)
        if len(positions) == self.partitions.n_rows:
            table, y = self.partitions.take(positions)
            return Learnt(*learner.reader(table), learner.labels(table, y))
        found = self._survey(positions, max(MOST_VALUES, learner.max_levels))
        surveyed, y = _surveyed(found, positions)
        reader, numbers, surveyed = self._learn_columns(learner, surveyed)
        numbers, classes = numbers[surveyed.is_sampled], found.classes()
        return Learnt(reader, numbers, learner.labels(numbers, y, classes))

    def _survey(self, positions: np.ndarray, most: int) -> PartSurvey:
        """The survey of all partitions, with the rows of the sample; most : values to count."""
        each, asked = self.partitions.within(positions), delayed(survey, pure=False)
        parts = [
            asked(part, y, k, first, each[k], most)
            for k, first, part, y in self.partitions.numbered()
        ]
        unite = delayed(merge, pure=False)
        while len(parts) > 1:
            parts = [unite(parts[i : i + _TOGETHER]) for i in range(0, len(parts), _TOGETHER)]
        return computed(self.partitions.client, parts)[0]  # type: ignore[no-any-return]

    def _learn_columns(
        self, learner: Learner, surveyed: Surveyed
    ) -> tuple[Reader, np.ndarray, Surveyed]:
        """The reader of all rows, the numbers of those that it was learnt from, and these."""
        reader, numbers = self._learnt(learner, surveyed)
        for _ in range(_ROUNDS):
            encoding = getattr(reader.scaler, "encoder", None)
            if encoding is None or not needs_check(encoding, surveyed.survey):
                break
            rows, table = self._unlike(encoding, numbers)
            if not len(rows):
                break
            surveyed = surveyed.witnessed(rows, table)
            reader, numbers = self._learnt(learner, surveyed)
        if reader.encoder is not None:
            refuse_row_numbers(reader.encoder, surveyed.survey)
        sample = numbers[surveyed.is_sampled]
        return of_all(reader, surveyed.survey, sample), numbers, surveyed

    def _learnt(self, learner: Learner, surveyed: Surveyed) -> tuple[Reader, np.ndarray]:
        """What is learnt of sample and witnesses; errors call rows by their numbers among all."""
        with surveyed.known(self.partitions.place):
            return learner.reader(surveyed.learnt)

    def _unlike(self, encoding: Encoding, numbers: np.ndarray) -> tuple[np.ndarray, Any]:
        """Numbers of rows that are not as was learnt, ascending, and these rows."""
        with np.errstate(invalid="ignore"):
            ends = np.array([np.fmin.reduce(numbers, axis=0), np.fmax.reduce(numbers, axis=0)])
        asked, told = delayed(check, pure=False), delayed(encoding, pure=False, traverse=False)
        found = computed(
            self.partitions.client,
            [asked(part, k, first, told, ends) for k, first, part, _ in self.partitions.numbered()],
        )
        found = [(rows, table) for rows, table in found if len(rows)]
        if not found:
            return np.empty(0, dtype=np.int64), None
        rows, tables = zip(*found, strict=True)
        return np.concatenate(rows), joined(tables)


def _surveyed(found: PartSurvey, positions: np.ndarray) -> tuple[Surveyed, Any]:
    """The survey with the table that columns are learnt of; and the labels of the sample."""
    sample = joined(found.sample)
    parts = found.survey.pruned().parts
    lost, _ = found.survey.lacking(Survey.of(sample, most=found.survey.most))
    rows = np.concatenate([rows for _, rows in parts])
    _, first = np.unique(rows, return_index=True)
    keep = first[np.isin(rows[first], lost)]
    witnesses = take(joined([table for table, _ in parts]), keep)
    both = np.concatenate([positions, rows[keep]])
    order = np.argsort(both, kind="stable")
    learnt = take(joined([sample, witnesses]), order)
    if hasattr(learnt, "iloc"):
        learnt.index = both[order]
    y = joined(found.labels) if found.labels else None
    return Surveyed(found.survey, learnt, positions, order < len(positions), both[order]), y
