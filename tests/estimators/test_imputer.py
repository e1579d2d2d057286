"""GenerativeImputer: what it fills in, in every container, once and several times."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from library_tables import TABLES, schema
from mixed_tables import mixed
from scipy.stats import t as student
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from regan import (
    GenerativeImputer,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.data import Inequality, TableEncoder
from regan.data.frames.dataframes import as_pandas, columns_of_frame, without_cells

GAUSSIAN = RegularizedGaussian(penalty=None, standardize="standard", random_state=0)
MIXTURE = RegularizedMixture(2, alpha=1.0, covariance_type="diag", random_state=0)
ALL = {"mixed": mixed, **TABLES}
both = pytest.mark.parametrize("strategy", ["mean", "draw"])


def normal(n=400, seed=0, correlation=0.8):
    """Two standard normal columns."""
    rng = np.random.default_rng(seed)
    first = rng.normal(size=n)
    noise = rng.normal(size=n) * np.sqrt(1 - correlation**2)
    return np.column_stack([first, correlation * first + noise])


def with_gaps(X, share=0.3, seed=1, columns=(1,)):
    """The array with cells of some columns missing at random, and where."""
    lost = np.zeros(X.shape, dtype=bool)
    lost[:, list(columns)] = np.random.default_rng(seed).random((len(X), len(columns))) < share
    return np.where(lost, np.nan, X), lost


# Values


def test_means_are_those_of_regression():
    X = normal(2000)
    gaps, lost = with_gaps(X)
    filled = GenerativeImputer(GAUSSIAN, n_draws=200, random_state=0).fit_transform(gaps)
    there = ~lost[:, 1]
    slope, origin = np.polyfit(X[there, 0], X[there, 1], 1)
    error = filled[lost] - (origin + slope * X[lost[:, 1], 0])
    assert np.abs(error).mean() < 0.06  # a draw deviates by 0.6, the mean of 200 by 0.04
    assert np.abs(error.mean()) < 0.01


def test_a_draw_keeps_the_spread_that_means_lose():
    X = normal(2000)
    gaps, lost = with_gaps(X, 0.5)
    spreads = {}
    for strategy in ("mean", "draw"):
        imputer = GenerativeImputer(GAUSSIAN, strategy=strategy, random_state=0)
        spreads[strategy] = imputer.fit_transform(gaps)[lost].std()
    assert spreads["draw"] == pytest.approx(1, abs=0.06)
    assert spreads["mean"] == pytest.approx(np.sqrt(0.64 + 0.36 / 20), abs=0.06)


def test_means_are_as_whole_as_the_numbers_and_levels_are_most_frequent_ones():
    rng = np.random.default_rng(0)
    n = 300
    X = pd.DataFrame(
        {
            "count": rng.poisson(40, n).astype(float),
            "price": np.round(rng.uniform(1, 9, n), 1),
            "few": rng.integers(0, 3, n) * 2.0,
            "day": pd.to_datetime("2024-01-01") + pd.to_timedelta(rng.integers(0, 99, n), "D"),
            "same": rng.choice(["u", "v"], n, p=[0.95, 0.05]),
        }
    )
    gaps = X.mask(rng.random(X.shape) < 0.2)
    filled = GenerativeImputer(MIXTURE, random_state=0).fit_transform(gaps)
    assert not filled.isna().any(axis=None)
    assert (filled["count"] % 1 == 0).all()
    assert (filled["price"].round(1) == filled["price"]).all()
    assert set(filled["few"]) == {0, 2, 4}
    assert (filled["day"].dt.normalize() == filled["day"]).all()
    assert (filled["same"][gaps["same"].isna()] == "u").all()
    for column in X:
        there = gaps[column].notna()
        pd.testing.assert_series_equal(filled[column][there], gaps[column][there])


def test_draws_keep_to_rules_between_columns():
    rng = np.random.default_rng(0)
    low = rng.normal(size=200).round(2)
    X = pd.DataFrame({"low": low, "high": low + rng.exponential(size=200).round(2)})
    gaps = X.assign(high=X["high"].mask(rng.random(200) < 0.4))
    model = clone(MIXTURE).set_params(standardize=TableEncoder(rules=[Inequality("low", "high")]))
    imputer = GenerativeImputer(model, strategy="draw", random_state=0)
    filled = imputer.fit_transform(gaps)
    assert (filled["low"] <= filled["high"]).all()


# Containers


@both
@pytest.mark.parametrize("kind", ALL)
def test_all_containers_and_dtypes(kind, strategy):
    X = ALL[kind]()
    hidden = np.random.default_rng(2).random((len(X), len(schema(X)))) < 0.2
    gaps = without_cells(X, hidden)
    imputer = GenerativeImputer(MIXTURE, strategy=strategy, n_draws=3, random_state=0).fit(gaps)
    filled = imputer.transform(gaps)
    assert type(filled) is type(X)
    assert schema(filled) == schema(gaps)
    assert not as_pandas(filled).isna().any(axis=None)
    for j, (new, old) in enumerate(
        zip(columns_of_frame(filled), columns_of_frame(gaps), strict=True)
    ):
        pairs = zip(cells(new), cells(old), hidden[:, j], strict=True)
        assert all(one == other for one, other, lost in pairs if not lost)
    whole = imputer.transform(X)
    assert as_pandas(whole).equals(as_pandas(X))


def cells(column):
    return column.to_pylist() if hasattr(column, "to_pylist") else list(column)


@both
@pytest.mark.parametrize("dtype", ["float32", "float64", "object"])
def test_arrays(dtype, strategy):
    X = normal().astype("float32")
    X[0, 1] = np.pi
    gaps, lost = (each for each in with_gaps(X))
    gaps = gaps.astype(dtype)
    before = gaps.copy()
    filled = GenerativeImputer(GAUSSIAN, strategy=strategy, random_state=0).fit_transform(gaps)
    assert filled.dtype == dtype
    assert not np.isnan(filled.astype(float)).any()
    np.testing.assert_array_equal(filled[~lost], gaps[~lost])
    pd.testing.assert_frame_equal(pd.DataFrame(gaps), pd.DataFrame(before))  # not in place


def test_arrays_of_texts_and_numbers():
    rng = np.random.default_rng(0)
    size = rng.normal(size=200)
    X = np.column_stack([size, np.where(size > 0, "big", "small")]).astype(object)
    X[:, 0] = size
    X[:20, 1], X[20:40, 0] = None, np.nan
    filled = GenerativeImputer(MIXTURE, random_state=0).fit_transform(X)
    assert set(filled[:, 1]) == {"big", "small"}
    assert ((filled[:20, 1] == "big") == (size[:20] > 0)).mean() > 0.8
    assert [type(cell) for cell in filled[20:40, 0]] == [float] * 20


@pytest.mark.parametrize("X", [[[1, 2.5], [2, None], [3, 4.5], [4, 6.0]]], ids=["list"])
def test_lists_become_arrays(X):
    filled = GenerativeImputer(GAUSSIAN, random_state=0).fit_transform(X)
    assert isinstance(filled, np.ndarray)
    assert filled[0].tolist() == [1, 2.5]
    assert 2.5 <= filled[1, 1] <= 6


@both
def test_gaps_where_there_were_none_in_fit(strategy):
    X = normal()
    imputer = GenerativeImputer(GAUSSIAN, strategy=strategy, random_state=0).fit(X)
    filled = imputer.transform([[0.5, np.nan], [np.nan, -0.5], [np.nan, np.nan], [3.0, 50.0]])
    assert not np.isnan(filled).any()
    assert filled[3].tolist() == [3, 50]
    frame = pd.DataFrame(X, columns=["a", "b"])
    imputer = clone(imputer).fit(frame)
    filled = imputer.transform(frame.mask(frame > 1))
    assert not filled.isna().any(axis=None)
    whole = X.round().astype(int)
    imputer = clone(imputer).fit(whole)
    filled = imputer.transform(np.where(whole > 1, np.nan, whole))
    assert (filled % 1 == 0).all()
    assert imputer.transform(whole).dtype == int


def test_few_whole_numbers_of_an_array_stay_among_themselves():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 4, size=(200, 2)).astype(float)
    gaps, lost = with_gaps(X)
    for strategy in ("mean", "draw"):
        imputer = GenerativeImputer(MIXTURE, strategy=strategy, random_state=0)
        assert set(imputer.fit_transform(gaps)[lost]) <= {0, 1, 2, 3}


# Models


@pytest.mark.parametrize(
    "model",
    [
        None,
        RegularizedGAN(masked=True, hidden_layer_sizes=8, max_iter=5),
        RegularizedVAE(masked=True, hidden_layer_sizes=8, max_iter=5),
        clone(GAUSSIAN).set_params(standardize=TableEncoder("quantile")),
    ],
)
def test_every_model(model):
    X, _ = with_gaps(normal(100))
    before = None if model is None else model.get_params()
    filled = GenerativeImputer(model, n_draws=2, random_state=0).fit_transform(X)
    assert not np.isnan(filled).any()
    if model is not None:
        assert model.get_params() == before
        assert not hasattr(model, "n_features_in_")


def test_classes_are_taken_if_the_model_is_conditional():
    X, y = load_iris(return_X_y=True)
    gaps, lost = with_gaps(X, 0.4, columns=(2, 3))
    imputer = GenerativeImputer(RegularizedGaussian(conditional=True), random_state=0)
    errors = {}
    for bootstrap in (False, True):
        imputer.set_params(bootstrap=bootstrap, n_draws=3).fit(gaps, y)
        known = imputer.multiple_impute(gaps, y=y)
        drawn = imputer.multiple_impute(gaps)
        for name, tables in (("known", known), ("drawn", drawn)):
            errors[name] = np.mean([np.abs(table - X)[lost].mean() for table in tables])
        assert errors["known"] < errors["drawn"] < 0.5
    with pytest.raises(ValueError, match="y"):
        clone(imputer).fit(gaps)
    ignored = clone(imputer).set_params(model=GAUSSIAN, bootstrap=False).fit(gaps, y)
    np.testing.assert_array_equal(ignored.transform(gaps), clone(ignored).fit(gaps).transform(gaps))
    with pytest.raises(ValueError, match="y needs a model trained with conditional=True"):
        ignored.multiple_impute(gaps, y=y)


# Several times


def test_tables_of_multiple_imputation():
    gaps, lost = with_gaps(normal())
    imputer = GenerativeImputer(GAUSSIAN, n_draws=4, random_state=0).fit(gaps)
    tables = imputer.multiple_impute(gaps)
    assert len(tables) == 4
    stack = np.stack(tables)
    assert (stack[:, ~lost] == gaps[~lost]).all()
    assert (np.ptp(stack[:, lost], axis=0) > 0).all()
    for one, other in zip(imputer.multiple_impute(gaps, 2), tables, strict=False):
        np.testing.assert_array_equal(one, other)
    (single,) = imputer.multiple_impute(gaps, 1, random_state=5)
    assert (single[lost] != tables[0][lost]).all()
    imputer.set_params(strategy="draw")
    np.testing.assert_array_equal(imputer.transform(gaps), tables[0])


def test_an_int_repeats_and_none_draws_afresh():
    gaps, lost = with_gaps(normal())
    for strategy in ("mean", "draw"):
        imputer = GenerativeImputer(GAUSSIAN, strategy=strategy, random_state=3).fit(gaps)
        np.testing.assert_array_equal(imputer.transform(gaps), imputer.transform(gaps))
        free = clone(GAUSSIAN).set_params(random_state=None)
        afresh = GenerativeImputer(free, strategy=strategy).fit(gaps)
        assert (afresh.transform(gaps)[lost] != afresh.transform(gaps)[lost]).all()


def pooled(tables, column):
    """Rubin's mean of a column, and the half width of its 95 % interval."""
    means = np.array([table[:, column].mean() for table in tables])
    within = np.mean([table[:, column].var(ddof=1) / len(table) for table in tables])
    m, between = len(tables), means.var(ddof=1)
    total = within + (1 + 1 / m) * between
    freedom = (m - 1) * (1 + within / ((1 + 1 / m) * between)) ** 2
    return means.mean(), student.ppf(0.975, freedom) * np.sqrt(total)


