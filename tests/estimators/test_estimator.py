"""The estimator's contract: what fit, sample, score, partial_fit and warm_start promise."""

import copy
import io
import pickle
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import regan
import regan.estimators.base
from regan import (
    Callback,
    DivergenceError,
    ProgressBar,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedVAE,
)
from regan.backends import BackendUnavailableError, get_backend
from regan.backends.cupy_backend import CupyBackend
from regan.metrics import two_sample_score
from regan.penalties import L1, ElasticNet
from regan.training.trainer import Trainer


def parameters(gan):
    return np.concatenate([gan.generator_.theta, gan.discriminator_.theta], axis=1)


def assert_same_model(a, b):
    np.testing.assert_array_equal(parameters(a), parameters(b))
    np.testing.assert_array_equal(a.sample(5, random_state=1), b.sample(5, random_state=1))


# fit


def test_fit_returns_itself_and_sets_the_fitted_attributes(small_gan, table):
    gan = small_gan()
    assert gan.fit(table) is gan
    assert gan.n_iter_ == 10
    assert gan.n_features_in_ == 3
    assert not hasattr(gan, "feature_names_in_")
    noise = np.zeros((5, 4))
    assert gan.generator_(noise).shape == (5, 3)
    assert gan.discriminator_(gan.generator_(noise)).shape == (5, 1)
    shapes = [layer["W"].shape for layer in gan.generator_.parameters if layer]
    assert shapes == [(4, 8), (8, 8), (8, 3)]
    assert repr(gan.discriminator_) == "<FittedNetwork 3 -> 1, 113 parameters>"


def test_y_is_ignored(small_gan, table):
    assert_same_model(small_gan().fit(table), small_gan().fit(table, y=table[:, 0]))


def test_fit_starts_over(small_gan, table):
    gan = small_gan().fit(table[:, :2]).fit(table)
    assert_same_model(gan, small_gan().fit(table))
    assert gan.n_iter_ == 10


def test_fit_leaves_the_data_alone(small_gan, table):
    for X in (table, pd.DataFrame(table)):
        before = X.copy()
        small_gan(standardize=False).fit(X).score(X)
        assert np.array_equal(X, before)


def test_fit_does_not_depend_on_the_container(small_gan, table):
    gan = small_gan().fit(table)
    for X in (table.tolist(), np.asfortranarray(table), table.astype(object), pd.DataFrame(table)):
        assert_same_model(gan, small_gan().fit(X))


@pytest.mark.parametrize("standardize", [True, False])
def test_generator_makes_what_sample_returns(small_gan, table, standardize):
    """Up to scaling and range: sample is the averaged generator on standard normal noise."""
    gan = small_gan(dtype="float64", standardize=standardize).fit(table)
    scaled = gan.sample(2000)
    expected = gan.generator_(np.random.default_rng(0).standard_normal((20_000, 4)))
    if standardize:
        mean, scale = table.mean(axis=0), table.std(axis=0)
        scaled = (scaled - mean) / scale
        ends = ((end - mean) / scale for end in (table.min(axis=0), table.max(axis=0)))
        expected = np.clip(expected, *ends)
    np.testing.assert_allclose(scaled.mean(axis=0), expected.mean(axis=0), atol=0.2)
    np.testing.assert_allclose(scaled.std(axis=0), expected.std(axis=0), rtol=0.2)


# The container and the dtype of samples

ARRAYS = {
    "float64": (lambda X: X, "float64"),
    "float32": (lambda X: X.astype("float32"), "float32"),
    "float16": (lambda X: X.astype("float16"), "float16"),
    "integers": (lambda X: X.astype(int), "int64"),
    "small integers": (lambda X: X.astype("int16"), "int16"),
    "unsigned integers": (lambda X: np.abs(X).astype("uint16"), "uint16"),
    "booleans": (lambda X: X.mean(axis=0) < X, "bool"),
    "objects": (lambda X: X.astype(object), "float64"),
    "lists": (lambda X: X.tolist(), "float64"),
    "lists of integers": (lambda X: X.astype(int).tolist(), "int64"),
    "Fortran order": (lambda X: np.asfortranarray(X, dtype="float32"), "float32"),
    "a view": (lambda X: np.repeat(X, 2, axis=0)[::2], "float64"),
}


@pytest.mark.parametrize(("make", "dtype"), ARRAYS.values(), ids=ARRAYS)
def test_samples_of_arrays(small_gan, table, make, dtype):
    X = make(table)
    rows = small_gan().fit(X).sample(200)
    assert type(rows) is np.ndarray
    assert rows.shape == (200, 3)
    assert rows.dtype == dtype
    values = np.asarray(X, dtype=float)  # the units: an untrained generator makes standard scores
    assert ((values.min(axis=0) <= rows) & (rows <= values.max(axis=0))).all()
    assert (np.ptp(rows.astype(float), axis=0) > 0).any()


