import numpy as np

from regan.mixtures.ties import spread_ties


def test_integers_are_spread_evenly_and_round_back():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 10, (5000, 1)).astype(float)
    spread = spread_ties(rows, rng)
    np.testing.assert_array_equal(np.rint(spread), rows)
    inside = spread[(rows > 0) & (rows < 9)]
    assert abs(np.std(inside - np.rint(inside)) - 12**-0.5) < 0.01


def test_numbers_without_ties_stay():
    rows = np.random.default_rng(0).normal(size=(100, 2))
    np.testing.assert_array_equal(spread_ties(rows, np.random.default_rng(1)), rows)


def test_a_single_value_stays():
    rows = np.full((50, 1), 3.0)
    np.testing.assert_array_equal(spread_ties(rows, np.random.default_rng(1)), rows)


def test_a_frequent_value_is_spread_no_further_than_its_neighbours():
    rng = np.random.default_rng(0)
    rows = np.where(rng.random((1000, 1)) < 0.6, 0.0, rng.exponential(size=(1000, 1)))
    spread = spread_ties(rows, rng)
    gap = rows[rows > 0].min()
    assert abs(spread[rows == 0]).max() <= gap / 2
