"""The CuPy backend, all the way through the estimator, on a strict stand-in without a GPU."""

import numpy as np
import pandas as pd
import pytest
import strict_cupy
import test_combinations
from games import game, network, player

from regan import (
    RegularizedCycleGAN,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.backends import cublas, get_backend
from regan.building import factory
from regan.data.encoded_rows import EncodedRows
from regan.datasets import make_ring
from regan.schedules.clock import Clock
from regan.testing import (
    check_backend,
    check_layer,
    check_loss,
    check_objective,
    check_optimizer,
    check_penalty,
    optimizers,
)
from regan.testing.__main__ import LAYERS, small_objective
from regan.testing.backends import all_kernels
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData

pytestmark = test_combinations.pytestmark


@pytest.fixture
def cupy(monkeypatch):
    strict_cupy.install(monkeypatch)
    yield
    from regan.backends import cupy_backend

    cupy_backend._compile.cache_clear()


def test_conformance(cupy):
    assert check_backend("cupy") < 1e-5


def test_the_signatures_are_those_of_the_documentation(cupy):
    library = cublas.load()  # the stand-in's
    for name, argtypes in cublas.SIGNATURES.items():
        assert getattr(library, name).argtypes == list(argtypes), name


def test_derivatives(cupy):
    for layer in LAYERS:
        assert check_layer(layer, 6, backend="cupy") < 1e-6
    for loss in ("relativistic", "hinge", "least_squares"):
        assert check_objective(small_objective(loss, "tanh", "cupy")) < 1e-6


def test_terms(cupy):
    for cls in factory.LOSSES.values():
        assert check_loss(cls(), backend="cupy") < 1e-6
    for cls in factory.PENALTIES.values():
        assert check_penalty(cls(0.2), backend="cupy") < 1e-6


def test_optimizers(cupy, monkeypatch):
    """In fewer and longer steps than on NumPy."""
    monkeypatch.setattr(optimizers, "_N_UPDATES", 400)
    for cls in factory.OPTIMIZERS.values():
        assert check_optimizer(cls(), lr=0.05, backend="cupy") < 0.01


@pytest.mark.parametrize("cls", [RegularizedGAN, RegularizedVAE])
@pytest.mark.parametrize("table", ["axes", "components", "levels"])
def test_masked_fits_are_the_same_as_on_numpy(cupy, cls, table):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2)) + 9 * rng.integers(2, size=(80, 1)) * (table != "axes")
    if table == "levels":
        X = pd.DataFrame(X).assign(level=rng.choice(["a", "b"], 80), gaps=rng.normal(size=80))
        X.columns = X.columns.astype(str)
        X.loc[::7, "gaps"] = np.nan
    frames = {"axes": 1, "components": 2, "levels": "auto"}[table]
    settings = {"max_iter": 20, "dtype": "float64", "random_state": 0, "frames": frames}
    settings |= {"hidden_layer_sizes": (8, 8), "masked": True}
    one = cls(backend="numpy", **settings).fit(X)
    two = cls(backend="cupy", **settings).fit(X)
    for name, theta in one._state.thetas.items():
        np.testing.assert_allclose(two._state.thetas[name], theta, rtol=1e-6, atol=1e-8)
    gaps = pd.DataFrame(X).copy()
    gaps.iloc[:5, 0] = np.nan
    if table != "levels":
        gaps = gaps.to_numpy()
    drawn = (model.impute(gaps, random_state=0) for model in (one, two))
    a, b = (np.asarray(pd.DataFrame(each).iloc[:, 0], dtype=float) for each in drawn)
    np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize("penalty", ["l1", "l2", ("elasticnet", None)])
def test_a_fit_is_the_same_as_on_numpy(cupy, penalty):
    X = np.random.default_rng(0).normal(size=(50, 3))
    settings = {"penalty": penalty, "max_iter": 20, "dtype": "float64", "random_state": 0}
    settings |= {"hidden_layer_sizes": (8, 8), "n_discriminator_steps": 2}
    one = RegularizedGAN(backend="numpy", **settings).fit(X)
    two = RegularizedGAN(backend="cupy", **settings).fit(X)
    np.testing.assert_allclose(two.sample(20), one.sample(20), rtol=1e-8)
    assert two.score(X) == pytest.approx(one.score(X))
    assert type(two.generator_.theta) is np.ndarray
    two.partial_fit(X)
    one.partial_fit(X)
    np.testing.assert_allclose(two.sample(20), one.sample(20), rtol=1e-8)