FRAMES = {
    "float64": ({"a": "float64", "b": "float64", "c": "float64"}, ["float64"] * 3),
    "float32": ({"a": "float32", "b": "float32", "c": "float32"}, ["float32"] * 3),
    "mixed": (
        {"a": "float32", "b": "float64", "c": "float16"},
        ["float32", "float64", "float16"],
    ),
    "integers": ({"a": "int64", "b": "float32", "c": "uint16"}, ["int64", "float32", "uint16"]),
    "nullable": (
        {"a": "Float32", "b": "Float64", "c": "Float32"},
        ["Float32", "Float64", "Float32"],
    ),
    "objects": ({"a": "object", "b": "float32", "c": "object"}, ["object", "float32", "object"]),
}


@pytest.mark.parametrize(("given", "dtypes"), FRAMES.values(), ids=FRAMES)
def test_samples_of_data_frames(small_gan, table, given, dtypes):
    values = np.abs(table).round() if "int64" in given.values() else table
    X = pd.DataFrame(values, columns=list(given), index=range(100, 160)).astype(given)
    gan = small_gan().fit(X)
    rows = gan.sample(20)
    assert type(rows) is pd.DataFrame
    assert rows.shape == (20, 3)
    assert [str(dtype) for dtype in rows.dtypes] == dtypes
    assert list(rows.columns) == list(gan.feature_names_in_) == ["a", "b", "c"]
    assert list(rows.index) == list(range(20))
    gan.score(X)


@pytest.mark.parametrize("names", [[0, 1, 2], [10, 5, 7], [("a", 1), ("a", 2), ("b", 1)]])
def test_column_names_of_any_kind_come_back(small_gan, table, names):
    X = pd.DataFrame(table)
    X.columns = names
    assert list(small_gan().fit(X).sample(2).columns) == list(X.columns)


def test_a_subclass_of_a_data_frame_comes_back_as_a_data_frame(small_gan, table):
    class Frame(pd.DataFrame):
        pass

    rows = small_gan().fit(Frame(table, columns=["a", "b", "c"])).sample(2)
    assert type(rows) is pd.DataFrame
    assert list(rows.columns) == ["a", "b", "c"]


def test_half_precision_does_not_overflow(small_gan, table):
    X = np.where(table > table.mean(axis=0), 65_000, -65_000).astype("float16")
    for standardize in (True, False):
        rows = small_gan(penalty=None, standardize=standardize).fit(X).sample(2000)
        assert rows.dtype == "float16"
        assert np.isfinite(rows).all()
        assert np.abs(rows).max() <= 65_000


# What sample draws


@pytest.mark.parametrize("n", [2, 1023, 1024, 1025, 3000])
def test_rows_do_not_depend_on_how_many_are_asked_for(small_gan, table, n):
    gan = small_gan().fit(table)
    np.testing.assert_array_equal(gan.sample(4000)[:n], gan.sample(n))


def test_chunks_differ(small_gan, table):
    rows = small_gan().fit(table).sample(3000)
    assert len(np.unique(rows, axis=0)) == 3000


def test_an_int_repeats_the_rows(small_gan, table):
    gan = small_gan(random_state=3).fit(table)
    np.testing.assert_array_equal(gan.sample(5), gan.sample(5))
    np.testing.assert_array_equal(gan.sample(5), gan.sample(5, random_state=3))
    assert (gan.sample(5, random_state=4) != gan.sample(5)).all()


def test_none_draws_afresh(small_gan, table):
    gan = small_gan(random_state=None).fit(table)
    # rows, for single numbers may be the same end of a range
    assert (gan.sample(5) != gan.sample(5)).any(axis=1).all()
    assert (parameters(gan) != parameters(gan.fit(table))).any()
    np.testing.assert_array_equal(gan.sample(5, random_state=0), gan.sample(5, random_state=0))


def test_a_random_state_goes_on(small_gan, table):
    gan = small_gan().fit(table)
    state = np.random.RandomState(3)
    first, second = gan.sample(5, random_state=state), gan.sample(5, random_state=state)
    assert (first != second).all()
    np.testing.assert_array_equal(gan.sample(5, random_state=np.random.RandomState(3)), first)
    np.testing.assert_array_equal(gan.sample(5, random_state=3), first)


def test_a_random_state_in_the_constructor(small_gan, table):
    a, b = (small_gan(random_state=np.random.RandomState(3)).fit(table) for _ in range(2))
    assert_same_model(a, b)
    np.testing.assert_array_equal(a.sample(5), b.sample(5))
    assert (a.sample(5) != a.sample(5)).all()
    assert (parameters(a) != parameters(a.fit(table))).any()


def test_the_global_generator_is_left_alone(small_gan, table):
    before = np.random.get_state()[1].copy()
    small_gan().fit(table).sample(5)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_sampling_changes_nothing(small_gan, table):
    gan = small_gan().fit(table)
    before = pickle.dumps(gan)
    gan.sample(10)
    gan.score(table)
    assert pickle.dumps(gan) == before


# score


def test_score_is_deterministic_and_ignores_y(small_gan, table):
    gan = small_gan(random_state=None).fit(table)
    assert gan.score(table) == gan.score(table) == gan.score(table, y=table[:, 0])
    assert isinstance(gan.score(table), float)


