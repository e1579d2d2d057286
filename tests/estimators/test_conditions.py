"""Samples under conditions: they hold in every row, and the other cells are drawn given them."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from library_tables import of_arrow, of_polars
from mixed_tables import mixed
from pandas.testing import assert_frame_equal
from scipy.stats import ks_2samp

import regan
from regan import Range, RegularizedGAN, RegularizedGANCV, RegularizedGaussian, RegularizedVAE
from regan.data import Sum, TableEncoder
from regan.estimators import conditioned
from regan.estimators.view import ModelView
from tests.support.conditioned_tables import (
    SMALL,
    N,
    mixture,
    mixture_under_rules,
    ruled,
    table,
)


@pytest.fixture(scope="module")
def fitted():
    return mixture().fit(table())


@pytest.fixture(scope="module")
def gan():
    return RegularizedGAN(**SMALL).fit(table())


HOLDS = {
    "a level": ({"city": "Lyon"}, lambda X: X.city == "Lyon"),
    "a number": ({"age": 61}, lambda X: X.age == 61),
    "a number between those of the data": ({"paid": 33.25}, lambda X: X.paid == 33.25),
    "a date": ({"since": "2021-06-01"}, lambda X: X.since == pd.Timestamp("2021-06-01")),
    "a range": ({"age": Range(60, 70)}, lambda X: X.age.between(60, 70)),
    "a range of dates": (
        {"since": Range("2021-06-01", "2021-06-30")},
        lambda X: X.since.between("2021-06-01", "2021-06-30"),
    ),
    "an open range": ({"paid": Range(100)}, lambda X: X.paid >= 100),
    "no missing cell": ({"paid": Range()}, lambda X: X.paid.notna()),
    "a missing cell": ({"paid": None}, lambda X: X.paid.isna()),
    "an order": ({"grade": Range("mid", None)}, lambda X: X.grade >= "mid"),
    "levels": ({"city": ["Bonn", "Nice"]}, lambda X: X.city.isin(["Bonn", "Nice"])),
    "numbers": ({"age": [40, 50, 60]}, lambda X: X.age.isin([40, 50, 60])),
    "several": (
        {"city": "Nice", "age": Range(None, 50), "paid": None, "grade": "low"},
        lambda X: (X.city == "Nice") & (X.age <= 50) & X.paid.isna() & (X.grade == "low"),
    ),
}


@pytest.mark.parametrize("name", HOLDS)
def test_conditions_hold_in_every_row(fitted, name):
    conditions, holds = HOLDS[name]
    X = fitted.sample(300, conditions=conditions)
    assert len(X) == 300
    assert holds(X).all()
    assert (X.dtypes == table().dtypes).all()
    free = [column for column in X if column not in conditions]
    assert (X[free].nunique() > 1).all()


@pytest.mark.parametrize("name", [name for name in HOLDS if "between those" not in name])
def test_they_hold_by_rejection_alone(gan, name):
    conditions, holds = HOLDS[name]
    assert holds(gan.sample(20, conditions=conditions)).all()


@pytest.mark.parametrize("name", HOLDS)
def test_the_first_rows_are_the_same_whatever_their_number_is(fitted, name):
    conditions, _ = HOLDS[name]
    many = fitted.sample(2000 if name != "several" else 150, 3, conditions=conditions)
    assert_frame_equal(fitted.sample(7, 3, conditions=conditions), many[:7])
    assert not fitted.sample(7, 4, conditions=conditions).equals(many[:7])


def test_the_other_cells_are_drawn_given_the_conditions(fitted):
    """As among the rows of plain samples that happen to fulfil them."""
    many = fitted.sample(60_000, 1)
    for conditions, chosen in (
        ({"city": "Nice"}, many.city == "Nice"),
        ({"age": Range(70, None)}, many.age >= 70),
        (
            {"grade": "mid", "paid": Range(50, 60)},
            (many.grade == "mid") & many.paid.between(50, 60),
        ),
        ({"paid": None}, many.paid.isna()),
    ):
        own, other = fitted.sample(3000, 2, conditions=conditions), many[chosen]
        for name in ("age", "paid"):
            both = own[name].dropna(), other[name].dropna()
            if len(both[0]):
                assert ks_2samp(*both).pvalue > 1e-3
        shares = [X.city.value_counts(normalize=True) for X in (own, other)]
        assert shares[0].sub(shares[1], fill_value=0).abs().max() < 0.05


def test_nothing_asked_for_is_a_plain_sample(fitted):
    expected = fitted.sample(5, 0)
    assert_frame_equal(fitted.sample(5, 0, conditions=None), expected)
    assert_frame_equal(fitted.sample(5, 0, conditions={}), expected)


# Tables of conditions


def test_each_row_of_a_table_has_rows_in_order(fitted):
    given = pd.DataFrame({"age": [20, np.nan, 70], "city": ["Lyon", "Bonn", None]})
    X = fitted.sample(4, conditions=given)
    assert len(X) == 12
    assert (X.age[:4] == 20).all()
    assert (X.city[:4] == "Lyon").all()
    assert (X.city[4:8] == "Bonn").all()
    assert (X.age[8:] == 70).all()
    assert X.age[4:8].nunique() > 1
    assert_frame_equal(X, fitted.sample(4, conditions=given))


def test_rows_that_are_given_as_a_whole_come_back(fitted):
    given = table().dropna()[:20].reset_index(drop=True)
    assert_frame_equal(fitted.sample(conditions=given), given)
    row = given.iloc[0].to_dict()
    assert_frame_equal(fitted.sample(conditions=row), given[:1])


def test_a_table_that_asks_for_nothing(fitted):
    X = fitted.sample(3, conditions=pd.DataFrame({"city": [None, None]}))
    assert len(X) == 6
    assert X.city.nunique() > 1


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_tables_of_other_libraries(library):
    convert = {"polars": pl.from_pandas, "pyarrow": pa.Table.from_pandas}[library]
    model = mixture().fit(convert(table()))
    given = convert(pd.DataFrame({"age": [20.0, None, 70], "city": ["Lyon", "Bonn", None]}))
    X = model.sample(2, conditions=given)
    assert type(X) is type(given)
    assert X.schema == model.sample(2).schema
    assert X["age"].to_numpy()[[0, 1, 4, 5]].tolist() == [20, 20, 70, 70]
    assert X["city"].to_numpy()[:4].tolist() == ["Lyon", "Lyon", "Bonn", "Bonn"]
    where = {"since": "2021-06-01", "city": ["Lyon", "Nice"], "paid": None}
    rows = model.sample(9, conditions=where).to_pandas()
    assert (rows.since == pd.Timestamp("2021-06-01")).all()
    assert rows.paid.isna().all()


WHOLE_TABLES = {"pandas": mixed(), "polars": of_polars(), "pyarrow": of_arrow()}


@pytest.mark.parametrize("library", WHOLE_TABLES)
def test_a_value_of_any_dtype_comes_back(library):
    X = WHOLE_TABLES[library]
    model = mixture(n_components=2, standardize=TableEncoder(ids="keep")).fit(X)
    for column in model.table_encoder_.columns_:
        for value in _cells(X[column.name])[:3]:
            made = _cells(model.sample(3, conditions={column.name: value})[column.name])
            assert all(cell == value or pd.isna(cell) & pd.isna(value) for cell in made)


@pytest.mark.parametrize("library", WHOLE_TABLES)
def test_whole_rows_of_any_dtype_come_back(library):
    X = WHOLE_TABLES[library]
    model = mixture(n_components=2, standardize=TableEncoder(ids="keep")).fit(X)
    rows = X.slice(0, 4) if library == "pyarrow" else X[:4]
    made = model.sample(conditions=rows)
    for column in model.table_encoder_.columns_:
        pairs = zip(_cells(made[column.name]), _cells(rows[column.name]), strict=True)
        assert all(a == b or pd.isna(a) & pd.isna(b) for a, b in pairs)


def _cells(column):
    """The cells of a column of any library, as objects of Python."""
    listing = next(name for name in ("to_pylist", "to_list") if hasattr(column, name))
    return getattr(column, listing)()


ARRAYS = {
    "float64": (np.float64, False),
    "float32": (np.float32, False),
    "a frame": (np.float64, True),
    "a frame of float32": (np.float32, True),
}


@pytest.mark.parametrize("standardize", [True, False, "quantile"])
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name, standardize):
    dtype, named = ARRAYS[name]
    rng = np.random.default_rng(0)
    A = rng.normal(size=(300, 3))
    A[:, 2] += 2 * A[:, 0]
    X = A.astype(dtype)
    a, c = ("a", "c") if named else (0, 2)
    model = mixture(standardize=standardize).fit(
        pd.DataFrame(X, columns=list("abc")) if named else X
    )
    rows = np.asarray(model.sample(200, conditions={a: 0.3, c: Range(1, 2)}))
    assert rows.dtype == dtype
    assert (rows[:, 0] == dtype(0.3)).all()
    assert (rows[:, 2] >= 1).all()
    assert (rows[:, 2] <= 2).all()
    given = np.full((2, 3), np.nan)
    given[0, 1], given[1] = 0.5, X[7]
    rows = np.asarray(
        model.sample(conditions=pd.DataFrame(given, columns=list("abc")) if named else given)
    )
    assert rows[0, 1] == dtype(0.5)
    np.testing.assert_array_equal(rows[1], X[7])


def test_an_array_with_missing_cells():
    X = table()[["age", "paid"]].to_numpy()
    model = mixture(standardize=TableEncoder()).fit(X)
    assert np.isnan(model.sample(50, conditions={1: None})[:, 1]).all()
    assert (model.sample(50, conditions={0: 60})[:, 0] == 60).all()


# Classes


@pytest.fixture(scope="module")
def by_class():
    X = table()
    return mixture(conditional=True).fit(X.drop(columns="city"), X.city)


def test_conditions_beside_classes(by_class):
    X, y = by_class.sample(
        90, y=["Bonn", "Lyon", "Nice"] * 30, return_y=True, conditions={"age": Range(50, 60)}
    )
    assert X.age.between(50, 60).all()
    assert y.tolist() == ["Bonn", "Lyon", "Nice"] * 30
    assert (by_class.sample(40, y="Nice", conditions={"age": 50}).age == 50).all()
    given = pd.DataFrame({"age": [30, 60]})
    assert by_class.sample(2, y=["Bonn"] * 4, conditions=given).age.tolist() == [30, 30, 60, 60]


def test_classes_go_with_ranges(by_class):
    """By rejection, so in the shares that classes have among such rows."""
    _, y = by_class.sample(2000, 0, return_y=True, conditions={"age": Range(65, None)})
    X, other = by_class.sample(40_000, 1, return_y=True)
    expected = (other[X.age >= 65] == "Nice").mean()
    assert (y == "Nice").mean() == pytest.approx(expected, abs=0.05)
    assert expected > 0.6


def test_bad_classes_beside_conditions(by_class, fitted):
    given = pd.DataFrame({"age": [30, 60]})
    with pytest.raises(ValueError, match="y must be one label or 4 labels, got 2"):
        by_class.sample(2, y=["Bonn"] * 2, conditions=given)
    with pytest.raises(ValueError, match="y needs a model trained with conditional=True"):
        fitted.sample(y="Bonn", conditions={"age": 50})


# Rules


@pytest.fixture(scope="module")
def under_rules():
    return mixture_under_rules()


UNDER_RULES = {
    "a source": {"town": "Lyon"},
    "what follows from it": {"land": "F"},
    "both": {"town": "Bonn", "land": "D"},
    "a number that follows": {"y": 2.0},
    "a range of it": {"y": Range(0, 1)},
    "a level that follows from a number": {"old": "yes"},
    "it and a source": {"old": "yes", "x": Range(0.5, 0.7)},
    "a part": {"a": 20.0},
    "the parts": {"a": 20.0, "b": 30.0},
    "all of a sum": {"a": 20.0, "b": 30.0, "total": 50.0},
    "a part and the sum": {"b": 30.0, "total": 50.0},
    "a part and a range of the sum": {"b": 30.0, "total": Range(50, 60)},
    "the lower date": {"start": "2021-06-01"},
    "the upper date": {"end": "2021-06-01"},
    "both dates": {"start": "2021-06-01", "end": "2021-06-11"},
    "a range of the upper": {"end": Range("2021-06-01", "2021-07-01")},
}


@pytest.mark.parametrize("name", UNDER_RULES)
def test_rules_hold_beside_conditions(under_rules, name):
    X = under_rules.sample(60, conditions=UNDER_RULES[name])
    assert (X.start <= X.end).all()
    np.testing.assert_allclose(X.a + X.b, X.total, rtol=0, atol=1e-9)
    np.testing.assert_allclose(X.y, 1 - 3 * X.x, rtol=0, atol=1e-6)
    assert ((X.old == "yes") == (X.x > 0.5)).all()
    assert set(zip(X.town, X.land, strict=True)) <= {*zip(ruled().town, ruled().land, strict=True)}
    for column, value in UNDER_RULES[name].items():
        if isinstance(value, Range):
            assert X[column].between(value.low, value.high).all()
        else:
            assert (X[column] == value).all()


def test_parts_give_way_to_a_constant_sum():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet([2, 3, 4], N).round(3)
    shares[:, 2] = (1 - shares[:, :2].sum(axis=1)).round(3)
    encoder = TableEncoder(rules=[Sum(["u", "v", "w"], constant=1)])
    X = pd.DataFrame(shares, columns=list("uvw")).assign(k=rng.choice(["a", "b"], N))
    model = mixture(standardize=encoder).fit(X)
    for conditions in ({"u": 0.4}, {"u": 0.4, "k": "a"}, {"u": 0.4, "v": 0.1}):
        made = model.sample(100, conditions=conditions)
        assert (made.u == 0.4).all()
        np.testing.assert_allclose(made[["u", "v", "w"]].sum(axis=1), 1, rtol=0, atol=1e-9)


def test_a_number_that_is_known_beside_others_alone(under_rules):
    with pytest.raises(ValueError, match=r"'total' is tied to 'a' and 'b' .*a Range for"):
        under_rules.sample(conditions={"total": 50.0})


# What cannot be


@pytest.mark.parametrize("kind", [RegularizedGAN, RegularizedVAE])
def test_numbers_need_a_model_that_is_given_them(kind):
    model = kind(**SMALL).fit(table())
    with pytest.raises(
        ValueError, match=f"column 'paid' is numeric, and this {kind.__name__} cannot"
    ):
        model.sample(conditions={"paid": 33.25})
    assert (model.sample(3, conditions={"age": 50}).age == 50).all()


def test_conditions_that_are_hardly_ever_met(fitted, monkeypatch):
    monkeypatch.setattr(conditioned, "MOST_IN_VAIN", 3000)
    rare = {"since": ["2020-01-05", "2022-03-04"], "age": [20, 88], "city": "Bonn"}
    with pytest.raises(
        RuntimeError, match=r"generated 3072 rows, and only 0 of the 5 .*'since' is one of"
    ):
        fitted.sample(5, conditions=rare)
    monkeypatch.setattr(conditioned, "MOST_EACH", 100)
    with pytest.raises(RuntimeError, match=r"no row was found for 5 of the 5 .*'since' is one"):
        mixture(conditional=True).fit(table(), table().city).sample(5, y="Lyon", conditions=rare)


def test_several_numbers_that_are_never_met_are_refused(fitted):
    numbers = np.random.default_rng(0).normal(size=(200, 2))
    model = RegularizedGaussian(random_state=0).fit(numbers)
    with pytest.raises(ValueError, match=r"column 0 cannot be one of 2 values.*give one number"):
        model.sample(5, conditions={0: [0.5, 1.0]})
    assert set(fitted.sample(50, conditions={"age": [40, 41]}).age) <= {40, 41}


def test_no_whole_number_in_a_range(fitted):
    with pytest.raises(ValueError, match=r"'age' cannot be in .* whole numbers, and this range"):
        fitted.sample(5, conditions={"age": Range(30.2, 30.7)})
    with pytest.raises(ValueError, match=r"for a range, give Range\(60, None\)"):
        fitted.sample(5, conditions={"age": [60, None]})


def test_a_value_or_a_missing_cell():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=600), "kids": rng.integers(1, 4, 600).astype(float)})
    X.loc[rng.random(600) < 0.4, "kids"] = np.nan
    rows = mixture().fit(X).sample(2000, conditions={"kids": [2, None]}, random_state=0)
    share = X["kids"].isna().sum() / (X["kids"].isna() | (X["kids"] == 2)).sum()
    assert rows["kids"].isna().mean() == pytest.approx(share, abs=0.06)
    assert set(rows["kids"].dropna()) == {2.0}


def test_rare_rows_are_found(gan):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {"k": np.where(rng.random(5000) < 0.003, "rare", "often"), "x": rng.normal(size=5000)}
    )
    model = RegularizedGaussian(random_state=0).fit(X)
    made = model.sample(500, conditions={"k": "rare", "x": Range(1.5)})
    assert (made.k == "rare").all()
    assert (made.x >= 1.5).all()


BAD = {
    "no rows": ({"n_samples": 0, "conditions": {"age": 50}}, ValueError, "n_samples must be"),
    "an unknown column": ({"conditions": {"agee": 50}}, ValueError, "did you mean 'age'"),
    "several mappings": (
        {"conditions": [{"city": "Lyon"}, {"city": "Nice"}]},
        TypeError,
        "for several rows, give a DataFrame, such as pandas.DataFrame",
    ),
    "rejection": (
        {"conditions": {"age": 50}, "method": "rejection"},
        ValueError,
        "method='rejection' draws whole rows and cannot be combined with conditions",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments(gan, name):
    arguments, error, message = BAD[name]
    with pytest.raises(error, match=message):
        gan.sample(**arguments)


def test_models_that_are_not_fitted():
    with pytest.raises(Exception, match="not fitted yet"):
        RegularizedGAN().sample(conditions={"age": 50})


# Those that pass conditions on


def test_files_views_and_searches_take_conditions(fitted, gan, tmp_path):
    gan.save(tmp_path / "model.regan", sampler_only=True)
    assert (
        regan.load(tmp_path / "model.regan").sample(5, conditions={"city": "Nice"}).city == "Nice"
    ).all()
    rows = ModelView(fitted).sample(5, 0, conditions={"age": 50})
    assert (rows[:, 1] == 50).all()
    search = RegularizedGANCV(RegularizedGAN(**SMALL), alphas=[0.1], cv=2)
    X = table()[["city", "age"]]
    assert (search.fit(X).sample(5, conditions={"city": "Nice"}).city == "Nice").all()
