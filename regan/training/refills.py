"""Refills of a shuffle buffer: which rows of a stream each of them holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

Part: TypeAlias = tuple[int, np.ndarray]
"""A block, and the positions of some of its rows, ascending."""

_BLOCK_ROWS = 256
"""Rows that are worth going to a block for."""

MOST_PASSED = 4
"""Blocks hold at most so many times the rows that are taken of them, if it can be."""

FEWEST_BLOCKS = 2


class Refills:
    """The rows of each refill, drawn by the seed and the update that it is made for, alone.

    A refill has its rows of a few blocks: these lie spread over all rows, a longer one is chosen
    more often, and each gives equally many rows, without replacement if it has as many. So every
    row is in a refill with the same chance, whatever the lengths of the blocks.

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
        self._lengths = lengths - np.diff(self._held_ends, prepend=0)
        self._ends = np.cumsum(self._lengths)

    @property
    def n_rows(self) -> int:
        """How many rows may be drawn."""
        return int(self._ends[-1])

    def drawn(self, step: int, n: int) -> list[Part]:
        """The `n` rows of the refill that is made for the update `step`."""
        rng = np.random.default_rng([self._seed, 26, step])
        n_blocks = self._n_blocks(n)
        places = (np.arange(n_blocks) + rng.random(n_blocks)) * (self.n_rows / n_blocks)
        within = np.minimum(places.astype(np.int64), self.n_rows - 1)
        chosen = np.searchsorted(self._ends, within, side="right")
        sizes = np.full(n_blocks, n // n_blocks)
        sizes[rng.permutation(n_blocks)[: n % n_blocks]] += 1
        blocks, first = np.unique(chosen, return_index=True)
        sizes = np.add.reduceat(sizes, first)
        return [
            (int(block), self._beside_held(block, self._some(int(self._lengths[block]), size, rng)))
            for block, size in zip(blocks, sizes, strict=True)
            if size
        ]

    def all(self) -> Iterator[Part]:
        """All rows that may be drawn, in order."""
        for block in np.flatnonzero(self._lengths):
            yield int(block), self._beside_held(block, np.arange(self._lengths[block]))

    def _n_blocks(self, n: int) -> int:
        """From how many places `n` rows come."""
        mean = self.n_rows / np.count_nonzero(self._lengths)
        worth = min(n // _BLOCK_ROWS, int(MOST_PASSED * n / mean))
        return min(n, max(FEWEST_BLOCKS, worth))

    def _some(self, length: int, size: int, rng: np.random.Generator) -> np.ndarray:
        """Which of so many rows are taken, ascending."""
        if size == length:
            return np.arange(length)
        if size > length:
            return np.sort(rng.integers(0, length, size))
        return np.sort(rng.choice(length, size, replace=False, shuffle=False))

    def _beside_held(self, block: np.intp, rows: np.ndarray) -> np.ndarray:
        """Positions in a block of `rows`, which are counted without those held out."""
        end = self._held_ends[block]
        first = self._held_ends[block - 1] if block else 0
        held = self._held[first:end] - self._starts[block]
        # so many rows are before each held one
        before = held - np.arange(len(held))
        return np.asarray(rows + np.searchsorted(before, rows, side="right"))