@pytest.mark.parametrize("standardize", [True, False])
def test_score_compares_equally_many_rows_on_standardised_columns(
    monkeypatch, small_gan, table, standardize
):
    seen = []
    monkeypatch.setattr(
        regan.estimators.base,
        "two_sample_score",
        lambda *args: seen.append(args) or two_sample_score(*args),
    )
    gan = small_gan(standardize=standardize).fit(table)
    score = gan.score(table)
    real, fake = seen[0]
    np.testing.assert_allclose(real, (table - table.mean(axis=0)) / table.std(axis=0), rtol=1e-9)
    assert fake.shape == real.shape
    assert score == two_sample_score(real, fake)


def test_score_takes_at_most_2000_rows(monkeypatch, small_gan, table):
    seen = []
    monkeypatch.setattr(
        regan.estimators.base, "two_sample_score", lambda *args: seen.append(args) or 0.0
    )
    gan = small_gan().fit(table)
    X = np.random.default_rng(0).normal(size=(2500, 3))
    gan.score(X)
    real, fake = seen[0]
    assert real.shape == fake.shape == (2000, 3)
    assert len(np.unique(real, axis=0)) == 2000
    gan.score(X)
    np.testing.assert_array_equal(seen[1], seen[0])


def test_score_tells_a_model_of_the_data_from_one_of_other_data(small_gan, table):
    gan = small_gan(max_iter=100).fit(table)
    assert gan.score(gan.sample(500, random_state=9)) > 0.9
    assert gan.score(table + 20 * table.std(axis=0)) < 0


def test_score_does_not_depend_on_the_units(small_gan, table):
    scores = [small_gan().fit(X).score(X) for X in (table, table * [4, 0.5, 1024])]
    np.testing.assert_allclose(*scores, rtol=1e-6)


# The scale of the columns


def test_standardize_is_the_same_as_scaling_beforehand(small_gan, table):
    mean, scale = table.mean(axis=0), table.std(axis=0)
    inside = small_gan(dtype="float64", frames=None).fit(table)
    outside = small_gan(dtype="float64", standardize=False).fit((table - mean) / scale)
    np.testing.assert_allclose(parameters(inside), parameters(outside), rtol=1e-6, atol=1e-9)
    rows = np.clip(outside.sample(9) * scale + mean, table.min(axis=0), table.max(axis=0))
    np.testing.assert_allclose(inside.sample(9), rows, rtol=1e-6)


def test_scaling_happens_in_double_precision(small_gan):
    """Offsets that single precision cannot hold beside the spread."""
    X = np.random.default_rng(0).normal(size=(60, 2)) + [1e9, -1e9]
    rows = small_gan(dtype="float32").fit(X).sample(100)
    inner = (X.min(axis=0) < rows) & (rows < X.max(axis=0))
    assert len(np.unique(rows[inner])) == inner.sum() > 150


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_constant_columns_come_back_constant(small_gan, table, dtype, standardize):
    constants = np.array([0.1, 0, -3, 6e4])
    X = np.c_[table, np.tile(constants, (60, 1))].astype(dtype)
    rows = small_gan(standardize=standardize).fit(X).sample(50)
    np.testing.assert_array_equal(rows[:, 3:], X[:50, 3:])
    assert (rows[:, :3] != rows[0, :3]).any(axis=0).all()


def test_all_columns_constant(small_gan):
    X = np.full((5, 2), 0.7)
    np.testing.assert_array_equal(small_gan().fit(X).sample(5), X)


def test_constant_up_to_rounding_is_constant(small_gan, table):
    X = np.c_[table, np.where(np.arange(60) % 2, 0.3, 0.1 + 0.2)]
    assert len(np.unique(small_gan().fit(X).sample(50)[:, 3])) == 1


@pytest.mark.parametrize(
    ("value", "later", "constant"),
    [(0.1, 0.1, True), (1.6e9, 1.6e9 + 1000, False), (0.0, 1e-9, False), (5.0, 6.0, False)],
)
def test_constant_so_far(small_gan, table, value, later, constant):
    gan = small_gan().fit(np.c_[table, np.full(60, value)])
    gan.partial_fit(np.c_[table, np.full(60, later)])
    assert (len(np.unique(gan.sample(50)[:, 3])) == 1) is constant


def test_fewer_rows_than_the_batch(small_gan, table):
    X = table[:3]
    assert_same_model(small_gan(batch_size=128).fit(X), small_gan(batch_size=3).fit(X))


def test_two_rows_suffice(small_gan):
    assert small_gan().fit([[0.0, 1.0], [2.0, 5.0]]).sample(4).shape == (4, 2)


# partial_fit and warm_start


