"""Normal distributions of classes: densities, draws, and what a model file holds of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from regan.estimators.level_shifts import deviations
from regan.storage.stored import FileError
from regan.storage.tensors import Tensors

Drawing = Callable[[np.random.Generator, np.ndarray], np.ndarray]
"""Draws rows from random numbers, of the given classes."""


@dataclass(frozen=True)
class Normals:
    """Normal distributions of C classes, on the scale of training.

    Attributes
    ----------
    mean : array of shape (C, D)
    covariance, precision : arrays of shape (C, D, D)
        The second is a pseudo-inverse where the first is singular.
    shifts : array of shape (C, D)
        What is added to the columns of levels, divided by their deviations; see `level_shifts`.
    """

    mean: np.ndarray
    covariance: np.ndarray
    precision: np.ndarray
    shifts: np.ndarray

    def is_singular(self, k: int, varying: np.ndarray) -> bool:
        """Whether the covariance of a class has no inverse, in the columns `varying` (D,)."""
        inner = self.covariance[k][np.ix_(varying, varying)]
        return bool(np.linalg.matrix_rank(inner, hermitian=True) < len(inner))

    def log_density(self, Z: np.ndarray, k: int, varying: np.ndarray) -> np.ndarray:
        """The log density of rows (n, D) in a class, in the columns `varying` (D,)."""
        precision = self.precision[k][np.ix_(varying, varying)]
        off = (Z - self.mean[k])[:, varying]
        constant = np.linalg.slogdet(precision)[1] - len(precision) * np.log(2 * np.pi)
        return np.asarray(0.5 * (constant - ((off @ precision) * off).sum(axis=1)))

    def drawing(self, n_levels: int) -> Drawing:
        """What draws rows (n, D) of classes (n,); the last `n_levels` columns are of levels."""
        first, roots = self.mean.shape[1] - n_levels, self._roots()
        scales = np.array([deviations(each)[first:] for each in self.covariance])

        def draw(rng: np.random.Generator, codes: np.ndarray) -> np.ndarray:
            rows = rng.standard_normal((len(codes), self.mean.shape[1]))
            for k in np.unique(codes):
                rows[codes == k] = rows[codes == k] @ roots[k].T
            rows += self.mean[codes]
            rows[:, first:] /= scales[codes]
            rows[:, first:] += self.shifts[codes, first:]
            return rows

        return draw

    def _roots(self) -> np.ndarray:
        """Square roots of the covariances (C, D, D), also of singular ones."""
        values, vectors = np.linalg.eigh(self.covariance)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0))[:, None, :])

    def export(self) -> dict[str, np.ndarray]:
        """What a model file has to hold."""
        names = ("mean", "covariance", "precision", "shifts")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def restore(cls, tensors: Tensors, n_classes: int, d: int) -> Self:
        """The inverse of `export`."""
        square, flat = (n_classes, d, d), (n_classes, d)
        shapes = {"mean": flat, "covariance": square, "precision": square, "shifts": flat}
        own = cls(**{name: tensors.take(name, shape) for name, shape in shapes.items()})
        variances = np.diagonal(own.covariance, axis1=1, axis2=2)
        with np.errstate(all="ignore"):
            finite = np.isfinite(own._roots()).all()
        if (variances < 0).any() or not finite:
            raise FileError("the arrays covariance and precision are none of a distribution")
        return own
