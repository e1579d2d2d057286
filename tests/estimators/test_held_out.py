"""Strengths of RegularizedGaussian by held-out likelihood, against those of fresh rows."""

import numpy as np
import pytest

from regan import RegularizedGaussian
from regan.estimators.held_out import HeldOut

STRENGTHS = (1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0, 3.0)


def rows(n, d=15):
    """Correlated columns: neighbours by .6."""
    S = 0.6 ** np.abs(np.subtract.outer(range(d), range(d)))
    return np.random.default_rng(n).multivariate_normal(np.zeros(d), S, n)


def likelihood(fresh, X, penalty, alpha):
    model = RegularizedGaussian(penalty, alpha=alpha, standardize="standard").fit(X)
    return model.score_samples(fresh).mean(), model


@pytest.mark.parametrize(
    ("n", "penalty", "strengths"),
    [(25, "l2", STRENGTHS), (120, "l2", STRENGTHS), (25, "l1", STRENGTHS[4:6])],
)
def test_the_strength_is_nearly_the_best_for_fresh_rows(n, penalty, strengths):
    fresh, X = rows(3000), rows(n)
    chosen, model = likelihood(fresh, X, penalty, "auto")
    best = max(likelihood(fresh, X, penalty, alpha)[0] for alpha in strengths)
    assert chosen > best - 0.5
    assert model.alpha_ > 0


def test_it_falls_with_the_rows():
    alphas = [RegularizedGaussian().fit(rows(n)).alpha_ for n in (30, 120, 6000)]
    assert alphas[0] > alphas[1] > alphas[2]


def test_it_is_the_same_whatever_is_drawn():
    a, b = (RegularizedGaussian(random_state=s).fit(rows(40)) for s in (None, 3))
    assert a.alpha_ == b.alpha_


def test_fewer_rows_than_columns():
    """Distances are all that shrinkage needs: n coordinates do for D columns."""
    X = rows(40, 60)
    model = RegularizedGaussian().fit(X)
    assert 0.2 < model.alpha_ < 5
    settings = {"columns": np.ones(60, bool), "codes": np.zeros(40, int)}
    found = [HeldOut.split(X, **settings, rotated=rotated) for rotated in (True, False)]
    assert [held.folds[0].held.shape[1] for held in found] == [40, 60]
    assert found[0].shrinkage(1.0) == found[1].shrinkage(1.0)
    sparse = RegularizedGaussian("l1", tol=0.01).fit(X[:12, :14])
    assert 0.1 < sparse.alpha_ < 0.6


def test_pooling_is_of_classes_that_are_alike():
    y = np.arange(300) % 5
    alike = rows(300, 6)
    apart = alike * np.where(y % 2, 0.2, 3.0)[:, None]
    shares = [RegularizedGaussian(conditional=True).fit(X, y).pooling_ for X in (alike, apart)]
    assert shares[0] > 0.5 > 0.1 > shares[1]


def test_no_numbers_and_one_number():
    assert RegularizedGaussian().fit(rows(30, 1)).alpha_ == 0.01
    assert RegularizedGaussian().fit(np.ones((30, 2))).alpha_ == 0.01