def test_cycle_fits_are_the_same_as_on_numpy(cupy):
    """Four networks, levels in one domain, a minibatch of rows from both."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=60), "k": rng.choice(["u", "v", "w"], 60)})
    Y = rng.normal(size=(50, 3))
    settings = {"max_iter": 20, "dtype": "float64", "random_state": 0}
    settings |= {"hidden_layer_sizes": (8, 8)}
    one = RegularizedCycleGAN(backend="numpy", **settings).fit(X, Y)
    two = RegularizedCycleGAN(backend="cupy", **settings).fit(X, Y)
    np.testing.assert_allclose(two.transform(X), one.transform(X), rtol=1e-8)
    pd.testing.assert_frame_equal(two.inverse_transform(Y), one.inverse_transform(Y), rtol=1e-8)
    assert two.score(X, Y) == pytest.approx(one.score(X, Y))


def test_frames_and_rejection(cupy):
    """Rows enter and leave frames on the host, and the discriminator judges on the device."""
    X, which, _ = make_ring(300, sigma=0.02, random_state=0)
    settings = {"hidden_layer_sizes": 8, "max_iter": 3, "frames": 4, "conditional": True}
    settings |= {"early_stopping": True, "dtype": "float64", "random_state": 0}
    one, two = (
        RegularizedGAN(backend=name, **settings).fit(X, which % 2) for name in ("numpy", "cupy")
    )
    np.testing.assert_array_equal(one.frames_.means_, two.frames_.means_)
    for method in ("generator", "rejection"):
        a, b = (model.sample(200, random_state=1, method=method) for model in (one, two))
        np.testing.assert_allclose(b, a, rtol=1e-8)
    assert two.best_score_ == pytest.approx(one.best_score_)
    assert one._coordinates.n_labels == two.generator_.network.n_in - 32 == 6


@pytest.mark.parametrize(
    ("kind", "batch_size", "penalty"),
    [("diag", 2048, "l1"), ("full", 30, "l1"), ("low_rank", 2048, "elasticnet")],
)
def test_expectation_maximization_is_the_same_as_on_numpy(cupy, kind, batch_size, penalty):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(80, 2)), columns=["a", "b"])
    X = X.assign(k=rng.choice(["u", "v"], 80)).mask(rng.random((80, 3)) < 0.1)
    settings = {"n_components": 2, "alpha": 1.0, "max_iter": 3, "dtype": "float64"}
    settings |= {"penalty": penalty, "batch_size": batch_size, "covariance_type": kind}
    settings |= {"rank": 1} if kind == "low_rank" else {}
    one, two = (
        RegularizedMixture(backend=name, random_state=0, **settings).fit(X)
        for name in ("numpy", "cupy")
    )
    for name in ("weights_", "means_", "covariances_"):
        assert type(getattr(two, name)) is np.ndarray
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(two.score_samples(X), one.score_samples(X), rtol=1e-8)


def test_a_search_is_the_same_as_on_numpy(cupy):
    """Several models on sets of their own, on one device, recorded."""
    X = np.random.default_rng(0).normal(size=(43, 3))
    y = np.arange(43) % 2
    found = []
    for backend in ("numpy", "cupy"):
        gan = RegularizedGAN(
            "l1",
            hidden_layer_sizes=(8, 8),
            max_iter=20,
            dtype="float64",
            conditional=True,
            backend=backend,
            random_state=0,
        )
        search = RegularizedGANCV(gan, alphas=[0.0, 0.1], gammas=[0.1, 1.0], cv=3, halving=2)
        found.append(search.fit(X, y))
    one, two = (search.cv_results_ for search in found)
    np.testing.assert_allclose(two["mean_test_score"], one["mean_test_score"], rtol=1e-8)
    assert two["params"] == one["params"]
    np.testing.assert_array_equal(two["n_iter"], one["n_iter"])
    np.testing.assert_allclose(found[1].sample(9, 0), found[0].sample(9, 0), rtol=1e-8)


def test_the_host_does_not_wait_inside_a_step(cupy):
    X = np.random.default_rng(0).normal(size=(50, 3))
    waits = []
    for max_iter in (40, 80):  # 40 windows of 1 and of 2 updates
        gan = RegularizedGAN(backend="cupy", max_iter=max_iter, hidden_layer_sizes=4)
        strict_cupy.WAITS.count = 0
        gan.fit(X)
        waits.append(strict_cupy.WAITS.count)
    assert waits[0] == waits[1]


def test_the_stand_in_refuses_what_cupy_refuses(cupy):
    a = get_backend("cupy").zeros((2,))
    for mistake in (lambda: np.asarray(a), lambda: a + np.ones(2), lambda: np.sqrt(a)):
        with pytest.raises(TypeError):
            mistake()
    strict_cupy.WAITS.count = 0
    float(a[0])
    assert strict_cupy.WAITS.count == 1


def test_it_knows_what_was_looked_up_and_nothing_else(cupy):
    ops = get_backend("cupy")
    for name in strict_cupy.FUNCTIONS:
        assert callable(getattr(ops.xp, name))
    for name in ("nonzero", "unique", "vectorize", "busday_count"):
        with pytest.raises(AttributeError, match=f"cupy.{name} is not among the known functions"):
            getattr(ops.xp, name)
    a = ops.zeros((2,))
    for name in strict_cupy.METHODS:
        assert hasattr(a, name)
    for name in ("tolist", "__array_interface__", "searchsorted"):
        assert not hasattr(a, name)
    strict_cupy.WAITS.count = 0
    a[a > 0]
    assert strict_cupy.WAITS.count == 1
    a[a > 0] = 1  # a kernel that writes where the mask is
    assert strict_cupy.WAITS.count == 1


# Trainings with everything on: no step may wait, and all of it is what NumPy makes of it


def everything(ops, label, **changes):
    kind, settings = test_combinations.TRAININGS[label]
    return test_combinations.build(kind, ops, **{**settings, **changes})


@pytest.mark.parametrize("label", test_combinations.TRAININGS)
def test_trainings_are_the_same_as_on_numpy(cupy, label):
    """By gradient descent: Adam would divide the rounding of gradients that are 0, such as those of
    biases before a norm, by its epsilon.
    """
    optimizer = "extra_sgd" if "extra" in label else "sgd"
    results = []
    for backend in ("numpy", "cupy"):
        objective = everything(get_backend(backend, "float64"), label, optimizer=optimizer)
        objective = test_combinations.strengthened(objective, np.array([1.0, 3.0]))
        results.append(test_combinations.train(objective, 2, n_updates=3))
    for on_numpy, on_cupy in zip(*results, strict=True):
        assert on_numpy.keys() == on_cupy.keys()
        for name, value in on_numpy.items():
            np.testing.assert_allclose(on_cupy[name], value, rtol=1e-8, atol=1e-11, err_msg=name)


def waits_in_updates(objective, n_models=1, n_updates=2):
    ops = objective.ops
    X = ops.asarray(np.random.default_rng(0).normal(size=(40, 2)))
    n_labels = objective.n_labels
    labels = ops.asarray(np.eye(n_labels)[np.arange(40) % n_labels]) if n_labels else None
    trainer = Trainer(objective, batch_size=8, ema_decay=0.999, n_discriminator_steps=2)
    state, rng = trainer.init(0, n_models), ops.rng(0)
    strict_cupy.WAITS.count = 0
    for step in range(n_updates):
        trainer.update(state, TrainingData(ops, X, labels), rng, Clock(0.5, step=step))
    waits = strict_cupy.WAITS.count
    assert all(theta.dtype == np.float32 for theta in state.thetas.values())
    return waits


@pytest.mark.parametrize("sets", [None, [1, 0]])
def test_no_minibatch_of_codes_or_by_class_waits(cupy, sets):
    results = []
    for backend in ("numpy", "cupy"):
        ops, rng = get_backend(backend, "float32"), np.random.default_rng(0)
        shape = (30,) if sets is None else (2, 30)
        codes = rng.integers(0, 3, (*shape, 2)).astype(np.int16)
        rows = EncodedRows(rng.normal(size=(*shape, 1)), codes, (3, 4))
        labels = EncodedRows(np.empty((*shape, 0)), codes[..., :1], (3,))
        data = TrainingData(ops, rows, labels, sets, balanced=True)
        positions, generator = data.some(rng, 20), ops.rng(0)
        strict_cupy.WAITS.count = 0
        data.take(data.draw(generator, 8))
        assert strict_cupy.WAITS.count == 0
        results.append([ops.to_numpy(a) for a in (positions, *data.take(positions))])
    for on_numpy, on_cupy in zip(*results, strict=True):
        np.testing.assert_array_equal(on_cupy, on_numpy)


def test_no_step_waits_with_everything_on(cupy, monkeypatch):
    """And no kernel of a training is out of the reach of the check of kernels."""
    from regan.backends.cupy_backend import CupyBackend

    used, run = set(), CupyBackend.run

    def spy(self, kernel, *ins, outs):
        used.add(kernel)
        run(self, kernel, *ins, outs=outs)

    monkeypatch.setattr(CupyBackend, "run", spy)
    for label in test_combinations.TRAININGS:
        assert waits_in_updates(everything(get_backend("cupy", "float32"), label)) == 0, label
    assert used <= set(all_kernels())
    assert len(used) > 5


@pytest.mark.parametrize("name", factory.CONSTRAINTS)
def test_no_constraint_waits(cupy, name):
    ops = get_backend("cupy", "float32")
    networks = network(ops, 3, [6, 5], 2), network(ops, 2, [6], 1)
    players = [player(net, constraints=[factory.CONSTRAINTS[name]()]) for net in networks]
    assert waits_in_updates(game(*players), n_models=2) == 0


@pytest.mark.parametrize("name", factory.OPTIMIZERS)
def test_no_optimizer_waits(cupy, name):
    ops = get_backend("cupy", "float32")
    networks = network(ops, 3, [6, 5], 2), network(ops, 2, [6], 1)
    players = [player(net, optimizer=factory.OPTIMIZERS[name]()) for net in networks]
    assert waits_in_updates(game(*players), n_models=2) == 0


def test_rates_by_member_go_to_the_device(cupy):
    ops = get_backend("cupy", "float32")
    rates = np.array([[1e-2], [3e-3]])
    players = [player(n, rate=rates) for n in (network(ops, 3, [4], 2), network(ops, 2, [4], 1))]
    trainer = Trainer(game(*players), batch_size=8, ema_decay=0.999)
    run = Run(trainer.init(0, 2), 3)
    trainer.run(run, TrainingData(ops, np.random.default_rng(0).normal(size=(40, 2))))
    thetas = ops.to_numpy(run.state.thetas["generator"])
    assert not np.array_equal(thetas[0], thetas[1])
