"""RegularizedGaussian: against scikit-learn, against optimality conditions, and its contract."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.covariance import GraphicalLasso, ShrunkCovariance, empirical_covariance
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.preprocessing import scale
from sklearn.utils.estimator_checks import check_estimator

import regan
from regan import RegularizedGaussian
from regan.estimators.graphical_lasso import alternating_directions, graphical_lasso


def wide():
    """Fewer rows than columns."""
    return np.random.default_rng(0).normal(size=(10, 30))


def doubled():
    """Every column twice."""
    return np.repeat(np.random.default_rng(0).normal(size=(50, 2)), 2, axis=1)


DATA = {
    "iris": lambda: load_iris().data,
    "wine": lambda: load_wine().data,
    "breast cancer": lambda: load_breast_cancer().data,
    "wide": wide,
    "doubled": doubled,
}

PLAIN = {"standardize": "standard"}  # no column by rank


@pytest.fixture
def rows():
    """Two hundred rows of three correlated columns in different units."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(200, 3)) @ [[1, 0, 40], [0.5, 0.1, 0], [0, 0.1, 9]] + [2, -30, 700]


def on_scaled(gaussian, X):
    """Covariance and precision on standardised columns."""
    s = X.std(axis=0)
    return gaussian.covariance_ / np.outer(s, s), gaussian.precision_ * np.outer(s, s)


def shrunk(S, b):
    return (S + b * np.trace(S) / len(S) * np.eye(len(S))) / (1 + b)


# What it minimises


@pytest.mark.parametrize("alpha", [0.0, 0.01, 0.5, 3.0])
def test_l2_is_scikit_learns_shrinkage(alpha):
    X = DATA["wine"]()
    expected = ShrunkCovariance(shrinkage=alpha / (1 + alpha)).fit(scale(X))
    covariance, precision = on_scaled(RegularizedGaussian("l2", alpha=alpha, **PLAIN).fit(X), X)
    np.testing.assert_allclose(covariance, expected.covariance_, atol=1e-12)
    np.testing.assert_allclose(precision, expected.precision_, rtol=1e-9, atol=1e-9)


@pytest.mark.filterwarnings("ignore:Objective did not converge")  # of the reference
@pytest.mark.parametrize("alpha", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("name", ["iris", "wine"])
def test_l1_is_scikit_learns_graphical_lasso(name, alpha):
    X = DATA[name]()
    expected = GraphicalLasso(alpha=alpha, tol=1e-8, enet_tol=1e-11).fit(scale(X))
    gaussian = RegularizedGaussian("l1", alpha=alpha, tol=1e-8, **PLAIN).fit(X)
    covariance, precision = on_scaled(gaussian, X)
    np.testing.assert_allclose(covariance, expected.covariance_, atol=1e-6)
    np.testing.assert_allclose(precision, expected.precision_, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "alpha"),
    [(name, alpha) for name in ("iris", "wine") for alpha in (0.001, 0.01, 0.1, 0.5)]
    # scikit-learn's coordinate descent alone breaks down at, or does not solve, these
    + [("breast cancer", 0.01), ("wide", 0.01), ("doubled", 0.1)],
)
@pytest.mark.parametrize("ratio", [1.0, 0.5])
def test_optimality_of_the_l1_part(name, alpha, ratio):
    X = DATA[name]()
    settings = {"alpha": alpha, "l1_ratio": ratio, "tol": 1e-7, **PLAIN}
    gaussian = RegularizedGaussian("elasticnet", **settings).fit(X)
    _, precision = on_scaled(gaussian, X)
    a, b = alpha * ratio, alpha * (1 - ratio)
    # stationarity: the inverse differs from S_b by a times the sign, by less where it is 0
    residual = np.linalg.inv(precision) - shrunk(empirical_covariance(scale(X)), b)
    off = ~np.eye(len(residual), dtype=bool)
    zero = off & (precision == 0)
    assert np.abs(np.diag(residual)).max() < 1e-3 * a + 1e-5
    signs = np.sign(precision[off & ~zero])
    np.testing.assert_allclose(residual[off & ~zero], a * signs, atol=1e-3 * a + 1e-5)
    assert (np.abs(residual[zero]) <= a * (1 + 1e-3) + 1e-5).all()


