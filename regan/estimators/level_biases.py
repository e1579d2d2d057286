"""Biases of a trained head, under which levels are drawn as often as in the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regan.data.lacking import Lacking, blocks_of, in_turn
from regan.layers.fitted import FittedNetwork

_ITERATIONS = 100
_LARGEST = 10.0
_CLOSE = 1e-4


def level_biases(
    levels: Sequence[int],
    chances: np.ndarray,
    shares: np.ndarray,
    lacking: Sequence[Lacking | None] = (),
) -> np.ndarray:
    r"""What to add to the logits of levels (sum L,), so that these are drawn as often as they are
    to be.

    Row i draws the level l with :math:`q_{il} = p_{il} e^{b_l} / \sum_m p_{im} e^{b_m}`, and b is
    the fixed point of :math:`b_l \leftarrow b_l + \log s_l - \log \tfrac1n \sum_i q_{il}` (Berry,
    Levinsohn and Pakes, 1995): among all chances with the right shares, q is nearest to p in
    Kullback-Leibler divergence. No entry goes beyond 10, for a level that a model nowhere makes.

    Parameters
    ----------
    levels : sequence of int
        The sizes L of the blocks.
    chances : array of shape (n, sum L)
        p, of rows that the model makes.
    shares : array of shape (sum L,)
        s; levels that are never to occur get no bias.
    lacking : sequence of Lacking or None
        Which other block says where the cells of each are missing. The shares are those of the
        other cells: a row counts by the chance that its cell is there. By default, none is missing.
    """
    biases = np.zeros(len(shares))
    blocks = blocks_of(levels)
    for i, lost in in_turn(lacking or [None] * len(blocks)):
        block, there = blocks[i], np.ones(len(chances))
        if lost is not None:
            other = blocks[lost.block]
            drawn = chances[:, other] * np.exp(biases[other])
            there -= drawn[:, lost.codes].sum(axis=1) / drawn.sum(axis=1)
        biases[block] = _block(chances[:, block], shares[block], there)
    return biases


def _block(chances: np.ndarray, shares: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The biases of one block, of mean 0 among the levels that are to occur.

    there : the chance (n,) that a row has one of them.
    """
    p = np.maximum(chances.astype(np.float64), np.finfo(np.float32).tiny)
    there = np.maximum(there, np.finfo(np.float32).tiny)
    occurs, weights = shares > 0, np.ones(len(shares))
    limit = np.exp(_LARGEST)
    for _ in range(_ITERATIONS):
        made = weights * ((there / (p @ weights)) @ p) / there.sum()
        if np.abs(made - shares)[occurs].max() < _CLOSE:
            break
        weights[occurs] *= shares[occurs] / made[occurs]
        weights[occurs] /= np.exp(np.log(weights[occurs]).mean())
        weights = np.clip(weights, 1 / limit, limit)
    return np.log(weights)


def with_biases(fitted: FittedNetwork, biases: np.ndarray) -> FittedNetwork:
    """A copy of a network whose last affine map, behind which the head stands, has these added to
    its last biases.
    """
    theta = fitted.theta.copy()
    own = [layer["b"] for layer in fitted.network.layout.split(theta) if "b" in layer][-1]
    own[0, own.shape[1] - len(biases) :] += biases.astype(theta.dtype)
    return FittedNetwork(fitted.network, theta)
