import numpy as np

from regan.mixtures.ties import Ties, spread_ties


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


def test_rows_that_enter_a_few_at_a_time_have_the_ties_of_all():
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.integers(0, 50, 4000), rng.normal(size=4000)]).astype(float)
    ties = Ties.of(rows)
    for start in range(0, 4000, 20):
        some = rows[start : start + 20]
        spread = ties.spread(some, rng)
        np.testing.assert_array_equal(np.rint(spread[:, 0]), some[:, 0])
        np.testing.assert_array_equal(spread[:, 1], some[:, 1])
        assert (spread[:, 0] != some[:, 0]).all()


def test_numbers_beyond_and_between_the_values_of_ties():
    ties = Ties.of(np.repeat([[0.0], [2.0], [8.0]], 3, axis=0))
    spread = ties.spread(np.repeat([[3.0], [9.0], [-4.0]], 500, axis=0), np.random.default_rng(0))
    for part, value, room in zip(spread.reshape(3, 500), (3, 9, -4), (0.5, 0.5, 2), strict=True):
        assert 0.9 * room < np.abs(part - value).max() <= room
