import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import wrightomega

from regan.mixtures.em.shrinkage import shrunken_means, shrunken_shares, wright_omega
from regan.mixtures.em.weights import component_weights

COUNTS = np.array([12.0, 0.0, 3.5, 0.4])
COMMON = np.array([0.3, 0.2, 0.1, 0.4])


def loss(offsets, l1, l2):
    """The penalised part of the expectation that the shares of a block minimise."""
    logs = offsets + np.log(COMMON)
    logs = logs - np.log(np.exp(logs).sum())
    return -(COUNTS @ logs) + l1 * np.abs(offsets).sum() + 0.5 * l2 * (offsets @ offsets)


def shares_of(l1, l2, iterations=60):
    as_members = np.full((1, 1, 1), l1), np.full((1, 1, 1), l2) if l2 else None
    shares, _ = shrunken_shares(np, COUNTS[None, :, None], COMMON, *as_members, 0.0, iterations)
    return shares[0, :, 0]


def offsets_of(shares, l1, l2):
    """The offsets of these shares, whose common part the penalty does not like."""
    logs = np.log(shares / COMMON)
    shift = minimize(lambda c: loss(logs + c[0], l1, l2), [0.0], method="Nelder-Mead")
    return logs + shift.x[0]


@pytest.mark.parametrize("y", [-30.0, -1.0, 0.0, 0.9, 1.1, 5.0, 300.0])
def test_omega(y):
    np.testing.assert_allclose(wright_omega(np, np.array([y])), wrightomega(y).real, rtol=1e-5)


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.5), (0.0, 20.0), (0.7, 0.3), (2.0, 1.0)])
def test_shares_minimise_their_objective(l1, l2):
    shares = shares_of(l1, l2)
    found = loss(offsets_of(shares, l1, l2), l1, l2)
    best = min(
        (minimize(loss, start, (l1, l2), method="Powell") for start in (np.zeros(4), np.ones(4))),
        key=lambda each: each.fun,
    )
    assert found <= best.fun + 1e-4
    np.testing.assert_allclose(shares.sum(), 1)


@pytest.mark.parametrize("l1", [0.2, 1.0, 3.0])
def test_l1_thresholds_counts(l1):
    shares, n = shares_of(l1, 0.0), COUNTS.sum()
    ratio = shares / COMMON
    same = np.isclose(ratio, np.median(ratio), rtol=1e-6)
    off = ~same
    np.testing.assert_allclose(np.abs(n * shares[off] - COUNTS[off]), l1, rtol=1e-4, atol=0.02 * l1)
    assert (np.abs(n * shares[same] - COUNTS[same]) <= l1 + 1e-6).all()


def test_no_strength_is_maximum_likelihood_and_much_is_the_common_distribution():
    np.testing.assert_allclose(shares_of(0.0, 0.0), COUNTS / COUNTS.sum(), atol=1e-9)
    for l1, l2 in ((1e4, 0.0), (0.0, 1e6)):
        np.testing.assert_allclose(shares_of(l1, l2), COMMON, atol=1e-4)


def test_means_are_those_of_a_penalised_parabola():
    mean, weight = np.array([2.0, -0.1, 0.5]), np.array([3.0, 4.0, 0.0])
    found = shrunken_means(np, mean, weight, 0.6, 0.5)
    np.testing.assert_allclose(found, [(6 - 0.6) / 3.5, 0, 0])


def test_components_die():
    rows, before = np.array([[50.0, 40, 10, 0.4]]), np.array([[0.5, 0.4, 0.09, 0.01]])
    plain = component_weights(np, rows, before, None, 0.0)
    np.testing.assert_allclose(plain, rows / rows.sum())
    taken = component_weights(np, rows, before, "dirichlet", 1.0)
    np.testing.assert_allclose(taken, [[49 / 97, 39 / 97, 9 / 97, 0]])
    sharper = component_weights(np, rows, before, "entropy", 20.0)
    assert sharper[0, 0] > plain[0, 0]
    assert sharper[0, 3] == 0
    np.testing.assert_array_equal(
        component_weights(np, rows, before, "dirichlet", 100.0), [[1, 0, 0, 0]]
    )
