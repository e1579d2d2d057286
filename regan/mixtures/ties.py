"""Tied numbers, spread over the gaps to their neighbours."""

from __future__ import annotations

import numpy as np

_TIED = 0.5


def spread_ties(
    rows: np.ndarray, rng: np.random.Generator, out: np.ndarray | None = None
) -> np.ndarray:
    """A copy of `rows` (n, P) in which tied numbers lie evenly between their neighbours.

    out : `rows` themselves, where these need not stay.

    A component of a mixture that stood on a single value would have no width. A column in which at
    least half of the numbers are different stays as it is; in others, a number becomes one that is
    drawn uniformly from its value less half the smaller gap to its neighbours to that value plus as
    much: rounding to the values of the column undoes it.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.repeat([[1.0], [2.0], [4.0]], 4, axis=0)
    >>> spread = spread_ties(rows, np.random.default_rng(0))
    >>> bool(np.abs(spread - rows).max() <= 0.5 * 2)
    True
    """
    spread = rows.copy() if out is None else out
    for j, column in enumerate(rows.T):
        values, index = np.unique(column, return_inverse=True)
        if len(values) < 2 or len(values) > _TIED * len(column):
            continue
        gaps = np.diff(values)
        half = 0.5 * np.minimum(np.r_[gaps[0], gaps], np.r_[gaps, gaps[-1]])
        spread[:, j] += half[index] * rng.uniform(-1, 1, len(column))
    return spread
