"""Dropout."""

from __future__ import annotations

import numpy as np

from regan.backends import Array, Backend, Kernel
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.validation import check_real


def _mask_numpy(u: Array, rate: float, mask: Array) -> None:
    np.greater_equal(u, rate, out=mask)
    mask /= 1 - rate


_MASK = Kernel(
    "dropout_mask",
    "T u, T rate",
    "T mask",
    "mask = u < rate ? T(0) : T(1) / (T(1) - rate);",
    _mask_numpy,
)


class Dropout(Layer):
    r"""Dropout: random zeros in training, ``y = x * mask``; the identity in evaluation.

    Parameters
    ----------
    rate : float in [0, 1), default=0.2
        The probability of a zero. All other values are divided by ``1 - rate``, which keeps means.

    Notes
    -----
    ``mask`` (1, N, I) has the entries 0 and ``1 / (1 - rate)``. All K models share it, and so do
    the four passes of a batch::

        forward           y   = x mask
        backward          gx  = gy mask
        tangent           dy  = dx mask
        tangent_backward  dgx = dgy mask

    Srivastava et al., 2014.
    """

    piecewise_linear = True
    unitwise = True
    uses_draws = True
    free = ("rate",)

    def __init__(self, rate: float = 0.2) -> None:
        self.rate = rate

    def bind(self, ops: Backend, n_in: int) -> int:
        check_real(self.rate, "rate", minimum=0, maximum=1, open_maximum=True)
        self.ops = ops
        return n_in

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        cache["mask"] = None
        if train and draws is not None:
            u = draws.uniform("mask", (1, *x.shape[1:]))
            cache["mask"] = self.ops.empty(u.shape)
            self.ops.run(_MASK, u, float(self.rate), outs=(cache["mask"],))
        return self._apply(x, cache)

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        return self._apply(gy, cache)

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        return self._apply(dx, cache)

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        return None if dgy is None else self._apply(dgy, cache)

    def _apply(self, a: Array, cache: Cache) -> Array:
        return a if cache["mask"] is None else a * cache["mask"]
