r"""Activity penalties: on the output of a network, on its hidden activations, or on both.

Activity penalties act through the gradient: their derivative with respect to the activations
:math:`a` enters the backward pass as a cotangent. They take the mean over the rows of a batch, and
the sum over the units of a row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import ClassVar, Literal, Self

from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.typing import Strength
from regan.validation import check_choice, check_strength


class ActivityPenalty(BaseEstimator, ABC):
    """Base class of an activity penalty R(a), on activations a (K, N, O).

    Parameters
    ----------
    strength : float or array-like of shape (K,), default=1e-3
        The strength, non-negative; one for all models of a population or one each.
    where : {"output", "hidden", "both"}, default="output"
        The penalized activations: those of the last layer, of the hidden layers, or of all layers.
        The terms of several layers are added.

    Attributes
    ----------
    name : str
        The name of the penalty in `history_`.
    on_output, on_hidden : bool
        After `bind`: where the penalty acts.
    couples_samples : bool
        Whether the penalty is not a mean over rows. Ranks that share a minibatch refuse it then.
    """

    name: ClassVar[str]
    couples_samples: ClassVar[bool] = False
    on_output: bool
    on_hidden: bool

    def __init__(
        self, strength: Strength = 1e-3, where: Literal["output", "hidden", "both"] = "output"
    ) -> None:
        self.strength = strength
        self.where = where

    def bind(self, ops: Backend) -> Self:
        """A copy for training, with its strengths on the device.

        Raises ValueError for a strength that is negative or not finite, or an unknown `where`.
        """
        where = check_choice(self.where, "where", ("output", "hidden", "both"))
        bound = copy(self)
        bound._ops = ops
        strength = check_strength(self.strength, "strength")
        bound._strength = ops.asarray(strength[:, None, None])  # (K, 1, 1)
        bound.on_output = where in ("output", "both")
        bound.on_hidden = where in ("hidden", "both")
        return bound

    @property
    def min_hidden_layers(self) -> int:
        """With fewer hidden layers than these it has no effect."""
        return 1 if self.where == "hidden" else 0

    @abstractmethod
    def value_and_grad(self, a: Array) -> tuple[Array, Array]:
        """R(a) (K,) and its gradient (K, N, O) at the activations of one layer.

        a : (K, N, O), or (1, N, O) where all models share them.
        """


class L1Activity(ActivityPenalty):
    r"""L1 penalty on activations: few of them are far from zero.

    .. math:: R(a) = \frac{\lambda}{N} \sum_i |a_i|_1, \quad \lambda = \mathtt{strength}

    At 0 the subgradient is 0.

    Parameters
    ----------
    strength : float or array-like of shape (K,), default=1e-3
        Non-negative.
    where : {"output", "hidden", "both"}, default="output"
        See `ActivityPenalty`.
    """

    name = "activity_l1"

    def value_and_grad(self, a: Array) -> tuple[Array, Array]:
        xp, scale = self._ops.xp, self._strength / a.shape[1]
        value = scale[:, 0, 0] * xp.abs(a).sum(axis=(1, 2))
        return value, scale * xp.sign(a)


class L2Activity(ActivityPenalty):
    r"""L2 penalty on activations: they stay small.

    .. math:: R(a) = \frac{\lambda}{2 N} \sum_i |a_i|_2^2, \quad \lambda = \mathtt{strength}

    Parameters
    ----------
    strength : float or array-like of shape (K,), default=1e-3
        Non-negative.
    where : {"output", "hidden", "both"}, default="output"
        See `ActivityPenalty`.
    """

    name = "activity_l2"

    def value_and_grad(self, a: Array) -> tuple[Array, Array]:
        scale = self._strength / a.shape[1]
        value = 0.5 * scale[:, 0, 0] * (a * a).sum(axis=(1, 2))
        return value, scale * a