@pytest.mark.parametrize(
    ("n", "batch_size", "n_discriminator_steps", "updates"),
    [
        (60, 20, 1, 3),
        (60, 16, 1, 4),
        (60, 10, 2, 3),
        (60, 16, 3, 2),
        (60, 16, 50, 1),
        (5, 16, 1, 1),
    ],
)
def test_partial_fit_makes_one_pass(
    monkeypatch, small_gan, table, n, batch_size, n_discriminator_steps, updates
):
    seen = []
    run = Trainer.run
    monkeypatch.setattr(
        Trainer, "run", lambda self, *args: seen.append(args[-1]) or run(self, *args)
    )
    gan = small_gan(batch_size=batch_size, n_discriminator_steps=n_discriminator_steps)
    gan.partial_fit(table[:n])
    assert gan.n_iter_ == updates
    per_batch = -(-n // (updates * n_discriminator_steps))
    assert per_batch <= batch_size
    assert seen[0].shape == (updates, n_discriminator_steps, per_batch)
    times = np.bincount(seen[0].ravel(), minlength=n)
    assert set(times) <= {1, 2}  # a last batch that is not full is filled up
    assert times.sum() == seen[0].size
    gan.partial_fit(table[:n])
    assert gan.n_iter_ == 2 * updates
    assert (seen[1] != seen[0]).any()


def test_partial_fit_keeps_the_first_scaling(small_gan, table):
    gan = small_gan().partial_fit(table)
    scale = gan.sample(500).std(axis=0)
    gan.partial_fit(1000 * table)
    rows = gan.sample(500)
    assert (rows.std(axis=0) < 5 * scale).all()
    assert (np.abs(rows.mean(axis=0) - table.mean(axis=0)) < 10 * table.std(axis=0)).all()


def test_partial_fit_goes_on_with_the_optimizer(small_gan, table):
    """From equal parameters, moments of other gradients make another step."""
    first = small_gan(beta_1=0.9).partial_fit(table)
    second = copy.deepcopy(first)
    for memory in second._state.optimizers.values():
        memory["m"] *= 2
    first.partial_fit(table)
    second.partial_fit(table)
    assert (parameters(first) != parameters(second)).any()
    assert [memory["t"] for memory in first._state.optimizers.values()] == [8, 8]


def test_partial_fit_has_a_constant_rate(small_gan, table):
    models = [
        small_gan(learning_rate=schedule).partial_fit(table).partial_fit(table)
        for schedule in ("constant", "cosine", "linear")
    ]
    for model in models[1:]:
        assert_same_model(models[0], model)


def test_partial_fit_goes_on_from_fit_and_takes_single_rows(small_gan, table):
    gan = small_gan().fit(table)
    assert gan.partial_fit(table[:1]).n_iter_ == 11
    assert gan.partial_fit(table[:20], y=None) is gan
    assert gan.n_iter_ == 13


def test_warm_start_goes_on(small_gan, table):
    """Ten and ten updates are twenty, at a constant rate and strength."""
    settings = {"learning_rate": "constant", "gamma": 0.3, "beta_1": 0.5}
    gan = small_gan(warm_start=True, **settings).fit(table)
    half = parameters(gan)
    gan.fit(table)
    whole = small_gan(max_iter=20, **settings).fit(table)
    assert_same_model(gan, whole)
    assert (parameters(gan) != half).any()
    assert gan.n_iter_ == 20
    for name in ("generator_loss", "discriminator_r1", "generator_grad_norm"):
        np.testing.assert_array_equal(gan.history_[name], whole.history_[name])


@pytest.mark.parametrize("go_on", ["partial_fit", "fit"])
def test_going_on_with_another_scaling_is_refused(small_gan, table, go_on):
    gan = small_gan(warm_start=True).fit(table).set_params(standardize=False)
    with pytest.raises(ValueError, match=r"standardize=False cannot take effect"):
        getattr(gan, go_on)(table)


def test_warm_start_keeps_the_first_scaling(small_gan, table):
    gan = small_gan(warm_start=True).fit(table)
    rows = gan.fit(table * 1000).sample(100)
    assert (np.abs(rows - table.mean(axis=0)) < 50 * table.std(axis=0)).all()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"hidden_layer_sizes": (9, 8), "discriminator_hidden_layer_sizes": (8, 8)}, "generator"),
        ({"discriminator_hidden_layer_sizes": (3,)}, "discriminator"),
        ({"latent_dim": 7}, "generator"),
        ({"activation": "tanh"}, "generator"),
        ({"activation": ("leaky_relu", "tanh")}, "discriminator"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_going_on_with_other_networks_is_refused(small_gan, table, change, named, method):
    gan = small_gan(warm_start=True).fit(table)
    gan.set_params(**change)
    with pytest.raises(ValueError, match=f"cannot continue from the last fit: its {named} was"):
        getattr(gan, method)(table)
    assert gan.n_iter_ == 10


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [("adam", "rmsprop", False), ("adam", "adamw", True), ("sgd", "adam", False)],
)
def test_another_optimizer_starts_afresh_unless_it_is_of_the_same_kind(
    small_gan, table, first, second, kept
):
    """Adam's m is a gradient, RMSprop's a step: the one must not be taken for the other."""
    gan = small_gan(warm_start=True, optimizer=first).fit(table)
    gan.set_params(optimizer=second).fit(table)
    assert gan._state.optimizers["generator"]["t"] == (20 if kept else 10)


def test_a_term_that_comes_later_is_nan_before(small_gan, table):
    gan = small_gan(warm_start=True, penalty="l1").fit(table)
    gan.set_params(penalty="l2").fit(table)
    assert {len(values) for values in gan.history_.values()} == {20}
    for name, absent in (("generator_l1", slice(10, None)), ("generator_l2", slice(10))):
        missing = np.isnan(gan.history_[name])
        assert missing[absent].all()
        assert missing.sum() == 10


