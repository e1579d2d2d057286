"""Elementwise activations: one layer, and a table of functions with their two derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import pi, sqrt
from typing import Any

import numpy as np
from scipy.special import erf, expit

from regan.backends import Array, Backend, Kernel
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.typing import ActivationName

_LEAK = 0.2


@dataclass(frozen=True)
class Function:
    """Activation function with its first and second derivative, for NumPy and in C++.

    Parameters
    ----------
    name : str
    f, df, ddf : callable
        ``f(z, out)`` writes the value (the slope, the curvature) at `z` to `out`.
    cpp : tuple of three str
        The same three functions as C++ expressions in ``T z``, in the subset of C++ that a `Kernel`
        allows.
    gain : float
        The factor on initial weights that keeps the scale of activations: ``1 / sqrt(E[f(z)^2])``
        for standard normal z.
    """

    name: ActivationName
    f: Callable[[Array, Array], Any]
    df: Callable[[Array, Array], Any]
    ddf: Callable[[Array, Array], Any] | None
    cpp: tuple[str, str, str]
    gain: float

    @property
    def piecewise_linear(self) -> bool:
        return self.ddf is None

    @cached_property
    def value(self) -> Kernel:
        """y = f(z)."""
        return Kernel(f"{self.name}_value", "T z", "T y", f"y = {self.cpp[0]};", numpy=self.f)

    @cached_property
    def biased(self) -> Kernel:
        """z += b, y = f(z)."""

        def add(b: Array, z: Array, y: Array) -> None:
            z += b
            self.f(z, y)

        return Kernel(f"{self.name}_biased", "T b", "T z, T y", f"z += b; y = {self.cpp[0]};", add)

    @cached_property
    def sloped(self) -> Kernel:
        """d = f'(z), gz = d gy."""

        def multiply(z: Array, gy: Array, d: Array, gz: Array) -> None:
            self.df(z, d)
            np.multiply(d, gy, out=gz)

        text = f"d = {self.cpp[1]}; gz = d * gy;"
        return Kernel(f"{self.name}_sloped", "T z, T gy", "T d, T gz", text, multiply)

    @cached_property
    def slope(self) -> Kernel:
        """d = f'(z)."""
        return Kernel(f"{self.name}_slope", "T z", "T d", f"d = {self.cpp[1]};", self.df)

    @cached_property
    def curvature(self) -> Kernel:
        """dgz += f''(z) dz gy."""
        ddf = self.ddf
        assert ddf is not None

        def add(z: Array, dz: Array, gy: Array, dgz: Array) -> None:
            c = np.empty_like(z)
            ddf(z, c)
            dgz += c * dz * gy

        text = f"dgz += ({self.cpp[2]}) * dz * gy;"
        return Kernel(f"{self.name}_curvature", "T z, T dz, T gy", "T dgz", text, add)


def _leaky_relu(z: Array, out: Array) -> None:
    np.multiply(z, _LEAK, out=out)
    np.maximum(z, out, out=out)


def _leaky_relu_slope(z: Array, out: Array) -> None:
    np.greater(z, 0, out=out)
    out *= 1 - _LEAK
    out += _LEAK


def _tanh_slope(z: Array, out: Array) -> None:
    np.tanh(z, out=out)
    np.subtract(1, out * out, out=out)


def _tanh_curvature(z: Array, out: Array) -> None:
    np.tanh(z, out=out)
    np.multiply(-2 * out, 1 - out * out, out=out)


def _sigmoid_slope(z: Array, out: Array) -> None:
    expit(z, out=out)
    out -= out * out


def _sigmoid_curvature(z: Array, out: Array) -> None:
    expit(z, out=out)
    np.multiply(out * (1 - out), 1 - 2 * out, out=out)


def _elu(z: Array, out: Array) -> None:
    np.expm1(np.minimum(z, 0), out=out)
    np.copyto(out, z, where=z > 0)


