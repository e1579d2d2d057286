"""Distances between the distributions of two samples."""

from __future__ import annotations

from math import fsum
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linear_sum_assignment, linprog
from sklearn.utils import check_random_state

from regan.metrics.medians import median_length
from regan.metrics.pairs import Pair, distances, mean_energy
from regan.metrics.samples import as_samples
from regan.metrics.squares import Squares
from regan.typing import RandomState, TableLike
from regan.validation import check_bool, check_int, check_real


def energy_distance(real: TableLike, fake: TableLike, *, unbiased: bool = False) -> float:
    r"""Energy distance, :math:`2 E|X - Y| - E|X - X'| - E|Y - Y'|`.

    Parameters
    ----------
    real : array-like of shape (n, D)
    fake : array-like of shape (m, D)
    unbiased : bool, default=False
        By default the means run over all pairs (a V-statistic). Then the distance is never
        negative, and it is zero for equal samples. For two samples of the same distribution it is
        positive, and larger with fewer rows and more columns. True leaves out the pairs of a row
        with itself (a U-statistic). Then the distance is zero on average for equal distributions.
        It needs two rows of each sample.

    References
    ----------
    Szekely and Rizzo, 2013.

    Examples
    --------
    >>> from regan.metrics import energy_distance
    >>> energy_distance([[0.0], [1.0]], [[2.0], [3.0]])
    3.0
    """
    one, other = as_samples(real, fake)
    if unbiased and min(len(one), len(other)) < 2:
        raise ValueError("the unbiased energy distance needs at least 2 rows of each sample")
    distance = mean_energy(Pair.of(one, other), unbiased)
    return distance if unbiased else max(distance, 0.0)


def mmd(
    real: TableLike, fake: TableLike, *, bandwidth: float | None = None, unbiased: bool = False
) -> float:
    r"""Squared maximum mean discrepancy with a Gaussian kernel.

    .. math::

        E\, k(X, X') + E\, k(Y, Y') - 2 E\, k(X, Y), \qquad
        k(x, y) = \exp\left( -\frac{|x - y|^2}{2 h^2} \right)

    Parameters
    ----------
    real : array-like of shape (n, D)
    fake : array-like of shape (m, D)
    bandwidth : float > 0, optional
        h; by default the median distance between two different rows of both samples together.
    unbiased : bool, default=False
        Whether to leave out the pairs of a row with itself; see `energy_distance`.

    References
    ----------
    Gretton et al., 2012 (JMLR 13).

    Examples
    --------
    >>> from regan.metrics import mmd
    >>> round(mmd([[0.0], [1.0]], [[2.0], [3.0]], bandwidth=1.0), 3)
    1.162
    """
    one, other = as_samples(real, fake)
    if check_bool(unbiased, "unbiased") and min(len(one), len(other)) < 2:
        raise ValueError("the unbiased discrepancy needs at least 2 rows of each sample")
    if bandwidth is not None:
        check_real(bandwidth, "bandwidth", minimum=0, open_minimum=True)
    return mmd_of(Pair.of(one, other), bandwidth, unbiased)


def mmd_of(pair: Pair, bandwidth: float | None = None, unbiased: bool = False) -> float:
    """`mmd` of a pair that needs no checks."""
    if not (pair.is_small and pair.real.is_small and pair.fake.is_small):
        return _mmd_of_many(pair, bandwidth, unbiased)
    samples, between = (pair.real, pair.fake), pair.between
    if bandwidth is None:
        lengths = [*(each.of_pairs for each in samples), between.ravel()]
        bandwidth = float(np.median(np.concatenate(lengths), overwrite_input=True))
    scale = bandwidth**2
    if scale == 0:  # more than half of the rows are one and the same
        scale = max(float((between**2).mean()), np.finfo(float).tiny)
    within = 0.0
    for n, each in ((len(each.rows), each) for each in samples):
        within += (2 * _kernel(each.of_pairs, scale).sum() + (not unbiased) * n) / (
            n * (n - unbiased)
        )
    return float(within - 2 * _kernel(between, scale).mean())


