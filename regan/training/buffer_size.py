"""The size of a shuffle buffer: how many rows it holds, and how often some are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from regan.training.refills import FEWEST_BLOCKS, MOST_PASSED

REFILLS = 8
"""How many refills a buffer holds."""

_FEWEST = 4096
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
    """

    n_rows: int
    refill: int
    every: int

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

        Each refill has as many rows as a window draws, so a row is drawn about once while it is in
        the buffer. It has more, and serves several windows, if these draw fewer than 4,096, or if
        blocks are so long that a smaller one would pass over most of what is read. The buffer takes
        at most 96 MiB, or `most_rows` rows.

        row_bytes : what a row takes; block_rows : in a block, on average.
        """
        most = max(_MOST_BYTES // row_bytes, 1) if most_rows is None else most_rows
        long = int(block_rows * FEWEST_BLOCKS / MOST_PASSED)
        refill = max(1, min(max(drawn, _FEWEST, long), most // REFILLS))
        every = max(1, refill // drawn)
        read = max(REFILLS, 1 + (n_windows - 1) // every) * refill
        if n_rows <= min(read, max(most, REFILLS * refill)):
            return cls(n_rows, n_rows, n_windows)
        return cls(REFILLS * refill, refill, every)
