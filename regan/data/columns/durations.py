"""Durations: spans of time."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from regan.data.columns.base import ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.times import TimeColumn
from regan.data.faults import refused
from regan.data.frames.dataframes import objects
from regan.data.frames.temporal import as_unit, unit_of
from regan.data.numbers.clocks import NANOSECONDS, Clock
from regan.storage.stored import Stored

_MADE_OF = ("column", "timedelta", "Timedelta")


@dataclass(frozen=True)
class DurationColumn(TimeColumn):
    """Durations, held as ticks.

    Attributes
    ----------
    made_of : {"column", "timedelta", "Timedelta"}
        What values are: those of a dtype of durations, or objects of Python or pandas.
    """

    made_of: str

    kind = "duration"
    group = "duration"
    holds = instead = "durations"
    is_sum = True
    form = ("made_of",)

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        return _made_of(cells) is not None

    @classmethod
    def measure(cls, cells: Cells) -> tuple[dict[str, Any], Clock, np.ndarray]:
        spans = _read(cells)
        counts, unit = spans.view(np.int64), unit_of(spans)
        clock = Clock.learn(counts, unit)
        return {"made_of": _made_of(cells)}, clock, clock.ticks(counts, unit)

    def ticks_of(self, cells: Cells) -> np.ndarray:
        spans = _read(cells)
        return self.clock.ticks(spans.view(np.int64), unit_of(spans))

    def write(self, numbers: np.ndarray) -> np.ndarray:
        return self._values(self.clock.counts(numbers).view(f"m8[{self.clock.unit}]"))

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        to_timedelta = import_module("pandas").to_timedelta
        spans = to_timedelta(np.array(texts, dtype=object), errors="coerce")
        if (lost := np.flatnonzero(spans.isna())).size:
            text = texts[lost[0]]
            raise ValueError(f"holds {text!r}, which is not a duration such as 1 days 02:00:00")
        return self._values(np.asarray(spans.to_numpy()))

    def _values(self, spans: np.ndarray) -> np.ndarray:
        """Spans (n,) in the form that values came in; those of a dtype stay timedelta64."""
        if self.made_of == "column":
            return spans
        if self.made_of == "timedelta":
            return np.asarray(as_unit(spans, "us").astype(object))
        return objects(import_module("pandas").Series(spans).tolist())

    def texts(self, numbers: np.ndarray) -> list[str]:
        length = NANOSECONDS[self.clock.unit]
        return [_text(count * length) for count in self.clock.counts(numbers).tolist()]

    @property
    def identity(self) -> list[Any]:
        return [*super().identity, self.made_of]

    def export_form(self) -> dict[str, Any]:
        return {"made_of": self.made_of}

    @classmethod
    def restore_form(cls, *stored: Stored) -> dict[str, Any]:
        return {"made_of": stored[0].choice(*_MADE_OF)}


def _made_of(cells: Cells) -> str | None:
    """What durations are made of; None for other cells."""
    if getattr(cells.dtype, "kind", "O") == "m":
        return "column"
    if cells.dtype != object or len(cells.types) != 1:
        return None
    (one,) = cells.types
    of_pandas = import_module("pandas").Timedelta
    return {datetime.timedelta: "timedelta", of_pandas: "Timedelta"}.get(one)


def _read(cells: Cells) -> np.ndarray:
    """Durations (n,), timedelta64."""
    if cells.dtype != object:
        return np.asarray(cells.series.to_numpy())
    if cells.types != {datetime.timedelta}:
        return np.asarray(import_module("pandas").Series(cells.values.tolist()).to_numpy())
    spans = np.array(cells.values.tolist(), dtype="m8[us]")
    if not (lost := spans.astype(object) != cells.values).any():  # NumPy overflows silently
        return spans
    what = f"holds {cells.values[lost][0]}, beyond 292,000 years,"
    raise refused(cells.name, what, "drop such rows", lost)


def _text(nanoseconds: int) -> str:
    """A duration in words, such as 3 days 02:30:00."""
    size = abs(nanoseconds)
    days, rest = divmod(size, NANOSECONDS["D"])
    minutes, rest = divmod(rest, NANOSECONDS["m"])
    seconds, part = divmod(rest, NANOSECONDS["s"])
    time = "{:02d}:{:02d}:{:02d}".format(*divmod(minutes, 60), seconds)
    if part:
        time += f".{part:09d}".rstrip("0")
    named = f"{days} day{'s' if days != 1 else ''}" if days else ""
    some = [named] * bool(named) + [time] * bool(rest or minutes or not days)
    return "-" * (nanoseconds < 0) + " ".join(some)
