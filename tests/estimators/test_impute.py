"""Imputation: missing cells are drawn given the others, and nothing else changes."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from regan import RegularizedGAN, RegularizedGANCV
from regan.data import TableEncoder
from tests.support.conditioned_tables import SMALL, mixture, mixture_under_rules, ruled, table

LIBRARIES = {"polars": pl.from_pandas, "pyarrow": pa.Table.from_pandas}


@pytest.fixture(scope="module")
def fitted():
    return mixture().fit(table())


@pytest.fixture(scope="module")
def under_rules():
    return mixture_under_rules()


def gappy(X, share=0.3, seed=1):
    """The same with missing cells, in dtypes that hold them."""
    rng = np.random.default_rng(seed)
    floats = {name: float for name in X if X[name].dtype.kind == "i"}
    return X.astype(floats).mask(rng.random(X.shape) < share)


def test_missing_cells_are_filled_and_others_stay(fitted):
    X = gappy(table()[:200]).set_axis([f"row {i}" for i in range(200)])
    before = X.copy()
    filled = fitted.impute(X)
    assert_frame_equal(X, before)
    assert not filled.isna().to_numpy().any()
    assert (filled.dtypes == X.dtypes).all()
    assert_frame_equal(filled.where(X.notna()), X)
    assert filled.index.equals(X.index)
    assert (filled.age % 1 == 0).all()
    assert filled.since.between(*table().since.agg(["min", "max"])).all()


def test_draws_differ_and_are_the_same_for_a_seed(fitted):
    X = gappy(table()[:60])
    three = fitted.impute(X, 3, 5)
    assert isinstance(three, list)
    assert len(three) == 3
    assert not three[0].equals(three[1])
    assert_frame_equal(fitted.impute(X, 1, 5), three[0])
    assert_frame_equal(fitted.impute(X, 2, 5)[1], three[1])
    assert not fitted.impute(X, 1, 6).equals(three[0])
    assert_frame_equal(fitted.impute(X), fitted.impute(X))  # random_state of the constructor


def test_cells_are_drawn_given_the_others(fitted):
    """Ages of Nice are about 60 and others 40, in the data and so in the model."""
    X = pd.DataFrame({"city": ["Nice"] * 500 + ["Lyon"] * 500}).reindex(columns=table().columns)
    filled = fitted.impute(X.astype({"since": "datetime64[us]"}), 1, 0)
    nice, lyon = filled.age[:500].astype(float), filled.age[500:].astype(float)
    assert nice.mean() == pytest.approx(60, abs=2)
    assert lyon.mean() == pytest.approx(40, abs=2)
    assert nice.std() == pytest.approx(10, abs=2)


def test_a_line_is_followed():
    rng = np.random.default_rng(0)
    A = rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 1000)
    model = mixture(n_components=1, covariance_type="full").fit(A)
    X = np.c_[np.repeat([-1.0, 2.0], 400), np.full(800, np.nan)]
    draws = model.impute(X, 2, 0)
    for low, high in (draw[:, 1].reshape(2, 400) for draw in draws):
        assert low.mean() == pytest.approx(-0.9, abs=0.1)
        assert high.mean() == pytest.approx(1.8, abs=0.1)
        assert high.std() == pytest.approx(np.sqrt(1 - 0.81), abs=0.06)


def test_without_gaps_there_is_a_copy(fitted):
    X = table().dropna()
    for draw in (fitted.impute(X), *fitted.impute(X, 2)):
        assert_frame_equal(draw, X)
        assert draw is not X
    A = np.random.default_rng(0).normal(size=(40, 2))
    copy = mixture().fit(A).impute(A)
    np.testing.assert_array_equal(copy, A)
    assert not np.shares_memory(copy, A)


def test_rows_without_any_cell(fitted):
    X = table()[:5].astype({"age": float})
    X.loc[[1, 3]] = None
    filled = fitted.impute(X)
    assert not filled.isna().to_numpy()[[1, 3]].any()


@pytest.mark.parametrize("kind", ["list", "float32", "objects", "frame"])
def test_arrays_of_numbers(kind):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(100, 3)).astype("float32" if kind == "float32" else "float64")
    gaps = A[:20].copy()
    gaps[rng.random(gaps.shape) < 0.3] = np.nan
    X = {
        "list": gaps.tolist(),
        "float32": gaps,
        "objects": np.where(np.isnan(gaps), None, gaps.astype(object)),
        "frame": pd.DataFrame(gaps, columns=list("abc")),
    }[kind]
    model = mixture().fit(pd.DataFrame(A, columns=list("abc")) if kind == "frame" else A)
    filled = model.impute(X)
    assert type(filled) is (pd.DataFrame if kind == "frame" else np.ndarray)
    if kind == "objects":
        assert filled.dtype == object
    values = np.asarray(filled, dtype=gaps.dtype)
    assert not np.isnan(values).any()
    np.testing.assert_array_equal(values[~np.isnan(gaps)], gaps[~np.isnan(gaps)])


def test_an_array_that_was_read_as_a_table():
    X = table()[["age", "paid"]].to_numpy()
    filled = mixture(standardize=TableEncoder()).fit(X).impute(X)
    assert not np.isnan(filled).any()
    np.testing.assert_array_equal(filled[:, 0], X[:, 0])


@pytest.mark.parametrize(
    "convert", [pl.from_pandas, pa.Table.from_pandas], ids=["polars", "pyarrow"]
)
def test_tables_of_other_libraries(fitted, convert):
    plain = gappy(table()[:50]).reset_index(drop=True)
    X = convert(plain)
    for model in (fitted, mixture().fit(convert(table()))):
        filled = model.impute(X)
        assert filled.schema == X.schema
        back = filled.to_pandas().astype(plain.dtypes)
        assert not back.isna().to_numpy().any()
        assert_frame_equal(back.where(plain.notna()), plain, check_dtype=False)


def test_nullable_dtypes_and_objects(fitted):
    X = gappy(table()[:50]).astype({"age": "Int64", "city": "string", "paid": "Float64"})
    filled = fitted.impute(X)
    assert (filled.dtypes == X.dtypes).all()
    assert not filled.isna().to_numpy().any()


def test_what_the_data_had_not_stays_and_tells_nothing(fitted):
    X = table()[:4].astype({"age": float})
    X.loc[0, ["age", "paid"]] = [140, np.nan]
    X.loc[1, ["city", "age"]] = ["Metz", np.nan]
    X.loc[2, "paid"] = np.nan
    filled = fitted.impute(X)
    assert filled.age[0] == 140
    assert filled.city[1] == "Metz"
    assert not filled.isna().to_numpy().any()


def test_categories_that_a_table_lacks_are_added():
    X = table()
    some = gappy(X[X.grade != "high"], 0.6).astype({"grade": object})
    some["grade"] = pd.Categorical(some.grade, ["low", "mid"], ordered=True)
    filled = mixture().fit(X).impute(some)
    assert filled.grade.dtype == X.grade.dtype
    assert not filled.grade.isna().any()


def test_columns_that_models_make_nothing_of_keep_their_gaps():
    X = table()[["city", "age"]].assign(none=None, key=[f"K{i:04d}" for i in range(len(table()))])
    model = mixture(standardize=TableEncoder(ids="sequence")).fit(X)
    some = gappy(X[:40])
    filled = model.impute(some)
    assert filled.none.isna().all()
    assert_frame_equal(filled[["key"]], some[["key"]])
    assert not filled[["city", "age"]].isna().to_numpy().any()


# Rules and classes


def test_rules_hold_where_cells_are_filled(under_rules):
    X = gappy(ruled()[:150])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        filled = under_rules.impute(X)
    assert (filled.start <= filled.end).all()
    np.testing.assert_allclose(filled.a + filled.b, filled.total, rtol=0, atol=1e-9)
    np.testing.assert_allclose(filled.y, 1 - 3 * filled.x, rtol=0, atol=1e-6)
    assert ((filled.old == "yes") == (filled.x > 0.5)).all()
    assert set(zip(filled.town, filled.land, strict=True)) <= {
        *zip(ruled().town, ruled().land, strict=True)
    }


def test_cells_that_do_not_go_together_are_told(under_rules):
    X = ruled()[:3]
    X.loc[1, ["town", "land", "x", "y"]] = ["Lyon", "D", np.nan, np.nan]
    with pytest.warns(UserWarning, match="in 1 of 1 rows with missing cells, the observed cells"):
        filled = under_rules.impute(X)
    assert filled.land[1] == "D"
    assert not filled.isna().to_numpy().any()


def test_classes_of_rows():
    X = table()
    model = mixture(conditional=True).fit(X.drop(columns="city"), X.city)
    some = X.drop(columns="city")[:300].assign(age=np.nan)
    nice, lyon = (model.impute(some, 1, 0, y=y).age.mean() for y in ("Nice", ["Lyon"] * 300))
    assert nice > lyon + 10
    assert lyon < model.impute(some, 1, 0).age.mean() < nice


# Bad input


BAD = {
    "no draws": ({"n_draws": 0}, ValueError, "n_draws must be an integer >= 1, got 0"),
    "less than none": ({"n_draws": -2}, ValueError, "n_draws must be an integer >= 1, got -2"),
    "half a draw": ({"n_draws": 1.5}, TypeError, "n_draws must be an integer, got 1.5"),
    "a random state": ({"random_state": "x"}, ValueError, "random_state must be"),
    "classes": ({"y": "a"}, ValueError, "y needs a model trained with conditional=True"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments(fitted, name):
    arguments, error, message = BAD[name]
    with pytest.raises(error, match=message):
        fitted.impute(table(), **arguments)


TABLES = {
    "other columns": (
        table().rename(columns={"age": "years"}),
        ValueError,
        "yet now missing:\n- age",
    ),
    "too few": (table()[["city", "age"]], ValueError, "yet now missing:\n- grade"),
    "another dtype": (table().astype({"age": str}), TypeError, "column 'age' held numbers in"),
    "an array": (np.ones((3, 5)), TypeError, "the training data were a DataFrame"),
    "no rows": (table()[:0], ValueError, r"0 sample\(s\)"),
    "infinity": (table().assign(paid=np.inf), ValueError, "inf in column 'paid'"),
}


@pytest.mark.parametrize("name", TABLES)
def test_bad_tables(fitted, name):
    X, error, message = TABLES[name]
    with pytest.raises(error, match=message):
        fitted.impute(X)


def test_bad_arrays():
    A = np.random.default_rng(0).normal(size=(40, 2))
    model = mixture().fit(A)
    for X, error, message in (
        (A[:, :1], ValueError, "1 features"),
        (np.array([["x", None]], dtype=object), TypeError, "holds 'x'"),
        (np.array([[np.inf, np.nan]]), ValueError, "inf"),
    ):
        with pytest.raises(error, match=message):
            model.impute(X)


def test_numbers_need_a_model_that_is_given_them():
    gan = RegularizedGAN(**SMALL).fit(table())
    X = gappy(table()[:30])
    with pytest.raises(
        ValueError, match=r"numbers, such as those of column .*, and this RegularizedGAN cannot"
    ):
        gan.impute(X)
    levels = table()[["city", "grade"]]
    some = gappy(levels[:40])
    filled = RegularizedGAN(**SMALL).fit(levels).impute(some)
    assert not filled.isna().to_numpy().any()
    assert_frame_equal(filled.where(some.notna()), some)


def test_searches_impute():
    search = RegularizedGANCV(RegularizedGAN(**SMALL), alphas=[0.1], cv=2)
    X = table()[["city", "grade"]]
    assert not search.fit(X).impute(gappy(X[:20])).isna().to_numpy().any()
