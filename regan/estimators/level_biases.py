"""Biases of a trained head, under which levels are drawn as often as in the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regan.layers.fitted import FittedNetwork

_ITERATIONS = 100
_LARGEST = 10.0
_CLOSE = 1e-4


def level_biases(levels: Sequence[int], chances: np.ndarray, shares: np.ndarray) -> np.ndarray:
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
    """
    biases = np.zeros(len(shares))
    start = 0
    for size in levels:
        block = slice(start, start := start + size)
        biases[block] = _block(chances[:, block], shares[block])
    return biases


def _block(chances: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The biases of one block, of mean 0 among the levels that are to occur."""
    p = np.maximum(chances.astype(np.float64), np.finfo(np.float32).tiny)
    occurs, weights = shares > 0, np.ones(len(shares))
    limit = np.exp(_LARGEST)
    for _ in range(_ITERATIONS):
        made = weights * ((1 / (p @ weights)) @ p) / len(p)
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
    own = fitted.network.layout.split(theta)[-2]["b"]
    own[0, own.shape[1] - len(biases) :] += biases.astype(theta.dtype)
    return FittedNetwork(fitted.network, theta)
