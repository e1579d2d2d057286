"""Looking numbers up among keys, and keys that say the same without being numbers of the data."""

import numpy as np
import pytest

from regan.data.rules.lookup import halved, nearest_key, tally, without_rare

KEYS = [
    np.array(keys)
    for keys in (
        [1.0, 2.0, 5.0],
        [1.0, 2.0, 5.0, np.nan],
        [3.0],
        [3.0, np.nan],
        [np.nan],
        [-1e9, 0.1, 0.1 + 1e-12, 7.0],
    )
]


@pytest.mark.parametrize("keys", KEYS, ids=str)
def test_the_nearest_counts(keys):
    numbers = np.r_[np.linspace(-3, 9, 50), keys]
    found = nearest_key(keys, numbers)
    own = keys[~np.isnan(keys)]
    for number, at in zip(numbers, found, strict=True):
        if np.isnan(number) or not len(own):
            assert at == len(keys) - 1
        else:
            assert abs(number - keys[at]) == pytest.approx(np.abs(own - number).min())
    np.testing.assert_array_equal(keys[nearest_key(keys, keys)], keys)


@pytest.mark.parametrize("keys", KEYS, ids=str)
def test_other_keys_say_the_same(keys):
    others, which = halved(keys)
    assert not np.isin(others, keys).any()
    np.testing.assert_array_equal(which[nearest_key(others, keys)], np.arange(len(keys)))


def test_rare_numbers_are_the_nearest_of_others():
    numbers = np.array([1.0, 1, 1, 2, 7, 7, 7, np.nan])
    known = tally(numbers)
    np.testing.assert_array_equal(known, [[1, 3], [2, 1], [7, 3]])
    np.testing.assert_array_equal(
        tally(np.array([1.0, 7, np.nan]), np.array([4, 2, 9]))[:, 1], [4, 2]
    )
    found = without_rare(numbers[None], known, 3)
    np.testing.assert_array_equal(found, [[1, 1, 1, 1, 7, 7, 7, np.nan]])
    np.testing.assert_allclose(without_rare(numbers, known, 4)[:-1], 26 / 7)
