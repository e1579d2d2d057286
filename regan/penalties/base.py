"""Weight penalties, the base class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.layers.layout import Layout
from regan.typing import Strength
from regan.validation import check_strength


class Penalty(BaseEstimator, ABC):
    """Base class of weight penalties R(w), on the weights w (K, W) of one network.

    Attributes
    ----------
    name : str
        The name of the penalty in `history_`.
    flat : mapping of str to str
        Arguments of the constructor, and the arguments of estimators that correspond to them. If a
        user gives the penalty by name, its strengths come from these arguments.
    order : int
        Penalties of a network with a higher order step later.
    min_hidden_layers : int
        With fewer hidden layers the penalty has no effect.
    in_gradient, in_step : bool
        After `bind`: whether the penalty acts through `add_grad`, and through `prox` or `decay`.
    """

    name: ClassVar[str]
    flat: ClassVar[Mapping[str, str]] = MappingProxyType({"alpha": "alpha"})
    order: ClassVar[int] = 0
    in_gradient: bool = True
    in_step: bool = False

    @property
    def min_hidden_layers(self) -> int:
        return 0

    @property
    def has_prox(self) -> bool:
        """Whether the penalty acts by a proximal step, at some strength; known before `bind`."""
        return self.in_step

    @abstractmethod
    def bind(self, ops: Backend, layout: Layout, *, decoupled: bool = False) -> Self:
        """A copy for training, with its strengths on the device.

        Raises ValueError for a strength that is negative or not finite. With `decoupled`, the
        optimizer takes L2 parts as weight decay.
        """

    @abstractmethod
    def value(self, w: Array) -> Array:
        """R(w), shape (K,)."""

    def gradient_value(self, w: Array) -> Array:
        """The part of R(w) whose gradient `add_grad` adds, (K,).

        Unless overridden, this is R(w) if `in_gradient` is true, else 0.
        """
        return self.value(w) * int(self.in_gradient)

    def step_value(self, w: Array) -> Array:
        """The rest of R(w), on which `prox` and `decay` act, (K,)."""
        return self.value(w) - self.gradient_value(w)

    def add_grad(self, w: Array, gw: Array) -> None:
        """Add the gradient of `gradient_value` to `gw` (K, W)."""

    def prox(self, w: Array, step: Array) -> None:
        """Replace `w` by ``argmin_u R(u) + sum_j (u_j - w_j)^2 / (2 step_j)``.

        `step` (K, W) is the step of the optimizer for each coordinate: its own metric.
        """

    def decay(self, w: Array, lr: Any) -> None:
        """Shrink `w` by the decoupled part: ``w *= max(1 - lr * l2, 0)``."""


class MatrixPenalty(Penalty):
    """A penalty on the weight matrices one by one, with one strength.

    Parameters
    ----------
    alpha : float or array-like of shape (K,), default=1e-4
        The strength, non-negative; one for all models of a population or one each.
    """

    def __init__(self, alpha: Strength = 1e-4) -> None:
        self.alpha = alpha

    def bind(self, ops: Backend, layout: Layout, *, decoupled: bool = False) -> Self:
        alpha = check_strength(self.alpha, "alpha")
        bound = copy(self)
        bound._ops, bound._layout = ops, layout
        bound._strength = ops.asarray(alpha[:, None, None])  # (K, 1, 1)
        return bound