def test_intervals_by_rubins_rules_hold_the_truth_and_those_of_one_mean_do_not():
    repeats, m = 60, 5
    held = dict.fromkeys(("multiple", "bootstrap", "mean"), 0)
    for seed in range(repeats):
        gaps, _ = with_gaps(normal(100, 1000 + seed, correlation=0.6), 0.4, 5000 + seed)
        for name in ("multiple", "bootstrap"):
            imputer = GenerativeImputer(
                GAUSSIAN, bootstrap=name == "bootstrap", n_draws=m, random_state=seed
            )
            mean, half = pooled(imputer.fit(gaps).multiple_impute(gaps), 1)
            held[name] += abs(mean) < half
        once = imputer.transform(gaps)[:, 1]
        held["mean"] += abs(once.mean()) < student.ppf(0.975, 99) * once.std(ddof=1) / 10
    shares = {name: count / repeats for name, count in held.items()}
    tolerance = 3 * np.sqrt(0.95 * 0.05 / repeats)
    assert abs(shares["bootstrap"] - 0.95) < tolerance, shares
    assert abs(shares["multiple"] - 0.95) < tolerance, shares
    assert shares["mean"] < 0.95 - tolerance, shares


def test_the_bootstrap_adds_the_uncertainty_of_the_model():
    X = normal(30)
    gaps, _ = with_gaps(X, 0.5)
    between = {}
    for bootstrap in (False, True):
        imputer = GenerativeImputer(GAUSSIAN, bootstrap=bootstrap, n_draws=40, random_state=0)
        tables = imputer.fit(gaps).multiple_impute(gaps)
        between[bootstrap] = np.var([table[:, 1].mean() for table in tables], ddof=1)
        assert len(imputer.models_) == (40 if bootstrap else 1)
    assert between[True] > 1.3 * between[False]
    assert imputer.model_ not in imputer.models_
    assert not np.isnan(imputer.transform(gaps)).any()
    with pytest.raises(ValueError, match="n_draws must be at most 40"):
        imputer.multiple_impute(gaps, 41)


