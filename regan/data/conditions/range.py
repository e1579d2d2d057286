"""Ranges of values, as conditions on a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Range:
    """A range of values as a condition on a column, both ends included.

    Parameters
    ----------
    low, high : number, date, text of a date, ordered level or None
        The ends; None is no end. ``Range()`` is any value: a cell that is not missing.

    Examples
    --------
    >>> from regan import Range
    >>> Range(60)
    Range(low=60, high=None)
    """

    low: Any = None
    high: Any = None
