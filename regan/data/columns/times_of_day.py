"""Times of day: those of Python."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.data.columns.base import ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.times import TimeColumn
from regan.data.faults import refused
from regan.data.frames.dataframes import objects
from regan.data.numbers.clocks import NANOSECONDS, Clock
from regan.storage.stored import Stored

_TEXT = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.A)
_MICRO = NANOSECONDS["us"]
_LAST = NANOSECONDS["D"] - 1


@dataclass(frozen=True)
class TimeOfDayColumn(TimeColumn):
    """Times of day, held as ticks since midnight, to the microsecond."""

    kind = "time of day"
    group = "time of day"
    holds = instead = "times of day"
    form = ()

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        return bool(cells.dtype == object and cells.types == {datetime.time})

    @classmethod
    def measure(cls, cells: Cells) -> tuple[dict[str, Any], Clock, np.ndarray]:
        counts = _counts(cells)
        clock = Clock.learn(counts, "us")
        return {}, clock, clock.ticks(counts, "us")

    def ticks_of(self, cells: Cells) -> np.ndarray:
        return self.clock.ticks(_counts(cells), "us")

    def write(self, numbers: np.ndarray) -> np.ndarray:
        length = NANOSECONDS[self.clock.unit]
        counts = np.clip(self.clock.counts(numbers), 0, _LAST // length)
        return objects([_time(count * length // _MICRO) for count in counts.tolist()])

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        if wrong := [text for text in texts if _TEXT.fullmatch(text) is None]:
            raise ValueError(f"holds {wrong[0]!r}, which is not a time of day such as 12:30:00")
        try:
            return objects([datetime.time.fromisoformat(text) for text in texts])
        except ValueError as error:
            raise ValueError(f"holds an invalid time of day: {error}") from error

    def texts(self, numbers: np.ndarray) -> list[str]:
        return [str(time) for time in self.write(numbers)]

    def export_form(self) -> dict[str, Any]:
        return {}

    @classmethod
    def restore_form(cls, *stored: Stored) -> dict[str, Any]:
        return {}


def _counts(cells: Cells) -> np.ndarray:
    """Microseconds (n,) since midnight. TypeError for times of a time zone."""
    zoned = np.array([time.tzinfo is not None for time in cells.values], dtype=bool)
    if zoned.any():
        what = f"holds {str(cells.values[zoned][0])!r}, a time of day with a time zone,"
        advice = "remove the time zone by time.replace(tzinfo=None), or give timestamps"
        raise refused(cells.name, what, advice, zoned)
    return np.array([_microseconds(time) for time in cells.values], dtype=np.int64)


def _microseconds(time: datetime.time) -> int:
    return ((time.hour * 60 + time.minute) * 60 + time.second) * 1_000_000 + time.microsecond


def _time(count: int) -> datetime.time:
    """The inverse."""
    minutes, rest = divmod(count, 60_000_000)
    return datetime.time(*divmod(minutes, 60), *divmod(rest, 1_000_000))
