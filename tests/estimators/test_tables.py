"""Tables of mixed columns: the four models with them."""

import pickle
import re
import subprocess
import sys

import native_kernels
import numpy as np
import pandas as pd
import pytest
import strict_cupy
from click.testing import CliRunner
from mixed_tables import MODELS, any_model, any_network, mixed
from pandas.testing import assert_frame_equal, assert_index_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

import regan
from regan import (
    Checkpoint,
    RegularizedGANCV,
    RegularizedGaussian,
    gan_path,
    write_report,
)
from regan.backends import cupy_backend, get_backend
from regan.building.specs import Shape, read
from regan.cli import main
from regan.data import TableEncoder
from regan.displays import CoverageDisplay, SamplesDisplay
from regan.files.csv_parts import write_texts
from regan.files.table_files import read_table, table_texts
from regan.metrics import closest_records, energy_distance, evaluate
from regan.population import make_members
from regan.testing import check_objective


@pytest.fixture(scope="module")
def X():  # noqa: N802 - the field's name for it
    return mixed()


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


@pytest.fixture(scope="module")
def saved(X, tmp_path_factory):
    """By name of the model: a fitted one with an encoder of its own, and its file."""
    folder = tmp_path_factory.mktemp("saved")
    encoder = TableEncoder({"size": "standard"}, categorical=["count"])
    models = {name: make(standardize=encoder).fit(X) for name, make in MODELS.items()}
    for name, model in models.items():
        model.save(folder / name)
    return {name: (model, folder / name) for name, model in models.items()}


@pytest.mark.parametrize("name", MODELS)
def test_copies_and_files(X, saved, name):
    model, path = saved[name]
    rows, score = model.sample(20), model.score(X)
    for other in (pickle.loads(pickle.dumps(model)), regan.load(path)):
        assert_frame_equal(other.sample(20), rows)
        assert other.score(X) == score
        assert other.get_params()["standardize__categorical"] == ["count"]


def test_files_in_another_process(saved):
    paths = [str(path) for _, path in saved.values()]
    code = f"import regan; print(*(regan.load(p).sample(20).to_csv() for p in {paths}), sep='')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = "".join(model.sample(20).to_csv() for model, _ in saved.values())
    assert done.stdout.strip() == expected.strip()


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
        ValueError, match="standardize=False has no effect on a table with missing cells"
    ):
        MODELS["gan"](standardize=False).fit(X)


@any_network
def test_the_encoder_cannot_change_when_training_goes_on(X, make):
    model = make(warm_start=True).fit(X)
    for changed in (TableEncoder("standard"), TableEncoder(categorical=["count"])):
        model.set_params(standardize=changed)
        with pytest.raises(ValueError, match="the TableEncoder cannot be changed in a resumed"):
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
    with pytest.raises(ValueError, match=f"written for data with other values in column '{name}'"):
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
@pytest.mark.filterwarnings("ignore:column .* never generates such cells")
def test_scores_take_levels_that_training_did_not_see(X, make):
    model = make().fit(X[X["color"] != "blue"])
    near, far = model.score(X[X["color"] != "blue"]), model.score(X.assign(color="blue"))
    assert far < near


@pytest.mark.filterwarnings("ignore:column .* never generates such cells")
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
    apart = TableEncoder(dependencies=False)
    model = RegularizedGaussian(alpha=1e-3, standardize=apart, random_state=0).fit(X)
    made = model.sample(20_000)
    shares = [frame["level"].value_counts(normalize=True) for frame in (X, made)]
    np.testing.assert_allclose(shares[1][shares[0].index], shares[0], atol=0.02)
    means = made.groupby("level")["z"].mean()
    assert means["rare"] < means["low"] < means["mid"] < means["high"]
    assert model.location_.shape == (7,)
    with pytest.raises(ValueError, match="score_samples needs a model that was fitted to"):
        model.score_samples(X)


def test_networks_learn_which_levels_go_with_which_numbers():
    rng = np.random.default_rng(0)
    kind = rng.choice(["a", "b", "c"], 2000, p=[0.6, 0.3, 0.1])
    X = pd.DataFrame({"x": rng.normal(pd.Series(kind).map({"a": 0, "b": 5, "c": -5}), 0.5)})
    X["kind"], X["n"] = kind, rng.poisson(np.where(kind == "a", 1, 6))
    big = {"hidden_layer_sizes": 64, "batch_size": 128, "max_iter": 1000}
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
    return read(make(**changes)).bind(get_backend(dtype="float64"), Shape(7, n_labels, (3, 2)))


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
    names = {j: ticks.names for j, ticks in display.ticks.items()}
    assert names == {1: ("blue", "green", "red"), 3: (0, 1, 2, 3)}
    labels = [text.get_text() for text in display.axes_[3, 1].get_xticklabels()]
    assert labels == ["blue", "green", "red"]
    assert [t.get_text() for t in display.axes_[1, 0].get_yticklabels()] == labels
    counts, edges, _ = display.axes_[1, 1].patches[0].get_data()
    shares = part["color"].value_counts(normalize=True)[labels]
    np.testing.assert_allclose(counts, shares)
    np.testing.assert_array_equal(edges, [-0.5, 0.5, 1.5, 2.5])
    np.testing.assert_array_equal(np.unique(display.real[:, 1]), [0, 1, 2])


