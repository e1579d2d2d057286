"""Columns predicted from the others: values in closed form, containers, what is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from library_tables import TABLES, schema
from mixed_tables import mixed
from scipy.stats import norm
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from regan import (
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.data import TableEncoder
from regan.data.frames.dataframes import as_pandas, without_cells
from regan.data.predicted import PredictedColumn
from regan.estimators import predicting

GAUSSIAN = RegularizedGaussian(penalty=None, standardize="standard", random_state=0)
MIXTURE = RegularizedMixture(2, alpha=1.0, covariance_type="diag", random_state=0)
ALL = {"mixed": mixed, **TABLES}


@pytest.fixture(scope="module")
def normal():
    """Three columns, the last of which is a sum of the others and of noise of deviation 0.5."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 3))
    X[:, 2] = X[:, 0] - 2 * X[:, 1] + 0.5 * X[:, 2]
    return X


@pytest.fixture(scope="module")
def gaussian(normal):
    return clone(GAUSSIAN).fit(normal)


@pytest.fixture(scope="module")
def levels():
    """Numbers that depend on levels, and levels that depend on levels."""
    rng = np.random.default_rng(1)
    kind = rng.choice(["a", "b", "c"], 600, p=[0.5, 0.3, 0.2])
    size = rng.normal(size=600) + 2.0 * (kind == "b")
    same = np.where(rng.random(600) < 0.8, kind, rng.choice(["a", "b", "c"], 600))
    return pd.DataFrame({"size": size, "kind": kind, "same": same, "flag": rng.random(600) < 0.5})


@pytest.fixture(scope="module")
def mixture(levels):
    return RegularizedMixture(4, alpha=1.0, covariance_type="diag", random_state=0).fit(levels)


# Values


def inner(normal):
    """Rows whose last column is expected well inside of its range, and what is."""
    expected = normal[:, 0] - 2 * normal[:, 1]
    some = np.flatnonzero(np.abs(expected) < 5)[:400]
    return normal[some], expected[some]


@pytest.mark.parametrize(
    ("statistic", "shift", "spread"),
    [(None, 0, 1), ("mean", 0, 1), ("median", 0, 1.25), (0.5, 0, 1.25), (0.9, 0.5 * 1.2816, 1.71)],
)
def test_numbers_in_closed_form(normal, gaussian, statistic, shift, spread):
    rows, expected = inner(normal)
    found = gaussian.predict_column(rows, 2, statistic=statistic, n_draws=200, random_state=0)
    error = found - expected - shift
    deviation = 0.5 * spread / np.sqrt(200)
    assert np.sqrt((error**2).mean()) == pytest.approx(deviation, rel=0.25)
    assert abs(error.mean()) < 0.02


def test_any_column_is_predicted_whatever_stands_in_it(normal, gaussian):
    rows, _ = inner(normal)
    hidden = rows.copy()
    hidden[:, 2] = np.nan
    wild = rows.copy()
    wild[:, 2] = 1e9
    found = [gaussian.predict_column(X, 2, random_state=3) for X in (rows, hidden, wild)]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    slope = np.linalg.lstsq(normal[:, 1:], normal[:, 0], rcond=None)[0]
    found = gaussian.predict_column(rows, 0, n_draws=200, random_state=0)
    assert np.abs(found - rows[:, 1:] @ slope).mean() < 0.04


def test_other_cells_may_be_missing(normal, gaussian):
    rows, _ = inner(normal)
    rows = rows.copy()
    rows[:, 0] = np.nan
    found = gaussian.predict_column(rows, 2, n_draws=200, random_state=0)
    assert np.abs(found + 2 * rows[:, 1]).mean() < 0.12
    assert not np.isnan(gaussian.predict_column(np.full((3, 3), np.nan), 1)).any()


def by_density(mixture, rows, column, levels):
    """Bayes' rule on `score_samples`."""
    each = [mixture.score_samples(rows.assign(**{column: level})) for level in levels]
    density = np.exp(np.array(each).T)
    return density / density.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("column", ["kind", "same", "flag"])
