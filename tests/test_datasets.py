"""Mixtures of Gaussians, and the checkerboard."""

import numpy as np
import pytest
from scipy import stats

from regan.datasets import make_checkerboard, make_grid, make_ring

MAKERS = [make_ring, make_grid]


@pytest.mark.parametrize("make", MAKERS)
def test_shapes_and_labels(make):
    X, y, centers = make(500, sigma=1e-3, random_state=0)
    assert X.shape == (500, 2)
    assert y.shape == (500,)
    nearest = ((X[:, None] - centers) ** 2).sum(axis=-1).argmin(axis=1)
    np.testing.assert_array_equal(nearest, y)
    assert set(y) == set(range(len(centers)))


def test_ring_centers():
    """All on the circle, neighbours at equal distances: 2 r sin(pi / n)."""
    _, _, centers = make_ring(1, n_modes=6, radius=3.0, random_state=0)
    assert len(centers) == 6
    np.testing.assert_allclose(np.hypot(*centers.T), 3.0)
    gaps = np.hypot(*(centers - np.roll(centers, 1, axis=0)).T)
    np.testing.assert_allclose(gaps, 2 * 3.0 * np.sin(np.pi / 6))


def test_grid_centers():
    _, _, centers = make_grid(1, n_side=3, spacing=0.5, random_state=0)
    expected = {(a, b) for a in (-0.5, 0.0, 0.5) for b in (-0.5, 0.0, 0.5)}
    assert {tuple(center) for center in centers.tolist()} == expected


@pytest.mark.parametrize("make", MAKERS)
def test_components_are_equal_isotropic_gaussians(make):
    X, y, centers = make(20_000, sigma=0.2, random_state=1)
    assert stats.chisquare(np.bincount(y)).pvalue > 1e-3
    z = (X - centers[y]) / 0.2
    for column in z.T:
        assert stats.kstest(column, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.03


def test_checkerboard_cells():
    """Dark cells alternate along every row and column, and lie around the origin."""
    _, _, centers = make_checkerboard(1, n_side=3, width=2.0, random_state=0)
    assert {tuple(center) for center in centers.tolist()} == {
        (-2.0, -2.0), (-2.0, 2.0), (0.0, 0.0), (2.0, -2.0), (2.0, 2.0)
    }  # fmt: skip
    _, _, even = make_checkerboard(1, n_side=4, random_state=0)
    assert len(even) == 8
    np.testing.assert_allclose(even.mean(axis=0), 0)


def test_checkerboard_is_uniform_on_its_cells():
    X, y, centers = make_checkerboard(20_000, width=0.5, random_state=1)
    assert X.shape == (20_000, 2)
    assert stats.chisquare(np.bincount(y, minlength=8)).pvalue > 1e-3
    z = (X - centers[y]) / 0.5
    for column in z.T:
        assert stats.kstest(column, stats.uniform(-0.5, 1).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.03


@pytest.mark.parametrize("make", [*MAKERS, make_checkerboard])
def test_random_state(make):
    first, again, other = (make(20, random_state=seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    state = np.random.RandomState(3)
    np.testing.assert_array_equal(make(20, random_state=state)[0], first)
    assert (make(20, random_state=state)[0] != first).any()
    assert (make(20)[0] != make(20)[0]).any()


def test_sigma_zero_gives_the_centers():
    X, y, centers = make_ring(10, sigma=0, random_state=0)
    np.testing.assert_array_equal(X, centers[y])


@pytest.mark.parametrize(
    ("make", "bad", "error", "message"),
    [
        (make_ring, {"n_samples": 0}, ValueError, "n_samples must be an integer >= 1, got 0"),
        (make_grid, {"n_samples": 5.0}, TypeError, "n_samples must be an integer, got 5.0"),
        (make_ring, {"n_modes": 0}, ValueError, "n_modes must be an integer >= 1"),
        (make_grid, {"n_side": True}, TypeError, "n_side must be an integer, got True"),
        (make_ring, {"radius": -1}, ValueError, "radius must be a finite number >= 0"),
        (make_grid, {"spacing": np.inf}, ValueError, "spacing must be a finite number >= 0"),
        (make_ring, {"sigma": -0.1}, ValueError, "sigma must be a finite number >= 0"),
        (make_grid, {"sigma": "wide"}, TypeError, "sigma must be a real number, got 'wide'"),
        (make_grid, {"random_state": "a"}, ValueError, "seed"),
        (make_checkerboard, {"n_samples": 0}, ValueError, "n_samples must be an integer >= 1"),
        (make_checkerboard, {"n_side": 0}, ValueError, "n_side must be an integer >= 1"),
        (make_checkerboard, {"width": -1}, ValueError, "width must be a finite number >= 0"),
    ],
)
def test_bad_arguments(make, bad, error, message):
    with pytest.raises(error, match=message):
        make(**bad)
