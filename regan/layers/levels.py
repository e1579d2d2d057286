"""Blocks of columns that stand for the levels of categories: softmax, its slope, and draws."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2

import numpy as np

from regan.backends import Array, Backend
from regan.layers.normal_cdf import NORMAL_CDF
from regan.validation import check_int

_MOST = 2**28
"""Entries of B, at most."""


class Levels:
    r"""The last columns of a matrix, in blocks of sizes :math:`L_1, L_2, \dots`, each a category.

    Every operation works on all blocks at once. What is a sum over a block is a product with the
    0/1 matrix :math:`B` of shape (sum L, number of blocks), and what is the same for a block comes
    back to its columns by position.

    Parameters
    ----------
    sizes : sequence of int
        The number of levels of each block.
    n_columns : int
        Of the matrix.
    ops : Backend

    Attributes
    ----------
    n_before : int
        How many columns come before the blocks.
    """

    def __init__(self, sizes: Sequence[int], n_columns: int, ops: Backend) -> None:
        self.sizes: tuple[int, ...] = tuple(check_int(size, "levels", minimum=1) for size in sizes)
        self.ops = ops
        self.width: int = sum(self.sizes)
        self.n_before: int = n_columns - self.width
        if self.n_before < 0:
            raise ValueError(
                f"levels={self.sizes} take more columns than the {n_columns} there are"
            )
        if self.width * len(self.sizes) > _MOST:
            raise ValueError(f"{len(self.sizes)} blocks of {self.width} columns are too many")
        owner = np.repeat(np.arange(len(self.sizes)), self.sizes)
        ends = np.cumsum(self.sizes)
        self._first = ops.asarray(ends - self.sizes, dtype=np.int64)
        self._owner = ops.asarray(owner, dtype=np.int64)
        self._sum = ops.asarray((owner[:, None] == np.arange(len(self.sizes)))[None])  # B
        # the largest of a block comes to its first column in steps that double
        steps = range(ceil(log2(max(self.sizes, default=1))))
        column = np.arange(self.width)
        reach = [np.minimum(column + 2**i, ends[owner] - 1) for i in steps]
        self._reach = [ops.asarray(index, dtype=np.int64) for index in reach]
        first = (ends - self.sizes)[owner]
        back = [np.where(column - 2**i >= first, column - 2**i, self.width) for i in steps]
        self._back = [ops.asarray(index, dtype=np.int64) for index in back]
        self._place = ops.asarray(column - first)
        # the sum of a block may be rounded to less than 1, and then its last level is meant
        self._ends = ops.asarray(np.where(np.isin(column, ends - 1), 2.0, 0.0))

    def log_softmax(self, x: Array) -> Array:
        """Logarithms of probabilities (K, N, sum L), from logits of that shape."""
        xp = self.ops.xp
        y = self._spread(self._largest(x))
        y *= -1
        y += x
        y -= self._spread(xp.log(self.sums(xp.exp(y))))
        return y

    def softmax(self, x: Array) -> Array:
        """Probabilities (K, N, sum L), from logits of that shape."""
        y = self.log_softmax(x)
        self.ops.xp.exp(y, out=y)
        return y

    def _largest(self, x: Array) -> Array:
        """The largest of each block, (K, N, number of blocks)."""
        largest = x.copy()
        for index in self._reach:
            self.ops.xp.maximum(largest, largest.take(index, axis=-1), out=largest)
        return largest.take(self._first, axis=-1)

    def pull_back(self, y: Array, gy: Array) -> Array:
        """The cotangents of logits from those of probabilities `y`: ``y (gy - (gy y) B B^T)``."""
        return y * (gy - self.totals(gy * y))

    def gumbel(self, u: Array) -> Array:
        """Gumbel numbers ``-log(-log u)`` from uniform ones, which may be 0."""
        xp = self.ops.xp
        numbers: Array = -xp.log(-xp.log(xp.maximum(u, np.finfo(self.ops.dtype).tiny)))
        return numbers

    def draw(self, y: Array, noise: Array) -> Array:
        """Rows that are 1 at a level of each block and 0 elsewhere, drawn with probabilities `y`.

        noise : standard normal numbers (1, N, number of blocks).
        """
        u = self.ops.empty(noise.shape)
        self.ops.run(NORMAL_CDF, noise, outs=(u,))
        edges = self._cumulated(y)
        edges += self._ends
        passed = self._spread(u) >= edges
        chosen = self.totals(passed.astype(y.dtype))
        return (chosen == self._place).astype(y.dtype)

    def likeliest(self, y: Array) -> Array:
        """Rows that are 1 at the likeliest level of each block, the first of several, else 0."""
        xp = self.ops.xp
        top = y >= self._spread(self._largest(y))
        first = self._spread(self._largest(xp.where(top, -self._place, -np.inf)))
        return (first == -self._place).astype(y.dtype)

    def _cumulated(self, y: Array) -> Array:
        """Sums from the first column of a block to each (K, N, sum L), in steps that double."""
        k, n, width = y.shape
        padded = self.ops.empty((k, n, width + 1))
        padded[..., :width] = y
        padded[..., width:] = 0
        for index in self._back:
            padded[..., :width] += padded.take(index, axis=-1)
        return padded[..., :width]

    def sums(self, x: Array) -> Array:
        """The sums over blocks: (K, N, number of blocks)."""
        return self.ops.matmul(x, self._sum)

    def totals(self, x: Array) -> Array:
        """The sum over its block at each column: (K, N, sum L)."""
        return self._spread(self.sums(x))

    def _spread(self, x: Array) -> Array:
        """Values of blocks (K, N, number of blocks) at each of their columns."""
        return x.take(self._owner, axis=-1)
