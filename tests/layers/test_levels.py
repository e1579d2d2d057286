"""Blocks of levels: probabilities, their slopes, and draws."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import log_softmax, ndtri, softmax

from regan.backends import get_backend
from regan.data.lacking import Lacking
from regan.estimators.level_shifts import deviations, level_shifts
from regan.layers.levels import Levels

SIZES = (3, 1, 5, 2)
STARTS = np.cumsum((0, *SIZES))
BLOCKS = [slice(a, b) for a, b in pairwise(STARTS)]


def levels(sizes=SIZES, dtype="float64"):
    return Levels(sizes, sum(sizes), get_backend("numpy", dtype))


def logits(scale=1.0, n=50):
    return scale * np.random.default_rng(0).normal(size=(2, n, sum(SIZES)))


def by_block(function, x):
    return np.concatenate([function(x[..., block], axis=-1) for block in BLOCKS], axis=-1)


@pytest.mark.parametrize("scale", [1, 30, 1e4])
def test_probabilities_are_those_of_scipy_block_by_block(scale):
    x = logits(scale)
    np.testing.assert_allclose(levels().softmax(x), by_block(softmax, x), rtol=1e-11, atol=1e-300)
    expected = by_block(log_softmax, x)
    np.testing.assert_allclose(levels().log_softmax(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sizes", [(1,), (2,), (7,), (8,), (9,), (1, 1, 1), (64, 3)])
def test_the_largest_of_a_block_is_found_whatever_its_size(sizes):
    x = 1e3 * np.random.default_rng(1).normal(size=(1, 40, sum(sizes)))
    blocks = levels(sizes)
    found = blocks.softmax(x)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(blocks.sums(found), 1)


def test_huge_logits_of_single_precision():
    x = np.array([[[1e38, -1e38, 0]]], dtype=np.float32)
    np.testing.assert_array_equal(levels((2, 1), "float32").softmax(x), [[[1, 0, 1]]])


def test_draws_are_one_level_a_block_as_often_as_their_probabilities():
    n = 20_000
    y = np.broadcast_to(levels().softmax(logits(n=1)[:1]), (1, n, sum(SIZES)))
    noise = np.random.default_rng(2).normal(size=(1, n, len(SIZES)))
    drawn = levels().draw(y, noise)
    assert set(np.unique(drawn)) == {0, 1}
    np.testing.assert_array_equal(levels().sums(drawn), 1)
    np.testing.assert_allclose(drawn.mean(axis=1), y[:, 0], atol=4 * 0.5 / np.sqrt(n))


def test_a_draw_inverts_the_distribution_function():
    y = np.array([[[0.2, 0.3, 0.5]]])
    for u, level in ((1e-9, 0), (0.19, 0), (0.21, 1), (0.49, 1), (0.51, 2), (1 - 1e-9, 2)):
        drawn = levels((3,)).draw(y, np.full((1, 1, 1), ndtri(u)))
        assert drawn[0, 0].argmax() == level
        assert drawn.sum() == 1


def test_the_largest_logit_with_gumbel_noise_is_a_level_as_often_as_its_probability():
    n, blocks = 20_000, levels()
    x, u = logits(n=1)[0, 0], np.random.default_rng(4).uniform(size=(n, sum(SIZES)))
    noisy = x + blocks.gumbel(u)
    for block in BLOCKS:
        shares = np.bincount(noisy[:, block].argmax(axis=1), minlength=len(x[block])) / n
        np.testing.assert_allclose(shares, softmax(x[block]), atol=4 * 0.5 / np.sqrt(n))


def test_gumbel_noise_is_finite_at_the_ends():
    for dtype in ("float32", "float64"):
        u = np.array([0, 1 - np.finfo(dtype).epsneg], dtype=dtype)
        noise = levels(dtype=dtype).gumbel(u)
        assert np.isfinite(noise).all()
        assert noise.dtype == dtype


def test_the_last_level_is_drawn_where_rounding_leaves_a_gap():
    y = np.array([[[0.1, 0.2, 0.0]]])  # a sum of 0.3
    drawn = levels((3,)).draw(y, np.full((1, 1, 1), 9.0))
    np.testing.assert_array_equal(drawn, [[[0, 0, 1]]])


def test_too_few_columns_are_refused():
    with pytest.raises(ValueError, match=r"levels=\(3, 1, 5, 2\) take more columns than the 4"):
        Levels(SIZES, 4, get_backend("numpy"))
    with pytest.raises(ValueError, match="are too many"):
        Levels([1] * 2**15, 2**15, get_backend("numpy"))
    for sizes, error in (([0], ValueError), ([2.0], TypeError)):
        with pytest.raises(error, match="levels must be"):
            Levels(sizes, 4, get_backend("numpy"))


@pytest.mark.parametrize(
    "shares", [[0.99, 0.01], [0.25, 0.25, 0.5], [0.002, 0.5, 0.098, 0.4], [1.0], [0.5, 0.5, 0.0]]
)
def test_shifted_normal_levels_are_as_frequent_as_their_means(shares):
    """One-hot columns with their own covariance, beside a number that they go with."""
    rng = np.random.default_rng(3)
    codes = rng.choice(len(shares), 5000, p=shares)
    X = np.column_stack([codes + rng.normal(size=5000), np.eye(len(shares))[codes]])
    mean, covariance = X.mean(axis=0), np.cov(X.T)
    shifts = level_shifts([len(shares)], mean, covariance)
    assert shifts[0] == 0
    x = rng.multivariate_normal(mean, covariance, 20_000, method="eigh")
    drawn = (x / deviations(covariance) + shifts)[:, 1:].argmax(axis=1)
    found = np.bincount(drawn, minlength=len(shares)) / len(drawn)
    np.testing.assert_allclose(found, mean[1:], atol=0.015)
    assert found[np.array(shares) == 0].sum() < 0.001


def test_shifted_normal_levels_are_as_frequent_where_no_pattern_hides_them():
    rng = np.random.default_rng(3)
    codes = rng.choice(3, 5000, p=[0.6, 0.3, 0.1])
    lost = (rng.random(5000) < 0.2 + 0.3 * codes).astype(int)
    X = np.hstack([np.eye(3)[codes], np.eye(2)[lost]])
    mean, covariance = X.mean(axis=0), np.cov(X.T)
    shares = np.concatenate([X[lost == 0, :3].mean(axis=0), mean[3:]])
    shifts = level_shifts([3, 2], mean, covariance, shares, [Lacking(1, (1,)), None])
    x = rng.multivariate_normal(mean, covariance, 40_000, method="eigh")
    x = x / deviations(covariance) + shifts
    drawn = x[x[:, 3:].argmax(axis=1) == 0, :3].argmax(axis=1)
    np.testing.assert_allclose(np.bincount(drawn) / len(drawn), shares[:3], atol=0.015)