def test_the_bootstrap_has_a_value_of_each_column():
    X = np.column_stack([normal(60), np.full(60, np.nan)])
    X[:2, 2] = [1.5, 2.5]
    imputer = GenerativeImputer(MIXTURE, bootstrap=True, n_draws=12, random_state=0).fit(X)
    assert not np.isnan(imputer.multiple_impute(X)).any()


# In scikit-learn


def test_in_a_pipeline():
    X, y = load_iris(return_X_y=True)
    gaps, _ = with_gaps(X, 0.3, columns=range(4))
    imputer = GenerativeImputer(RegularizedGaussian(), n_draws=5, random_state=0)
    pipe = make_pipeline(imputer, StandardScaler(), LogisticRegression())
    assert cross_val_score(pipe, gaps, y, cv=3).mean() > 0.85
    grid = {"generativeimputer__strategy": ["mean", "draw"], "generativeimputer__n_draws": [2]}
    search = GridSearchCV(pipe, grid, cv=2).fit(gaps, y)
    assert search.best_score_ > 0.8
    search = GridSearchCV(pipe, {"generativeimputer__model__alpha": [0.1, 1.0]}, cv=2)
    assert len(search.fit(gaps, y).cv_results_["params"]) == 2


def test_in_a_column_transformer():
    X = mixed()[["size", "color", "count", "single"]]
    X = without_cells(X, np.random.default_rng(0).random(X.shape) < 0.2)
    X = X.assign(other=1.0)
    parts = [("gaps", GenerativeImputer(MIXTURE, random_state=0), ["size", "count", "color"])]
    made = ColumnTransformer(parts, remainder="drop").set_output(transform="pandas")
    filled = made.fit_transform(X)
    assert list(filled) == ["gaps__size", "gaps__count", "gaps__color"]
    assert not filled.isna().any(axis=None)
    imputer = GenerativeImputer(MIXTURE, random_state=0)
    coded = ColumnTransformer([("coded", OneHotEncoder(), ["color"])], remainder="passthrough")
    rows = make_pipeline(imputer, coded).fit_transform(X)
    assert not np.isnan(rows.astype(float)).any()


