"""Optimizers: one step by hand, descent, state."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from regan import optimizers
from regan.building.factory import OPTIMIZERS
from regan.layers.layout import Layout, Parameter
from regan.objectives.players import Player
from regan.optimizers import (
    SGD,
    Adam,
    AdamW,
    ExtraAdam,
    ExtraSGD,
    OptimisticAdam,
    Optimizer,
    RMSprop,
)
from regan.penalties import L1, ElasticNet, GroupLasso
from regan.schedules import Clock, ConstantSchedule, LinearSchedule
from regan.testing import check_optimizer

CASES = [
    SGD(),
    SGD(0.9),
    RMSprop(),
    RMSprop(0.9, 0.5),
    Adam(),
    Adam(0.9, 0.999),
    AdamW(0.5, 0.9),
    OptimisticAdam(),
    OptimisticAdam(0.5, 0.9),
    ExtraSGD(),
    ExtraSGD(0.5),
    ExtraAdam(),
    ExtraAdam(0.5, 0.9),
]


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_it_descends(optimizer):
    assert check_optimizer(optimizer) < 0.01


def test_every_optimizer_is_checked():
    checked = {type(optimizer) for optimizer in CASES}
    assert set(OPTIMIZERS.values()) <= checked
    public = (thing for thing in vars(optimizers).values() if isinstance(thing, type))
    assert {c for c in public if issubclass(c, Optimizer)} - {Optimizer} == checked


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
    np.testing.assert_allclose(step, 0.1 * (1 - 0.5**2) / (1 - 0.5))


def test_rmsprop_by_hand(ops64):
    theta, step = two_steps(RMSprop(0.9, 0.5, 1e-3), ops64, [G1, G2], 0.1)
    v1 = 0.1 * G1**2
    v2 = 0.9 * v1 + 0.1 * G2**2
    s1, s2 = (0.1 / (np.sqrt(v) + 1e-3) for v in (v1, v2))
    m1 = s1 * G1
    np.testing.assert_allclose(theta, START - m1 - (0.5 * m1 + s2 * G2))
    np.testing.assert_allclose(step, 0.5 * s1 + s2)


@pytest.mark.parametrize("t", [1, 2, 7, 300])
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("cls", [SGD, RMSprop])
def test_the_step_under_momentum(cls, momentum, t, ops64):
    """lr (1 - mu^t) / (1 - mu), for RMSprop times its scale: here that stays as it is."""
    optimizer = cls(momentum=momentum)
    theta, grad = ops64.asarray([START]), ops64.asarray([G1])
    state, scale = optimizer.init(ops64, theta), np.ones(2)
    if cls is RMSprop:
        state["v"][...] = grad**2  # as where the gradient has long been the same
        scale = 1 / (np.abs(G1) + optimizer.epsilon)
    for _ in range(t):
        optimizer.update(ops64, grad, state, theta, 0.1)
    expected = 0.1 * scale * (1 - momentum**t) / (1 - momentum)
    np.testing.assert_allclose(ops64.to_numpy(state["step"])[0], expected, rtol=1e-12)


@pytest.mark.parametrize("cls", [Adam, AdamW])
def test_adam_by_hand(cls, ops64):
    theta, step = two_steps(cls(0.8, 0.9, 1e-3), ops64, [G1, G2], 0.1)
    m1, v1 = 0.2 * G1, 0.1 * G1**2
    m2, v2 = 0.8 * m1 + 0.2 * G2, 0.9 * v1 + 0.1 * G2**2
    s1 = 0.1 / (np.sqrt(v1 / 0.1) + 1e-3)
    s2 = 0.1 / (np.sqrt(v2 / 0.19) + 1e-3)
    np.testing.assert_allclose(theta, START - s1 * m1 / 0.2 - s2 * m2 / 0.36)
    np.testing.assert_allclose(step, s2)


def test_optimistic_adam_by_hand(ops64):
    grads = [G1, G2, G1 - G2]
    theta, step = two_steps(OptimisticAdam(0.8, 0.9, 1e-3), ops64, grads, 0.1)
    m = v = np.zeros(2)
    expected, last = START, None
    for t, g in enumerate(grads, 1):
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g**2
        s = 0.1 / (np.sqrt(v / (1 - 0.9**t)) + 1e-3)
        d = s * m / (1 - 0.8**t)
        expected = expected - (d if last is None else 2 * d - last)
        last = d
    np.testing.assert_allclose(theta, expected)
    np.testing.assert_allclose(step, s)


def test_an_extragradient_step_by_hand(ops64):
    theta = ops64.asarray([START])
    optimizer = ExtraAdam(0.8, 0.9, 1e-3)
    state = optimizer.init(ops64, theta)
    ahead = optimizer.extrapolate(ops64, ops64.asarray([G1]), state, theta, 0.1)
    np.testing.assert_allclose(ops64.to_numpy(ahead)[0], START - 0.1 * G1 / (np.abs(G1) + 1e-3))
    np.testing.assert_array_equal(ops64.to_numpy(theta)[0], START)
    optimizer.update(ops64, ops64.asarray([G2]), state, theta, 0.1)
    m2, v2 = 0.8 * 0.2 * G1 + 0.2 * G2, 0.9 * 0.1 * G1**2 + 0.1 * G2**2
    s2 = 0.1 / (np.sqrt(v2 / 0.19) + 1e-3)
    np.testing.assert_allclose(ops64.to_numpy(theta)[0], START - s2 * m2 / 0.36)


@pytest.mark.parametrize(
    ("optimizer", "converges"),
    [
        (SGD(), False),
        (Adam(), False),
        (ExtraSGD(), True),
        (ExtraAdam(), True),
        (OptimisticAdam(), True),
    ],
    ids=repr,
)
def test_a_bilinear_game(optimizer, converges, ops64):
    """min over x, max over y of x y, at once: plain steps lead away from (0, 0)."""
    theta = ops64.asarray([[1.0, -0.5]])
    state, turn = optimizer.init(ops64, theta), ops64.asarray([[1.0, -1.0]])
    for t in range(2000):
        lr, point = 0.2 * (1 - t / 2000), theta
        if optimizer.extrapolates:
            grad = turn * point[:, ::-1]
            point = optimizer.extrapolate(ops64, grad, state, theta, lr)
        optimizer.update(ops64, turn * point[:, ::-1], state, theta, lr)
    size = np.linalg.norm(ops64.to_numpy(theta)) / np.hypot(1, 0.5)
    assert size < 1e-4 if converges else size > 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Adam(), AdamW(), True),
        (Adam(), ExtraAdam(), True),
        (SGD(), ExtraSGD(), True),
        (Adam(), OptimisticAdam(), False),
        (Adam(), SGD(), False),
    ],
    ids=repr,
)
def test_who_goes_on_from_whose_state(one, other, same, ops64):
    assert (one.method == other.method) is same
    theta = ops64.zeros((1, 2))
    assert (set(one.init(ops64, theta)) == set(other.init(ops64, theta))) is same


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_parameters_may_be_a_view(optimizer, ops64):
    """What is not trained lies beside what is."""
    whole = ops64.asarray(np.arange(12.0).reshape(2, 6))
    view, alone = whole[:, :4], ops64.asarray(np.arange(12.0).reshape(2, 6)[:, :4])
    grad = ops64.asarray(np.linspace(-1, 1, 8).reshape(2, 4))
    for theta in (view, alone):
        state = optimizer.init(ops64, theta)
        for _ in range(3):
            ahead = optimizer.extrapolate(ops64, grad, state, theta, 0.1)
            optimizer.update(ops64, grad + ahead, state, theta, 0.1)
    np.testing.assert_array_equal(ops64.to_numpy(view), ops64.to_numpy(alone))
    np.testing.assert_array_equal(ops64.to_numpy(whole)[:, 4:], [[4, 5], [10, 11]])


@pytest.mark.parametrize("optimizer", [Adam(0.9, 0.99), RMSprop(0.99), SGD(0.9)], ids=repr)
def test_rosenbrock(optimizer, ops64):
    theta = ops64.asarray([[-1.2, 1.0]])
    state = optimizer.init(ops64, theta)
    lr = 5e-4 if isinstance(optimizer, SGD) else 2e-2
    for t in range(6000):
        grad = rosen_der(ops64.to_numpy(theta)[0])
        optimizer.update(ops64, ops64.asarray([grad]), state, theta, lr * (1 - t / 6000))
    assert rosen(ops64.to_numpy(theta)[0]) < 1e-3


def test_a_clock_counts_instead_of_the_state(ops64):
    """Without one an update counts; with one its number is the clock's, and its holder counts."""
    theta, grad = ops64.asarray([START]), ops64.asarray([G1])
    thetas, optimizer = [theta.copy(), theta.copy()], Adam(0.8, 0.9)
    states = [optimizer.init(ops64, theta) for _ in thetas]
    for t in range(3):
        optimizer.update(ops64, grad, states[0], thetas[0], 0.1)
        optimizer.update(ops64, grad, states[1], thetas[1], 0.1, Clock(step=t))
    assert [state["t"] for state in states] == [3, 0]
    np.testing.assert_array_equal(*map(ops64.to_numpy, thetas))


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
        (OptimisticAdam(-0.1), "beta_1"),
        (ExtraAdam(beta_2=1), "beta_2"),
        (ExtraSGD(True), "momentum"),
    ],
    ids=repr,
)
def test_bad_settings_are_refused(optimizer, name, ops64):
    with pytest.raises((ValueError, TypeError), match=f"{name} must be a"):
        optimizer.init(ops64, ops64.zeros((1, 2)))


