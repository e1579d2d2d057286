"""The batch's standard deviation as a further feature."""

from __future__ import annotations

import numpy as np

from regan.backends import Array, Backend
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.layers.layout import Parameter
from regan.validation import check_real


class MinibatchStd(Layer):
    r"""Minibatch standard deviation as a further column, ``y = [x, s]`` with ``s = mean_j sd_j``.

    With ``c = x - mean_n x`` and ``sd_j = sqrt(mean_n c_j^2 + epsilon)``. The column is equal in
    all rows of a batch. It shows a discriminator whether generated rows are too similar to each
    other (Karras et al., 2018, arXiv:1710.10196).

    In evaluation, the column is the fixed parameter ``std`` (1 at first), the value of the batch
    that `calibrate` was given. So the score of a row does not depend on other rows.

    Parameters
    ----------
    epsilon : float > 0, default=1e-8
        Added to the variance.

    Notes
    -----
    With ``gs = sum_n gy_s`` the cotangent of s, ``dgs`` alike, and dc = dx - mean_n dx::

        backward          gx  = gy_x + gs c / (N I sd)
        tangent           dsd = mean_n(c dc) / sd           dy = [dx, mean_j dsd_j]
        tangent_backward  dgx = dgy_x + dgs c / (N I sd) + gs (dc - c dsd / sd) / (N I sd)

    In evaluation s is a constant, and only gy_x, [dx, 0] and dgy_x remain.
    """

    couples_samples = True
    position = "last"
    networks = ("discriminator",)
    free = ("epsilon",)

    def __init__(self, epsilon: float = 1e-8) -> None:
        self.epsilon = epsilon

    def bind(self, ops: Backend, n_in: int) -> int:
        check_real(self.epsilon, "epsilon", minimum=0, open_minimum=True)
        self.ops = ops
        return n_in + 1

    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter("std", (1,), "fixed"),)

    def init(self, params: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        params["std"][...] = 1

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        cache["train"] = train
        if not train:
            return self._joined(x, params["std"][:, :, None])
        cache["c"] = x - x.mean(axis=1, keepdims=True)
        variance = (cache["c"] ** 2).mean(axis=1, keepdims=True)
        cache["sd"] = self.ops.xp.sqrt(variance + float(self.epsilon))  # (K, 1, I)
        cache["std"] = cache["sd"].mean(axis=-1, keepdims=True)  # (K, 1, 1)
        return self._joined(x, cache["std"])

    def calibrate(self, params: Params, cache: Cache) -> None:
        params["std"][...] = cache["std"][:, 0, :]

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        cache["gy"] = gy
        return self._pulled_back(gy, cache)

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        if not cache["train"]:
            return self._joined(dx, self.ops.zeros((1, 1, 1)))
        cache["dc"] = dx - dx.mean(axis=1, keepdims=True)
        products = (cache["c"] * cache["dc"]).mean(axis=1, keepdims=True)
        cache["dsd"] = products / cache["sd"]  # (K, 1, I)
        return self._joined(dx, cache["dsd"].mean(axis=-1, keepdims=True))

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        dgx = None if dgy is None else self._pulled_back(dgy, cache)
        if not cache["train"]:
            return dgx
        bend = cache["dc"] - cache["c"] * cache["dsd"] / cache["sd"]
        bend = self._of_std(cache["gy"]) * bend / cache["sd"]
        return bend if dgx is None else dgx + bend

    def _pulled_back(self, gy: Array, cache: Cache) -> Array:
        """(dy/dx)^T gy."""
        gx = gy[..., :-1]
        return gx + self._of_std(gy) * cache["c"] / cache["sd"] if cache["train"] else gx

    def _of_std(self, gy: Array) -> Array:
        """gs / (N I), of shape (K, 1, 1)."""
        gs = gy[..., -1:].sum(axis=1, keepdims=True)
        return gs / (gy.shape[1] * (gy.shape[2] - 1))

    def _joined(self, x: Array, s: Array) -> Array:
        """[x, s] (K, N, I + 1); `s` (K, 1, 1) is equal in all rows."""
        k = max(x.shape[0], s.shape[0])
        y = self.ops.empty((k, x.shape[1], x.shape[2] + 1))
        y[..., :-1] = x
        y[..., -1:] = s
        return y
