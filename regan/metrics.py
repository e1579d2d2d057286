"""Two-sample measures: how near generated rows are to real ones.

All work on the columns as they come; scale them first. Rows are compared by Euclidean distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.utils import check_array, check_random_state

from regan.validation import check_int, check_real


@dataclass(frozen=True)
class PrecisionCoverage:
    """Two complementary shares in [0, 1]; see `precision_coverage`."""

    precision: float
    coverage: float


def precision_coverage(real: Any, fake: Any, *, n_neighbors: int = 5) -> PrecisionCoverage:
    r"""Improved precision, and coverage.

    Around each real row lies the ball that reaches to its k-th nearest other real row. *Precision*
    is the share of fake rows inside some ball: are they realistic? *Coverage* is the share of balls
    with a fake row inside: is all of the data generated?

    Parameters
    ----------
    real : array-like of shape (n, D), with n >= 2
    fake : array-like of shape (m, D)
    n_neighbors : int, default=5
        k; at most n - 1 is used.

    Returns
    -------
    PrecisionCoverage

    References
    ----------
    Kynkaanniemi et al., 2019 (arXiv:1904.06991), for precision; Naeem et al., 2020
    (arXiv:2002.09797), for coverage.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import precision_coverage
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 2))
    >>> precision_coverage(X, X[X[:, 0] > 0])
    PrecisionCoverage(precision=1.0, coverage=0.48)
    """
    real, fake = _two_samples(real, fake)
    if len(real) < 2:
        raise ValueError("precision_coverage needs at least 2 real rows, got 1")
    k = min(check_int(n_neighbors, "n_neighbors", minimum=1), len(real) - 1)
    among_real = cdist(real, real)
    radius = np.partition(among_real, k, axis=1)[:, k]  # entry 0 is the row itself
    inside = cdist(real, fake) <= radius[:, None]  # (n, m)
    return PrecisionCoverage(float(inside.any(axis=0).mean()), float(inside.any(axis=1).mean()))


def energy_distance(real: Any, fake: Any, *, unbiased: bool = False) -> float:
    r"""Energy distance, :math:`2 E|X - Y| - E|X - X'| - E|Y - Y'|`.

    Parameters
    ----------
    real : array-like of shape (n, D)
    fake : array-like of shape (m, D)
    unbiased : bool, default=False
        By default the means run over all pairs (a V-statistic): never negative, and zero for equal
        samples, but positive for two samples of one distribution, the more so the fewer the rows
        and the more the columns. True leaves out the pairs of a row with itself (a U-statistic):
        zero on average for equal distributions. It needs two rows of each.

    References
    ----------
    Szekely and Rizzo, 2013.

    Examples
    --------
    >>> from regan.metrics import energy_distance
    >>> energy_distance([[0.0], [1.0]], [[2.0], [3.0]])
    3.0
    """
    real, fake = _two_samples(real, fake)
    if unbiased and min(len(real), len(fake)) < 2:
        raise ValueError("the unbiased energy distance needs at least 2 rows of each sample")
    among_real, among_fake = (
        cdist(a, a).sum() / (len(a) * (len(a) - unbiased)) for a in (real, fake)
    )
    distance = 2 * cdist(real, fake).mean() - among_real - among_fake
    return float(distance if unbiased else max(distance, 0.0))


def two_sample_score(real: Any, fake: Any) -> float:
    r"""One number for how near `fake` is to `real`: higher is better, about 1 at the best.

    .. math:: \frac{\text{precision} + \text{coverage}}{2} - \text{energy distance, unbiased}

    Equal distributions score about 0.97; samples that have nothing in common score below 0. The
    energy distance alone hardly sees a mode that is missing or too wide among many; precision and
    coverage do, and they in turn do not see how far off a row is.

    Parameters
    ----------
    real : array-like of shape (n, D), with n >= 2
    fake : array-like of shape (m, D), with m >= 2
        About as many rows as `real`: coverage grows with their number.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import two_sample_score
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(2, 500, 2))
    >>> two_sample_score(X, Y) > 0.9 > 0.7 > two_sample_score(X, 2 * Y)
    True
    """
    shares = precision_coverage(real, fake)
    distance = energy_distance(real, fake, unbiased=True)
    return 0.5 * (shares.precision + shares.coverage) - distance


def sliced_wasserstein(
    real: Any, fake: Any, *, n_projections: int = 64, random_state: Any = 0
) -> float:
    r"""Sliced Wasserstein-1 distance: the mean over random directions of the one-dimensional one.

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
    real, fake = _two_samples(real, fake)
    if len(real) != len(fake):
        raise ValueError(
            f"sliced_wasserstein compares samples of equal length, got {len(real)} and {len(fake)}"
        )
    n = check_int(n_projections, "n_projections", minimum=1)
    directions = check_random_state(random_state).standard_normal((real.shape[1], n))
    directions /= np.linalg.norm(directions, axis=0)
    a, b = np.sort(real @ directions, axis=0), np.sort(fake @ directions, axis=0)
    return float(np.abs(a - b).mean())


@dataclass(frozen=True)
class ModeReport:
    """How a sample spreads over the modes of a mixture; see `mode_report`."""

    n_modes: int
    high_quality: float
    reverse_kl: float
    relative_std: float


def mode_report(X: Any, centers: Any, sigma: float) -> ModeReport:
    r"""Modes reached, and how evenly, by a sample from a mixture of equal isotropic Gaussians.

    A row is of *high quality* if it lies within three sigma of its nearest centre.

    Parameters
    ----------
    X : array-like of shape (n, D)
        Generated rows.
    centers : array-like of shape (M, D)
    sigma : float
        The standard deviation of every component.

    Returns
    -------
    ModeReport
        `n_modes`, the centres with at least one row of high quality; `high_quality`, the share of
        such rows; `reverse_kl`, log M less the entropy of their histogram over the centres;
        `relative_std`, their standard deviation around their mode's mean over `sigma`.

    References
    ----------
    Lin et al., 2018 (arXiv:1712.04086), section 4.
    """
    sigma = check_real(sigma, "sigma", minimum=0, open_minimum=True)
    X, centers = _two_samples(X, centers)
    distances = cdist(X, centers)
    nearest = distances.argmin(axis=1)
    good = distances.min(axis=1) <= 3 * sigma
    counts = np.bincount(nearest[good], minlength=len(centers))
    if not good.any():
        return ModeReport(0, 0.0, float(np.log(len(centers))), float("nan"))
    share = counts[counts > 0] / counts.sum()
    reverse_kl = np.log(len(centers)) + (share * np.log(share)).sum()
    groups = [X[good & (nearest == m)] for m in np.flatnonzero(counts)]
    square = sum(((g - g.mean(axis=0)) ** 2).sum() for g in groups)
    spread = np.sqrt(square / (good.sum() * X.shape[1])) / sigma
    return ModeReport(
        int((counts > 0).sum()), float(good.mean()), max(float(reverse_kl), 0.0), float(spread)
    )


def _two_samples(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    a = check_array(a, dtype=np.float64, input_name="the first sample")
    b = check_array(b, dtype=np.float64, input_name="the second sample")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"two samples need equal columns, got {a.shape[1]} and {b.shape[1]}")
    return a, b
