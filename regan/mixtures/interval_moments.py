"""Approximate probabilities of several intervals under normal distributions, by moments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regan.mixtures.drawn import Elsewhere
from regan.mixtures.truncated import log_mass

_LOG_2PI = float(np.log(2 * np.pi))
_TINY = 1e-150
_MOST = 1e100


def masses_by_moments(
    means: np.ndarray,
    covariances: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    elsewhere: Sequence[Elsewhere | None],
) -> np.ndarray:
    r"""Logarithms of the probability of all intervals together, (n, K).

    One after the other, a column is truncated to its interval, and the others are taken to be
    normal with the moments that they have then (Mendell and Elston, 1974): for a column j whose
    truncated standard variable has the mean m and the variance v,

    .. math::

        \mu_i \leftarrow \mu_i + m \, \sigma_{ij} / \sigma_j, \qquad
        \sigma_{il} \leftarrow \sigma_{il} - (1 - v) \, \sigma_{ij} \sigma_{lj} / \sigma_j^2 .

    Parameters
    ----------
    means : array of shape (n, K, r)
    covariances : array of shape (K, r, r)
    ends : two arrays of shape (n, r)
    elsewhere : sequence of r Elsewhere or None
    """
    n, k, _ = means.shape
    centre, left = means.copy(), np.tile(covariances, (n, 1, 1, 1))
    total = np.zeros((n, k))
    for j, other in enumerate(elsewhere):
        low, high = (end[:, None, j] for end in ends)
        deviation = np.sqrt(np.maximum(left[:, :, j, j], _TINY))
        off = low - centre[:, :, j], high - centre[:, :, j]
        mass, mean, variance = _mass(*off, deviation, other)
        total += mass
        across = left[:, :, :, j] / deviation[:, :, None]
        centre += across * mean[:, :, None]
        left -= (1 - variance)[:, :, None, None] * across[:, :, :, None] * across[:, :, None, :]
    return total


def _mass(
    low: np.ndarray, high: np.ndarray, deviation: np.ndarray, other: Elsewhere | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logarithm of the probability of an interval, or of something else, and mean and variance of
    the standard variable then: (n, K) each.
    """
    with np.errstate(over="ignore"):
        a, b = low / deviation, high / deviation
    mass = log_mass(a, b)
    near, far = (np.clip(end, -_MOST, _MOST) for end in (a, b))
    with np.errstate(over="ignore"):
        heights = [np.exp(np.minimum(-0.5 * (x * x + _LOG_2PI) - mass, 300)) for x in (near, far)]
    # far out, and of narrow intervals, differences are rounding alone: only bounds count there
    mean = np.clip(heights[0] - heights[1], near, far)
    variance = np.clip(1 + near * heights[0] - far * heights[1] - mean**2, 0, 1)
    if other is None:
        return mass, mean, variance
    both = np.logaddexp(other.outside, other.inside + mass)
    inside = np.exp(other.inside + mass - both)
    mixed = inside * mean
    return both, mixed, np.clip(inside * (variance + mean**2) + 1 - inside - mixed**2, 0, 1)
