"""Levels by the largest of normal variables, as often as in the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_DRAWS = 4096
_ITERATIONS = 300
_STEP = 0.2
_DECAY = 50


def level_shifts(levels: Sequence[int], mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    r"""Shifts b (D,) under which the largest of :math:`x / d + b` in a block is each level as often
    as its mean says, for normal x with the deviations d; 0 where there are no levels.

    Divided by their deviations, a rare level has as much to say as a frequent one.

    Without them a rare level would hardly ever be the largest. They are the fixed point of
    :math:`b \leftarrow b + s (\log p - \log f(b))`, which Berry, Levinsohn and Pakes (1995)
    found for shares of choices: p are the means, f the frequencies among fixed draws, and the steps
    s fall with the iterations.

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
    scale = deviations(covariance)
    for size in levels:
        block = slice(start, start := start + size)
        inner = covariance[block, block] / np.outer(scale[block], scale[block])
        shifts[block] = _block(rng, mean[block], inner) - mean[block] / scale[block]
    return shifts


def deviations(covariance: np.ndarray) -> np.ndarray:
    """Standard deviations (D,), with 1 for what is constant."""
    variance = np.diag(covariance)
    scale: np.ndarray = np.sqrt(np.where(variance > 0, variance, 1.0))
    return scale


def _block(rng: np.random.Generator, shares: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """The shifts of one block of mean 0."""
    # eigenvalues of about 0 may be negative
    x = rng.multivariate_normal(
        np.zeros(len(shares)), covariance, _DRAWS, check_valid="ignore", method="eigh"
    )
    target = np.log(np.maximum(shares, 0.5 / _DRAWS))
    shifts = np.zeros(len(shares))
    for i in range(_ITERATIONS):
        counts = np.bincount((x + shifts).argmax(axis=1), minlength=len(shares))
        gap = target - np.log(np.maximum(counts, 0.5) / _DRAWS)
        shifts += _STEP / (1 + i / _DECAY) * gap
    shifts -= shifts.mean()
    return shifts
