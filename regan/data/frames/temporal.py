"""Dates, times and spans of NumPy, for columns of any library."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.data.literals import NAME_OF_ZONE

ZONED = rf"({NAME_OF_ZONE.pattern}|[+-]\d\d:\d\d)"
"""A pattern of time zones, as dtypes of any library name them."""

_UNITS = ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns")


def is_time(values: np.ndarray) -> bool:
    """Whether they are dates or spans of NumPy."""
    return values.dtype.kind in "mM"


def as_unit(values: np.ndarray, unit: str) -> np.ndarray:
    """Dates or spans (n,) of NumPy in another unit, rounded down. ValueError beyond its range."""
    kind, own = values.dtype.kind, unit_of(values)
    other = values.astype(f"{kind}8[{unit}]")
    finer = _UNITS.index(unit) > _UNITS.index(own)
    if finer and not ((other.astype(values.dtype) == values) | np.isnat(values)).all():
        raise ValueError(f"dates or spans are beyond the range of {other.dtype}")
    return other


def unit_of(values: np.ndarray) -> str:
    """The unit of dates or spans of NumPy."""
    unit: Any = np.datetime_data(values.dtype)[0]
    return str(unit)
