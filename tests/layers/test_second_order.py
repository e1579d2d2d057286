"""The second-order pass through deep networks with every layer that a discriminator may have."""

import numpy as np
import pytest

from regan.layers import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    FourierFeatures,
    GroupNorm,
    LayerNorm,
    MinibatchStd,
    Residual,
)
from regan.layers.network import Network
from regan.penalties.gradient import R1, R1R2, R2, Roth
from regan.testing import check_second_order
from regan.testing.batch import draw_theta


def deep(activation, *between):
    """Three hidden layers, each with copies of `between` before its activation."""
    hidden = [layer for n in (5, 4, 3) for layer in (Dense(n), *between, Activation(activation))]
    return [*hidden, Dense(1)]


NETWORKS = {
    "dropout": lambda name: deep(name, Dropout(0.3)),
    "batch norm": lambda name: deep(name, BatchNorm(0.1)),
    "layer norm": lambda name: deep(name, LayerNorm(0.1)),
    "group norm": lambda name: [
        layer
        for n, n_groups in ((6, 2), (8, 2), (6, 3))
        for layer in (Dense(n), GroupNorm(n_groups, 0.1), Activation(name))
    ] + [Dense(1)],
    "fourier features": lambda name: [FourierFeatures((0.5, 1)), *deep(name)],
    "minibatch std first": lambda name: [MinibatchStd(0.1), *deep(name)],
    "minibatch std last": lambda name: [*deep(name)[:-1], MinibatchStd(0.1), Dense(1)],
    "residual": lambda name: [
        Dense(4),
        Residual([Activation(name), Dense(4), Activation(name), Dense(4)]),
        Residual([Dense(4), Activation(name)]),
        Dense(1),
    ],
    "residual with P": lambda name: [
        Residual([Dense(n), Activation(name)]) for n in (5, 4, 2)
    ] + [Dense(1)],
    "nested residual": lambda name: [
        Residual([Dense(4), Residual([Dense(3), Activation(name)]), Activation(name)]),
        Residual([Dense(3), Activation(name), Dense(4)]),
        Dense(1),
    ],
    "everything": lambda name: [
        Dropout(0.2),
        FourierFeatures((0.5,)),
        Residual([Dense(5), BatchNorm(0.1), Activation(name), Dropout(0.3), Dense(4)]),
        Residual([LayerNorm(0.1), Activation(name), Dense(4)]),
        Residual([GroupNorm(2, 0.1), Activation(name), Dense(4)]),
        MinibatchStd(0.1),
        Dense(3),
        Activation(name),
        Dense(1),
    ],
}  # fmt: skip


@pytest.mark.parametrize("penalty", [R1(0.7), R2([0.7, 0.2]), R1R2(0.3), Roth(0.5)], ids=repr)
@pytest.mark.parametrize("activation", ["tanh", "softplus", "silu"])
@pytest.mark.parametrize("kind", NETWORKS)
def test_second_order_at_depth_three(kind, activation, penalty):
    for seed in range(2):
        layers = NETWORKS[kind](activation)
        assert check_second_order(layers, penalty, random_state=seed) <= 1e-6


def test_some_scales_are_exactly_zero(ops64):
    """What `check_second_order` draws has zeros where a division by gamma would show."""
    network = Network(NETWORKS["batch norm"]("tanh"), 3, ops64)
    theta = draw_theta(network, 2, np.random.default_rng(0))
    gammas = [p["gamma"] for p in network.split(ops64.asarray(theta)) if "gamma" in p]
    assert len(gammas) == 3
    for gamma in gammas:
        np.testing.assert_array_equal(ops64.to_numpy(gamma)[:, 0], 0)


def test_all_scales_may_be_zero(ops64):
    """Then the input gradient is zero, and nothing divides by it."""
    network = Network(NETWORKS["batch norm"]("tanh"), 3, ops64)
    params = network.split(network.init(np.random.default_rng(0)))
    for p in params:
        if "gamma" in p:
            p["gamma"][...] = 0
    x = ops64.asarray(np.random.default_rng(1).normal(size=(1, 6, 3)))
    y, caches = network.forward(params, x, train=True)
    gx = network.backward(params, ops64.xp.ones_like(y), caches)
    grad = ops64.zeros((1, network.layout.n_trained))
    network.tangent(params, x, caches)
    network.tangent_backward(params, None, caches, network.split(grad))
    np.testing.assert_array_equal(ops64.to_numpy(gx), 0)
    assert np.isfinite(ops64.to_numpy(grad)).all()


class _DividesByGamma(BatchNorm):
    """The tangent of xh from that of y: right wherever gamma is not 0."""

    def tangent(self, params, dx, cache):
        dy = super().tangent(params, dx, cache)
        if not cache["constant"]:
            gamma = params["gamma"][:, None, :]
            cache["dxh"] = dy / (gamma + (gamma == 0))
        return dy


class _NoBend(FourierFeatures):
    def tangent_backward(self, params, dgy, cache, grads):
        return None if dgy is None else self._pulled_back(dgy, cache)


class _NoStdBend(MinibatchStd):
    def tangent_backward(self, params, dgy, cache, grads):
        return None if dgy is None else self._pulled_back(dgy, cache)


class _SkipsTheWayAround(Residual):
    def _add(self, grads, x, gy):
        pass


class _ForgetsTheFirstTerm(LayerNorm):
    def _second(self, params, dgy, cache):
        return super()._second(params, dgy, cache) + cache["m"] * cache["gx"]


@pytest.mark.parametrize(
    "layers",
    [
        deep("tanh", _DividesByGamma(0.1)),
        [Dense(3), _NoBend((0.5,)), *deep("tanh")],
        [Dense(3), _NoStdBend(0.1), *deep("tanh")],
        [_SkipsTheWayAround([Dense(4), Activation("tanh")]), *deep("tanh")],
        deep("tanh", _ForgetsTheFirstTerm(0.1)),
    ],
    ids=["divides by gamma", "no bend", "no bend of std", "skips P", "forgets a term"],
)
def test_a_wrong_second_order_pass_is_found(layers):
    with pytest.raises(AssertionError, match="in training: relative error"):
        check_second_order(layers, R1(0.7))
