"""Dead units and networks without them."""

import numpy as np
import pytest
import strict_cupy

from regan.backends import get_backend
from regan.constraints import MaxUnits
from regan.layers import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    GroupNorm,
    LayerNorm,
    MinibatchStd,
    Residual,
)
from regan.layers.network import Network
from regan.layers.pruning import dead_units, prune, sparsity

NETWORKS = {
    "tanh": [Dense(6), Activation("tanh"), Dense(5), Activation("softplus"), Dense(2)],
    "relu": [Dense(6), Activation("relu"), Dense(5), Activation("leaky_relu"), Dense(2)],
    "no activation": [Dense(6), Dense(5), Dense(2)],
    "dropout": [
        Dense(6),
        Activation("silu"),
        Dropout(0.5),
        Dense(5),
        Dropout(0.1),
        Activation("gelu"),
        Dense(2),
    ],
    "batch norm": [
        Dense(6),
        BatchNorm(),
        Activation("tanh"),
        Dense(5),
        Activation("sigmoid"),
        BatchNorm(),
        Dense(2),
    ],
}
FIRST, SECOND = [0, 2, 3], [1, 4]
"""The units that `plant` makes dead in the two hidden layers."""


def make(layers, ops, n_models=1, seed=0):
    """A network with random parameters everywhere, fixed ones too."""
    network, rng = Network(layers, 3, ops), np.random.default_rng(seed)
    theta = rng.uniform(0.2, 1, (n_models, network.layout.size))  # variances are positive
    theta *= np.where(rng.random(theta.shape) < 0.5, -1, 1)
    params = network.split(theta)
    for p in params:
        if "var" in p:
            p["var"][...] = abs(p["var"])
    return network, theta


def plant(network, theta):
    """Make units dead: the first of each layer by their incoming weights, the last by outgoing."""
    params = network.split(theta)
    one, two, three = (params[i] for i, layer in enumerate(network.layers) if "W" in params[i])
    one["W"][:, :, FIRST[:2]] = 0
    two["W"][:, FIRST[2:], :] = 0
    two["W"][:, :, SECOND[:1]] = 0
    three["W"][:, SECOND[1:], :] = 0


def outputs(network, theta, x):
    """Outputs in evaluation, and the gradient of their sum of squares, on the host."""
    ops = network.ops
    params = network.split(theta)
    y, caches = network.forward(params, x)
    grad = ops.zeros((theta.shape[0], network.layout.n_trained))
    gx = network.backward(params, y, caches, network.split(grad))
    return ops.to_numpy(y), ops.to_numpy(gx), grad


