"""States of shards are averaged, weighted by their rows, and stay what training may have."""

import numpy as np
import pytest

from regan import RegularizedGAN
from regan.building.specs import Shape, read
from regan.constraints import MaxNorm, SpectralNorm, UnitNorm
from regan.dask.averaging import average, mean
from regan.data.scaling import ColumnScaler
from regan.mixtures.coordinates import Coordinates

SMALL = {"hidden_layer_sizes": (6, 5), "latent_dim": 3, "random_state": 0, "frames": None}


def made(**settings):
    """A trainer of three columns, and three different states."""
    spec = read(RegularizedGAN(**SMALL, **settings))
    scaler = ColumnScaler.learn(np.random.default_rng(0).normal(size=(9, 3)))
    trainer = spec.trainer(spec.bind(spec.get_backend(), Shape.of(Coordinates(scaler))), 500)
    return trainer, [trainer.init(seed) for seed in range(3)]


def copies(states):
    return [{k: a.copy() for k, a in state.arrays().items()} for state in states]


def test_a_weighted_mean_of_all_arrays():
    trainer, (state, one, two) = made()
    rng = np.random.default_rng(1)
    for each in (one, two):
        for array in each.arrays().values():
            array[...] = rng.random(array.shape)
    average(trainer.objective, state, copies([one, two]), [0.25, 0.75])
    for name, own in state.arrays().items():
        expected = 0.25 * one.arrays()[name].astype(float) + 0.75 * two.arrays()[name].astype(float)
        np.testing.assert_array_equal(own, expected.astype(own.dtype))


def test_one_part_stays_what_it_is_bit_by_bit():
    trainer, (state, one, _) = made(constraint=SpectralNorm())
    average(trainer.objective, state, copies([one]), [1.0])
    for name, own in state.arrays().items():
        np.testing.assert_array_equal(own, one.arrays()[name])


def test_arrays_stay_where_they_are():
    trainer, (state, one, two) = made()
    before = {name: id(array) for name, array in state.arrays().items()}
    average(trainer.objective, state, copies([one, two]), [0.5, 0.5])
    assert {name: id(array) for name, array in state.arrays().items()} == before


@pytest.mark.parametrize("constraint", [UnitNorm(), MaxNorm(0.5)])
def test_averages_are_in_the_sets_of_constraints(constraint):
    trainer, (state, one, two) = made(constraint=constraint)
    average(trainer.objective, state, copies([one, two]), [0.5, 0.5])
    for name, player in trainer.objective.players.items():
        for own in player.constraints:
            assert float(own.violation(state.thetas[name]).max()) < 1e-6


def test_singular_vectors_follow_the_average():
    trainer, (state, one, two) = made(constraint=SpectralNorm())
    average(trainer.objective, state, copies([one, two]), [0.5, 0.5])
    for name, player in trainer.objective.players.items():
        memory, theta = state.memories[name], state.thetas[name]
        vectors = [a for key, a in memory.items() if key[-2] in "uv"]
        np.testing.assert_allclose([(v**2).sum() for v in vectors], 1, rtol=1e-5)
        effective = player.constraints.effective(theta, memory)
        (own,) = player.constraints
        for W in own.matrices(effective):
            assert np.linalg.norm(W[0], 2) == pytest.approx(1, abs=0.05)


def test_mean_keeps_the_dtype():
    arrays = [np.array([1, 2], dtype="float32"), np.array([2, 4], dtype="float32")]
    assert mean(arrays, [0.5, 0.5]).dtype == np.float32
    np.testing.assert_array_equal(mean(arrays, [0.5, 0.5]), [1.5, 3.0])