def _elu_slope(z: Array, out: Array) -> None:
    np.exp(np.minimum(z, 0), out=out)


def _elu_curvature(z: Array, out: Array) -> None:
    np.exp(np.minimum(z, 0), out=out)
    out *= z <= 0


def _silu_slope(z: Array, out: Array) -> None:
    s = expit(z)
    np.multiply(s, 1 + z * (1 - s), out=out)


def _silu_curvature(z: Array, out: Array) -> None:
    s = expit(z)
    np.multiply(s * (1 - s), 2 + z * (1 - 2 * s), out=out)


def _gelu(z: Array, out: Array) -> None:
    np.multiply(0.5 * z, 1 + erf(z / sqrt(2)), out=out)


def _normal_density(z: Array) -> Array:
    return np.exp(-0.5 * z * z) / sqrt(2 * pi)


def _gelu_slope(z: Array, out: Array) -> None:
    np.add(0.5 * (1 + erf(z / sqrt(2))), z * _normal_density(z), out=out)


def _gelu_curvature(z: Array, out: Array) -> None:
    np.multiply(_normal_density(z), 2 - z * z, out=out)


_CPP_SIGMOID = "(T(1) / (T(1) + exp(-z)))"
_CPP_DENSITY = "(exp(T(-0.5) * z * z) * T(0.3989422804014327))"
_CPP_CDF = "(T(0.5) * (T(1) + erf(z * T(0.7071067811865476))))"

# Gains without a closed form are from quadrature; a test computes them again.
ACTIVATIONS: dict[ActivationName, Function] = {
    function.name: function
    for function in (
        Function(
            "leaky_relu",
            f=_leaky_relu,
            df=_leaky_relu_slope,
            ddf=None,
            cpp=("z > 0 ? z : T(0.2) * z", "z > 0 ? T(1) : T(0.2)", "T(0)"),
            gain=sqrt(2 / (1 + _LEAK**2)),
        ),
        Function(
            "relu",
            f=lambda z, out: np.maximum(z, 0, out=out),
            df=lambda z, out: np.greater(z, 0, out=out),
            ddf=None,
            cpp=("z <= 0 ? T(0) : z", "z > 0 ? T(1) : T(0)", "T(0)"),
            gain=sqrt(2),
        ),
        Function(
            "tanh",
            f=lambda z, out: np.tanh(z, out=out),
            df=_tanh_slope,
            ddf=_tanh_curvature,
            cpp=(
                "tanh(z)",
                "T(1) - tanh(z) * tanh(z)",
                "T(-2) * tanh(z) * (T(1) - tanh(z) * tanh(z))",
            ),
            gain=1.5925374197228312,
        ),
        Function(
            "sigmoid",
            f=lambda z, out: expit(z, out=out),
            df=_sigmoid_slope,
            ddf=_sigmoid_curvature,
            cpp=(
                _CPP_SIGMOID,
                f"{_CPP_SIGMOID} * (T(1) - {_CPP_SIGMOID})",
                f"{_CPP_SIGMOID} * (T(1) - {_CPP_SIGMOID}) * (T(1) - T(2) * {_CPP_SIGMOID})",
            ),
            gain=1.8462285453386054,
        ),
        Function(
            "softplus",
            f=lambda z, out: np.logaddexp(0, z, out=out),
            df=lambda z, out: expit(z, out=out),
            ddf=_sigmoid_slope,
            cpp=(
                "(z > 0 ? z : T(0)) + log1p(exp(-fabs(z)))",
                _CPP_SIGMOID,
                f"{_CPP_SIGMOID} * (T(1) - {_CPP_SIGMOID})",
            ),
            gain=1.0418668355353018,
        ),
        Function(
            "elu",
            f=_elu,
            df=_elu_slope,
            ddf=_elu_curvature,
            cpp=(
                "z > 0 ? z : expm1(z)",
                "z > 0 ? T(1) : exp(z)",
                "z > 0 ? T(0) : exp(z)",
            ),
            gain=1.2451983007007064,
        ),
        Function(
            "silu",
            f=lambda z, out: np.multiply(z, expit(z), out=out),
            df=_silu_slope,
            ddf=_silu_curvature,
            cpp=(
                f"z * {_CPP_SIGMOID}",
                f"{_CPP_SIGMOID} * (T(1) + z * (T(1) - {_CPP_SIGMOID}))",
                f"{_CPP_SIGMOID} * (T(1) - {_CPP_SIGMOID})"
                f" * (T(2) + z * (T(1) - T(2) * {_CPP_SIGMOID}))",
            ),
            gain=1.676532470331091,
        ),
        Function(
            "gelu",
            f=_gelu,
            df=_gelu_slope,
            ddf=_gelu_curvature,
            cpp=(
                f"z * {_CPP_CDF}",
                f"{_CPP_CDF} + z * {_CPP_DENSITY}",
                f"{_CPP_DENSITY} * (T(2) - z * z)",
            ),
            gain=1.533530441195535,
        ),
    )
}


