"""Time zones: between moments in UTC and what clocks show."""

from __future__ import annotations

import datetime
from importlib import import_module
from typing import Any

import numpy as np

from regan.data.literals import NAME_OF_ZONE


def name_of_zone(zone: datetime.tzinfo) -> str:
    """What pandas calls a time zone; an offset has several names."""
    if NAME_OF_ZONE.fullmatch(str(zone)):
        return str(zone)
    return str(datetime.timezone(zone.utcoffset(None) or datetime.timedelta()))


def wall_of(moments: np.ndarray, zone: Any) -> np.ndarray:
    """What clocks in a time zone show at moments (n,) in UTC."""
    return np.asarray(in_pandas(moments, zone).dt.tz_localize(None).to_numpy())


def instants_of(walls: np.ndarray, zone: Any) -> np.ndarray:
    """The inverse: the first of two moments, and the first after an hour that is left out."""
    first = np.ones(len(walls), dtype=bool)
    series = _pandas().Series(walls).dt
    series = series.tz_localize(zone, nonexistent="shift_forward", ambiguous=first)
    return np.asarray(series.dt.tz_convert(None).to_numpy())


def in_pandas(moments: np.ndarray, zone: Any) -> Any:
    """A Series of moments (n,), which are in UTC if there is a time zone."""
    series = _pandas().Series(moments)
    return series if zone is None else series.dt.tz_localize("UTC").dt.tz_convert(zone)


def _pandas() -> Any:
    return import_module("pandas")