def test_chances_are_those_of_the_density(levels, mixture, column):
    rows = levels.iloc[:50]
    proba = mixture.conditional_proba(rows, column)
    expected = by_density(mixture, rows, column, list(proba.columns))
    np.testing.assert_allclose(proba, expected, rtol=1e-6, atol=1e-9)
    predicted = mixture.predict_column(rows, column)
    assert predicted.tolist() == proba.columns[expected.argmax(axis=1)].tolist()


def test_draws_have_the_exact_chances(levels, mixture, monkeypatch):
    rows = levels.iloc[:20]
    exact = mixture.conditional_proba(rows, "kind")
    monkeypatch.setattr(RegularizedMixture, "_level_chances", lambda *_: None)
    drawn = mixture.conditional_proba(rows, "kind", n_draws=2000, random_state=0)
    assert list(drawn) == list(exact)
    error = (drawn - exact).to_numpy() / np.sqrt(exact * (1 - exact) / 2000 + 1e-6).to_numpy()
    assert np.abs(error).max() < 4.5


def test_chances_where_cells_were_missing(levels):
    rng = np.random.default_rng(2)
    gaps = levels.mask(rng.random(levels.shape) < 0.2)
    mixture = RegularizedMixture(4, alpha=1.0, covariance_type="diag", random_state=0).fit(gaps)
    rows = gaps.iloc[:30]
    exact = mixture.conditional_proba(rows, "kind")
    assert list(exact) == ["a", "b", "c"]
    np.testing.assert_allclose(exact.sum(axis=1), 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RegularizedMixture, "_level_chances", lambda *_: None)
        drawn = mixture.conditional_proba(rows, "kind", n_draws=1000, random_state=0)
    error = (drawn - exact).to_numpy() / np.sqrt(exact * (1 - exact) / 1000 + 1e-6).to_numpy()
    assert np.abs(error).max() < 4.5


def test_the_most_frequent_level_is_as_good_as_discriminant_analysis():
    X, y = load_iris(return_X_y=True, as_frame=True)
    table = X.assign(species=y.map({0: "x", 1: "y", 2: "z"}))
    train, test = table.iloc[::2], table.iloc[1::2]
    told = LinearDiscriminantAnalysis().fit(train[X.columns], train["species"])
    expected = told.score(test[X.columns], test["species"])
    model = RegularizedMixture(5, alpha=1.0, random_state=0).fit(train)
    found = model.predict_column(test.drop(columns="species"), "species")
    assert (found == test["species"]).mean() >= expected
    assert found.index.equals(test.index)


def test_classes_that_are_given():
    X, y = load_iris(return_X_y=True)
    model = RegularizedGaussian(conditional=True, random_state=0).fit(X, y)
    nothing = np.full((3, 4), np.nan)
    found = model.predict_column(nothing, 2, y=[0, 1, 2], n_draws=300)
    means = [X[y == label, 2].mean() for label in range(3)]
    np.testing.assert_allclose(found, means, atol=0.15)
    free = model.predict_column(nothing, 2, n_draws=300)
    np.testing.assert_allclose(free, X[:, 2].mean(), atol=0.5)
    alone = RegularizedGaussian(conditional=True, random_state=0).fit(X[:, [2]], y)
    found = alone.predict_column(np.zeros((1, 1)), 0, y=[2], n_draws=300)
    assert found[0] == pytest.approx(means[2], abs=0.15)


# Containers


