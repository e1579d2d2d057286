"""Blocks of levels whose cells are missing where another block says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Lacking(NamedTuple):
    """Where the cells of a block of levels are missing.

    Attributes
    ----------
    block : int
        Which block says so, by its place among all.
    codes : tuple of int
        Its levels under which they are.
    """

    block: int
    codes: tuple[int, ...]


def in_turn(lacking: Sequence[Lacking | None]) -> list[tuple[int, Lacking | None]]:
    """Blocks, by their places, and what says where they are missing, those of which that is known
    behind those that say it.
    """
    return sorted(enumerate(lacking), key=lambda each: each[1] is not None)


def blocks_of(levels: Sequence[int], first: int = 0) -> list[slice]:
    """The columns of each block, of these sizes, from the `first` column on."""
    ends = first + np.cumsum(levels, dtype=np.int64)
    return [slice(end - size, end) for end, size in zip(ends, levels, strict=True)]
