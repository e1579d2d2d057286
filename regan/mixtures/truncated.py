"""Truncated normal variables: probabilities of intervals, and draws within them, also far out."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtri_exp

_LOG_2PI = float(np.log(2 * np.pi))
_FAR = 1e4
_NARROW = 1e-5
_MOST = 1e150
_TINY = np.finfo(np.float64).tiny
_EPS = 2.0**-54


def log_mass(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    r"""Logarithm of :math:`\Phi(b) - \Phi(a)` for intervals from a to b, finite wherever they are.

    Both ends are taken to the lower tail, where :math:`\log\Phi` is exact, and the difference is
    :math:`\log\Phi(b) + \log(1 - \Phi(a) / \Phi(b))`. An interval of no width counts as one of the
    least width that there is.

    Examples
    --------
    >>> import numpy as np
    >>> log_mass(np.array([-1.0, 40.0]), np.array([1.0, np.inf])).round(2).tolist()
    [-0.38, -804.61]
    """
    low, high, _ = _lower(low, high)
    narrow = _is_narrow(low, high)
    ratio = _log_ratio(low, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = _log_tail(high) + np.log(-np.expm1(np.where(narrow, -1.0, ratio)))
        middle = 0.5 * low + 0.5 * high
        flat = np.log(np.maximum(high - low, _TINY)) - 0.5 * middle**2 - 0.5 * _LOG_2PI
    return np.asarray(np.where(narrow, flat, wide))


def draw_within(low: np.ndarray, high: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    r"""Standard normal numbers within the intervals from `low` to `high`, by inversion.

    The number x of a uniform u has :math:`\Phi(x) = \Phi(a) + u (\Phi(b) - \Phi(a))`, of which the
    logarithm is taken: :math:`\log\Phi(b) + \log(u + (1 - u) \Phi(a) / \Phi(b))`. Further out than
    10,000 the tail is :math:`e^{-x^2 / 2}` up to one part in a hundred million.

    Examples
    --------
    >>> import numpy as np
    >>> x = draw_within(np.full(3, 40.0), np.full(3, np.inf), np.random.default_rng(0))
    >>> bool((x >= 40).all() and (x < 41).all())
    True
    """
    a, b, flipped = _lower(low, high)
    u = np.clip(rng.random(a.shape), _EPS, 1 - _EPS)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inside = np.log(u + (1 - u) * np.exp(_log_ratio(a, b)))
        near = ndtri_exp(log_ndtr(b) + inside)
        far = -np.hypot(b, np.sqrt(-2 * inside))
        even = a + u * (b - a)
    drawn = np.where(b < -_FAR, far, near)
    drawn = np.clip(np.where(_is_narrow(a, b), even, drawn), a, b)
    return np.asarray(np.clip(np.where(flipped, -drawn, drawn), low, high))


def _lower(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The intervals, those of which more lies above 0 mirrored, and which ones these are."""
    # ends whose squares are finite, but for those that are none
    a = np.where(low == -np.inf, low, np.clip(low, -_MOST, _MOST))
    b = np.where(high == np.inf, high, np.clip(high, -_MOST, _MOST))
    flipped = np.asarray(a > -b)
    return np.where(flipped, -b, a), np.where(flipped, -a, b), flipped


def _log_tail(high: np.ndarray) -> np.ndarray:
    """Logarithm of the probability below `high`."""
    with np.errstate(over="ignore", divide="ignore"):
        far = -0.5 * high**2 - np.log(np.maximum(-high, 1)) - 0.5 * _LOG_2PI
    return np.asarray(np.where(high < -_FAR, far, log_ndtr(high)))


def _log_ratio(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Logarithm of what lies below `low`, over what lies below `high`."""
    with np.errstate(over="ignore", invalid="ignore"):
        near = log_ndtr(low) - log_ndtr(high)
        far = 0.5 * (high - low) * (high + low)
    return np.asarray(np.where(high < -_FAR, far, near))


def _is_narrow(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where the density hardly changes between the ends, which are nearly the same number."""
    with np.errstate(invalid="ignore"):
        width = np.where(low == high, 0.0, high - low)
        middle = np.where(np.isfinite(low) & np.isfinite(high), 0.5 * (low + high), 0.0)
    return np.asarray(width * np.maximum(1, np.abs(middle)) < _NARROW)
