"""Squared distances between all pairs of rows, a few rows at a time, by products of matrices.

Memory does not grow with the number of pairs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from scipy.spatial.distance import cdist

from regan.backends import get_backend
from regan.backends.blas_threads import OneThreadEach

BLOCK = 2**19
"""Pairs at a time, where all of a row are looked at together."""

TILE = 256
"""Rows at a time of either sample, where they are not: what is done to so many pairs stays in the
cache."""

_NEAR = 2e-6
_AHEAD = 4
_TOGETHER = 16

_Result = TypeVar("_Result")


class Squares:
    r"""Squared distances of rows x to rows y, as :math:`|x|^2 + |y|^2 - 2 x^T y`.

    Both are centered at the median of y: a column far from zero takes no digits, and a single row
    out of proportion does not move it. Where a square is so small that it is mostly rounding, it is
    taken from the differences: of equal rows it is 0 exactly.

    Parameters
    ----------
    x : array of shape (n, D)
    y : array of shape (m, D), optional
        By default x itself.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray | None = None) -> None:
        self._x, self._y = x, x if y is None else y
        self._center = np.median(self._y, axis=0)
        centered = self._y - self._center
        lengths = (centered * centered).sum(axis=1)
        self._right = np.vstack([centered.T, np.ones(len(centered)), lengths])  # (D + 2, m)

    def slices(self, share: int = 1) -> list[slice]:
        """The blocks of rows of x, in order; share : the part of the usual size that they have."""
        n, step = len(self._x), max(1, BLOCK // share // len(self._y))
        return [slice(i, min(i + step, n)) for i in range(0, n, step)]

    def rough(self, here: slice) -> np.ndarray:
        """The squares of some x to all y, (b, m), up to rounding."""
        return np.asarray(self._left(here)[0] @ self._right)

    def of(self, here: slice) -> np.ndarray:
        """The same, exact where they are small."""
        left, lengths = self._left(here)
        squares = left @ self._right
        self._refine(squares, self._x[here], lengths, self._y)
        return np.asarray(squares)

    def _left(self, here: slice) -> tuple[np.ndarray, np.ndarray]:
        """What some x bring to products, (b, D + 2), and their squared lengths (b, 1)."""
        part = self._x[here] - self._center
        lengths = (part * part).sum(axis=1, keepdims=True)
        return np.hstack([-2 * part, lengths, np.ones_like(lengths)]), lengths

    def _refine(
        self, squares: np.ndarray, x: np.ndarray, lengths: np.ndarray, y: np.ndarray
    ) -> None:
        """Take from the differences what is so small in the `squares` (b, c) of rows x and y."""
        if squares.min() > _NEAR * lengths.max():
            return
        near = np.flatnonzero(squares <= _NEAR * lengths)
        if len(near) * x.shape[1] > squares.size:  # many rows are repeated
            squares[...] = cdist(x, y, "sqeuclidean")
            return
        i, j = np.divmod(near, len(y))
        squares[i, j] = ((x[i] - y[j]) ** 2).sum(axis=1)

    def each(self, function: Callable[[slice, np.ndarray], _Result]) -> Iterator[_Result]:
        """What `function` makes of each block and its squares (b, m), in order."""
        yield from in_threads(lambda here: function(here, self.of(here)), self.slices())

    def parts(
        self, function: Callable[[np.ndarray], _Result], join: Callable[[list[_Result]], _Result]
    ) -> Iterator[_Result]:
        """What `function` makes of the squares (b, c) of some x to some y, of all pairs once.

        It may write to what it gets, and not keep it. What it makes is joined, a few at a time.
        """
        return self._tiled(function, join, None)

    def above(
        self,
        function: Callable[[np.ndarray], _Result],
        join: Callable[[list[_Result]], _Result],
        beside: float,
    ) -> Iterator[_Result]:
        """The same of x with those behind them: two different rows are there once.

        beside : what stands for the other pairs in the arrays (b, c) that it gets.
        """
        return self._tiled(function, join, beside)

    def _tiled(
        self,
        function: Callable[[np.ndarray], _Result],
        join: Callable[[list[_Result]], _Result],
        beside: float | None,
    ) -> Iterator[_Result]:
        m, once = len(self._y), beside is not None

        def made(here: slice) -> _Result:
            left, lengths = self._left(here)
            room = np.empty(len(left) * TILE)
            results: list[_Result] = []
            for start in range(here.start if once else 0, m, TILE):
                there = slice(start, min(start + TILE, m))
                squares = room[: len(left) * (there.stop - start)].reshape(len(left), -1)
                np.matmul(left, self._right[:, there], out=squares)
                self._refine(squares, self._x[here], lengths, self._y[there])
                if once and start == here.start:
                    squares[np.tril_indices(len(left))] = beside
                results.append(function(squares))
                if len(results) == _TOGETHER:
                    results = [join(results)]
            return join(results)

        n = len(self._x)
        rows = [slice(i, min(i + TILE, n)) for i in range(0, n, TILE)]
        yield from in_threads(made, rows)


def in_threads(function: Callable[[slice], _Result], blocks: list[slice]) -> Iterator[_Result]:
    """What `function` makes of each block, in order, by as many threads as products may use."""
    threads = min(get_backend("numpy").n_threads, len(blocks))
    ahead = _AHEAD * threads  # results do not pile up
    with OneThreadEach(), ThreadPoolExecutor(threads) as pool:  # two round differently from one
        waiting = deque(pool.submit(function, here) for here in blocks[:ahead])
        for i in range(len(blocks)):
            yield waiting.popleft().result()
            if i + ahead < len(blocks):
                waiting.append(pool.submit(function, blocks[i + ahead]))
