"""Weight penalties: value, gradient, proximal step, decay."""

from typing import ClassVar

import numpy as np
import pytest
from scipy.optimize import brentq

from regan import penalties
from regan.building.factory import PENALTIES
from regan.layers.layout import Layout, Parameter
from regan.penalties import L1, L2, ElasticNet, GroupLasso, Orthogonal, Penalty
from regan.testing import check_penalty


def layout(*shapes):
    return Layout([[Parameter("W", shape, "weight")] for shape in shapes])


LAYOUT = layout((2, 2))
DEEP = layout((2, 3), (3, 4), (4, 2))  # 6 + 12 + 8 weights
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
    GroupLasso(0.3),
    GroupLasso([0.0, 0.4]),
    GroupLasso(0.01),
    GroupLasso(5.0),
    Orthogonal(0.3),
    Orthogonal([0.0, 0.7]),
    ElasticNet(0.3, [0.0, 0.5]),  # model 0 acts through the gradient, model 1 by the step
]


@pytest.mark.parametrize("penalty", CASES, ids=repr)
def test_it_acts_as_its_value_says(penalty):
    assert check_penalty(penalty) <= 1e-6


def test_every_penalty_is_checked():
    checked = {type(penalty) for penalty in CASES}
    assert set(PENALTIES.values()) <= checked
    public = (thing for thing in vars(penalties).values() if isinstance(thing, type))
    assert {c for c in public if issubclass(c, Penalty)} - {Penalty} == checked


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


CLASSES = [L1, L2, ElasticNet, GroupLasso, Orthogonal]


def draw(n_models, scale=1.0, seed=0):
    """Weights of DEEP, and steps that are far apart."""
    rng = np.random.default_rng(seed)
    shape = n_models, DEEP.n_weights
    return scale * rng.standard_normal(shape), 10 ** rng.uniform(-6, 2, shape)


def after(bound, ops, w, step):
    """The value, the gradient and the result of the proximal step."""
    device, gw = ops.asarray(w.copy()), ops.zeros(w.shape)
    bound.add_grad(device, gw)
    value = ops.to_numpy(bound.value(device))
    bound.prox(device, ops.asarray(step))
    return value, ops.to_numpy(gw), ops.to_numpy(device)


@pytest.mark.parametrize("cls", CLASSES)
def test_strength_zero_is_the_identity(cls, ops32):
    w, step = (a.astype(np.float32) for a in draw(2))
    w[:, 8:14] = 0
    w[1] *= 1e-12
    step[:, -2:] = 0
    value, gw, changed = after(cls(0.0).bind(ops32, DEEP), ops32, w, step)
    assert not value.any()
    assert not gw.any()
    np.testing.assert_array_equal(changed, w)


@pytest.mark.parametrize("cls", CLASSES)
def test_models_act_as_single_ones(cls, ops64):
    strengths = [0.3, 0.0, 1e-3]
    w, step = draw(3)
    together = after(cls(strengths).bind(ops64, DEEP), ops64, w, step)
    for k, strength in enumerate(strengths):
        bound = cls(strength).bind(ops64, DEEP)
        alone = after(bound, ops64, w[k : k + 1], step[k : k + 1])
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one[k], other[0])


def rows(a):
    """The groups of the group lasso in `a` (K, W), one after the other."""
    return [
        row
        for slot in DEEP.matrices[1:]
        for row in DEEP.view(a, slot).reshape(-1, slot.parameter.shape[1])
    ]


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3, 1e5])
@pytest.mark.parametrize("seed", range(5))
def test_group_lasso_against_bracketing(scale, seed, ops64):
    """Steps from 1e-6 to 1e2, and one strength a model."""
    strengths = [0.5, 20.0]
    w, step = draw(2, scale, seed)
    _, gw, found = after(GroupLasso(strengths).bind(ops64, DEEP), ops64, w, step)
    assert not gw.any()
    np.testing.assert_array_equal(found[:, :6], w[:, :6])  # the rows of the inputs
    for k, strength in enumerate(strengths):
        triples = (rows(a[k : k + 1]) for a in (w, step, found))
        for v, s, got in zip(*triples, strict=True):
            cut = strength * len(v) ** 0.5 * s
            expected = by_bracketing(v, cut)
            assert got.any() == expected.any()
            np.testing.assert_allclose(got, expected, rtol=1e-9)