@pytest.mark.parametrize("kind", ALL)
def test_all_containers_and_dtypes(kind):
    X = ALL[kind]()
    names = [name for name, _ in schema(X)]
    gaps = without_cells(X, np.random.default_rng(2).random((len(X), len(names))) < 0.2)
    model = clone(MIXTURE).fit(gaps)
    for name, dtype in schema(gaps):
        found = model.predict_column(gaps, name, n_draws=2, random_state=0)
        assert len(found) == len(X)
        own = getattr(found, "dtype", None) if kind != "pyarrow" else found.type
        if not len(PredictedColumn.of(model._reader, name).levels):
            with pytest.raises(ValueError, match="has no levels"):
                model.conditional_proba(gaps, name)
            proba = None
        else:
            proba = model.conditional_proba(gaps, name, n_draws=2, random_state=0)
            assert type(proba) is type(X)
            np.testing.assert_allclose(as_pandas(proba).to_numpy().sum(axis=1), 1)
            found = model.predict_column(gaps, name, statistic="mode", random_state=0)
            again = getattr(found, "dtype", None) if kind != "pyarrow" else found.type
            assert again == dtype
        if str(own) not in ("float64", "Float64", "double"):
            assert own == dtype
            assert proba is not None


def test_a_frame_may_lack_the_column(levels, mixture):
    whole = mixture.predict_column(levels, "size", n_draws=5, random_state=0)
    lacking = levels.drop(columns="size")
    found = mixture.predict_column(lacking, "size", n_draws=5, random_state=0)
    pd.testing.assert_series_equal(found, whole)
    assert found.name == "size"
    for frame in (pl.from_pandas(lacking), pa.Table.from_pandas(lacking)):
        other = mixture.predict_column(frame, "size", n_draws=5, random_state=0)
        np.testing.assert_array_equal(other, whole)


def test_arrays_of_levels():
    rng = np.random.default_rng(0)
    size = rng.normal(size=300)
    X = np.column_stack([size, np.where(size > 0, "big", "small")]).astype(object)
    X[:, 0] = size
    model = clone(MIXTURE).set_params(standardize=TableEncoder()).fit(X)
    chances, levels = model.conditional_proba(X, 1)
    assert levels.tolist() == ["big", "small"]
    assert chances.shape == (300, 2)
    found = model.predict_column(X, 1)
    assert isinstance(found, np.ndarray)
    assert (found == X[:, 1]).mean() > 0.8
    digits = rng.integers(0, 3, size=(300, 2))
    digits[:, 1] = digits[:, 0]
    model = RegularizedMixture(3, alpha=1.0, random_state=0, standardize=TableEncoder())
    found = model.fit(digits).predict_column(digits, np.int64(1), statistic="mode")
    assert found.tolist() == digits[:, 0].tolist()


def test_times():
    rng = np.random.default_rng(0)
    day = pd.to_datetime("2024-01-01") + pd.to_timedelta(rng.integers(0, 100, 300), "D")
    days = (day - day.min()).days.to_numpy()
    table = pd.DataFrame({"day": day, "age": days + rng.normal(size=300)})
    model = RegularizedGaussian(random_state=0).fit(table)
    found = model.predict_column(table, "day")
    assert found.dtype == table["day"].dtype
    assert np.abs((found - table["day"]).dt.days).mean() < 4
    assert (found.dt.normalize() == found).all()
    late = model.predict_column(table, "day", statistic=0.95)
    assert (late >= model.predict_column(table, "day", statistic=0.05)).all()


def test_pieces_do_not_repeat_draws(gaussian, monkeypatch):
    rows = np.tile([[0.3, 0.1, np.nan]], (40, 1))
    whole = gaussian.predict_column(rows, 2, n_draws=10, random_state=0)
    monkeypatch.setattr(predicting, "_DRAWN", 100)
    found = gaussian.predict_column(rows, 2, n_draws=10, random_state=0)
    assert len(np.unique(found)) == len(np.unique(whole)) == 40
    first = gaussian.predict_column(rows[:3], 2, n_draws=10, random_state=0)
    np.testing.assert_array_equal(found[:3], first)


