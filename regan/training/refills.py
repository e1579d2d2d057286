"""Refills of a shuffle buffer: which rows of a stream each of them holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

Part: TypeAlias = tuple[int, np.ndarray]
"""A block, and the positions of some of its rows, ascending."""

_PLACE_ROWS = 256
"""Rows that are worth going somewhere for."""

MOST_PASSED = 4
"""Blocks hold at most so many times the rows that are taken of them, if it can be."""

FEWEST_BLOCKS = 2


class Refills:
    """The rows of each refill, drawn by the seed and the update that it is made for, alone.

    A refill has its rows of a few places, which lie spread over all rows: of blocks, longer ones
    more often, or of neighbouring ones together where they are short. Each place gives as many
    rows, and none of them twice if it has as many. So every row is in a refill with the same
    chance, whatever the lengths of the blocks.

    Parameters
    ----------
    lengths : int array of shape (B,)
        How many rows each block has.
    held : int array of shape (h,)
        Positions among all rows, ascending, of those that are never drawn.
    seed : int

    Examples
    --------
    >>> import numpy as np
    >>> refills = Refills(np.array([3, 2]), np.array([1]), 0)
    >>> [(block, rows.tolist()) for block, rows in refills.all()]
    [(0, [0, 2]), (1, [0, 1])]
    """

    def __init__(self, lengths: np.ndarray, held: np.ndarray, seed: int) -> None:
        ends = np.cumsum(lengths)
        self._starts, self._held, self._seed = ends - lengths, held, seed
        self._held_ends = np.searchsorted(held, ends)
        # rows are counted without those held out
        self._lengths = lengths - np.diff(self._held_ends, prepend=0)
        self._ends = np.cumsum(self._lengths)
        self._places = _places(self._ends)

    @property
    def n_rows(self) -> int:
        """How many rows may be drawn."""
        return int(self._ends[-1])

    def drawn(self, step: int, n: int) -> list[Part]:
        """The `n` rows of the refill that is made for the update `step`."""
        rng = np.random.default_rng([self._seed, 26, step])
        k = self._n_places(n)
        spread = (np.arange(k) + rng.random(k)) * (self.n_rows / k)
        at = np.minimum(spread.astype(np.int64), self.n_rows - 1)
        sizes = np.full(k, n // k)
        sizes[rng.permutation(k)[: n % k]] += 1
        places, first = np.unique(
            np.searchsorted(self._places, at, side="right"), return_index=True
        )
        each = zip(places.tolist(), np.add.reduceat(sizes, first).tolist(), strict=True)
        return self._parts(np.concatenate([self._some(*place, rng) for place in each]))

    def all(self) -> Iterator[Part]:
        """All rows that may be drawn, in order."""
        for block in np.flatnonzero(self._lengths).tolist():
            yield block, self._beside_held(block, np.arange(self._lengths[block]))

    def _n_places(self, n: int) -> int:
        """From how many places `n` rows come."""
        mean = self.n_rows / len(self._places)
        worth = min(n // _PLACE_ROWS, int(MOST_PASSED * n / mean))
        return min(n, max(FEWEST_BLOCKS, worth))

    def _some(self, place: int, size: int, rng: np.random.Generator) -> np.ndarray:
        """So many of the rows of a place, ascending: each as often as others, or once more."""
        start = int(self._places[place - 1]) if place else 0
        length = int(self._places[place]) - start
        times, rest = divmod(size, length)
        some = rng.choice(length, rest, replace=False, shuffle=False)
        return start + np.sort(np.append(np.repeat(np.arange(length), times), some))

    def _parts(self, rows: np.ndarray) -> list[Part]:
        """Rows, ascending, by blocks."""
        blocks, first = np.unique(
            np.searchsorted(self._ends, rows, side="right"), return_index=True
        )
        own = np.split(rows, first[1:])
        starts = self._ends[blocks] - self._lengths[blocks]
        return [
            (block, self._beside_held(block, some - start))
            for block, some, start in zip(blocks.tolist(), own, starts, strict=True)
        ]

    def _beside_held(self, block: int, rows: np.ndarray) -> np.ndarray:
        """Positions in a block of `rows`, which are counted without those held out."""
        end = self._held_ends[block]
        first = self._held_ends[block - 1] if block else 0
        held = self._held[first:end] - self._starts[block]
        # so many rows are before each held one
        before = held - np.arange(len(held))
        return np.asarray(rows + np.searchsorted(before, rows, side="right"))


def _places(ends: np.ndarray) -> np.ndarray:
    """Where places end that rows are drawn from: blocks, together until they have enough rows."""
    n = int(ends[-1])
    least = max(_PLACE_ROWS, n / len(ends) / MOST_PASSED)
    enough = ends[np.diff(np.floor(ends / least), prepend=0) > 0]
    return np.append(enough[enough <= n - least], n)
