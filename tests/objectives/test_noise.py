"""Instance noise: what the discriminator sees, in both players' updates."""

import numpy as np
import pytest
from games import game, network, player

from regan.layers.draws import Draws
from regan.objectives.batch import Batch
from regan.objectives.noise import InstanceNoise
from regan.schedules import CosineSchedule, GeometricSchedule
from regan.schedules.clock import Clock
from regan.testing import check_objective


def batch(ops, *, seed=0, progress=0.0, n=6, labels=None):
    real = np.random.default_rng(1).standard_normal((1, n, 2))
    return Batch(ops.asarray(real), Draws(ops, ops.rng(seed)), labels, Clock(progress))


@pytest.mark.parametrize(
    ("noise", "factors"),
    [
        (InstanceNoise(0.4), (1, 0.75, 0.5, 0)),
        (InstanceNoise(0.4, schedule="constant"), (1, 1, 1, 1)),
        (InstanceNoise(0.4, schedule=CosineSchedule(0.2)), (1, None, 0.6, 0.2)),
        (InstanceNoise(0.4, schedule=GeometricSchedule(0.01)), (1, None, 0.1, 0.01)),
        (InstanceNoise(0.0), (0, 0, 0, 0)),
    ],
    ids=repr,
)
def test_it_adds_scaled_normal_numbers(noise, factors, ops64):
    bound = noise.bind(ops64)
    sigma = 0.4 if noise.sigma else 1.0
    for progress, factor in zip((0.0, 0.25, 0.5, 1.0), factors, strict=True):
        if factor is None:
            continue
        given = batch(ops64, progress=progress)
        rows = np.zeros((2, 6, 2))
        noisy = ops64.to_numpy(bound.add(ops64.asarray(rows), "real", given))
        drawn = given.draws.within("instance_noise").normal("real", (1, 6, 2))
        expected = np.repeat(sigma * factor * ops64.to_numpy(drawn), 2, axis=0)
        np.testing.assert_allclose(noisy, expected, rtol=1e-14)  # shared by all models


def test_its_size_and_independence(ops32):
    bound = InstanceNoise(0.5).bind(ops32)
    given = batch(ops32)
    zeros = ops32.zeros((1, 5000, 3))
    real, fake = (ops32.to_numpy(bound.add(zeros, name, given)) for name in ("real", "fake"))
    assert real.dtype == np.float32
    assert real.std() == pytest.approx(0.5, rel=0.02)
    assert np.abs(np.corrcoef(real.ravel(), fake.ravel())[0, 1]) < 0.03
    again = ops32.to_numpy(bound.add(zeros, "real", given))
    np.testing.assert_array_equal(again, real)


def build(ops, *noise, loss="relativistic", pac=1):
    networks = network(ops, 3, [5, 4], 2), network(ops, 2 * pac, [6, 5], 1)
    return game(*map(player, networks), noise=noise, loss=loss, pac=pac)


def update(ops, objective, name, given):
    thetas = {n: net.init(np.random.default_rng(0)) for n, net in objective.networks.items()}
    terms, grads = objective.value_and_grad((name,), thetas, given)
    return ops.to_numpy(terms[f"{name}_loss"]), ops.to_numpy(grads[name])


@pytest.mark.parametrize("pac", [1, 2])
@pytest.mark.parametrize("loss", ["relativistic", "hinge"])
@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_both_players_meet_it(name, loss, pac, ops64):
    noisy, plain = (
        build(ops64, InstanceNoise(0.6), loss=loss, pac=pac),
        build(ops64, loss=loss, pac=pac),
    )
    assert check_objective(noisy) <= 1e-6
    changed = update(ops64, noisy, name, batch(ops64))
    without = update(ops64, plain, name, batch(ops64))
    assert not np.allclose(changed[0], without[0])
    assert not np.allclose(changed[1], without[1])
    at_the_end = update(ops64, noisy, name, batch(ops64, progress=1.0))
    for a, b in zip(at_the_end, without, strict=True):
        np.testing.assert_array_equal(a, b)


def test_it_is_the_same_as_noisier_rows(ops64):
    """The discriminator's update with noise on the data is that on data with that noise."""
    objective, given = build(ops64, InstanceNoise(0.6), loss="hinge"), batch(ops64)
    value, grad = update(ops64, objective, "discriminator", given)
    net = objective.networks["discriminator"]
    thetas = {n: net.init(np.random.default_rng(0)) for n, net in objective.networks.items()}
    draws = given.draws
    noise = ops64.asarray(ops64.to_numpy(draws.normal("noise", (1, 6, 3))))
    generator = objective.networks["generator"]
    fake, _ = generator.forward(generator.split(thetas["generator"]), noise)
    own = draws.within("instance_noise")
    scores = []
    for name, rows in (("real", given.real), ("fake", fake)):
        x = ops64.to_numpy(rows) + 0.6 * ops64.to_numpy(own.normal(f"0.{name}", (1, 6, 2)))
        y, _ = net.forward(net.split(thetas["discriminator"]), ops64.asarray(x))
        scores.append(ops64.to_numpy(y)[..., 0])
    expected = np.maximum(1 - scores[0], 0) + np.maximum(1 + scores[1], 0)
    assert value == pytest.approx(expected.mean())
    assert np.abs(grad).max() > 0


def test_two_noises_are_independent(ops64):
    objective, given = build(ops64, InstanceNoise(0.6), InstanceNoise(0.6)), batch(ops64, n=4000)
    seen = objective._duel.seen(given, ops64.zeros((1, 4000, 2)), None)["fake"]
    assert ops64.to_numpy(seen).std() == pytest.approx(0.6 * 2**0.5, rel=0.05)


@pytest.mark.parametrize("n_models", [1, 3])
def test_labels_stay_as_they_are(n_models, ops64):
    labels = ops64.asarray(np.eye(2)[[0, 1, 0, 1, 1, 0]][None])
    networks = network(ops64, 5, [5], 2), network(ops64, 4, [5], 1)
    objective = game(*map(player, networks), noise=[InstanceNoise(0.6)], n_labels=2)
    fake = ops64.zeros((n_models, 6, 2))
    seen = objective._duel.seen(batch(ops64), fake, labels)
    for rows in seen.values():
        found = ops64.to_numpy(rows)
        assert found.shape == (n_models, 6, 4)
        np.testing.assert_array_equal(
            found[..., 2:], np.repeat(ops64.to_numpy(labels), n_models, axis=0)
        )


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"sigma": -0.1}, "sigma"),
        ({"sigma": float("nan")}, "sigma"),
        ({"sigma": "1"}, "sigma"),
        ({"sigma": [0.1, 0.2]}, "sigma"),
        ({"schedule": "exponential"}, "schedule"),
        ({"schedule": 0.1}, "schedule"),
    ],
    ids=repr,
)
def test_bad_settings_are_refused(settings, name, ops64):
    with pytest.raises((ValueError, TypeError), match=name):
        InstanceNoise(**settings).bind(ops64)
