"""Numbers that are drawn given others: what they are, and what they may be instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from regan.mixtures.frames import inverted


class Elsewhere(NamedTuple):
    """Where a number need not be in its interval, as it may be something else.

    Attributes
    ----------
    outside : array of shape (n, K)
        Logarithm of the probability that it is something else.
    inside : array of shape (n, K)
        Logarithm of the probability that it is a number, which has to be in the interval then.
    """

    outside: np.ndarray
    inside: np.ndarray


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows of numbers.

    Attributes
    ----------
    components : integer array of shape (n,)
    values : array of shape (n, P)
    inside : bool array of shape (n, P)
        Where a number is in its interval, and not something else; see `Elsewhere`.
    """

    components: np.ndarray
    values: np.ndarray
    inside: np.ndarray

    @classmethod
    def empty(cls, n: int, p: int) -> Self:
        """Room for rows."""
        return cls(np.zeros(n, dtype=np.int64), np.zeros((n, p)), np.ones((n, p), dtype=bool))


def chosen(logs: np.ndarray, rng: np.random.Generator, m: int = 1) -> np.ndarray:
    """Positions (n, m) drawn with probabilities whose logarithms are `logs` (n, K), but for a
    constant of the row.
    """
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    places = rng.random((len(logs), m))
    edges = np.cumsum(shares, axis=1)
    return np.stack([inverted(edges, place) for place in places.T], axis=1)
