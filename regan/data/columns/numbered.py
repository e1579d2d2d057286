"""Kinds of columns whose values are held as numbers, and learned like numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from regan.data.columns.base import Column
from regan.data.columns.number import NumberColumn
from regan.data.numbers.quantiles import EmpiricalDistribution


@dataclass(frozen=True)
class NumberedColumn(Column):
    """Values that are no numbers of NumPy, each held as one.

    Attributes
    ----------
    number : NumberColumn
        Of the numbers that stand for values.
    """

    number: NumberColumn

    @property
    def n_numbers(self) -> int:
        return self.number.n_numbers

    @property
    def distribution(self) -> EmpiricalDistribution | None:
        return self.number.distribution

    @property
    def n_levels(self) -> int:
        return self.number.n_levels

    @property
    def labels(self) -> list[str]:
        return self.number.labels

    @property
    def identity(self) -> list[Any]:
        return self.number.identity

    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        return self.number.encode(numbers, rng)

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        return self.number.codes(numbers)

    def unseen(self, numbers: np.ndarray) -> np.ndarray:
        return self.number.unseen(numbers)

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        return self.number.compare(numbers)

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        return self.number.decode(encoded)

    def widened(self, numbers: np.ndarray) -> Self:
        return replace(self, number=self.number.widened(numbers))

    def rescaled(self, numbers: np.ndarray) -> Self:
        return replace(self, number=self.number.rescaled(numbers))

    def blurred(self, k: int) -> Self:
        return replace(self, number=self.number.blurred(k))

    @property
    def range(self) -> tuple[float, float]:
        return self.number.range

    @property
    def extremes(self) -> np.ndarray:
        return self.number.extremes
