"""What is known of cells that are missing: nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from regan.data.conditions.evidence import Evidence
from regan.data.lacking import Lacking, blocks_of


def of_present(
    evidence: Evidence,
    absent: Sequence[Lacking | None],
    lacking: Sequence[Lacking | None],
) -> Evidence:
    """The same evidence without that on cells that are missing for sure.

    What stands in the place of a missing cell is arbitrary, so it tells nothing of others.

    Parameters
    ----------
    evidence : Evidence
    absent, lacking : sequences of Lacking or None
        Which block says where each number, and each block, is missing, if one does.
    """
    low, high, allowed = evidence.low.copy(), evidence.high.copy(), evidence.allowed.copy()
    blocks = blocks_of(evidence.sizes)

    def surely(lost: Lacking) -> np.ndarray:
        there = np.delete(evidence.allowed[:, blocks[lost.block]], list(lost.codes), axis=1)
        return np.asarray(~there.any(axis=1))

    for j, lost in enumerate(absent):
        if lost is not None:
            gone = surely(lost)
            low[gone, j], high[gone, j] = -np.inf, np.inf
    for block, lost in zip(blocks, lacking, strict=True):
        if lost is not None:
            allowed[surely(lost), block] = True
    return replace(evidence, low=low, high=high, allowed=allowed)
