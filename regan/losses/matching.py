r"""Data terms for the generator, in addition to the adversarial loss.

Each term compares a batch of generated rows with a batch of data. All have the form
:math:`R = \frac{w}{2} |\cdot|^2`, with the factor 1/2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import Any, ClassVar, Literal, Self

from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.typing import Strength
from regan.validation import check_int, check_strength


class Matching(BaseEstimator, ABC):
    """Base class of data terms for the generator, R(fake; real).

    Attributes
    ----------
    name : str
        The name of the term in `history_`.
    on_features : bool
        Whether the term compares activations of the discriminator's last hidden layer, not rows.
    couples_samples : bool
        Whether the term is not a mean over rows. Ranks that share a minibatch refuse it then.
    """

    name: ClassVar[str]
    on_features: ClassVar[bool] = False
    couples_samples: ClassVar[bool] = False
    weight: Any
    strength: Array

    def bind(self, ops: Backend) -> Self:
        """A copy for training. ValueError for a weight that is negative or not finite."""
        bound = copy(self)
        bound._ops = ops
        bound.strength = ops.asarray(check_strength(self.weight, "weight"))  # (K,)
        return bound

    @abstractmethod
    def value_and_grad(self, real: Array, fake: Array) -> tuple[Array, Array]:
        """R (K,) and its gradient (K, N, D) with respect to `fake`; real : (K, N, D)."""


class MatchRows(Matching):
    r"""Mean squared error between generated rows and data rows, pair by pair.

    .. math:: R = \frac{w}{2 N} \sum_i |G(z_i) - x_i|^2

    The textbook form. The rows of a pair are unrelated, so the minimum of this term is the mean of
    the data for each z. It keeps the generator near the data, and it reduces diversity. See
    `MatchMoments`.

    Parameters
    ----------
    weight : float or array-like of shape (K,), default=0.1
        The strength w, non-negative.
    """

    name = "matching_rows"

    def __init__(self, weight: Strength = 0.1) -> None:
        self.weight = weight

    def value_and_grad(self, real: Array, fake: Array) -> tuple[Array, Array]:
        off = fake - real
        half = 0.5 * (off * off).sum(axis=-1).mean(axis=-1)
        return self.strength * half, self.strength[:, None, None] * off / fake.shape[1]


class MatchMoments(Matching):
    r"""Moment matching: squared distance between moments of generated rows and of the data.

    .. math::

        R = \frac{w}{2} \left( |m - \hat m|^2 + |M - \hat M|_F^2 \right), \qquad
        m = \frac1N \sum_i G(z_i), \quad M = \frac1N \sum_i G(z_i) G(z_i)^T

    and :math:`\hat m, \hat M` of the data. Li, Swersky and Zemel, 2015 (arXiv:1502.02761) match all
    moments by a kernel; this term matches the first two.

    Parameters
    ----------
    weight : float or array-like of shape (K,), default=0.1
        The strength w, non-negative.
    order : {1, 2}, default=2
        With 1, the term compares only means.
    """

    name = "matching_moments"
    couples_samples = True

    def __init__(self, weight: Strength = 0.1, order: Literal[1, 2] = 2) -> None:
        self.weight = weight
        self.order = order

    def bind(self, ops: Backend) -> Self:
        if check_int(self.order, "order", minimum=1) > 2:
            raise ValueError(f"order must be 1 or 2, got {self.order!r}")
        return super().bind(ops)

    def value_and_grad(self, real: Array, fake: Array) -> tuple[Array, Array]:
        n = fake.shape[1]
        off = fake.mean(axis=1) - real.mean(axis=1)  # (K, D)
        value = 0.5 * (off * off).sum(axis=-1)
        slope = self._ops.xp.broadcast_to(off[:, None, :], fake.shape)
        if self.order == 2:
            products = [self._ops.matmul(rows, rows, ta=True) for rows in (fake, real)]
            gap = (products[0] - products[1]) / n  # (K, D, D), symmetric
            value = value + 0.5 * (gap * gap).sum(axis=(-2, -1))
            slope = slope + 2 * self._ops.matmul(fake, gap)
        return self.strength * value, self.strength[:, None, None] * slope / n


class MatchFeatures(Matching):
    r"""Feature matching: equal mean activations of the discriminator's last hidden layer.

    .. math:: R = \frac{w}{2} \left| \frac1N \sum_i f(G(z_i)) - \frac1N \sum_i f(x_i) \right|^2

    Salimans et al., 2016 (arXiv:1606.03498).

    Parameters
    ----------
    weight : float or array-like of shape (K,), default=0.1
        The strength w, non-negative.
    """

    name = "matching_features"
    on_features = True
    couples_samples = True

    def __init__(self, weight: Strength = 0.1) -> None:
        self.weight = weight

    def value_and_grad(self, real: Array, fake: Array) -> tuple[Array, Array]:
        off = fake.mean(axis=1) - real.mean(axis=1)  # (K, D)
        slope = self._ops.xp.broadcast_to(off[:, None, :], fake.shape) / fake.shape[1]
        half = 0.5 * (off * off).sum(axis=-1)
        return self.strength * half, self.strength[:, None, None] * slope
