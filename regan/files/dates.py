"""Dates, timestamps, times of day and durations in text: their forms, and what they mean."""

from __future__ import annotations

import datetime
import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from regan.files.extras import pandas

_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_FORMS = (  # the first of each: what of dates is tried, in order
    (r"\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",)),
    (r"\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",)),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", ("%Y.%m.%d",)),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",)),
    (r"\d{1,2}/\d{1,2}/\d{4}", ("%d/%m/%Y", "%m/%d/%Y")),
    (r"\d{1,2}-\d{1,2}-\d{4}", ("%d-%m-%Y", "%m-%d-%Y")),
    (r"\d{1,2}-[A-Za-z]{3}-\d{4}", ("%d-%b-%Y",)),
    (r"\d{1,2} [A-Za-z]{3} \d{4}", ("%d %b %Y",)),
    (r"\d{1,2} [A-Za-z]{3,9} \d{4}", ("%d %B %Y",)),
    (r"[A-Za-z]{3} \d{1,2}, \d{4}", ("%b %d, %Y",)),
    (r"[A-Za-z]{3,9} \d{1,2}, \d{4}", ("%B %d, %Y",)),
)
_SHORT = (
    (r"\d{1,2}\.\d{1,2}\.\d\d", ("%d.%m.%y",)),
    (r"\d{1,2}-[A-Za-z]{3}-\d\d", ("%d-%b-%y",)),
    (r"\d{1,2}/\d{1,2}/\d\d", ("%m/%d/%y", "%d/%m/%y")),
    (r"\d{1,2}-\d{1,2}-\d\d", ("%d-%m-%y", "%m-%d-%y")),
    (r"\d\d/\d{1,2}/\d{1,2}", ("%y/%m/%d",)),
    (r"\d\d-\d{1,2}-\d{1,2}", ("%y-%m-%d",)),
    (r"\d\d\.\d{1,2}\.\d{1,2}", ("%y.%m.%d",)),
)
_ODD = 0.1
_FEW = 20
_FIRST, _LAST = 19000101, 21001231
_TIME = r"\d{1,2}:\d\d(:\d\d(\.\d{1,9})?)?"
_HALF = r" ?[AaPp][Mm]"
_ZONE = r" ?(Z|UTC|[+-]\d\d(:?\d\d)?)"
_ZONED = re.compile(rf".*[T :].*{_ZONE}")
_STAMP = re.compile(
    rf"(?P<date>{'|'.join(form for form, _ in _FORMS)})"
    rf"((?P<gap>[T ])(?P<time>{_TIME})(?P<half>{_HALF})?(?P<zone>{_ZONE})?)?"
)
_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?")
_SPAN = re.compile(
    r"[+-]?(\d+ days?)( [+-]?\d{1,2}:\d\d:\d\d(\.\d{1,9})?)?|[+-]?\d+:[0-5]\d:[0-5]\d(\.\d{1,9})?"
    r"|P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,9})?S)?)?"
)


@dataclass(frozen=True)
class Found:
    """What texts are in common.

    Attributes
    ----------
    kind : {"date", "timestamp", "time", "duration"}
    form : str or None
        That of strptime; None is the usual one, ISO 8601.
    other : str or None
        A second form that fits as well.
    """

    kind: str
    form: str | None = None
    other: str | None = None


def find_times(texts: Sequence[str]) -> Found | None:
    """What all of `texts` are; None if they are no dates and no times of one form."""
    if not texts or not any(c.isdigit() for c in texts[0]):
        return None
    if all(map(_OF_DAY.fullmatch, texts)):
        return Found("time")
    if all(map(_SPAN.fullmatch, texts)):
        return Found("duration")
    stamps = []
    for text in texts:
        stamp = _STAMP.fullmatch(text)
        if stamp is None:
            return None
        stamps.append(stamp)
    dated = [stamp["time"] is None for stamp in stamps]
    kind = "date" if all(dated) else "timestamp"
    if all(_ISO.fullmatch(stamp["date"]) and not stamp["half"] for stamp in stamps):
        return Found(kind) if parse_times(texts, kind, None)[1] is None else None
    if kind == "timestamp" and any(dated):
        return None
    forms = [form for form in _forms(stamps[0]) if parse_times(texts, kind, form)[1] is None]
    if not forms:
        return None
    return Found(kind, forms[0], forms[1] if len(forms) > 1 and _differ(texts, forms) else None)


def looks_like_time(text: str) -> bool:
    """Whether a text is written like a date or a time, whatever its numbers are."""
    return any(form.fullmatch(text) for form in (_STAMP, _OF_DAY, _SPAN))


def find_zoneless(texts: Sequence[str]) -> int | None:
    """The position of the first timestamp or date without a time zone, if others have one."""
    zoned = [_ZONED.fullmatch(text) is not None for text in texts]
    return zoned.index(False) if any(zoned) and not all(zoned) else None


def short_forms(texts: Sequence[str]) -> list[str]:
    """The forms of dates whose years have two digits, that fit all of them; none of others."""
    fitting = []
    for pattern, forms in _SHORT:
        if all(re.fullmatch(pattern, text) for text in texts):
            fitting += [form for form in forms if parse_times(texts, "date", form)[1] is None]
    return fitting


