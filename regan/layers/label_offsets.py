"""Offsets of the last columns by label: a fixed table between a network and its head."""

from __future__ import annotations

import numpy as np

from regan.backends import Array, Backend
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.layers.layout import Parameter
from regan.layers.network import Network
from regan.validation import check_int


class LabelOffsets(Layer):
    r"""Fixed offsets of the last columns for each label, :math:`y = x + [0, c\, T]`.

    c (N, C) are one-hot labels, the last inputs of the network. T is a table (C, L) that updates do
    not change. If T holds the logarithms of the shares of levels for each label, a network whose
    own logits are 0 generates the levels with these shares.

    Parameters
    ----------
    n_labels : int
        C.
    n_columns : int
        L.

    Notes
    -----
    With T' the columns of T behind zeros::

        backward          gx  = gy     gc  = gy T'^T
        tangent           dy  = dx + dc T'
        tangent_backward  dgx = dgy    dgc = dgy T'^T
    """

    piecewise_linear = True

    def __init__(self, n_labels: int, n_columns: int) -> None:
        self.n_labels = n_labels
        self.n_columns = n_columns

    @property
    def n_aside(self) -> int:
        return self.n_labels

    def bind(self, ops: Backend, n_in: int) -> int:
        self.ops = ops
        check_int(self.n_labels, "n_labels", minimum=1)
        check_int(self.n_columns, "n_columns", minimum=1)
        if self.n_columns > n_in:
            raise ValueError(
                f"LabelOffsets has offsets for {self.n_columns} columns, and the rows have {n_in}"
            )
        self._start = n_in - self.n_columns
        return n_in

    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter("offsets", (self.n_labels, self.n_columns), "fixed"),)

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        return self._moved(params, x, cache["side"])

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        cache["table"] = params["offsets"]
        cache["side_gradient"] = self._pulled_back(gy, cache)
        return gy

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        return self._moved(params, dx, cache["side_tangent"])

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        cache["side_gradient"] = None if dgy is None else self._pulled_back(dgy, cache)
        return dgy

    def scaled_backward(self, params: Params, weights: Array, cache: Cache, grads: Params) -> None:
        """Nothing trains here."""

    def _moved(self, params: Params, x: Array, labels: Array) -> Array:
        offsets: Array = self.ops.matmul(labels, params["offsets"])  # (K, N, L)
        y = self.ops.empty((max(x.shape[0], offsets.shape[0]), *x.shape[1:]))
        y[...] = x
        y[..., self._start :] += offsets
        return y

    def _pulled_back(self, gy: Array, cache: Cache) -> Array:
        return self.ops.matmul(gy[..., self._start :], cache["table"], tb=True)


def place_offsets(network: Network, theta: Array, tables: np.ndarray) -> None:
    """Write the tables (K, C, L) of its models to the fixed part of `theta` (K, P)."""
    for params in network.layout.split(theta):
        if "offsets" in params:
            params["offsets"][...] = network.ops.asarray(tables)