class _Frozen(Optimizer):
    def apply(self, ops, grad, state, theta, lr, *corrections):
        state["step"] += 1


class _Ascent(Adam):
    def apply(self, ops, grad, state, theta, lr, *corrections):
        super().apply(ops, -grad, state, theta, lr, *corrections)


class _WrongStep(SGD):
    def apply(self, ops, grad, state, theta, lr, *corrections):
        super().apply(ops, grad, state, theta, lr)
        state["step"][...] = 1000


class _StepOfOneGradient(SGD):
    """Momentum sums gradients, and the step is that of the last one alone."""

    def apply(self, ops, grad, state, theta, lr, *corrections):
        super().apply(ops, grad, state, theta, lr, *corrections)
        state["step"][...] = lr


class _OneRate(SGD):
    def apply(self, ops, grad, state, theta, lr, *corrections):
        super().apply(ops, grad, state, theta, lr if isinstance(lr, float) else lr[0, 0])
        state["step"][...] = lr


class _WritesToGradient(SGD):
    def apply(self, ops, grad, state, theta, lr, *corrections):
        super().apply(ops, grad, state, theta, lr)
        grad *= 0.5


class _Stops(SGD):
    def apply(self, ops, grad, state, theta, lr, *corrections):
        super().apply(ops, grad, state, theta, lr if state["t"] < 9 else 0.0)


