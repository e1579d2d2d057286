"""Timestamps: dates, and moments with or without a time zone."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from regan.data.columns.base import ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.iso_texts import is_iso, moments_of
from regan.data.columns.shown import Ticks
from regan.data.columns.time_axes import calendar_places, names_of
from regan.data.columns.time_zones import in_pandas, instants_of, name_of_zone, wall_of
from regan.data.columns.times import TimeColumn
from regan.data.faults import refused
from regan.data.frames.dataframes import objects
from regan.data.frames.temporal import as_unit, unit_of
from regan.data.literals import NAME_OF_ZONE, read_literal, write_literal
from regan.data.numbers.clocks import Clock
from regan.storage.stored import Stored

_MADE_OF = ("column", "date", "datetime", "Timestamp")


@dataclass(frozen=True)
class TimestampColumn(TimeColumn):
    """Dates and timestamps, held as ticks of coordinated universal time.

    Midnights of a time zone are held as days there: they stay midnights.

    Attributes
    ----------
    made_of : {"column", "date", "datetime", "Timestamp"}
        What values are: those of a dtype of timestamps, or objects of one type.
    zone : str, datetime.tzinfo or None
        The time zone; of a dtype or of pandas's objects its name.
    local : bool
        Whether ticks are days of the time zone.
    """

    made_of: str
    zone: Any
    local: bool

    kind = "timestamp"
    group = "timestamp"
    holds = instead = "dates or timestamps"
    form = ("made_of", "zone", "local")

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        return _made_of(cells) is not None

    @classmethod
    def measure(cls, cells: Cells) -> tuple[dict[str, Any], Clock, np.ndarray]:
        made_of, zone, moments = _read(cells)
        form = {"made_of": made_of, "zone": zone, "local": False}
        if zone is not None:
            days = wall_of(moments, zone)
            form["local"] = bool(
                (days == days.astype("M8[D]")).all()
                and (moments != moments.astype("M8[D]")).any()
                and (instants_of(days, zone) == moments).all()
            )
            moments = days if form["local"] else moments
        counts, unit = moments.view(np.int64), unit_of(moments)
        clock = Clock.learn(counts, unit, dated=True)
        return form, clock, clock.ticks(counts, unit)

    def ticks_of(self, cells: Cells) -> np.ndarray:
        _, zone, moments = _read(cells)
        if (zone is None) != (self.zone is None):
            words = ["timestamps without a time zone", "timestamps with a time zone"]
            held, now = words if self.zone is None else words[::-1]
            raise refused(
                self.name,
                f"held {held} in the training data, and holds {now}",
                "convert the column by pandas.Series.dt.tz_localize or tz_convert",
                kind="another kind",
            )
        moments = wall_of(moments, self.zone) if self.local else moments
        return self.clock.ticks(moments.view(np.int64), unit_of(moments))

    def _moments(self, numbers: np.ndarray) -> np.ndarray:
        """Of ticks (n,), datetime64: in UTC, if there is a time zone."""
        moments = self.clock.counts(numbers).view(f"M8[{self.clock.unit}]")
        return instants_of(moments, self.zone) if self.local else moments

    @property
    def quantity(self) -> str:
        return f"{self.holds} with{'out' if self.zone is None else ''} a time zone"

    @property
    def own_unit(self) -> str:
        return unit_of(self._moments(np.zeros(1)))

    def counts_at(self, numbers: np.ndarray) -> np.ndarray:
        return self._moments(numbers).view(np.int64)

    def ticks_at(self, counts: np.ndarray) -> np.ndarray:
        moments = counts.view(f"M8[{self.own_unit}]")
        moments = wall_of(moments, self.zone) if self.local else moments
        return self.clock.ticks(moments.view(np.int64), unit_of(moments))

    def write(self, numbers: np.ndarray) -> np.ndarray:
        return self._values(self._moments(numbers))

    def _is_certain(self, value: Any) -> bool:
        return is_iso(value) if isinstance(value, str) else super()._is_certain(value)

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        zoned, days = self.zone is not None, self.clock.unit == "D"
        return self._values(moments_of(texts, zoned=zoned, days=days))

    def _values(self, moments: np.ndarray) -> np.ndarray:
        """Moments (n,) in the form that values came in; those of a dtype stay datetime64."""
        if self.made_of == "column":
            return moments
        if self.made_of == "Timestamp":
            return objects(in_pandas(moments, self.zone).tolist())
        values = as_unit(moments, "D" if self.made_of == "date" else "us").astype(object)
        if not all(isinstance(value, datetime.date) for value in values):
            raise ValueError("holds a year beyond 9999")  # NumPy gives integers for those
        if self.zone is None:
            return np.asarray(values)
        utc = datetime.UTC
        return objects([value.replace(tzinfo=utc).astimezone(self.zone) for value in values])

    # Reports

    @property
    def what(self) -> str:
        if self.clock.unit == "D":
            return "date" if self.zone is None else f"date in {self.zone}"
        return "timestamp" if self.zone is None else f"timestamp in {self.zone}"

    def texts(self, numbers: np.ndarray) -> list[str]:
        return names_of(self._walls(numbers), self.clock.unit)

    def _walls(self, numbers: np.ndarray) -> np.ndarray:
        """What clocks show at ticks (n,), datetime64."""
        moments = self._moments(numbers)
        return moments if self.zone is None else wall_of(moments, self.zone)

    def ticks(self, low: float, high: float) -> Ticks:
        walls = calendar_places(*self._walls(np.array([low, high])))
        fine = walls.astype("M8[D]") if unit_of(walls) in "YM" else walls
        moments = fine if self.local or self.zone is None else instants_of(fine, self.zone)
        places = self.clock.ticks(moments.view(np.int64), unit_of(moments))
        return Ticks(tuple(places.tolist()), tuple(names_of(walls)))

    # Files

    @property
    def identity(self) -> list[Any]:
        return [*super().identity, self.made_of, self.zone]

    def export_form(self) -> dict[str, Any]:
        return {
            "made_of": self.made_of,
            "zone": write_literal(self.zone),
            "local": self.local,
        }

    @classmethod
    def restore_form(cls, *stored: Stored) -> dict[str, Any]:
        made_of, zone, local = stored
        where = read_literal(zone)
        named = isinstance(where, str) and NAME_OF_ZONE.fullmatch(where) is not None
        whose = made_of.choice(*_MADE_OF)
        if where is not None and not (isinstance(where, datetime.tzinfo) or named):
            zone.refuse("a time zone")
        if (whose == "date" and where is not None) or (whose == "datetime" and named):
            zone.refuse("a time zone of such values")
        return {"made_of": whose, "zone": where, "local": local.flag() and where is not None}


# Cells


def _made_of(cells: Cells) -> str | None:
    """What timestamps are made of; None for other cells."""
    if getattr(cells.dtype, "kind", "O") == "M":
        return "column"
    if cells.dtype != object or len(cells.types) != 1:
        return None
    (one,) = cells.types
    if one in (datetime.date, datetime.datetime):
        return str(one.__name__)
    return "Timestamp" if one is import_module("pandas").Timestamp else None


def _read(cells: Cells) -> tuple[str, Any, np.ndarray]:
    """What cells are made of, their time zone, and moments (n,), datetime64 in UTC."""
    made_of = str(_made_of(cells))
    if made_of == "date":
        return made_of, None, np.array(cells.values.tolist(), dtype="M8[D]")
    if made_of == "column":
        zone = getattr(cells.dtype, "tz", None)
        series = cells.series
    else:
        zone = _zone_of(cells)
        if made_of == "datetime":
            return made_of, zone, np.array([_in_utc(v) for v in cells.values], dtype="M8[us]")
        series = import_module("pandas").Series(cells.values.tolist())
    if zone is None:
        return made_of, None, series.to_numpy()
    return made_of, name_of_zone(zone), series.dt.tz_convert(None).to_numpy()


def _zone_of(cells: Cells) -> datetime.tzinfo | None:
    """The time zone of objects. TypeError if they have several."""
    first: Any = cells.values[0]
    others = np.array([value.tzinfo != first.tzinfo for value in cells.values], dtype=bool)
    if others.any():
        raise refused(
            cells.name,
            f"holds {str(cells.values[others][0])!r}",
            "convert all to one, as by pandas.to_datetime(..., utc=True)",
            others,
            beside=(f"{str(first)!r} with another time zone or none", ~others),
        )
    zone: datetime.tzinfo | None = first.tzinfo
    return zone


def _in_utc(value: datetime.datetime) -> datetime.datetime:
    return value if value.tzinfo is None else value.astimezone(datetime.UTC).replace(tzinfo=None)