def test_it_ends_a_pipeline_and_a_search_reaches_it_there(small_gan, table):
    pipeline = make_pipeline(MinMaxScaler(), small_gan()).fit(table)
    assert np.isfinite(pipeline.score(table))
    low, high = pipeline[0].transform(table).min(), pipeline[0].transform(table).max()
    assert (np.abs(pipeline[-1].sample(100) - (low + high) / 2) < 10 * (high - low)).all()
    search = GridSearchCV(pipeline, {"regularizedgan__alpha": [1e-4, 1e-2]}, cv=2).fit(table)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert scores[0] != scores[1]


def test_a_subclass_with_fewer_arguments(table):
    class Sparse(RegularizedGAN):
        def __init__(self, penalty="l1", *, alpha=1e-3, random_state=None):
            super().__init__(penalty, alpha=alpha, max_iter=5, random_state=random_state)

    assert clone(Sparse(random_state=0)).fit(table).n_iter_ == 5
    with pytest.raises(ValueError, match=r"alpha=0.01 would be ignored"):
        Sparse(L1(), alpha=1e-2).fit(table)


@pytest.mark.parametrize(
    "columns",
    [
        pd.Index(["a", "b", "c"], name="what"),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["x", "y"]),
    ],
    ids=["a title", "two levels"],
)
def test_the_index_of_the_columns_comes_back(small_gan, table, columns, tmp_path):
    frame = pd.DataFrame(table, columns=columns)
    gan = small_gan().fit(frame)
    pd.testing.assert_index_equal(gan.sample(2).columns, columns)
    gan.save(tmp_path / "model")
    pd.testing.assert_index_equal(regan.load(tmp_path / "model").sample(2).columns, columns)


def test_an_unknown_backend_does_not_keep_a_fitted_model_from_sampling(small_gan, table):
    gan = small_gan().fit(table).set_params(backend="of another machine")
    with pytest.warns(UserWarning, match="uses NumPy instead: backend='of another machine' names"):
        assert gan.sample(2).shape == (2, 3)


def test_a_refit_that_fails_at_once_keeps_the_old_model(small_gan, table):
    class Spoil(Callback):
        def on_step(self, run):
            run.state.thetas["generator"][...] = np.nan

    gan = small_gan().fit(table)
    rows = gan.sample(3)
    gan.set_params(callbacks=[Spoil()], max_iter=1)
    with pytest.raises(DivergenceError):
        gan.fit(table)
    assert gan.n_iter_ == 10
    np.testing.assert_array_equal(gan.sample(3), rows)


def test_going_on_with_another_optimizer(small_gan, table):
    gan = small_gan(warm_start=True, optimizer="sgd", beta_2=0.99).fit(table)
    gan.set_params(optimizer="adam").fit(table)
    assert gan.n_iter_ == 20
    assert [memory["t"] for memory in gan._state.optimizers.values()] == [10, 10]


def test_going_on_needs_the_same_columns(small_gan, table):
    gan = small_gan(warm_start=True).fit(table)
    with pytest.raises(ValueError, match="X has 2 features, but RegularizedGAN is expecting 3"):
        gan.fit(table[:, :2])


# history_

TERMS = {
    "defaults": (
        {"penalty": "l2", "gradient_penalty": "r1r2"},
        {"generator_l2", "discriminator_l2", "discriminator_r1", "discriminator_r2"},
    ),
    "nothing": ({"penalty": None, "gradient_penalty": None}, set()),
    "pairs": (
        {"penalty": ("l1", ["elasticnet", "l2"]), "gradient_penalty": "r1"},
        {"generator_l1", "discriminator_elasticnet", "discriminator_l2", "discriminator_r1"},
    ),
    "one network": (
        {"penalty": (None, "l1"), "gradient_penalty": ["r2"]},
        {"discriminator_l1", "discriminator_r2"},
    ),
    "decoupled": (
        {"optimizer": "adamw", "gradient_penalty": None},
        {"generator_l2", "discriminator_l2"},
    ),
}


@pytest.mark.parametrize(("settings", "terms"), TERMS.values(), ids=TERMS)
def test_history(small_gan, table, settings, terms):
    gan = small_gan(max_iter=90, n_discriminator_steps=2, **settings).fit(table)
    both = {
        f"{player}_{term}"
        for player in ("generator", "discriminator")
        for term in ("loss", "grad_norm")
    }
    assert set(gan.history_) == both | terms | {"distance"}
    for name, values in gan.history_.items():
        assert type(values) is np.ndarray
        assert values.shape == (90,)
        assert np.isfinite(values[1 :: 2 if name == "distance" else 1]).all()
    assert np.isnan(gan.history_["distance"][::2]).all()
    for name in terms:
        assert (gan.history_[name] > 0).all()


def test_distance_falls_when_training_works(small_gan, table):
    settings = {"learning_rate_init": 5e-3, "ema_decay": 0.9, "frames": None}
    gan = small_gan(max_iter=600, **settings).fit(table)
    distance = gan.history_["distance"]
    distance = distance[np.isfinite(distance)]
    assert distance[-5:].mean() < 0.5 * distance[0]


