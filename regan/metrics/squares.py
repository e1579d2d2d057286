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
"""Pairs at a time."""

_NEAR = 2e-6
_AHEAD = 4

_Result = TypeVar("_Result")


class Squares:
    r"""Squared distances of rows x to rows y, as :math:`|x|^2 + |y|^2 - 2 x^T y`.

    Both are centred at the median of y: a column far from zero takes no digits, and a single row
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

    def rough(self, here: slice, start: int = 0) -> np.ndarray:
        """The squares of some x to the y from `start` on, (b, m), up to rounding."""
        part = self._x[here] - self._center
        lengths = (part * part).sum(axis=1, keepdims=True)
        left = np.hstack([-2 * part, lengths, np.ones_like(lengths)])  # (b, D + 2)
        return np.asarray(left @ self._right[:, start:])

    def of(self, here: slice, start: int = 0) -> np.ndarray:
        """The same, exact where they are small."""
        squares = self.rough(here, start)
        part, others = self._x[here], self._y[start:]
        lengths = ((part - self._center) ** 2).sum(axis=1, keepdims=True)
        near = np.flatnonzero(squares <= _NEAR * lengths)
        if len(near) * part.shape[1] > squares.size:  # many rows are repeated
            return np.asarray(cdist(part, others, "sqeuclidean"))
        i, j = np.divmod(near, len(others))
        squares[i, j] = ((part[i] - others[j]) ** 2).sum(axis=1)
        return squares

    def each(self, function: Callable[[slice, np.ndarray], _Result]) -> Iterator[_Result]:
        """What `function` makes of each block and its squares (b, m), in order."""
        yield from in_threads(lambda here: function(here, self.of(here)), self.slices())

    def above(self, function: Callable[[np.ndarray], _Result], beside: float) -> Iterator[_Result]:
        """What it makes of the squares of x with those behind them: each pair is there once.

        beside : what stands for the other pairs in the arrays (b, .) that it gets.
        """

        def once(here: slice) -> _Result:
            squares = self.of(here, here.start)
            squares[np.tril_indices(len(squares))] = beside
            return function(squares)

        yield from in_threads(once, self.slices())


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
