r"""Penalties on the gradient of the discriminator with respect to its inputs.

The convention everywhere: :math:`R = \gamma \frac1N \sum_i \phi(\nabla_x D(x_i))` with
:math:`\phi(g) = \frac12 |g|^2` for the zero-centred ones, so the factor 1/2 is inside.

One routine serves all (`accumulate`). With :math:`g_i = \nabla_x D(x_i)` and
:math:`u_i = \gamma \phi'(g_i) / N` held constant,

.. math::

    \nabla_\theta R = \left.\frac{d}{d\epsilon}\right|_{0}
    \nabla_\theta \sum_i D(x_i + \epsilon u_i),

the derivative of a backward pass along a tangent (Pearlmutter, 1994).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.layers.base import Cache, Params
from regan.network import Network
from regan.validation import check_strength


def accumulate(
    network: Network,
    params: list[Params],
    caches: list[Cache],
    u: Array,
    weights: Array | None,
    grads: list[Params],
) -> None:
    r"""Add :math:`\nabla_\theta \sum_i [ u_i \cdot \nabla_x D(x_i) + w_i D(x_i) ]` to `grads`.

    u : (K, N, D), held constant; weights w : (K, N, 1) or None for zero. The last backward pass on
    `caches` must have been the one with seed 1. Its signals are reweighted: the loss's gradient
    rides along with the penalty's, and costs no backward pass of its own.
    """
    network.tangent(params, u, caches)
    network.tangent_backward(params, weights, caches, grads)


class GradientPenalty(BaseEstimator, ABC):
    r"""A penalty on :math:`g_i = \nabla_x D(x_i)` over one block of points or several.

    Attributes
    ----------
    blocks : dict of str to str
        Where it acts, ``"real"`` or ``"fake"``, and what its term there is called in `history_`.
    """

    blocks: ClassVar[dict[str, str]]
    gamma: Any
    strength: Array

    def bind(self, ops: Backend) -> Self:
        """A copy for training. ValueError for a strength that is negative or not finite."""
        bound = copy(self)
        bound.strength = ops.asarray(check_strength(self.gamma, "gamma")[:, None])  # (K, 1)
        return bound

    @abstractmethod
    def potential(self, g: Array) -> tuple[Array, Array]:
        """phi (K, N) and its gradient (K, N, D) at the input gradients `g` (K, N, D)."""


class _ZeroCentred(GradientPenalty):
    def __init__(self, gamma: Any = 0.3) -> None:
        self.gamma = gamma

    def potential(self, g: Array) -> tuple[Array, Array]:
        return 0.5 * (g * g).sum(axis=-1), g


class R1(_ZeroCentred):
    r"""Zero-centred gradient penalty on the data.

    .. math:: R_1 = \frac{\gamma}{2 N} \sum_i |\nabla_x D(x_i)|^2

    Mescheder, Geiger and Nowozin, 2018 (arXiv:1801.04406).

    Parameters
    ----------
    gamma : float or array-like of shape (K,), default=0.3
        The strength, non-negative. It depends on the scale of the data: here columns are
        standardised unless told otherwise.
    """

    blocks: ClassVar[dict[str, str]] = {"real": "r1"}


class R2(_ZeroCentred):
    r"""Zero-centred gradient penalty on generated rows.

    .. math:: R_2 = \frac{\gamma}{2 N} \sum_i |\nabla_x D(G(z_i))|^2

    Mescheder, Geiger and Nowozin, 2018 (arXiv:1801.04406). The generator does not see it.

    Parameters
    ----------
    gamma : float or array-like of shape (K,), default=0.3
        The strength, non-negative.
    """

    blocks: ClassVar[dict[str, str]] = {"fake": "r2"}


class R1R2(_ZeroCentred):
    r"""R1 and R2 together, with one strength: ``R = R1 + R2``.

    Training converges where R1 alone diverges (Huang et al., 2024, arXiv:2501.05441).

    Parameters
    ----------
    gamma : float or array-like of shape (K,), default=0.3
        The strength of each, non-negative.
    """

    blocks: ClassVar[dict[str, str]] = {"real": "r1", "fake": "r2"}
