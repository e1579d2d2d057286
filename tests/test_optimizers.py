"""Optimizers: one step by hand, descent, state."""

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from regan.factory import OPTIMIZERS
from regan.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from regan.testing import check_optimizer

CASES = [SGD(), SGD(0.9), RMSprop(), RMSprop(0.9, 0.5), Adam(), Adam(0.9, 0.999), AdamW(0.5, 0.9)]


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_it_descends(optimizer):
    assert check_optimizer(optimizer) < 0.01


def test_every_optimizer_is_checked():
    assert set(OPTIMIZERS.values()) == {type(optimizer) for optimizer in CASES}


def two_steps(optimizer, ops, grads, lr):
    theta = ops.asarray([[1.0, -2.0]])
    state = optimizer.init(ops, theta)
    for grad in grads:
        optimizer.update(ops, ops.asarray([grad]), state, theta, lr)
    return ops.to_numpy(theta)[0], ops.to_numpy(state["step"])[0]


G1, G2 = np.array([0.5, -3.0]), np.array([-1.0, 2.0])
START = np.array([1.0, -2.0])


def test_sgd_by_hand(ops64):
    theta, step = two_steps(SGD(momentum=0.5), ops64, [G1, G2], 0.1)
    np.testing.assert_allclose(theta, START - 0.1 * G1 - 0.1 * (0.5 * G1 + G2))
    np.testing.assert_allclose(step, 0.1)


def test_rmsprop_by_hand(ops64):
    theta, step = two_steps(RMSprop(0.9, 0.5, 1e-3), ops64, [G1, G2], 0.1)
    v1 = 0.1 * G1**2
    v2 = 0.9 * v1 + 0.1 * G2**2
    s1, s2 = (0.1 / (np.sqrt(v) + 1e-3) for v in (v1, v2))
    m1 = s1 * G1
    np.testing.assert_allclose(theta, START - m1 - (0.5 * m1 + s2 * G2))
    np.testing.assert_allclose(step, s2)


@pytest.mark.parametrize("cls", [Adam, AdamW])
def test_adam_by_hand(cls, ops64):
    theta, step = two_steps(cls(0.8, 0.9, 1e-3), ops64, [G1, G2], 0.1)
    m1, v1 = 0.2 * G1, 0.1 * G1**2
    m2, v2 = 0.8 * m1 + 0.2 * G2, 0.9 * v1 + 0.1 * G2**2
    s1 = 0.1 / (np.sqrt(v1 / 0.1) + 1e-3)
    s2 = 0.1 / (np.sqrt(v2 / 0.19) + 1e-3)
    np.testing.assert_allclose(theta, START - s1 * m1 / 0.2 - s2 * m2 / 0.36)
    np.testing.assert_allclose(step, s2)


@pytest.mark.parametrize("optimizer", [Adam(0.9, 0.99), RMSprop(0.99), SGD(0.9)], ids=repr)
def test_rosenbrock(optimizer, ops64):
    theta = ops64.asarray([[-1.2, 1.0]])
    state = optimizer.init(ops64, theta)
    lr = 5e-4 if isinstance(optimizer, SGD) else 2e-2
    for t in range(6000):
        grad = rosen_der(ops64.to_numpy(theta)[0])
        optimizer.update(ops64, ops64.asarray([grad]), state, theta, lr * (1 - t / 6000))
    assert rosen(ops64.to_numpy(theta)[0]) < 1e-3


def test_rates_may_differ_by_member(ops64):
    theta = ops64.asarray([[1.0], [1.0]])
    optimizer = SGD()
    state = optimizer.init(ops64, theta)
    grad, lr = ops64.asarray([[1.0], [1.0]]), ops64.asarray([[0.1], [0.2]])
    optimizer.update(ops64, grad, state, theta, lr)
    np.testing.assert_allclose(ops64.to_numpy(theta), [[0.9], [0.8]])
    np.testing.assert_allclose(ops64.to_numpy(state["step"]), [[0.1], [0.2]])


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [
        (SGD(1.0), "momentum"),
        (RMSprop(decay=-0.1), "decay"),
        (RMSprop(momentum=2), "momentum"),
        (RMSprop(epsilon=0.0), "epsilon"),
        (Adam(1.0), "beta_1"),
        (Adam(0.0, float("nan")), "beta_2"),
        (AdamW(epsilon="1"), "epsilon"),
    ],
    ids=repr,
)
def test_bad_settings_are_refused(optimizer, name, ops64):
    with pytest.raises((ValueError, TypeError), match=f"{name} must be a"):
        optimizer.init(ops64, ops64.zeros((1, 2)))


class _Frozen(Optimizer):
    def update(self, ops, grad, state, theta, lr):
        state["t"] += 1
        state["step"] += 1


class _Ascent(Adam):
    def update(self, ops, grad, state, theta, lr):
        super().update(ops, -grad, state, theta, lr)


class _WrongStep(SGD):
    def update(self, ops, grad, state, theta, lr):
        super().update(ops, grad, state, theta, lr)
        state["step"][...] = 1000


class _OneRate(SGD):
    def update(self, ops, grad, state, theta, lr):
        super().update(ops, grad, state, theta, lr if isinstance(lr, float) else lr[0, 0])
        state["step"][...] = lr


class _WritesToGradient(SGD):
    def update(self, ops, grad, state, theta, lr):
        super().update(ops, grad, state, theta, lr)
        grad *= 0.5


class _Stops(SGD):
    def update(self, ops, grad, state, theta, lr):
        super().update(ops, grad, state, theta, lr if state["t"] < 9 else 0.0)


class _MixesModels(SGD):
    def update(self, ops, grad, state, theta, lr):
        super().update(ops, grad, state, theta, lr)
        if state["t"] > 1:
            theta *= 1 - 1e-3 * ops.xp.tanh(theta.mean())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (_Frozen(), r"is not state\['step'\] \* grad in the first update"),
        (_Ascent(), r"is not state\['step'\] \* grad in the first update"),
        (_WrongStep(), r"is not state\['step'\] \* grad in the first update"),
        (_OneRate(), r"is not state\['step'\] \* grad in the first update"),
        (_WritesToGradient(), "update writes to its arguments"),
        (_Stops(), "step must be positive|of a parabola after"),
        (_MixesModels(), "model 0 of two is not as it is alone"),
    ],
    ids=repr,
)
def test_a_wrong_optimizer_is_found(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_optimizer(wrong)
