"""Distances between all pairs of rows."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist, pdist, squareform

from regan.backends.blas_threads import OneThreadEach

_WIDE = 128
_NEAR = 1e-6
_SLACK = 1e-6


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


def mean_energy(
    among: np.ndarray, beside: np.ndarray, between: np.ndarray, unbiased: bool
) -> float:
    """Energy distance, from the distances within two samples (n, n), (m, m), and between them.

    unbiased : without the pairs of a row with itself.
    """
    within_each = (a.sum() / (len(a) * (len(a) - unbiased)) for a in (among, beside))
    return float(2 * between.mean() - sum(within_each))