def test_output_as_asked_for():
    gaps, _ = with_gaps(normal())
    imputer = GenerativeImputer(GAUSSIAN, random_state=0).fit(gaps)
    assert imputer.get_feature_names_out().tolist() == ["x0", "x1"]
    plain = imputer.transform(gaps)
    for kind, of in (("pandas", pd.DataFrame), ("polars", pl.DataFrame)):
        framed = clone(imputer).set_output(transform=kind).fit(gaps).transform(gaps)
        assert isinstance(framed, of)
        assert list(framed.columns) == ["x0", "x1"]
        np.testing.assert_array_equal(framed.to_numpy(), plain)
    table = pd.DataFrame(gaps, columns=["a", "b"], index=np.arange(len(gaps)) + 7)
    imputer = clone(imputer).set_output(transform="pandas").fit(table)
    assert imputer.get_feature_names_out().tolist() == ["a", "b"]
    assert imputer.feature_names_in_.tolist() == ["a", "b"]
    assert imputer.transform(table).index.equals(table.index)
    for given in (pl.DataFrame(table), pa.Table.from_pandas(table, preserve_index=False)):
        out = clone(imputer).set_output(transform="default").fit(given).transform(given)
        assert type(out) is type(given)


@both
def test_copies(strategy):
    gaps, _ = with_gaps(normal(100))
    imputer = GenerativeImputer(GAUSSIAN, strategy=strategy, random_state=0).fit(gaps)
    again = pickle.loads(pickle.dumps(imputer))
    np.testing.assert_array_equal(again.transform(gaps), imputer.transform(gaps))
    assert clone(imputer).get_params()["strategy"] == strategy
    assert not hasattr(clone(imputer), "model_")


