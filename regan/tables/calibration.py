"""Levels by the largest of normal variables, as often as in the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_DRAWS = 4096
_ITERATIONS = 300
_STEP = 0.2
_DECAY = 50


def level_shifts(levels: Sequence[int], mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    r"""Shifts b (D,) under which the largest of :math:`x + b` in a block is each level as often as
    its mean says, for normal x.

    Without them a rare level would hardly ever be the largest. They are the fixed point of
    :math:`b \leftarrow b + s (\log p - \log f(b))`, the inversion of Berry (1994) for shares of
    choices: p are the means, f the frequencies among fixed draws, and the steps s, at first a fifth
    of the block's mean deviation, fall with the iterations.

    Parameters
    ----------
    levels : sequence of int
        The sizes of the blocks, which are the last columns.
    mean, covariance : arrays of shape (D,) and (D, D)
        Of x; the mean of a level's column is its frequency.
    """
    shifts = np.zeros(len(mean))
    start = len(mean) - sum(levels)
    rng = np.random.default_rng(0)
    for size in levels:
        block = slice(start, start := start + size)
        shifts[block] = _block(rng, mean[block], covariance[block, block])
    return shifts


def _block(rng: np.random.Generator, shares: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """The shifts of one block."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    x = rng.standard_normal((_DRAWS, len(shares))) @ root.T + shares
    step = _STEP * np.sqrt(np.diag(covariance)).mean()
    target = np.log(np.maximum(shares, 0.5 / _DRAWS))
    shifts = np.zeros(len(shares))
    for i in range(_ITERATIONS):
        counts = np.bincount((x + shifts).argmax(axis=1), minlength=len(shares))
        gap = target - np.log(np.maximum(counts, 0.5) / _DRAWS)
        shifts += step / (1 + i / _DECAY) * gap
    return shifts - shifts.mean()
