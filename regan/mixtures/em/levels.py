"""Levels: a categorical distribution of each block in each component."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.backends import Backend
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.part import Part, Statistics, Strengths
from regan.mixtures.em.shrinkage import shrunken_shares

_TINY = 1e-12
_LEAST = 1e-300
_FREE = 0.01
_ITERATIONS = 3


class Levels(Part):
    """Blocks of levels, independent of each other within a component.

    Parameters
    ----------
    ops : Backend
    common : array of shape (sum L,)
        The shares of the levels in all rows, to which those of the components are shrunken.
    sizes : tuple of int
        L, of each block.
    strengths : Strengths
    n_free : int
        How many blocks, the last ones, are free of penalties: they have L1 of a hundredth of a row,
        under which no level is impossible.
    """

    def __init__(
        self,
        ops: Backend,
        common: np.ndarray,
        sizes: tuple[int, ...],
        strengths: Strengths,
        n_free: int = 0,
    ) -> None:
        super().__init__(ops)
        ends = np.cumsum(sizes, dtype=np.int64)
        self._blocks = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
        self._common = ops.asarray(np.maximum(common, _TINY), "float64")
        own = strengths.l1, strengths.l2
        free = np.minimum(own[0], _FREE), np.zeros(len(strengths))
        each = [own] * (len(sizes) - n_free) + [free] * n_free
        self._l1 = [ops.asarray(l1[:, None, None], "float64") for l1, _ in each]
        self._l2 = [
            ops.asarray(np.maximum(l2, _TINY)[:, None, None], "float64") if l2.any() else None
            for _, l2 in each
        ]
        self._log_z: list[Any] = [0.0] * len(sizes)
        self.shares: Any = None  # (M, sum L, K)

    def enter(self, cells: Cells) -> Any:
        n, xp = len(cells), self.ops.xp
        places = np.where(cells.codes >= 0, cells.codes + cells.starts, sum(cells.sizes))
        hot = xp.zeros((n, sum(cells.sizes) + 1), dtype=self.ops.dtype)  # the last one is no level
        hot[xp.arange(n)[:, None], self.ops.asarray(places, "int64")] = 1
        return hot[None]

    def log_densities(self, entered: Any) -> Any:
        return self.ops.matmul(entered, self._table)

    def statistics(self, entered: Any, weights: Any) -> Statistics:
        return (self.ops.matmul(entered, weights, ta=True),)

    def update(self, statistics: Statistics) -> None:
        xp = self.ops.xp
        counts = xp.asarray(statistics[0][:, :-1], dtype="float64")
        shares = xp.empty(counts.shape)
        for i, block in enumerate(self._blocks):
            shares[:, block], self._log_z[i] = shrunken_shares(
                xp,
                counts[:, block],
                self._common[block],
                self._l1[i],
                self._l2[i],
                self._log_z[i],
                _ITERATIONS,
            )
        self._hold(shares)

    def _hold(self, shares: Any) -> None:
        """Take these shares (M, sum L, K)."""
        xp, (m, _, k) = self.ops.xp, shares.shape
        self.shares = shares
        logs = xp.concatenate([xp.log(xp.maximum(shares, _LEAST)), xp.zeros((m, 1, k))], axis=1)
        self._table = self.ops.asarray(logs)

    def export(self, member: int) -> dict[str, np.ndarray]:
        return {"shares": self.ops.to_numpy(self.shares[member])}

    @classmethod
    def of(cls, ops: Backend, shares: np.ndarray, sizes: tuple[int, ...]) -> Levels:
        """Those of one fitted mixture, with `shares` (sum L, K)."""
        none = np.zeros(1)
        part = cls(ops, shares.mean(axis=1), sizes, Strengths(none, none, none))
        part._hold(ops.asarray(shares[None], "float64"))
        return part
