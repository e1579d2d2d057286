"""Means and covariances of the classes of rows, and how far these are pooled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from regan.estimators.moments import Moments

_SAME = 1e-12


@dataclass(frozen=True)
class ClassMoments:
    r"""Means and covariances of C classes of rows.

    Attributes
    ----------
    counts : array of shape (C,)
        How many rows each class has.
    means : array of shape (C, D)
    covariances : array of shape (C, D, D)
        As of whole populations.
    """

    counts: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    @classmethod
    def learn(cls, rows: Any, codes: np.ndarray | None, n_classes: int = 1) -> Self:
        """Of rows (n, D), an array or `EncodedRows`, and their classes (n,); None is one class."""
        if codes is None:
            parts = [rows]
        else:
            parts = [rows[np.flatnonzero(codes == k)] for k in range(n_classes)]
        means = np.array([Moments(part).mean() for part in parts])
        covariances = np.array([Moments(part).covariance() for part in parts])
        for mean, covariance in zip(means, covariances, strict=True):
            same = np.sqrt(np.diag(covariance)) <= _SAME * np.abs(mean)  # but for rounding
            covariance[same], covariance[:, same] = 0, 0
        return cls(np.array([len(part) for part in parts]), means, covariances)

    @property
    def pooled(self) -> np.ndarray:
        """The covariance (D, D) within classes: sum of n_k S_k, over n - C for more than one."""
        free = self.counts.sum() - (len(self.counts) if len(self.counts) > 1 else 0)
        weights = self.counts / max(free, 1)
        return np.asarray(np.einsum("k,kij->ij", weights, self.covariances))

    def mixed(self, pooling: float) -> np.ndarray:
        r"""Covariances (C, D, D) between those of the classes, at 0, and the pooled one, at 1.

        .. math::

            S_k(\lambda) = \frac{(1 - \lambda) n_k S_k + \lambda n S}
            {(1 - \lambda) n_k + \lambda n}

        for a class of n_k rows among n and the pooled covariance S (Friedman, 1989, who calls it
        the first of two parameters of regularized discriminant analysis). A class of one row has
        the pooled one at any :math:`\lambda`.
        """
        if len(self.counts) == 1:
            return self.covariances
        own = np.where(self.counts > 1, (1 - pooling) * self.counts, 0.0)
        common = max(pooling, np.finfo(float).tiny) * self.counts.sum()
        weight = (common / (own + common))[:, None, None]
        mixed: np.ndarray = (1 - weight) * self.covariances + weight * self.pooled
        return mixed
