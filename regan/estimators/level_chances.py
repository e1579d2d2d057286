"""Chances of levels given evidence, in closed form, by a mixture of products."""

from __future__ import annotations

import numpy as np

from regan.data.conditions.evidence import Evidence
from regan.data.lacking import blocks_of
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.product import ProductMixture

_LEAST = 1e-300


def level_chances(mixture: ProductMixture, told: Evidence, place: int) -> np.ndarray | None:
    r"""The chances (n, L) of the levels of the block at a place; None if there are ranges.

    .. math:: P(l \mid x_o) \propto [l \in A] \sum_k \pi_k \, N(x_o; \mu_k, \Sigma_k) \, p_{kl}
        \prod_b \sum_{m \in A_b} p_{kbm}

    with the known numbers :math:`x_o`, and the levels :math:`A_b` that other blocks may have.

    told : evidence on the cells of the mixture.
    """
    ranged = (told.low < told.high) & (np.isfinite(told.low) | np.isfinite(told.high))
    if ranged.any():
        return None
    blocks = blocks_of(mixture.sizes)
    codes = told.codes.copy()
    codes[:, place] = -1
    joint = mixture.log_joint(Cells(told.numbers, codes, mixture.sizes))
    for b, block in enumerate(blocks):
        allowed = told.allowed[:, block]
        several = allowed.sum(axis=1)
        some = (several > 1) & (several < allowed.shape[1])
        if b != place and some.any():
            joint[some] += np.log(np.maximum(allowed[some] @ mixture.shares[block], _LEAST))
    weights = np.exp(joint - joint.max(axis=1, keepdims=True))
    own = blocks[place]
    chances = weights @ mixture.shares[own].T * told.allowed[:, own]
    total = chances.sum(axis=1, keepdims=True)
    return np.asarray(chances / np.where(total > 0, total, 1.0))
