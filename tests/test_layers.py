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

    def forward(self, params, x, cache):
        y = super().forward(params, x, cache)
        if self.wrong == "writes to x":
            x *= 2
        return y

    def backward(self, params, gy, cache, grads):
        gx = super().backward(params, gy, cache, grads)
        if self.wrong == "writes to gy":
            gy *= 2
        if self.wrong == "writes to x in backward":
            cache["z"] *= 2
        return 1.001 * gx if self.wrong == "backward" else gx

    def tangent(self, params, dx, cache):
        dy = super().tangent(params, dx, cache)
        if self.wrong == "writes to dx":
            dx *= 2
        return 1.001 * dy if self.wrong == "tangent" else dy

    def tangent_backward(self, params, dgy, cache, grads):
        if self.wrong == "no curvature":  # what a test with ReLU alone would not see
            return None if dgy is None else self._slope(cache) * dgy
        return super().tangent_backward(params, dgy, cache, grads)


class _Forgets(Dense):
    """A Dense layer that discards what one of its passes finds in grads."""

    def __init__(self, wrong):
        super().__init__(4)
        self.wrong = wrong

    def backward(self, params, gy, cache, grads):
        if self.wrong == "backward" and grads is not None:
            grads["W"][...] = 0
        if self.wrong == "inputs only" and grads is None:
            gy = 0.5 * gy
        return super().backward(params, gy, cache, grads)

    def tangent_backward(self, params, dgy, cache, grads):
        if self.wrong == "tangent_backward":
            grads["b"][...] = 0
        return super().tangent_backward(params, dgy, cache, grads)


class _Keeps(Dense):
    """A Dense layer that keeps one array on itself instead of in the cache."""

    def __init__(self, wrong):
        super().__init__(4)
        self.wrong = wrong
        self.kept = None

    def _pass(self, name, params, a, cache, *grads):
        if self.kept is not None:
            cache[self.wrong] = self.kept
        result = getattr(Dense, name)(self, params, a, cache, *grads)
        self.kept = cache.pop(self.wrong, None)
        return result

    def forward(self, *arguments):
        return self._pass("forward", *arguments)

    def backward(self, *arguments):
        return self._pass("backward", *arguments)

    def tangent(self, *arguments):
        return self._pass("tangent", *arguments)

    def tangent_backward(self, *arguments):
        return self._pass("tangent_backward", *arguments)


class _Centred(Activation):
    """tanh of x less its mean over the batch; `wrong` says that samples are not coupled."""

    def __init__(self, wrong):
        super().__init__("tanh")
        self.wrong = wrong

    @property
    def couples_samples(self):
        return not self.wrong

    def _centre(self, a):
        return None if a is None else a - a.mean(axis=1, keepdims=True)

    def forward(self, params, x, cache):
        return super().forward(params, self._centre(x), cache)

    def backward(self, params, gy, cache, grads):
        return self._centre(super().backward(params, gy, cache, grads))

    def tangent(self, params, dx, cache):
        return super().tangent(params, self._centre(dx), cache)

    def tangent_backward(self, params, dgy, cache, grads):
        return self._centre(super().tangent_backward(params, dgy, cache, grads))


class _MixesModels(Activation):
    def forward(self, params, x, cache):
        return super().forward(params, x, cache) + x.shape[0]  # no derivative shows it


def test_samples_may_be_coupled_where_that_is_said():
    assert check_layer(_Centred(wrong=False)) <= 1e-6


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (_Broken("backward"), "backward: relative error"),
        (_Broken("tangent"), "tangent: relative error"),
        (_Broken("no curvature"), r"tangent_backward\(dgy=True\): relative error"),
        (_Broken("writes to x"), "forward writes to its arguments"),
        (_Broken("writes to x in backward"), "backward writes to its arguments"),
        (_Broken("writes to gy"), "backward writes to its arguments"),
        (_Broken("writes to dx"), "tangent writes to its arguments"),
        (_Forgets("backward"), "backward: relative error"),
        (_Forgets("tangent_backward"), r"tangent_backward\(dgy=True\): relative error"),
        (_Forgets("inputs only"), "backward: grads=None in backward changes results"),
        (_Keeps("x"), "backward: another batch changes results"),
        (_Keeps("gy"), "tangent_backward: another batch changes results"),
        (_Keeps("dx"), "tangent_backward: another batch changes results"),
        (_Centred(wrong=True), "samples act on one another"),
        (_MixesModels("tanh"), "forward: model 0 of two"),
    ],
    ids=repr,
)
def test_a_wrong_pass_is_found(layer, message):
    with pytest.raises(AssertionError, match=message):
        check_layer(layer)


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
