"""Tables of mixed columns: their encoding, and the way back."""

import datetime
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_tables import MODELS, N, mixed
from pandas.testing import assert_frame_equal, assert_index_equal
from scipy.stats import norm, rankdata
from sklearn import config_context
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import regan
from regan.data import TableEncoder


@pytest.fixture(scope="module")
def X():  # noqa: N802 - the field's name for it
    return mixed()


# There and back


@pytest.mark.parametrize("numeric", ["quantile", "standard", {"size": "standard"}], ids=str)
def test_the_way_back_is_exact(X, numeric):
    encoder = TableEncoder(numeric).fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    floats = ["size", "single", "real"]
    assert_frame_equal(back.drop(columns=floats), X.drop(columns=floats))
    assert_frame_equal(back[floats], X[floats], check_exact=False, rtol=1e-6)
    for name in floats:
        assert (back[name].min(), back[name].max()) == (X[name].min(), X[name].max())


def test_the_matrix_is_what_scikit_learn_makes(X):
    encoder = TableEncoder({"size": "standard"}, max_integer_levels=0, dependencies=False)
    matrix = encoder.fit_transform(X)
    names = list(encoder.get_feature_names_out())
    assert matrix.shape == (N, len(names)) == (N, encoder.n_numbers_ + sum(encoder.levels_))
    scaled = StandardScaler().fit_transform(X[["size"]].to_numpy())
    np.testing.assert_array_equal(matrix[:, [names.index("size")]], scaled)
    ranks = norm.ppf((rankdata(X["real"]) - 0.5) / N)
    np.testing.assert_allclose(matrix[:, names.index("real")], ranks)
    one_hot = OneHotEncoder(sparse_output=False).fit_transform(X[["color"]])
    start = names.index("color_blue")
    assert names[start : start + 3] == ["color_blue", "color_green", "color_red"]
    np.testing.assert_array_equal(matrix[:, start : start + 3], one_hot)
    # numbers first, then blocks in the order of the table; levels in the order of their dtype
    assert encoder.levels_ == (3, 2, 3, 4, 2, 2, 2, 1)
    assert names[: encoder.n_numbers_] == [
        "size", "count", "single", "big", "unsigned", "nullable", "real", "python", "always"
    ]  # fmt: skip
    start = names.index("grade_low")
    assert names[start : start + 3] == ["grade_low", "grade_mid", "grade_high"]
    np.testing.assert_array_equal(matrix[:, names.index("always")], 0)
    np.testing.assert_array_equal(matrix[:, names.index("one_same")], 1)


def test_numbers_that_a_model_makes_keep_to_dtype_and_range(X):
    encoder = TableEncoder().fit(X)
    wild = 100 * np.random.default_rng(1).normal(size=(500, encoder.transform(X).shape[1]))
    for matrix in (wild, wild.astype("float32"), np.full_like(wild, np.inf)):
        made = encoder.inverse_transform(matrix)
        assert_index_equal(made.columns, X.columns)
        assert (made.dtypes == X.dtypes).all()
        for name in X.select_dtypes("number"):
            assert made[name].min() >= X[name].min()
            assert made[name].max() <= X[name].max()
        for name in X.columns.difference(X.select_dtypes("number").columns):
            assert set(made[name].tolist()) <= set(X[name].tolist())
        assert all(type(value) is int for value in made["python"])
        assert "none" not in made["grade"].tolist()


columns = {
    "floats": st.lists(
        st.integers(-(10**12), 10**12).map(lambda v: v / 1000), min_size=3, max_size=3
    ),
    "integers": st.lists(st.integers(-(2**40), 2**40), min_size=3, max_size=3),
    "booleans": st.lists(st.booleans(), min_size=3, max_size=3),
    "strings": st.lists(st.text(max_size=4), min_size=3, max_size=3),
    "tuples": st.lists(st.tuples(st.integers(0, 1)), min_size=3, max_size=3),
}


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.fixed_dictionaries({}, optional=columns).filter(len), st.data())
def test_any_table_comes_back(content, data):
    X = pd.DataFrame({name: pd.Series(values) for name, values in content.items()})
    names = data.draw(st.permutations(list(X)))
    X = X[names]
    if "floats" in X:
        # a spread that is lost in rounding is refused
        spread, largest = np.ptp(X["floats"]), np.abs(X["floats"]).max()
        X["floats"] = X["floats"] if spread > 1e-3 * largest else largest
    encoder = TableEncoder().fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    assert_frame_equal(back, X, check_exact=False, rtol=1e-6, atol=1e-3)


