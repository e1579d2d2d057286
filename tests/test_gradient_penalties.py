"""Gradient penalties: second order through deep networks, and values by hand."""

import numpy as np
import pytest

from regan.factory import GRADIENT_PENALTIES
from regan.gradient_penalties import R1, R1R2, R2
from regan.layers import ACTIVATIONS, Activation, Dense
from regan.testing import check_second_order
from regan.testing.__main__ import network_layers


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("penalty", [R1(0.7), R2([0.7, 0.2]), R1R2(0.3)], ids=repr)
def test_second_order_at_depth_three(penalty, activation, seed):
    assert check_second_order(network_layers(activation), penalty, random_state=seed) <= 1e-6


def test_every_gradient_penalty_is_checked():
    assert set(GRADIENT_PENALTIES.values()) == {R1, R2, R1R2}


class _NoCurvature(Activation):
    """What a hand-written pass looks like when f'' is forgotten."""

    def tangent_backward(self, params, dgy, cache, grads):
        return None if dgy is None else self._slope(cache) * dgy


def test_a_forgotten_second_derivative_is_found():
    layers = [*(layer for n in (5, 4, 3) for layer in (Dense(n), _NoCurvature("tanh"))), Dense(1)]
    with pytest.raises(AssertionError, match="relative error"):
        check_second_order(layers, R1(0.7))


@pytest.mark.parametrize("cls", GRADIENT_PENALTIES.values())
def test_the_factor_one_half_is_inside(cls, ops64):
    g = ops64.asarray([[[3.0, 4.0], [0.0, 2.0]]])
    phi, slope = cls(1.0).bind(ops64).potential(g)
    np.testing.assert_allclose(ops64.to_numpy(phi), [[12.5, 2.0]])
    np.testing.assert_allclose(ops64.to_numpy(slope), ops64.to_numpy(g))


@pytest.mark.parametrize("bad", [-0.1, float("nan"), "1", True])
@pytest.mark.parametrize("cls", GRADIENT_PENALTIES.values())
def test_bad_strengths_are_refused(cls, bad, ops64):
    with pytest.raises((ValueError, TypeError), match="gamma must be a"):
        cls(bad).bind(ops64)
