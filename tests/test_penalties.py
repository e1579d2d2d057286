"""Weight penalties: value, gradient, proximal step, decay."""

from typing import ClassVar

import numpy as np
import pytest

from regan.factory import PENALTIES
from regan.layout import Layout, Parameter
from regan.penalties import L1, L2, ElasticNet, Penalty
from regan.testing import check_penalty

LAYOUT = Layout([[Parameter("W", (4,), "weight")]])
W = np.array([[1.5, -0.2, 0.0, 0.6]])

CASES = [
    L1(0.3),
    L1(0.3, method="subgradient"),
    L1([0.3, 0.0]),
    L2(0.3),
    L2([0.0, 0.7]),
    ElasticNet(0.3, 0.4),
    ElasticNet(0.3, [0.4, 0.9], method="subgradient"),
    ElasticNet([0.3, 0.1], 0.0),
    ElasticNet(0.3, 1.0),
    ElasticNet(0.0, 0.5),
    ElasticNet(0.3, [0.0, 0.5]),  # model 0 acts through the gradient, model 1 by the step
]


@pytest.mark.parametrize("penalty", CASES, ids=repr)
def test_it_acts_as_its_value_says(penalty):
    assert check_penalty(penalty) <= 1e-6


def test_every_penalty_is_checked():
    assert set(PENALTIES.values()) == {type(penalty) for penalty in CASES}


def act(penalty, ops, *, step=0.5, decoupled=False):
    """The value, the gradient and the result of the proximal step at W."""
    bound = penalty.bind(ops, LAYOUT, decoupled=decoupled)
    w, gw = ops.asarray(W.copy()), ops.zeros(W.shape)
    bound.add_grad(w, gw)
    value = ops.to_numpy(bound.value(w))
    bound.prox(w, ops.asarray(np.full(W.shape, step)))
    return value, ops.to_numpy(gw), ops.to_numpy(w)


def test_values_and_steps_by_hand(ops64):
    value, gw, w = act(L1(0.4), ops64)
    assert value == pytest.approx(0.4 * 2.3)
    np.testing.assert_allclose(w, [[1.3, 0, 0, 0.4]], atol=1e-15)
    assert not gw.any()
    value, gw, w = act(L2(0.4), ops64)
    assert value == pytest.approx(0.2 * (2.25 + 0.04 + 0.36))
    np.testing.assert_allclose(gw, 0.4 * W)
    np.testing.assert_array_equal(w, W)
    value, gw, w = act(ElasticNet(0.4, 0.25), ops64)
    assert value == pytest.approx(0.1 * 2.3 + 0.15 * 2.65)
    np.testing.assert_allclose(w, np.array([[1.45, -0.15, 0, 0.55]]) / 1.15)


