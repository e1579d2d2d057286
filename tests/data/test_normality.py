"""Normality of columns: Lilliefors' test."""

import numpy as np

from regan import RegularizedGaussian
from regan.data.numbers.normality import is_normal


def test_one_normal_sample_in_a_hundred_is_evidence():
    rng = np.random.default_rng(0)
    for n in (30, 300):
        refused = [not is_normal(rng.normal(5, 3, n)) for _ in range(800)]
        assert 0.002 < np.mean(refused) < 0.02


def test_other_distributions_are_evidence():
    rng = np.random.default_rng(0)
    others = rng.uniform(size=300), rng.exponential(size=300), rng.normal(4 * (np.arange(300) % 2))
    assert not any(map(is_normal, others))
    assert is_normal(np.ones(50))
    assert is_normal(np.arange(19.0) ** 9)  # too few


def test_a_gaussian_scales_them_by_rank():
    """But by class, where each class may be normal."""
    rng = np.random.default_rng(0)
    y = np.arange(400) % 2
    X = np.c_[rng.normal(size=400), rng.normal(5.0 * y)]
    plain = RegularizedGaussian(random_state=0).fit(X)
    made = plain.sample(2000)[:, 1]
    assert np.mean((made > 2) & (made < 3)) < 0.05  # between the two
    by_class = RegularizedGaussian(conditional=True).fit(X, y)
    np.testing.assert_allclose(by_class.location_[:, 1], [0, 5], atol=0.2)
    ties = np.repeat(rng.exponential(size=50), 8)[:, None]
    density = RegularizedGaussian().fit(ties).score_samples
    np.testing.assert_array_equal(density(ties[:5]), density(ties)[:5])
