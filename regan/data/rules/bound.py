"""Bound columns: levels that hardly ever meet, although chance would bring them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from regan.data.columns.base import UNSEEN
from regan.data.rules.base import Learner, Table
from regan.data.rules.joint import Joint, comparable
from regan.data.rules.lookup import tally, without_rare
from regan.storage.stored import Stored

_EXPECTED = 10.0
_HARDLY = 0.01
_LEAST_SHARE = 0.01
MOST_LEVELS = 400
"""Combinations of one group, at most."""

_ROWS_EACH = 10


@dataclass(frozen=True)
class Bound(Joint):
    """Columns that share a code: their combinations in the data, and no others.

    They are levels, and numbers that are hardly more than a name of levels among them. A
    combination that further rows bring anew is coded as one with the most cells in common.

    Attributes
    ----------
    counts : array of shape (L,)
        How many rows have each combination.
    """

    counts: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def learn(self, numbers: np.ndarray, learner: Learner) -> Self:
        learnt = super().learn(numbers, learner)
        size = len(learnt.combinations)
        return replace(learnt, counts=np.bincount(learnt.codes(numbers), minlength=size))

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        codes = super().codes(numbers)
        new = np.flatnonzero(codes == UNSEEN)
        if len(new):
            own = comparable(numbers[new][:, self.places])
            common = (own[:, None] == comparable(self.combinations)).sum(axis=2)
            codes[new] = common.argmax(axis=1)
        return codes

    def broken(self, numbers: np.ndarray) -> tuple[np.ndarray, str]:
        return np.zeros(len(numbers), dtype=bool), ""

    def blurred(self, table: Table, k: int) -> Self:
        blurred = self.combinations.copy()
        for part, j in zip(blurred.T, self.places, strict=True):
            ends = table.columns[j].present.range
            if ends is not None and table.columns[j].n_numbers:
                part[:] = np.clip(without_rare(part, tally(part, self.counts), k), *ends)
        return replace(self, table=table, combinations=blurred)

    def export(self) -> dict[str, Any]:
        return {"places": list(self.places), "counts": self.counts.tolist(), **super().export()}

    @classmethod
    def read(cls, table: Table, stored: Stored) -> Bound:
        """The inverse of `export`."""
        places, counts, combinations = stored.fields("places", "counts", "combinations")
        last = len(table.columns) - 1
        found = tuple(j.integer(0, last) for j in places.items())
        levels = [j for j in found if table.columns[j].n_levels]
        if len(levels) < 2 or len(set(found)) < len(found):
            places.refuse("different columns, two and more of levels")
        learnt = cls(table, (), found)._taking(combinations)
        known = [each.integer(1) for each in counts.items(len(learnt.combinations))]
        return replace(learnt, counts=np.array(known))


def find_bound(
    numbers: np.ndarray, free: Sequence[int], most: int = MOST_LEVELS
) -> list[tuple[int, ...]]:
    r"""Groups of columns, by position, whose levels are bound to each other.

    Levels a and b are expected together in :math:`e_{ab} = n_a n_b / n` of n rows. Of those pairs
    that are expected in ten rows and more and hardly ever occur, in less than a hundredth of these,
    columns that are independent would have

    .. math:: \sum_{a, b: e_{ab} \ge 10, \, n_{ab} < e_{ab} / 100} (e_{ab} - n_{ab}) / n

    of their rows. Two columns are bound if that is 1 % and more. Those with the largest share come
    into one group first, as long as the group has at most `most` combinations, with ten rows each
    on average.

    Parameters
    ----------
    numbers : array of shape (n, C)
        One a cell, NaN where one is missing, which is a level too.
    free : sequence of int
        The columns that may be bound.
    most : int
    """
    codes = {j: _codes(numbers[:, j]) for j in free}
    pairs = [(i, j) for place, j in enumerate(free) for i in free[:place]]
    shares = {pair: hardly_together(codes[pair[0]], codes[pair[1]]) for pair in pairs}
    groups: dict[int, tuple[int, ...]] = {j: (j,) for j in free}
    joint = dict(codes)
    for i, j in sorted(pairs, key=lambda pair: -shares[pair]):
        if shares[i, j] < _LEAST_SHARE or groups[i] == groups[j]:
            continue
        both = _codes(joint[i] * (joint[j].max() + 1.0) + joint[j])
        if both.max() < _limit(len(both), most):
            group = tuple(sorted((*groups[i], *groups[j])))
            groups |= dict.fromkeys(group, group)
            joint |= dict.fromkeys(group, both)
    return sorted({group for group in groups.values() if len(group) > 1})


def few_combinations(numbers: np.ndarray, most: int) -> bool:
    """Whether columns (n, C) have at most `most` combinations, ten rows each on average."""
    return len(np.unique(comparable(numbers), axis=0)) <= _limit(len(numbers), most)


def _limit(n: int, most: int) -> int:
    return min(most, n // _ROWS_EACH)


def _codes(numbers: np.ndarray) -> np.ndarray:
    return np.unique(numbers, return_inverse=True)[1].reshape(-1)


def hardly_together(x: np.ndarray, y: np.ndarray) -> float:
    """The share of rows that pairs of codes (n,) would have by chance, ten at least, and lack."""
    n, size = len(x), int(y.max()) + 1
    met = np.bincount(x * size + y, minlength=(int(x.max()) + 1) * size).reshape(-1, size)
    expected = np.outer(met.sum(axis=1), met.sum(axis=0)) / n
    hardly = (expected >= _EXPECTED) & (met < _HARDLY * expected)
    return float((expected - met)[hardly].sum() / n)
