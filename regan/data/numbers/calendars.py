"""Calendars: which days a column of dates has, all or some, numbered one after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

_MONDAY = 3  # days from the first Monday's week to 1970-01-01, a Thursday
_EVIDENCE = np.log(1000)


class Calendar(ABC):
    """Days that columns may be limited to.

    Attributes
    ----------
    name : str
        What model files call it.
    words : str
        The days, in messages.
    share : float
        The share of all days that are such ones.
    has_clock : bool
        Whether the days may have times.
    """

    name: str
    words: str
    share: float
    has_clock: bool

    @abstractmethod
    def numbers(self, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers (n,) of `days` (n,) since 1970-01-01, integers, and fractions in [0, 1).

        The fraction is 0 for days of the calendar; others lie between two of them.
        """

    @abstractmethod
    def days(self, numbers: np.ndarray) -> np.ndarray:
        """The days since 1970-01-01 that have these whole numbers (n,)."""

    def suits(self, days: np.ndarray) -> bool:
        """Whether all of `days` are such ones, and so many differ that it is no chance.

        The chance of so many days drawn from all days would be 1 in 1,000 or less.
        """
        different = np.unique(days)
        if -len(different) * np.log(self.share) < _EVIDENCE:
            return False
        return not self.numbers(different)[1].any()


class EveryDay(Calendar):
    """All days."""

    name, words, share, has_clock = "days", "days", 1.0, True

    def numbers(self, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return days, np.zeros(len(days))

    def days(self, numbers: np.ndarray) -> np.ndarray:
        return numbers


class Weekdays(Calendar):
    """Monday to Friday."""

    name, words, share, has_clock = "weekdays", "days from Monday to Friday", 5 / 7, True

    def numbers(self, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        weeks, day = np.divmod(days + _MONDAY, 7)
        return 5 * weeks + np.minimum(day, 4), np.where(day > 4, 0.5, 0.0)

    def days(self, numbers: np.ndarray) -> np.ndarray:
        weeks, day = np.divmod(numbers, 5)
        return np.asarray(7 * weeks + day - _MONDAY)


class MonthStarts(Calendar):
    """The first day of each month."""

    name, words, share, has_clock = "month starts", "first days of months", 12 / 365.25, False

    def numbers(self, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        months = days.astype("M8[D]").astype("M8[M]").astype(np.int64)
        first, following = _first_days(months), _first_days(months + 1)
        return months, (days - first) / (following - first)

    def days(self, numbers: np.ndarray) -> np.ndarray:
        return _first_days(numbers)


class MonthEnds(MonthStarts):
    """The last day of each month, numbered as the month behind it."""

    name, words = "month ends", "last days of months"

    def numbers(self, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return super().numbers(days + 1)

    def days(self, numbers: np.ndarray) -> np.ndarray:
        return _first_days(numbers) - 1


def _first_days(months: np.ndarray) -> np.ndarray:
    """The first days of months (n,) since January 1970, as days since then."""
    return months.astype("M8[M]").astype("M8[D]").astype(np.int64)


CALENDARS: dict[str, Calendar] = {
    each.name: each for each in (MonthStarts(), MonthEnds(), Weekdays(), EveryDay())
}
"""By name, in the order in which they are asked for a column."""