def test_fitting_anew_forgets_names_and_failing_changes_nothing():
    gaps, _ = with_gaps(normal(100))
    imputer = GenerativeImputer(GAUSSIAN, random_state=0)
    imputer.fit(pd.DataFrame(gaps, columns=["a", "b"])).fit(gaps)
    assert not hasattr(imputer, "feature_names_in_")
    model = imputer.model_
    with pytest.raises(ValueError, match="inf"):
        imputer.fit(np.where(np.isnan(gaps), np.inf, gaps))
    assert imputer.model_ is model


# What is refused

GAPS = np.array([[1.0, np.nan], [2.0, 3.0], [4.0, 5.0]])
EMPTY = np.array([[1.0, np.nan], [2.0, np.nan], [4.0, np.nan]])


@pytest.mark.parametrize(
    ("settings", "X", "error", "message"),
    [
        ({"model": LogisticRegression()}, GAPS, TypeError, "model must be a model of regan"),
        ({"model": "mixture"}, GAPS, TypeError, "model must be .*, got 'mixture'"),
        ({"model": RegularizedGAN()}, GAPS, ValueError, "RegularizedGAN .* set masked=True"),
        ({"strategy": "median"}, GAPS, ValueError, "strategy='median' is not known"),
        ({"n_draws": 0}, GAPS, ValueError, "n_draws must be an integer >= 1, got 0"),
        ({"n_draws": 1.5}, GAPS, TypeError, "n_draws must be an integer"),
        ({"bootstrap": 1}, GAPS, TypeError, "bootstrap must be True or False"),
        ({"random_state": "x"}, GAPS, ValueError, "random_state must be"),
        ({}, EMPTY, ValueError, "X has no values in column 1, .* leave these columns out"),
        ({}, pd.DataFrame(EMPTY, columns=["a", "b"]), ValueError, "no values in column 'b'"),
        ({}, GAPS[:1], ValueError, "minimum of 2 is required|no values"),
        ({"model": RegularizedGaussian(standardize=False)}, GAPS, ValueError, "NaN"),
    ],
)
def test_what_fit_refuses(settings, X, error, message):
    with pytest.raises(error, match=message):
        GenerativeImputer(**{"model": GAUSSIAN, **settings}).fit(X)


def test_what_transform_refuses():
    gaps, _ = with_gaps(normal(100))
    imputer = GenerativeImputer(GAUSSIAN, random_state=0).fit(gaps)
    with pytest.raises(ValueError, match="X has 3 features, but"):
        imputer.transform(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="inf"):
        imputer.transform([[np.inf, 1.0]])
    with pytest.raises(ValueError, match="n_draws must be an integer >= 1"):
        imputer.multiple_impute(gaps, 0)
    with pytest.raises(ValueError, match="strategy='best'"):
        imputer.set_params(strategy="best").transform(gaps)
    table = pd.DataFrame({"a": [1.0, 2, 3], "b": ["u", None, "v"]})
    imputer = GenerativeImputer(MIXTURE).fit(table)
    with pytest.raises(ValueError, match="feature names should match"):
        imputer.transform(table[["b", "a"]])
    with pytest.raises(TypeError, match="give a DataFrame"):
        imputer.transform(table.to_numpy())


def test_pandas_is_not_needed_for_arrays_without_gaps():
    program = """
import sys
sys.modules["pandas"] = None
import numpy as np
from regan import GenerativeImputer, RegularizedGaussian
X = np.random.default_rng(0).normal(size=(50, 2))
GenerativeImputer(RegularizedGaussian()).fit(X).transform(X)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
