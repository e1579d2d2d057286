"""Rows of a mixture of products given some cells: known ones, intervals, sets of levels."""

from __future__ import annotations

import numpy as np

from regan.data.conditions.evidence import UNKNOWN, Evidence
from regan.data.lacking import blocks_of
from regan.mixtures.drawn import Elsewhere
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.product import ProductMixture
from regan.mixtures.frames import inverted
from regan.mixtures.given_diagonal import GivenDiagonal
from regan.mixtures.given_normals import GivenNormals

_LEAST = 1e-300
_PIECE = 2**21


class GivenProduct:
    r"""Draws rows of a mixture given evidence on its numbers and blocks.

    A component has the weight

    .. math:: \pi_k \, N(x_o; \mu_k, \Sigma_k) \, P_k(\text{intervals} \mid x_o)
        \prod_b \sum_{l \in A_b} p_{kb}(l)

    with the known numbers :math:`x_o` and the levels :math:`A_b` that a block may have. Given the
    component, levels are drawn by their shares among these, and numbers as `GivenNormals` or
    `GivenDiagonal` says.

    Parameters
    ----------
    mixture : ProductMixture
    between : integer array of shape (P,), optional
        Of a number that is one only where a block has a certain level: which one, by its place
        among all levels. -1 for others, as is the default.
    """

    def __init__(self, mixture: ProductMixture, between: np.ndarray | None = None) -> None:
        self._mixture, p = mixture, mixture.means.shape[1]
        self._between = np.full(p, -1) if between is None else between
        self._blocks = blocks_of(mixture.sizes)
        kind = GivenDiagonal if mixture.is_diagonal else GivenNormals
        self._numbers = kind(mixture.means, mixture.covariances)
        self._log_weights = np.log(np.maximum(mixture.weights, _LEAST))

    def draw(self, evidence: Evidence, rng: np.random.Generator) -> Cells:
        """Rows that are as evidence on cells of the mixture says."""
        k = self._mixture.n_components
        step = max(1, _PIECE // max(k, evidence.low.shape[1], evidence.allowed.shape[1]))
        parts = [
            self._drawn(evidence[start : start + step], rng)
            for start in range(0, len(evidence), step)
        ]
        sizes = self._mixture.sizes
        none = np.empty((0, len(self._between))), np.empty((0, len(sizes)), dtype=np.int64)
        values, codes = (np.concatenate(each) for each in zip(none, *parts, strict=True))
        return Cells(values, codes, sizes)

    def _drawn(self, evidence: Evidence, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Values (n, P) and codes (n, B) of a piece."""
        weights = np.tile(self._log_weights, (len(evidence), 1))
        mixed = self._mixed(evidence)
        for b in range(len(self._blocks)):
            self._weigh(
                weights, evidence, b, [rows for j, rows in mixed.items() if self._of(j) == b]
            )
        elsewhere = {j: self._elsewhere(evidence, j, rows) for j, rows in mixed.items()}
        drawn = self._numbers.draw(weights, evidence.low, evidence.high, rng, elsewhere)
        allowed = evidence.allowed
        if mixed:
            allowed = allowed.copy()
        for j, rows in mixed.items():
            block, place = self._blocks[self._of(j)], self._between[j]
            own = rows & drawn.inside[:, j]
            allowed[own, block] = False
            allowed[rows, place] = drawn.inside[rows, j]
        return drawn.values, self._levels(allowed, evidence.codes, drawn.components, rng)

    def _of(self, j: int) -> int:
        """The block that says whether the number of a column is one."""
        ends = np.cumsum(self._mixture.sizes)
        return int(np.searchsorted(ends, self._between[j], side="right"))

    def _mixed(self, evidence: Evidence) -> dict[int, np.ndarray]:
        """Columns of numbers, and rows (n,) in which these may be in an interval or a level."""
        ranged = (evidence.low < evidence.high) & (
            np.isfinite(evidence.low) | np.isfinite(evidence.high)
        )
        found = {}
        for j in map(int, np.flatnonzero(self._between >= 0)):
            block = self._blocks[self._of(j)]
            several = evidence.allowed[:, block].sum(axis=1) > 1
            rows = ranged[:, j] & several & evidence.allowed[:, self._between[j]]
            if rows.any():
                found[j] = rows
        return found

    def _elsewhere(self, evidence: Evidence, j: int, rows: np.ndarray) -> Elsewhere:
        """By levels, in the rows (n,) in which these matter; elsewhere a number is one."""
        block, place = self._blocks[self._of(j)], int(self._between[j])
        shares = self._mixture.shares
        allowed = evidence.allowed[:, block].astype(np.float64)
        allowed[:, place - block.start] = 0
        outside = np.where(rows[:, None], _log(allowed @ shares[block]), np.log(_LEAST))
        return Elsewhere(outside, np.where(rows[:, None], _log(shares[place]), 0.0))

    def _weigh(
        self, weights: np.ndarray, evidence: Evidence, b: int, but: list[np.ndarray]
    ) -> None:
        """Add the logarithm of the probability of the allowed levels of a block, `but` in rows."""
        block, codes = self._blocks[b], evidence.codes[:, b]
        shares = self._mixture.shares[block]
        known = codes != UNKNOWN
        weights[known] += _log(shares)[codes[known]]
        allowed = evidence.allowed[:, block]
        some = ~known & ~allowed.all(axis=1)
        for rows in but:
            some &= ~rows
        if some.any():
            weights[some] += _log(allowed[some] @ shares)

    def _levels(
        self,
        allowed: np.ndarray,
        known: np.ndarray,
        components: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Levels (n, B) by their shares among the allowed ones."""
        codes = self._mixture.draw_levels(components, rng)
        codes = np.where(known != UNKNOWN, known, codes)
        for b, block in enumerate(self._blocks):
            own = allowed[:, block]
            some = np.flatnonzero((known[:, b] == UNKNOWN) & ~own.all(axis=1))
            if len(some):
                shares = self._mixture.shares[block].T[components[some]]
                edges = np.cumsum(np.maximum(shares, _LEAST) * own[some], axis=1)
                codes[some, b] = inverted(edges, rng.random(len(some)))
        return codes


def _log(shares: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(shares, _LEAST)))
