"""A layer with columns that go past it."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone

from regan.backends import Array, Backend
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.layers.layout import Parameter


class Beside(Layer):
    r"""Apply a layer to the first columns and keep the last columns: ``y = [f(x_1), x_2]``.

    For side inputs such as labels, which a layer for noise or data must not change.

    Parameters
    ----------
    layer : Layer
        f; copied when this layer is bound.
    n_side : int
        The number of columns at the end that stay unchanged.

    Notes
    -----
    Each pass is f's on the first columns and the identity on the last.
    """

    def __init__(self, layer: Layer, n_side: int) -> None:
        self.layer = layer
        self.n_side = n_side

    @property
    def couples_samples(self) -> bool:
        return self.layer.couples_samples

    @property
    def piecewise_linear(self) -> bool:
        return self.layer.piecewise_linear

    @property
    def uses_draws(self) -> bool:
        return self.layer.uses_draws

    @property
    def has_tangent(self) -> bool:
        return self.layer.has_tangent

    def bind(self, ops: Backend, n_in: int) -> int:
        self.ops = ops
        self._inner: Layer = clone(self.layer)
        self._n_out: int = self._inner.bind(ops, n_in - self.n_side)
        self._n_in = n_in - self.n_side
        n_out: int = self._n_out + self.n_side
        return n_out

    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(self._inner.parameters())

    def init(self, params: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        self._inner.init(params, rng)

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        own = None if draws is None else draws.within("inner")
        cache["inner"] = {}
        y = self._inner.forward(
            params, x[..., : self._n_in], cache["inner"], train=train, draws=own
        )
        return self._joined(y, x[..., self._n_in :])

    def calibrate(self, params: Params, cache: Cache) -> None:
        self._inner.calibrate(params, cache["inner"])

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        gx = self._inner.backward(params, gy[..., : self._n_out], cache["inner"], grads)
        return self._joined(gx, gy[..., self._n_out :])

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        dy = self._inner.tangent(params, dx[..., : self._n_in], cache["inner"])
        return self._joined(dy, dx[..., self._n_in :])

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        own = None if dgy is None else dgy[..., : self._n_out]
        dgx = self._inner.tangent_backward(params, own, cache["inner"], grads)
        if dgx is None:
            return (
                None
                if dgy is None
                else self._joined(
                    self.ops.zeros((*dgy.shape[:2], self._n_in)), dgy[..., self._n_out :]
                )
            )
        if dgy is None:
            return self._joined(dgx, self.ops.zeros((*dgx.shape[:2], self.n_side)))
        return self._joined(dgx, dgy[..., self._n_out :])

    def _joined(self, a: Array, side: Array) -> Array:
        side = self.ops.xp.broadcast_to(side, (a.shape[0], *side.shape[1:]))
        return self.ops.xp.concatenate([a, side], axis=-1)
