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
