"""Ranges of values, as conditions on a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Range:
    """Range of values as a condition on a column, with both ends included.

    Parameters
    ----------
    low, high : number, date, text of a date in ISO 8601, ordered level or None
        The ends; None leaves an end open. ``Range()`` accepts any value, so the cell is not
        missing.

    Examples
    --------
    >>> from regan import Range
    >>> Range(60)
    Range(low=60, high=None)
    """

    low: Any = None
    high: Any = None
