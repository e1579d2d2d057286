"""Constraints: what they keep, how they go together, what they refuse."""

from itertools import combinations
from typing import ClassVar

import numpy as np
import pytest
import strict_cupy

from regan.backends import get_backend
from regan.constraints import (
    Constraint,
    Constraints,
    L1Ball,
    L2Ball,
    MaxNonZero,
    MaxNorm,
    MaxUnits,
    NonNegative,
    Projection,
    SpectralNorm,
    UnitNorm,
    WeightClip,
)
from regan.layers.layout import Layout, Parameter
from regan.testing.constraints import check_constraint

LAYOUT = Layout([[Parameter("W", shape, "weight")] for shape in ((3, 4), (4, 5), (5, 1))])

CASES = [
    SpectralNorm(),
    SpectralNorm(2.5, n_iterations=3),
    WeightClip(0.3),
    WeightClip(),
    NonNegative(),
    MaxNorm(0.7),
    MaxNorm(),
    UnitNorm(),
    L1Ball(2.0),
    L1Ball(),
    L2Ball(1.5),
    L2Ball(),
    MaxUnits(3),
    MaxUnits(1),
    MaxNonZero(0.3),
    MaxNonZero(0.01),
]
SETS = [
    WeightClip(0.3),
    NonNegative(),
    MaxNorm(0.7),
    L1Ball(2.0),
    L2Ball(1.5),
    MaxUnits(2),
    MaxNonZero(0.3),
]
LEFT_BY_SPECTRAL_NORM = [NonNegative(), MaxUnits(2), MaxNonZero(0.3)]
CONTRADICTIONS = [
    *((UnitNorm(), c) for c in SETS if not isinstance(c, NonNegative)),
    *((SpectralNorm(), c) for c in (WeightClip(), MaxNorm(), UnitNorm(), L1Ball(), L2Ball())),
]
ALLOWED = [
    *combinations(SETS, 2),
    (UnitNorm(), NonNegative()),
    (NonNegative(), UnitNorm()),
    *((SpectralNorm(), c) for c in LEFT_BY_SPECTRAL_NORM),
]


@pytest.mark.parametrize("constraint", CASES, ids=repr)
def test_it_keeps_what_it_promises(constraint):
    for seed in range(3):
        assert check_constraint(constraint, random_state=seed) <= 1e-6


@pytest.mark.parametrize("constraint", CASES, ids=repr)
def test_it_does_on_cupy(constraint, monkeypatch):
    strict_cupy.install(monkeypatch)
    assert check_constraint(constraint, backend="cupy") <= 1e-6


def test_every_constraint_is_checked():
    def concrete(cls):
        for sub in cls.__subclasses__():
            yield from concrete(sub)
            if sub.__module__.startswith("regan.") and sub is not Projection:
                yield sub

    assert set(concrete(Constraint)) == {type(c) for c in CASES}


def weights(ops, seed, scale=1.0, layout=LAYOUT):
    return ops.asarray(scale * np.random.default_rng(seed).standard_normal((2, layout.size)))


def bound(ops, constraints, layout=LAYOUT):
    return Constraints([c.bind(ops, layout) for c in constraints])


@pytest.mark.parametrize("pair", ALLOWED, ids=repr)
def test_a_pair_lands_in_both_sets(pair, ops64):
    for order in (pair, pair[::-1]):
        together = bound(ops64, order)
        for scale in (0.1, 1.0, 10.0):
            theta = weights(ops64, 1, scale)
            together.project(theta)
            for c in together:
                assert ops64.to_numpy(c.violation(theta)).max() <= 1e-12
            again = theta.copy()
            together.project(again)
            np.testing.assert_allclose(ops64.to_numpy(again), ops64.to_numpy(theta), atol=1e-12)


def test_all_that_may_stand_together_do(ops64):
    together, theta = bound(ops64, SETS), weights(ops64, 2)
    together.project(theta)
    assert max(ops64.to_numpy(c.violation(theta)).max() for c in together) <= 1e-12


@pytest.mark.parametrize("pair", CONTRADICTIONS, ids=repr)
def test_contradictions_are_refused_naming_both(pair):
    allowed = {frozenset(map(type, p)) for p in ALLOWED}
    fits = [c for c in SETS if all(frozenset((type(c), type(p))) in allowed for p in pair)]
    for order in (pair, pair[::-1]):
        with pytest.raises(ValueError, match="exclude each other") as error:
            Constraints([*fits[:1], *order])  # also behind one that fits both
        assert all(type(c).__name__ in str(error.value) for c in pair)


def test_every_pair_is_allowed_or_refused():
    kinds = {type(c).__name__ for c in CASES}
    seen = {frozenset(type(c).__name__ for c in p) for p in (*ALLOWED, *CONTRADICTIONS)}
    assert seen == {frozenset(pair) for pair in combinations(kinds, 2)}