class Activation(Layer):
    r"""Activation function, elementwise: ``y = f(z)``.

    Parameters
    ----------
    function : str
        A key of `ACTIVATIONS`: leaky_relu (slope 0.2), relu, tanh, sigmoid, softplus, elu, silu
        or gelu (exact, not approximated).

    Notes
    -----
    ::

        forward           y   = f(z)
        backward          gz  = f'(z) gy
        tangent           dy  = f'(z) dz
        tangent_backward  dgz = f'(z) dgy + f''(z) dz gy
    """

    unitwise = True

    def __init__(self, function: ActivationName) -> None:
        self.function = function

    def bind(self, ops: Backend, n_in: int) -> int:
        self.ops = ops
        return n_in

    @property
    def row(self) -> Function:
        """The row of the table."""
        if self.function not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation={self.function!r} is not known; choose one of: {known}")
        return ACTIVATIONS[self.function]

    @property
    def weight_gain(self) -> float:
        return self.row.gain

    @property
    def piecewise_linear(self) -> bool:
        return self.row.piecewise_linear

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        cache["z"] = x
        y = self.ops.empty(x.shape)
        self.ops.run(self.row.value, x, outs=(y,))
        return y

    def forward_biased(self, z: Array, b: Array, cache: Cache) -> Array:
        """`forward` of ``z + b`` for a bias (K, N or 1, O), which is added to `z` in place."""
        cache["z"] = z
        y = self.ops.empty(z.shape)
        self.ops.run(self.row.biased, b, outs=(z, y))
        return y

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        cache["gy"] = gy
        return self._times_slope(gy, cache)

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        cache["dz"] = dx
        return self._times_slope(dx, cache)

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        if self.piecewise_linear:
            return None if dgy is None else self._slope(cache) * dgy
        dgz = self.ops.zeros(cache["gy"].shape) if dgy is None else self._slope(cache) * dgy
        self.ops.run(self.row.curvature, cache["z"], cache["dz"], cache["gy"], outs=(dgz,))
        return dgz

    def _times_slope(self, a: Array, cache: Cache) -> Array:
        z = cache["z"]
        if "slope" not in cache and a.shape == z.shape:
            cache["slope"], product = self.ops.empty(z.shape), self.ops.empty(z.shape)
            self.ops.run(self.row.sloped, z, a, outs=(cache["slope"], product))
            return product
        slope = self._slope(cache)
        shape = (max(a.shape[0], slope.shape[0]), *a.shape[1:])
        return self.ops.xp.multiply(slope, a, out=self.ops.empty(shape))

    def _slope(self, cache: Cache) -> Array:
        """f'(z), shared by the passes that follow the forward one."""
        if "slope" not in cache:
            cache["slope"] = self.ops.empty(cache["z"].shape)
            self.ops.run(self.row.slope, cache["z"], outs=(cache["slope"],))
        return cache["slope"]
