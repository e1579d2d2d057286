"""Partitions are shared out over shards of about as many rows."""

import pytest

from regan.dask.sharing import share_out


@pytest.mark.parametrize(
    ("lengths", "n_shards", "fewest", "expected"),
    [
        ([10, 10, 10, 10], 2, 1, [[0, 2], [1, 3]]),
        ([10, 10, 10, 10], 1, 1, [[0, 1, 2, 3]]),
        ([5, 0, 0, 9], 2, 1, [[3], [0]]),  # empty partitions belong to none
        ([5, 9], 7, 1, [[1], [0]]),  # as many shards as partitions, at most
        ([5, 9], 2, 6, [[0, 1]]),  # each has enough rows
        ([7, 3, 3, 1, 1, 1], 2, 1, [[0, 4], [1, 2, 3, 5]]),
        ([4], 3, 5, [[0]]),  # one shard has what there is
    ],
)
def test_shards(lengths, n_shards, fewest, expected):
    assert share_out(lengths, n_shards, fewest) == expected