class _LooksElsewhere(ExtraSGD):
    def extrapolate(self, ops, grad, state, theta, lr, clock=None):
        return super().extrapolate(ops, -grad, state, theta, lr, clock)


class _Arrives(ExtraSGD):
    def extrapolate(self, ops, grad, state, theta, lr, clock=None):
        self.update(ops, grad, state, theta, lr)
        return theta


class _MixesModels(SGD):
    def apply(self, ops, grad, state, theta, lr, *corrections):
        theta *= 1 - 1e-3 * ops.xp.tanh(state["m"].mean())  # m is 0 at first
        super().apply(ops, grad, state, theta, lr)


class _RateOfTheHost(SGD):
    def apply(self, ops, grad, state, theta, lr, *corrections):
        super().apply(ops, grad, state, theta, lr if np.shape(lr) != (1, 1) else 0.05)


class _CountsByItself(Adam):
    def apply(self, ops, grad, state, theta, lr, *corrections):
        t = state["t"]
        super().apply(ops, grad, state, theta, lr, *self.corrections(t))


class _CountsCorrections(Adam):
    def corrections(self, t):
        self.n_asked = getattr(self, "n_asked", 0) + 1
        return super().corrections(self.n_asked)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (_Frozen(), r"is not state\['step'\] \* grad in the first update"),
        (_Ascent(), r"is not state\['step'\] \* grad in the first update"),
        (_WrongStep(), r"is not state\['step'\] \* grad in the first update"),
        (_StepOfOneGradient(0.5), "is not .* where the gradient has long been the same"),
        (_OneRate(), r"is not state\['step'\] \* grad in the first update"),
        (_WritesToGradient(), "update writes to its arguments"),
        (_Stops(), "apply reads the count of updates"),
        (_CountsByItself(), "apply reads the count of updates"),
        (_CountsCorrections(), "corrections of one update differ from one time to the next"),
        (_RateOfTheHost(), "is another update with its numbers on the device"),
        (_LooksElsewhere(), "extrapolate is not where update leads"),
        (_Arrives(), "extrapolate"),
        (_MixesModels(), "model 0 of two is not as it is alone"),
    ],
    ids=repr,
)
def test_a_wrong_optimizer_is_found(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_optimizer(wrong)


NETS = ElasticNet([0.5, 1.0], [1.0, 0.5])  # an L1 penalty in the first model
GROUPS = GroupLasso(0.5**0.5)
RATES = {"constant": ConstantSchedule(), "falling": LinearSchedule()}


def at_rest(optimizer, penalty, ops, shapes, target, schedule):
    """Where a player comes to rest that minimises |w - target|^2 / 2 + penalty, in K models."""
    layout = Layout([[Parameter("W", shape, "weight")] for shape in shapes])
    bound = penalty.bind(ops, layout, decoupled=optimizer.decoupled)
    network = SimpleNamespace(ops=ops, layout=layout)
    one = Player(network, [bound], optimizer=optimizer, learning_rate=3e-2, schedule=schedule)
    goal = ops.asarray(target)
    theta, n = ops.asarray(np.full(np.shape(target), 0.7)), 400
    state = optimizer.init(ops, theta)
    for i in range(n):
        clock, point = Clock(i / n), theta
        if optimizer.extrapolates:
            point = one.look_ahead(theta, theta - goal, state, clock.counting(state["t"]))
            state["t"] += 1
        one.update(theta, point - goal, state, {}, clock.counting(state["t"]))
        state["t"] += 1
    return ops.to_numpy(theta)


@pytest.mark.parametrize("schedule", RATES.values(), ids=RATES)
@pytest.mark.parametrize("optimizer", [*CASES, RMSprop(0.99, 0.9), ExtraSGD(0.9)], ids=repr)
def test_penalties_have_the_strength_that_was_asked_for(optimizer, schedule, ops64):
    """At rest pull and gradient cancel, however the optimizer scales and sums what it is given."""
    # under AdamW the decay of an elastic net is in units of the rate, and no part of an objective
    third = (3 - 5**0.5) / 2 if optimizer.decoupled else 1 / 3
    # an optimist expects the last step once more, so a rate that falls cuts its steps short
    near = 2e-2 if isinstance(optimizer, OptimisticAdam) and schedule is RATES["falling"] else 2e-3
    nets = at_rest(optimizer, NETS, ops64, [(3, 1)], [[1.0, -0.4, -1.0]] * 2, schedule)
    np.testing.assert_allclose(nets, [[0.5, 0, -0.5], [third, 0, -third]], atol=near)
    assert (nets[:, 1] == 0).all()
    # the rows of the second matrix are groups, with a limit of 1; the first has no penalty
    target = [[0.7, 0.7, 1.2, 1.6, 0.5, 0.6]]
    groups = at_rest(optimizer, GROUPS, ops64, [(1, 2), (2, 2)], target, schedule)
    np.testing.assert_allclose(groups, [[0.7, 0.7, 0.6, 0.8, 0, 0]], atol=near)
    assert (groups[:, 4:] == 0).all()


@pytest.mark.parametrize("cls", [Adam, RMSprop])
def test_a_penalty_where_the_gradient_was_exactly_0(cls, ops64):
    """The metric is lr / epsilon: the weight is gone at once, unless epsilon is larger."""
    lasso = L1(1e-3).bind(ops64, Layout([[Parameter("W", (2,), "weight")]]))
    for epsilon, kept in ((1e-8, 0.0), (1e-2, 0.5 - 1e-4)):
        theta, optimizer = ops64.asarray([[0.5, 0.5]]), cls(epsilon=epsilon)
        state = optimizer.init(ops64, theta)
        optimizer.update(ops64, ops64.asarray([[0.0, 1.0]]), state, theta, 1e-3)
        lasso.prox(theta, state["step"])
        assert ops64.to_numpy(theta)[0, 0] == pytest.approx(kept)
        assert 0 < ops64.to_numpy(theta)[0, 1] < 0.5
