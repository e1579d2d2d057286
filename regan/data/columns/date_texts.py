"""Dates and timestamps stored as text, which a model would learn as unrelated levels."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regan.data.missing_words import is_blank

_FEW = 20
_SAMPLE = 200
_MOST = 0.9
_MONTHS = 12
_DAYS = 31

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_YEAR = r"(?:1[5-9]|2[01])\d\d"
_ZONE = r"(?: ?(?:Z|UTC|[+-]\d\d(?::?\d\d)?))?"
_TIME = rf"(?:(?:[T ]|, )\d{{1,2}}:\d\d(?::\d\d(?:[.,]\d{{1,9}})?)?(?: ?[ap]\.?m\.?)?{_ZONE})?"
_DATE = re.compile(
    rf"(?:{_YEAR}(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})"
    rf"|(?P<one>\d{{1,2}})(?P<sign>[-/.])(?P<other>\d{{1,2}})(?P=sign){_YEAR}"
    r"|(?P<first>\d{1,2})/(?P<second>\d{1,2})/\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?[- ]{_MONTH}[- ](?:{_YEAR}|\d\d)"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}){_TIME}",
    re.IGNORECASE | re.ASCII,
)


def date_as_text(values: Iterable[object]) -> str | None:
    """One of levels `values` that are dates stored as text; None if they are not.

    They are if there are more than 20 of them, and nine in ten that are not blank are dates with a
    day, a month and a year, with or without a time of day. Up to 200 of them are looked at.
    """
    different = dict.fromkeys(values)
    if len(different) <= _FEW or not all(isinstance(value, str) for value in different):
        return None
    step = max(1, len(different) // _SAMPLE)
    looked_at = [str(value) for value in different][::step]
    told = sorted(value for value in looked_at if not is_blank(value))
    dates = [value for value in told if is_date(value.strip())]
    return dates[0] if dates and len(dates) >= _MOST * len(told) else None


def is_date(text: str) -> bool:
    """Whether a text is a date in a common form: "2026-01-31", "31/01/2026", "Jan 31, 2026"."""
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    for names in (("month", "day"), ("one", "other"), ("first", "second")):
        if found[names[0]] is not None:
            one, other = (int(found[name]) for name in names)
            ends = sorted((one, other))
            return 1 <= ends[0] <= _MONTHS and ends[1] <= _DAYS
    return True