# Settings that have no row in test_settings.py


class Recorder(Callback):
    """Writes down what happens, and the parameters after every update."""

    def __init__(self):
        self.events, self.thetas = [], []

    def on_fit_start(self, run):
        self.events.append("start")

    def on_step(self, run):
        self.events.append("step")
        ops = get_backend(dtype="float64")
        self.thetas.append(ops.to_numpy(run.state.thetas["generator"]))

    def on_report(self, run):
        self.events.append(f"report {run.done}")
        assert len(run.history["generator_loss"]) == run.done
        assert set(run.latest()) == set(run.history)

    def on_fit_end(self, run):
        self.events.append("end")


def test_callbacks_see_every_event(small_gan, table):
    recorder = Recorder()
    small_gan(max_iter=3, callbacks=[recorder]).fit(table)
    each = [event for i in (1, 2, 3) for event in ("step", f"report {i}")]
    assert recorder.events == ["start", *each, "end"]


def test_functions_are_called_at_every_report(small_gan, table):
    done = []
    small_gan(max_iter=80, callbacks=[lambda run: done.append(run.done)]).fit(table)
    assert done == list(range(2, 81, 2))


def test_callbacks_do_not_change_the_model(small_gan, table):
    assert_same_model(small_gan().fit(table), small_gan(callbacks=[Recorder()]).fit(table))


def test_a_callback_stops_the_run(small_gan, table):
    def stop(run):
        if run.done == 4:
            run.stop()

    recorder, settings = Recorder(), {"learning_rate": "constant", "gamma": 0.3}
    gan = small_gan(max_iter=40, callbacks=[stop, recorder], **settings).fit(table)
    assert gan.n_iter_ == 4
    assert len(gan.history_["generator_loss"]) == 4
    assert recorder.events[-1] == "end"
    assert_same_model(gan, small_gan(max_iter=4, **settings).fit(table))


def test_an_error_in_a_callback_is_not_swallowed(small_gan, table):
    def fail(run):
        raise KeyError("mine")

    gan = small_gan(callbacks=[fail])
    with pytest.raises(KeyError, match="mine"):
        gan.fit(table)
    with pytest.raises(NotFittedError):
        gan.sample()


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99])
def test_the_average_is_that_of_the_parameters(small_gan, table, decay):
    """avg = d avg + (1 - d) theta with d = min(decay, t / (9 + t)), counted from 1."""
    recorder = Recorder()
    gan = small_gan(max_iter=15, ema_decay=decay, dtype="float64", callbacks=[recorder]).fit(table)
    average = initial_generator(small_gan, table)
    for t, theta in enumerate(recorder.thetas, start=1):
        d = min(decay, t / (9 + t))
        average = d * average + (1 - d) * theta
    np.testing.assert_allclose(gan.generator_.theta, average, rtol=1e-12, atol=1e-15)


def initial_generator(small_gan, table):
    class First(Callback):
        def on_fit_start(self, run):
            self.theta = get_backend(dtype="float64").to_numpy(run.state.thetas["generator"])

    first = First()
    small_gan(dtype="float64", callbacks=[first]).fit(table)
    return first.theta


@pytest.mark.parametrize("steps", [1, 3])
def test_discriminator_steps(small_gan, table, steps):
    gan = small_gan(n_discriminator_steps=steps).fit(table)
    assert [memory["t"] for memory in gan._state.optimizers.values()] == [10, 10 * steps]


def test_the_progress_bar_shows_the_terms(small_gan, table):
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    small_gan(callbacks=[ProgressBar(console)]).fit(table)
    text = console.file.getvalue()
    for word in ("10/10", "G loss", "D loss", "D r1", "G l2", "distance"):
        assert word in text
    assert "grad_norm" not in text


def test_an_error_ends_the_progress_bar(small_gan, table):
    console, out = Console(file=io.StringIO(), force_terminal=True), sys.stdout
    before = set(threading.enumerate())
    bar = ProgressBar(console)
    try:
        with pytest.raises(DivergenceError):
            small_gan(callbacks=[bar], learning_rate_init=1e30).fit(table)
        assert sys.stdout is out
        for thread in set(threading.enumerate()) - before:
            thread.join(timeout=10)
            assert not thread.is_alive()
    finally:
        if sys.stdout is not out:
            bar.on_fit_end(None)


@pytest.mark.parametrize(
    "duplicate", [clone, copy.deepcopy, lambda gan: pickle.loads(pickle.dumps(gan))]
)
def test_a_model_with_a_progress_bar_can_be_copied(small_gan, table, duplicate):
    gan = small_gan(callbacks=[ProgressBar()])
    duplicate(gan)
    duplicate(gan.fit(table))


def test_a_bar_on_a_console_of_ones_own_is_shared_by_clones(small_gan):
    console = Console(file=io.StringIO())
    gan = small_gan(callbacks=[ProgressBar(console)])
    assert clone(gan).callbacks[0].console is console
    assert pickle.loads(pickle.dumps(gan)).callbacks[0].console is None


