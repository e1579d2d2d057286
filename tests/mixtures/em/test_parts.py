import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from regan.mixtures.em.cells import Cells
from regan.mixtures.em.diagonal import DiagonalNormals
from regan.mixtures.em.full import FullNormals
from regan.mixtures.em.levels import Levels
from regan.mixtures.em.part import Strengths

NONE = Strengths(np.zeros(1), np.zeros(1), np.zeros(1))


def numbers(n=40, p=3, seed=0, lost=0.3):
    """Correlated numbers (n, p) of which some are unknown; one row has none."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, p)) @ rng.normal(size=(p, p))
    values[rng.random((n, p)) < lost] = np.nan
    values[0] = np.nan
    return Cells(values, np.empty((n, 0), dtype=int), ())


def normals(k=2, p=3, seed=1):
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(k, p, p))
    return rng.normal(size=(k, p)), roots @ roots.swapaxes(1, 2) + 0.3 * np.eye(p)


def test_levels(ops64):
    rng = np.random.default_rng(0)
    codes = np.c_[rng.integers(-1, 3, 50), rng.integers(-1, 2, 50)]
    cells = Cells(np.empty((50, 0)), codes, (3, 2))
    shares = np.vstack([rng.dirichlet(np.ones(3), 2).T, rng.dirichlet(np.ones(2), 2).T])
    part = Levels.of(ops64, shares, (3, 2))
    found = ops64.to_numpy(part.log_densities(part.enter(cells)))[0]
    padded = [np.vstack([shares[:3], np.ones(2)]), np.vstack([shares[3:], np.ones(2)])]
    np.testing.assert_allclose(found, np.log(padded[0][codes[:, 0]] * padded[1][codes[:, 1]]))
    weights = rng.random((1, 50, 2))
    counts = ops64.to_numpy(part.statistics(part.enter(cells), ops64.asarray(weights))[0])
    expected = [weights[0, codes[:, 0] == level].sum(axis=0) for level in range(3)]
    np.testing.assert_allclose(counts[0, :3], expected)


def test_diagonal_densities_leave_out_what_is_unknown(ops64):
    cells, (means, covariances) = numbers(), normals()
    variances = np.array([np.diag(c) for c in covariances])
    part = DiagonalNormals.of(ops64, means, variances)
    found = ops64.to_numpy(part.log_densities(part.enter(cells)))[0]
    each = norm.logpdf(cells.values[:, None], means, np.sqrt(variances))
    np.testing.assert_allclose(found, np.nansum(each, axis=2), atol=1e-9)


def test_full_densities_integrate_over_what_is_unknown(ops64):
    cells, (means, covariances) = numbers(), normals()
    part = FullNormals.of(ops64, means, covariances)
    found = ops64.to_numpy(part.log_densities(part.enter(cells)))[0]
    for row, densities in zip(cells.values[1:], found[1:], strict=True):
        o = ~np.isnan(row)
        for k in range(2):
            if o.any():
                own = multivariate_normal(means[k, o], covariances[k][np.ix_(o, o)])
                np.testing.assert_allclose(densities[k], own.logpdf(row[o]), rtol=1e-7)
    np.testing.assert_array_equal(found[0], 0)


def test_statistics_of_unknown_numbers_are_expectations(ops64):
    cells, (means, covariances) = numbers(), normals()
    part = FullNormals.of(ops64, means, covariances)
    weights = np.random.default_rng(2).random((1, 40, 2))
    found = part.statistics(part.enter(cells), ops64.asarray(weights))
    n, first, second = (ops64.to_numpy(a)[0] for a in found)
    for k in range(2):
        sums = [0.0, np.zeros(3), np.zeros((3, 3))]
        for row, weight in zip(cells.values, weights[0, :, k], strict=True):
            mean, left = given(row, means[k], covariances[k])
            sums[0] += weight
            sums[1] += weight * mean
            sums[2] += weight * (np.outer(mean, mean) + left)
        for own, expected in zip((n[k], first[k], second[k]), sums, strict=True):
            np.testing.assert_allclose(own, expected, rtol=1e-7, atol=1e-9)


def given(row, mean, covariance):
    """The mean and covariance of a row of which some numbers are known."""
    o = ~np.isnan(row)
    if not o.any():
        return mean, covariance
    gain = covariance[:, o] @ np.linalg.inv(covariance[np.ix_(o, o)])
    return mean + gain @ (row[o] - mean[o]), covariance - gain @ covariance[o]


@pytest.mark.parametrize("kind", [DiagonalNormals, FullNormals])
def test_an_update_is_that_of_weighted_moments(ops64, kind):
    cells = numbers(lost=0)[1:]
    weights = np.random.default_rng(2).random((1, 39, 2))
    part = kind(ops64, NONE)
    if kind is FullNormals:
        part.start(*normals())
    part.update(part.statistics(part.enter(cells), ops64.asarray(weights)))
    fitted = part.export(0)
    for k in range(2):
        own = weights[0, :, k]
        np.testing.assert_allclose(fitted["means"][k], np.average(cells.values, 0, own))
        covariance = np.cov(cells.values.T, ddof=0, aweights=own)
        if kind is FullNormals:
            np.testing.assert_allclose(fitted["covariances"][k], covariance, rtol=1e-6)
        else:
            np.testing.assert_allclose(fitted["variances"][k], np.diag(covariance))


@pytest.mark.parametrize("kind", [DiagonalNormals, FullNormals])
def test_strengths_act_and_members_are_singles(ops64, kind):
    cells = numbers(lost=0.2)
    strengths = [(0.0, 0.0, 0.0), (3.0, 0.0, 0.0), (0.0, 5.0, 0.0), (0.5, 0.5, 10.0)]
    weights = np.random.default_rng(2).random((1, 40, 2))

    def fitted(rows):
        some = Strengths(*np.array(rows).T)
        part = kind(ops64, some)
        if kind is FullNormals:
            part.start(*normals())
        together = ops64.asarray(np.repeat(weights, len(rows), axis=0))
        for _ in range(2):
            part.update(part.statistics(part.enter(cells), together))
        return [part.export(m) for m in range(len(rows))]

    members = fitted(strengths)
    for row, member in zip(strengths, members, strict=True):
        single = fitted([row])[0]
        for name, array in single.items():
            np.testing.assert_allclose(array, member[name], rtol=1e-10, atol=1e-14)
    plain, l1, l2, shrunken = (member["means"] for member in members)
    assert np.abs(l2).sum() < np.abs(plain).sum()
    assert (l1 == 0).any()
    assert not (plain == 0).any()
    spread = "variances" if kind is DiagonalNormals else "covariances"
    between = [np.abs(np.diff(member[spread], axis=0)).sum() for member in members]
    assert between[3] < between[0]
    assert not np.array_equal(shrunken, plain)


def test_low_rank(ops64):
    cells = numbers(p=5, lost=0)
    part = FullNormals(ops64, NONE, rank=2)
    part.start(*normals(1, 5))
    part.update(part.statistics(part.enter(cells), ops64.asarray(np.ones((1, 40, 1)))))
    values = np.linalg.eigvalsh(part.export(0)["covariances"][0])
    np.testing.assert_allclose(values[:3], values[0])
    assert values[3] > 1.2 * values[2]
