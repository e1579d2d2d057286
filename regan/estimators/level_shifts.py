"""Levels by the largest of normal variables, as often as in the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regan.data.lacking import Lacking, blocks_of, in_turn

_DRAWS = 4096
_ITERATIONS = 300
_STEP = 0.2
_DECAY = 50
_MOST = 16


def level_shifts(
    levels: Sequence[int],
    mean: np.ndarray,
    covariance: np.ndarray,
    shares: np.ndarray | None = None,
    lacking: Sequence[Lacking | None] = (),
) -> np.ndarray:
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
    shares : array of shape (sum L,)
        The frequencies of levels among the cells that are there, of blocks of which some are not.
    lacking : sequence of Lacking or None
        Which other block says where the cells of each are missing; by default, none is.
    """
    first, rng = len(mean) - sum(levels), np.random.default_rng(0)
    scale, blocks = deviations(covariance), blocks_of(levels, first)
    target, middle, shifts = mean.copy(), mean / scale, np.zeros(len(mean))
    for i, lost in in_turn(lacking or [None] * len(blocks)):
        block = blocks[i]
        if lost is None:
            x = _draws(rng, covariance, scale, np.r_[block])
        else:
            assert shares is not None
            other, size = blocks[lost.block], levels[lost.block]
            target[block] = shares[block.start - first : block.stop - first]
            seldom = max(1 - mean[other][list(lost.codes)].sum(), 1 / _MOST)
            x = _draws(rng, covariance, scale, np.r_[other, block], int(_DRAWS / seldom))
            said = (x[:, :size] + middle[other] + shifts[other]).argmax(axis=1)
            there = ~np.isin(said, lost.codes)
            x = x[there | ~there.any(), size:]
        shifts[block] = _block(x, target[block]) - middle[block]
    return shifts


def deviations(covariance: np.ndarray) -> np.ndarray:
    """Standard deviations (D,), with 1 for what is constant."""
    variance = np.diag(covariance)
    scale: np.ndarray = np.sqrt(np.where(variance > 0, variance, 1.0))
    return scale


def _draws(
    rng: np.random.Generator,
    covariance: np.ndarray,
    scale: np.ndarray,
    columns: np.ndarray,
    n: int = _DRAWS,
) -> np.ndarray:
    """Draws (n, L) of some columns, of mean 0, divided by their deviations."""
    inner = covariance[np.ix_(columns, columns)] / np.outer(scale[columns], scale[columns])
    # eigenvalues of about 0 may be negative
    drawn: np.ndarray = rng.multivariate_normal(
        np.zeros(len(columns)), inner, n, check_valid="ignore", method="eigh"
    )
    return drawn


def _block(x: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The shifts of one block of mean 0, by draws (n, L)."""
    target = np.log(np.maximum(shares, 0.5 / len(x)))
    shifts = np.zeros(len(shares))
    for i in range(_ITERATIONS):
        counts = np.bincount((x + shifts).argmax(axis=1), minlength=len(shares))
        gap = target - np.log(np.maximum(counts, 0.5) / len(x))
        shifts += _STEP / (1 + i / _DECAY) * gap
    shifts -= shifts.mean()
    return shifts