@pytest.mark.parametrize("n_models", [1, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_and_gradients_stay(name, n_models, ops64):
    for seed in range(3):
        network, host = make(NETWORKS[name], ops64, n_models, seed)
        plant(network, host)
        theta = ops64.asarray(host)
        dead = dead_units(network, theta)
        assert [np.flatnonzero(mask).tolist() for mask in dead] == [FIRST, SECOND]
        layers, plan = prune(network, dead)
        small = Network(layers, 3, ops64)
        assert [layer.n_units for layer in small.layers if isinstance(layer, Dense)] == [3, 3, 2]
        x = ops64.asarray(np.random.default_rng(9).standard_normal((n_models, 7, 3)))
        folded = plan.fold(theta)
        assert folded.shape == (n_models, small.layout.size)
        y, gx, grad = outputs(network, theta, x)
        y_small, gx_small, grad_small = outputs(small, folded, x)
        np.testing.assert_allclose(y_small, y, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(gx_small, gx, rtol=1e-12, atol=1e-12)
        selected = ops64.to_numpy(plan.select(grad))
        np.testing.assert_allclose(ops64.to_numpy(grad_small), selected, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(ops64.to_numpy(theta), host)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_selected_is_what_belongs_to_the_units(name, ops64):
    """The old layout's numbers, selected, are in the places that the new layout has for them."""
    network, host = make(NETWORKS[name], ops64)
    plant(network, host)
    layers, plan = prune(network, dead_units(network, ops64.asarray(host)))
    small, layout = Network(layers, 3, ops64), network.layout
    numbers = np.arange(layout.size, dtype=float)[None]
    keep = {6: np.delete(np.arange(6), FIRST), 5: np.delete(np.arange(5), SECOND)}
    for n in (layout.size, layout.n_trained, layout.n_weights):
        new = small.split(ops64.to_numpy(plan.select(ops64.asarray(numbers[:, :n]))))
        for p_new, p_old in zip(new, network.split(numbers[:, :n]), strict=True):
            assert p_new.keys() == p_old.keys()
            for key, a in p_old.items():
                for axis in range(1, a.ndim):
                    a = np.take(a, keep.get(a.shape[axis], np.arange(a.shape[axis])), axis=axis)
                np.testing.assert_array_equal(p_new[key], a)


def test_nothing_to_prune_gives_the_same_network(ops64):
    network, host = make(NETWORKS["batch norm"], ops64)
    theta = ops64.asarray(host)
    dead = dead_units(network, theta)
    assert not any(mask.any() for mask in dead)
    layers, plan = prune(network, dead)
    assert list(map(repr, layers)) == list(map(repr, network.layers))
    np.testing.assert_array_equal(ops64.to_numpy(plan.fold(theta)), host)


@pytest.mark.parametrize("name", NETWORKS)
def test_one_unit_of_a_layer_stays(name, ops64):
    network, host = make(NETWORKS[name], ops64)
    host[:, : network.layout.n_weights] = 0
    theta = ops64.asarray(host)
    dead = dead_units(network, theta)
    assert all(mask.all() for mask in dead)
    layers, plan = prune(network, dead)
    assert [layer.n_units for layer in layers if isinstance(layer, Dense)] == [1, 1, 2]
    x = ops64.asarray(np.random.default_rng(9).standard_normal((1, 7, 3)))
    small = Network(layers, 3, ops64)
    one, two = outputs(network, theta, x), outputs(small, plan.fold(theta), x)
    np.testing.assert_allclose(two[0], one[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("layers", "widths"),
    [
        ([Dense(4), LayerNorm(), Activation("tanh"), Dense(1)], []),
        ([Dense(4), Activation("tanh"), LayerNorm(), Dense(3), Dense(1)], [3]),
        ([Dense(4), GroupNorm(), Activation("tanh"), Dense(1)], []),
        ([Dense(4), Activation("tanh"), MinibatchStd(), Dense(1)], []),
        ([Dense(4), Residual([Dense(4), Activation("tanh"), Dense(4)]), Dense(1)], []),
        ([Residual([Dense(3)]), Activation("tanh"), Dense(4), Dense(1)], [4]),
        ([Dense(4), Activation("tanh"), Dense(3), Activation("tanh")], [4]),
        ([Dense(2)], []),
    ],
    ids=repr,
)
def test_only_units_that_go_their_own_way_are_pruned(layers, widths, ops64):
    network, host = make(layers, ops64)
    host[:, : network.layout.n_weights] = 0
    theta = ops64.asarray(host)
    dead = dead_units(network, theta)
    assert [mask.size for mask in dead] == widths
    pruned, plan = prune(network, dead)
    small = Network(pruned, 3, ops64)
    assert small.layout.size == plan.fold(theta).shape[1]
    x = ops64.asarray(np.random.default_rng(9).standard_normal((1, 8, 3)))
    one, two = outputs(network, theta, x), outputs(small, plan.fold(theta), x)
    np.testing.assert_allclose(two[0], one[0], rtol=1e-12)


def test_a_unit_is_dead_if_it_is_in_all_models(ops64):
    network, host = make(NETWORKS["tanh"], ops64, 2)
    params = network.split(host)
    params[0]["W"][0, :, 1] = 0
    params[0]["W"][:, :, 2] = 0
    params[0]["W"][0, :, 3], params[2]["W"][1, 3, :] = 0, 0  # in either model for its own reason
    theta = ops64.asarray(host)
    dead = dead_units(network, theta)
    assert [np.flatnonzero(mask).tolist() for mask in dead] == [[2, 3], []]
    layers, plan = prune(network, dead)
    x = ops64.asarray(np.random.default_rng(9).standard_normal((2, 7, 3)))
    one = outputs(network, theta, x)
    two = outputs(Network(layers, 3, ops64), plan.fold(theta), x)
    np.testing.assert_allclose(two[0], one[0], rtol=1e-12)


def test_zeros_are_counted(ops64):
    network, host = make(NETWORKS["tanh"], ops64, 2)
    plant(network, host)
    found = sparsity(network, ops64.asarray(host))
    # columns and a row; the cell where they cross counts once
    one, two, three = 2 * 3, 5 + 6 - 1, 2
    assert found.layers == pytest.approx((one / 18, two / 30, three / 10))
    assert found.zeros == pytest.approx((one + two + three) / 58)
    assert found.dead_units == (3, 2)


def test_what_max_units_leaves_over_can_go(ops64):
    network, host = make(NETWORKS["dropout"], ops64)
    theta = ops64.asarray(host)
    MaxUnits(2).bind(ops64, network.layout).project(theta)
    layers, _ = prune(network, dead_units(network, theta))
    assert [layer.n_units for layer in layers if isinstance(layer, Dense)] == [2, 2, 2]


def test_what_does_not_fit_is_refused(ops64):
    network, host = make(NETWORKS["tanh"], ops64)
    with pytest.raises(ValueError, match=r"shapes \[\(6,\), \(5,\)\], got \[\(6,\)\]"):
        prune(network, [np.zeros(6, dtype=bool)])
    _, plan = prune(network, [np.arange(6) == 3, np.zeros(5, dtype=bool)])
    with pytest.raises(ValueError, match=r"units \[3\] of a hidden layer are not dead under"):
        plan.fold(ops64.asarray(host))


def test_layers_given_stay_as_they_are(ops64):
    given = [Dense(6), Activation("tanh"), Dense(2)]
    network, host = make(given, ops64)
    network.split(host)[0]["W"][:, :, 1] = 0
    prune(network, dead_units(network, ops64.asarray(host)))
    assert (given[0].n_units, network.layers[0].n_units) == (6, 6)


def test_it_runs_on_cupy(monkeypatch):
    strict_cupy.install(monkeypatch)
    test_outputs_and_gradients_stay("batch norm", 2, get_backend("cupy", "float64"))
