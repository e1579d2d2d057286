"""The size of a shuffle buffer: how many rows it holds, and how often some are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from regan.training.refills import FEWEST_BLOCKS, MOST_PASSED

REFILLS = 8
"""How many refills a buffer holds."""

DRAWS = 4
"""How often a row is drawn, on average, while it is in the buffer: reading takes time."""

_FEWEST = 2**14
_MOST_BYTES = 96 * 2**20


@dataclass(frozen=True)
class BufferSize:
    """The size of a shuffle buffer.

    Attributes
    ----------
    n_rows : int
        Rows in the buffer.
    refill : int
        Rows that are read at a time; all of them, if the buffer holds all rows.
    every : int
        How many windows of updates go by between two refills.
    n_refills : int
        How many there are in a run, with the one that it begins with.
    """

    n_rows: int
    refill: int
    every: int
    n_refills: int

    @property
    def is_whole(self) -> bool:
        """Whether the buffer holds all rows, so that nothing is read again."""
        return self.refill == self.n_rows

    @classmethod
    def fitting(
        cls,
        n_rows: int,
        *,
        row_bytes: int,
        block_rows: float,
        drawn: int,
        n_windows: int,
        most_rows: int | None = None,
    ) -> Self:
        """For so many rows, of which a window of updates draws `drawn`.

        A refill comes when four times as many rows have been drawn as it has, so a row is drawn
        about four times while it is in the buffer. It has a fourth of what a window draws; it
        serves several windows if that is less than 16,384, for each call of what reads takes its
        time, or if blocks are so long that most of what is read would be passed over. The buffer
        takes at most 96 MiB, or `most_rows` rows. It holds all rows if they fit in and a run would
        read as many, or they are few.

        row_bytes : what a row takes; block_rows : in a block, on average.
        """
        most = max(_MOST_BYTES // row_bytes, 1) if most_rows is None else most_rows
        long = int(block_rows * FEWEST_BLOCKS / MOST_PASSED)
        room = max(1, min(most, n_rows) // REFILLS)
        fresh = -(-drawn // DRAWS)
        every = max(1, min(-(-max(_FEWEST, long) // fresh), room // fresh))
        refill = min(every * fresh, room)
        n_refills = max(1, n_windows // every)
        if n_rows <= min(most, max(n_refills * refill, REFILLS * _FEWEST)):
            return cls(n_rows, n_rows, n_windows, 1)
        return cls(REFILLS * refill, refill, every, n_refills)