def test_two_tables_beside_one_another(X):
    shown = ["size", "color"]
    display = SamplesDisplay.from_samples(X, X.assign(color="blue"), columns=shown)
    assert list(display.ticks) == [1]
    assert set(display.real[:, 1]) == {0, 1, 2}
    assert set(display.fake[:, 1]) == {0}
    names = [text.get_text() for text in display.axes_[1, 0].get_yticklabels()]
    assert names == ["blue", "green", "red"] == list(display.ticks[1].names)


def test_coverage_compares_one_hot_columns_and_not_codes():
    """The codes of three equal levels lie on a line; one-hot they span a plane."""
    X = pd.DataFrame({"level": list("abc") * 40})
    model = MODELS["gaussian"]().fit(X)
    np.testing.assert_allclose(CoverageDisplay.from_estimator(model, X).shares, 0.5, atol=0.1)


def test_a_report_of_a_table(fitted, tmp_path, no_pictures):
    model, part = fitted
    path = tmp_path / "report.html"
    write_report(model, part, path, holdout=part[:30].assign(size=part["size"][30:60].array))
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


def test_the_command_line_with_a_model_of_a_table(fitted, tmp_path, no_pictures):
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
    assert_frame_equal(read, expected, check_exact=False, rtol=1e-12, check_dtype=False)
    done = run("report", files["m.regan"], files["x.csv"], "-o", files["r.html"])
    assert done.exit_code == 0, done.output
    for change, message in (
        ({"color": "pink"}, "column 'color' holds 'pink', a level that the model does not know"),
        ({"color": " red"}, "column 'color' holds ' red', a level that the model does not know"),
        ({"count": "many"}, "column 'count' holds 'many', which is no finite number"),
        ({"count": 3.5}, "column 'count' holds '3.5', and held integers in the training data"),
        ({"size": ""}, "column 'size' holds '', which is no finite number"),
    ):
        expected.assign(**change).to_csv(files["bad.csv"], index=False)
        done = run("report", files["m.regan"], files["bad.csv"], "-o", files["r.html"])
        assert done.exit_code != 0
        assert message in done.output
    expected.drop(columns="size").to_csv(files["bad.csv"], index=False)
    assert "m.regan: ['size']" in run("report", files["m.regan"], files["bad.csv"]).output


def test_files_with_columns_beyond_those_of_the_model(fitted, tmp_path):
    model, _ = fitted
    X = model.sample(30, random_state=1)
    path, told = tmp_path / "x.csv", []
    X[[*X.columns[::-1]]].assign(note="long, and quoted").to_csv(path)
    read = read_table(path, model.table_encoder_, path, tell=told.append)
    assert_frame_equal(read, X.astype({"count": float}), check_exact=False, rtol=1e-12)
    names = ", ".join(X.columns)
    (said,) = told
    assert said.startswith(f"{path}: 30 rows of {X.shape[1]} columns, header {names}; ")
    assert said.endswith("the first column has no name and is left out as the index; without note")
    with pytest.raises(ValueError, match=r"lacks columns of .*: \['color'\]"):
        read_table(path, model.table_encoder_, path, drop=["color"])
    with pytest.raises(ValueError, match="has no column 'colour' to drop"):
        read_table(path, model.table_encoder_, path, drop=["colour"])
    X.assign(more="red").rename(columns={"more": "color"}).to_csv(path)
    with pytest.raises(ValueError, match="the column 'color' appears 2 times"):
        read_table(path, model.table_encoder_, path)


def test_files_of_odd_names_and_levels(tmp_path):
    X = pd.DataFrame({0: ["a", " a"] * 20, 1: range(40)})
    X.columns = pd.MultiIndex.from_tuples([("b", 1), (" c", 2)])
    model, path = MODELS["gaussian"]().fit(X), tmp_path / "rows.csv"
    rows = model.sample(30)
    write_texts(path, table_texts([rows]))
    read = read_table(path, model.table_encoder_, path)
    assert_frame_equal(read, rows.astype({(" c", 2): float}))
    alike = pd.DataFrame({"x": pd.Series([1, "1"] * 9, dtype="category")})
    encoder = TableEncoder().fit(alike)
    write_texts(path, table_texts([alike]))
    with pytest.raises(ValueError, match="column 'x' has levels with equal text"):
        read_table(path, encoder, path)


def test_measures_of_tables(X):
    rows = evaluate(X[:60], X[60:90], holdout=X[90:])
    assert all(np.isfinite(row.value) for row in rows)
    one = X.assign(color="blue", text="x")
    assert energy_distance(X, X) == pytest.approx(0, abs=1e-12)
    assert energy_distance(X, one) > 0.1
    nearer = closest_records(X[:60], X[:30], X[60:]).nearer_to_training
    assert nearer > 0.9 > 0.7 > closest_records(X[:60], X[60:90], X[90:]).nearer_to_training
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
    sets = {make_members(gan, [{}], X.iloc[train], None, 0)[0].kind for train, _ in cv.split(X)}
    assert len(sets) == 2


def test_a_grid_over_the_encoder(X):
    gan = MODELS["gan"](standardize=TableEncoder())
    search = GridSearchCV(gan, {"standardize__numeric": ["standard", "quantile"]}, cv=2).fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.sample(3).shape == (3, X.shape[1])


# CUDA


@pytest.mark.skipif(native_kernels.COMPILER is None, reason="running C++ text needs a compiler")
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
