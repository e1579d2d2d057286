"""Rows of mixtures given some cells: against closed forms, and against samples that fulfil it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm, truncnorm

from regan.data.conditions.evidence import Evidence
from regan.mixtures.conditional_normals import JointNormals
from regan.mixtures.em.given import GivenProduct
from regan.mixtures.em.product import ProductMixture
from regan.mixtures.given_normals import GivenNormals
from regan.mixtures.interval_moments import masses_by_moments

INF = np.inf
N = 20_000
SHARES = np.array([[0.9, 0.2], [0.1, 0.8], [0.5, 0.05], [0.5, 0.05], [0.0, 0.9]])
COVARIANCES = np.array(
    [
        [[1.0, 0.6, -0.3], [0.6, 0.5, 0.0], [-0.3, 0.0, 0.8]],
        [[0.3, 0.1, 0.1], [0.1, 0.2, 0.1], [0.1, 0.1, 0.9]],
    ]
)
FULL = ProductMixture(
    np.array([0.7, 0.3]),
    np.array([[-1.0, 0.0, 0.5], [1.0, 1.0, -0.5]]),
    COVARIANCES,
    SHARES,
    (2, 3),
)
DIAGONAL = replace(FULL, covariances=np.diagonal(COVARIANCES, axis1=1, axis2=2).copy())
KINDS = pytest.mark.parametrize("mixture", [FULL, DIAGONAL], ids=["full", "diag"])


def evidence(n=N, numbers=None, levels=None, mixture=FULL):
    """`numbers` are intervals by column, or one number; `levels` those that a block may have."""
    own = Evidence.none(n, mixture.means.shape[1], mixture.sizes)
    for j, ends in (numbers or {}).items():
        own.low[:, j], own.high[:, j] = np.broadcast_to(ends, 2)
    starts = np.cumsum((0, *mixture.sizes))
    for b, codes in (levels or {}).items():
        own.allowed[:, starts[b] : starts[b + 1]] = False
        own.allowed[:, starts[b] + np.array(codes)] = True
    return own


def drawn(mixture, asked, seed=0, between=None):
    return GivenProduct(mixture, between).draw(asked, np.random.default_rng(seed))


def among_samples(mixture, numbers, levels, n=2_000_000):
    """Unconditional samples that fulfil what is asked."""
    rng = np.random.default_rng(1)
    cells = mixture.sample(mixture.draw_components(n, rng), rng)
    keep = np.ones(n, dtype=bool)
    for j, (low, high) in numbers.items():
        keep &= (low <= cells.values[:, j]) & (cells.values[:, j] <= high)
    for b, codes in levels.items():
        keep &= np.isin(cells.codes[:, b], codes)
    return cells[keep]


def assert_alike(own, real):
    """Means, variances and shares of levels within four standard errors."""
    few = 1 / len(own) + 1 / len(real)
    spread = real.values.std(axis=0)
    off = np.abs(own.values.mean(axis=0) - real.values.mean(axis=0))
    assert (off <= 4 * spread * np.sqrt(few)).all()
    np.testing.assert_allclose(np.cov(own.values.T), np.cov(real.values.T), atol=7 * np.sqrt(few))
    for b, size in enumerate(own.sizes):
        shares = [np.bincount(c.codes[:, b], minlength=size) / len(c) for c in (own, real)]
        np.testing.assert_allclose(*shares, atol=2 * np.sqrt(few))


ASKED = [
    ({0: (0.0, 1.0)}, {}),
    ({2: (1.5, INF)}, {0: [1]}),
    ({}, {1: [0, 2]}),
    ({}, {0: [1], 1: [1, 2]}),
    ({0: (-0.5, 0.5), 1: (0.3, INF)}, {}),
    ({0: (-INF, -1.0), 1: (0.2, 1.0), 2: (0.0, 1.5)}, {1: [0, 1]}),
]


@KINDS
@pytest.mark.parametrize(("numbers", "levels"), ASKED)
def test_rows_are_like_those_samples_that_fulfil_it(mixture, numbers, levels):
    own = drawn(mixture, evidence(N, numbers, levels))
    for j, (low, high) in numbers.items():
        assert ((low <= own.values[:, j]) & (own.values[:, j] <= high)).all()
    for b, codes in levels.items():
        assert np.isin(own.codes[:, b], codes).all()
    assert_alike(own, among_samples(mixture, numbers, levels))


@KINDS
def test_known_cells_by_closed_forms(mixture):
    x, code = np.array([0.3, -0.2]), 2
    own = drawn(mixture, evidence(N, {0: x[0], 2: x[1]}, {1: [code]}))
    np.testing.assert_array_equal(own.values[:, [0, 2]], np.tile(x, (N, 1)))
    assert (own.codes[:, 1] == code).all()
    covariances = mixture.covariances
    if mixture.is_diagonal:
        covariances = np.eye(3) * covariances[:, None]
    o, weights, means, variances = [0, 2], [], [], []
    for k in range(2):
        S, m = covariances[k], mixture.means[k]
        gain = S[1, o] @ np.linalg.inv(S[np.ix_(o, o)])
        density = multivariate_normal(m[o], S[np.ix_(o, o)]).pdf(x)
        weights.append(mixture.weights[k] * density * mixture.shares[2 + code, k])
        means.append(m[1] + gain @ (x - m[o]))
        variances.append(S[1, 1] - gain @ S[o, 1])
    weights = np.array(weights) / np.sum(weights)
    mean = weights @ means
    variance = weights @ (np.array(variances) + (means - mean) ** 2)
    assert abs(own.values[:, 1].mean() - mean) < 4 * np.sqrt(variance / N)
    assert abs(own.values[:, 1].var() / variance - 1) < 0.05
    assert abs((own.codes[:, 0] == 0).mean() - weights @ mixture.shares[0]) < 0.015


@KINDS
def test_rows_each_with_cells_of_their_own(mixture):
    """All patterns of known cells at once: the joint distribution stays what it was."""
    rng = np.random.default_rng(2)
    cells = mixture.sample(mixture.draw_components(N, rng), rng)
    asked = evidence(N, mixture=mixture)
    known = rng.random((N, 3)) < 0.5
    asked.low[known] = asked.high[known] = cells.values[known]
    told = rng.random(N) < 0.5
    asked.allowed[told, :2] = np.eye(2, dtype=bool)[cells.codes[told, 0]]
    own = drawn(mixture, asked)
    np.testing.assert_array_equal(own.values[known], cells.values[known])
    np.testing.assert_array_equal(own.codes[told, 0], cells.codes[told, 0])
    assert_alike(own, cells)


@KINDS
def test_no_cell_and_all_cells(mixture):
    own = drawn(mixture, evidence(N, mixture=mixture))
    assert_alike(own, among_samples(mixture, {}, {}, 200_000))
    all_known = evidence(3, {0: 1.0, 1: 2.0, 2: 3.0}, {0: [1], 1: [0]}, mixture)
    cells = drawn(mixture, all_known)
    np.testing.assert_array_equal(cells.values, [[1.0, 2.0, 3.0]] * 3)
    np.testing.assert_array_equal(cells.codes, [[1, 0]] * 3)
    assert len(drawn(mixture, evidence(0, mixture=mixture))) == 0


@KINDS
@pytest.mark.parametrize("far", [1e3, 1e8, 1e200])
def test_far_out_there_are_numbers_still(mixture, far):
    for numbers in ({0: far}, {0: (far, INF)}, {0: (far, 2 * far), 1: (-2 * far, -far)}):
        own = drawn(mixture, evidence(50, numbers, {1: [2]}))
        assert np.isfinite(own.values).all()
        for j, ends in numbers.items():
            low, high = np.broadcast_to(ends, 2)
            assert ((low <= own.values[:, j]) & (own.values[:, j] <= high)).all()
        assert (own.codes[:, 1] == 2).all()


def test_a_level_that_no_component_has():
    none = replace(FULL, shares=np.array([[0.9, 0.2], [0.1, 0.8], [0.5, 0.5], [0.5, 0.5], [0, 0]]))
    for levels in ([2], [2, 0]):
        own = drawn(none, evidence(200, {0: 1e5}, {1: levels}))
        assert np.isin(own.codes[:, 1], levels).all()
        assert np.isfinite(own.values).all()


# Numbers that are something else in some rows


@KINDS
@pytest.mark.parametrize("others", [{}, {1: (-0.3, 0.4)}])
def test_a_number_in_an_interval_or_an_atom(mixture, others):
    """Block 1: level 0 is an atom within the interval, 1 is one outside, 2 has a number."""
    between = np.array([4, -1, -1])
    asked = evidence(N, {0: (0.0, 1.0), **others}, {1: [0, 2]})
    own = drawn(mixture, asked, between=between)
    real = among_samples(mixture, others, {1: [0, 2]})
    within = (real.values[:, 0] >= 0) & (real.values[:, 0] <= 1)
    real = real[(real.codes[:, 1] == 0) | within]
    number = own.codes[:, 1] == 2
    assert ((own.values[number, 0] >= 0) & (own.values[number, 0] <= 1)).all()
    assert_alike(own, real)


# The numbers alone


def test_one_interval_is_exact_by_itself():
    """One candidate is enough: the estimate of its probability does not vary."""
    S = np.array([[1.0, 0.8], [0.8, 1.0]])
    normals = GivenNormals(np.zeros((1, 2)), S[None])
    low, high = np.full((N, 2), -INF), np.full((N, 2), INF)
    low[:, 0] = 1.5
    own = normals.draw(np.zeros((N, 1)), low, high, np.random.default_rng(0))
    density, mass = normals.log_masses(np.zeros((N, 1)), low, high, np.random.default_rng(0))
    np.testing.assert_allclose(mass, norm.logsf(1.5), rtol=1e-12)
    np.testing.assert_array_equal(density, 0)
    mean, variance = truncnorm(1.5, INF).stats()
    assert abs(own.values[:, 0].mean() - mean) < 4 * np.sqrt(variance / N)
    assert abs(own.values[:, 1].mean() - 0.8 * mean) < 4 / np.sqrt(N)
    assert abs(own.values[:, 1].var() - (0.64 * variance + 0.36)) < 0.02


@pytest.mark.parametrize("rho", [0.9, -0.9, 0.99])
def test_two_intervals_against_rejection(rho):
    S = np.array([[1.0, rho], [rho, 1.0]])
    normals = GivenNormals(np.zeros((1, 2)), S[None])
    low, high = np.tile([0.5, -0.2], (N, 1)), np.tile([INF, 0.6], (N, 1))
    own = normals.draw(np.zeros((N, 1)), low, high, np.random.default_rng(0))
    x = np.random.default_rng(1).multivariate_normal([0, 0], S, 4_000_000)
    real = x[((x >= low[0]) & (x <= high[0])).all(axis=1)]
    mass = np.exp(normals.log_masses(np.zeros((N, 1)), low, high, np.random.default_rng(2))[1])
    share = len(real) / len(x)
    assert abs(mass.mean() - share) < 4 * np.sqrt(mass.var() / N + share / len(x))
    off = np.abs(own.values.mean(axis=0) - real.mean(axis=0))
    assert (off < 4 * real.std(axis=0) * np.sqrt(1 / N + 1 / len(real)) + 0.004).all()
    np.testing.assert_allclose(own.values.std(axis=0), real.std(axis=0), rtol=0.03)


@pytest.mark.parametrize("known", [[0], [1, 3], [0, 1, 2, 4], [0, 1, 2, 3, 4]])
def test_few_known_and_few_unknown_columns_by_the_same_formula(known):
    """Through covariances, through precisions and through eigenvalues."""
    rng = np.random.default_rng(3)
    A, means, x = rng.normal(size=(2, 5, 5)), rng.normal(size=(2, 5)), rng.normal(size=(7, 5))
    S = A @ A.swapaxes(1, 2) + 0.1 * np.eye(5)
    joint, known = JointNormals(means, S), np.array(known)
    rest = np.setdiff1d(np.arange(5), known)
    off = x[:, known] - means[:, None, known]
    blocks = [s[np.ix_(known, known)] for s in S]
    density = [multivariate_normal(means[k][known], blocks[k]) for k in range(2)]
    for way in (joint._by_covariances, joint._by_precisions, joint._by_eigenvalues):
        own = way(off, known, rest)
        expected = [each.logpdf(x[:, known]) for each in density]
        np.testing.assert_allclose(own.log_density, expected, rtol=1e-8)
        for k in range(2):
            gain = S[k][np.ix_(rest, known)] @ np.linalg.inv(S[k][np.ix_(known, known)])
            np.testing.assert_allclose(own.means[k], means[k][rest] + off[k] @ gain.T, rtol=1e-8)
            left = S[k][np.ix_(rest, rest)] - gain @ S[k][np.ix_(known, rest)]
            np.testing.assert_allclose(own.covariances[k], left, atol=1e-8)


def test_singular_covariances():
    """A column that is the sum of two others, and one that never varies."""
    A = np.array([[1.0, 0, 0], [0, 1.0, 0], [1.0, 1.0, 0], [0, 0, 0]])
    normals = GivenNormals(np.array([[0.0, 1.0, 1.0, 7.0]]), (A @ A.T)[None])
    low, high = np.full((500, 4), -INF), np.full((500, 4), INF)
    low[:, 0] = high[:, 0] = 0.4
    low[:, 2], high[:, 2] = 1.0, 1.3
    own = normals.draw(np.zeros((500, 1)), low, high, np.random.default_rng(0)).values
    np.testing.assert_allclose(own[:, 0] + own[:, 1], own[:, 2], atol=1e-9)
    np.testing.assert_array_equal(own[:, 3], 7.0)
    assert own[:, 2].min() >= 1.0
    assert own[:, 2].max() <= 1.3
    low[:, 1] = high[:, 1] = 0.8
    low[:, 2], high[:, 2] = 1.0, 1.3
    both = normals.draw(np.zeros((500, 1)), low, high, np.random.default_rng(0)).values
    np.testing.assert_allclose(both[:, 2], 1.2, atol=1e-9)


def test_components_are_drawn_by_their_posterior():
    asked = evidence(N, {0: (0.2, 0.4), 1: 0.5})
    normals, weights = (
        GivenNormals(FULL.means, FULL.covariances),
        np.tile(np.log(FULL.weights), (N, 1)),
    )
    own = normals.draw(weights, asked.low, asked.high, np.random.default_rng(0))
    _, mass = normals.log_masses(weights, asked.low, asked.high, np.random.default_rng(0))
    logs = []
    for k in range(2):
        S, m = FULL.covariances[k], FULL.means[k]
        mean = m[0] + S[0, 1] / S[1, 1] * (0.5 - m[1])
        deviation = np.sqrt(S[0, 0] - S[0, 1] ** 2 / S[1, 1])
        inner = np.diff(norm(mean, deviation).cdf([0.2, 0.4]))[0]
        logs.append(np.log(FULL.weights[k] * inner) + norm(m[1], np.sqrt(S[1, 1])).logpdf(0.5))
    np.testing.assert_allclose(mass, logsumexp(logs), rtol=1e-9)
    share = np.exp(logs[0] - logsumexp(logs))
    assert abs((own.components == 0).mean() - share) < 0.015


def test_densities_of_known_numbers():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 3))
    known = rng.random((40, 3)) < 0.6
    own = GivenNormals(FULL.means, FULL.covariances).log_density(np.where(known, values, np.nan))
    for i, some in enumerate(known):
        for k in range(2):
            S, m = FULL.covariances[k][np.ix_(some, some)], FULL.means[k][some]
            density = multivariate_normal(m, S).logpdf(values[i, some]) if some.any() else 0.0
            np.testing.assert_allclose(own[i, k], density, rtol=1e-9, atol=1e-12)


def test_intervals_that_go_together_in_one_component_alone():
    """As if independent, they would be a thousand times as rare there as in the other one."""
    S = np.array([[[1.0, 0.999], [0.999, 1.0]], np.eye(2)])
    normals = GivenNormals(np.array([[0.0, 0.0], [1.6, 1.6]]), S)
    low, high = np.full((4000, 2), 4.0), np.full((4000, 2), INF)
    weights = np.tile(np.log([0.9, 0.1]), (4000, 1))
    own = normals.draw(weights, low, high, np.random.default_rng(0))
    joint = multivariate_normal([0, 0], S[0]).cdf([-4.0, -4.0]), norm.sf(2.4) ** 2
    share = 0.9 * joint[0] / (0.9 * joint[0] + 0.1 * joint[1])
    assert abs((own.components == 0).mean() - share) < 0.04


def test_probabilities_by_moments_are_nearly_those_of_intervals():
    S = np.array([[1.0, 0.6, -0.2], [0.6, 2.0, 0.3], [-0.2, 0.3, 0.5]])
    ends = np.array([[0.5, -1.0, 0.0]]), np.array([[2.0, 1.0, INF]])
    own = masses_by_moments(np.zeros((1, 1, 3)), S[None], ends, [None] * 3)[0, 0]
    x = np.random.default_rng(0).multivariate_normal([0, 0, 0], S, 400_000)
    share = ((x >= ends[0]) & (x <= ends[1])).all(axis=1).mean()
    assert abs(np.exp(own) / share - 1) < 0.05
    apart = masses_by_moments(np.zeros((1, 1, 3)), np.eye(3)[None], ends, [None] * 3)[0, 0]
    exact = np.prod(norm.cdf(ends[1]) - norm.cdf(ends[0]))
    np.testing.assert_allclose(apart, np.log(exact), rtol=1e-9)
