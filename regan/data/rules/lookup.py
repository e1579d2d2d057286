"""Looking a number up among others: the nearest one counts; and doing without rare ones."""

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


def tally(numbers: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """The different numbers (L,), and how many rows have each: (L, 2). NaN does not count."""
    there = ~np.isnan(numbers)
    values, which = np.unique(numbers[there], return_inverse=True)
    weights = None if counts is None else counts[there]
    return np.stack([values, np.bincount(which, weights, len(values))], axis=1)


def without_rare(numbers: np.ndarray, known: np.ndarray, k: int) -> np.ndarray:
    """Numbers of any shape, with the nearest others in the place of those of fewer than `k` rows.

    known : the tally; if no number has as many rows, all are the mean.
    """
    frequent = known[known[:, 1] >= k, 0]
    if not len(frequent) and len(known):
        frequent = np.average(known[:, 0], weights=known[:, 1], keepdims=True)
    there = ~np.isnan(numbers)
    found = numbers.copy()
    if len(frequent):
        found[there] = frequent[nearest_key(frequent, numbers[there])]
    return found