def _mmd_of_many(pair: Pair, bandwidth: float | None, unbiased: bool) -> float:
    """The same of so many rows that their distances are not kept."""
    samples = pair.real.rows, pair.fake.rows
    n, m = map(len, samples)
    scale = (median_length(np.vstack(samples)) if bandwidth is None else bandwidth) ** 2
    if scale == 0:
        scale = sum(pair.squares.parts(lambda part: float(part.sum()), fsum)) / (n * m)
        scale = max(scale, np.finfo(float).tiny)

    def kernels(part: np.ndarray) -> float:
        part /= -2 * scale
        return float(np.exp(part, out=part).sum())

    value = -2 * sum(pair.squares.parts(kernels, fsum)) / (n * m)
    for rows in samples:
        size = len(rows)
        among = 2 * sum(Squares(rows).above(kernels, fsum, np.inf)) + (not unbiased) * size
        value += among / (size * (size - unbiased))
    return value


def _kernel(lengths: np.ndarray, scale: float) -> np.ndarray:
    squares = lengths * lengths
    squares /= -2 * scale
    return np.asarray(np.exp(squares, out=squares))


def wasserstein(real: TableLike, fake: TableLike) -> float:
    r"""Wasserstein-1 distance, computed exactly: the least mean distance of moving rows.

    For samples of equal length it solves an assignment problem, which takes about a second for
    2,000 rows. Otherwise it solves a linear program with n m variables, which is feasible for some
    hundred rows.

    Parameters
    ----------
    real : array-like of shape (n, D)
    fake : array-like of shape (m, D)

    References
    ----------
    Villani, 2009; Peyre and Cuturi, 2019 (arXiv:1803.00567).

    Examples
    --------
    >>> from regan.metrics import wasserstein
    >>> wasserstein([[0.0, 0.0], [1.0, 0.0]], [[1.0, 1.0], [0.0, 1.0]])
    1.0
    """
    one, other = as_samples(real, fake)
    if len(one) == len(other):
        return wasserstein_of(Pair.of(one, other))
    cost = distances(one, other)
    n, m = cost.shape
    of_real = sparse.kron(sparse.eye(n), np.ones((1, m)))
    of_fake = sparse.kron(np.ones((1, n)), sparse.eye(m))
    amounts = np.concatenate([np.full(n, 1 / n), np.full(m, 1 / m)])
    solution = linprog(
        cost.ravel(), A_eq=sparse.vstack([of_real, of_fake]), b_eq=amounts, method="highs"
    )
    if not solution.success:
        raise RuntimeError(f"no plan of transport was found: {solution.message}")
    return float(solution.fun)


def wasserstein_of(pair: Pair) -> float:
    """`wasserstein` of a pair of equal length that needs no checks."""
    return float(pair.between[linear_sum_assignment(pair.between)].mean())


def sliced_wasserstein(
    real: TableLike, fake: TableLike, *, n_projections: int = 64, random_state: RandomState = 0
) -> float:
    r"""Sliced Wasserstein-1 distance: the mean of one-dimensional distances over random directions.

    Parameters
    ----------
    real, fake : array-like of shape (n, D)
        Of equal length.
    n_projections : int, default=64
    random_state : int, RandomState or None, default=0
        Draws the directions.

    References
    ----------
    Rabin et al., 2011; Bonneel et al., 2015.

    Examples
    --------
    >>> from regan.metrics import sliced_wasserstein
    >>> sliced_wasserstein([[0.0], [1.0]], [[2.0], [3.0]])
    2.0
    """
    one, other = as_samples(real, fake)
    if len(one) != len(other):
        raise ValueError(
            f"sliced_wasserstein compares samples of equal length, got {len(one)} and {len(other)}"
        )
    n = check_int(n_projections, "n_projections", minimum=1)
    return sliced(one, other, draw_directions(one.shape[1], n, random_state))


def draw_directions(n_features: int, n: int, random_state: Any) -> np.ndarray:
    """Random unit vectors, (n_features, n)."""
    directions: np.ndarray = check_random_state(random_state).standard_normal((n_features, n))
    directions /= np.linalg.norm(directions, axis=0)
    return directions


def sliced(real: np.ndarray, fake: np.ndarray, directions: np.ndarray) -> float:
    """`sliced_wasserstein` of arrays that need no checks, (n, D) each in float64."""
    a, b = np.sort(real @ directions, axis=0), np.sort(fake @ directions, axis=0)
    return float(np.abs(a - b).mean())
