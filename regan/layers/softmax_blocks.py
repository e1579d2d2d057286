"""Softmax in blocks: the head of a generator of categories."""

from __future__ import annotations

from collections.abc import Sequence

from regan.backends import Array, Backend
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.layers.levels import Levels


class SoftmaxBlocks(Layer):
    r"""Softmax in blocks of the last columns of a row; the others stay as they are.

    :math:`y_j = e^{x_j} / \sum_{i \in b(j)} e^{x_i}` for the block b(j) of column j.

    Parameters
    ----------
    levels : sequence of int
        The sizes of the blocks.

    Notes
    -----
    With the 0/1 matrix B of columns and blocks::

        backward   gx = y (gy - (gy y) B B^T)

    A generator's head is never differentiated twice, so there is no tangent pass.
    """

    has_tangent = False

    def __init__(self, levels: Sequence[int]) -> None:
        self.levels = levels

    def bind(self, ops: Backend, n_in: int) -> int:
        self.ops = ops
        self._blocks = Levels(self.levels, n_in, ops)
        self._start = self._blocks.n_before
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
        y = x.copy()
        y[..., self._start :] = self._blocks.softmax(x[..., self._start :])
        cache["y"] = y
        return y

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        gx = gy.copy()
        y, gy = cache["y"][..., self._start :], gy[..., self._start :]
        gx[..., self._start :] = self._blocks.pull_back(y, gy)
        return gx

    def draw(self, y: Array, noise: Array) -> Array:
        """Rows (K, N, I) with one level a block, drawn with the probabilities of `y`.

        noise : standard normal numbers (1, N, number of blocks).
        """
        drawn = y.copy()
        drawn[..., self._start :] = self._blocks.draw(y[..., self._start :], noise)
        return drawn
