"""Distances between all pairs of rows, measured once for all that is asked of them.

Of many rows they are not kept, but measured a few rows at a time by whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import fsum

import numpy as np
from scipy.spatial.distance import cdist, pdist, squareform

from regan.metrics.nearest import nearest
from regan.metrics.squares import Squares

_WHOLE = 2**22
_WIDE = 128
_SLACK = 1e-6
_TYPICAL = 2048


@dataclass(frozen=True)
class Inside:
    """How many rows of a sample lie in the balls around those of another.

    Attributes
    ----------
    of_balls : int array of shape (n,)
        How many lie in each ball.
    of_rows : int array of shape (m,)
        In how many balls each row lies.
    """

    of_balls: np.ndarray
    of_rows: np.ndarray

    @classmethod
    def of(cls, inside: np.ndarray) -> Inside:
        """From which rows lie in which balls, bool (n, m)."""
        return cls(np.count_nonzero(inside, axis=1), inside.sum(axis=0))

    @classmethod
    def measured(cls, squares: Squares, radii: np.ndarray) -> Inside:
        """From squared distances (n, m), a few balls at a time."""

        def count(here: slice, part: np.ndarray) -> Inside:
            return cls.of(part <= radii[here, None] ** 2)

        return cls._joined(squares.each(count))

    @classmethod
    def _joined(cls, parts: Iterable[Inside]) -> Inside:
        of_balls, of_rows = [], np.zeros(1, dtype=np.int64)
        for part in parts:
            of_balls.append(part.of_balls)
            of_rows = of_rows + part.of_rows
        return cls(np.concatenate(of_balls), of_rows)


class Sample:
    """A sample, with the distances within it.

    Parameters
    ----------
    rows : array of shape (n, D)
    """

    rows: np.ndarray
    is_small: bool

    def __init__(self, rows: np.ndarray) -> None:
        self.rows, self.is_small = rows, len(rows) ** 2 <= _WHOLE
        self._radii: dict[int, np.ndarray] = {}

    @cached_property
    def among(self) -> np.ndarray:
        """The distances of its rows to each other, (n, n)."""
        return distances(self.rows)

    @cached_property
    def of_pairs(self) -> np.ndarray:
        """Those of two different rows, (n (n - 1) / 2,)."""
        return np.asarray(squareform(self.among, checks=False))

    @property
    def is_first(self) -> np.ndarray:
        """Which rows are equal to none before them, bool (n,)."""
        return np.asarray(~np.triu(self.among == 0, 1).any(axis=0))

    @cached_property
    def total(self) -> float:
        """The sum of the distances of all rows to all rows."""
        if self.is_small:
            return float(self.among.sum())
        squares = Squares(self.rows)
        return 2 * sum(squares.above(lambda part: float(np.sqrt(part, out=part).sum()), fsum, 0.0))

    def radii(self, n_neighbors: int) -> np.ndarray:
        """See `radii_of`."""
        if n_neighbors not in self._radii:
            small = self.is_small
            self._radii[n_neighbors] = (
                radii_of(self.among, n_neighbors) if small else _radii(self.rows, n_neighbors)
            )
        return self._radii[n_neighbors]

    def inside(self, n_neighbors: int) -> Inside:
        """How many of its rows lie in their own balls, each with the one that it is the center of;
        see `radii_of`.
        """
        radii = self.radii(n_neighbors)
        if self.is_small:
            return Inside.of(self.among <= radii[:, None])
        return Inside.measured(Squares(self.rows), radii)


class Pair:
    """Two samples, with the distances between them.

    Parameters
    ----------
    real : Sample of n rows
    fake : Sample of m rows
    """

    real: Sample
    fake: Sample

    def __init__(self, real: Sample, fake: Sample) -> None:
        self.real, self.fake = real, fake
        self.is_small: bool = len(real.rows) * len(fake.rows) <= _WHOLE

    @classmethod
    def of(cls, real: np.ndarray, fake: np.ndarray) -> Pair:
        return cls(Sample(real), Sample(fake))

    @cached_property
    def between(self) -> np.ndarray:
        """The distances of real rows to fake ones, (n, m)."""
        return distances(self.real.rows, self.fake.rows)

    @property
    def squares(self) -> Squares:
        """Their squares, to be measured a few rows at a time."""
        return Squares(self.real.rows, self.fake.rows)

    @property
    def turned(self) -> Pair:
        """The same with the samples in each other's place."""
        other = Pair(self.fake, self.real)
        if self.is_small:
            vars(other)["between"] = self.between.T
        return other

    @property
    def mean_length(self) -> float:
        """The mean of the distances between them."""
        if self.is_small:
            return float(self.between.mean())
        sums = self.squares.parts(lambda part: float(np.sqrt(part, out=part).sum()), fsum)
        return sum(sums) / (len(self.real.rows) * len(self.fake.rows))

    def inside(self, n_neighbors: int) -> Inside:
        """How many fake rows lie in the balls of real ones; see `radii_of`."""
        radii = self.real.radii(n_neighbors)
        if self.is_small:
            return Inside.of(self.between <= radii[:, None])
        return Inside.measured(self.squares, radii)


def distances(a: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """Euclidean distances of the rows of `a` (n, D) to those of `b` (m, D), (n, m); or of `a`."""
    if a.shape[1] > _WIDE:  # products are ten times faster with wide rows
        squares = Squares(a, b)
        return np.vstack(list(squares.each(lambda _, part: np.sqrt(part, out=part))))
    if b is not None:
        return np.asarray(cdist(a, b))
    return np.asarray(squareform(pdist(a))) if len(a) > 1 else np.zeros((1, 1))


def radii_of(among: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Distance of each row to its k-th nearest other one, (n,), from those among all (n, n).

    Of fewer than k others, the farthest counts. A millionth of the median distance is added, for
    what rounding to single precision makes of rows that are equal.
    """
    n = len(among)
    k, middle = min(n_neighbors, n - 1), n // 2
    parts = np.partition(among, (k, middle), axis=1)  # entry 0 is the row itself
    typical = np.where(parts[:, middle] > 0, parts[:, middle], among.mean(axis=1))
    return np.asarray(parts[:, k] + _SLACK * typical)


def _radii(rows: np.ndarray, n_neighbors: int) -> np.ndarray:
    """The same of many rows (n, D), of which 2,048 tell the median distance."""
    some = rows[np.linspace(0, len(rows) - 1, _TYPICAL).astype(np.int64)]

    def typical(_: slice, squares: np.ndarray) -> np.ndarray:
        lengths = np.sqrt(squares, out=squares)
        middle = np.median(lengths, axis=1)
        return np.asarray(np.where(middle > 0, middle, lengths.mean(axis=1)))

    slack = _SLACK * np.concatenate(list(Squares(rows, some).each(typical)))
    farthest: np.ndarray = nearest(rows, rows, n_neighbors, itself=np.arange(len(rows)))[:, -1]
    return np.asarray(farthest + slack)


def mean_energy(pair: Pair, unbiased: bool) -> float:
    """Energy distance.

    unbiased : without the pairs of a row with itself.
    """
    sizes = [(each.total, len(each.rows)) for each in (pair.real, pair.fake)]
    return float(2 * pair.mean_length - sum(total / (n * (n - unbiased)) for total, n in sizes))
