"""Columns as reports and displays show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class SummaryTable:
    """A table of a report that has a row for each column of some kinds.

    Attributes
    ----------
    id : str
        Its id on the page.
    title : str
    header : tuple of str
        What the cells behind the name of a column are called.
    note : str
        A sentence below it, or nothing.
    """

    id: str
    title: str
    header: tuple[str, ...]
    note: str = ""


MOMENTS = SummaryTable(
    "columns",
    "Means and standard deviations",
    ("mean, real", "generated", "deviation, real", "generated"),
)


@dataclass(frozen=True)
class Ticks:
    """Axis of a column: ticks and labels for the numbers that it is held as.

    Attributes
    ----------
    places : tuple of float
        Where names stand, in the units of the numbers.
    names : tuple
        What stands there; where all would overlap, every second or third one, and so on.
    edges : tuple of float or None
        The edges of the bins of a histogram; None leaves them to the display.
    jitter : float
        How far beside its place a number is drawn at most, so that equal ones do not hide one
        another.
    """

    places: tuple[float, ...] = ()
    names: tuple[Any, ...] = ()
    edges: tuple[float, ...] | None = None
    jitter: float = 0.0


class Shown:
    """A column as it is shown: as plain numbers, unless a kind of column says something else.

    Attributes
    ----------
    summary : SummaryTable or None
        The table of a report that has a row for it. None for a column of which there is nothing
        to show, so that displays leave it out too unless they are asked for it.
    group : str
        What it is counted as where the columns of a table are counted by kind.
    """

    summary: ClassVar[SummaryTable | None] = MOMENTS
    group: ClassVar[str] = "numeric"

    def describe(self, real: np.ndarray, fake: np.ndarray) -> tuple[Any, ...]:
        """Its cells in that table, from the numbers (n,) of real and (m,) of generated rows."""
        moments = (real.mean(), fake.mean(), real.std(), fake.std())
        return tuple(f"{value:.4g}" for value in moments)

    def ends(self, low: float, high: float) -> list[str]:
        """What to call the two ends of an axis."""
        return [f"{end:.4g}" for end in (low, high)]

    def ticks(self, low: float, high: float) -> Ticks | None:
        """How an axis from `low` to `high` shows its numbers; None if as numbers."""
        return None
