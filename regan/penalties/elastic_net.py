"""Elastic net and its two ends: L1, the lasso, and L2, weight decay."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self

import numpy as np

from regan.backends import Array, Backend, Kernel, squared_norm
from regan.layers.layout import Layout
from regan.penalties.base import Penalty
from regan.typing import Strength
from regan.validation import check_choice, check_strength


def _soft_threshold_numpy(
    step: Array,
    l1: Array,
    l2: Array,
    w: Array,
    size: Array | None = None,
    part: Array | None = None,
) -> None:
    size = np.abs(w, out=size)
    part = np.multiply(step, l1, out=part)
    size -= part
    np.maximum(size, 0, out=size)
    np.multiply(step, l2, out=part)
    part += 1
    size /= part
    np.copysign(size, w, out=w)


_SOFT_THRESHOLD = Kernel(
    "soft_threshold",
    "T step, T l1, T l2",
    "T w",
    "T t = fabs(w) - step * l1; w = t <= 0 ? T(0) : copysign(t / (T(1) + step * l2), w);",
    _soft_threshold_numpy,
    n_scratch=2,
)


def _add_gradient_numpy(w: Array, l2: Array, gw: Array, part: Array | None = None) -> None:
    gw += np.multiply(l2, w, out=part)


_ADD_GRADIENT = Kernel(
    "add_ridge_gradient", "T w, T l2", "T gw", "gw += l2 * w;", _add_gradient_numpy, n_scratch=1
)


def _add_subgradient_numpy(
    w: Array, l1: Array, l2: Array, gw: Array, part: Array | None = None
) -> None:
    part = np.multiply(l2, w, out=part)
    gw += part
    np.sign(w, out=part)
    part *= l1
    gw += part


_ADD_SUBGRADIENT = Kernel(
    "add_elastic_net_subgradient",
    "T w, T l1, T l2",
    "T gw",
    "gw += l2 * w; gw += w > 0 ? l1 : (w < 0 ? -l1 : T(0));",
    _add_subgradient_numpy,
    n_scratch=1,
)


class _Strengths:
    """Strengths of both parts (K, 1) on the device, and what they make of weights."""

    def __init__(self, ops: Backend, l1: np.ndarray, l2: np.ndarray) -> None:
        self._ops = ops
        self.l1, self.l2, self._half = ops.asarray(l1), ops.asarray(l2), ops.asarray(l2[:, 0] / 2)
        self.has_l1, self._has_l2 = bool(l1.any()), bool(l2.any())

    def value(self, w: Array) -> Array:
        """``l1 |w|_1 + l2 |w|_2^2 / 2``, (K,)."""
        norms = self._ops.xp.abs(w).sum(axis=-1) if self.has_l1 else None
        squares = squared_norm(self._ops, w) if self._has_l2 or norms is None else None
        if squares is not None:
            squares *= self._half
        if norms is None:
            return squares
        norms *= self.l1[:, 0]
        return norms if squares is None else norms + squares


class ElasticNet(Penalty):
    r"""Elastic net, a mixture of L1 and L2.

    .. math:: R(w) = \alpha \left( \rho |w|_1 + \frac{1 - \rho}{2} |w|_2^2 \right)

    Zou and Hastie, 2005. The textbook form :math:`a |w|_1 + b |w|_2^2` has
    :math:`a = \alpha \rho` and :math:`b = \alpha (1 - \rho) / 2`.

    Parameters
    ----------
    alpha : float or array-like of shape (K,), default=1e-4
        The strength, non-negative; one for all models of a population or one each.
    l1_ratio : float or array-like of shape (K,), default=0.5
        The mixture :math:`\rho` in [0, 1].
    method : {"prox", "subgradient"}, default="prox"
        How the penalty acts. The proximal step, in the optimizer's metric s, is
        ``w = soft(w, s a rho) / (1 + s a (1 - rho))`` and makes weights exactly zero. The
        subgradient ``a (rho sign(w) + (1 - rho) w)`` only keeps them near zero.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.backends import get_backend
    >>> from regan.layers.layout import Layout, Parameter
    >>> layout = Layout([[Parameter("W", (3,), "weight")]])
    >>> penalty = ElasticNet(alpha=1.0, l1_ratio=0.5).bind(get_backend("numpy", "float64"), layout)
    >>> w = np.array([[3.0, -0.25, 0.0]])
    >>> penalty.prox(w, np.full((1, 3), 1.0))
    >>> w.round(3) + 0.0
    array([[1.667, 0.   , 0.   ]])
    """

    name = "elasticnet"
    flat: ClassVar[Mapping[str, str]] = MappingProxyType({"alpha": "alpha", "l1_ratio": "l1_ratio"})

    def __init__(
        self,
        alpha: Strength = 1e-4,
        l1_ratio: Strength = 0.5,
        method: Literal["prox", "subgradient"] = "prox",
    ) -> None:
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.method = method

    @property
    def has_prox(self) -> bool:
        return getattr(self, "method", None) == "prox"  # L2 has none

    def _alpha_and_ratio(self) -> tuple[np.ndarray, np.ndarray]:
        """Strength and mixture, shapes (K,) or (1,)."""
        return check_strength(self.alpha, "alpha"), check_strength(
            self.l1_ratio, "l1_ratio", maximum=1
        )

    def bind(self, ops: Backend, layout: Layout, *, decoupled: bool = False) -> Self:
        alpha, ratio = np.broadcast_arrays(*(a[:, None] for a in self._alpha_and_ratio()))
        method = check_choice(getattr(self, "method", "prox"), "method", ("prox", "subgradient"))
        l1, l2 = alpha * ratio, alpha * (1 - ratio)
        # member by member: without an L1 part there is no kink, and the gradient serves
        proximal = (ratio > 0) & (method == "prox")
        coupled = np.zeros_like(l2) if decoupled else l2
        bound = copy(self)
        bound._ops = ops
        by_gradient = l1 * ~proximal, coupled * ~proximal
        bound._all = _Strengths(ops, l1, l2)
        bound._by_gradient = _Strengths(ops, *by_gradient)
        bound._by_step = _Strengths(ops, l1 - by_gradient[0], l2 - by_gradient[1])
        bound._by_prox = ops.asarray(l1 * proximal), ops.asarray(coupled * proximal)
        bound._decay = ops.asarray(l2) if decoupled else None
        bound._proximal = bool(proximal.any())
        bound.in_gradient = bool((~proximal & ((ratio > 0) | (not decoupled))).any())
        bound.in_step = bound._proximal or decoupled
        return bound

    def value(self, w: Array) -> Array:
        return self._all.value(w)

    def gradient_value(self, w: Array) -> Array:
        return self._by_gradient.value(w)

    def step_value(self, w: Array) -> Array:
        return self._by_step.value(w)

    def add_grad(self, w: Array, gw: Array) -> None:
        by = self._by_gradient
        if by.has_l1:
            self._ops.run(_ADD_SUBGRADIENT, w, by.l1, by.l2, outs=(gw,))
        else:
            self._ops.run(_ADD_GRADIENT, w, by.l2, outs=(gw,))

    def prox(self, w: Array, step: Array) -> None:
        if self._proximal:
            self._ops.run(_SOFT_THRESHOLD, step, *self._by_prox, outs=(w,))

    def decay(self, w: Array, lr: Any) -> None:
        if self._decay is not None:
            w *= self._ops.xp.maximum(1 - lr * self._decay, 0)


class L1(ElasticNet):
    r"""The L1 (lasso) penalty: weights become exactly zero.

    .. math:: R(w) = \alpha |w|_1

    Tibshirani, 1996. Elastic net with ``l1_ratio=1``.

    Parameters
    ----------
    alpha : float or array-like of shape (K,), default=1e-4
        The strength, non-negative.
    method : {"prox", "subgradient"}, default="prox"
        See `ElasticNet`.
    """

    name = "l1"
    flat = Penalty.flat

    def __init__(
        self, alpha: Strength = 1e-4, method: Literal["prox", "subgradient"] = "prox"
    ) -> None:
        self.alpha = alpha
        self.method = method

    def _alpha_and_ratio(self) -> tuple[np.ndarray, np.ndarray]:
        return check_strength(self.alpha, "alpha"), np.ones(1)


class L2(ElasticNet):
    r"""The L2 (ridge) penalty, or weight decay.

    .. math:: R(w) = \frac{\alpha}{2} |w|_2^2

    Hoerl and Kennard, 1970. Elastic net with ``l1_ratio=0``; under AdamW it is decoupled and never
    enters the gradient (Loshchilov and Hutter, 2019, arXiv:1711.05101).

    Parameters
    ----------
    alpha : float or array-like of shape (K,), default=1e-4
        The strength, non-negative.
    """

    name = "l2"
    flat = Penalty.flat

    def __init__(self, alpha: Strength = 1e-4) -> None:
        self.alpha = alpha

    def _alpha_and_ratio(self) -> tuple[np.ndarray, np.ndarray]:
        return check_strength(self.alpha, "alpha"), np.zeros(1)
