"""Tables of mixed columns: the encoder, and the three models with it."""

import datetime
import pickle
import re
import subprocess
import sys

import cuda_text
import numpy as np
import pandas as pd
import pytest
import strict_cupy
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_index_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

import regan
from regan import (
    Checkpoint,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedGaussian,
    RegularizedVAE,
    gan_path,
    write_report,
)
from regan.backends import cupy_backend, get_backend
from regan.cli import main
from regan.displays import CoverageDisplay, SamplesDisplay
from regan.files.table_files import read_table, write_table
from regan.metrics import energy_distance, evaluate
from regan.population import prepared
from regan.tables import TableEncoder
from regan.testing import check_objective

N = 120
SMALL = {"hidden_layer_sizes": (8, 8), "latent_dim": 4, "batch_size": 16, "max_iter": 10}
MODELS = {
    "gan": lambda **changes: RegularizedGAN(**{**SMALL, "random_state": 0, **changes}),
    "vae": lambda **changes: RegularizedVAE(**{**SMALL, "random_state": 0, **changes}),
    "gaussian": lambda **changes: RegularizedGaussian(**{"random_state": 0, **changes}),
}
any_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
any_network = pytest.mark.parametrize("make", [MODELS["gan"], MODELS["vae"]], ids=["gan", "vae"])


