"""Numbers as independent normal variables within a component."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.backends import Backend
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.part import Part, Statistics, Strengths
from regan.mixtures.em.shrinkage import shrunken_means

FLOOR = 1e-4
"""The least variance, in units of a column's; a density is a sum of products that are as large."""

_LOG_2PI = float(np.log(2 * np.pi))
_TINY = 1e-9


class DiagonalNormals(Part):
    r"""Normal distributions with diagonal covariances.

    Of N rows with the mean m and the variance s, the mean is m shrunken with the precision N / v,
    for the variance v of the last update, and the variance is

    .. math:: (N s' + \nu \bar s) / (N + \nu),

    with :math:`\nu` the strength of shrinkage, s' the variance around the shrunken mean and
    :math:`\bar s` that within the components on average. Unknown numbers do not count.

    Parameters
    ----------
    ops : Backend
    strengths : Strengths
    floor : float
        The least variance.
    """

    def __init__(self, ops: Backend, strengths: Strengths, floor: float = FLOOR) -> None:
        super().__init__(ops)
        self._floor = floor
        self._l1, self._l2, self._rows = (
            ops.asarray(a[:, None, None], "float64")
            for a in (strengths.l1, strengths.l2, strengths.shrinkage)
        )
        self.means: Any = None  # (M, P, K)
        self.variances: Any = None

    def enter(self, cells: Cells) -> Any:
        known = ~np.isnan(cells.values)
        x = np.where(known, cells.values, 0.0)
        return self.ops.asarray(np.hstack([known, x, x * x])[None])

    def log_densities(self, entered: Any) -> Any:
        return self.ops.matmul(entered, self._table)

    def statistics(self, entered: Any, weights: Any) -> Statistics:
        return (self.ops.matmul(entered, weights, ta=True),)

    def update(self, statistics: Statistics) -> None:
        xp = self.ops.xp
        sums = xp.asarray(statistics[0], dtype="float64")
        p = sums.shape[1] // 3
        n, first, second = sums[:, :p], sums[:, p : 2 * p], sums[:, 2 * p :]
        n = xp.maximum(n, _TINY)
        mean = first / n
        spread = xp.maximum(second / n - mean * mean, 0)
        before = xp.ones_like(spread) if self.variances is None else self.variances
        means = shrunken_means(xp, mean, n / before, self._l1, self._l2)
        spread = spread + (mean - means) ** 2
        pooled = (n * spread).sum(axis=2, keepdims=True) / n.sum(axis=2, keepdims=True)
        variances = (n * spread + self._rows * pooled) / (n + self._rows)
        self._hold(means, xp.maximum(variances, self._floor))

    def _hold(self, means: Any, variances: Any) -> None:
        self.means, self.variances = means, variances
        xp = self.ops.xp
        constant = -0.5 * (means * means / variances + xp.log(variances) + _LOG_2PI)
        table = [constant, means / variances, -0.5 / variances]
        self._table = self.ops.asarray(xp.concatenate(table, axis=1))

    def export(self, member: int) -> dict[str, np.ndarray]:
        arrays = {"means": self.means, "variances": self.variances}
        return {name: self.ops.to_numpy(a[member].T) for name, a in arrays.items()}

    @classmethod
    def of(cls, ops: Backend, means: np.ndarray, variances: np.ndarray) -> DiagonalNormals:
        """Those of one fitted mixture, with means and variances (K, P)."""
        none = np.zeros(1)
        part = cls(ops, Strengths(none, none, none))
        part._hold(*(ops.asarray(a.T[None], "float64") for a in (means, variances)))
        return part
