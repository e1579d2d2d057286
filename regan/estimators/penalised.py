"""A covariance under a penalty, and its inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from scipy.linalg import pinvh
from sklearn.covariance import shrunk_covariance

from regan.estimators.graphical_lasso import graphical_lasso
from regan.typing import MixturePenalty

PENALTIES: tuple[MixturePenalty | None, ...] = (*get_args(MixturePenalty), None)


@dataclass(frozen=True)
class Penalty:
    """Graphical lasso and shrinkage; see `RegularizedGaussian`.

    Attributes
    ----------
    name : {"l1", "l2", "elasticnet"} or None
    l1_ratio : float
    tol, max_iter : float and int
        Of the graphical lasso.
    on_correlations : bool
        Whether it acts on correlations, whatever the variances are.
    """

    name: str | None
    l1_ratio: float
    tol: float
    max_iter: int
    on_correlations: bool

    @property
    def l1_share(self) -> float:
        """The part of the strength that is the L1 part's."""
        return {"l1": 1.0, "l2": 0.0, "elasticnet": self.l1_ratio, None: 0.0}[self.name]

    def shrinkage(self, alpha: float) -> float:
        """The share of the identity, b / (1 + b), at a strength."""
        b = 0.0 if self.name is None else alpha * (1 - self.l1_share)
        return b / (1 + b)

    def estimate(
        self, covariance: np.ndarray, alpha: float, varying: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """Covariance and precision (D, D) under this penalty, and iterations.

        varying : the columns that it is of; others, and what has no variance, are 0 in both.
        """
        found = np.zeros_like(covariance), np.zeros_like(covariance)
        varying = varying & (np.diag(covariance) > 0)
        if not varying.any():
            return *found, 1
        place = np.ix_(varying, varying)
        S = covariance[place]
        scale = np.sqrt(np.diag(S)) if self.on_correlations else np.ones(len(S))
        units = np.outer(scale, scale)
        *solved, n_iter = self._solve(S / units, alpha)
        found[0][place], found[1][place] = solved[0] * units, solved[1] / units
        return *found, n_iter

    def _solve(self, S: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray, int]:
        shrinkage, l1 = self.shrinkage(alpha), alpha * self.l1_share
        S = shrunk_covariance(S, shrinkage) if shrinkage else S
        if not l1 or len(S) < 2:
            return S, pinvh(S), 1
        covariance, precision, n_iter, _ = graphical_lasso(
            S, l1, tol=self.tol, max_iter=self.max_iter
        )
        return covariance, precision, n_iter
