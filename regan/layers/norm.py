"""Normalization layers: the four passes, for means over one axis or another."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from regan.backends import Array, Backend
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.layers.layout import Parameter
from regan.validation import check_real


class Norm(Layer):
    r"""``y = gamma xh + beta`` with ``xh = inv (x - mean)`` and ``inv = (var + epsilon)^(-1/2)``.

    Parameters
    ----------
    epsilon : float > 0, default=1e-5

    Attributes
    ----------
    axis : int
        The axis of x (K, N, I) over which means are taken.

    Notes
    -----
    With ``<.>`` the mean over `axis`, ``g = gamma gy``, ``dg = gamma dgy``, ``dxc = dx - <dx>``::

        backward          gx  = inv (g - <g> - xh <g xh>)
                          ggamma += sum_n gy xh                 gbeta += sum_n gy
        tangent           dxh = inv dxc - xh m                  m = inv <xh dxc>
                          dy  = gamma dxh
        tangent_backward  dgx = inv (dg - <dg> - dxh <g xh> - xh <dg xh + g dxh>) - m gx
                          ggamma += sum_n (dxh gy + xh dgy)     gbeta += sum_n dgy

    Nothing is divided by gamma, so units with gamma = 0 are exact. Where mean and variance are
    constants, only ``gx = inv g``, ``dxh = inv dx`` and ``dgx = inv dg`` remain of the first lines.
    """

    axis: ClassVar[int]
    free = ("epsilon",)

    def __init__(self, epsilon: float = 1e-5) -> None:
        self.epsilon = epsilon

    def bind(self, ops: Backend, n_in: int) -> int:
        check_real(self.epsilon, "epsilon", minimum=0, open_minimum=True)
        self.ops = ops
        self.n_in = n_in
        return n_in

    def parameters(self) -> tuple[Parameter, ...]:
        shape = (self.n_in,)
        return Parameter("gamma", shape, "bias"), Parameter("beta", shape, "bias")

    def init(self, params: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        params["gamma"][...] = 1
        params["beta"][...] = 0

    @abstractmethod
    def constants(self, params: Params, train: bool) -> tuple[Array, Array] | None:
        """The mean and the variance to use, to broadcast against x; None for those of x itself."""

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        constants = self.constants(params, train)
        cache["constant"] = constants is not None
        mean, var = constants or self._moments(x)
        inv = 1 / self.ops.xp.sqrt(var + float(self.epsilon))
        xh = (x - mean) * inv
        cache.update(mean=mean, var=var, inv=inv, xh=xh)
        return params["gamma"][:, None] * xh + params["beta"][:, None]  # (K, N, I)

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        cache["gy"] = gy
        inv, xh, g = cache["inv"], cache["xh"], params["gamma"][:, None] * gy
        if grads is not None:
            grads["gamma"] += (gy * xh).sum(axis=1)
            grads["beta"] += gy.sum(axis=1)
        if cache["constant"]:
            return inv * g
        cache["gx"] = inv * (g - self._mean(g) - xh * self._mean(g * xh))
        return cache["gx"]

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        inv, xh = cache["inv"], cache["xh"]
        if cache["constant"]:
            cache["dxh"] = inv * dx
        else:
            dxc = dx - self._mean(dx)
            cache["m"] = inv * self._mean(xh * dxc)
            cache["dxh"] = inv * dxc - xh * cache["m"]
        return params["gamma"][:, None] * cache["dxh"]

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        gy, xh, dxh = cache["gy"], cache["xh"], cache["dxh"]
        grads["gamma"] += (dxh * gy).sum(axis=1)
        if dgy is not None:
            grads["gamma"] += (dgy * xh).sum(axis=1)
            grads["beta"] += dgy.sum(axis=1)
        if cache["constant"]:
            return None if dgy is None else cache["inv"] * params["gamma"][:, None] * dgy
        return self._second(params, dgy, cache)

    def _second(self, params: Params, dgy: Array | None, cache: Cache) -> Array:
        """dgx where mean and variance depend on x."""
        gamma, xh, dxh = params["gamma"][:, None], cache["xh"], cache["dxh"]
        g = gamma * cache["gy"]
        inner, mixed = -dxh * self._mean(g * xh), self._mean(g * dxh)
        if dgy is not None:
            dg = gamma * dgy
            inner += dg - self._mean(dg)
            mixed = mixed + self._mean(dg * xh)
        return cache["inv"] * (inner - xh * mixed) - cache["m"] * cache["gx"]

    def _moments(self, x: Array) -> tuple[Array, Array]:
        mean = self._mean(x)
        centred = x - mean
        return mean, self._mean(centred * centred)

    def _mean(self, a: Array) -> Array:
        return a.mean(axis=self.axis, keepdims=True)
