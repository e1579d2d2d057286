"""Conditional normal distributions: some columns of multivariate normal variables given others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

_LOG_2PI = float(np.log(2 * np.pi))
_SINGULAR = 1e-10
_TINY = 1e-150


@dataclass(frozen=True, eq=False)
class JointNormals:
    """K normal distributions of P columns, whose variances are about 1.

    Attributes
    ----------
    means : array of shape (K, P)
    covariances : array of shape (K, P, P)
        They may be singular.
    """

    means: np.ndarray
    covariances: np.ndarray

    @cached_property
    def precisions(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Inverses of the covariances and the logarithms of their determinants; None if singular.

        A covariance is singular where a column has, given those before, next to no variance.
        """
        try:
            roots = np.linalg.cholesky(self.covariances)
        except np.linalg.LinAlgError:
            return None
        pivots = np.diagonal(roots, axis1=1, axis2=2)
        variances = np.diagonal(self.covariances, axis1=1, axis2=2)
        if (pivots**2 <= _SINGULAR * variances).any():
            return None
        return np.linalg.inv(self.covariances), 2 * np.log(pivots).sum(axis=1)

    def given(self, x: np.ndarray, known: np.ndarray, rest: np.ndarray) -> Conditional:
        """The columns `rest` (u,), which are all others, given that `known` (o,) are `x` (n, o)."""
        off = x - self.means[:, None, known]  # (K, n, o)
        if not len(known):
            return self._marginal(len(x), rest)
        if self.precisions is None:
            return self._by_eigenvalues(off, known, rest)
        if len(known) > len(rest):
            return self._by_precisions(off, known, rest)
        return self._by_covariances(off, known, rest)

    def _marginal(self, n: int, rest: np.ndarray) -> Conditional:
        k = len(self.means)
        means = np.broadcast_to(self.means[:, None, rest], (k, n, len(rest)))
        return Conditional(np.zeros((k, n)), means, self._block(rest, rest))

    def _by_covariances(self, off: np.ndarray, known: np.ndarray, rest: np.ndarray) -> Conditional:
        r"""With :math:`\Sigma_{oo} = L L^\top`: of few known columns."""
        lower = np.linalg.cholesky(self._block(known, known))
        both = np.concatenate([off.swapaxes(1, 2), self._block(known, rest)], axis=2)
        solved = np.linalg.solve(lower, both)
        white, across = np.split(solved, [off.shape[1]], axis=2)
        log_det = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
        means = self.means[:, None, rest] + white.swapaxes(1, 2) @ across
        left = self._block(rest, rest) - across.swapaxes(1, 2) @ across
        return Conditional(_log_density((white**2).sum(axis=1), log_det, len(known)), means, left)

    def _by_precisions(self, off: np.ndarray, known: np.ndarray, rest: np.ndarray) -> Conditional:
        r"""With :math:`Q = \Sigma^{-1}`: of few unknown columns.

        The rest has the covariance :math:`Q_{uu}^{-1}`, and the mean :math:`\mu_u - Q_{uu}^{-1}
        Q_{uo} d` for known columns that are d off their means, which have the square
        :math:`d^\top (Q_{oo} - Q_{ou} Q_{uu}^{-1} Q_{uo}) d`.
        """
        assert self.precisions is not None
        precisions, log_det = self.precisions
        own = precisions[:, known[:, None], known]
        square = ((off @ own) * off).sum(axis=2)
        if not len(rest):
            nothing = np.empty((*off.shape[:2], 0))
            return Conditional(_log_density(square, log_det, len(known)), nothing, nothing[:, :0])
        inner = precisions[:, rest[:, None], rest]
        pull = off @ precisions[:, known[:, None], rest]  # (K, n, u)
        left = np.linalg.inv(inner)
        moved = pull @ left
        square = np.maximum(square - (moved * pull).sum(axis=2), 0)
        log_det = log_det + np.linalg.slogdet(inner)[1]
        means = self.means[:, None, rest] - moved
        return Conditional(_log_density(square, log_det, len(known)), means, left)

    def _by_eigenvalues(self, off: np.ndarray, known: np.ndarray, rest: np.ndarray) -> Conditional:
        """With a pseudo-inverse. A direction without variance tells nothing of other columns.

        Being off in it costs as much as with a ten-billionth of the largest variance.
        """
        values, vectors = np.linalg.eigh(self._block(known, known))
        floor = np.maximum(_SINGULAR * values[:, -1:], _TINY)
        inverse = np.where(values > floor, 1 / np.maximum(values, floor), 0.0)[:, None]
        values = np.maximum(values, floor)
        along = off @ vectors  # (K, n, o)
        square = (along**2 / values[:, None]).sum(axis=2)
        across = vectors.swapaxes(1, 2) @ self._block(known, rest)
        means = self.means[:, None, rest] + (along * inverse) @ across
        left = self._block(rest, rest) - across.swapaxes(1, 2) * inverse @ across
        log_det = np.log(values).sum(axis=1)
        return Conditional(_log_density(square, log_det, len(known)), means, left)

    def _block(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return np.asarray(self.covariances[:, rows[:, None], columns])


@dataclass(frozen=True, eq=False)
class Conditional:
    """Distributions of u columns in n rows, under each of K components.

    Attributes
    ----------
    log_density : array of shape (K, n)
        Of what is known.
    means : array of shape (K, n, u)
        Of what is not.
    covariances : array of shape (K, u, u)
    """

    log_density: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    @property
    def deviations(self) -> np.ndarray:
        """Those of the columns (K, u), never 0."""
        variances = np.diagonal(self.covariances, axis1=1, axis2=2)
        return np.asarray(np.sqrt(np.maximum(variances, _TINY)))

    def roots(self, components: np.ndarray, order: np.ndarray) -> np.ndarray:
        """Lower triangular roots (c, u, u) of some covariances, of the columns in this order."""
        some = self.covariances[components[:, None, None], order[:, None], order]
        try:
            return np.asarray(np.linalg.cholesky(some))
        except np.linalg.LinAlgError:
            return _singular_roots(some)


def _log_density(square: np.ndarray, log_det: np.ndarray, p: int) -> np.ndarray:
    return np.asarray(-0.5 * (square + log_det[:, None] + p * _LOG_2PI))


def _singular_roots(covariances: np.ndarray) -> np.ndarray:
    """Cholesky factors (c, u, u) with zeros in the columns that those before determine."""
    left, roots = covariances.copy(), np.zeros_like(covariances)
    least = _SINGULAR * np.diagonal(covariances, axis1=1, axis2=2)
    for j in range(covariances.shape[1]):
        pivot = left[:, j, j]
        alive = pivot > least[:, j]
        scale = np.where(alive, 1 / np.sqrt(np.where(alive, pivot, 1.0)), 0.0)
        roots[:, j:, j] = left[:, j:, j] * scale[:, None]
        own = roots[:, :, j]
        left -= own[:, :, None] * own[:, None, :]
    return roots
