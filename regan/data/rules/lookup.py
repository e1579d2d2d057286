"""Looking a number up among others: the nearest one counts."""

from __future__ import annotations

import numpy as np


def edges(keys: np.ndarray) -> np.ndarray:
    """Where the nearest of increasing keys (G,) changes, (G - 1,)."""
    return np.asarray(keys[:-1] + 0.5 * np.diff(keys))


def nearest_key(keys: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Which of increasing keys (G,), NaN last, is next to each number (n,); NaN is to the last."""
    own = keys[~np.isnan(keys)]
    nearest = np.searchsorted(edges(own), numbers)
    return np.where(np.isnan(numbers), len(keys) - 1, np.minimum(nearest, max(len(own), 1) - 1))


def halved(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keys in the place of others (G,), none of which stays, and which one each has replaced.

    They stand at both sides of each edge, so that the nearest says the same.
    """
    own = keys[~np.isnan(keys)]
    if len(own) == 1:
        return np.where(np.isnan(keys), np.nan, 0.0), np.arange(len(keys))
    between = edges(own)
    sides = np.stack([between, np.nextafter(between, np.inf)], axis=1).ravel()
    which = np.repeat(np.arange(len(own)), 2)[1:-1]
    lost = np.flatnonzero(np.isnan(keys))
    return np.r_[sides, keys[lost]], np.r_[which, lost]
