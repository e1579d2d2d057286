"""The whole objective against finite differences: each switch alone, and random combinations."""

from typing import ClassVar

import numpy as np
import pytest

from regan import factory
from regan.gradient_penalties import R1, R1R2, R2
from regan.layers import ACTIVATIONS, Activation, Dense, Layer
from regan.network import Network
from regan.objective import Objective
from regan.penalties import L1, L2, ElasticNet
from regan.players import Pair
from regan.testing import check_objective
from regan.testing.__main__ import small_objective

WEIGHT = [
    [],
    [L2(0.2)],
    [L1(0.2, method="subgradient")],
    [ElasticNet(0.3, 0.6, method="subgradient")],
    [L2(0.1), L1(0.1, method="subgradient")],
    [L1(0.2)],  # proximal: no part of the objective
]
GRADIENT = [[], [R1(0.5)], [R2(0.5)], [R1R2(0.5)], [R1(0.2), R1R2(0.3)]]
DEPTHS = [[], [5], [6, 5, 4]]


def build(ops, loss, on_g, on_d, weights_g, weights_d, gradient, depth_g, depth_d):
    generator = factory.make_network(ops, 3, depth_g, 2, Activation(on_g))
    discriminator = factory.make_network(ops, 2, depth_d, 1, Activation(on_d))
    return Objective(
        generator,
        discriminator,
        factory.LOSSES[loss](),
        [p.bind(ops) for p in gradient],
        (
            [p.bind(ops, generator.layout) for p in weights_g],
            [p.bind(ops, discriminator.layout) for p in weights_d],
        ),
    )


BASE = ("relativistic", "tanh", "tanh", [], [], [], [4], [4])
ALONE = [
    BASE[:i] + (value,) + BASE[i + 1 :]
    for i, values in enumerate(
        (factory.LOSSES, ACTIVATIONS, ACTIVATIONS, WEIGHT, WEIGHT, GRADIENT, DEPTHS, DEPTHS)
    )
    for value in values
]


@pytest.mark.parametrize("settings", ALONE, ids=str)
def test_each_switch_alone(settings, ops64):
    assert check_objective(build(ops64, *settings)) <= 1e-6


@pytest.mark.parametrize("seed", range(100))
def test_random_combinations(seed, ops64):
    rng = np.random.default_rng(seed)

    def any_of(values):
        values = list(values)
        return values[rng.integers(len(values))]

    switches = (factory.LOSSES, ACTIVATIONS, ACTIVATIONS, WEIGHT, WEIGHT, GRADIENT, DEPTHS, DEPTHS)
    objective = build(ops64, *map(any_of, switches))
    assert check_objective(objective, random_state=seed) <= 1e-6


def test_strengths_by_member(ops64):
    penalties = [L2([0.1, 0.7])], [ElasticNet(0.3, [0.2, 0.9], method="subgradient")]
    objective = build(ops64, "hinge", "silu", "elu", *penalties, [R1R2([0.2, 0.9])], [4], [5, 4])
    assert check_objective(objective, n_models=2) <= 1e-6


class _Centred(Layer):
    """y = x - mean over the batch: it couples samples, as a norm does."""

    couples_samples = True
    piecewise_linear: ClassVar[bool] = True

    def bind(self, ops, n_in):
        return n_in

    def forward(self, params, x, cache):
        return x - x.mean(axis=1, keepdims=True)

    def backward(self, params, gy, cache, grads):
        return gy - gy.mean(axis=1, keepdims=True)

    def tangent(self, params, dx, cache):
        return self.forward(params, dx, cache)

    def tangent_backward(self, params, dgy, cache, grads):
        return None if dgy is None else self.backward(params, dgy, cache, grads)


def test_layers_that_couple_samples_see_one_block_at_a_time(ops64):
    layers = [Dense(5), Activation("tanh"), _Centred(), Dense(4), Activation("softplus"), Dense(1)]
    discriminator = Network(layers, 2, ops64)
    generator = factory.make_network(ops64, 3, [4], 2, Activation("tanh"))
    gradient = [R1R2(0.5).bind(ops64)]
    objective = Objective(generator, discriminator, factory.LOSSES["hinge"](), gradient, ([], []))
    assert check_objective(objective) <= 1e-6
    # and the blocks really are apart: real scores do not move when the noise does
    rng = np.random.default_rng(0)
    thetas = Pair(generator.init(rng), discriminator.init(rng))
    real = ops64.asarray(rng.normal(size=(1, 6, 2)))
    terms = [
        objective.value_and_grad(
            "discriminator", thetas, real, ops64.asarray(rng.normal(size=(1, 6, 3)))
        )[0]
        for _ in range(2)
    ]
    assert ops64.to_numpy(terms[0]["r1"]) == pytest.approx(ops64.to_numpy(terms[1]["r1"]))
    assert ops64.to_numpy(terms[0]["r2"]) != pytest.approx(ops64.to_numpy(terms[1]["r2"]))


def test_a_wrong_objective_is_found(ops64):
    objective = small_objective("relativistic", "tanh")

    class Wrong(type(objective)):
        def value_and_grad(self, *args):
            terms, grad = super().value_and_grad(*args)
            grad[:, 0] *= 1.01
            return terms, grad

    with pytest.raises(AssertionError, match="objective: relative error"):
        check_objective(Wrong(**vars(objective)))


class _NoTangent(Activation):
    has_tangent = False


def test_a_missing_pass_is_named_at_once(ops64):
    layers = [Dense(3), _NoTangent("tanh"), Dense(1)]
    networks = factory.make_network(ops64, 3, [4], 2, Activation("tanh")), Network(layers, 2, ops64)
    loss = factory.LOSSES["hinge"]()
    Objective(*networks, loss, [], ([], [])).check()
    with pytest.raises(
        ValueError, match=r"R1 needs a tangent pass; _NoTangent has none: implement"
    ):
        Objective(*networks, loss, [R1(0.1).bind(ops64)], ([], [])).check()