def by_bracketing(v, cut):
    if np.linalg.norm(v / cut) <= 1:
        return np.zeros_like(v)
    t = brentq(lambda t: 1 - 1 / np.linalg.norm(v / (t + cut)), 0, np.linalg.norm(v), xtol=1e-300)
    return v * t / (t + cut)


@pytest.mark.parametrize("scale", [1e-10, 1.0, 1e10])
@pytest.mark.parametrize("alpha", [1e-8, 1.0, 1e8])
def test_group_lasso_keeps_its_precision_in_single(scale, alpha, ops32, ops64):
    w, step = (a.astype(np.float32) for a in draw(2, scale))
    single, double = (
        after(GroupLasso(alpha).bind(ops, DEEP), ops, w, step)[2] for ops in (ops32, ops64)
    )
    assert np.isfinite(single).all()
    np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-6 * scale)


def test_group_lasso_by_hand(ops64):
    w = np.concatenate([np.full(6, 9.0), [3.0, 4, 0, 0], [0, 0, 0.5, 0], np.zeros(4), np.ones(8)])
    value, _, found = after(GroupLasso(0.5).bind(ops64, DEEP), ops64, w[None], np.ones((1, 26)))
    assert value == pytest.approx(0.5 * (2 * (5 + 0.5) + 2**0.5 * 4 * 2**0.5))
    np.testing.assert_allclose(found[0, :6], 9)
    np.testing.assert_allclose(found[0, 6:10], np.array([3, 4, 0, 0]) * (1 - 1 / 5), atol=1e-15)
    assert not found[0, 10:18].any()  # |w_g| = 0.5 is below alpha sqrt(4)
    np.testing.assert_allclose(found[0, 18:], 0.5)


def test_group_lasso_with_a_step_for_each_weight(ops64):
    """|u| = sqrt(8), so 3 and 4 come to 2 and 2: u = t v / (t + sqrt(2) s) with s = 1 and 2."""
    layout = Layout([[Parameter("W", shape, "weight")] for shape in ((1, 1), (1, 2))])
    bound = GroupLasso(1.0).bind(ops64, layout)
    w = ops64.asarray([[7.0, 3.0, 4.0]])
    bound.prox(w, ops64.asarray([[9.0, 1.0, 2.0]]))
    np.testing.assert_allclose(ops64.to_numpy(w), [[7, 2, 2]], rtol=1e-12)


def test_group_lasso_without_hidden_units(ops64):
    value, gw, w = act(GroupLasso(0.4), ops64)
    assert value == pytest.approx(0)
    assert not gw.any()
    np.testing.assert_array_equal(w, W)


def test_group_lasso_does_not_hide_what_is_not_finite(ops64):
    w, step = draw(2)
    w[0, 7] = np.nan
    found = after(GroupLasso(0.1).bind(ops64, DEEP), ops64, w, step)[2]
    assert np.isnan(found[0, 7])
    assert np.isfinite(found[1]).all()


def test_orthogonal_by_hand(ops64):
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]
    parts = [np.eye(2, 3), 2 * q[:3], q[:, :2]]  # wide, wide and twice too long, tall
    w = np.concatenate([part.ravel() for part in parts])[None]
    value, gw, changed = after(Orthogonal(0.1).bind(ops64, DEEP), ops64, w, np.ones((1, 26)))
    assert value == pytest.approx(0.05 * 3 * 3**2)
    np.testing.assert_allclose(gw[:, 6:18], 0.2 * 3 * w[:, 6:18])
    np.testing.assert_allclose(gw[:, [*range(6), *range(18, 26)]], 0, atol=1e-15)
    np.testing.assert_array_equal(changed, w)


