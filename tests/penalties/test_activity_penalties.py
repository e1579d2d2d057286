"""Penalties on activations: value, gradient, where they act."""

import numpy as np
import pytest

from regan.penalties.activity import L1Activity, L2Activity
from regan.testing.arguments import Arguments
from regan.testing.differences import check_gradient
from regan.testing.models import check_apart

CLASSES = [L1Activity, L2Activity]
SHAPE = (2, 4, 3)
A = np.array([[[1.0, -2.0], [0.0, 0.5]]])


def act(penalty, ops, a):
    arguments = Arguments(ops, repr(penalty))
    value, ga = penalty.bind(ops).value_and_grad(arguments.put(a))
    arguments.check("value_and_grad")
    assert value.dtype == ga.dtype == ops.dtype
    return ops.to_numpy(value), ops.to_numpy(ga)


@pytest.mark.parametrize("strength", [0.3, [0.3, 0.0], [0.2, 0.9]], ids=repr)
@pytest.mark.parametrize("cls", CLASSES)
def test_the_gradient_is_that_of_the_value(cls, strength, ops64):
    penalty = cls(strength)
    error = check_gradient(
        lambda rng: [rng.standard_normal(SHAPE)],
        lambda point: float(act(penalty, ops64, point[0])[0].sum()),
        lambda point: [act(penalty, ops64, point[0])[1]],
        rng=np.random.default_rng(0),
        what=repr(penalty),
    )
    assert error <= 1e-6


@pytest.mark.parametrize("cls", CLASSES)
def test_models_are_apart(cls, ops64):
    a = np.random.default_rng(0).standard_normal(SHAPE)
    penalty = cls([0.2, 0.9])
    check_apart(ops64, lambda point: list(act(penalty, ops64, point[0])), [a], repr(penalty))
    for k, strength in enumerate(penalty.strength):
        together, alone = act(penalty, ops64, a), act(cls(strength), ops64, a[k : k + 1])
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one[k], other[0])


@pytest.mark.parametrize("cls", CLASSES)
def test_shared_activations_and_own_strengths(cls, ops64):
    a = np.random.default_rng(0).standard_normal((1, *SHAPE[1:]))
    shared, own = (act(cls([0.2, 0.9]), ops64, rows) for rows in (a, np.repeat(a, 2, axis=0)))
    for one, other in zip(shared, own, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("cls", "expected", "gradient"),
    [
        (L1Activity, 0.4 / 2 * 3.5, 0.4 / 2 * np.sign(A)),
        (L2Activity, 0.4 / 4 * 5.25, 0.4 / 2 * A),
    ],
)
def test_values_by_hand(cls, expected, gradient, ops32, ops64):
    for ops in (ops32, ops64):
        value, ga = act(cls(0.4), ops, A)
        assert value == pytest.approx([expected])
        np.testing.assert_allclose(ga, gradient, rtol=1e-6)


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(
    ("where", "output", "hidden"),
    [("output", True, False), ("hidden", False, True), ("both", True, True)],
)
def test_where_it_acts(cls, where, output, hidden, ops64):
    penalty = cls(where=where)
    before = dict(vars(penalty))
    bound = penalty.bind(ops64)
    assert (bound.on_output, bound.on_hidden) == (output, hidden)
    assert vars(penalty) == before


@pytest.mark.parametrize("bad", [-1e-9, float("nan"), float("inf"), "1", True, None, [], [0.1, -1]])
@pytest.mark.parametrize("cls", CLASSES)
def test_bad_strengths_are_refused(cls, bad, ops64):
    with pytest.raises((ValueError, TypeError), match="strength must"):
        cls(bad).bind(ops64)


@pytest.mark.parametrize("cls", CLASSES)
def test_other_places_are_refused(cls, ops64):
    message = "where='input' is not known; choose one of: output, hidden, both"
    with pytest.raises(ValueError, match=message):
        cls(where="input").bind(ops64)
