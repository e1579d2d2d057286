"""What ranks ask one another, by sums alone: whether any of them, and in what words."""

from __future__ import annotations

import numpy as np

from regan.distributed.base import Communicator

_LETTERS = 600


def any_rank(communicator: Communicator, flag: bool) -> bool:
    """Whether `flag` is true on any rank."""
    return largest(communicator, int(flag)) > 0


def largest(communicator: Communicator, number: int) -> int:
    """The largest `number` of all ranks."""
    if communicator.size == 1:
        return number
    numbers = np.zeros(communicator.size)
    numbers[communicator.rank] = number
    communicator.all_reduce(numbers)
    return int(numbers.max())


def texts(communicator: Communicator, text: str) -> list[str]:
    """The `text` of every rank, its first 600 bytes."""
    if communicator.size == 1:
        return [text]
    letters = np.frombuffer(text.encode("utf-8", "replace")[:_LETTERS], np.uint8)
    table = np.zeros((communicator.size, _LETTERS))
    table[communicator.rank, : len(letters)] = letters
    communicator.all_reduce(table)
    rows = table.astype(np.uint8)
    return [bytes(row).rstrip(b"\0").decode("utf-8", "replace") for row in rows]
