r"""Gradient clipping: a bound on the gradient before the step of the optimizer.

A gradient within the bound stays bitwise the same. Norms are Euclidean, and each model of a
population has its own norm.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import Self

from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.layers.layout import Layout
from regan.validation import check_real


class Clipping(BaseEstimator, ABC):
    """Base class of gradient clipping: a bound on the gradient of one network.

    Attributes
    ----------
    limit : float > 0
        The bound.
    """

    limit: float

    def bind(self, ops: Backend, layout: Layout) -> Self:
        """A copy for training. ValueError or TypeError for a limit that is not above 0."""
        bound = copy(self)
        bound._ops, bound._layout = ops, layout
        bound._limit = check_real(self.limit, "limit", minimum=0, open_minimum=True)
        return bound

    @abstractmethod
    def clip(self, grad: Array) -> None:
        """Bound `grad` (K, n_trained) in place."""

    def _shrink(self, blocks: list[Array]) -> None:
        """Bound the norm (K,) of all `blocks`, arrays (K, .), together."""
        xp = self._ops.xp
        square = xp.stack([(block * block).sum(axis=-1) for block in blocks]).sum(axis=0)
        # exactly 1 within the limit, and no division by zero
        factor = self._limit / xp.maximum(xp.sqrt(square), self._limit)
        for block in blocks:
            block *= factor[:, None]


class ClipValue(Clipping):
    r"""Gradient clipping by value: each entry is bounded separately.

    .. math:: g_j \leftarrow \max(\min(g_j, c), -c), \quad c = \mathtt{limit}

    It changes the direction of the gradient.

    Parameters
    ----------
    limit : float > 0, default=0.5
    """

    def __init__(self, limit: float = 0.5) -> None:
        self.limit = limit

    def clip(self, grad: Array) -> None:
        self._ops.xp.clip(grad, -self._limit, self._limit, out=grad)


class ClipNorm(Clipping):
    r"""Gradient clipping by the norm of each layer, weights and biases together.

    .. math:: g_l \leftarrow g_l \min(1, c / |g_l|_2), \quad c = \mathtt{limit}

    It keeps the direction of the gradient within each layer. Pascanu, Mikolov and Bengio, 2013
    (arXiv:1211.5063), clip the norm of the whole gradient: `ClipGlobalNorm`.

    Parameters
    ----------
    limit : float > 0, default=1.0
    """

    def __init__(self, limit: float = 1.0) -> None:
        self.limit = limit

    def clip(self, grad: Array) -> None:
        slots = [slot for slot in self._layout.slots if slot.stop <= self._layout.n_trained]
        for layer in dict.fromkeys(slot.layer for slot in slots):
            own = [slot for slot in slots if slot.layer == layer]
            self._shrink([grad[:, slot.start : slot.stop] for slot in own])


class ClipGlobalNorm(Clipping):
    r"""Gradient clipping by the norm of the whole gradient of a network.

    .. math:: g \leftarrow g \min(1, c / |g|_2), \quad c = \mathtt{limit}

    It keeps the direction of the gradient. Pascanu, Mikolov and Bengio, 2013 (arXiv:1211.5063).

    Parameters
    ----------
    limit : float > 0, default=1.0
    """

    def __init__(self, limit: float = 1.0) -> None:
        self.limit = limit

    def clip(self, grad: Array) -> None:
        self._shrink([grad])
