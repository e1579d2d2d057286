"""Gradient penalties: second order through deep networks, and values by hand."""

from math import sqrt

import numpy as np
import pytest
from games import game, network, player
from scipy.special import expit

from regan.building.factory import GRADIENT_PENALTIES
from regan.layers import (
    ACTIVATIONS,
    Activation,
    BatchNorm,
    Dense,
    LayerNorm,
    MinibatchStd,
)
from regan.layers.draws import Draws
from regan.layers.network import Network
from regan.objectives.batch import Batch
from regan.objectives.noise import InstanceNoise
from regan.penalties.gradient import DRAGAN, R1, R1R2, R2, WGANGP, Roth, ZeroCentredGP, accumulate
from regan.schedules import GeometricSchedule, LinearSchedule
from regan.schedules.clock import Clock
from regan.testing import check_objective, check_second_order
from regan.testing.__main__ import network_layers

SMOOTH = ("tanh", "softplus", "silu")
PENALTIES = [
    R1(0.7),
    R2([0.7, 0.2]),
    R1R2(0.3),
    WGANGP(0.7),
    ZeroCentredGP([0.7, 0.2]),
    DRAGAN(0.3),
    Roth([0.4, 1.3]),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_second_order_at_depth_three(penalty, activation, seed):
    assert check_second_order(network_layers(activation), penalty, random_state=seed) <= 1e-6


def test_every_gradient_penalty_is_checked():
    assert set(GRADIENT_PENALTIES.values()) == {type(penalty) for penalty in PENALTIES}


class _NoCurvature(Activation):
    """What a hand-written pass looks like when f'' is forgotten."""

    def tangent_backward(self, params, dgy, cache, grads):
        return None if dgy is None else self._slope(cache) * dgy


def test_a_forgotten_second_derivative_is_found():
    layers = [*(layer for n in (5, 4, 3) for layer in (Dense(n), _NoCurvature("tanh"))), Dense(1)]
    with pytest.raises(AssertionError, match="relative error"):
        check_second_order(layers, R1(0.7))


# 3 and 4 have norm 5, 0 and 2 have norm 2; the score 0 is one of half a doubt
PHI = {
    R1: [12.5, 2.0],
    R2: [12.5, 2.0],
    R1R2: [12.5, 2.0],
    ZeroCentredGP: [12.5, 2.0],
    WGANGP: [8.0, 0.5],
    DRAGAN: [8.0, 0.5],
    Roth: [12.5 / 4, 2.0 / 4],
}
SLOPE = {1: [[3.0, 4.0], [0.0, 2.0]], 0: [[3.0 * 4 / 5, 4.0 * 4 / 5], [0.0, 1.0]]}


@pytest.mark.parametrize("cls", GRADIENT_PENALTIES.values())
def test_the_factor_one_half_is_inside(cls, ops64):
    g = ops64.asarray([[[3.0, 4.0], [0.0, 2.0]]])
    phi, slope, by_score = cls(1.0).bind(ops64).potential(g, ops64.zeros((1, 2)))
    np.testing.assert_allclose(ops64.to_numpy(phi), [PHI[cls]], rtol=1e-12)
    expected = np.array([SLOPE[cls not in (WGANGP, DRAGAN)]]) * (0.25 if cls is Roth else 1)
    np.testing.assert_allclose(ops64.to_numpy(slope), expected, rtol=1e-12)
    assert (by_score is None) == (cls is not Roth)


@pytest.mark.parametrize("cls", [WGANGP, DRAGAN])
def test_a_gradient_of_zero_is_no_trouble(cls, ops64):
    phi, slope, _ = cls(1.0).bind(ops64).potential(ops64.zeros((1, 2, 3)), ops64.zeros((1, 2)))
    np.testing.assert_allclose(ops64.to_numpy(phi), 0.5, rtol=1e-5)
    np.testing.assert_array_equal(ops64.to_numpy(slope), 0)


# The terms of the objective, beside formulas over differences of the score


def half_square(g):
    return 0.5 * (g**2).sum(axis=-1).mean()


def off_one(g):
    return 0.5 * ((np.sqrt((g**2).sum(axis=-1)) - 1) ** 2).mean()


def doubtful(doubt, g):
    return 0.5 * (doubt**2 * (g**2).sum(axis=-1)).mean()


def between(at):
    return at.t * at.real + (1 - at.t) * at.fake


def around(at, spread=0.5):
    return at.real + spread * at.real.std() * at.uniform


FORMULAS = {  # terms without gamma, by name
    R1: lambda at: {"r1": half_square(at.slope(at.real))},
    R2: lambda at: {"r2": half_square(at.slope(at.fake))},
    R1R2: lambda at: {
        "r1": half_square(at.slope(at.real)),
        "r2": half_square(at.slope(at.fake)),
    },
    WGANGP: lambda at: {"wgan_gp": off_one(at.slope(between(at)))},
    ZeroCentredGP: lambda at: {"zero_gp": half_square(at.slope(between(at)))},
    DRAGAN: lambda at: {"dragan": off_one(at.slope(around(at)))},
    Roth: lambda at: {
        "roth": doubtful(1 - expit(at.score(at.real)), at.slope(at.real))
        + doubtful(expit(at.score(at.fake)), at.slope(at.fake))
    },
}
N, D = 6, 2


class At:
    """What the discriminator sees in an update, on the host: packs of rows, and what is drawn."""

    def __init__(self, ops, penalties, *, labels=0, pac=1, noise=(), progress=0.0, step=0):
        networks = (
            network(ops, 3 + labels, [5, 4], D),
            network(ops, pac * (D + labels), [6, 5, 4], 1, "silu"),
        )
        self.objective = game(
            *map(player, networks), gradient=penalties, pac=pac, noise=noise, n_labels=labels
        )
        rng, self.ops, self.pac = np.random.default_rng(0), ops, pac
        self.thetas = {
            name: ops.asarray(0.5 * rng.standard_normal(net.init(rng).shape))
            for name, net in self.objective.networks.items()
        }
        codes = rng.integers(max(labels, 1), size=N)
        self.labels = np.eye(labels)[codes][None] if labels else None
        rows = ops.asarray(rng.standard_normal((1, N, D)))
        labels_ = None if self.labels is None else ops.asarray(self.labels)
        draws = Draws(ops, ops.rng(1))
        self.batch = Batch(rows, draws, labels_, Clock(progress), step)
        terms, self.grads = self.objective.value_and_grad(
            ("discriminator",), self.thetas, self.batch
        )
        self.terms = {
            name.removeprefix("discriminator_"): ops.to_numpy(value)[0]
            for name, value in terms.items()
            if name != "discriminator_loss"
        }
        self._read(draws, rows)

    def _read(self, draws, rows):
        """The rows and draws that the update had, asked for once more."""
        noise = self.ops.to_numpy(draws.normal("noise", (1, N, 3)))
        if self.labels is not None:
            noise = np.concatenate([noise, self.labels], axis=-1)
        net = self.objective.networks["generator"]
        fake, _ = net.forward(net.split(self.thetas["generator"]), self.ops.asarray(noise))
        blurred = [
            self.ops.to_numpy(a)
            if not self.objective.judging.instance_noise
            else self.ops.to_numpy(
                self.objective.judging.instance_noise[0].add(a, f"0.{name}", self.batch)
            )
            for name, a in (("real", rows), ("fake", fake))
        ]
        n = N // self.pac
        self.real, self.fake = (a.reshape(1, n, -1) for a in blurred)
        points = draws.within("points")
        self.t = self.ops.to_numpy(points.uniform("between", (1, n, 1)))
        self.uniform = self.ops.to_numpy(points.uniform("around", self.real.shape))

    def score(self, packs):
        """D of packs of data columns, with the labels of their rows."""
        rows = packs.reshape(1, N, D)
        if self.labels is not None:
            rows = np.concatenate([rows, self.labels], axis=-1)
        net = self.objective.networks["discriminator"]
        x = self.ops.asarray(rows.reshape(1, N // self.pac, -1))
        scores, _ = net.forward(net.split(self.thetas["discriminator"]), x)
        return self.ops.to_numpy(scores)[..., 0]

    def slope(self, packs, h=1e-5):
        """Central differences of `score` by each data column."""
        columns = []
        for j in range(packs.shape[-1]):
            e = h * np.eye(packs.shape[-1])[j]
            columns.append((self.score(packs + e) - self.score(packs - e)) / (2 * h))
        return np.stack(columns, axis=-1)


VARIANTS = {
    "plain": {},
    "labels": {"labels": 3},
    "packs": {"pac": 2},
    "labels and packs": {"labels": 2, "pac": 3},
    "noise": {"noise": [InstanceNoise(0.7)]},
    "all": {"labels": 3, "pac": 2, "noise": [InstanceNoise(0.7)], "progress": 0.3},
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("cls", GRADIENT_PENALTIES.values())
def test_values_by_the_formula(cls, variant, ops64):
    """Labels have no part in the gradient; interpolates are made of what the discriminator sees,
    keep the labels of their rows, and are packs like these.
    """
    at = At(ops64, [cls(1.7)], **VARIANTS[variant])
    expected = FORMULAS[cls](at)
    assert at.terms.keys() == expected.keys()
    for name, value in expected.items():
        assert at.terms[name] == pytest.approx(1.7 * value, rel=1e-8), name


@pytest.mark.parametrize("cls", GRADIENT_PENALTIES.values())
def test_they_add_up(cls, ops64):
    one, two, three = cls(0.4), cls(0.4), WGANGP(0.9, interval=2)
    alone, pair = At(ops64, [one]), At(ops64, [one, two, three])
    for name, value in alone.terms.items():
        rest = At(ops64, [three]).terms["wgan_gp"] if name == "wgan_gp" else 0
        assert pair.terms[name] == pytest.approx(2 * value + rest)


@pytest.mark.parametrize("schedule", [LinearSchedule(0.1), GeometricSchedule(0.01), "cosine"])
@pytest.mark.parametrize("cls", GRADIENT_PENALTIES.values())
def test_the_schedule_scales_the_strength(cls, schedule, ops64):
    factor = {"cosine": 0.5, "LinearSchedule": 0.55, "GeometricSchedule": 0.1}[
        schedule if isinstance(schedule, str) else type(schedule).__name__
    ]
    start, half = (
        At(ops64, [cls(0.8, schedule=schedule)], progress=progress) for progress in (0.0, 0.5)
    )
    plain = At(ops64, [cls(0.8)], progress=0.5)
    for name, value in plain.terms.items():
        assert start.terms[name] == pytest.approx(value)
        assert half.terms[name] == pytest.approx(factor * value)
    weaker = At(ops64, [cls(0.8 * factor)])
    np.testing.assert_allclose(
        ops64.to_numpy(half.grads["discriminator"]),
        ops64.to_numpy(weaker.grads["discriminator"]),
        rtol=1e-9,
        atol=1e-12,
    )


@pytest.mark.parametrize("step", range(7))
@pytest.mark.parametrize("cls", GRADIENT_PENALTIES.values())
def test_lazy_penalties_act_seldom_and_more(cls, step, ops64):
    """Every third update with three times the strength; else the update is one without them."""
    lazy = At(ops64, [cls(0.2, interval=3)], step=step)
    same = At(ops64, [cls(0.6)] if step % 3 == 0 else [], step=step)
    for name, value in lazy.terms.items():
        assert value == (pytest.approx(same.terms[name]) if step % 3 == 0 else 0)
    np.testing.assert_allclose(
        ops64.to_numpy(lazy.grads["discriminator"]),
        ops64.to_numpy(same.grads["discriminator"]),
        rtol=1e-12,
        atol=1e-15,
    )


@pytest.mark.parametrize("cls", [WGANGP, ZeroCentredGP, DRAGAN])
def test_points_of_their_own(cls, ops64):
    """They lie between real and fake rows, or near the data."""
    real, fake = np.zeros((1, 400, 3)), np.ones((1, 400, 3))
    real += np.arange(400)[None, :, None] % 2  # standard deviation 1/2
    bound, draws = cls(1.0).bind(ops64), Draws(ops64, ops64.rng(0))
    (block,) = bound.blocks
    points = ops64.to_numpy(bound.points(block, ops64.asarray(real), ops64.asarray(fake), draws))
    off = points - real
    if cls is DRAGAN:
        assert off.min() >= 0
        assert 0.24 < off.max() <= 0.25
        assert off.mean() == pytest.approx(0.125, abs=0.01)
    else:
        share = off[0, ::2]  # from 0 to 1, the same in every column
        np.testing.assert_array_equal(share, np.repeat(share[:, :1], 3, axis=1))
        assert 0 <= share.min() < 0.05 < 0.95 < share.max() <= 1
        assert share.mean() == pytest.approx(0.5, abs=3 / sqrt(12 * 200))
        np.testing.assert_allclose(
            points[0, 1::2], 1, rtol=1e-15
        )  # real and fake are the same there


@pytest.mark.parametrize("bad", [-0.1, float("nan"), "1", True])
@pytest.mark.parametrize("cls", GRADIENT_PENALTIES.values())
def test_bad_strengths_are_refused(cls, bad, ops64):
    with pytest.raises((ValueError, TypeError), match="gamma must be a"):
        cls(bad).bind(ops64)


@pytest.mark.parametrize("cls", GRADIENT_PENALTIES.values())
@pytest.mark.parametrize(
    ("setting", "bad"),
    [("interval", 0), ("interval", 1.5), ("schedule", "exponential"), ("schedule", 0.5)],
)
def test_bad_settings_are_refused(cls, setting, bad, ops64):
    with pytest.raises((ValueError, TypeError), match=setting):
        cls(0.1, **{setting: bad}).bind(ops64)


@pytest.mark.parametrize("bad", [-0.1, float("inf"), "1"])
def test_a_bad_spread_is_refused(bad, ops64):
    with pytest.raises((ValueError, TypeError), match="spread must be"):
        DRAGAN(spread=bad).bind(ops64)


@pytest.mark.parametrize("step", [0, 1, 3])
def test_lazy_penalties_are_right_when_they_rest_too(step, ops64):
    networks = network(ops64, 3, [6, 5, 4], 2), network(ops64, 2, [6, 5, 4], 1)
    lazy = [R1(0.7, interval=3), WGANGP(0.7), Roth(0.4, interval=2)]
    objective = game(*map(player, networks), gradient=lazy)
    assert check_objective(objective, step=step) <= 1e-6


TANH, SCALES, SHIFTS = Activation("tanh"), [1, 0.5, -2], [0, 0.1, 0.2]
# penalty and the norm of its gradient in all parameters, by torch's double backward
ORACLE = {
    "batch norm": ([Dense(3), BatchNorm(), TANH], R1(1.0), 0.072477174802, 0.235819150035),
    "layer norm": ([Dense(3), LayerNorm(), TANH], R1(1.0), 2.176148516714, 19.962660098386),
    "minibatch std": ([Dense(3), TANH, MinibatchStd()], R1(1.0), 0.034171511928, 0.183116247423),
    "Roth": ([Dense(3), TANH], Roth(1.0), 0.006911426722, 0.033075554917),
}


@pytest.mark.parametrize(("hidden", "penalty", "value", "norm"), ORACLE.values(), ids=ORACLE)
def test_values_of_an_oracle(hidden, penalty, value, norm, ops64):
    net = Network([*hidden, Dense(1)], 2, ops64)
    theta = ops64.zeros((1, net.layout.size))
    first, *others, last = (p for p in net.split(theta) if p)
    first["W"][...] = ops64.asarray(np.linspace(-1, 1, 6).reshape(2, 3))
    first["b"][...] = ops64.asarray([0.1, -0.2, 0.3])
    for p in (p for p in others if "gamma" in p):
        p["gamma"][...], p["beta"][...] = ops64.asarray(SCALES), ops64.asarray(SHIFTS)
    weights = np.array([0.5, -1, 0.75, 0.25])[: last["W"].shape[1]]
    last["W"][...], last["b"][...] = ops64.asarray(weights[:, None]), ops64.asarray([0.2])
    x = ops64.asarray([[[0.5, -1], [1.5, 0.25], [-0.75, 2], [0, 1]]])
    y, caches = net.forward(net.split(theta), x, train=True)
    g = net.backward(net.split(theta), ops64.xp.ones_like(y), caches)
    bound = penalty.bind(ops64)
    found, slope, seed = bound.weighted(bound.strength, g, y[..., 0], "real")
    grad = ops64.zeros((1, net.layout.n_trained))
    weights = None if seed is None else seed[..., None]
    accumulate(net, net.split(theta), caches, slope, weights, net.split(grad))
    assert ops64.to_numpy(found)[0] == pytest.approx(value, rel=1e-9)
    assert np.linalg.norm(ops64.to_numpy(grad)) == pytest.approx(norm, rel=1e-9)