def tell_days(values: Sequence[float]) -> str | None:
    """What is to be said of integers that are dates, 20190131, of 20 days or more."""
    if not all(_FIRST <= value <= _LAST for value in values):
        return None
    days = {*values}
    if len(days) < _FEW or not all(map(_is_day, days)):
        return None
    return (
        f"holds integers that look like dates, such as {int(values[0])}, and is read as integers; "
        'to read it as dates, set {"kind": "date", "format": "%Y%m%d"} in a --schema'
    )


def _is_day(value: float) -> bool:
    try:
        datetime.date(int(value) // 10_000, int(value) // 100 % 100, int(value) % 100)
    except ValueError:
        return False
    return int(value) == value


def find_odd_date(texts: Sequence[str]) -> str | None:
    """The first of `texts` that is no date where nearly all are of one form: February 30, say."""
    stamps = [_STAMP.fullmatch(text) for text in texts]
    if not texts or stamps[0] is None or None in stamps:
        return None
    iso = _ISO.fullmatch(stamps[0]["date"]) and not stamps[0]["half"]
    for form in ["ISO8601"] if iso else _forms(stamps[0]):
        wrong = _stamps(pandas(), texts, form).isna()
        if 0 < wrong.mean() <= _ODD:
            return texts[int(wrong.to_numpy().argmax())]
    return None


def _forms(stamp: re.Match[str]) -> list[str]:
    """The forms, as in strptime, that a timestamp or date may be of."""
    rest = "" if stamp["time"] is None else _rest(stamp)
    each = [forms for pattern, forms in _FORMS if re.fullmatch(pattern, stamp["date"])]
    return [form + rest for forms in each for form in forms]


def _rest(stamp: re.Match[str]) -> str:
    """The form of the time of a timestamp."""
    time = stamp["time"]
    form = "%I:%M" if stamp["half"] else "%H:%M"
    form += ":%S" if time.count(":") == 2 else ""
    form += ".%f" if "." in time else ""
    if half := stamp["half"]:
        form += " %p" if half[0] == " " else "%p"
    if zone := stamp["zone"]:
        form += " %z" if zone[0] == " " else "%z"
    return stamp["gap"] + form


def _differ(texts: Sequence[str], forms: Sequence[str]) -> bool:
    """Whether two forms make different dates."""
    one, other = (parse_times(texts, "date", form)[0] for form in forms[:2])
    return not (one == other).all()


def check_form(kind: str, form: str) -> None:
    """ValueError for what is no form of dates, timestamps or times as in strptime."""
    if "%" not in form:
        raise ValueError("it has no directive, such as %d")
    moment = datetime.datetime(2019, 12, 31, 23, 58, 57, tzinfo=datetime.UTC)
    text = moment.strftime(form)
    if kind == "time":
        datetime.datetime.strptime(text, form)
    else:
        _stamps(pandas(), [text], form)


def parse_times(
    texts: Sequence[str], kind: str, form: str | None, *, lenient: bool = False
) -> tuple[Any, int | None]:
    """The values (n,) of `texts`, and the position of the first that is none.

    form : as in strptime; None for ISO 8601; lenient : whether that is read too where it is the
    form of all. Where some have a time zone, others are none.
    """
    if kind == "time":
        return _times_of_day(texts, form, lenient=lenient)
    pd = pandas()
    if kind == "duration":
        values = pd.to_timedelta(pd.Series(texts, dtype=object), errors="coerce")
        return values, _first(values.isna())
    values = _stamps(pd, texts, form or "ISO8601")
    bad = _first(values.isna())
    if lenient and form is not None and bad is not None and all(_ISO.match(text) for text in texts):
        return parse_times(texts, kind, None)
    if kind == "date" and bad is None and values.dt.tz is None:
        bad = _first(values != values.dt.normalize())
    if bad is None and len(values) and values.dt.tz is not None and "%z" not in (form or ""):
        bad = find_zoneless(texts)
    return values, bad


def _stamps(pd: Any, texts: Sequence[str], form: str) -> Any:
    series = pd.Series(texts, dtype=object)
    with suppress(ValueError), warnings.catch_warnings():  # of several zones
        warnings.simplefilter("ignore", FutureWarning)
        values = pd.to_datetime(series, format=form, errors="coerce")
        if str(values.dtype).startswith("datetime64"):
            return values
    return pd.to_datetime(series, format=form, errors="coerce", utc=True)


def _times_of_day(
    texts: Sequence[str], form: str | None, *, lenient: bool
) -> tuple[Any, int | None]:
    values: list[datetime.time | None] = []
    for i, text in enumerate(texts):
        matched = _OF_DAY.fullmatch(text) if lenient or form is None else None
        try:
            if matched is not None:
                hour, minute, second, part = matched.groups()
                micro = int((part or "0").ljust(6, "0"))
                values.append(datetime.time(int(hour), int(minute), int(second or 0), micro))
            elif form is not None:
                values.append(datetime.datetime.strptime(text, form).time())
            else:
                return values, i
        except ValueError:
            return values, i
    pd = pandas()
    return pd.Series(values, dtype=object), None


def _first(wrong: Any) -> int | None:
    return int(wrong.to_numpy().argmax()) if wrong.any() else None
