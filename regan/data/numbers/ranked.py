"""Columns of a model's matrix that are normal scores by rank."""

from __future__ import annotations

from typing import NamedTuple


class Ranked(NamedTuple):
    """A column of the matrix that is standard normal in the data.

    Attributes
    ----------
    position : int
    missing : tuple of int
        The columns of which one is 1 where the cell is missing.
    has_atoms : bool
        Whether some number is that of one cell in twenty or more.
    """

    position: int
    missing: tuple[int, ...]
    has_atoms: bool
