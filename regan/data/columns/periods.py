"""Periods: months, quarters, weeks and other spans between two dates, as pandas has them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from regan.data.columns.base import ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.shown import Ticks
from regan.data.columns.time_axes import calendar_places, names_of
from regan.data.columns.times import TimeColumn
from regan.data.faults import refused
from regan.data.frames.dataframes import objects
from regan.data.literals import FREQUENCY
from regan.data.numbers.clocks import STEPS, Clock
from regan.storage.stored import Stored

_DTYPE = "period["
_DATE = re.compile(r"\d{4}-\d\d(-\d\d( \d\d:\d\d(:\d\d(\.\d{1,9})?)?)?)?", re.A)


@dataclass(frozen=True)
class PeriodColumn(TimeColumn):
    """Periods of one length, held as their numbers.

    Attributes
    ----------
    frequency : str
        Their length, as pandas calls it.
    """

    frequency: str

    kind = "period"
    group = "period"
    holds = instead = "periods"
    form = ("frequency",)

    @property
    def quantity(self) -> str:
        return f"periods of {self.frequency}"

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        pandas = import_module("pandas")
        if isinstance(cells.dtype, pandas.PeriodDtype):
            return True
        return bool(cells.dtype == object and cells.types == {pandas.Period})

    @classmethod
    def measure(cls, cells: Cells) -> tuple[dict[str, Any], Clock, np.ndarray]:
        frequency, ordinals = _read(cells)
        clock = Clock.learn(ordinals, STEPS)
        return {"frequency": frequency}, clock, clock.ticks(ordinals, STEPS)

    def ticks_of(self, cells: Cells) -> np.ndarray:
        frequency, ordinals = _read(cells)
        if frequency != self.frequency:
            raise TypeError(
                f"column {self.name!r} held periods of {self.frequency} in the training data, and "
                f"holds periods of {frequency} now: convert them by pandas.Series.dt.asfreq"
            )
        return self.clock.ticks(ordinals, STEPS)

    def write(self, numbers: np.ndarray) -> np.ndarray:
        return objects(self._index(numbers).tolist())

    def _index(self, numbers: np.ndarray) -> Any:
        ordinals = self.clock.counts(numbers)
        return import_module("pandas").PeriodIndex.from_ordinals(ordinals, freq=self.frequency)

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        values = []
        for text in texts:
            try:
                values.append(_period(text, self.frequency))
            except ValueError as error:
                raise ValueError(
                    f"holds {text!r}, which is no period of {self.frequency}"
                ) from error
        return objects(values)

    def texts(self, numbers: np.ndarray) -> list[str]:
        return [str(period) for period in self._index(numbers)]

    def ticks(self, low: float, high: float) -> Ticks | None:
        """At the periods in which round dates are."""
        try:
            ends = self._index(np.array([low, high])).to_timestamp().to_numpy()
            dates = calendar_places(*ends)
            found = import_module("pandas").PeriodIndex(dates.astype("M8[s]"), freq=self.frequency)
        except ValueError:  # beyond the dates of pandas
            return super().ticks(low, high)
        places = self.clock.ticks(np.asarray(found.asi8), STEPS)
        return Ticks(tuple(places.tolist()), tuple(names_of(dates)))

    @property
    def what(self) -> str:
        return f"period of {self.frequency}"

    @property
    def identity(self) -> list[Any]:
        return [*super().identity, self.frequency]

    def export_form(self) -> dict[str, Any]:
        return {"frequency": self.frequency}

    @classmethod
    def restore_form(cls, *stored: Stored) -> dict[str, Any]:
        return {"frequency": stored[0].text(FREQUENCY)}


def _period(text: str, frequency: str) -> Any:
    """The period of a text as pandas writes it. ValueError for others.

    Dates are read as ISO 8601: pandas takes those before the year 1000 for others.
    """
    pandas, first = import_module("pandas"), text.partition("/")[0]
    if _DATE.fullmatch(first) is None:
        period = pandas.Period(text, freq=frequency)
        if str(period) != text:
            raise ValueError(f"it was taken for {period}")
        return period
    moment = pandas.Timestamp(np.datetime64(first.replace(" ", "T")))
    return pandas.Period(moment, freq=frequency)


def _read(cells: Cells) -> tuple[str, np.ndarray]:
    """The length of periods, and their numbers (n,). TypeError for several lengths."""
    if cells.dtype != object:
        return str(cells.dtype)[len(_DTYPE) : -1], np.asarray(cells.series.array.asi8)
    first = cells.values[0]
    others = np.array([period.freqstr != first.freqstr for period in cells.values], dtype=bool)
    if others.any():
        other = cells.values[others][0]
        raise refused(
            cells.name,
            f"holds {str(other)!r}, a period of {other.freqstr},",
            "convert all to one",
            others,
            beside=(f"{str(first)!r}, one of {first.freqstr},", ~others),
        )
    ordinals = [period.ordinal for period in cells.values]
    return str(first.freqstr), np.array(ordinals, dtype=np.int64)
