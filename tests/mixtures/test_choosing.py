import numpy as np
import pytest

from regan.datasets import make_grid, make_ring
from regan.mixtures.local_frames import learn_frames
from regan.mixtures.selection import (
    SIZES,
    affords_each,
    choose_mixture,
    fewest,
    fit_mixture,
    has_few,
    mixture_by_class,
)


def standardized(rows):
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


@pytest.mark.parametrize(("make", "k"), [(make_ring, 8), (make_grid, 25)])
def test_the_number_of_modes_is_found(make, k):
    rows = standardized(make(4000, random_state=1)[0])
    assert choose_mixture(rows, 0).n_components == k


def test_a_normal_distribution_is_one_component():
    assert choose_mixture(np.random.default_rng(0).normal(size=(1000, 3)), 0).n_components == 1


def test_few_rows_allow_few_components():
    rows = standardized(make_ring(150, random_state=0)[0])
    assert choose_mixture(rows, 0).n_components * 15 * 2 <= 150
    assert choose_mixture(rows[:5], 0).n_components == 1


def test_components_have_rows_of_their_own():
    rng = np.random.default_rng(0)
    rows = np.r_[rng.normal(size=(500, 2)), rng.normal(40, 0.01, size=(2, 2))]
    mixture = choose_mixture(rows, 0)
    assert not has_few(mixture, rows)
    assert fewest(2) == 5
    assert fewest(10) == 11
    with pytest.raises(ValueError, match="frames=2 is more components than 502 rows of 2"):
        fit_mixture(rows, 2, 0)


def test_the_same_seed_is_the_same_mixture():
    rows = standardized(make_grid(2000, random_state=1)[0])
    a, b = (choose_mixture(rows, 3) for _ in range(2))
    np.testing.assert_array_equal(a.means_, b.means_)
    assert list(SIZES) == sorted(SIZES)


def three_classes(n=75, apart=3.0):
    rng = np.random.default_rng(0)
    classes = np.arange(n) % 3
    rows = standardized(rng.normal(size=(n, 3)) + apart * np.eye(3)[classes])
    return rows, classes


def test_one_component_a_class_has_the_axes_within_classes():
    rows, classes = three_classes()
    mixture = mixture_by_class(rows, classes, 3)
    means = [rows[classes == k].mean(axis=0) for k in range(3)]
    np.testing.assert_allclose(mixture.means_, means)
    apart = rows - np.array(means)[classes]
    for covariance in mixture.covariances_:
        np.testing.assert_allclose(covariance, apart.T @ apart / 72 + 1e-6 * np.eye(3))


def test_frames_of_few_rows_are_those_of_classes_where_these_differ():
    rows, classes = three_classes()
    assert not affords_each(rows, 3)
    frames = learn_frames(rows, "auto", classes, 3, 0)
    assert frames.n_components == 3
    assert frames.shares.max(axis=1).min() > 0.85
    assert learn_frames(rows, "auto", None, 0, 0).n_components == 1
    # of classes that are alike, of one with hardly any rows, and of many rows as before
    alike, _ = three_classes(apart=0.0)
    assert learn_frames(alike, "auto", classes, 3, 0).n_components == 1
    rare = np.r_[np.full(3, 2), np.arange(72) % 2]
    assert learn_frames(rows, "auto", rare, 3, 0).n_components == 1
    assert affords_each(three_classes(135)[0], 3)
