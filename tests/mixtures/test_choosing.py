import numpy as np
import pytest

from regan.datasets import make_grid, make_ring
from regan.mixtures.selection import SIZES, choose_mixture, fewest, fit_mixture, has_few


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
    with pytest.raises(ValueError, match="frames=2 asks for more components than 502 rows of 2"):
        fit_mixture(rows, 2, 0)


def test_the_same_seed_is_the_same_mixture():
    rows = standardized(make_grid(6000, random_state=1)[0])
    a, b = (choose_mixture(rows, 3) for _ in range(2))
    np.testing.assert_array_equal(a.means_, b.means_)
    assert list(SIZES) == sorted(SIZES)
