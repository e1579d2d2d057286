"""The scale of the columns: to unit variance for training, and back to the user's units."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sklearn.preprocessing import StandardScaler


@dataclass(frozen=True)
class ColumnScaler:
    """Location and scale of every column, in float64.

    Attributes
    ----------
    mean, scale : array of shape (D,)
        The scale of a constant column is 1, of one whose variance is out of range infinite.
    constant : bool array of shape (D,)
        Columns with one value only: they come back as that value.
    value : array of shape (D,)
        The value of each constant column.
    enabled : bool
        Whether the model trains on scaled columns.
    """

    mean: np.ndarray
    scale: np.ndarray
    constant: np.ndarray
    value: np.ndarray
    enabled: bool

    @classmethod
    def learn(cls, X: np.ndarray, enabled: bool) -> ColumnScaler:
        """From the data `X` (n, D), float64."""
        with np.errstate(over="ignore", invalid="ignore"):
            scaler = StandardScaler().fit(X)
        # StandardScaler gives scale 1 to what is constant up to rounding, and also where the
        # variance overflows or underflows; that is to be seen
        lost = (scaler.var_ == 0) & (np.ptp(X, axis=0) > 1e-8 * np.abs(X).max(axis=0))
        scaler.scale_[lost | ~np.isfinite(scaler.var_)] = np.inf
        constant = np.sqrt(scaler.var_) != scaler.scale_
        constant |= (X[0] == X).all(axis=0)
        return cls(scaler.mean_, scaler.scale_, constant, X[0].copy(), enabled)

    def relaxed(self, X: np.ndarray) -> ColumnScaler:
        """A copy in which constant columns that vary in `X` (n, D) are constant no more."""
        same = np.isclose(X, self.value, rtol=1e-12, atol=0).all(axis=0)  # up to rounding
        return replace(self, constant=self.constant & same)

    def standardize(self, X: np.ndarray) -> np.ndarray:
        """Zero mean and unit variance on the data learnt from, whatever `enabled` says."""
        Z: np.ndarray = (X - self.mean) / self.scale
        return Z

    def as_standardized(self, Z: np.ndarray) -> np.ndarray:
        """Rows that a model trains on or makes, with zero mean and unit variance in any case."""
        return self.standardize(self.inverse(Z))

    def forward(self, X: np.ndarray) -> np.ndarray:
        """What the model trains on."""
        return self.standardize(X) if self.enabled else X

    def inverse(self, Z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Rows in the user's units, float64, from rows as the model makes them.

        They are written to `out` if that is float64 as well.
        """
        X = np.empty(Z.shape) if out is None or out.dtype != np.float64 else out
        X[...] = Z
        if self.enabled:
            X *= self.scale
            X += self.mean
        X[:, self.constant] = self.value[self.constant]
        return X
