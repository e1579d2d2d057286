"""Group norm."""

from __future__ import annotations

from regan.backends import Array, Backend
from regan.layers.base import Cache, Params
from regan.layers.draws import Draws
from regan.layers.layer_norm import LayerNorm
from regan.validation import check_int


class GroupNorm(LayerNorm):
    r"""Group normalization of rows, ``y = gamma (x - mean) / sqrt(var + epsilon) + beta``.

    The columns are divided into G = `n_groups` groups of I / G neighbors. Mean and variance (with
    the divisor I / G) are those of a row over the columns of one group, in training and in
    evaluation. So rows do not affect each other. With one group, this is layer normalization.

    Wu and He, 2018 (arXiv:1803.08494).

    Parameters
    ----------
    n_groups : int >= 1, default=2
        The number of groups, a divisor of the number of columns.
    epsilon : float > 0, default=1e-5
        Added to the variance.

    Notes
    -----
    The four passes are those of `regan.layers.norm.Norm` with means over the last axis, on views
    (K, N, G, I / G) of rows and (K, G, I / G) of parameters.

    Examples
    --------
    >>> from regan.layers import GroupNorm
    >>> from regan.testing import check_layer
    >>> check_layer(GroupNorm(3), n_in=6) < 1e-6
    True
    """

    def __init__(self, n_groups: int = 2, epsilon: float = 1e-5) -> None:
        super().__init__(epsilon)
        self.n_groups = n_groups

    def bind(self, ops: Backend, n_in: int) -> int:
        n_groups = check_int(self.n_groups, "n_groups", minimum=1)
        if n_in % n_groups:
            raise ValueError(
                f"n_groups must divide the number of columns, got n_groups={n_groups} and "
                f"{n_in} columns"
            )
        return super().bind(ops, n_in)

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        params = self._in_groups(params)
        return _joined(super().forward(params, self._divided(x), cache, train=train, draws=draws))

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        params, grads = self._in_groups(params), None if grads is None else self._in_groups(grads)
        return _joined(super().backward(params, self._divided(gy), cache, grads))

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        return _joined(super().tangent(self._in_groups(params), self._divided(dx), cache))

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array:
        params, grads = self._in_groups(params), self._in_groups(grads)
        dgy = None if dgy is None else self._divided(dgy)
        return _joined(super().tangent_backward(params, dgy, cache, grads))

    def _in_groups(self, params: Params) -> Params:
        return {name: self._divided(a) for name, a in params.items()}

    def _divided(self, a: Array) -> Array:
        """`a` (..., I) as a view (..., G, I / G)."""
        return a.reshape(*a.shape[:-1], self.n_groups, self.n_in // self.n_groups)


def _joined(a: Array) -> Array:
    """`a` (..., G, I / G) as a view (..., I)."""
    return a.reshape(*a.shape[:-2], a.shape[-2] * a.shape[-1])
