"""Preimages: which scaled numbers stand for a range of a column's numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_HALVINGS = 90
_FAR = 1e6  # no number is further from the mean than the root of how many there are


def preimage(
    decode: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ends (r,) of the scaled numbers that `decode`, which never falls, makes numbers of a range.

    low, high : its ends (r,), infinite where there are none. Ends of the result are infinite where
    all scaled numbers on that side are of the range.
    """
    first = _least(lambda z: decode(z) >= low, len(low))
    last = -_least(lambda z: decode(-z) <= high, len(high))
    return np.where(np.isneginf(low), -np.inf, first), np.where(np.isposinf(high), np.inf, last)


def _least(is_within: Callable[[np.ndarray], np.ndarray], r: int) -> np.ndarray:
    """The least scaled numbers (r,) from which on something is true; infinite at the ends."""
    start, stop = np.full(r, -_FAR), np.full(r, _FAR)
    everywhere, nowhere = is_within(start), ~is_within(stop)
    for _ in range(_HALVINGS):
        middle = 0.5 * (start + stop)
        within = is_within(middle)
        stop = np.where(within, middle, stop)
        start = np.where(within, start, middle)
    return np.where(everywhere, -np.inf, np.where(nowhere, np.inf, stop))
