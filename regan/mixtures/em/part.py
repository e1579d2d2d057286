"""Parts of a product distribution: what a component has of some cells of a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from regan.backends import Backend
from regan.mixtures.em.cells import Cells

Statistics: TypeAlias = tuple[Any, ...]
"""Sums over rows, weighted by responsibilities: arrays (M, ..., K)."""


@dataclass(frozen=True, eq=False)
class Strengths:
    """Strengths of a population of M mixtures, in rows.

    Attributes
    ----------
    l1, l2 : arrays of shape (M,)
        Of the penalties on offsets from the common distribution.
    shrinkage : array of shape (M,)
        So many rows of the pooled covariance are added to those of a component.
    """

    l1: np.ndarray
    l2: np.ndarray
    shrinkage: np.ndarray

    def __len__(self) -> int:
        return len(self.l1)


class Part(ABC):
    """The distributions of some cells in K components of M mixtures.

    Parameters
    ----------
    ops : Backend
    """

    def __init__(self, ops: Backend) -> None:
        self.ops = ops

    @abstractmethod
    def enter(self, cells: Cells) -> Any:
        """Rows on the device, as the other methods take them."""

    @abstractmethod
    def log_densities(self, entered: Any) -> Any:
        """The logarithm of each component's density at rows, without unknown cells: (M, n, K)."""

    @abstractmethod
    def statistics(self, entered: Any, weights: Any) -> Statistics:
        """What an update needs of rows that count with `weights` (M, n, K)."""

    @abstractmethod
    def update(self, statistics: Statistics) -> None:
        """The M-step: the parameters that maximize the penalized expectation."""

    @abstractmethod
    def export(self, member: int) -> dict[str, np.ndarray]:
        """The parameters of one mixture, by name."""