def mixed(n=N, seed=0):
    """A column of every dtype that people have."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    return pd.DataFrame(
        {
            "size": 170 + 10 * size,
            "color": rng.choice(["red", "green", "blue"], n, p=[0.6, 0.3, 0.1]),
            "small": (size < 0),
            "count": rng.poisson(3, n).astype("int16"),
            "single": (3 * size).astype("float32"),
            "grade": pd.Categorical(
                rng.choice(["low", "mid", "high"], n), ["low", "mid", "high", "none"], ordered=True
            ),
            "digit": pd.Categorical(rng.integers(4, size=n)),
            "big": rng.integers(-(2**48), 2**48, n),
            "unsigned": rng.integers(0, 255, n).astype("uint8"),
            "nullable": pd.array(rng.integers(-5, 5, n), dtype="Int64"),
            "real": pd.array(rng.normal(size=n), dtype="Float64"),
            "flag": pd.array(rng.random(n) < 0.3, dtype="boolean"),
            "text": pd.array(rng.choice(["x", "y"], n), dtype="string"),
            "either": pd.Series(rng.choice(np.array([1, "a"], dtype=object), n), dtype=object),
            "python": pd.Series([int(v) for v in rng.integers(9, size=n)], dtype=object),
            "always": 7,
            "one": "same",
        }
    )


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
    encoder = TableEncoder({"size": "standard"})
    matrix = encoder.fit_transform(X)
    names = list(encoder.get_feature_names_out())
    assert matrix.shape == (N, len(names)) == (N, encoder.n_numbers_ + sum(encoder.levels_))
    scaled = StandardScaler().fit_transform(X[["size"]].to_numpy())
    np.testing.assert_array_equal(matrix[:, [names.index("size")]], scaled)
    ranks = QuantileTransformer(n_quantiles=N, output_distribution="normal")
    ranks = ranks.fit_transform(X[["real"]].to_numpy(dtype=float))
    ranks = StandardScaler().fit_transform(ranks)
    np.testing.assert_allclose(matrix[:, [names.index("real")]], ranks)
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
    "mixture": st.lists(
        st.one_of(st.text(max_size=2), st.tuples(st.integers(0, 1))), min_size=3, max_size=3
    ),
}


@settings(deadline=None, max_examples=60)
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


def test_levels_that_a_file_cannot_hold(tmp_path):
    X = pd.DataFrame({"x": range(30), "bin": pd.cut(np.arange(30), 3)})
    X["interval"] = pd.arrays.IntervalArray(X["bin"])
    model = MODELS["gaussian"]().fit(X)
    assert_frame_equal(pickle.loads(pickle.dumps(model)).sample(9), model.sample(9))
    assert (model.sample(9).dtypes == X.dtypes).all()
    with pytest.raises(TypeError, match="cannot be written to a model file; pickle the model"):
        model.save(tmp_path / "model.regan")


def test_rows_that_are_mistaken_for_other_tables_are_refused(X):
    encoder = TableEncoder().fit(X)
    with pytest.raises(ValueError, match="feature names"):
        encoder.transform(X.rename(columns={"size": "length"}))
    with pytest.raises(ValueError, match="yet now missing:\n- size"):
        encoder.transform(X.drop(columns="size"))
    with pytest.raises(ValueError, match=r"column 'color' has levels that were not in the training "
                       r"data: 'pink'; known are 'blue', 'green', 'red'"):  # fmt: skip
        encoder.transform(X.assign(color=["pink", *X["color"][1:]]))
    with pytest.raises(TypeError, match="column 'size' held numbers in the training data"):
        encoder.transform(X.assign(size="tall"))
    with pytest.raises(ValueError, match=r"X must have 28 columns, got the shape \(2, 3\)"):
        encoder.inverse_transform(np.zeros((2, 3)))


DAY = datetime.datetime(2026, 1, 1)
REFUSED = {
    "dates": (pd.date_range("2026", periods=N), TypeError, r"column 'bad' holds dates or times"),
    "zones": (
        pd.date_range("2026", periods=N, tz="UTC"),
        TypeError,
        r"column 'bad' holds dates or times \(datetime64",
    ),
    "periods": (pd.period_range("2026", periods=N), TypeError, r"column 'bad' holds dates or"),
    "spans": (pd.to_timedelta(np.arange(N), "s"), TypeError, r"column 'bad' holds dates or times"),
    "dates as objects": (
        [DAY.date()] * N,
        TypeError,
        r"column 'bad' holds dates or times \(date\)",
    ),
    "categories of dates": (
        pd.Categorical(pd.date_range("2026", periods=N)),
        TypeError,
        r"column 'bad' holds dates or times",
    ),
    "missing numbers": (
        [np.nan, *range(N - 1)],
        ValueError,
        r"X contains NaN in column 'bad' \(1 of 120 rows\): impute or drop such rows",
    ),
    "missing strings": ([None, *["a"] * (N - 1)], ValueError, r"X contains NaN in column 'bad'"),
    "missing levels": (
        pd.Categorical([None, *["a"] * (N - 1)]),
        ValueError,
        r"X contains NaN in column 'bad'",
    ),
    "NA": (
        pd.array([None, *[1] * (N - 1)], dtype="Int64"),
        ValueError,
        r"X contains NaN in column 'bad'",
    ),
    "inf": ([np.inf, *range(N - 1)], ValueError, r"X contains inf in column 'bad' \(1 of 120"),
    "huge": ([1e200, *range(N - 1)], ValueError, r"squares overflow the dtype in column 'bad'"),
    "a tiny spread": (
        [1e-200, *[0.0] * (N - 1)],
        ValueError,
        r"the variance of column 'bad' overflows or underflows",
    ),
    "complex": ([1j] * N, ValueError, r"Complex data not supported: column 'bad'"),
    "identifiers": (
        [2**60 + i for i in range(N)],
        ValueError,
        r"column 'bad' holds integers beyond 2\*\*48",
    ),
    "lists": ([[1]] * N, TypeError, r"column 'bad' holds objects of the type list"),
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


def test_values_that_are_equal_and_of_different_types_are_refused():
    for values in ([True, 1, "a"], ["b", 1, 1.0]):
        X = pd.DataFrame({"x": pd.Series(values, dtype=object)})
        with pytest.raises(TypeError, match=r"column 'x' holds .* equal and of different types"):
            TableEncoder().fit(X)
    X = pd.DataFrame({"x": pd.Series([10**400, 1.5], dtype=object)})
    with pytest.raises(ValueError, match="column 'x' holds numbers too large for float64"):
        TableEncoder().fit(X)


def test_a_matrix_with_nan_is_refused(X):
    encoder = TableEncoder().fit(X)
    with pytest.raises(ValueError, match="X contains NaN, which stands for no value"):
        encoder.inverse_transform(np.full((2, 28), np.nan))


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
    "other levels": ({"categorical": ["width"]}, ValueError, r"does not have: \['width'\]"),
    "a word": ({"categorical": "color"}, TypeError, r"categorical must be a list of columns"),
    "no levels": ({"max_levels": 0}, ValueError, r"max_levels must be an integer >= 1"),
    "few levels": (
        {"max_levels": 2},
        ValueError,
        r"column 'color' has 3 levels in 120 rows, more than max_levels=2: drop identifiers",
    ),
}


@pytest.mark.parametrize(("settings", "error", "message"), BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_bad_settings(X, settings, error, message):
    for model in (TableEncoder(**settings), MODELS["gan"](standardize=TableEncoder(**settings))):
        with pytest.raises(error, match=message):
            model.fit(X)


def test_arrays_and_empty_tables_are_refused(X):
    with pytest.raises(TypeError, match=r"a TableEncoder takes a DataFrame of pandas, got ndarr"):
        TableEncoder().fit(np.eye(3))
    for empty in (X[:0], X[[]]):
        with pytest.raises(ValueError, match=r"Found array with 0 sample|X has no columns"):
            TableEncoder().fit(empty)
    with pytest.raises(ValueError, match=r"X has 2 columns 'a': column names must differ"):
        TableEncoder().fit(pd.DataFrame([[1, "b"]], columns=["a", "a"]))


# The models


@any_model
def test_samples_are_rows_of_the_table(X, make):
    model = make().fit(X)
    made = model.sample(200)
    assert made.shape == (200, X.shape[1])
    assert_index_equal(made.columns, X.columns)
    assert (made.dtypes == X.dtypes).all()
    assert model.n_features_in_ == X.shape[1]
    assert list(model.feature_names_in_) == list(X)
    assert (made["always"] == 7).all()
    assert (made["one"] == "same").all()
    assert made["size"].between(X["size"].min(), X["size"].max()).all()
    assert set(made["grade"]) <= {"low", "mid", "high"}
    assert_frame_equal(made[:7], model.sample(7))
    assert not made.equals(model.sample(200, random_state=1))
    assert np.isfinite(model.score(X))


@any_model
def test_tables_of_one_kind_of_column_alone(X, make):
    for names in (["color"], ["count"], ["small", "text"], ["always", "one"], ["count", "big"]):
        part = X[names]
        made = make().fit(part).sample(30)
        assert (made.dtypes == part.dtypes).all()


@any_model
def test_floating_frames_stay_as_they_are_unless_an_encoder_is_given(X, make):
    part = X[["size"]]
    assert not hasattr(make().fit(part), "table_encoder_")
    model = make(standardize=TableEncoder("standard")).fit(part)
    assert model.table_encoder_.columns_[0].scaling == "standard"
    assert model.standardize is not model.table_encoder_
    model.set_params(standardize=True).fit(part)
    assert not hasattr(model, "table_encoder_")


@any_model
def test_copies_and_files(X, make, tmp_path):
    model = make(standardize=TableEncoder({"size": "standard"}, categorical=["count"])).fit(X)
    rows = model.sample(20)
    path = tmp_path / "model.regan"
    model.save(path)
    for other in (pickle.loads(pickle.dumps(model)), regan.load(path)):
        assert_frame_equal(other.sample(20), rows)
        assert other.score(X) == model.score(X)
        assert other.get_params()["standardize__categorical"] == ["count"]
    code = f"import regan; print(regan.load({str(path)!r}).sample(20).to_csv())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == rows.to_csv().strip()


@any_network
def test_warm_starts_widen_ranges_and_refuse_new_levels(X, make):
    model = make(warm_start=True).fit(X)
    column = model.table_encoder_.columns_[0]
    wider = X.assign(size=X["size"] * 2, color="red")
    model.fit(wider)
    assert model.n_iter_ == 20
    assert model.table_encoder_.columns_[0].high == 2 * column.high
    before = model.sample(5)
    with pytest.raises(
        ValueError, match=r"column 'color' has levels that were not in the training"
    ):
        model.fit(X.assign(color="pink"))
    with pytest.raises(TypeError, match="column 'size' held numbers"):
        model.partial_fit(X.assign(size="tall"))
    assert_frame_equal(model.sample(5), before)
    assert model.partial_fit(X[:40]).n_iter_ > 20


def test_a_scale_that_is_not_wanted(X):
    with pytest.raises(
        ValueError, match="standardize=False has no effect on a table with other columns"
    ):
        MODELS["gan"](standardize=False).fit(X)


@any_network
def test_the_encoder_cannot_change_when_training_goes_on(X, make):
    model = make(warm_start=True).fit(X)
    for changed in (TableEncoder("standard"), TableEncoder(categorical=["count"])):
        model.set_params(standardize=changed)
        with pytest.raises(ValueError, match="the TableEncoder cannot change when training goes"):
            model.fit(X)
    model.set_params(standardize=False)
    with pytest.raises(ValueError, match="standardize=False cannot take effect"):
        model.fit(X)
    numbers = X[["size"]]
    plain = make(warm_start=True).fit(numbers).set_params(standardize=TableEncoder())
    with pytest.raises(ValueError, match="the first fit had None, and now it is TableEncoder"):
        plain.fit(numbers)
    assert model.set_params(standardize=TableEncoder()).fit(X).n_iter_ == 20


CHANGED = {
    "levels by other names": lambda X: X.assign(color=X["color"].str.upper()),
    "another unit": lambda X: X.assign(count=10 * X["count"]),
    "a longer scale": lambda X: X.assign(size=2 * X["size"]),
    "another constant": lambda X: X.assign(one="other"),
    "other values": lambda X: X.assign(small=~X["small"]),
    "another dtype": lambda X: X.assign(count=X["count"].astype("int64")),
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_run_does_not_go_on_with_another_table(X, change, tmp_path):
    X = X[["color", "count", "size", "one", "small"]]
    other = change(X)
    (name,) = [c for c in X if not X[c].equals(other[c])]
    gan = MODELS["gan"](callbacks=[Checkpoint(tmp_path, every=5)]).fit(X)
    rows = gan.sample(5)
    gan.set_params(callbacks=[Checkpoint(tmp_path, every=5, resume=True)])
    assert_frame_equal(gan.fit(X).sample(5), rows)
    with pytest.raises(ValueError, match=f"made from data with other values in column '{name}'"):
        gan.fit(other)


@any_network
def test_a_conditional_model_of_a_table(X, make):
    y = X["color"].to_numpy()
    rest = X.drop(columns="color")
    model = make(conditional=True).fit(rest, y)
    made = model.sample(9, y="red")
    assert_index_equal(made.columns, rest.columns)
    assert np.isfinite(model.score(rest, y))
    with pytest.raises(ValueError, match="labels that were not in the training data: 'pink'"):
        model.sample(3, y="pink")


@any_model
def test_scores_take_levels_that_training_did_not_see(X, make):
    model = make().fit(X[X["color"] != "blue"])
    near, far = model.score(X[X["color"] != "blue"]), model.score(X.assign(color="blue"))
    assert far < near


def test_a_score_measures_levels_like_numbers():
    """A model with the right levels is as good as one with the right numbers."""
    rng = np.random.default_rng(0)
    levels = pd.DataFrame({c: rng.choice(list("abcd"), 500) for c in "uvw"})
    model = MODELS["gaussian"]().fit(levels)
    assert model.score(levels) > 0.9
    one = MODELS["gaussian"]().fit(levels.assign(u="a", v="b"))
    assert one.score(levels) < 0.6


def test_the_gaussian_has_the_shares_and_the_dependence_of_the_data():
    rng = np.random.default_rng(0)
    z = rng.normal(size=4000)
    level = np.select([z < -2, z < 0, z < 1], ["rare", "low", "mid"], "high")
    X = pd.DataFrame({"z": 100 * z, "level": level, "flag": z + rng.normal(size=4000) > 1})
    model = RegularizedGaussian(alpha=1e-3, random_state=0).fit(X)
    made = model.sample(20_000)
    shares = [frame["level"].value_counts(normalize=True) for frame in (X, made)]
    np.testing.assert_allclose(shares[1][shares[0].index], shares[0], atol=0.02)
    means = made.groupby("level")["z"].mean()
    assert means["rare"] < means["low"] < means["mid"] < means["high"]
    assert model.location_.shape == (7,)
    with pytest.raises(ValueError, match="score_samples needs a model that was fitted on"):
        model.score_samples(X)


def test_networks_learn_which_levels_go_with_which_numbers():
    rng = np.random.default_rng(0)
    kind = rng.choice(["a", "b", "c"], 2000, p=[0.6, 0.3, 0.1])
    X = pd.DataFrame({"x": rng.normal(pd.Series(kind).map({"a": 0, "b": 5, "c": -5}), 0.5)})
    X["kind"], X["n"] = kind, rng.poisson(np.where(kind == "a", 1, 6))
    big = {"hidden_layer_sizes": 32, "batch_size": 128, "max_iter": 1500}
    for make in (MODELS["gan"], MODELS["vae"]):
        made = make(**big).fit(X).sample(4000)
        shares = made["kind"].value_counts(normalize=True)
        np.testing.assert_allclose(shares[["a", "b", "c"]], [0.6, 0.3, 0.1], atol=0.1)
        means = made.groupby("kind")["x"].mean()
        # far from half way, which is what a model that has seen no connection between them tends to
        np.testing.assert_allclose(means[["a", "b", "c"]], [0, 5, -5], atol=2)


# Gradients


def of_levels(make, n_labels=0, **changes):
    """An objective of a table with two numbers and blocks of 3 and 2 levels."""
    changes = {"activation": "tanh", "penalty": None, "hidden_layer_sizes": (6, 5), **changes}
    return make(**changes)._objective(get_backend(dtype="float64"), 7, n_labels, False, (3, 2))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gradient_penalty": None},
        {"gradient_penalty": "wgan_gp", "loss": "wasserstein"},
        {"normalization": ("batch", "layer"), "dropout": 0.2},
        {"n_labels": 3, "architecture": ["packing", "residual"]},
        {"activity_penalty": "l2", "matching": ["moments", "features"]},
        {"noise": "instance", "architecture": "latent_mixture", "constraint": "spectral_norm"},
    ],
    ids=str,
)
def test_gradients_of_the_gan(changes):
    assert check_objective(of_levels(MODELS["gan"], **changes), n_models=2) <= 1e-6


@pytest.mark.parametrize(
    "changes",
    [{}, {"n_labels": 3, "beta": 2.0}, {"activity_penalty": "l2", "dropout": 0.2}],
    ids=str,
)
def test_gradients_of_the_vae(changes):
    assert check_objective(of_levels(MODELS["vae"], **changes), n_models=2) <= 1e-6


def test_a_penalty_that_needs_tangents_does_not_ask_the_generator():
    objective = of_levels(MODELS["gan"])
    objective.check()
    assert not objective.networks["generator"].layers[-1].has_tangent


# Pictures, pages, the command line


@pytest.fixture(scope="module")
def fitted(X):
    part = X[["size", "color", "small", "count", "one", "digit"]]
    return MODELS["gan"]().fit(part), part


def test_pictures_of_levels(fitted):
    model, part = fitted
    shown = ["size", "color", "count", "digit"]
    display = SamplesDisplay.from_estimator(model, part, columns=shown)
    assert display.levels == {1: ["blue", "green", "red"], 3: [0, 1, 2, 3]}
    labels = [text.get_text() for text in display.axes_[3, 1].get_xticklabels()]
    assert labels == ["blue", "green", "red"]
    assert [t.get_text() for t in display.axes_[1, 0].get_yticklabels()] == labels
    counts, edges, _ = display.axes_[1, 1].patches[0].get_data()
    shares = part["color"].value_counts(normalize=True)[labels]
    np.testing.assert_allclose(counts, shares)
    np.testing.assert_array_equal(edges, [-0.5, 0.5, 1.5, 2.5])
    np.testing.assert_array_equal(np.unique(display.real[:, 1]), [0, 1, 2])
    coverage = CoverageDisplay.from_estimator(model, part)
    assert coverage.figure_.get_axes()[0].get_xlim()[0] + 1 >= 0


def test_a_report_of_a_table(fitted, tmp_path):
    model, part = fitted
    path = tmp_path / "report.html"
    write_report(model, part, path, holdout=part[:30])
    text = path.read_text(encoding="utf-8")
    rows = re.search(r'<table id="levels".*?</table>', text, re.DOTALL).group()
    assert re.findall(r"<tr><t[hd][^>]*>(\w+)", rows) == [
        "column",
        "color",
        "small",
        "one",
        "digit",
    ]
    share = (part["color"] == "red").mean()
    assert f">{share:.1%}<" in rows
    rows = re.search(r'<table id="columns".*?</table>', text, re.DOTALL).group()
    assert "size" in rows
    assert "color" not in rows


def test_the_command_line_with_a_model_of_a_table(fitted, tmp_path):
    model, _ = fitted
    files = {name: str(tmp_path / name) for name in ("m.regan", "x.csv", "r.html", "bad.csv")}
    model.save(files["m.regan"])

    def run(*words):
        return CliRunner().invoke(main, words)

    done = run("sample", files["m.regan"], "-n", "30", "-o", files["x.csv"], "--random-state", "1")
    assert done.exit_code == 0, done.output
    made = pd.read_csv(files["x.csv"], dtype={"digit": "category", "color": "str"})
    expected = model.sample(30, random_state=1)
    assert made["color"].tolist() == expected["color"].tolist()
    read = read_table(tmp_path / "x.csv", model.table_encoder_, tmp_path / "m.regan")
    assert_frame_equal(read, expected.astype({"count": float}), check_exact=False, rtol=1e-12)
    done = run("report", files["m.regan"], files["x.csv"], "-o", files["r.html"])
    assert done.exit_code == 0, done.output
    for change, message in (
        ({"color": "pink"}, "column 'color' holds 'pink', a level that the model does not know"),
        ({"color": " red"}, "column 'color' holds ' red', a level that the model does not know"),
        ({"count": "many"}, "column 'count' holds 'many', which is no finite number"),
        ({"count": 3.5}, "column 'count' holds '3.5', and has integers in the model"),
        ({"size": ""}, "column 'size' holds '', which is no finite number"),
    ):
        expected.assign(**change).to_csv(files["bad.csv"], index=False)
        done = run("report", files["m.regan"], files["bad.csv"], "-o", files["r.html"])
        assert done.exit_code != 0
        assert message in done.output
    expected.drop(columns="size").to_csv(files["bad.csv"], index=False)
    assert "it lacks ['size']" in run("report", files["m.regan"], files["bad.csv"]).output


def test_files_of_odd_names_and_levels(tmp_path):
    X = pd.DataFrame({0: ["a", " a"] * 20, 1: range(40)})
    X.columns = pd.MultiIndex.from_tuples([("b", 1), (" c", 2)])
    model, path = MODELS["gaussian"]().fit(X), tmp_path / "rows.csv"
    rows = model.sample(30)
    write_table(path, rows)
    read = read_table(path, model.table_encoder_, path)
    assert_frame_equal(read, rows.astype({(" c", 2): float}))
    alike = pd.DataFrame({"x": pd.Series([1, "1"] * 9, dtype=object)})
    encoder = TableEncoder().fit(alike)
    write_table(path, alike)
    with pytest.raises(ValueError, match="column 'x' has levels that are the same as text"):
        read_table(path, encoder, path)


def test_measures_of_tables(X):
    rows = evaluate(X[:60], X[60:], holdout=X[:30])
    assert all(np.isfinite(row.value) for row in rows)
    one = X.assign(color="blue", text="x")
    assert energy_distance(X, X) == pytest.approx(0, abs=1e-12)
    assert energy_distance(X, one) > 0.1
    unseen, frequent = X.assign(color="pink"), X.assign(color="red")
    assert energy_distance(X, unseen) > energy_distance(X, frequent)


# Searches


def test_a_path_over_a_table_is_its_single_fits(X):
    models = gan_path(X, estimator=MODELS["gan"](penalty="l1"), alphas=[0.0, 0.1])
    for model in models:
        assert_frame_equal(model.sample(9), clone(model).fit(X).sample(9))


def test_folds_that_lack_a_level_train_beside_the_others():
    X = mixed(60).assign(rare=["once", *["often"] * 59])
    gan, cv = MODELS["gan"](penalty="l1"), KFold(3)
    search = RegularizedGANCV(gan, alphas=[0.0, 0.1], cv=cv).fit(X)
    other = GridSearchCV(gan, {"alpha": [0.0, 0.1]}, cv=cv).fit(X)
    for name in ("split0_test_score", "split1_test_score", "mean_test_score"):
        np.testing.assert_array_equal(search.cv_results_[name], other.cv_results_[name])
    assert list(search.sample(4).columns) == list(X)
    sets = {prepared(gan, [{}], X.iloc[train], None, 0)[0].kind for train, _ in cv.split(X)}
    assert len(sets) == 2


def test_a_grid_over_the_encoder(X):
    gan = MODELS["gan"](standardize=TableEncoder())
    search = GridSearchCV(gan, {"standardize__numeric": ["standard", "quantile"]}, cv=2).fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.sample(3).shape == (3, X.shape[1])


# CUDA


@pytest.mark.skipif(cuda_text.COMPILER is None, reason="running CUDA text needs a C++ compiler")
@any_network
@pytest.mark.parametrize("graphs", ["0", "1"])
def test_tables_train_with_what_cupy_has(monkeypatch, X, make, graphs):
    strict_cupy.install(monkeypatch)
    monkeypatch.setenv("REGAN_CUDA_GRAPHS", graphs)
    one, two = (make(backend=b, dtype="float64").fit(X) for b in ("numpy", "cupy"))
    assert (two.sample(20).dtypes == X.dtypes).all()
    assert one.history_.keys() == two.history_.keys()
    assert two.set_params(backend="numpy").sample(5).equals(two.sample(5))
    cupy_backend._compile.cache_clear()