@pytest.mark.parametrize(("ratio", "same"), [(1.0, L1(0.4)), (0.0, L2(0.4))])
def test_elastic_net_has_l1_and_l2_at_its_ends(ratio, same, ops64):
    for a, b in zip(act(ElasticNet(0.4, ratio), ops64), act(same, ops64), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("cls", PENALTIES.values())
def test_strength_zero_is_the_identity(cls, ops64):
    value, gw, w = act(cls(0.0), ops64)
    assert value == 0
    assert not gw.any()
    np.testing.assert_array_equal(w, W)


def test_decoupled_decay_leaves_the_gradient(ops64):
    _, gw, w = act(L2(0.4), ops64, decoupled=True)
    assert not gw.any()
    np.testing.assert_array_equal(w, W)
    bound, w = L2(0.4).bind(ops64, LAYOUT, decoupled=True), ops64.asarray(W.copy())
    bound.decay(w, 0.1)
    np.testing.assert_allclose(ops64.to_numpy(w), (1 - 0.1 * 0.4) * W)
    _, _, w = act(ElasticNet(0.4, 0.25), ops64, decoupled=True)  # only its L1 part is proximal
    np.testing.assert_allclose(w, [[1.45, -0.15, 0, 0.55]], atol=1e-15)


def test_the_step_is_per_coordinate(ops64):
    w = ops64.asarray(W.copy())
    L1(1.0).bind(ops64, LAYOUT).prox(w, ops64.asarray([[0.0, 0.1, 1.0, 9.0]]))
    np.testing.assert_allclose(ops64.to_numpy(w), [[1.5, -0.1, 0, 0]], atol=1e-15)


@pytest.mark.parametrize("bad", [-1e-9, float("nan"), float("inf"), "1", True, None, [], [0.1, -1]])
@pytest.mark.parametrize("cls", PENALTIES.values())
def test_bad_strengths_are_refused(cls, bad, ops64):
    with pytest.raises((ValueError, TypeError), match="alpha must"):
        cls(bad).bind(ops64, LAYOUT)


def test_other_bad_settings_are_refused(ops64):
    with pytest.raises(
        ValueError, match=r"l1_ratio must be a finite number >= 0 and <= 1, got 1\.5"
    ):
        ElasticNet(0.1, 1.5).bind(ops64, LAYOUT)
    with pytest.raises(
        ValueError, match="method='proximal' is not known; choose one of: prox, subg"
    ):
        ElasticNet(0.1, method="proximal").bind(ops64, LAYOUT)


def test_binding_leaves_the_configuration_alone(ops64):
    penalty = ElasticNet(0.3, 0.4)
    before = dict(vars(penalty))
    penalty.bind(ops64, LAYOUT)
    assert vars(penalty) == before


class _Half(L2):
    def add_grad(self, w, gw):
        gw += 0.5 * self._by_gradient[1] * w


class _Twice(L1):
    def add_grad(self, w, gw):
        gw += self._by_prox[0] * self._ops.xp.sign(w)


class _Lazy(L1):
    def prox(self, w, step):
        super().prox(w, 0.9 * step)


class _Bound:
    """What bind returns says something else about itself."""

    flags: ClassVar = {}

    def bind(self, ops, layout, *, decoupled=False):
        bound = super().bind(ops, layout, decoupled=decoupled)
        vars(bound).update(self.flags)
        return bound


class _Nowhere(_Bound, L2):
    flags: ClassVar = {"in_gradient": False, "in_step": False}


class _NoGradient(_Bound, L2):
    flags: ClassVar = {"in_gradient": False, "in_step": True}


class _NoStep(_Bound, ElasticNet):
    flags: ClassVar = {"in_gradient": True, "in_step": False}


class _HalfTold(L1):
    def gradient_value(self, w):
        return 0.5 * self.value(w)


class _LeftOut(L2):
    def value(self, w):
        return 2 * super().value(w)


class _AlwaysDecays(L1):
    def decay(self, w, lr):
        w *= 1 - lr


class _ForgetsToDecay(L2):
    def decay(self, w, lr):
        pass


class _Overwrites(L2):
    def add_grad(self, w, gw):
        gw[...] = self._by_gradient[1] * w


class _WritesToWeights(L2):
    def add_grad(self, w, gw):
        super().add_grad(w, gw)
        w *= 0.5


class _WritesToSteps(L1):
    def prox(self, w, step):
        super().prox(w, step)
        step *= 2


class _Averages(L2):
    """The sum over the models is right, and so is every gradient."""

    def value(self, w):
        return self._ops.xp.full_like(w[:, 0], super().value(w).mean())

    def gradient_value(self, w):
        return self._ops.xp.full_like(w[:, 0], super().gradient_value(w).mean())


WRONG = [
    (_Half(0.3), "add_grad: relative error"),
    (_Twice(0.3), "never calls add_grad, but it acts"),
    (_Lazy(0.3), "prox does not minimise"),
    (_Nowhere(0.3), "acts nowhere"),
    (_NoGradient(0.3), "never calls add_grad, but it acts"),
    (_NoStep(0.3, [0.0, 0.5]), "never calls prox or decay, but they act"),
    (_HalfTold(0.3), "gradient_value is not 0"),
    (_LeftOut(0.3), "gradient_value is not the value"),
    (_AlwaysDecays(0.3), "decay acts, though not decoupled"),
    (_ForgetsToDecay(0.3), "decoupled: not the step"),
    (_Overwrites(0.3), "add_grad: relative error"),
    (_WritesToWeights(0.3), "add_grad writes to its arguments"),
    (_WritesToSteps(0.3), "prox writes to its arguments"),
    (_Averages(0.3), "model 0 moves the others"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=repr)
def test_a_wrong_penalty_is_found(wrong: Penalty, message):
    with pytest.raises(AssertionError, match=message):
        check_penalty(wrong)
