"""Every layer's four passes, and the table of activations."""

import numpy as np
import pytest
from scipy.integrate import quad

from regan.layers import ACTIVATIONS, Activation, Dense, Layer
from regan.network import Network
from regan.testing import check_layer

LAYERS = [Dense(4), Dense(1, gain=2.0), *(Activation(name) for name in ACTIVATIONS)]


@pytest.mark.parametrize("n_in", [1, 5])
@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_passes(layer, n_in):
    assert check_layer(layer, n_in) <= 1e-6


def test_every_layer_is_checked():
    concrete = {cls for cls in Layer.__subclasses__() if cls.__module__.startswith("regan.")}
    assert concrete == {type(layer) for layer in LAYERS}


class _Broken(Activation):
    """tanh with one pass wrong."""

    def __init__(self, wrong):
        super().__init__("tanh")
        self.wrong = wrong

    def backward(self, params, gy, cache, grads):
        gx = super().backward(params, gy, cache, grads)
        if self.wrong == "writes to gy":
            gy *= 2
        return 1.001 * gx if self.wrong == "backward" else gx

    def tangent(self, params, dx, cache):
        dy = super().tangent(params, dx, cache)
        return 1.001 * dy if self.wrong == "tangent" else dy

    def tangent_backward(self, params, dgy, cache, grads):
        if self.wrong == "no curvature":  # what a test with ReLU alone would not see
            return None if dgy is None else self._slope(cache) * dgy
        return super().tangent_backward(params, dgy, cache, grads)


@pytest.mark.parametrize("wrong", ["backward", "writes to gy", "tangent", "no curvature"])
def test_a_wrong_pass_is_found(wrong):
    with pytest.raises(AssertionError):
        check_layer(_Broken(wrong))


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.name)
def test_gain_keeps_the_scale(row):
    def squared(z):
        out = np.empty(1)
        row.f(np.array([z]), out)
        return out[0] ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    second_moment = quad(squared, -12, 0)[0] + quad(squared, 0, 12)[0]
    assert row.gain == pytest.approx(second_moment**-0.5, rel=1e-6)


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.name)
def test_activations_are_finite_far_out(row, ops32):
    z = ops32.asarray([[[-1e4, -90.0, 0.0, 90.0, 1e4]]])
    with np.errstate(over="ignore", under="ignore", invalid="raise"):
        for kernel in (row.value, row.slope):
            out = ops32.empty(z.shape)
            ops32.run(kernel, z, outs=(out,))
            assert np.isfinite(ops32.to_numpy(out)).all()
        if not row.piecewise_linear:
            out = ops32.zeros(z.shape)
            ops32.run(row.curvature, z, ops32.xp.ones_like(z), ops32.xp.ones_like(z), outs=(out,))
            assert np.isfinite(ops32.to_numpy(out)).all()


def test_an_unknown_activation_names_the_known_ones():
    with pytest.raises(
        ValueError, match=r"activation='selu' is not known; choose one of: leaky_relu"
    ):
        Network([Activation("selu")], 3, None).layers[0].row  # noqa: B018 - the access raises


def test_layers_serve_in_several_networks(ops64):
    layer = Dense(3)
    one, two = Network([layer], 2, ops64), Network([layer], 5, ops64)
    assert (one.layout.size, two.layout.size) == (2 * 3 + 3, 5 * 3 + 3)
    assert not hasattr(layer, "n_in")
