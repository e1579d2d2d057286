"""Numbers as multivariate normal variables within a component: full and low-rank covariances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from regan.backends import Backend
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.part import Part, Statistics, Strengths
from regan.mixtures.em.shrinkage import shrunken_means

_LOG_2PI = float(np.log(2 * np.pi))
_TINY = 1e-9
_SWEEPS = 5
_PRODUCTS = 2**23
"""Products of pairs of columns at a time."""

FLOOR = 1e-6
"""The least variance in any direction, in units of a column's."""


class Pattern(NamedTuple):
    """Rows with the same known columns.

    Attributes
    ----------
    known : array of int (p,)
    rows : array of int, on the device (b,)
    x : array of shape (1, b, p), on the device
    """

    known: np.ndarray
    rows: Any
    x: Any


class FullNormals(Part):
    r"""Normal distributions with covariances of their own.

    The covariance is :math:`(N S + \nu \bar S) / (N + \nu)`, with the scatter S around the shrunken
    mean, :math:`\bar S` that within the components on average, and :math:`\nu` the strength of
    shrinkage (regularized discriminant analysis; Friedman, 1989). With a rank r, it keeps the r
    largest eigenvalues, and the others are their mean (probabilistic principal components; Tipping
    and Bishop, 1999).

    Rows are taken together by which numbers are known. Of the others, the statistics have the
    expectations given these, under each component: of a row x with the known part o, the mean
    :math:`\mu + \Sigma_{\cdot o} \Sigma_{oo}^{-1} (x_o - \mu_o)`, and the covariance that is left
    (Ghahramani and Jordan, 1994).

    Parameters
    ----------
    ops : Backend
    strengths : Strengths
    rank : int or None
    """

    def __init__(self, ops: Backend, strengths: Strengths, rank: int | None = None) -> None:
        super().__init__(ops)
        self._l1, self._l2 = (ops.asarray(a, "float64") for a in (strengths.l1, strengths.l2))
        self._rows = ops.asarray(strengths.shrinkage[:, None, None, None], "float64")
        self._rank, self._penalized = rank, bool(strengths.l1.any() or strengths.l2.any())
        self.means: Any = None  # (M, K, P)
        self.covariances: Any = None  # (M, K, P, P)

    # The E-step

    def enter(self, cells: Cells) -> list[Pattern]:
        known = ~np.isnan(cells.values)
        patterns, which = np.unique(known, axis=0, return_inverse=True)
        return list(self._patterns(cells.values, patterns, which.ravel()))

    def _patterns(
        self, values: np.ndarray, patterns: np.ndarray, which: np.ndarray
    ) -> Iterator[Pattern]:
        for i, pattern in enumerate(patterns):
            rows, known = np.flatnonzero(which == i), np.flatnonzero(pattern)
            x = self.ops.asarray(values[np.ix_(rows, known)][None], "float64")
            yield Pattern(known, self.ops.asarray(rows, "int64"), x)

    def log_densities(self, entered: list[Pattern]) -> Any:
        xp, n = self.ops.xp, sum(len(pattern.rows) for pattern in entered)
        m, k, _ = self.means.shape
        densities = xp.zeros((m, n, k), dtype=self.ops.dtype)
        for pattern in entered:
            if len(pattern.known):
                densities[:, pattern.rows] = self._densities(pattern)
        return densities

    def _densities(self, pattern: Pattern) -> Any:
        """Of the rows of a pattern (M, b, K): a quadratic form, as products of pairs of columns.

        In float64, as the terms of a narrow component are much larger than what is left of them.
        """
        xp, p = self.ops.xp, len(pattern.known)
        mean, inverse, log_det = self._marginal(pattern.known)
        precision = inverse.swapaxes(2, 3) @ inverse
        linear = (precision @ mean[..., None])[..., 0]
        constant = -0.5 * (linear * mean).sum(axis=2) - log_det - 0.5 * p * _LOG_2PI
        i, j = (self.ops.asarray(of, "int64") for of in np.triu_indices(p))
        twice = self.ops.asarray(np.where(np.equal(*np.triu_indices(p)), -0.5, -1.0), "float64")
        square = (precision[:, :, i, j] * twice).swapaxes(1, 2)  # (M, q, K)
        m, k = constant.shape
        densities = xp.empty((m, pattern.x.shape[1], k), dtype=self.ops.dtype)
        for rows, pairs in self._pairs(pattern):
            own = pairs @ square
            own += pattern.x[:, rows] @ linear.swapaxes(1, 2)
            densities[:, rows] = own + constant[:, None]
        return densities

    def _pairs(self, pattern: Pattern) -> Iterator[tuple[slice, Any]]:
        """Products (1, b, q) of all pairs of known columns, a block of rows at a time."""
        i, j = (self.ops.asarray(of, "int64") for of in np.triu_indices(len(pattern.known)))
        step = max(1, _PRODUCTS // max(len(i), 1))
        for start in range(0, pattern.x.shape[1], step):
            rows = slice(start, start + step)
            x = pattern.x[:, rows]
            yield rows, x[:, :, i] * x[:, :, j]

    def _marginal(self, known: np.ndarray) -> tuple[Any, Any, Any]:
        """Means (M, K, p), inverse Cholesky factors and their log determinants of some columns."""
        xp = self.ops.xp
        if tuple(known) not in self._kept:
            columns = self.ops.asarray(known, "int64")
            lower = xp.linalg.cholesky(self.covariances[:, :, columns[:, None], columns])
            log_det = xp.log(xp.diagonal(lower, axis1=2, axis2=3)).sum(axis=2)
            self._kept[tuple(known)] = self.means[:, :, columns], xp.linalg.inv(lower), log_det
        return self._kept[tuple(known)]

    # Statistics

    def statistics(self, entered: list[Pattern], weights: Any) -> Statistics:
        xp = self.ops.xp
        m, k, p = self.means.shape
        total: list[Any] = [xp.zeros((m, k, *s)) for s in ((), (p,), (p, p))]
        for pattern in entered:
            own = self._of_pattern(pattern, weights[:, pattern.rows])
            total = [a + b for a, b in zip(total, own, strict=True)]
        return tuple(total)

    def _of_pattern(self, pattern: Pattern, weights: Any) -> Statistics:
        """Numbers of rows (M, K), sums (M, K, P) and sums of products (M, K, P, P)."""
        xp, p = self.ops.xp, len(pattern.known)
        m, _, k = weights.shape
        wide = xp.asarray(weights, dtype="float64")
        n = wide.sum(axis=1)
        first = wide.swapaxes(1, 2) @ pattern.x
        i, j = np.triu_indices(p)
        half, across = xp.zeros((m, k, len(i))), np.empty((p, p), dtype=np.int64)
        for rows, pairs in self._pairs(pattern):
            half += wide[:, rows].swapaxes(1, 2) @ pairs
        across[i, j] = across[j, i] = np.arange(len(i))
        second = half[:, :, self.ops.asarray(across, "int64")]
        if p == self.means.shape[2]:
            return n, first, second
        return self._completed(pattern.known, n, first, second)

    def _completed(self, known: np.ndarray, n: Any, first: Any, second: Any) -> Statistics:
        """The same of all columns, with expectations for those that are not known."""
        if not len(known):
            mean, moment = self.means, self.covariances
            own = moment + mean[..., None] * mean[..., None, :]
            return n, n[..., None] * mean, n[..., None, None] * own
        mean, inverse, _ = self._marginal(known)
        across = self.covariances[..., self.ops.asarray(known, "int64")]  # (M, K, P, p)
        gain = across @ inverse.swapaxes(2, 3) @ inverse
        offset = (self.means[..., None] - gain @ mean[..., None])[..., 0]
        left = self.covariances - gain @ across.swapaxes(2, 3)
        mapped = (gain @ first[..., None])[..., 0]
        mixed = mapped[..., None] * offset[..., None, :]
        scatter = gain @ second @ gain.swapaxes(2, 3) + mixed + mixed.swapaxes(2, 3)
        scatter = scatter + n[..., None, None] * (left + offset[..., None] * offset[..., None, :])
        return n, mapped + n[..., None] * offset, scatter

    # The M-step

    def start(self, means: np.ndarray, covariances: np.ndarray) -> None:
        """Take means (K, P) and covariances (K, P, P) for all members."""
        m = len(self._l1)
        arrays = (np.broadcast_to(a, (m, *a.shape)) for a in (means, covariances))
        self._hold(*(self.ops.asarray(a, "float64") for a in arrays))

    def update(self, statistics: Statistics) -> None:
        xp = self.ops.xp
        n, first, second = statistics
        rows = xp.maximum(n, _TINY)[..., None]
        mean = first / rows
        scatter = second / rows[..., None] - mean[..., None] * mean[..., None, :]
        means = self._shrunken(mean, rows)
        off = mean - means
        scatter = scatter + off[..., None] * off[..., None, :]
        weights = rows[..., None]
        pooled = (weights * scatter).sum(axis=1, keepdims=True)
        pooled = pooled / weights.sum(axis=1, keepdims=True)
        covariances = (weights * scatter + self._rows * pooled) / (weights + self._rows)
        self._hold(means, self._structured(covariances))

    def _shrunken(self, mean: Any, rows: Any) -> Any:
        r"""Means (M, K, P) shrunken by coordinate descent, with the precisions of the last update.

        The quadratic term around the sample mean has the Hessian :math:`N \Sigma^{-1}`.
        """
        if not self._penalized or self.covariances is None:
            return mean
        xp, l1, l2 = self.ops.xp, self._l1[:, None], self._l2[:, None]
        hessian = rows[..., None] * xp.linalg.inv(self.covariances)
        pull = (hessian @ mean[..., None])[..., 0]
        found = mean.copy()
        for _ in range(_SWEEPS):
            for j in range(mean.shape[2]):
                own = hessian[:, :, j, j]
                rest = pull[:, :, j] - (hessian[:, :, j] * found).sum(axis=2) + own * found[:, :, j]
                found[:, :, j] = shrunken_means(xp, rest / own, own, l1, l2)
        return found

    def _structured(self, covariances: Any) -> Any:
        """Covariances of full rank, and of low rank above a common variance if that is asked for.

        Variances below a millionth of a column's are raised to it.
        """
        xp = self.ops.xp
        values, vectors = xp.linalg.eigh(0.5 * (covariances + covariances.swapaxes(2, 3)))
        values = xp.maximum(values, FLOOR)
        left = values.shape[2] - (self._rank or 0)
        if self._rank is not None and left > 0:
            values[..., :left] = values[..., :left].mean(axis=2, keepdims=True)
        return (vectors * values[..., None, :]) @ vectors.swapaxes(2, 3)

    def _hold(self, means: Any, covariances: Any) -> None:
        self.means, self.covariances = means, covariances
        self._kept: dict[tuple[int, ...], tuple[Any, Any, Any]] = {}

    def export(self, member: int) -> dict[str, np.ndarray]:
        arrays = {"means": self.means, "covariances": self.covariances}
        return {name: self.ops.to_numpy(a[member]) for name, a in arrays.items()}

    @classmethod
    def of(cls, ops: Backend, means: np.ndarray, covariances: np.ndarray) -> FullNormals:
        """Those of one fitted mixture, with means (K, P) and covariances (K, P, P)."""
        none = np.zeros(1)
        part = cls(ops, Strengths(none, none, none))
        part.start(means, covariances)
        return part