@pytest.mark.parametrize("cls", [RegularizedGAN, RegularizedVAE])
def test_masked_networks(cls, levels):
    model = cls(masked=True, hidden_layer_sizes=8, max_iter=5, random_state=0).fit(levels)
    assert model.predict_column(levels, "size", n_draws=3).notna().all()
    proba = model.conditional_proba(levels, "kind", n_draws=3)
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_a_network_without_masks_on_levels_alone(levels):
    model = RegularizedGAN(hidden_layer_sizes=8, max_iter=5, random_state=0)
    model.fit(levels[["kind", "flag"]])
    proba = model.conditional_proba(levels[["kind", "flag"]][:20], "kind", n_draws=3)
    np.testing.assert_allclose(proba.sum(axis=1), 1)


# What is refused


@pytest.mark.parametrize(
    ("column", "settings", "error", "message"),
    [
        ("siez", {}, ValueError, "had no column 'siez': did you mean 'size'"),
        (0, {}, ValueError, "had no column 0"),
        ("size", {"n_draws": 0}, ValueError, "n_draws must be an integer >= 1, got 0"),
        ("size", {"statistic": "best"}, ValueError, "statistic='best' is not known"),
        ("size", {"statistic": 1.5}, ValueError, "statistic must be a finite number >= 0"),
        ("size", {"statistic": "mode"}, ValueError, "'size' has no levels"),
        ("kind", {"statistic": "mean"}, ValueError, "'kind' holds levels, .* statistic='mean'"),
        ("kind", {"statistic": 0.5}, ValueError, "'kind' holds levels"),
        ("kind", {"y": 1}, ValueError, "y needs a model trained with conditional=True"),
        ("kind", {"random_state": "x"}, ValueError, "random_state must be"),
    ],
)
def test_what_is_refused(levels, mixture, column, settings, error, message):
    with pytest.raises(error, match=message):
        mixture.predict_column(levels, column, **settings)


def test_what_else_is_refused(levels, mixture, normal, gaussian):
    with pytest.raises(ValueError, match="'size' has no levels, so it has no prob"):
        mixture.conditional_proba(levels, "size")
    with pytest.raises(ValueError, match="n_draws must be an integer"):
        mixture.conditional_proba(levels, "kind", n_draws=0)
    with pytest.raises(ValueError, match="feature names"):
        mixture.predict_column(levels.drop(columns="flag"), "size")
    with pytest.raises(ValueError, match="had no column 3"):
        gaussian.predict_column(normal, 3)
    with pytest.raises(ValueError, match="had no column -1"):
        gaussian.predict_column(normal, -1)
    with pytest.raises(ValueError, match="X has 2 features"):
        gaussian.predict_column(normal[:, :2], 0)
    with pytest.raises(ValueError, match="inf"):
        gaussian.predict_column([[np.inf, 1, 2]], 1)
    alone = clone(GAUSSIAN).fit(normal[:, :1])
    with pytest.raises(ValueError, match="column 0 is the only column"):
        alone.predict_column(normal[:, :1], 0)
    network = RegularizedGAN(hidden_layer_sizes=8, max_iter=2, random_state=0).fit(normal)
    with pytest.raises(ValueError, match="such as those of column 0, and this RegularizedGAN cann"):
        network.predict_column(normal, 1)
    empty = clone(MIXTURE).fit(levels.assign(nothing=None))
    with pytest.raises(ValueError, match="'nothing' cannot be predicted: the model learned"):
        empty.predict_column(levels.assign(nothing=None), "nothing")
    with pytest.raises(Exception, match="not fitted"):
        clone(MIXTURE).predict_column(levels, "kind")


def test_quantiles_are_those_of_the_normal_distribution(gaussian):
    row = np.array([[0.2, -0.4, np.nan]])
    for q in (0.1, 0.25, 0.75):
        found = gaussian.predict_column(row, 2, statistic=q, n_draws=4000, random_state=0)
        density = norm.pdf(norm.ppf(q)) / 0.5
        error = np.sqrt(q * (1 - q) / 4000) / density
        assert found[0] == pytest.approx(1.0 + 0.5 * norm.ppf(q), abs=4 * error)
