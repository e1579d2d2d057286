"""Truncated normal variables against integrals and scipy."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest, truncnorm

from regan.mixtures.truncated import draw_within, log_mass

INF = np.inf
INTERVALS = [
    (-1, 1),
    (-INF, INF),
    (-INF, -40),
    (3, 3.00001),
    (5, 5.0000001),
    (40, INF),
    (40, 40.1),
    (-1e3, -999),
    (9e3, 9e3 + 1e-3),
    (2e4, 2e4 + 1e-4),
    (2e4, INF),
    (-40, 2),
    (1e-12, 2e-12),
]


def exact(low, high):
    """The logarithm of the integral of the density, over its value at the end nearest to 0."""
    at = 0.0 if low <= 0 <= high else min(low, high, key=abs)
    reach = 40 / max(1, abs(at))
    ends = max(low - at, -reach), min(high - at, reach)
    area, _ = quad(lambda t: np.exp(-t * (0.5 * t + at)), *ends, epsabs=0, epsrel=1e-12)
    return np.log(area) - 0.5 * at**2 - 0.5 * np.log(2 * np.pi)


@pytest.mark.parametrize(("low", "high"), INTERVALS)
def test_probabilities_are_integrals(low, high):
    own, mirrored = log_mass(np.array([low, -high]), np.array([high, -low]))
    np.testing.assert_allclose([own, mirrored], exact(low, high), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("low", "high"), [(-1, 2), (-INF, -3), (5, INF), (5, 5.5), (3, 3.000001), (-8, 8), (-INF, INF)]
)
def test_draws_are_of_the_truncated_distribution(low, high):
    x = draw_within(np.full(5000, low), np.full(5000, high), np.random.default_rng(0))
    assert ((low <= x) & (x <= high)).all()
    assert kstest(x, truncnorm(low, high).cdf).pvalue > 1e-3


@pytest.mark.parametrize("low", [100.0, 9.9e3, 1.1e4, 1e6])
def test_far_out_what_is_beyond_is_exponential(low):
    x = draw_within(np.full(5000, low), np.full(5000, INF), np.random.default_rng(0))
    assert kstest((x - low) * low, "expon").pvalue > 1e-3
    mirrored = draw_within(np.full(5000, -INF), np.full(5000, -low), np.random.default_rng(0))
    assert kstest((-mirrored - low) * low, "expon").pvalue > 1e-3


@pytest.mark.parametrize(
    ("low", "high"),
    [(1e100, INF), (-INF, -1e200), (1e200, 1e201), (3, 3), (-1e300, 1e300), (-1e300, -1e299)],
)
def test_nothing_is_too_far_out(low, high):
    ends = np.full(3, float(low)), np.full(3, float(high))
    assert np.isfinite(log_mass(*ends)).all()
    x = draw_within(*ends, np.random.default_rng(0))
    assert ((low <= x) & (x <= high)).all()
