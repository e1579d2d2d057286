"""Between a user's numbers and what models train on: columns of unit variance, for a matrix."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from sklearn.preprocessing import StandardScaler

from regan.data.encoded_rows import EncodedRows

_ARRAYS = ("mean", "scale", "constant", "value")


class Scaler(ABC):
    """Between numbers, a row of C for each row of the data, and what models train on: D columns.

    Attributes
    ----------
    constant : bool array of shape (D,)
        Columns with one value only: they come back as that value.
    enabled : bool
        Whether the model trains on scaled columns.
    """

    constant: np.ndarray
    enabled: bool

    by_piece: ClassVar[bool] = True
    """Whether `inverse` is as good at a few rows at a time as at many."""

    @property
    def levels(self) -> tuple[int, ...]:
        """The sizes of the blocks of one-hot columns, which are the last ones of the D."""
        return ()

    @property
    def n_columns(self) -> int:
        """D."""
        return len(self.constant)

    @property
    @abstractmethod
    def n_standardized(self) -> int:
        """How many columns `standardize` gives."""

    @abstractmethod
    def relaxed(self, X: np.ndarray) -> Scaler:
        """A copy with room for numbers `X` (n, C) that training goes on with."""

    @abstractmethod
    def standardize(self, X: np.ndarray) -> np.ndarray:
        """What distances are measured in: independent values are about as far apart everywhere."""

    @abstractmethod
    def forward(self, X: np.ndarray) -> np.ndarray | EncodedRows:
        """What the model trains on, (n, D)."""

    @abstractmethod
    def inverse(self, Z: Any, out: np.ndarray | None = None) -> np.ndarray:
        """Numbers (n, C) from rows as the model makes them; in `out`, if that can hold them."""

    def as_standardized(self, Z: np.ndarray) -> np.ndarray:
        """Rows that a model trains on or makes, as `standardize` gives them."""
        return self.standardize(self.inverse(Z))

    @abstractmethod
    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays, and values that JSON can hold."""


@dataclass(frozen=True)
class ColumnScaler(Scaler):
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

    @property
    def n_standardized(self) -> int:
        return self.n_columns

    def relaxed(self, X: np.ndarray) -> ColumnScaler:
        """A copy in which constant columns that vary in `X` (n, D) are constant no more."""
        same = np.isclose(X, self.value, rtol=1e-12, atol=0).all(axis=0)  # up to rounding
        return replace(self, constant=self.constant & same)

    def standardize(self, X: np.ndarray) -> np.ndarray:
        """Zero mean and unit variance on the data learnt from, whatever `enabled` says."""
        Z: np.ndarray = (X - self.mean) / self.scale
        return Z

    def forward(self, X: np.ndarray) -> np.ndarray:
        """What the model trains on."""
        if not self.enabled:
            return X
        Z = self.standardize(X)
        Z[:, self.constant] = 0  # and not what rounding left of the mean
        return Z

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

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays = {f"scaler.{name}": getattr(self, name) for name in _ARRAYS}
        return arrays, {"scaler.enabled": self.enabled}

    @classmethod
    def restore(cls, arrays: dict[str, np.ndarray], fitted: dict[str, Any]) -> ColumnScaler:
        """The inverse of `export`."""
        fields = {name: arrays[f"scaler.{name}"] for name in _ARRAYS}
        return cls(**fields, enabled=fitted["scaler.enabled"])
