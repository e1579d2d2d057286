"""The fully connected layer."""

from __future__ import annotations

import numpy as np

from regan.backends import Array, Backend, Kernel, add_row_sums
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.layers.layout import Parameter


def _weighted_sum_numpy(w: Array, z: Array, dz: Array, y: Array) -> None:
    np.multiply(w, z, out=y)
    y += dz


_WEIGHTED_SUM = Kernel(
    "weighted_sum", "T w, T z, T dz", "T y", "y = w * z + dz;", _weighted_sum_numpy
)


class Dense(Layer):
    r"""Dense (fully connected) layer: ``y = x W + b``.

    Parameters
    ----------
    n_units : int
        O, the number of outputs.
    gain : float, default=1.0
        Initial weights are normal with standard deviation ``gain / sqrt(I)`` (He et al., 2015,
        arXiv:1502.01852, for ``gain = sqrt(2)``); biases start at 0.

    Notes
    -----
    With ``gy`` the cotangent of y, ``dx`` a tangent of x and ``dgy`` a tangent of gy::

        forward           y = x W + b
        backward          gx = gy W^T     gW += x^T gy                gb += sum_n gy
        tangent           dy = dx W
        tangent_backward  dgx = dgy W^T   gW += x^T dgy + dx^T gy     gb += sum_n dgy
        scaled_backward   for dgy = w gy  gW += (w x + dx)^T gy       gb += sum_n w gy
    """

    piecewise_linear = True
    free = ("gain",)

    def __init__(self, n_units: int, gain: float = 1.0) -> None:
        self.n_units = n_units
        self.gain = gain

    def bind(self, ops: Backend, n_in: int) -> int:
        self.ops = ops
        self.n_in = n_in
        return self.n_units

    def parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter("W", (self.n_in, self.n_units), "weight"),
            Parameter("b", (self.n_units,), "bias"),
        )

    def init(self, params: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        params["W"][...] = rng.standard_normal(params["W"].shape) * (self.gain / self.n_in**0.5)
        params["b"][...] = 0

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        y = self.product(params, x, cache)
        y += params["b"][:, None, :]
        return y

    def product(self, params: Params, x: Array, cache: Cache) -> Array:
        """``x W`` (K, N, O), for a layer behind that adds the bias itself."""
        cache["x"] = x
        return self.ops.matmul(x, params["W"])

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        return self.backward_rows(params, gy, cache, grads, slice(None))

    def backward_rows(
        self, params: Params, gy: Array, cache: Cache, grads: Params | None, rows: slice
    ) -> Array:
        cache["gy"] = gy
        if grads is not None:
            self.ops.matmul(cache["x"], gy, ta=True, out=grads["W"], accumulate=True)
            add_row_sums(self.ops, gy, grads["b"])
        return self.ops.matmul(gy[:, rows], params["W"], tb=True)  # (K, M, I)

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        cache["dx"] = dx
        return self.ops.matmul(dx, params["W"])  # (K, N, O)

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        self.ops.matmul(cache["dx"], cache["gy"], ta=True, out=grads["W"], accumulate=True)
        if dgy is None:
            return None
        self.ops.matmul(cache["x"], dgy, ta=True, out=grads["W"], accumulate=True)
        add_row_sums(self.ops, dgy, grads["b"])
        return self.ops.matmul(dgy, params["W"], tb=True)  # (K, N, I)

    def scaled_backward(self, params: Params, weights: Array, cache: Cache, grads: Params) -> None:
        x, gy = cache["x"], cache["gy"]
        rows = self.ops.empty((*gy.shape[:2], x.shape[2]))
        if "dx" in cache:
            self.ops.run(_WEIGHTED_SUM, weights, x, cache["dx"], outs=(rows,))
        else:
            self.ops.xp.multiply(weights, x, out=rows)
        self.ops.matmul(rows, gy, ta=True, out=grads["W"], accumulate=True)
        self.ops.matmul(weights, gy, ta=True, out=grads["b"][:, None, :], accumulate=True)