def test_verbose_makes_a_progress_bar(monkeypatch, small_gan, table):
    shown = []

    class Bar(Callback):
        def on_fit_start(self, run):
            shown.append(run.done)

    monkeypatch.setattr("regan.building.run_spec.ProgressBar", Bar)
    small_gan(verbose=0).fit(table)
    assert shown == []
    small_gan(verbose=1).fit(table)
    assert shown == [0]
    small_gan(verbose=True).fit(table)
    assert shown == [0, 0]


# The backend


@pytest.fixture
def no_cupy(monkeypatch):
    monkeypatch.setattr(CupyBackend, "missing", classmethod(lambda cls: "there is no device"))


@pytest.mark.usefixtures("no_cupy")
def test_a_backend_that_cannot_be_used_is_an_error_at_fit(monkeypatch, small_gan, table):
    gan = small_gan(backend="cupy")
    with pytest.raises(BackendUnavailableError, match=r"backend='cupy' .*there is no device"):
        gan.fit(table)
    monkeypatch.setenv("REGAN_BACKEND", "cupy")
    with pytest.raises(BackendUnavailableError, match=r"REGAN_BACKEND=cupy .*there is no device"):
        small_gan().fit(table)
    small_gan(backend="numpy").fit(table)  # the argument comes first


@pytest.mark.usefixtures("no_cupy")
def test_auto_falls_back_with_one_warning(monkeypatch, small_gan, table):
    with pytest.warns(UserWarning, match="falls back to NumPy: there is no device") as caught:
        gan = small_gan(backend="auto").fit(table)
    assert len(caught) == 1
    monkeypatch.setenv("REGAN_BACKEND", "numpy")
    assert_same_model(gan.set_params(backend=None), small_gan().fit(table))


@pytest.mark.usefixtures("no_cupy")
@pytest.mark.parametrize("use", [lambda gan, X: gan.sample(5), lambda gan, X: gan.score(X)])
def test_a_fitted_model_works_everywhere(small_gan, table, use):
    gan = small_gan(backend="numpy").fit(table)
    expected = use(gan, table)
    gan.set_params(backend="cupy")
    with pytest.warns(UserWarning, match="uses NumPy instead: .*there is no device") as caught:
        found = use(gan, table)
    assert len(caught) == 1
    np.testing.assert_array_equal(found, expected)


def test_an_unknown_backend_in_the_environment(monkeypatch, small_gan, table):
    monkeypatch.setenv("REGAN_BACKEND", "abacus")
    with pytest.raises(
        ValueError, match="REGAN_BACKEND=abacus names no backend; choose one of: nu"
    ):
        small_gan().fit(table)


def test_fitted_attributes_are_numpy_arrays(small_gan, table):
    gan = small_gan().fit(table)
    state = gan._state
    held = [*state.thetas.values(), state.average, gan.generator_.theta, gan.discriminator_.theta]
    held += [v for memory in state.optimizers.values() for k, v in memory.items() if k != "t"]
    assert all(type(array) is np.ndarray for array in [*held, *gan.history_.values()])


# What scikit-learn's tools need


def test_clone_is_unfitted_and_has_equal_settings(small_gan, table):
    gan = small_gan(penalty=(ElasticNet(1e-3, 0.2), None), learning_rate_init=(1e-3, 2e-3))
    twin = clone(gan.fit(table))
    assert repr(twin.get_params()) == repr(gan.get_params())
    with pytest.raises(NotFittedError):
        twin.sample()
    assert_same_model(twin.fit(table), gan)


@pytest.mark.parametrize("duplicate", [lambda g: pickle.loads(pickle.dumps(g)), copy.deepcopy])
def test_pickles_and_copies_are_the_same_model(small_gan, table, duplicate):
    gan = small_gan(activation=("silu", "gelu")).fit(table)
    twin = duplicate(gan)
    assert_same_model(gan, twin)
    assert gan.score(table) == twin.score(table)
    kept = parameters(gan).copy()
    twin.partial_fit(table)
    np.testing.assert_array_equal(parameters(gan), kept)
    assert_same_model(gan.partial_fit(table), twin)


def test_a_search_reaches_into_objects(small_gan, table):
    search = GridSearchCV(
        small_gan(penalty=ElasticNet(), max_iter=60),
        {"penalty__alpha": [1e-3, 5.0], "penalty__l1_ratio": [0.0, 1.0]},
        cv=2,
    )
    search.fit(table)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert len(set(scores)) == 4
    best = search.best_estimator_.penalty
    assert search.best_params_ == {"penalty__alpha": best.alpha, "penalty__l1_ratio": best.l1_ratio}
    assert search.best_estimator_.sample(2).shape == (2, 3)


def test_defaults_are_what_the_signature_says():
    gan = RegularizedGAN()
    assert gan.penalty == "l2"
    assert gan.get_params()["random_state"] is None
    assert repr(gan) == "RegularizedGAN()"
    assert RegularizedGAN("l1").penalty == "l1"


# The other estimators keep the same contract


@pytest.fixture(params=[RegularizedVAE, RegularizedGaussian])
def make(request):
    """A maker of small models of another class."""
    small = {"random_state": 0}
    if request.param is RegularizedVAE:
        small |= {"hidden_layer_sizes": (8, 8), "latent_dim": 4, "batch_size": 16, "max_iter": 10}
    return lambda **changes: request.param(**{**small, **changes})