@pytest.mark.parametrize("alpha", [0.05, 0.3])
def test_both_methods_agree(alpha):
    S = np.corrcoef(DATA["wine"]().T)
    one = graphical_lasso(S, alpha, tol=1e-8, max_iter=200)
    two = alternating_directions(S, alpha, tol=1e-8, max_iter=20_000)
    for a, b in zip(one[:2], two[:2], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)
    assert max(one[3], two[3]) < 1e-8


def test_elastic_net_has_l1_and_l2_as_ends(rows):
    for ratio, penalty in ((1.0, "l1"), (0.0, "l2")):
        mixed = RegularizedGaussian("elasticnet", alpha=0.2, l1_ratio=ratio).fit(rows)
        pure = RegularizedGaussian(penalty, alpha=0.2).fit(rows)
        np.testing.assert_array_equal(mixed.covariance_, pure.covariance_)


def test_the_precision_of_known_correlations():
    """None of it is 0 here, so that the covariance is S_b with a off the diagonal taken away."""
    S = np.array([[1, 0.6, 0.3], [0.6, 1, 0.5], [0.3, 0.5, 1]])
    rows = np.random.default_rng(0).normal(size=(50, 3))
    rows -= rows.mean(axis=0)
    rows = rows @ np.linalg.inv(np.linalg.cholesky(empirical_covariance(rows)).T)
    gaussian = RegularizedGaussian("elasticnet", alpha=0.2, l1_ratio=0.5, tol=1e-12, **PLAIN)
    precision = gaussian.fit(rows @ np.linalg.cholesky(S).T).precision_
    a = b = 0.2 * 0.5
    exact = np.linalg.inv((S + b * np.eye(3)) / (1 + b) - a * (1 - np.eye(3)))
    np.testing.assert_allclose(precision, exact, rtol=1e-9)
    # by a general minimiser, to 1e-5
    np.testing.assert_allclose(np.diag(precision), [1.247933, 1.384778, 1.144136], atol=1e-5)
    off = precision[0, 1], precision[0, 2], precision[1, 2]
    np.testing.assert_allclose(off, [-0.548411, -0.021115, -0.396241], atol=1e-5)


@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet", None])
def test_alpha_zero_is_maximum_likelihood(rows, penalty):
    setting = {} if penalty is None else {"alpha": 0.0}
    gaussian = RegularizedGaussian(penalty, **setting).fit(rows)
    np.testing.assert_allclose(gaussian.covariance_, np.cov(rows.T, bias=True), rtol=1e-9)
    np.testing.assert_allclose(gaussian.location_, rows.mean(axis=0))


@pytest.mark.parametrize("name", ["iris", "wine", "breast cancer"])
def test_path(name):
    """More penalty: a lower likelihood; a strong L1 penalty leaves the diagonal alone."""
    X = DATA[name]()
    fitted = [RegularizedGaussian("l1", alpha=a, **PLAIN).fit(X) for a in (0.05, 0.2, 0.5, 1.0)]
    assert np.diff([g.score_samples(X).mean() for g in fitted]).max() < 0
    assert fitted[0].sparsity_ < fitted[1].sparsity_ <= fitted[2].sparsity_ < fitted[3].sparsity_
    assert fitted[3].sparsity_ == 1
    np.testing.assert_allclose(fitted[3].covariance_, np.diag(X.var(axis=0)), rtol=1e-9)


def test_variances_are_not_shrunk():
    X = DATA["wine"]()
    for penalty in ("l1", "l2", "elasticnet"):
        gaussian = RegularizedGaussian(penalty, alpha=0.3, **PLAIN).fit(X)
        np.testing.assert_allclose(np.diag(gaussian.covariance_), X.var(axis=0), rtol=1e-9)


