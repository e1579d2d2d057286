"""A network as a whole, and the inputs that go around it."""

import numpy as np
import pytest

from regan.backends import get_backend
from regan.layers import (
    Activation,
    BatchNorm,
    Beside,
    ColumnScale,
    Dense,
    Dropout,
    LabelOffsets,
    LatentMixture,
    Layer,
    MinibatchStd,
    Network,
    Residual,
    SoftmaxBlocks,
)
from regan.penalties.gradient import R1R2, Roth
from regan.testing import check_network, check_second_order

NETWORKS = {  # the layers, the inputs, those that go around, from where on
    "none around": ([Dense(3), Activation("tanh"), Dense(2)], 5, 0, 0),
    "wider than its outputs": ([Dense(4), Activation("silu"), Dense(2)], 5, 2, 0),
    "narrower": ([Dense(4), Activation("leaky_relu"), Dense(6)], 3, 3, 0),
    "no hidden layer": ([Dense(4)], 4, 4, 0),
    "an activation last": ([Dense(4), Activation("tanh")], 3, 2, 1),
    "nothing but an activation": ([Activation("tanh")], 4, 3, 1),
    "rows on one another": ([Dense(4), BatchNorm(0.1), Dropout(0.3), MinibatchStd(0.1)], 4, 3, 0),
    "ways around all over": ([Residual([Dense(5), Activation("tanh")]), Dense(4)], 5, 3, 2),
    "levels": ([Dense(6), Activation("tanh"), Dense(5), SoftmaxBlocks((2, 1))], 4, 2, 0),
    "offsets before levels": (
        [Dense(4), Activation("tanh"), Dense(5), LabelOffsets(2, 3), SoftmaxBlocks((2, 1))],
        6,
        2,
        0,
    ),
    "offsets amidst": ([Dense(4), LabelOffsets(2, 3), Activation("tanh"), Dense(3)], 5, 2, 0),
    "scales": ([Dense(4), ColumnScale(0.2, levels=(2,))], 4, 2, 0),
    "a mixture beside labels": ([Beside(LatentMixture(3), 2), Dense(4)], 6, 3, 1),
}


@pytest.mark.parametrize(("layers", "n_in", "n_skip", "start"), NETWORKS.values(), ids=NETWORKS)
def test_passes(layers, n_in, n_skip, start):
    assert check_network(layers, n_in, n_skip=n_skip, skip_from=start) <= 1e-6


@pytest.mark.parametrize("penalty", [R1R2(0.3), Roth(0.5)], ids=repr)
def test_second_order(penalty):
    layers = [Dense(5), Activation("tanh"), Dense(4), Activation("silu"), Dense(1)]
    assert check_second_order(layers, penalty, n_skip=1) <= 1e-6


class _Constant(Layer):
    """Its outputs do not depend on its inputs."""

    def bind(self, ops, n_in):
        self.ops, self.n_in = ops, n_in
        return n_in

    def forward(self, params, x, cache, *, train=False, draws=None):
        return self.ops.zeros(x.shape)

    def backward(self, params, gy, cache, grads):
        return self.ops.zeros(gy.shape)

    def tangent(self, params, dx, cache):
        return self.ops.zeros(dx.shape)

    def tangent_backward(self, params, dgy, cache, grads):
        return None


def test_what_goes_around_comes_back_where_the_layers_give_nothing():
    assert check_network([_Constant()], 4, n_skip=2, skip_from=1) <= 1e-6


def test_other_layers_with_the_same_way_around(ops64):
    network = Network([Dense(4)], 3, ops64, 2, 1)
    other = network.like([Dense(5), Activation("relu"), Dense(2)], ops64)
    assert (other.n_in, other.n_skip, other.skip_from) == (3, 2, 1)
    assert network.describe() == "3 inputs, Dense 4, plus inputs 1 to 2"
    assert Network([Dense(4)], 3, ops64).describe() == "3 inputs, Dense 4"


@pytest.mark.parametrize(
    ("n_skip", "start", "error", "message"),
    [
        (
            4,
            0,
            ValueError,
            "n_skip=4 inputs from number 0 on cannot go around layers with 3 inputs",
        ),
        (3, 0, ValueError, "with 3 inputs and 2 outputs"),
        (2, 2, ValueError, "n_skip=2 inputs from number 2 on"),
        (-1, 0, ValueError, "n_skip must be an integer >= 0, got -1"),
        (1, -1, ValueError, "skip_from must be an integer >= 0, got -1"),
        (1.0, 0, TypeError, "n_skip must be an integer"),
    ],
)
def test_ways_around_that_cannot_be(ops64, n_skip, start, error, message):
    with pytest.raises(error, match=message):
        Network([Dense(2)], 3, ops64, n_skip, start)


def test_two_models_are_two_single_ones(ops32):
    """In large batches, where the order of sums shows."""
    network = Network([Dense(7), Activation("tanh"), Dense(4)], 5, ops32, 3, 1)
    rng = np.random.default_rng(0)
    theta, x = rng.normal(size=(2, network.layout.size)), rng.normal(size=(1, 300, 5))
    whole = network.forward(network.split(ops32.asarray(theta)), ops32.asarray(x))[0]
    for k in (0, 1):
        one = network.forward(network.split(ops32.asarray(theta[k : k + 1])), ops32.asarray(x))[0]
        tolerance = 0 if ops32.bitwise else 1e-5
        np.testing.assert_allclose(
            ops32.to_numpy(whole)[k : k + 1], ops32.to_numpy(one), rtol=tolerance, atol=tolerance
        )


@pytest.mark.parametrize(("layers", "n_in", "n_skip", "start"), NETWORKS.values(), ids=NETWORKS)
def test_a_network_for_outputs_alone_uses_arrays_again(layers, n_in, n_skip, start):
    """Behind layers of one width; outputs stay when there are further ones."""
    ops = get_backend("numpy")
    hidden = [Dense(n_in), Activation("leaky_relu"), Dropout(0.3)] * 3
    network = Network([*hidden, *layers], n_in, ops, n_skip, start)
    theta = network.init(np.random.default_rng(0))
    params = network.split(theta)
    inputs = ops.asarray(np.random.default_rng(1).normal(size=(4, 1, 9, n_in)))
    expected = [network.forward(params, x)[0] for x in inputs]
    network.keeps_caches = False
    with ops.recycling():
        found = [network.forward(params, x) for x in inputs]
    np.testing.assert_array_equal([y for y, _ in found], expected)
    assert all(caches == [] for _, caches in found)