@pytest.mark.parametrize("penalty", [GroupLasso(0.3), Orthogonal(0.3)], ids=repr)
def test_decoupling_is_for_l2_parts(penalty, ops64):
    w, step = draw(2)
    coupled, decoupled = (
        after(penalty.bind(ops64, DEEP, decoupled=d), ops64, w, step) for d in (False, True)
    )
    for one, other in zip(coupled, decoupled, strict=True):
        np.testing.assert_array_equal(one, other)


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
@pytest.mark.parametrize("cls", CLASSES)
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


@pytest.mark.parametrize("penalty", CASES, ids=repr)
def test_binding_leaves_the_configuration_alone(penalty, ops64):
    before = dict(vars(penalty))
    penalty.bind(ops64, LAYOUT)
    assert vars(penalty) == before


class _Half(L2):
    def add_grad(self, w, gw):
        gw += 0.5 * self._by_gradient.l2 * w


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
    step_value = Penalty.step_value

    def gradient_value(self, w):
        return 0.5 * self.value(w)


class _OtherRest(L1):
    def step_value(self, w):
        return 1.001 * super().step_value(w)


class _LeftOut(L2):
    step_value = Penalty.step_value

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
        gw[...] = self._by_gradient.l2 * w


class _WritesToWeights(L2):
    def add_grad(self, w, gw):
        super().add_grad(w, gw)
        w *= 0.5


class _WritesToSteps(L1):
    def prox(self, w, step):
        super().prox(w, step)
        step *= 2


class _OneStep(GroupLasso):
    """One step for a whole group, as plain gradient descent has."""

    def prox(self, w, step):
        super().prox(w, self._ops.xp.full_like(step, step.mean()))


class _Counts(GroupLasso):
    """The factor sqrt(|g|) is in the value alone."""

    def prox(self, w, step):
        super().prox(w, 0.5 * step)


class _Zeroes(GroupLasso):
    """All is 0, which single coordinates need not find wrong."""

    def prox(self, w, step):
        for slot in self._slots:
            self._layout.view(w, slot)[...] = 0


class _LeavesGroups(GroupLasso):
    def prox(self, w, step):
        pass


class _HalfOrthogonal(Orthogonal):
    def add_grad(self, w, gw):
        half = self._ops.zeros(gw.shape)
        super().add_grad(w, half)
        gw += 0.5 * half


class _WritesToBiases(L2):
    def add_grad(self, w, gw):
        super().add_grad(w, gw)
        gw.base[:, -1] += 1


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
    (_OtherRest(0.3), "step_value is not what gradient_value leaves of value"),
    (_LeftOut(0.3), "gradient_value is not the value"),
    (_AlwaysDecays(0.3), "decay acts, though not decoupled"),
    (_ForgetsToDecay(0.3), "decoupled: not the step"),
    (_Overwrites(0.3), "add_grad: relative error"),
    (_WritesToWeights(0.3), "add_grad writes to its arguments"),
    (_WritesToSteps(0.3), "prox writes to its arguments"),
    (_OneStep(0.3), "prox does not minimise"),
    (_Counts(0.3), "prox does not minimise"),
    (_Zeroes(0.1), "prox does not minimise"),
    (_LeavesGroups(0.3), "prox does not minimise"),
    (_HalfOrthogonal(0.3), "add_grad: relative error"),
    (_WritesToBiases(0.3), "add_grad writes beside the weights"),
    (_Averages(0.3), "model 0 moves the others"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=repr)
def test_a_wrong_penalty_is_found(wrong: Penalty, message):
    with pytest.raises(AssertionError, match=message):
        check_penalty(wrong)
