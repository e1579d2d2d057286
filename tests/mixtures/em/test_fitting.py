import numpy as np
import pytest

from regan.backends import get_backend
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.choosing import Choice, Penalization, best_of
from regan.mixtures.em.fitting import Design, fit_population
from regan.mixtures.em.part import Strengths
from regan.mixtures.em.product import ProductMixture

WEIGHTS = np.array([0.7, 0.3])
TRUE = ProductMixture(
    WEIGHTS,
    np.array([[-2.0, 0.0], [2.0, 1.0]]),
    np.array([[[1.0, 0.6], [0.6, 0.5]], [[0.3, 0.0], [0.0, 0.2]]]),
    np.array([[0.9, 0.2], [0.1, 0.8], [0.5, 0.05], [0.5, 0.05], [0.0, 0.9]]),
    (2, 3),
)


def rows_of(mixture=TRUE, n=1500, seed=0):
    rng = np.random.default_rng(seed)
    return mixture.sample(mixture.draw_components(n, rng), rng)


def with_unknown(cells, share=0.25, seed=5):
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(cells.values.shape) < share, np.nan, cells.values)
    codes = np.where(rng.random(cells.codes.shape) < share, -1, cells.codes)
    return Cells(values, codes, cells.sizes)


def fit(cells, k=2, alpha=0.0, ops=None, **changes):
    design = Design(k, **{"covariance_type": "full", "tol": 1e-7, **changes})
    alphas = np.atleast_1d(alpha)
    strengths = Strengths(alphas, 0 * alphas, 0 * alphas)
    return fit_population(cells, design, strengths, ops or get_backend("numpy", "float64"))


@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("batch_size", [4000, 200])
def test_a_mixture_is_found_again(ops64, unknown, batch_size):
    cells = rows_of()
    cells = with_unknown(cells) if unknown else cells
    (found,), progress = fit(cells, ops=ops64, batch_size=batch_size, max_iter=60)
    order = np.argsort(-found.weights)
    np.testing.assert_allclose(found.weights[order], WEIGHTS, atol=0.05)
    np.testing.assert_allclose(found.means[order], TRUE.means, atol=0.15)
    np.testing.assert_allclose(found.covariances[order], TRUE.covariances, atol=0.15)
    np.testing.assert_allclose(found.shares[:, order], TRUE.shares, atol=0.08)
    fresh = rows_of(seed=1)
    gap = TRUE.log_densities(fresh).mean() - found.log_densities(fresh).mean()
    assert gap < 0.02
    assert progress.n_passes <= 60


def test_likelihood_never_falls():
    cells = with_unknown(rows_of(n=300))
    values = [fit(cells, 3, max_iter=n)[0][0].log_densities(cells).mean() for n in range(1, 8)]
    assert (np.diff(values) > -1e-9).all()
    assert values[-1] > values[0] + 0.01


def test_members_are_singles(ops64):
    cells, alphas = rows_of(n=300), [0.0, 1.0, 5.0]
    together, _ = fit(cells, 4, alphas, ops64, max_iter=5)
    for alpha, member in zip(alphas, together, strict=True):
        (single,), _ = fit(cells, 4, alpha, ops64, max_iter=5)
        np.testing.assert_allclose(single.means, member.means, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(single.shares, member.shares, rtol=1e-9, atol=1e-12)


def test_densities_of_known_cells_are_those_of_sums_over_the_unknown():
    cells = rows_of(n=20)
    asked = Cells(cells.values, cells.codes.copy(), cells.sizes)
    asked.codes[:, 1] = -1
    total = 0.0
    for level in range(3):
        each = Cells(cells.values, np.c_[cells.codes[:, 0], np.full(20, level)], cells.sizes)
        total = total + np.exp(TRUE.log_densities(each))
    np.testing.assert_allclose(np.exp(TRUE.log_densities(asked)), total, rtol=1e-9)
    shares = TRUE.responsibilities(asked)
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_held_out_rows_choose():
    cells = rows_of(n=1200)
    choice = Choice(Penalization(), (1, 2, 30), ("diag", "full"), (0.1, 1.0, 10.0))
    tried = choice.candidates(cells, Design(1), get_backend("numpy", "float64"))
    best = best_of(tried, 1200)
    assert best.design.covariance_type == "full"
    assert best.design.n_components == 2 or best.alpha > 0.1
    one = max(each.held for each in tried if each.design.n_components == 1)
    assert best.held > one + 0.1


def test_weights_let_components_die():
    cells = rows_of(n=400)
    (plain,), _ = fit(cells, 12)
    (fewer,), _ = fit(cells, 12, weight_penalty="dirichlet", weight_strength=8.0)
    assert plain.n_components == 12
    assert fewer.without_dead().n_components < 8
