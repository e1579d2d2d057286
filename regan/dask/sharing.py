"""Sharing out: which partitions make a shard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def share_out(lengths: Sequence[int], n_shards: int, fewest: int) -> list[list[int]]:
    """The numbers of the partitions of each shard, ascending, so that shards have about as many
    rows.

    The largest partition is given first, to the shard that has the fewest rows so far. There are
    fewer shards where one would have less than `fewest` rows, and empty partitions belong to none.
    It depends on nothing but the arguments.

    Examples
    --------
    >>> share_out([50, 0, 60, 100], 2, fewest=10)
    [[3], [0, 2]]
    >>> share_out([50, 0, 60, 100], 8, fewest=55)
    [[3], [0, 2]]
    """
    full = [k for k, n in enumerate(lengths) if n]
    for m in range(min(n_shards, len(full)), 1, -1):
        shards: list[list[int]] = [[] for _ in range(m)]
        rows = np.zeros(m, dtype=np.int64)
        for k in sorted(full, key=lambda k: (-lengths[k], k)):
            i = int(rows.argmin())
            shards[i].append(k)
            rows[i] += lengths[k]
        if rows.min() >= fewest:
            return [sorted(shard) for shard in shards]
    return [full]
