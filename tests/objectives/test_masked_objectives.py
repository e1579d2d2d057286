"""Objectives of networks that complete rows, against finite differences and by hand."""

from functools import partial

import numpy as np
import pytest
import test_combinations
from test_combinations import ESTIMATORS, SMALL, combination

from regan import RegularizedGAN
from regan.backends import get_backend
from regan.building.specs import Shape, read
from regan.layers.draws import Draws
from regan.objectives.batch import Batch
from regan.objectives.masked import Masked
from regan.schedules.clock import Clock
from regan.testing import check_objective
from regan.testing.differences import check_gradient

pytestmark = test_combinations.pytestmark

LEVELS = (2, 3)
OPS = get_backend("numpy", "float64")
SHAPES = {
    "numbers": (Shape(2, n_cells=2), 0),
    "axes": (Shape(2, n_cells=3), 2),
    "more axes": (Shape(3, n_cells=2), 3),
    "levels": (Shape(7, levels=LEVELS, n_cells=4), 0),
    "labels": (Shape(7, 3, LEVELS, 2, n_cells=4), 0),
    "axes and levels": (Shape(7, 3, LEVELS, n_cells=4), 2),
}


def build(kind, ops, shape, settings):
    settings = {k: v for k, v in settings.items() if k != "labels"}
    plain = {"gradient_penalty": None} if kind == "gan" else {}
    objective = read(ESTIMATORS[kind](**{**SMALL, **plain, **settings})).bind(ops, shape)
    objective.check()
    return objective


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize("progress", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("label", SHAPES)
def test_each_shape_alone(label, progress, kind, ops64):
    shape, n_oblique = SHAPES[label]
    objective = build(kind, ops64, shape, {"activation": "tanh"})
    assert check_objective(objective, n_oblique=n_oblique, progress=progress) <= 1e-6


@pytest.mark.parametrize("seed", range(60))
def test_random_combinations(seed, ops64):
    kind = ("gan", "gan", "vae")[seed % 3]
    shape, n_oblique = SHAPES[list(SHAPES)[seed % len(SHAPES)]]
    objective = build(kind, ops64, shape, combination(kind, 2000 + seed))
    given = {"n_oblique": n_oblique, "progress": 0.05 * (seed % 5), "random_state": seed}
    assert check_objective(objective, **given) <= 1e-6


def mask(rng, n, h, d, r=0):
    columns = rng.random((1, n, d)) < 0.5
    columns[..., :r] = False
    kept = OPS.asarray(rng.standard_normal((1, n, r, r))) if r else None
    return Masked(OPS.asarray(rng.random((1, n, h)) < 0.5), OPS.asarray(columns), kept)


@pytest.mark.parametrize("r", [0, 3])
def test_the_passes_of_a_completion(r):
    rng = np.random.default_rng(0)
    masked, real = mask(rng, 5, 4, 4, r), rng.standard_normal((1, 5, 4))
    seed = rng.standard_normal((2, 5, 4))
    error = check_gradient(
        lambda rng: [rng.standard_normal((2, 5, 4))],
        lambda point: float((seed * masked.complete(OPS, real, point[0])).sum()),
        lambda point: [masked.pull_back(OPS, seed)],
        rng=rng,
        what="a completion",
    )
    assert error <= 1e-8


def test_known_cells_are_those_of_the_data():
    rng = np.random.default_rng(0)
    masked, real = mask(rng, 5, 4, 4), rng.standard_normal((1, 5, 4))
    completed = masked.complete(OPS, real, made := rng.standard_normal((1, 5, 4)))
    known = masked.columns == 1
    assert known.any()
    assert not known.all()
    np.testing.assert_allclose(completed[known], real[known], rtol=1e-15)
    np.testing.assert_array_equal(completed[~known], made[~known])
    np.testing.assert_array_equal(masked.hidden(OPS, 4), ~known)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_what_is_known_has_no_gradient(kind, ops64):
    """A row of which all is known teaches the network that makes rows nothing."""
    objective = build(kind, ops64, SHAPES["levels"][0], {"activation": "tanh"})
    rng, name = np.random.default_rng(0), objective.sampler
    thetas = {n: player.network.init(rng, 1) for n, player in objective.players.items()}
    ones = partial(np.ones, dtype="float64")
    real = np.zeros((1, 4, 7))
    real[..., [0, 2, 4]] = 1
    masked = Masked(ones((1, 4, 4)), ones((1, 4, 7)))
    batch = Batch(real, Draws(ops64, ops64.rng(0)), None, Clock(0.0), 0, masked)
    terms, grads = objective.value_and_grad(objective.names, thetas, batch)
    assert not grads[name].any()
    assert terms["generator_warm_up" if kind == "gan" else "reconstruction"] == 0


def test_the_warm_up_ends():
    gan = RegularizedGAN(masked=True, max_iter=50, random_state=0)
    history = gan.fit(np.random.default_rng(0).normal(size=(200, 3))).history_
    term = history["generator_warm_up"]
    assert (term[:9] > 0).all()
    assert not term[10:].any()
