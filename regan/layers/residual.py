"""Layers with a way around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regan.backends import Array, Backend
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.layers.layout import Parameter
from regan.layers.network import Network


class Residual(Layer):
    r"""Residual block: layers with a skip connection, ``y = x P + f(x)``.

    f is the composition of `layers`. P is the identity if f keeps the width. Otherwise P is a
    weight matrix (I, O) with initial standard deviation ``1 / sqrt(I)``, without a bias. He et al.,
    2016 (arXiv:1512.03385).

    Parameters
    ----------
    layers : sequence of Layer
        Copied when this layer is bound. Their parameters are called ``"0.W"``, ``"1.gamma"``, ...

    Attributes
    ----------
    couples_samples : bool
        Whether an inner layer couples samples.
    piecewise_linear, has_tangent : bool
        Whether all inner layers are piecewise linear, or have tangent passes.

    Notes
    -----
    With f's own four passes, called by their names::

        forward           y   = x P + f(x)
        backward          gx  = gy P^T  + backward(gy)            gP += x^T gy
        tangent           dy  = dx P    + tangent(dx)
        tangent_backward  dgx = dgy P^T + tangent_backward(dgy)   gP += x^T dgy + dx^T gy
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = layers

    @property
    def couples_samples(self) -> bool:
        return any(layer.couples_samples for layer in self.layers)

    @property
    def piecewise_linear(self) -> bool:
        return all(layer.piecewise_linear for layer in self.layers)

    @property
    def uses_draws(self) -> bool:
        return any(layer.uses_draws for layer in self.layers)

    @property
    def has_tangent(self) -> bool:
        return all(layer.has_tangent for layer in self.layers)

    def bind(self, ops: Backend, n_in: int) -> int:
        if not self.layers or not all(isinstance(layer, Layer) for layer in self.layers):
            raise TypeError(f"layers must be a sequence of at least one Layer, got {self.layers!r}")
        self.ops = ops
        self.network: Network = Network(self.layers, n_in, ops)
        return self.network.n_out

    def parameters(self) -> tuple[Parameter, ...]:
        n_in, n_out = self.network.n_in, self.network.n_out
        inner = (
            Parameter(
                f"{slot.layer}.{slot.parameter.name}", slot.parameter.shape, slot.parameter.kind
            )
            for slot in self.network.layout.slots
        )
        return *inner, *((Parameter("P", (n_in, n_out), "weight"),) if n_in != n_out else ())

    def init(self, params: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        for layer, own in zip(self.network.layers, self._inner(params), strict=True):
            layer.init(own, rng)
        if "P" in params:
            params["P"][...] = rng.standard_normal(params["P"].shape) / self.network.n_in**0.5

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        cache["x"] = x
        inner = self._inner(params)
        y, cache["inner"] = self.network.forward(inner, x, train=train, draws=draws)
        return y + self._around(params, x)

    def calibrate(self, params: Params, cache: Cache) -> None:
        inner = zip(self.network.layers, self._inner(params), cache["inner"], strict=True)
        for layer, own, own_cache in inner:
            layer.calibrate(own, own_cache)

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        cache["gy"] = gy
        inner_grads = None if grads is None else self._inner(grads)
        gx = self.network.backward(self._inner(params), gy, cache["inner"], inner_grads)
        if grads is not None:
            self._add(grads, cache["x"], gy)
        return gx + self._back(params, gy)

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        cache["dx"] = dx
        dy = self.network.tangent(self._inner(params), dx, cache["inner"])
        return dy + self._around(params, dx)

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        inner = self._inner(params), dgy, cache["inner"], self._inner(grads)
        dgx = self.network.tangent_backward(*inner)
        self._add(grads, cache["dx"], cache["gy"])
        if dgy is None:
            return dgx
        self._add(grads, cache["x"], dgy)
        around = self._back(params, dgy)
        return around if dgx is None else dgx + around

    @property
    def has_scaled_backward(self) -> bool:
        # wherever the inner layers' weights are, all of them see the scaled signal
        return all(layer.has_scaled_backward for layer in self.network.layers)

    def scaled_backward(self, params: Params, weights: Array, cache: Cache, grads: Params) -> None:
        inner = self._inner(params), weights, cache["inner"], self._inner(grads)
        self.network.scaled_backward(*inner)
        self._add(grads, weights * cache["x"] + cache.get("dx", 0), cache["gy"])

    def _inner(self, params: Params) -> list[Params]:
        """The inner layers' arrays, layer by layer, by their own names."""
        inner: list[Params] = [{} for _ in self.network.layers]
        for name, array in params.items():
            layer, dot, own = name.partition(".")
            if dot:
                inner[int(layer)][own] = array
        return inner

    def _around(self, params: Params, x: Array) -> Array:
        return self.ops.matmul(x, params["P"]) if "P" in params else x

    def _back(self, params: Params, gy: Array) -> Array:
        return self.ops.matmul(gy, params["P"], tb=True) if "P" in params else gy

    def _add(self, grads: Params, x: Array, gy: Array) -> None:
        if "P" in grads:
            self.ops.matmul(x, gy, ta=True, out=grads["P"], accumulate=True)
