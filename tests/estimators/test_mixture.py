"""The mixture as a model: tables, classes, densities, files, and what scikit-learn asks."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import multivariate_normal, norm
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import regan
from regan import RegularizedMixture
from regan.data import TableEncoder
from regan.displays import TrainingDisplay

N = 150
FAST = {"n_components": 2, "alpha": 1.0, "covariance_type": "diag", "random_state": 0}


def mixture(**changes):
    return RegularizedMixture(**{**FAST, **changes})


def table(seed=0):
    rng = np.random.default_rng(seed)
    which = rng.random(N) < 0.4
    X = pd.DataFrame(
        {
            "size": rng.normal(170 + 20 * which, 5),
            "visits": rng.poisson(30, N),
            "kind": pd.Categorical(np.where(which, "a", rng.choice(["b", "c"], N))),
            "joined": pd.Timestamp(2020, 1, 1) + pd.to_timedelta(rng.integers(0, 900, N), "D"),
            "paid": np.where(rng.random(N) < 0.5, 0.0, rng.gamma(2.0, size=N).round(2)),
            "member": rng.random(N) < 0.3,
        }
    )
    X["size"] = X["size"].mask(rng.random(N) < 0.15)
    X["kind"] = X["kind"].mask(rng.random(N) < 0.1)
    return X, np.array(["no", "yes"])[which.astype(int)]


@pytest.fixture(scope="module")
def fitted():
    X, y = table()
    return mixture(conditional=True).fit(X, y)


# Tables


def test_samples_are_rows_of_the_table(fitted):
    X, _ = table()
    made = fitted.sample(3000)
    assert (made.dtypes == X.dtypes).all()
    for name in ("size", "visits", "joined", "paid"):
        assert made[name].min() >= X[name].min()
        assert made[name].max() <= X[name].max()
    assert set(made["kind"].dropna()) == {"a", "b", "c"}
    for real, own in (
        (X["size"].isna(), made["size"].isna()),
        (X["kind"].isna(), made["kind"].isna()),
        (X["paid"] == 0, made["paid"] == 0),
        (X["kind"] == "a", made["kind"] == "a"),
    ):
        assert abs(real.mean() - own.mean()) < 0.04
    assert_frame_equal(made[:7], fitted.sample(7))
    assert not made.equals(fitted.sample(3000, random_state=5))


def test_what_goes_together_in_the_data_does_so_in_samples(fitted):
    made = fitted.sample(3000)
    for frame in (table()[0], made):
        means = frame.groupby("kind", observed=True)["size"].mean()
        assert means["a"] > means["b"] + 10


def test_other_libraries():
    X, _ = table()
    frames = pl.from_pandas(X), pa.Table.from_pandas(X)
    for frame in frames:
        made = mixture().fit(frame).sample(5)
        assert type(made) is type(frame)
        assert list(made.schema) == list(frame.schema) or made.schema.names == frame.schema.names


def test_integers_and_single_precision_come_back():
    rng = np.random.default_rng(0)
    whole = rng.integers(0, 1000, (60, 2))
    assert mixture().fit(whole).sample(9).dtype == whole.dtype
    single = rng.normal(size=(60, 2)).astype("float32")
    assert mixture().fit(single).sample(9).dtype == np.float32


# Classes


def test_rows_of_a_class(fitted):
    X, y = table()
    made, labels = fitted.sample(2000, return_y=True)
    assert abs((labels == "yes").mean() - (y == "yes").mean()) < 0.03
    own = fitted.sample(400, y="yes")
    others = fitted.sample(400, y="no")
    assert own["size"].mean() > others["size"].mean() + 10
    assert (own["kind"] == "a").mean() > 0.6
    assert (others["kind"] == "a").mean() < 0.2
    assert made.shape == (2000, X.shape[1])


def test_the_class_is_integrated_out(fitted):
    X, _ = table()
    joint = [fitted.score_samples(X, np.full(N, label)) for label in fitted.classes_]
    np.testing.assert_allclose(np.logaddexp(*joint), fitted.score_samples(X))
    given = fitted.predict_proba(X, np.full(N, "yes"))
    np.testing.assert_allclose(given.sum(axis=1), 1)
    with pytest.raises(ValueError, match="y needs a model trained with conditional=True"):
        mixture().fit(X).score_samples(X, np.full(N, "yes"))


@pytest.mark.parametrize("n_rare", [1, 2])
def test_a_class_of_one_row_or_two(n_rare):
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = np.arange(60) < n_rare
    model = mixture(conditional=True, covariance_type="full").fit(X, y)
    rare = model.sample(50, y=True)
    assert np.isfinite(rare).all()
    assert np.isfinite(model.score_samples(X, y)).all()
    assert abs(model.sample_labels(3000).mean() - n_rare / 60) < 0.02


# Densities


@pytest.mark.parametrize("kind", ["diag", "full", "low_rank"])
@pytest.mark.parametrize("standardize", [False, "standard"])
def test_density_of_numbers_is_scipys(kind, standardize):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 3)) @ rng.normal(size=(3, 3)) + [5, 0, -90]
    rank = {"rank": 1} if kind == "low_rank" else {}
    model = mixture(covariance_type=kind, standardize=standardize, **rank).fit(X)
    scale, mean = (X.std(axis=0), X.mean(axis=0)) if standardize else (np.ones(3), np.zeros(3))
    covariances = model.covariances_
    if kind == "diag":
        covariances = np.eye(3) * covariances[:, None]
    total = sum(
        weight * multivariate_normal(center, covariance).pdf((X - mean) / scale)
        for weight, center, covariance in zip(
            model.weights_, model.means_, covariances, strict=True
        )
    )
    expected = np.log(total) - np.log(scale).sum()
    np.testing.assert_allclose(model.score_samples(X), expected, rtol=1e-6)


def test_density_of_levels_sums_to_one():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.choice(list("uvw"), N), "b": rng.choice(["x", "y"], N)})
    X["c"] = X["a"].where(rng.random(N) < 0.8, "u")
    model = mixture().fit(X)
    every = pd.MultiIndex.from_product([list("uvw"), ["x", "y"], list("uvw")], names=list("abc"))
    grid = every.to_frame(index=False)
    p = np.exp(model.score_samples(grid))
    assert p.sum() == pytest.approx(1)
    made = model.sample(20_000).value_counts(normalize=True)
    np.testing.assert_allclose(made.reindex(every).fillna(0), p, atol=0.015)
    np.testing.assert_allclose(model.predict_proba(grid).sum(axis=1), 1)
    assert (model.predict(grid) == model.predict_proba(grid).argmax(axis=1)).all()


def test_density_of_ranks_integrates_to_one():
    """A column that is scaled by rank, with atoms: what is between them has the rest of it."""
    rng = np.random.default_rng(0)
    X = np.where(rng.random(400) < 0.3, 0.0, rng.lognormal(size=400))[:, None]
    model = mixture(standardize="quantile").fit(X)
    assert np.exp(model.score_samples(np.zeros((1, 1))))[0] == pytest.approx(0.3, abs=0.05)
    smooth = mixture(n_components=1, standardize=True).fit(rng.normal(size=(300, 1)))
    grid = np.linspace(-6, 6, 2001)[:, None]
    assert np.trapezoid(np.exp(smooth.score_samples(grid)), grid[:, 0]) == pytest.approx(1, 0.01)


@pytest.mark.parametrize("standardize", [True, "standard", "quantile", False])
def test_numbers_that_were_not_there_have_no_density(standardize):
    """Where all numbers of a column are atoms: else any number between has one."""
    rng = np.random.default_rng(0)
    X = np.c_[rng.choice([0.5, 1.25, 2.75], N), rng.choice([0.5, 1.25], N), rng.normal(size=N)]
    model = mixture(standardize=standardize).fit(X)
    density = model.score_samples([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.5, 0.5, 0.123]])
    assert (density == -np.inf).tolist() == [True, True, False]
    np.testing.assert_allclose(model.predict_proba(X + [9, 0, 0]).sum(axis=1), 1)


def test_levels_that_were_not_there_have_no_density(fitted):
    X, _ = table()
    model = mixture().fit(X)
    other = X.assign(kind=X["kind"].astype(object).where(X.index != 3, "z"))
    density = model.score_samples(other)
    assert density[3] == -np.inf
    assert np.isfinite(np.delete(density, 3)).all()


# What is hard


def test_copies_of_one_row_have_no_singular_covariance():
    rng = np.random.default_rng(0)
    line = rng.normal(size=60)
    X = np.c_[line, 2 * line, np.full(60, 7.0)]
    for kind in ("diag", "full"):
        model = mixture(n_components=5, covariance_type=kind, alpha=0.0).fit(X)
        assert np.isfinite(model.score_samples(X)).all()
        assert (model.sample(20)[:, 2] == 7).all()


def test_components_die():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(-4, 1, (100, 2)), rng.normal(4, 1, (100, 2))]
    settings = {"n_components": 6, "weight_penalty": "dirichlet", "weight_alpha": 20.0, "tol": 1e-7}
    model = mixture(**settings).fit(X)
    assert model.n_components_ < 6
    assert len(model.weights_) == len(model.means_) == model.n_components_
    assert model.weights_.sum() == pytest.approx(1)


def test_as_many_components_as_rows():
    X = np.random.default_rng(0).normal(size=(12, 2))
    assert np.isfinite(mixture(n_components=12).fit(X).sample(30)).all()


def test_what_was_tried_is_kept():
    X = np.random.default_rng(0).normal(size=(80, 2))
    settings = {"n_components": 1, "alpha": "auto", "max_iter": 2}
    model = mixture(**settings, covariance_type="auto").fit(X)
    assert {each["covariance_type"] for each in model.path_} == {"diag", "full"}
    assert {each["alpha"] for each in model.path_} >= {0.01, 12.8}
    assert model.alpha_ in {each["alpha"] for each in model.path_}
    assert mixture().fit(X).path_ == []


# Files, copies, searches


@pytest.mark.parametrize("sampler_only", [False, True])
def test_files(fitted, tmp_path, sampler_only):
    X, y = table()
    fitted.save(tmp_path / "m", sampler_only=sampler_only)
    again = regan.load(tmp_path / "m")
    if sampler_only:
        again.save(tmp_path / "m")
        fitted, again = again, regan.load(tmp_path / "m")
    assert_frame_equal(again.sample(40, y="yes"), fitted.sample(40, y="yes"))
    np.testing.assert_array_equal(again.score_samples(X, y), fitted.score_samples(X, y))
    for name in ("alpha_", "covariance_type_", "n_iter_", "converged_", "path_"):
        assert getattr(again, name) == getattr(fitted, name)
    assert again.get_params() == fitted.get_params()


def test_copies_repeat(fitted):
    X, y = table()
    assert_frame_equal(pickle.loads(pickle.dumps(fitted)).sample(9), fitted.sample(9))
    again = clone(fitted).fit(X, y)
    np.testing.assert_array_equal(again.means_, fitted.means_)
    assert_frame_equal(again.sample(9), fitted.sample(9))
    assert not hasattr(fitted, "partial_fit")
    with pytest.raises(AttributeError, match="has no partial_fit, because scaling and strengths"):
        fitted.partial_fit(X)


def test_a_search():
    X = np.random.default_rng(0).normal(size=(60, 2))
    search = GridSearchCV(mixture(max_iter=3), {"n_components": [1, 2]}, cv=2).fit(X)
    assert search.best_estimator_.sample(3).shape == (3, 2)


def test_arrays_with_missing_cells():
    X = np.random.default_rng(0).normal(size=(N, 2))
    X[:40, 1] = np.nan
    model = mixture(standardize=TableEncoder()).fit(X)
    made = model.sample(2000)
    assert abs(np.isnan(made[:, 1]).mean() - 40 / N) < 0.04
    assert not np.isnan(made[:, 0]).any()
    assert np.isfinite(model.score_samples(X)).all()


# What is made of it


def test_reports(tmp_path, no_pictures):
    X = table()[0][["paid"]][:40]
    fitted = mixture().fit(X)
    regan.write_report(fitted, X, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "RegularizedMixture" in page
    assert ">Training<" not in page
    with pytest.raises(TypeError, match="a RegularizedMixture has no history of training"):
        TrainingDisplay.from_estimator(fitted)


@pytest.mark.parametrize("kind", ["diag", "full"])
def test_penalties_pull_towards_the_mean_of_all_rows_in_any_units(kind):
    X = np.random.default_rng(0).normal([700.0, -3.0], [20.0, 0.01], size=(300, 2))
    settings = {"n_components": 3, "alpha": 1e4, "shrinkage": 1.0, "covariance_type": kind}
    plain, scaled = (
        RegularizedMixture(**settings, standardize=each, random_state=0).fit(X)
        for each in (False, True)
    )
    np.testing.assert_allclose(plain.means_, np.tile(X.mean(axis=0), (len(plain.means_), 1)))
    np.testing.assert_allclose(scaled.means_, 0, atol=1e-6)
    density = plain.score_samples(X)
    np.testing.assert_allclose(density, scaled.score_samples(X), rtol=0.01, atol=0.05)
    one = norm.logpdf(X, X.mean(axis=0), X.std(axis=0)).sum(axis=1)
    assert density.mean() == pytest.approx(one.mean(), abs=0.1)
    np.testing.assert_allclose(plain.sample(2000).mean(axis=0), X.mean(axis=0), rtol=0.01)
