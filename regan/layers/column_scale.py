"""A trained scale for each output column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regan.backends import Array, Backend
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.layers.layout import Parameter
from regan.layers.levels import Levels
from regan.validation import check_real


class ColumnScale(Layer):
    r"""Trained standard deviations of columns, as further outputs: ``y = [x, c s]``.

    This is the last layer of the decoder of a VAE. x holds the means of M numbers, and after them
    the logits of levels, in blocks. c s (M,) are the logarithms of the standard deviations of the
    numbers, equal in all rows. s counts as a bias, so weight penalties do not act on it. There are
    I + M outputs.

    Parameters
    ----------
    start : float, default=0.0
        c s at the start.
    speed : float, default=1.0
        c, positive. Adam changes each parameter by about the learning rate, so the log deviations
        change c times as fast as with c = 1.
    levels : sequence of int, default=()
        The sizes of the blocks, which are the last columns of x: the I - M logits.

    Notes
    -----
    With gy_x the first I columns of gy and gy_s the M others::

        backward          gx  = gy_x     gs += c sum_n gy_s
        tangent           dy  = [dx, 0]
        tangent_backward  dgx = dgy_x    gs += c sum_n dgy_s
    """

    piecewise_linear = True

    def __init__(self, start: float = 0.0, speed: float = 1.0, levels: Sequence[int] = ()) -> None:
        self.start = start
        self.speed = speed
        self.levels = levels

    def bind(self, ops: Backend, n_in: int) -> int:
        self.ops = ops
        self.n_in = n_in
        self._speed = check_real(self.speed, "speed", minimum=0, open_minimum=True)
        self._start = check_real(self.start, "start")
        self.blocks: Levels = Levels(self.levels, n_in, ops)
        self.n_numbers: int = self.blocks.n_before
        return n_in + self.n_numbers

    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter("s", (self.n_numbers,), "bias"),)

    def init(self, params: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        params["s"][...] = self._start / self._speed

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        s = self._speed * params["s"][:, None, :]
        y = self.ops.empty((max(x.shape[0], s.shape[0]), x.shape[1], self.n_in + self.n_numbers))
        y[..., : self.n_in] = x
        y[..., self.n_in :] = s
        return y

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        if grads is not None:
            grads["s"] += self._speed * gy[..., self.n_in :].sum(axis=1)
        return gy[..., : self.n_in]

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        dy = self.ops.zeros((*dx.shape[:2], self.n_in + self.n_numbers))
        dy[..., : self.n_in] = dx
        return dy

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        return None if dgy is None else self.backward(params, dgy, cache, grads)