def test_two_reparametrizations_are_refused():
    with pytest.raises(ValueError, match=r"one constraint may .* SpectralNorm.* SpectralNorm"):
        Constraints([SpectralNorm(), SpectralNorm(2.0)])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        *((c(b), "limit must") for c in (WeightClip, MaxNorm, SpectralNorm) for b in (0, -1, "1")),
        *((c(b), "radius must") for c in (L1Ball, L2Ball) for b in (0, float("inf"), None)),
        *((MaxUnits(b), "n_units must be an integer") for b in (0, 2.0, True)),
        *((MaxNonZero(b), "density must") for b in (0, 1.1, float("nan"))),
        *((SpectralNorm(n_iterations=b), "n_iterations must") for b in (0, 0.5)),
    ],
    ids=repr,
)
def test_bad_settings_are_refused(bad, message, ops64):
    with pytest.raises((ValueError, TypeError), match=message):
        bad.bind(ops64, LAYOUT)


@pytest.mark.parametrize(
    "constraint",
    [cls(np.float64(0.5)) for cls in (SpectralNorm, WeightClip, MaxNorm, L1Ball, L2Ball)],
    ids=repr,
)
def test_settings_of_another_precision_change_no_dtype(constraint, ops32):
    bound, theta = constraint.bind(ops32, LAYOUT), weights(ops32, 0)
    memory = bound.init(theta, np.random.default_rng(0))
    bound.project(theta)
    seen = bound.effective(theta, memory)
    assert {a.dtype for a in (theta, seen, *memory.values())} <= {np.dtype("float32")}
    assert ops32.to_numpy(bound.violation(theta)).max() < 1e-6


@pytest.mark.parametrize("constraint", CASES, ids=repr)
def test_binding_leaves_the_configuration_alone(constraint, ops64):
    before = dict(vars(constraint))
    constraint.bind(ops64, LAYOUT)
    assert vars(constraint) == before


ROW = Layout([[Parameter("W", (2, 2), "weight")], [Parameter("W", (2, 2), "weight")]])


@pytest.mark.parametrize(
    ("constraint", "before", "after"),
    [
        (WeightClip(0.5), [3, -0.2, -1, 0.5], [0.5, -0.2, -0.5, 0.5]),
        (NonNegative(), [3, -0.2, -1, 0.5], [3, 0, 0, 0.5]),
        (MaxNorm(1.0), [3, 0.6, 4, 0.0], [0.6, 0.6, 0.8, 0]),
        (UnitNorm(), [3, 0, 4, 0], [0.6, 0.5**0.5, 0.8, 0.5**0.5]),
        (L1Ball(2.0), [3, -2, 0.5, 0], [1.5, -0.5, 0, 0]),
        (L2Ball(2.0), [1, 3, -1, -5], [1 / 3, 1, -1 / 3, -5 / 3]),
        (MaxNonZero(0.5), [1, 1, -1, 1], None),  # ties
        (MaxNonZero(0.5), [3, -2, 1, 0], [3, -2, 0, 0]),
        (MaxNonZero(0.1), [3, -4, 1, 0], [0, -4, 0, 0]),
        (MaxUnits(1), [3, -2, 1, 4], [0, 0, 1, 4]),
        (MaxUnits(2), [3, -2, 1, 4], [3, -2, 1, 4]),
    ],
    ids=repr,
)
def test_projections_by_hand(constraint, before, after, ops64):
    theta = ops64.asarray([[9, 9, 9, 9, *before]])
    constraint.bind(ops64, ROW).project(theta)
    found = ops64.to_numpy(theta)[0]
    if isinstance(constraint, MaxUnits):
        np.testing.assert_array_equal(found[:4], 9)  # the first matrix has inputs, not units
    if after is None:
        assert np.count_nonzero(found[4:]) == np.count_nonzero(found[:4]) == 2
    else:
        np.testing.assert_allclose(found[4:], after, atol=1e-15)


@pytest.mark.parametrize(("density", "n", "kept"), [(0.29, 100, 29), (1.0, 7, 7), (0.01, 7, 1)])
def test_the_share_of_weights_is_exact_under_ties(density, n, kept, ops64):
    layout = Layout([[Parameter("W", (n, 1), "weight")]])
    theta = ops64.asarray(np.ones((3, n)))
    MaxNonZero(density).bind(ops64, layout).project(theta)
    np.testing.assert_array_equal(np.count_nonzero(ops64.to_numpy(theta), axis=1), kept)


SQUARE = Layout([[Parameter("W", (8, 8), "weight")]])