# What it does with it


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("penalty", ["l2", "l1", None])
def test_density_is_scipys(rows, penalty, standardize):
    setting = {"alpha": 0.05} if penalty else {}
    if penalty not in ("l2", None):
        setting["tol"] = 1e-10
    gaussian = RegularizedGaussian(penalty, **setting, standardize=standardize)
    gaussian.fit(rows)
    expected = multivariate_normal(gaussian.location_, np.linalg.inv(gaussian.precision_))
    np.testing.assert_allclose(
        gaussian.score_samples(rows), expected.logpdf(rows), rtol=1e-6, atol=1e-6
    )


def test_density_in_extreme_units(rows):
    """A change of units shifts it by a constant."""
    units = np.array([1e120, 1e-120, 1.0])
    plain = RegularizedGaussian().fit(rows).score_samples(rows)
    scaled = RegularizedGaussian().fit(rows * units).score_samples(rows * units)
    np.testing.assert_allclose(scaled, plain, rtol=1e-6)  # log 1e120 + log 1e-120 = 0


@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_samples_have_the_mean_and_covariance(rows, penalty):
    settings = {"alpha": 0.1, "standardize": False, "random_state": 0}  # without ranges
    gaussian = RegularizedGaussian(penalty, **settings).fit(rows)
    sample = gaussian.sample(200_000)
    deviation = np.sqrt(np.diag(gaussian.covariance_))
    np.testing.assert_allclose((sample.mean(axis=0) - gaussian.location_) / deviation, 0, atol=0.02)
    np.testing.assert_allclose(
        (np.cov(sample.T) - gaussian.covariance_) / np.outer(deviation, deviation), 0, atol=0.02
    )
    np.testing.assert_array_equal(sample[:5], gaussian.sample(5))


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("constant", [[1], [0, 2], [0, 1, 2]])
def test_constant_columns(rows, constant, standardize):
    rows[:, constant] = [0.1, -7.5, 1e8][: len(constant)]
    gaussian = RegularizedGaussian("l1", standardize=standardize, random_state=0).fit(rows)
    sample = gaussian.sample(50)
    assert (sample[:, constant] == rows[0, constant]).all()
    np.testing.assert_array_equal(gaussian.location_[constant], rows[0, constant])
    assert not gaussian.covariance_[constant].any()
    assert not gaussian.precision_[constant].any()
    assert np.isfinite(gaussian.score_samples(rows)).all()
    varying = np.delete(rows, constant, axis=1)
    if varying.size:
        alone = RegularizedGaussian("l1", standardize=standardize).fit(varying)
        np.testing.assert_allclose(gaussian.score_samples(rows), alone.score_samples(varying))
        assert gaussian.sparsity_ == alone.sparsity_


@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet", None])
def test_one_column(rows, penalty):
    gaussian = RegularizedGaussian(penalty, random_state=0).fit(rows[:, :1])
    np.testing.assert_allclose(gaussian.covariance_, [[rows[:, 0].var()]])
    assert gaussian.sparsity_ == 0
    assert gaussian.n_iter_ == 1
    assert gaussian.sample(3).shape == (3, 1)


def test_fewer_rows_than_columns():
    X = wide()
    singular = RegularizedGaussian(None, standardize=False, random_state=0).fit(X)
    assert np.linalg.matrix_rank(singular.sample(100) - X.mean(axis=0), tol=1e-6) == 9
    with pytest.raises(ValueError, match=r"penalty=None.*singular covariance.*larger alpha"):
        singular.score_samples(X)
    for penalty in ("l1", "l2", "elasticnet"):
        assert np.isfinite(RegularizedGaussian(penalty).fit(X).score_samples(X)).all()


def test_what_does_not_converge_is_told():
    X = DATA["breast cancer"]()
    with pytest.warns(ConvergenceWarning, match=r"duality gap is .* above tol=1e-06.*max_iter"):
        RegularizedGaussian("l1", alpha=0.01, max_iter=1, tol=1e-6).fit(X)
    with pytest.raises(ValueError, match=r"no positive definite precision .*: raise alpha"):
        RegularizedGaussian("l1", alpha=1e-4, max_iter=2).fit(wide())


