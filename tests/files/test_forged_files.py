"""Forged files: whatever they say, they end in a model that samples or in a FileError.

The hash inside a forged file is right, and nothing runs, opens or imports because of it.
"""

import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest

import regan
from regan import (
    Callback,
    Checkpoint,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.control import checkpoint as checkpoints
from regan.data import FixedCombinations, Inequality, Positive, Sum, TableEncoder
from regan.estimators import loading
from regan.storage.tensor_file import CHECKPOINT, MODEL
from tests.support.mutations import mutated, nothing_runs
from tests.support.opened_files import forge, opened, write

N = 120
SMALL = {
    "max_iter": 4,
    "hidden_layer_sizes": (6, 6),
    "latent_dim": 3,
    "batch_size": 16,
    "random_state": 0,
}
FILE = "checkpoint.regan"


def rows():
    return np.random.default_rng(0).normal(size=(N, 3))


def table():
    rng = np.random.default_rng(1)
    first, day = rng.random(N) < 0.5, np.arange(N) * 7 % 99
    return pd.DataFrame(
        {
            "size": rng.exponential(size=N).round(2),
            "name": rng.choice(["x", "y", "z"], N),
            "grade": pd.Categorical(rng.choice(["lo", "hi"], N), ["lo", "hi"], ordered=True),
            "count": pd.array(rng.integers(0, 300, N), dtype="Int16"),
            "few": rng.integers(0, 3, N),
            "first": first,
            "other": ~first,
            "span": pd.cut(rng.normal(size=N), 3),
            "day": pd.Timestamp(2026, 1, 1) + pd.to_timedelta(day, unit="D"),
            "when": pd.Timestamp(2026, 1, 1, 9, tz="Europe/Paris") + pd.to_timedelta(day, unit="D"),
            "gap": pd.Series(pd.to_timedelta(day, unit="h")).where(first),
            "month": pd.PeriodIndex.from_ordinals(day, freq="M"),
            "code": pd.Categorical([[b"a", b"b"][i] for i in rng.integers(0, 2, N)]),
            "left": (left := pd.Series(rng.normal(size=N)).mask(first)),
            "took": left.index.to_series().where(left.notna()) / 8,
            "paid": [f"${cents / 100:,.2f}" for cents in rng.integers(-(10**6), 10**6, N)],
            "hand": pd.Series(np.where(day % 2, "l", "r"), dtype="str").where(left.notna()),
        }
    )


def fit_gan():
    parts = (["latent_mixture", "residual", "fourier", "noise_skip"], ["minibatch_std"])
    norms = ("batch", "layer")
    gan = RegularizedGAN(architecture=parts, normalization=norms, frames=2, **SMALL)
    return gan.fit(rows()).calibrate(rows())


def fit_vae():
    labels = np.random.default_rng(2).choice(["p", "q"], N)
    return RegularizedVAE(conditional=True, early_stopping=True, **SMALL).fit(table(), labels)


def fit_gaussian():
    return RegularizedGaussian(random_state=0).fit(np.c_[rows(), rows()[:, 0] ** 9, np.ones(N)])


def fit_ranks():
    X = pl.DataFrame(
        {"a": rows()[:, 0], "b": rows()[:, 1].astype("f4"), "c": ["u", "v"] * (N // 2)}
    )
    return RegularizedGAN(constraint="spectral_norm", optimizer="extra_adam", **SMALL).fit(X)


def fit_rules():
    rng = np.random.default_rng(3)
    X = table()[["size", "count"]].assign(more=lambda X: X["count"] + rng.integers(0, 60, N))
    X["least"] = (X["size"] - rng.exponential(size=N)).mask(rng.random(N) < 0.1)
    X["part"] = rng.integers(-200, 300, N)
    X["rest"] = X["more"].astype(int) - X["part"]
    X["code"] = (X["part"] > 0).map({True: "b", False: None})
    X["word"] = X["code"].map({"b": "bee"})
    rules = [
        Inequality("least", "size"),
        Inequality("size", "size_", strict=True),
        Sum(["part", "rest"], "more"),
        FixedCombinations(["code", "word"]),
        Positive(["size_"]),
    ]
    X = X.assign(size_=(X["size"] + 0.01 + rng.integers(0, 9, N)).round(2))
    return RegularizedGaussian(random_state=0, standardize=TableEncoder(rules=rules)).fit(X)


def fit_mixture():
    X = table()[["size", "name", "left"]].assign(half=np.maximum(rows()[:, 0], 0))
    settings = {"n_components": 2, "alpha": 1.0, "covariance_type": "full"}
    mixture = RegularizedMixture(conditional=True, random_state=0, **settings)
    return mixture.fit(X, np.arange(N) % 2)


GAN, VAE, GAUSSIAN, POLARS = "GAN", "VAE of a table", "Gaussian", "GAN of a table of polars"
RULES, MIXTURE = "Gaussian under rules", "mixture of a table"
FITS = {
    GAN: fit_gan,
    VAE: fit_vae,
    GAUSSIAN: fit_gaussian,
    "Gaussian of a table": lambda: RegularizedGaussian(random_state=0).fit(table()),
    POLARS: fit_ranks,
    RULES: fit_rules,
    MIXTURE: fit_mixture,
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """The bytes of a file of each kind."""
    path = tmp_path_factory.mktemp("originals") / "model"
    contents = {}
    for name, fit in FITS.items():
        fit().save(path)
        contents[name] = path.read_bytes()
    return contents


@pytest.fixture(params=FITS)
def file(request, originals, tmp_path):
    return tmp_path / "model", originals[request.param]


def outcome(path, monkeypatch):
    """What a model file ends in, where nothing may run once its bytes are read."""
    read = loading.read_tensors
    with monkeypatch.context() as patch, nothing_runs_after() as begin:
        patch.setattr(loading, "read_tensors", lambda *args: begin(read(*args)))
        try:
            model = regan.load(path)
        except regan.FileError as error:
            return "refused" if str(path) in str(error) else "refused without the path"
        model.sample(3, random_state=0)
        return "samples"


class nothing_runs_after:  # noqa: N801 - a context
    """`nothing_runs`, from the call of what it gives on."""

    def __enter__(self):
        self._context = None
        return self.begin

    def begin(self, result):
        self._context = nothing_runs()
        self._context.__enter__()
        return result

    def __exit__(self, *error):
        if self._context is not None:
            self._context.__exit__(*error)


def campaign(path, kind, n, seed, end):
    """How `n` mutations of a file end, by outcome."""
    rng, counts = np.random.default_rng(seed), {}
    original = opened(path, kind)
    for _ in range(n):
        whole, tensors = mutated(rng, *original)
        try:
            write(path, kind, whole, tensors)
        except (UnicodeEncodeError, ValueError):  # safetensors does not write it
            continue
        result = end()
        counts[result] = counts.get(result, 0) + 1
    return counts


def check_campaign(file, monkeypatch, n, seed):
    path, data = file
    path.write_bytes(data)
    counts = campaign(path, MODEL, n, seed, lambda: outcome(path, monkeypatch))
    assert set(counts) == {"refused", "samples"}  # and nothing else was raised
    assert counts["refused"] > n / 2


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of numbers as large as the file says
def test_mutations(file, monkeypatch):
    check_campaign(file, monkeypatch, 100, 0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_many_mutations(file, monkeypatch):
    check_campaign(file, monkeypatch, 20_000, 1)


# Checkpoints


class StopAt(Callback):
    def on_report(self, run):
        if run.done >= 8:
            raise KeyboardInterrupt


def resumed(folder, *callbacks, resume=True):
    settings = {**SMALL, "max_iter": 12, "constraint": "spectral_norm"}
    stopping = regan.EarlyStopping(n_iter_no_change=100)
    checkpoint = Checkpoint(folder, every=1, resume=resume)
    gan = RegularizedGAN(early_stopping=stopping, callbacks=[checkpoint, *callbacks], **settings)
    return gan.fit(rows())


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """A folder with the checkpoint of a run that was interrupted."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.raises(KeyboardInterrupt):
        resumed(folder, StopAt(), resume=False)
    return folder, (folder / FILE).read_bytes()


def end_of_run(folder):
    try:
        resumed(folder).sample(3)
    except regan.FileError as error:
        return "refused" if "cannot resume" in str(error) else "refused without advice"
    except regan.DivergenceError:
        return "diverged"
    return "samples"


def check_checkpoints(left, n, seed):
    folder, data = left
    (folder / FILE).write_bytes(data)
    counts = campaign(folder / FILE, CHECKPOINT, n, seed, lambda: end_of_run(folder))
    assert {"refused", "samples"} <= set(counts) <= {"refused", "samples", "diverged"}
    assert counts["refused"] > n / 2


@pytest.mark.filterwarnings("ignore")
def test_mutations_of_checkpoints(left):
    check_checkpoints(left, 60, 0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_many_mutations_of_checkpoints(left):
    check_checkpoints(left, 20_000, 1)


# By hand


def put(*path, value):
    """A forgery that puts a value to a place of the configuration."""

    def change(configuration, tensors):
        target = configuration
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value

    return change


def without(*path):
    """A forgery that takes away what is there."""

    def change(configuration, tensors):
        target = configuration
        for key in path[:-1]:
            target = target[key]
        del target[path[-1]]

    return change


def array(name, value):
    """A forgery that exchanges an array."""
    return lambda configuration, tensors: tensors.update({name: value(tensors[name])})


def both(*changes):
    def change(configuration, tensors):
        for each in changes:
            each(configuration, tensors)

    return change


def nan_first(values):
    values = values.copy()
    values.flat[0] = np.nan
    return values


def deep(n):
    value = []
    for _ in range(n):
        value = [value]
    return value


NETWORKS = ("fitted", "learnt", "networks")
LAYERS = ("fitted", "learnt", "networks", "generator", "layers")
COLUMNS = ("fitted", "columns", "scaler", "encoding", "columns")
DTYPES = ("fitted", "columns", "scaler", "encoding", "dtypes")
ASKED = ("fitted", "columns", "scaler", "encoding", "settings", "rules")
CODINGS = ("fitted", "columns", "scaler", "encoding", "codings")
COMBINED = (*CODINGS, 1, "combinations")
DIFFERENCE = (*CODINGS, 2, "column")
CONTAINER = ("fitted", "columns", "container")
SCALER = ("fitted", "columns", "scaler")
ZONE = {"literal": "ZoneInfo", "parts": ["../../etc/passwd"]}
STAMP = {
    "literal": "Timestamp",
    "parts": [{"literal": "datetime64", "parts": [0, "ns", 1]}, "dateutil//etc/passwd"],
}

BLOCKS = {"object": "SoftmaxBlocks", "params": {"levels": [10**10]}}
NO_KEYS = {"random_state": ["MT19937", [], 0, 0, 0.0]}
NO_NAME = {"object": ["Hinge"], "params": {}}
HINGE = {"object": "Hinge", "params": {}}
PROCESS = {"literal": "Popen", "parts": ["x"]}
MILLION = {"labels": list(range(10**6)), "dtype": "int64", "form": None}
NUMBER = (*COLUMNS, 0, "learnt")
WRITING = (*COLUMNS, 15, "learnt", "writing")
CLASSES = ("fitted", "learnt", "classes")
GENERATOR = ("fitted", "learnt", "networks", "generator")
POPEN = {"object": "Popen", "params": {"args": "x"}}
SPIKES = ("fitted", "learnt", "columns")

FORGERIES = {
    # what would be imported, called or opened
    "a module as container": (GAN, put(*CONTAINER, "kind", value="helper_x")),
    "a module of the library": (GAN, put(*CONTAINER, "kind", value="antigravity")),
    "an array that is a table": (VAE, put(*CONTAINER, value={"kind": "array", "dtype": "object"})),
    "an array of no dtype": (VAE, put(*CONTAINER, value={"kind": "array", "dtype": "O:x"})),
    "a list for the container": (GAN, put(*CONTAINER, value=["this", ["a"], ["float64"]])),
    "a path as time zone": (VAE, put(*DTYPES, 0, "word", value="datetime64[ns, dateutil//x]")),
    "a path as the zone of a level": (VAE, put(*COLUMNS, 1, "learnt", "levels", 0, value=ZONE)),
    "a path as the zone of a stamp": (VAE, put(*COLUMNS, 1, "learnt", "levels", 0, value=STAMP)),
    "a function of polars": (POLARS, put(*DTYPES, 0, "word", value="read_csv")),
    "another attribute of polars": (POLARS, put(*DTYPES, 2, "word", value="__doc__")),
    "a class of the library": (GAN, put("params", "loss", value=POPEN)),
    "a class that is no text": (
        GAN,
        put("params", "loss", value=NO_NAME),
    ),
    "a model that is none": (GAN, put("class", value="Hinge")),
    "an unknown model": (GAN, put("class", value="Path")),
    "a layer as setting of another class": (
        GAN,
        put(*LAYERS, 0, value=HINGE),
    ),
    "a backend of a plugin": (GAN, put("params", "backend", value="my_plugin")),
    "a method of the scaler": (GAN, put(*SCALER, "inverse", value="x")),
    "a method of the encoder": (VAE, put(*SCALER, "encoding", "wrap", value="x")),
    "a type that is none": (
        VAE,
        put(*COLUMNS, 1, "name", value=PROCESS),
    ),
    # frames, and what rejection takes
    "frames of no component": (GAN, put("fitted", "learnt", "frames", "n_components", value=0)),
    "frames of more components": (GAN, put("fitted", "learnt", "frames", "n_components", value=3)),
    "frames of a billion components": (
        GAN,
        put("fitted", "learnt", "frames", "n_components", value=10**9),
    ),
    "no frames beside their arrays": (GAN, put("fitted", "learnt", "frames", value=None)),
    "frames without arrays": (
        VAE,
        put("fitted", "learnt", "frames", value={"kind": "local", "n_components": 1}),
    ),
    "another kind of frames": (GAN, put("fitted", "learnt", "frames", "kind", value="principal")),
    "no kind of frames": (GAN, put("fitted", "learnt", "frames", "kind", value="global")),
    "weights of frames that do not sum to 1": (GAN, array("frames.weights", lambda a: a / 2)),
    "frames of negative variance": (GAN, array("frames.covariances", lambda a: -a)),
    "covariances of frames that are none": (
        GAN,
        array("frames.covariances", lambda a: a + np.eye(3)[0]),
    ),
    "variances beyond all numbers": (GAN, array("frames.covariances", lambda a: a * 1e308)),
    "means of frames that are no numbers": (GAN, array("frames.means", nan_first)),
    "a slope that is too steep": (GAN, put("fitted", "learnt", "rejection", value=1e9)),
    "a slope below 0": (GAN, put("fitted", "learnt", "rejection", value=-1.0)),
    "no slope beside ceilings": (GAN, put("fitted", "learnt", "rejection", value=None)),
    "ceilings of other components": (GAN, array("rejection.ceilings", lambda a: a[:, :1])),
    # shares
    "shares that do not add up to 1": (VAE, array("scaler.shares", lambda a: a / 2)),
    "shares below 0": (
        VAE,
        array("scaler.shares", lambda a: 2 * a - 1 / 3),
    ),
    "ranks of a column that is none": (POLARS, put("fitted", "learnt", "ranks", value=[0, 9])),
    "ranks of a level": (POLARS, put("fitted", "learnt", "ranks", value=[0, 2])),
    "ranks of fewer columns": (POLARS, put("fitted", "learnt", "ranks", value=[0])),
    "made numbers whose quantiles fall": (POLARS, array("ranks.quantiles", lambda a: -a)),
    "quantiles of made numbers that are none": (POLARS, array("ranks.quantiles", nan_first)),
    "no rows": (GAN, put("fitted", "learnt", "n_rows", value=0)),
    # what is missing, or too much
    "no class": (GAN, without("class")),
    "no seed": (GAN, without("fitted", "seed")),
    "no setting": (GAN, without("params", "loss")),
    "an unknown setting": (GAN, put("params", "magic", value=1)),
    "an unknown field": (GAN, put("magic", value=1)),
    "no network": (GAN, without(*NETWORKS, "discriminator")),
    "another network": (
        GAN,
        put(
            "fitted",
            "learnt",
            "networks",
            "critic",
            value={"n_in": 3, "n_skip": 0, "skip_from": 0, "layers": []},
        ),
    ),
    "no layers": (GAN, put(*LAYERS, value=[])),
    "an array too many": (GAN, lambda c, t: t.update(more=np.zeros(3))),
    "an array too few": (GAN, lambda c, t: t.pop("scaler.mean")),
    "no column": (VAE, put(*COLUMNS, value=[])),
    "no level": (VAE, put(*COLUMNS, 1, "learnt", "levels", value=[])),
    "a level twice": (VAE, put(*COLUMNS, 1, "learnt", "levels", 0, value="y")),
    "a level more": (VAE, put(*COLUMNS, 1, "learnt", "levels", value=["x", "y", "z", "w"])),
    "a column of another name twice": (VAE, put(*COLUMNS, 1, "name", value="size")),
    "a label less": (VAE, put(*CLASSES, "labels", value=["p"])),
    "labels of many columns": (VAE, put(*CLASSES, "labels", value=[["p"], ["q"]])),
    # numbers
    "a width that is text": (GAN, put(*LAYERS, 1, "params", value={"n_units": "6", "gain": 1.0})),
    "NaN in a network": (GAN, array("fitted.generator", nan_first)),
    "NaN in the state": (GAN, array("state.generator.m", nan_first)),
    "NaN in a covariance": (GAUSSIAN, array("covariance", nan_first)),
    "infinity in a scale": (GAN, array("scaler.scale", lambda a: a * np.inf)),
    "a scale of 0": (GAN, array("scaler.scale", np.zeros_like)),
    "a range from above": (GAN, array("scaler.low", lambda a: a + 1000)),
    "a negative variance": (GAUSSIAN, array("covariance", lambda a: -a)),
    "weights that are none": (MIXTURE, array("mixture.weights", lambda a: a / 2)),
    "a negative weight": (MIXTURE, array("mixture.weights", lambda a: a * [-1, 1] + [1, 0])),
    "no component": (MIXTURE, array("mixture.weights", lambda a: a[:0])),
    "more components than means": (MIXTURE, array("mixture.weights", lambda a: np.full(9, 1 / 9))),
    "NaN in a mean": (MIXTURE, array("mixture.means", nan_first)),
    "a covariance that is none": (MIXTURE, array("mixture.covariances", lambda a: -a)),
    "a variance of 0": (MIXTURE, array("mixture.covariances", np.zeros_like)),
    "covariances of other columns": (MIXTURE, array("mixture.covariances", lambda a: a[:, 1:])),
    "covariances that are not symmetric": (
        MIXTURE,
        array("mixture.covariances", lambda a: a + np.triu(np.ones(a.shape[1:]), 1)),
    ),
    "infinite covariances": (MIXTURE, array("mixture.covariances", lambda a: a * np.inf)),
    "shares that sum to more": (MIXTURE, array("mixture.shares", lambda a: np.ones_like(a))),
    "shares of fewer levels": (MIXTURE, array("mixture.shares", lambda a: a[:-1])),
    "text for shares": (MIXTURE, array("mixture.shares", lambda a: a.astype("u1"))),
    "fewer columns of a mixture": (MIXTURE, put(*SPIKES, value=[])),
    "atoms in no order": (MIXTURE, put(*SPIKES, 2, "atoms", value=[1.0, 0.0, -1.0])),
    "more atoms": (MIXTURE, put(*SPIKES, 2, "atoms", value=[float(i) for i in range(9)])),
    "a column of nothing": (MIXTURE, put(*SPIKES, 0, "continuous", value=False)),
    "an unknown kind of covariance": (
        MIXTURE,
        put("fitted", "learnt", "covariance_type", value="tied"),
    ),
    "a negative strength": (MIXTURE, put("fitted", "learnt", "alpha", value=-1.0)),
    "a path of nothing": (MIXTURE, put("fitted", "learnt", "path", value=[[1, "diag"]])),
    "no passes": (MIXTURE, put("fitted", "learnt", "n_iter", value=0)),
    "convergence in words": (MIXTURE, put("fitted", "learnt", "converged", value="yes")),
    "fewer parameters": (GAN, array("fitted.generator", lambda a: a[:, :-1])),
    "parameters of many models": (GAN, array("fitted.generator", lambda a: np.vstack([a, a]))),
    "integers for parameters": (GAN, array("fitted.generator", lambda a: a.astype("i8"))),
    "fewer columns": (GAN, array("scaler.mean", lambda a: a[:-1])),
    "an optimizer of another size": (GAN, array("state.generator", lambda a: a[:, :-1])),
    "a negative seed": (GAN, put("fitted", "seed", value=-1)),
    "a seed that is text": (GAN, put("fitted", "seed", value="0")),
    "a random state that is none": (GAN, put("params", "random_state", value="x")),
    "a random state without keys": (GAN, put("params", "random_state", value=NO_KEYS)),
    "an array for a switch": (
        GAN,
        put("params", "conditional", value={"array": [1, 2], "dtype": "int64"}),
    ),
    "a dtype that is none": (GAN, put("params", "dtype", value="float128")),
    "a level as large as no integer": (VAE, put(*DTYPES, 3, "word", value="Int8")),
    "levels of another dtype": (VAE, put(*DTYPES, 1, "word", value="Int8")),
    "dummies of numbers": (VAE, put(*SCALER, "encoding", "dummies", value=[[0, 1]])),
    "dummies out of range": (VAE, put(*SCALER, "encoding", "dummies", value=[[10**6]])),
    "columns under a rule together": (
        RULES,
        put(*SCALER, "encoding", "together", value=[[[6, 7], [[True, True], [False, False]]]]),
    ),
    "cells that are never missing": (
        VAE,
        put(*SCALER, "encoding", "together", value=[[[0, 1], [[True, False]]]]),
    ),
    "one pattern twice": (
        VAE,
        put(*SCALER, "encoding", "together", value=[[[9, 10], [[True, True]] * 2]]),
    ),
    "other patterns": (
        VAE,
        put(*SCALER, "encoding", "together", value=[[[9, 10], [[True, True]]]]),
    ),
    "a rule that is none": (RULES, put(*ASKED, 0, "rule", value="Popen")),
    "a rule without a column": (RULES, put(*ASKED, 0, "params", "low", value="nowhere")),
    "a rule of other arguments": (RULES, put(*ASKED, 0, "params", value={"a": 1})),
    "rules in a circle": (RULES, put(*ASKED, 1, "params", "high", value="least")),
    "a coding less": (RULES, put(*CODINGS, value=[])),
    "combinations of no level": (RULES, put(*COMBINED, 0, 1, value=7)),
    "combinations of half a level": (RULES, put(*COMBINED, 0, 1, value=0.5)),
    "a combination twice": (RULES, put(*COMBINED, value=[[0, 0], [0, 0]])),
    "combinations of one column": (RULES, put(*COMBINED, value=[[0], [1]])),
    "a difference of levels": (RULES, put(*DIFFERENCE, "kind", value="level")),
    "a reference that is text": (RULES, put(*CODINGS, 2, "reference", value="x")),
    "quantiles that fall": (VAE, put(*NUMBER, "marginal", "values", value=[3, 2, 1])),
    "more decimals than numbers have": (
        VAE,
        put(*NUMBER, "grid", "decimals", value=400),
    ),
    "a sign of no currency": (VAE, put(*WRITING, "prefix", value="=cmd|")),
    "a sign for all": (VAE, put(*WRITING, "thousands", value=".")),
    "more places than numbers have": (VAE, put(*WRITING, "places", value=14)),
    # sizes
    "a class list of a million": (
        VAE,
        put(*CLASSES, "labels", value=list(range(10**6))),
    ),
    "a million classes": (
        VAE,
        both(
            put(*CLASSES, value=MILLION),
            array("classes.shares", lambda a: np.full(10**6, 1e-6)),
        ),
    ),
    "a width of a billion": (GAN, put(*LAYERS, 1, "params", "n_units", value=10**9)),
    "more inputs than there are": (
        GAN,
        put(*GENERATOR, "n_in", value=10**12),
    ),
    "no word of a way around": (GAN, without(*GENERATOR, "n_skip")),
    "more ways around than inputs": (GAN, put(*GENERATOR, "n_skip", value=10**12)),
    "more ways around than outputs": (GAN, put(*GENERATOR, "n_skip", value=4)),
    "fewer ways around than none": (GAN, put(*GENERATOR, "n_skip", value=-1)),
    "a way around that is no number": (GAN, put(*GENERATOR, "n_skip", value=True)),
    "a way around from behind": (GAN, put(*GENERATOR, "skip_from", value=9)),
    "a way around from before": (GAN, put(*GENERATOR, "skip_from", value=-1)),
    "levels of a billion": (POLARS, put(*LAYERS, -1, value=BLOCKS)),
    "labels of a gigabyte": (VAE, put("fitted", "learnt", "classes", "dtype", value="<U999999999")),
    "a number of 10,000 digits": (GAN, put("params", "alpha", value=10**4200)),
    "nesting of 10,000": (GAN, put("params", "alpha", value=deep(200))),
}
HARMLESS = ("a number of 10,000 digits",)
MUCH = 150e6


@pytest.mark.parametrize(("kind", "change"), FORGERIES.values(), ids=FORGERIES)
def test_forgeries(originals, tmp_path, monkeypatch, request, kind, change):
    path = tmp_path / "model"
    path.write_bytes(originals[kind])
    forge(path, MODEL, change)
    tracemalloc.start()
    try:
        ended = outcome(path, monkeypatch)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ended == ("samples" if request.node.callspec.id in HARMLESS else "refused")
    assert peak < MUCH


def test_the_files_themselves_are_accepted(originals, tmp_path, monkeypatch):
    path = tmp_path / "model"
    for data in originals.values():
        path.write_bytes(data)
        forge(path, MODEL, lambda configuration, tensors: None)
        assert outcome(path, monkeypatch) == "samples"


TEXTS = {
    "no JSON": "{",
    "a list": "[]",
    "a number": "3",
    "NaN": '{"format": NaN}',
    "an entry twice": '{"format": 5, "format": 5, "version": "x", "contents": {}}',
    "deep": "[" * 100_000,
    "an earlier format": '{"format": 2, "version": "0.1", "class": "x"}',
    "a later format": '{"format": 99, "version": "9.0", "contents": {}}',
    "a format that is no number": '{"format": "x", "version": "1", "contents": {}}',
    "nothing": '{"format": 5, "version": "x", "contents": null}',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_configurations_of_another_form(text, tmp_path):
    path = tmp_path / "model"
    write(path, MODEL, text, {})
    with pytest.raises(regan.FileError, match=r"model is no(t a usable)? regan model"):
        regan.load(path)


def test_other_formats_are_named(tmp_path):
    path = tmp_path / "model"
    write(path, MODEL, TEXTS["an earlier format"], {})
    with pytest.raises(regan.FileError, match=r"has format 2 of regan 0\.1; .* reads format 5"):
        regan.load(path)


def test_a_checkpoint_that_needs_more_updates_is_refused(left):
    """A forged number of updates does not keep a fit busy for ever."""
    folder, data = left
    (folder / FILE).write_bytes(data)
    forge(folder / FILE, CHECKPOINT, lambda c, t: c["run"].update(n_updates=10**12))
    with pytest.raises(regan.FileError, match="cannot resume"):
        resumed(folder)
    assert checkpoints.FILE_NAME == FILE
