"""A uniform sample of rows: which ones, and how they are gathered in one pass."""

from __future__ import annotations

import numpy as np

_STREAM = 27
MOST_CELLS = 2**23


def draw_positions(n_rows: int, size: int, seed: int) -> np.ndarray:
    """Numbers of rows (k,), ascending, drawn uniformly and without replacement: k = `size`, or all.

    It takes memory for a few times k numbers, whatever `n_rows` is.

    Examples
    --------
    >>> from regan.streams.sampling import draw_positions
    >>> draw_positions(3, 5, seed=0)
    array([0, 1, 2])
    >>> len(draw_positions(10**12, 100, seed=0))
    100
    """
    if size >= n_rows:
        return np.arange(n_rows)
    rng = np.random.default_rng([seed, _STREAM])
    if 4 * size >= n_rows:
        return np.sort(rng.permutation(n_rows)[:size])
    found = np.empty(0, dtype=np.int64)
    while len(found) < size:
        found = np.union1d(found, rng.integers(n_rows, size=size + size // 4 + 10))
    # which of the different ones stay is drawn too: each set of `size` is as likely as any other
    return np.sort(rng.permutation(found)[:size])


def sample_size(asked: int, n_columns: int) -> int:
    """Rows of a sample: fewer than asked for of a wide table."""
    return max(2, min(asked, MOST_CELLS // max(1, n_columns)))
