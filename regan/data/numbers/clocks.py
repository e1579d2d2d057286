"""Clocks: moments and spans, counted in int64, as whole ticks that float64 holds exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from regan.data.numbers.calendars import CALENDARS, Calendar
from regan.storage.stored import Stored

NANOSECONDS = {
    "D": 86_400 * 10**9,
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
}
"""Units of counts, coarsest first, as NumPy calls them."""

STEPS = "steps"
"""The unit of counts that are no times, such as those of periods."""

_EXACT = 2**53
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Clock:
    """Ticks of one unit since an origin, on the days of a calendar.

    Attributes
    ----------
    unit : str
        One of `NANOSECONDS`, or `STEPS`.
    origin : int
        The count that is tick 0.
    calendar : str
        One of `CALENDARS`.
    rounds : bool
        Whether counts are rounded to the unit, for float64 cannot hold them all in a finer one.
    """

    unit: str
    origin: int
    calendar: str
    rounds: bool

    @classmethod
    def learn(cls, counts: np.ndarray, unit: str, *, dated: bool = False) -> Self:
        """Of `counts` (n,) of a `unit`, int64, in the coarsest unit that all of them obey.

        dated : whether they count from 1970-01-01, so that a calendar may suit them. Ticks are
        below 2**53: where they would not be, the unit is the finest in which they are, and counts
        are rounded to it.
        """
        finest = _obeyed(counts, unit)
        for each in _from(finest):
            clock = cls._of(counts, unit, each, dated=dated, rounds=each != finest)
            if abs(clock.ticks(counts[[counts.argmin(), counts.argmax()]], unit)).max() < _EXACT:
                break
        return clock

    @classmethod
    def _of(cls, counts: np.ndarray, unit: str, own: str, *, dated: bool, rounds: bool) -> Self:
        """In the unit `own`."""
        plain = cls(own, 0, "days", rounds)
        whole, _ = plain._whole(counts, unit)
        name = plain.calendar
        if dated:
            days, times = np.divmod(whole, plain._day)
            some = [c for c in CALENDARS.values() if c.has_clock or not times.any()]
            name = next(c.name for c in some if c.suits(days) or c.name == name)
            whole, _ = cls(own, 0, name, rounds)._whole(counts, unit)
        low, high = int(whole.min()), int(whole.max())
        grain = 2 ** max((high - low).bit_length() - 3, 0)  # no single count is the origin
        return cls(own, low // grain * grain, name, rounds)

    def ticks(self, counts: np.ndarray, unit: str) -> np.ndarray:
        """Ticks (n,) in float64 of `counts` (n,) of a `unit`.

        They are whole for counts that obey unit and calendar, and lie between for others.
        """
        whole, rest = self._whole(counts, unit)
        return np.asarray((whole - self.origin).astype(np.float64) + rest)

    def counts(self, ticks: np.ndarray) -> np.ndarray:
        """Counts (n,) of the clock's unit, int64: the inverse of `ticks`."""
        whole = np.rint(ticks).astype(np.int64) + self.origin
        if self.calendar == "days":
            return np.asarray(whole)
        numbers, times = np.divmod(whole, self._day)
        return np.asarray(CALENDARS[self.calendar].days(numbers) * self._day + times)

    @property
    def days(self) -> Calendar:
        """The calendar."""
        return CALENDARS[self.calendar]

    @property
    def _day(self) -> int:
        """Ticks of a day."""
        return NANOSECONDS["D"] // NANOSECONDS[self.unit]

    def _whole(self, counts: np.ndarray, unit: str) -> tuple[np.ndarray, np.ndarray]:
        """Whole ticks since 0, and fractions."""
        whole, rest = self._converted(counts, unit)
        if self.calendar == "days":
            return whole, rest
        days, times = np.divmod(whole, self._day)
        numbers, between = self.days.numbers(days)
        if self._day == 1:
            return numbers, np.where(between > 0, between, rest)
        within = between == 0
        times = np.where(within, times, self._day - 1)
        return numbers * self._day + times, np.where(within, rest, 0.5)

    def _converted(self, counts: np.ndarray, unit: str) -> tuple[np.ndarray, np.ndarray]:
        """Counts of a `unit` in that of the clock: whole ones, and fractions."""
        if unit == self.unit:
            return counts, np.zeros(len(counts))
        own, other = NANOSECONDS[self.unit], NANOSECONDS[unit]
        if other > own:
            limit = _LARGEST // (other // own)
            return np.clip(counts, -limit, limit) * (other // own), np.zeros(len(counts))
        factor = own // other
        if self.rounds:
            return np.floor_divide(counts + factor // 2, factor), np.zeros(len(counts))
        whole, rest = np.divmod(counts, factor)
        return whole, rest / factor

    @property
    def identity(self) -> list[Any]:
        """What has to be equal where training goes on."""
        return [self.unit, self.origin, self.calendar]

    def export(self) -> dict[str, Any]:
        """What a model file has to hold, in JSON's terms."""
        return {
            "unit": self.unit,
            "origin": self.origin,
            "calendar": self.calendar,
            "rounds": self.rounds,
        }

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`."""
        unit, origin, calendar, rounds = stored.fields("unit", "origin", "calendar", "rounds")
        clock = cls(
            unit.choice(*NANOSECONDS, STEPS),
            origin.integer(-_LARGEST, _LARGEST),
            calendar.choice(*CALENDARS),
            rounds.flag(),
        )
        finer = clock.unit != STEPS and clock.days.has_clock
        if clock.calendar != "days" and clock.unit != "D" and not finer:
            stored.refuse("a clock of a unit that its calendar has")
        return clock


def _obeyed(counts: np.ndarray, unit: str) -> str:
    """The coarsest unit that all `counts` (n,) of a `unit` obey."""
    if unit == STEPS:
        return unit
    common = int(np.gcd.reduce(counts)) * NANOSECONDS[unit]
    return next(each for each, length in NANOSECONDS.items() if common % length == 0)


def _from(unit: str) -> list[str]:
    """A unit and coarser ones, finest first."""
    if unit == STEPS:
        return [unit]
    units = list(NANOSECONDS)
    return units[units.index(unit) :: -1]