def test_others_return_themselves_and_start_over(make, table):
    model = make()
    assert model.fit(table[:, :2]).fit(table) is model
    assert model.n_features_in_ == 3
    np.testing.assert_array_equal(model.sample(5), make().fit(table).sample(5))


@pytest.mark.parametrize(("convert", "dtype"), ARRAYS.values(), ids=ARRAYS)
def test_samples_of_arrays_from_others(make, table, convert, dtype):
    X = convert(table)
    rows = make().fit(X).sample(200)
    assert type(rows) is np.ndarray
    assert (rows.shape, rows.dtype) == ((200, 3), np.dtype(dtype))
    values = np.asarray(X, dtype=float)
    assert ((values.min(axis=0) <= rows) & (rows <= values.max(axis=0))).all()
    assert (np.ptp(rows.astype(float), axis=0) > 0).any()


def test_samples_of_data_frames_from_others(make, table):
    X = pd.DataFrame(table, columns=["a", "b", "c"]).astype({"a": "float32"})
    model = make().fit(X)
    rows = model.sample(7)
    assert list(rows.columns) == list(model.feature_names_in_) == ["a", "b", "c"]
    assert [str(dtype) for dtype in rows.dtypes] == ["float32", "float64", "float64"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.score(X.rename(columns={"a": "z"}))


@pytest.mark.parametrize("n", [2, 511, 513, 4095, 4097])
def test_rows_of_others_do_not_depend_on_how_many_are_asked_for(make, table, n):
    model = make(standardize=False).fit(table)
    np.testing.assert_array_equal(model.sample(5000)[:n], model.sample(n))
    assert len(np.unique(model.sample(5000), axis=0)) == 5000


def test_random_states_of_others(make, table):
    model = make(random_state=3).fit(table)
    np.testing.assert_array_equal(model.sample(5), model.sample(5, random_state=3))
    assert (model.sample(5, random_state=4) != model.sample(5)).any(axis=1).all()
    afresh = make(random_state=None).fit(table)
    assert (afresh.sample(5) != afresh.sample(5)).any(axis=1).all()
    state = np.random.RandomState(3)
    first, second = model.sample(5, random_state=state), model.sample(5, random_state=state)
    np.testing.assert_array_equal(first, model.sample(5))
    assert (first != second).any(axis=1).all()


@pytest.mark.parametrize("standardize", [True, False])
def test_constant_columns_of_others_come_back_constant(make, table, standardize):
    X = np.c_[table, np.tile([0.1, 0, -3], (60, 1))]
    model = make(standardize=standardize).fit(X)
    rows = model.sample(50)
    np.testing.assert_array_equal(rows[:, 3:], X[:50, 3:])
    assert (rows[:, :3] != rows[0, :3]).any(axis=0).all()
    assert np.isfinite(model.score(X))
    constant = np.full((5, 2), 0.7)
    np.testing.assert_array_equal(make().fit(constant).sample(4), constant[:4])


def test_scores_of_others(make, table):
    model = make().fit(table)
    assert model.score(table) == model.score(table, y=table[:, 0])
    assert model.score(table) > model.score(table + 20 * table.std(axis=0))
    assert model.score(table + 20 * table.std(axis=0)) < 0


@pytest.mark.parametrize("duplicate", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy])
def test_copies_of_others(make, table, duplicate):
    model = make().fit(table)
    np.testing.assert_array_equal(duplicate(model).sample(5), model.sample(5))
    twin = clone(model)
    for call in (lambda: twin.sample(), lambda: twin.score(table), lambda: twin.save("nowhere")):
        with pytest.raises(NotFittedError):
            call()
    np.testing.assert_array_equal(twin.fit(table).sample(5), model.sample(5))


def test_others_in_searches_and_pipelines(make, table):
    pipeline = make_pipeline(MinMaxScaler(), make())
    name = pipeline.steps[-1][0]
    search = GridSearchCV(pipeline, {f"{name}__alpha": [1e-4, 10.0]}, cv=2).fit(table)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert scores[0] != scores[1]


def test_a_failed_refit_of_others_changes_nothing(make, table):
    model = make().fit(table)
    rows, before = model.sample(5), pickle.dumps(vars(model))
    with pytest.raises(ValueError, match="NaN"):
        model.fit(table[:, :2] * np.nan)
    assert pickle.dumps(vars(model)) == before
    model.set_params(alpha=-1)
    with pytest.raises(ValueError, match="alpha"):
        model.fit(table[:, :2])
    np.testing.assert_array_equal(model.sample(5), rows)


def test_the_history_of_the_vae(table):
    vae = RegularizedVAE(max_iter=90, hidden_layer_sizes=8, penalty=("l1", None), random_state=0)
    vae.fit(table)
    both = {"encoder_grad_norm", "decoder_grad_norm", "reconstruction", "kl"}
    assert both | {"encoder_l1", "distance"} == set(vae.history_)
    for name, values in vae.history_.items():
        assert values.shape == (90,)
        assert np.isfinite(values[1 :: 2 if name == "distance" else 1]).all()
