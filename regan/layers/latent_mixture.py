"""A mixture of narrow Gaussians in the place of one wide one, as the generator's first layer."""

from __future__ import annotations

import numpy as np

from regan.backends import Array, Backend
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.layers.layout import Parameter
from regan.layers.normal_cdf import NORMAL_CDF
from regan.validation import check_int, check_real


class LatentMixture(Layer):
    r"""Latent mixture of narrow Gaussians, ``y = center_c + spread (z_1, ..., z_Z)``.

    The input rows are Z + 1 standard normal numbers. The first number chooses the component,
    ``c = floor(Phi(z_0) C)`` with Phi the normal distribution function, so components are equally
    likely. The other numbers spread the row around the center of this component. The centers are
    fixed parameters, drawn once from a standard normal distribution. Without gaps between latent
    rows, a continuous generator has to bridge the gaps between clusters (after Gurumurthy,
    Sarvadevabhatla and Babu, 2017, arXiv:1706.02071, who also train centers and spread).

    Parameters
    ----------
    n_components : int, default=50
        C.
    spread : float > 0, default=0.1
        The standard deviation of a component in each direction.

    Notes
    -----
    y jumps where z_0 crosses from one component to the next, and does not depend on z_0 elsewhere::

        backward          gx  = [0, spread gy]
        tangent           dy  = spread (dx_1, ..., dx_Z)
        tangent_backward  dgx = [0, spread dgy]
    """

    piecewise_linear = True
    position = "noise"
    n_extra_inputs = 1
    networks = ("generator",)

    def __init__(self, n_components: int = 50, spread: float = 0.1) -> None:
        self.n_components = n_components
        self.spread = spread

    def bind(self, ops: Backend, n_in: int) -> int:
        check_int(self.n_components, "n_components", minimum=1)
        check_real(self.spread, "spread", minimum=0, open_minimum=True)
        if n_in < 2:
            raise ValueError(
                "LatentMixture needs rows of at least 2 numbers, one of which picks the component, "
                f"got {n_in}"
            )
        self.ops = ops
        self.n_out: int = n_in - 1
        return self.n_out

    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter("centres", (self.n_components, self.n_out), "fixed"),)

    def init(self, params: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        params["centres"][...] = rng.standard_normal(params["centres"].shape)

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        y = self.ops.matmul(self._picked(x[..., :1]), params["centres"])  # (K, N, Z)
        y += float(self.spread) * x[..., 1:]
        return y

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        return self._pulled_back(gy)

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        return float(self.spread) * dx[..., 1:]

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        return None if dgy is None else self._pulled_back(dgy)

    def _picked(self, z: Array) -> Array:
        """One-hot rows (K, N, C) of the components that `z` (K, N, 1) picks."""
        xp, last = self.ops.xp, self.n_components - 1
        p = self.ops.empty(z.shape)
        self.ops.run(NORMAL_CDF, z, outs=(p,))
        # Phi rounds to 1 far out
        component = xp.minimum(xp.floor(p * self.n_components), last)
        numbers = xp.arange(self.n_components, dtype=self.ops.dtype)
        return (component == numbers).astype(self.ops.dtype)

    def _pulled_back(self, gy: Array) -> Array:
        gx = self.ops.zeros((*gy.shape[:2], gy.shape[2] + 1))
        gx[..., 1:] = float(self.spread) * gy
        return gx
