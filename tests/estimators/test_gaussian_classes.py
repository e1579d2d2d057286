"""RegularizedGaussian by class: pooling, densities, small classes, levels, its contract."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.datasets import load_iris

import regan
from regan import RegularizedGaussian

X, Y = load_iris(return_X_y=True)
PLAIN = {"alpha": 0.0, "standardize": False, "conditional": True}


def covariance(rows):
    return np.cov(rows.T, bias=True)


@pytest.mark.parametrize("pooling", [0.0, 0.3, 1.0])
def test_covariances_are_friedmans(pooling):
    model = RegularizedGaussian(pooling=pooling, **PLAIN).fit(X[20:], Y[20:])
    own = [covariance(X[20:][Y[20:] == k]) for k in range(3)]
    n = np.array([30, 50, 50])
    pooled = np.einsum("k,kij->ij", n / 127, own)
    for k in range(3):
        weights = (1 - pooling) * n[k], pooling * 130
        expected = np.average([own[k], pooled], axis=0, weights=weights)
        np.testing.assert_allclose(model.covariance_[k], expected, rtol=1e-9)
    np.testing.assert_allclose(model.location_, [X[20:][Y[20:] == k].mean(0) for k in range(3)])
    assert (model.pooling_, model.alpha_) == (pooling, 0)


@pytest.mark.parametrize("standardize", [True, False])
def test_densities_are_scipys(standardize):
    labels = np.array(["a", "b", "c"])[Y]
    settings = {"conditional": True, "standardize": standardize}
    model = RegularizedGaussian(alpha=0.1, **settings).fit(X, labels)
    each = [
        multivariate_normal(mean, S).logpdf(X)
        for mean, S in zip(model.location_, model.covariance_, strict=True)
    ]
    for k in range(3):
        np.testing.assert_allclose(model.score_samples(X, "abc"[k]), each[k], rtol=1e-8)
    own = np.choose(Y, each)
    np.testing.assert_allclose(model.score_samples(X, labels), own, rtol=1e-8)
    marginal = np.log(np.exp(each).mean(axis=0))
    np.testing.assert_allclose(model.score_samples(X), marginal, rtol=1e-8)
    assert (np.argmax(each, axis=0) == Y).mean() > 0.95


@pytest.mark.parametrize("pooling", ["auto", 0.0])
def test_small_classes(pooling):
    """Two rows do, and one row has the pooled covariance."""
    few = np.r_[0:50, 50:52, 100]
    rows, labels = X[few], Y[few]
    settings = {"pooling": pooling, "standardize": "standard", "random_state": 0}
    model = RegularizedGaussian(conditional=True, **settings).fit(rows, labels)
    pooled = sum(n / 50 * covariance(rows[labels == k]) for k, n in ((0, 50), (1, 2)))
    np.testing.assert_allclose(np.diag(model.covariance_[2]), np.diag(pooled), rtol=1e-9)
    assert len(model.sample(5, y=2)) == 5
    if pooling == "auto":
        assert np.isfinite(model.score_samples(rows, labels)).all()


def test_samples_are_of_their_classes():
    model = RegularizedGaussian(conditional=True, random_state=0).fit(X, Y)
    rows, labels = model.sample(3000, return_y=True)
    np.testing.assert_array_equal(rows, model.sample(3000))
    np.testing.assert_array_equal(labels, model.sample_labels(3000))
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    for k in range(3):
        np.testing.assert_allclose(rows[labels == k].mean(axis=0), X[k == Y].mean(0), atol=0.06)
        np.testing.assert_allclose(covariance(rows[labels == k]), covariance(X[k == Y]), atol=0.06)
    assert model.score(X, Y) > 0.9
    plain = RegularizedGaussian(random_state=0).fit(X, Y)
    assert plain.covariance_.shape == (4, 4)
    assert not hasattr(plain, "pooling_")
    with pytest.raises(ValueError, match="y needs a model trained with conditional=True"):
        plain.sample(2, y=1)


def test_levels_of_a_class():
    """Each class has its own shares of levels, and numbers by rank those of all classes."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=1500)
    levels = np.where(rng.random(1500) < np.where(y, 0.8, 0.1), "p", "q")
    table = pd.DataFrame({"x": rng.normal(4.0 * y), "level": levels})
    model = RegularizedGaussian(conditional=True, random_state=0).fit(table, y)
    made, labels = model.sample(4000, return_y=True)
    for k in (0, 1):
        real = table[y == k]
        of_class = made[labels == k]
        assert abs((of_class.level == "p").mean() - (real.level == "p").mean()) < 0.03
        assert abs(of_class.x.median() - real.x.median()) < 0.2
    for q in (0.1, 0.5, 0.9):
        assert abs(made.x.quantile(q) - table.x.quantile(q)) < 0.25


def test_a_model_by_class_comes_back(tmp_path):
    y = pd.Series(pd.Categorical(np.array(["a", "b", "c"])[Y]), name="kind")
    model = RegularizedGaussian(conditional=True, random_state=0).fit(X, y)
    model.save(tmp_path / "model")
    again = regan.load(tmp_path / "model")
    assert vars(again).keys() == vars(model).keys() - {"_n_rows"}  # a file does not say it
    for name in ("location_", "covariance_", "precision_", "classes_", "alpha_", "pooling_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    pd.testing.assert_series_equal(*(m.sample(9, return_y=True)[1] for m in (again, model)))
    np.testing.assert_array_equal(again.score_samples(X), model.score_samples(X))
    assert again.score(X, y) == model.score(X, y)


def test_a_singular_class_is_named():
    model = RegularizedGaussian(pooling=0.0, **PLAIN).fit(X[:52], Y[:52])
    with pytest.raises(ValueError, match=r"alpha=0.0 gives a singular covariance of class 1"):
        model.score_samples(X[:52])


def test_classes_of_one_row_are_refused():
    with pytest.raises(ValueError, match=r"class with at least 2 rows, .* 10 different labels for"):
        RegularizedGaussian(conditional=True).fit(X[:10], np.arange(10))


def test_settings_of_classes_without_classes_are_told():
    with pytest.warns(UserWarning, match=r"pooling=0.5 has no effect: it needs classes"):
        RegularizedGaussian(pooling=0.5).fit(X)
