"""Distances between all pairs of rows, measured once for all that is asked of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.spatial.distance import cdist, pdist, squareform

from regan.backends.blas_threads import OneThreadEach

_WIDE = 128
_NEAR = 1e-6
_SLACK = 1e-6


class Sample:
    """A sample, with the distances within it.

    Parameters
    ----------
    rows : array of shape (n, D)
    """

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows
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

    def radii(self, n_neighbors: int) -> np.ndarray:
        """See `radii_of`."""
        if n_neighbors not in self._radii:
            self._radii[n_neighbors] = radii_of(self.among, n_neighbors)
        return self._radii[n_neighbors]


class Pair:
    """Two samples, with the distances between them.

    Parameters
    ----------
    real : Sample of n rows
    fake : Sample of m rows
    """

    def __init__(self, real: Sample, fake: Sample) -> None:
        self.real, self.fake = real, fake

    @classmethod
    def of(cls, real: np.ndarray, fake: np.ndarray) -> Pair:
        return cls(Sample(real), Sample(fake))

    @cached_property
    def between(self) -> np.ndarray:
        """The distances of real rows to fake ones, (n, m)."""
        return distances(self.real.rows, self.fake.rows)


def distances(a: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """Euclidean distances of the rows of `a` (n, D) to those of `b` (m, D), (n, m); or of `a`."""
    if a.shape[1] > _WIDE:
        return _by_products(a, a if b is None else b)
    if b is not None:
        return np.asarray(cdist(a, b))
    return np.asarray(squareform(pdist(a))) if len(a) > 1 else np.zeros((1, 1))


def _by_products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The same by matrix products, which wide rows are ten times faster with.

    Where a square is so small that it is mostly rounding, it is taken from the differences.
    """
    center = a.mean(axis=0)
    a, b = a - center, b - center
    lengths = np.add.outer((a * a).sum(axis=1), (b * b).sum(axis=1))  # (n, m)
    with OneThreadEach():  # two round differently from one
        squares = lengths - 2 * (a @ b.T)
    near = squares <= _NEAR * lengths
    if near.sum() > 8 * (len(a) + len(b)):  # many rows are repeated
        return np.asarray(cdist(a, b))
    for i, j in np.argwhere(near):
        difference = a[i] - b[j]
        squares[i, j] = difference @ difference
    return np.asarray(np.sqrt(squares))


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


def within(lengths: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Which distances (n, m) are no longer than the radii (n,) of their rows, bool (n, m)."""
    return np.asarray(lengths <= radii[:, None])


def mean_energy(pair: Pair, unbiased: bool) -> float:
    """Energy distance.

    unbiased : without the pairs of a row with itself.
    """
    among = (pair.real.among, pair.fake.among)
    within_each = (a.sum() / (len(a) * (len(a) - unbiased)) for a in among)
    return float(2 * pair.between.mean() - sum(within_each))