def matrix(values, seed):
    rng = np.random.default_rng(seed)
    u, v = (np.linalg.qr(rng.standard_normal((8, 8)))[0] for _ in range(2))
    return (u * values) @ v.T


@pytest.mark.parametrize(
    ("values", "tolerance"),
    [
        (None, 1e-3),  # whatever normal weights have
        (np.geomspace(1, 0.01, 8), 1e-3),
        (np.array([1, 0.9, *np.full(6, 0.1)]), 1e-3),
        # between vectors whose values are nearly equal iterations hardly turn, but then it hardly
        # matters which: the estimate lies between the values
        (np.array([1, 0.999, *np.full(6, 0.1)]), 1e-3),
        (np.linspace(1, 0.99, 8), 1e-2),
        (np.ones(8), 1e-12),
    ],
)
def test_sigma_is_the_largest_singular_value(values, tolerance, ops64):
    for seed in range(20):
        w = np.random.default_rng(seed).standard_normal((8, 8))
        w = w if values is None else matrix(values, seed)
        norm, theta = SpectralNorm().bind(ops64, SQUARE), ops64.asarray(w.reshape(1, -1))
        memory = norm.init(theta, np.random.default_rng(seed))
        norm.advance(theta, memory)
        start = {k: ops64.to_numpy(a) for k, a in memory.items()}
        for _ in range(99):
            norm.advance(theta, memory)
        (estimate,) = ops64.to_numpy(norm.sigmas(theta, memory))[0]
        largest = np.linalg.norm(w, 2)
        assert largest * (1 - tolerance) <= estimate <= largest * (1 + 1e-12)
        assert values is not None or not np.array_equal(start["u0"], ops64.to_numpy(memory["u0"]))


def test_sigma_of_a_wide_random_matrix_takes_longer(ops64):
    """Its largest singular values lie close together: 0.3 % are missing after 100 iterations."""
    w = np.random.default_rng(0).standard_normal((1, 64 * 64))
    layout, theta = Layout([[Parameter("W", (64, 64), "weight")]]), ops64.asarray(w)
    norm, largest = SpectralNorm().bind(ops64, layout), np.linalg.norm(w.reshape(64, 64), 2)
    memory = norm.init(theta, np.random.default_rng(1))
    missing = []
    for _ in range(500):
        missing.append(1 - ops64.to_numpy(norm.sigmas(theta, memory))[0, 0] / largest)
        norm.advance(theta, memory)
    assert 0.06 > missing[0] > missing[100] > missing[-1] > -1e-12
    assert missing[100] < 1e-2
    assert missing[-1] < 1e-3


@pytest.mark.parametrize("limit", [0.5, 1.0, 3.0])
def test_effective_weights_have_the_norm_asked_for(limit, ops64):
    norm = SpectralNorm(limit).bind(ops64, LAYOUT)
    theta = weights(ops64, 0, 4.0)
    memory = norm.init(theta, np.random.default_rng(0))
    for _ in range(200):
        norm.advance(theta, memory)
    for W in norm.matrices(norm.effective(theta, memory)):
        found = np.linalg.norm(ops64.to_numpy(W), 2, axis=(1, 2))
        np.testing.assert_allclose(found, limit, rtol=1e-6)


def test_weights_that_are_all_zero_stay_finite(ops32):
    norm, theta = SpectralNorm().bind(ops32, LAYOUT), ops32.zeros((2, LAYOUT.size))
    memory = norm.init(theta, np.random.default_rng(0))
    norm.advance(theta, memory)
    seen = norm.effective(theta, memory)
    grad = ops32.asarray(np.ones((2, LAYOUT.size)))
    norm.pull_back(grad, seen, memory)
    assert not ops32.to_numpy(seen).any()
    for G in norm.matrices(grad):  # not divided by what is nothing: optimizers would remember it
        np.testing.assert_array_equal(ops32.to_numpy(G), 1)
    moved = weights(ops32, 0)
    for _ in range(100):
        norm.advance(moved, memory)
    first = norm.matrices(moved)[0]
    largest = np.linalg.norm(ops32.to_numpy(first), 2, axis=(1, 2))
    np.testing.assert_allclose(ops32.to_numpy(norm.sigmas(moved, memory))[:, 0], largest, rtol=1e-3)


def test_vectors_that_lag_behind_change_no_signs(ops64):
    norm, theta = SpectralNorm().bind(ops64, LAYOUT), weights(ops64, 0)
    memory = norm.init(theta, np.random.default_rng(0))
    seen = ops64.to_numpy(norm.effective(-theta, memory))
    assert (np.sign(seen) == np.sign(ops64.to_numpy(-theta))).all()