@settings(deadline=None, max_examples=15, derandomize=True)
@given(
    st.fixed_dictionaries({}, optional=columns).filter(lambda some: len(some) > 1),
    st.lists(st.booleans(), min_size=5, max_size=5),
    st.integers(0, 2),
)
def test_cells_that_are_missing_together_come_back(content, whole, row):
    """Every third row lacks all cells, but for the first one, which has some."""
    X = pd.concat([pd.DataFrame(content)] * 4, ignore_index=True)
    if "floats" in X:
        X["floats"] = X.index / 4
    some = dict(zip(X, whole, strict=False))
    lost = X.index % 3 == row
    X = X.apply(lambda cells: cells.mask(lost & ((X.index > 2) | some[cells.name])))
    encoder = TableEncoder(max_integer_levels=2 * row, ids="keep").fit(X)
    assert len(encoder.together_) == 1
    back = encoder.inverse_transform(encoder.transform(X))
    assert_frame_equal(back, X, check_exact=False, rtol=1e-6, atol=1e-3)


def test_a_name_that_is_missing():
    X = pd.DataFrame(np.arange(8).reshape(4, 2), columns=[np.nan, 1.0])
    encoder = TableEncoder().fit(X)
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X.copy())), X)


def test_names_of_any_kind():
    numbers = np.arange(8.0)
    for columns in (
        pd.Index([3, 1], name="place"),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2)], names=["letter", "number"]),
        pd.Index(["b", "a"]),
    ):
        X = pd.DataFrame({0: numbers, 1: list("abab" * 2)})
        X.columns = columns
        encoder = TableEncoder().fit(X)
        assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)
        model = MODELS["gaussian"]().fit(X)
        assert_index_equal(model.sample(3).columns, columns)
        with pytest.raises(ValueError, match=r"the columns of X are|feature names"):
            model.score(X.iloc[:, ::-1])


def test_integers_that_are_levels_in_truth():
    X = pd.DataFrame({"code": [10, 20, 10, 30], "n": [1, 2, 3, 4]})
    encoder = TableEncoder(categorical=["code"]).fit(X)
    assert list(encoder.get_feature_names_out()) == ["n", "code_10", "code_20", "code_30"]
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)


def test_copies_of_models_with_intervals():
    X = pd.DataFrame({"x": range(30), "bin": pd.cut(np.arange(30), 3)})
    X["interval"] = pd.arrays.IntervalArray(X["bin"])
    model = MODELS["gaussian"]().fit(X)
    assert_frame_equal(pickle.loads(pickle.dumps(model)).sample(9), model.sample(9))
    assert (model.sample(9).dtypes == X.dtypes).all()


def test_rows_that_are_mistaken_for_other_tables_are_refused(X):
    encoder = TableEncoder().fit(X)
    with pytest.raises(ValueError, match="feature names"):
        encoder.transform(X.rename(columns={"size": "length"}))
    with pytest.raises(ValueError, match="yet now missing:\n- size"):
        encoder.transform(X.drop(columns="size"))
    with pytest.raises(ValueError, match=r"column 'color' has levels that were not in the training "
                       r"data: 'pink', in .*: the known .* 'blue', 'green', 'red'"):  # fmt: skip
        encoder.transform(X.assign(color=["pink", *X["color"][1:]]))
    with pytest.raises(TypeError, match="column 'size' held numbers in the training data"):
        encoder.transform(X.assign(size="tall"))
    with pytest.raises(ValueError, match=r"X must have 52 columns, got the shape \(2, 3\)"):
        encoder.inverse_transform(np.zeros((2, 3)))


DAY = datetime.datetime(2026, 1, 1)
REFUSED = {
    "dates beside text": (
        [DAY.date(), "soon"] * (N // 2),
        TypeError,
        r"'soon' \(str\) in 60 of .* 1, 3 and 5\), and '2026-01-01' \(date\) in row 0: convert",
    ),
    "inf": ([np.inf, *range(N - 1)], ValueError, r"X contains inf in column 'bad', in 1 of 120"),
    "huge": ([1e200, *range(N - 1)], ValueError, r"squares overflow the dtype in column 'bad'"),
    "a tiny spread": (
        [1e-200, *[0.0] * (N - 1)],
        ValueError,
        r"column 'bad' has a variance that overflows or underflows",
    ),
    "complex": ([1j] * N, ValueError, r"column 'bad' holds complex128: Complex data not sup"),
    "identifiers": (
        np.random.default_rng(0).integers(-(2**62), 2**62, N),
        ValueError,
        r"column 'bad' holds integers in a range beyond 2\*\*48",
    ),
    "lists": ([[1]] * N, TypeError, r"'bad' holds objects of the type list in 120 of"),
}


@pytest.mark.parametrize(("values", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_no_model_takes_yet(X, values, error, message):
    spoilt = X.assign(bad=values)
    for model in (TableEncoder(), *(make() for make in MODELS.values())):
        before = dict(vars(model))
        with pytest.raises(error, match=message):
            model.fit(spoilt)
        assert vars(model) == before
    encoder = TableEncoder().fit(X)
    with pytest.raises(error, match=message):
        encoder.fit(spoilt)
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X))[["color"]], X[["color"]])


