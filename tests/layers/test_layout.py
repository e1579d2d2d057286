"""The flat buffer."""

import numpy as np

from regan.layers import Dense
from regan.layers.layout import Layout, Parameter
from regan.layers.network import Network


def test_weights_come_first_and_views_share_memory():
    layout = Layout([_bound(2, 3).parameters(), (), _bound(3, 1).parameters()])
    assert [slot.parameter.kind for slot in layout.slots] == ["weight", "weight", "bias", "bias"]
    assert (layout.n_weights, layout.size) == (2 * 3 + 3 * 1, 2 * 3 + 3 * 1 + 3 + 1)
    theta = np.zeros((2, layout.size))
    first, nothing, last = layout.split(theta)
    assert nothing == {}
    assert first["W"].shape == (2, 2, 3)
    last["b"][...] = 7
    first["W"][1] = 5
    assert (theta[:, -1] == 7).all()
    assert (theta[1, :6] == 5).all()
    assert theta[0, :6].sum() == 0


def _bound(n_in, n_out):
    layer = Dense(n_out)
    layer.bind(None, n_in)
    return layer


def test_parameters_without_weights():
    layout = Layout([[Parameter("gain", (4,), "bias")]])
    assert (layout.n_weights, layout.size) == (0, 4)


def test_initial_weights_are_those_of_every_backend(ops64):
    network = Network([Dense(400), Dense(1)], 100, ops64)
    theta = ops64.to_numpy(network.init(np.random.default_rng(0), n_models=3))
    assert (theta == theta[0]).all()
    W = network.split(theta)[0]["W"][0]
    assert abs(W.std() * 10 - 1) < 0.02
    assert not network.split(theta)[0]["b"].any()
    again = ops64.to_numpy(network.init(np.random.default_rng(0)))
    assert (again[0] == theta[0]).all()
