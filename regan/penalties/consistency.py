r"""Cycle consistency: rows that come back from another domain are what they were.

The distance of rows :math:`\tilde x` to rows :math:`x` is a mean over rows and over cells, so that
its strength means the same for narrow and for wide tables. A cell is a number, or all levels of a
category: of these, which are one-hot columns, the distance is halved, so that a wrong level is as
far away as a number that is 1 off.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from copy import copy
from types import MappingProxyType
from typing import ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.typing import Strength
from regan.validation import check_strength


class Consistency(BaseEstimator, ABC):
    """Base class of distances d between rows that came back and the rows they came from.

    Parameters
    ----------
    strength : float or array-like of shape (K,), default=3.0
        The strength, non-negative; one for all models of a population or one each.

    Attributes
    ----------
    flat : mapping of str to str
        As of `Penalty`.
    couples_samples : bool
        Whether the distance is not a mean over rows. Ranks that share a minibatch refuse it then.
    """

    flat: ClassVar[Mapping[str, str]] = MappingProxyType({"strength": "cycle_strength"})
    couples_samples: ClassVar[bool] = False

    def __init__(self, strength: Strength = 3.0) -> None:
        self.strength = strength

    def bind(self, ops: Backend, n_columns: int, levels: Sequence[int] = ()) -> Self:
        """A copy for training, on rows of so many columns, the last of which are one-hot `levels`.

        Raises ValueError for a strength that is negative or not finite.
        """
        strength = check_strength(self.strength, "strength")
        bound, width = copy(self), sum(levels)
        n_numbers = n_columns - width
        weights = np.repeat([1.0, 0.5], [n_numbers, width]) / (n_numbers + len(levels))
        bound._ops = ops
        bound._weights = ops.asarray(strength[:, None, None] * weights)  # (K, 1, D)
        return bound

    @abstractmethod
    def value_and_grad(self, back: Array, rows: Array) -> tuple[Array, Array]:
        """d (K,) and its gradient (K, N, D) by the rows `back`; rows : (1, N, D) or (K, N, D)."""


class L1Consistency(Consistency):
    r"""L1 cycle consistency: the absolute difference, as in the original cycle GAN.

    .. math:: d(\tilde x, x) = \frac{\lambda}{N C} \sum_{i, j} c_j |\tilde x_{ij} - x_{ij}|

    with :math:`\lambda` = `strength`, the C cells of a row, and :math:`c_j = 1` for numbers and
    1/2 for one-hot columns. At 0 the subgradient is 0. Zhu, Park, Isola and Efros, 2017
    (arXiv:1703.10593).

    Parameters
    ----------
    strength : float or array-like of shape (K,), default=3.0
        Non-negative.
    """

    def value_and_grad(self, back: Array, rows: Array) -> tuple[Array, Array]:
        xp, scale = self._ops.xp, self._weights / back.shape[1]
        off = back - rows
        return (scale * xp.abs(off)).sum(axis=(1, 2)), scale * xp.sign(off)


class L2Consistency(Consistency):
    r"""L2 cycle consistency: half the squared difference, which small differences hardly enter.

    .. math:: d(\tilde x, x) = \frac{\lambda}{2 N C} \sum_{i, j} c_j (\tilde x_{ij} - x_{ij})^2

    with :math:`\lambda` = `strength`, the C cells of a row, and :math:`c_j = 1` for numbers and
    1/2 for one-hot columns.

    Parameters
    ----------
    strength : float or array-like of shape (K,), default=3.0
        Non-negative.
    """

    def value_and_grad(self, back: Array, rows: Array) -> tuple[Array, Array]:
        off = back - rows
        g = (self._weights / back.shape[1]) * off
        return 0.5 * (g * off).sum(axis=(1, 2)), g
