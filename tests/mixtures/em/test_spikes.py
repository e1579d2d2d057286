import numpy as np
import pytest

from regan.mixtures.em.spikes import Spikes, join_columns, split_columns


def amounts(n=1000, seed=0):
    """Zeros, a frequent amount, and amounts that are all different."""
    rng = np.random.default_rng(seed)
    numbers = rng.lognormal(size=n).round(3)
    numbers[: int(0.6 * n)] = 0
    numbers[int(0.6 * n) : int(0.7 * n)] = 2.5
    return rng.permutation(numbers)


def test_atoms_are_levels_and_the_rest_is_normal():
    numbers = amounts()
    spikes = Spikes.learn(numbers)
    np.testing.assert_array_equal(spikes.atoms, [0, 2.5])
    assert spikes.size == 3
    values, codes = spikes.split(numbers, np.random.default_rng(0))
    np.testing.assert_array_equal(np.isnan(values), np.isin(numbers, [0, 2.5]))
    rest = values[codes == 2]
    assert abs(rest.mean()) < 0.05
    assert abs(rest.std() - 1) < 0.05
    np.testing.assert_allclose(spikes.join(values, codes), numbers)


def test_few_values_are_all_atoms():
    numbers = np.repeat([1.0, 1.5, 2.0], 20)
    spikes = Spikes.learn(numbers)
    assert not spikes.is_continuous
    values, codes = spikes.split(numbers, None)
    np.testing.assert_array_equal(spikes.join(values, codes), numbers)


def test_what_is_continuous_is_standardised():
    numbers = 700 + 20 * np.random.default_rng(0).normal(size=100)
    spikes = Spikes.learn(numbers)
    assert spikes.size == 0
    values, codes = spikes.split(numbers, np.random.default_rng(0))
    np.testing.assert_allclose([values.mean(), values.std()], [0, 1], atol=1e-12)
    np.testing.assert_allclose(spikes.join(values, codes), numbers)
    slopes = np.log(np.diff(np.sort(values)) / np.diff(np.sort(numbers)))
    np.testing.assert_allclose(spikes.log_slope(numbers[1:], codes[1:]), slopes)


def test_ties_are_spread():
    numbers = np.random.default_rng(0).integers(30, size=200).astype(float)
    spikes = Spikes.learn(numbers)
    values, codes = spikes.split(numbers, np.random.default_rng(0))
    assert len(np.unique(values)) == 200
    np.testing.assert_array_equal(spikes.join(values, codes).round(), numbers)


def test_unknown_numbers():
    numbers = amounts()
    spikes = Spikes.learn(numbers)
    numbers[::3] = np.nan
    values, codes = spikes.split(numbers, None)
    assert (codes[::3] == -1).all()
    assert np.isnan(values[::3]).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_columns_come_back(seed):
    table = np.c_[amounts(seed=seed), np.random.default_rng(seed).normal(size=1000)]
    columns = [Spikes.learn(column) for column in table.T]
    values, codes = split_columns(columns, table, None)
    assert values.shape == (1000, 2)
    assert codes.shape == (1000, 1)
    np.testing.assert_allclose(join_columns(columns, values, codes), table)


INTERVALS = [
    (-np.inf, np.inf),
    (0.0, 0.0),
    (-1.0, 1.0),
    (0.0, 2.5),
    (1e-6, 2.4),
    (2.5, np.inf),
    (3.0, 4.0),
    (900.0, np.inf),
    (-5.0, -1.0),
]


@pytest.mark.parametrize(("low", "high"), INTERVALS)
def test_an_interval_of_numbers_is_one_of_values_and_some_levels(low, high):
    numbers = amounts()
    spikes = Spikes.learn(numbers)
    (first,), (last,), (allowed,) = spikes.bounds(np.array([low]), np.array([high]))
    values, codes = spikes.split(numbers, np.random.default_rng(0))
    asked = (low <= numbers) & (numbers <= high)
    within = ~((values < first) | (last < values)) | (codes < 2)
    np.testing.assert_array_equal(allowed[codes] & within, asked)
    if allowed[2]:
        ends = np.clip([first, last], -9, 9)
        made = spikes.join(np.linspace(*ends, 50), np.full(50, 2))
        assert made.min() >= low - 1e-9
        assert made.max() <= high + 1e-9


def test_known_numbers_are_points_of_values():
    numbers = np.array([0.0, 2.5, 1.234, 1e9])
    for learnt in (amounts(), np.random.default_rng(0).normal(size=50)):
        spikes = Spikes.learn(learnt)
        first, last, allowed = spikes.bounds(numbers, numbers)
        values, codes = spikes.split(numbers, None)
        known = ~np.isnan(values)
        np.testing.assert_array_equal(first[known], values[known])
        np.testing.assert_array_equal(last[known], values[known])
        np.testing.assert_array_equal(first[~known], -np.inf)
        if spikes.size:
            np.testing.assert_array_equal(allowed.sum(axis=1), 1)
            np.testing.assert_array_equal(allowed.argmax(axis=1), codes)


def test_an_interval_of_a_column_of_atoms_alone():
    spikes = Spikes.learn(np.repeat([1.0, 1.5, 2.0], 20))
    low, high = np.array([1.0, 1.1, 5.0, 1.5]), np.array([1.5, 1.4, np.inf, 1.5])
    first, last, allowed = spikes.bounds(low, high)
    np.testing.assert_array_equal(allowed, [[1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]])
    assert np.isneginf(first).all()
    assert np.isposinf(last).all()
