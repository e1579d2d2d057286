"""Axes of times: where round hours, days, months and years lie, so that ticks stand there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count
from typing import Any

import numpy as np

from regan.data.frames.temporal import unit_of
from regan.data.numbers.clocks import NANOSECONDS

_MOST = 6
_DECIMALS = (1, 2, 5)
_SECONDS = (1, 2, 5, 10, 15, 30)
_HOURS = (1, 2, 3, 4, 6, 12)
_MONTHS = (1, 3, 6)


def round_places(low: float, high: float, unit: str) -> np.ndarray:
    """Round counts (k,) of a unit between `low` and `high`, at most six; one at least.

    unit : one of a clock's.
    """
    step = next(each for each in _steps(unit) if high - low < _MOST * each)
    first = np.ceil(low / step)
    places = step * np.arange(first, np.floor(high / step) + 1)
    return places if len(places) else np.array([np.rint(low)])


def calendar_places(low: np.datetime64, high: np.datetime64) -> np.ndarray:
    """Moments (k,) between two, datetime64: round times of day, or days, months or years."""
    days = (high - low) / np.timedelta64(1, "D")
    if days < _MOST * 14:
        unit = str(np.datetime_data(low.dtype)[0])
        first, last = (float(each.view(np.int64)) for each in (low, high))
        return round_places(first, last, unit).astype(np.int64).astype(f"M8[{unit}]")
    first, last = (each.astype("M8[M]").astype(np.int64) for each in (low, high))
    step = next(each for each in _month_steps() if last - first < _MOST * each)
    begin = int(first + (first.astype("M8[M]") < low))
    months = np.arange(-(-begin // step) * step, last + 1, step).astype("M8[M]")
    return months.astype("M8[Y]") if step % 12 == 0 else months


def names_of(moments: np.ndarray, unit: str | None = None) -> list[str]:
    """What people call moments (k,), datetime64, in the coarsest unit that tells them.

    unit : at least in this one.
    """
    own: Any = {"h": "m"}.get(str(unit), unit)
    if unit_of(moments) in ("Y", "M"):
        own = unit_of(moments)
    elif own is None:
        units = ("D", "m", "s", "ms", "us", "ns")
        own = next(u for u in units if (moments == moments.astype(f"M8[{u}]")).all())
    texts = np.datetime_as_string(moments.astype(f"M8[{own}]"), own).tolist()
    return [text.replace("T", " ") for text in texts]


def _steps(unit: str) -> Iterator[int]:
    """Steps of so many ticks of a unit between round numbers, increasing."""
    length = NANOSECONDS.get(unit)
    decimals = (m * 10**k for k in count() for m in _DECIMALS)
    if length is None:
        return decimals
    fractions = (m * 10**k for k in range(9) for m in _DECIMALS)
    seconds = (m * NANOSECONDS[each] for each in "sm" for m in _SECONDS)
    hours = (m * NANOSECONDS["h"] for m in _HOURS)
    days = (m * NANOSECONDS["D"] for m in decimals)
    steps = chain(fractions, seconds, hours, days)
    return (step // length for step in steps if step % length == 0)


def _month_steps() -> Iterator[int]:
    """Steps of so many months, increasing: parts of a year, and decimal numbers of years."""
    return chain(_MONTHS, (12 * m * 10**k for k in count() for m in _DECIMALS))
