"""Distances to the nearest rows of another sample, in blocks: memory does not grow with both."""

from __future__ import annotations

import numpy as np

from regan.metrics.squares import Squares, in_threads

_SPARE = 4
_EACH = 32


def nearest(
    rows: np.ndarray, others: np.ndarray, k: int = 1, *, itself: np.ndarray | None = None
) -> np.ndarray:
    """The distances (n, k) of `rows` (n, D) to the k nearest of `others` (m, D), in order.

    Products of matrices say which rows are candidates, and differences how far they are: a row is
    at a distance of 0 exactly if it is among the others. Of fewer than k, the farthest is repeated.

    itself : which of the others (n,) each row is, which does not count.
    """
    n_others = len(others) - (itself is not None)
    k_there = min(k, n_others)
    n_near = min(k_there + _SPARE, n_others)
    squares = Squares(rows, others)

    def found(here: slice) -> np.ndarray:
        rough = squares.rough(here)
        if itself is not None:
            rough[np.arange(len(rough)), itself[here]] = np.inf
        gaps = rows[here, None] - others[_smallest(rough, n_near)]
        exact: np.ndarray = np.sqrt((gaps * gaps).sum(axis=2))
        exact.sort(axis=1)
        return exact[:, :k_there]

    widest = max(1, n_near * rows.shape[1] // len(others))  # of the gaps
    lengths = np.concatenate(list(in_threads(found, squares.slices(widest))))
    return np.pad(lengths, ((0, 0), (0, k - k_there)), mode="edge")


def _smallest(squares: np.ndarray, k: int) -> np.ndarray:
    """Which are the k smallest of each row (n, m), in no order: (n, k).

    Of many, those of the k groups of columns with the smallest minima are looked at alone.
    """
    n, m = squares.shape
    if k == m:
        return np.broadcast_to(np.arange(k), squares.shape)
    width = m // _EACH
    if width <= 2 * k:
        return np.asarray(np.argpartition(squares, k - 1, axis=1)[:, :k])
    grouped = squares[:, : _EACH * width].reshape(n, _EACH, width).min(axis=1)
    groups = np.argpartition(grouped, k - 1, axis=1)[:, :k]
    members = (groups[:, None] + width * np.arange(_EACH)[:, None]).reshape(n, -1)
    rest = np.broadcast_to(np.arange(_EACH * width, m), (n, m - _EACH * width))
    members = np.hstack([members, rest])
    among = np.argpartition(np.take_along_axis(squares, members, axis=1), k - 1, axis=1)[:, :k]
    return np.asarray(np.take_along_axis(members, among, axis=1))