MISSING = {
    "numbers": [np.nan, *np.arange(N - 1) / 7],
    "strings": [None, *["a", "b", "a"] * ((N - 1) // 3), *["b"] * ((N - 1) % 3)],
    "one level": pd.Categorical([None, *["a"] * (N - 1)]),
    "one integer": pd.array([None, *[1] * (N - 1)], dtype="Int64"),
    "one number": [np.nan, *[2.5] * (N - 1)],
}


@pytest.mark.parametrize("values", MISSING.values(), ids=MISSING)
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_missing_cells_come_back(X, values, model):
    X = X.assign(some=values)
    made = model().fit(X).sample(4000)
    assert (made.dtypes == X.dtypes).all()
    low, high = (getattr(X["some"].dropna().astype(object), end)() for end in ("min", "max"))
    assert all(low <= value <= high for value in made["some"].dropna())
    encoder = TableEncoder().fit(X)
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)
    assert encoder.columns_[-1].share == 1 / N


def test_rare_levels_are_pooled_on_request():
    shops = ["a"] * 50 + ["b"] * 30 + ["c"] * 9 + ["d"] * 7 + ["other"] * 3 + [None]
    X = pd.DataFrame({"shop": shops})
    with pytest.raises(ValueError, match=r"5 levels in 99 rows, more than max_levels=3: .*pool="):
        TableEncoder(max_levels=3).fit(X)
    encoder = TableEncoder(max_levels=3, pool="other").fit(X)
    assert encoder.columns_[0].present.levels.tolist() == ["a", "b", "other"]
    back = encoder.inverse_transform(encoder.transform(X))["shop"]
    assert back.value_counts().to_dict() == {"a": 50, "b": 30, "other": 19}
    assert back.isna().sum() == 1
    new = pd.DataFrame({"shop": ["a", "new", None]})
    back = encoder.inverse_transform(encoder.transform(new))["shop"]
    assert back[:2].tolist() == ["a", "other"]
    kept = TableEncoder(max_levels=5, pool="other").fit(X)
    assert kept.columns_[0].present.pool is None
    coded = pd.DataFrame({"shop": pd.Categorical(shops)})
    assert TableEncoder(max_levels=3, pool="other").fit(coded).levels_ == (4,)
    with pytest.raises(ValueError, match=r"no category 'rest' .* \.cat\.add_categories\('rest'\)"):
        TableEncoder(max_levels=3, pool="rest").fit(coded)
    codes = pd.DataFrame({"code": pd.Categorical(np.arange(20) % 9)})
    with pytest.raises(
        ValueError, match="9 levels, more than max_levels=3, and they are not strings"
    ):
        TableEncoder(max_levels=3, pool="rest").fit(codes)


INDICES = {
    "a name": (pd.RangeIndex(N, name="customer"), "'customer'"),
    "dates": (pd.date_range("2026", periods=N), "such as Timestamp"),
    "texts": ([f"r{i}" for i in range(N)], "such as 'r0'"),
    "two levels": (pd.MultiIndex.from_product([["a", "b"], range(N // 2)]), r"such as \('a', 0\)"),
}


@pytest.mark.parametrize(("index", "what"), INDICES.values(), ids=INDICES)
@pytest.mark.parametrize("columns", [["color"], ["size"]], ids=["mixed", "plain"])
def test_an_index_that_says_something_is_told_of(X, index, what, columns):
    model = MODELS["gaussian"]()
    some = X.assign(size=np.arange(N) / 7)[columns]
    with pytest.warns(UserWarning, match=rf"not learn the index of X, {what}.*: X\.reset_ind"):
        model.fit(some.set_axis(index))
    model.fit(some[np.arange(N) % 3 > 0])  # without a word
    assert model.sample(3).index.tolist() == [0, 1, 2]


def test_scalars_of_numpy_among_objects_are_what_they_stand_for():
    values = ["a", np.str_("a"), np.int64(1), 1, np.bool_(False)]
    X = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    encoder = TableEncoder(categorical=["x"]).fit(X)
    back = encoder.inverse_transform(encoder.transform(X))["x"].tolist()
    assert [(type(v), v) for v in back] == [(str, "a")] * 2 + [(int, 1)] * 2 + [(bool, False)]


def test_values_that_are_equal_and_of_different_types_are_refused():
    for values in ([True, 1, "a"], ["b", 1, 1.0]):
        X = pd.DataFrame({"x": pd.Series(values, dtype=object)})
        with pytest.raises(TypeError, match=r"column 'x' holds .* equal and of different types"):
            TableEncoder(categorical=["x"]).fit(X)
    X = pd.DataFrame({"x": pd.Series([10**400, 1.5], dtype=object)})
    with pytest.raises(ValueError, match="column 'x' holds numbers too large for float64"):
        TableEncoder().fit(X)


def test_a_matrix_with_nan_is_refused(X):
    encoder = TableEncoder().fit(X)
    with pytest.raises(ValueError, match="X contains NaN, which encodes no value"):
        encoder.inverse_transform(np.full((2, encoder.width), np.nan))


@pytest.mark.parametrize("numeric", ["quantile", "standard"])
def test_widening_makes_room_beyond_the_first_range(numeric):
    X = pd.DataFrame({"n": np.arange(50.0), "k": np.full(50, 3), "c": ["a", "b"] * 25})
    wider = X.assign(n=6 * X["n"] - 100, k=np.arange(50))
    encoder = TableEncoder(numeric).fit(X)
    new = encoder.widened(encoder.read(wider))
    assert_frame_equal(new.inverse_transform(new.transform(wider)), wider)
    assert_frame_equal(new.inverse_transform(new.transform(X)), X)
    assert encoder.columns_[0].high == 49


def test_frames_of_scikit_learn_stay_outside(X, tmp_path):
    with config_context(transform_output="pandas"):
        model = MODELS["gaussian"]().fit(X)
        model.save(tmp_path / "model.regan")
        rows = model.sample(9)
        assert list(TableEncoder().fit_transform(X)) == list(
            TableEncoder().fit(X).get_feature_names_out()
        )
    assert_frame_equal(regan.load(tmp_path / "model.regan").sample(9), rows)


BAD_SETTINGS = {
    "a number": ({"categorical": 3}, TypeError, r"categorical must be a list of columns, got 3"),
    "scale": ({"numeric": "log"}, ValueError, r"numeric='log' is not known"),
    "a column's scale": ({"numeric": {"size": "log"}}, ValueError, r"numeric='log' is not known"),
    "another column": (
        {"numeric": {"width": "standard"}},
        ValueError,
        r"numeric names columns that",
    ),
    "a scale of words": (
        {"numeric": {"color": "quantile"}},
        ValueError,
        r"column 'color' holds levels, so numeric='quantile' would have no effect",
    ),
    "a scale of levels": (
        {"numeric": {"size": "standard"}, "categorical": ["size"], "max_levels": 1000},
        ValueError,
        r"column 'size' is in categorical too, so numeric='standard' would have no",
    ),
    "other levels": ({"categorical": ["width"]}, ValueError, r"does not have: \['width'\]"),
    "a word": ({"categorical": "color"}, TypeError, r"categorical must be a list of columns"),
    "a pool that is no text": ({"pool": 1}, TypeError, r"pool must be a string or None, got 1"),
    "no levels": ({"max_levels": 0}, ValueError, r"max_levels must be an integer >= 1"),
    "few levels": (
        {"max_levels": 2},
        ValueError,
        r"column 'color' has 3 levels in 120 rows, more than max_levels=2; column .*: drop ident",
    ),
}


@pytest.mark.parametrize(("settings", "error", "message"), BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_bad_settings(X, settings, error, message):
    for model in (TableEncoder(**settings), MODELS["gan"](standardize=TableEncoder(**settings))):
        with pytest.raises(error, match=message):
            model.fit(X)


def test_a_column_whose_scale_is_asked_for_holds_numbers():
    X = pd.DataFrame({"few": np.arange(120) % 5, "digit": np.arange(120) % 4})
    encoder = TableEncoder({"few": "standard"}).fit(X)
    assert encoder.get_feature_names_out().tolist() == ["few", *(f"digit_{i}" for i in range(4))]
    assert len(TableEncoder().fit(X).get_feature_names_out()) == 9


def test_arrays_and_empty_tables_are_refused(X):
    with pytest.raises(
        TypeError, match=r"a TableEncoder takes a DataFrame of pandas, polars or pyarrow, got ndarr"
    ):
        TableEncoder().fit(np.eye(3))
    for empty in (X[:0], X[[]]):
        with pytest.raises(ValueError, match=r"Found array with 0 sample|X has no columns"):
            TableEncoder().fit(empty)
    with pytest.raises(ValueError, match=r"X has 2 columns 'a': column names must differ"):
        TableEncoder().fit(pd.DataFrame([[1, "b"]], columns=["a", "a"]))