# The contract


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"penalty": "l3"}, ValueError, r"penalty='l3'.*l1, l2, elasticnet, None"),
        ({"alpha": -1}, ValueError, r"alpha must be .*>= 0"),
        ({"alpha": np.nan}, ValueError, "alpha must be a finite"),
        ({"alpha": [0.1, 0.2]}, TypeError, "alpha must be a real number"),
        ({"l1_ratio": 2, "penalty": "elasticnet"}, ValueError, "l1_ratio must be .*<= 1"),
        ({"max_iter": 0}, ValueError, "max_iter must be an integer >= 1"),
        ({"tol": 0}, ValueError, "tol must be .*> 0"),
        ({"standardize": 1}, TypeError, "standardize must be True or False"),
    ],
    ids=str,
)
def test_bad_settings(rows, settings, error, message):
    for X in (rows, np.ones((5, 2))):  # constant columns hide nothing
        with pytest.raises(error, match=message):
            RegularizedGaussian(**settings).fit(X)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"l1_ratio": 0.3}, "l1_ratio=0.3 has no effect"),
        ({"penalty": None, "alpha": 0.3}, "alpha=0.3 has no effect"),
        ({"tol": 1e-6}, "tol=1e-06 has no effect: it is for the graphical lasso, and penalty='l2'"),
        ({"penalty": None, "max_iter": 9}, "max_iter=9 has no effect: .* penalty=None does"),
        ({"penalty": "l1", "alpha": 0, "tol": 0.1}, "tol=0.1 has no effect: .* with alpha=0"),
    ],
)
def test_settings_without_effect_are_told(rows, settings, message):
    with pytest.warns(UserWarning, match=message):
        RegularizedGaussian(**settings).fit(rows)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_containers(rows, dtype):
    table = pd.DataFrame(rows.astype(dtype), columns=["a", "b", "c"], index=range(5, 205))
    gaussian = RegularizedGaussian(random_state=0).fit(table)
    sample = gaussian.sample(4)
    assert list(sample.columns) == ["a", "b", "c"]
    assert (sample.dtypes == dtype).all()
    assert list(gaussian.feature_names_in_) == ["a", "b", "c"]
    assert gaussian.covariance_.dtype == np.float64
    assert gaussian.score_samples(table).shape == (200,)
    with pytest.raises(ValueError, match="feature names"):
        gaussian.score_samples(table[["b", "a", "c"]])


@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_save_load_and_pickle(rows, penalty, tmp_path):
    gaussian = RegularizedGaussian(penalty, alpha=0.1, random_state=0).fit(rows)
    gaussian.save(tmp_path / "model")
    for again in (regan.load(tmp_path / "model"), pickle.loads(pickle.dumps(gaussian))):
        for name in ("location_", "covariance_", "precision_", "sparsity_", "n_iter_"):
            np.testing.assert_array_equal(getattr(again, name), getattr(gaussian, name))
        np.testing.assert_array_equal(again.sample(7), gaussian.sample(7))
        np.testing.assert_array_equal(again.score_samples(rows), gaussian.score_samples(rows))
        assert again.score(rows) == gaussian.score(rows)


def test_fit_forgets_the_last_fit(rows):
    gaussian = RegularizedGaussian("l1", alpha=0.01).fit(DATA["wine"]())
    assert gaussian.n_iter_ > 1
    gaussian.set_params(penalty="l2").fit(rows)
    assert gaussian.n_iter_ == 1
    assert gaussian.covariance_.shape == (3, 3)


def test_not_fitted(rows):
    for call in ("sample", "score_samples", "score"):
        with pytest.raises(NotFittedError):
            getattr(RegularizedGaussian(), call)(*([] if call == "sample" else [rows]))


def test_there_is_no_partial_fit(rows):
    for gaussian in (RegularizedGaussian(), RegularizedGaussian().fit(rows)):
        assert not hasattr(gaussian, "partial_fit")
        with pytest.raises(AttributeError, match=r"Gaussian has no partial_fit, .* Call fit with"):
            gaussian.partial_fit(rows)


def test_scikit_learns_checks():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the checks themselves
        results = check_estimator(RegularizedGaussian(), on_skip=None)
    assert not [r["check_name"] for r in results if r["status"] == "failed"]
