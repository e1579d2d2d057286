"""Values of one column ranked by how often each is beside a value of another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Self

import numpy as np
from scipy.special import gammaln

from regan.data.rules.coded import Coded
from regan.data.rules.lookup import without_rare

ROWS_EACH = 10
"""For each value, on average, so that numbers determine anything, or nearly."""

MOST_CHOICES = 20
"""Beside one value."""

_MOST_EXCEPTIONS = 0.05
_FEWER = 0.1


def _none() -> np.ndarray:
    return np.empty((0, 0))


@dataclass(frozen=True)
class Choices:
    """Numbers that G values offer, the most usual first.

    Attributes
    ----------
    table : array of shape (G, R)
        Rows are filled up by what does not count.
    sizes : array of shape (G,)
        How many numbers of each row count.
    """

    table: np.ndarray = field(default_factory=_none)
    sizes: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @classmethod
    def of(cls, rows: Sequence[np.ndarray]) -> Self:
        sizes = np.array([len(row) for row in rows])
        table = np.zeros((len(rows), sizes.max()))
        for into, row in zip(table, rows, strict=True):
            into[: len(row)] = row
        return cls(table, sizes)

    @property
    def most(self) -> int:
        """R."""
        return int(self.table.shape[1])

    @property
    def rows(self) -> list[np.ndarray]:
        """What counts of each."""
        return [row[:size] for row, size in zip(self.table, self.sizes, strict=True)]

    def at(self, which: np.ndarray) -> Self:
        """Those of some of the values."""
        return replace(self, table=self.table[which], sizes=self.sizes[which])

    def without_rare(self, known: np.ndarray, k: int, ends: tuple[float, float]) -> Self:
        """With numbers of at least `k` rows by their tally, and between two."""
        return replace(self, table=np.clip(without_rare(self.table, known, k), *ends))

    def codes(self, at: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Which choice of its value `at` (n,) each number (n,) is; the last, if it is none."""
        offered = self.table[at]
        same = (offered == numbers[:, None]) | (np.isnan(offered) & np.isnan(numbers)[:, None])
        same &= np.arange(self.most) < self.sizes[at][:, None]
        return np.where(same.any(axis=1), same.argmax(axis=1), self.most - 1)

    def values(self, at: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """The inverse of `codes`: of a choice that is not offered, another exception, if any is."""
        others = self.sizes[at] - 1
        codes = np.where(codes > others, 1 + (codes - 1) % np.maximum(others, 1), codes)
        return np.asarray(self.table[at, np.minimum(codes, others)])


def choices_between(x: Coded, y: Coded) -> tuple[Choices, np.ndarray]:
    """What each value of x offers of y, and which choice each row (n,) has."""
    pairs, where, counts = np.unique(
        x.codes * y.size + y.codes, return_inverse=True, return_counts=True
    )
    own, other = np.divmod(pairs, y.size)
    order = np.lexsort((other, -counts, own))
    sizes = np.bincount(own, minlength=x.size)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    ranks = np.empty(len(pairs), dtype=np.int64)
    ranks[order] = np.arange(len(pairs)) - starts
    table = np.zeros((x.size, int(sizes.max())))
    table[own, ranks] = y.keys[other]
    return Choices(table, sizes), ranks[where.reshape(-1)]


def cost_of_choices(x: Coded, y: Coded) -> float:
    """The logarithm of how many columns have choices of x as y has; inf for too many exceptions."""
    if y.size > x.size or ROWS_EACH * x.size > len(x.numbers):
        return inf
    if _exceptions(x.first, y.first) > 2 * _MOST_EXCEPTIONS:
        return inf
    choices, codes = choices_between(x, y)
    usual = 1.0 - y.counts.max() / len(codes)
    if choices.most > MOST_CHOICES or (codes > 0).mean() > min(_MOST_EXCEPTIONS, _FEWER * usual):
        return inf
    tables = float((gammaln(y.size + 1.0) - gammaln(y.size + 1.0 - choices.sizes)).sum())
    return tables + Coded(codes.astype(np.float64), False).arrangements


def _exceptions(x: Coded, y: Coded) -> float:
    """The share of rows in which y is not what it is most often at the value of x."""
    met = np.unique(x.codes * y.size + y.codes, return_counts=True)
    best = np.zeros(x.size, dtype=np.int64)
    np.maximum.at(best, met[0] // y.size, met[1])
    return 1.0 - float(best.sum()) / len(x.codes)