def test_memories_have_names_of_their_own(ops64):
    together, theta = bound(ops64, [NonNegative(), SpectralNorm()]), weights(ops64, 0)
    memory = together.init(theta, np.random.default_rng(0))
    assert set(memory) == {"1.sigma", *(f"1.{v}{i}" for v in "uv" for i in range(3))}
    alone = SpectralNorm().bind(ops64, LAYOUT)
    own = alone.init(theta, np.random.default_rng(0))
    alone.advance(theta, own)
    together.advance(theta, memory)
    seen, expected = together.effective(theta, memory), alone.effective(theta, own)
    grads = [weights(ops64, 3) for _ in range(2)]
    together.pull_back(grads[0], seen, memory)
    alone.pull_back(grads[1], expected, own)
    for a, b in ((seen, expected), grads, (memory["1.sigma"], own["sigma"])):
        np.testing.assert_array_equal(ops64.to_numpy(a), ops64.to_numpy(b))


def test_no_constraints_leave_the_parameters_as_they_are(ops64):
    theta = weights(ops64, 0)
    assert Constraints().effective(theta, {}) is theta


class _Stays(WeightClip):
    def project(self, theta):
        pass


class _Outside(L2Ball):
    def project_matrix(self, W):
        W *= 0.999 * self.radius / self._norm(W)[:, None, None]
        W *= 1.01


class _TooFar(L2Ball):
    def project_matrix(self, W):
        W *= (
            0.9
            * self.radius
            / self._ops.xp.maximum(self._norm(W), 0.9 * self.radius)[:, None, None]
        )


class _Scales(WeightClip):
    """In the set, but not the nearest point of it."""

    def project_matrix(self, W):
        largest = self._ops.xp.abs(W).max(axis=(1, 2))[:, None, None]
        W *= self.limit / self._ops.xp.maximum(largest, self.limit)


class _SaysSo(_Scales):
    nearest = False


class _Biases(NonNegative):
    def project(self, theta):
        theta[...] = self._ops.xp.maximum(theta, 0)


class _Half(SpectralNorm):
    def pull_back(self, grad, effective_theta, memory):
        super().pull_back(grad, 0.5 * effective_theta, memory)


class _Writes(SpectralNorm):
    def effective(self, theta, memory):
        seen = super().effective(theta, memory)
        theta[...] = seen
        return seen


class _Secret(SpectralNorm):
    reparametrizes = False


class _WritesToSeen(SpectralNorm):
    def pull_back(self, grad, effective_theta, memory):
        super().pull_back(grad, effective_theta, memory)
        effective_theta *= 2


class _Mixes(NonNegative):
    def project_matrix(self, W):
        super().project_matrix(W)
        W *= (W.sum() > 0) * 1.0
        W[...] = self._ops.xp.where(W.min() < W.max(), W, 0) * (len(W) == 2)


class _Shares(MaxNorm):
    def excess(self, W):
        return 0 * W[:, 0, 0] + super().excess(W).max()


WRONG = [
    (_Stays(0.3), "acts on none"),
    (MaxUnits(32), "acts on none"),
    (_Outside(1.5), "ends outside the set"),
    (_TooFar(1.5), "goes deeper than it must"),
    (_Scales(0.3), "not go to the nearest"),
    (_Biases(), "project changes more than weights"),
    (_Half(), "pull_back: relative error"),
    (_Writes(), "effective or pull_back writes to its arguments"),
    (_WritesToSeen(), "effective or pull_back writes to its arguments"),
    (_Secret(), "reparametrizes is False"),
    (_Mixes(), "model 0 of 2 is not what it is alone"),
    (_Shares(0.7), "model [01] moves the others"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=repr)
def test_a_wrong_constraint_is_found(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_constraint(wrong)


def test_what_is_not_nearest_may_say_so():
    assert check_constraint(_SaysSo(0.3)) <= 1e-6


class _Strange(NonNegative):
    excludes: ClassVar = {"MaxNorm": "for a reason of its own"}


class _Tight(MaxNorm):
    pass


def test_own_constraints_declare_what_they_exclude():
    with pytest.raises(ValueError, match="for a reason of its own"):
        Constraints([_Tight(), _Strange()])


def test_the_host_does_not_wait(monkeypatch):
    strict_cupy.install(monkeypatch)
    ops = get_backend("cupy", "float64")
    lists = [SETS, [SpectralNorm(), MaxUnits(2)], [UnitNorm(), NonNegative()]]
    for constraints in lists:
        together, theta = bound(ops, constraints), weights(ops, 0)
        memory = together.init(theta, np.random.default_rng(0))
        strict_cupy.WAITS.count = 0
        together.pull_back(weights(ops, 1), together.effective(theta, memory), memory)
        together.project(theta)
        together.advance(theta, memory)
        assert strict_cupy.WAITS.count == 0
