"""Distances to the nearest rows of another sample, in blocks: memory does not grow with both."""

from __future__ import annotations

import numpy as np

from regan.backends.blas_threads import OneThreadEach

_ENTRIES = 2**22
_SPARE = 4


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
    found = np.empty((len(rows), k_there))
    center = np.median(others, axis=0)  # a single row out of proportion does not move it
    centered = others - center
    lengths = (centered * centered).sum(axis=1)
    step = max(1, _ENTRIES // max(len(others), (k_there + _SPARE) * rows.shape[1]))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        with OneThreadEach():  # two round differently from one
            squares = lengths - 2 * ((part - center) @ centered.T)  # but for those of the part
        if itself is not None:
            squares[np.arange(len(part)), itself[start : start + step]] = np.inf
        near = _smallest(squares, min(k_there + _SPARE, n_others))
        gaps = part[:, None] - others[near]
        exact = np.sqrt((gaps * gaps).sum(axis=2))
        exact.sort(axis=1)
        found[start : start + step] = exact[:, :k_there]
    return np.pad(found, ((0, 0), (0, k - k_there)), mode="edge")


def _smallest(squares: np.ndarray, k: int) -> np.ndarray:
    """Which are the k smallest of each row (n, m), in no order: (n, k)."""
    if k == squares.shape[1]:
        return np.broadcast_to(np.arange(k), squares.shape)
    return np.asarray(np.argpartition(squares, k - 1, axis=1)[:, :k])
