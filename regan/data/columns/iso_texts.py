"""Dates and times in texts, in ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

_ISO = re.compile(
    r"(?P<wall>-?\d{4,6}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?)"
    r"(?P<offset>Z|[+-](?P<hours>\d\d)(:?(?P<minutes>\d\d)(:?(?P<seconds>\d\d))?)?)?",
    re.A,
)
"""Dates and times in ISO 8601, as pandas and others write them."""


def is_iso(text: str) -> bool:
    """Whether a text is written as a date or time in ISO 8601."""
    return _ISO.fullmatch(text) is not None


def moments_of(texts: Sequence[str], *, zoned: bool, days: bool = False) -> np.ndarray:
    """Moments (n,), datetime64, in UTC if they are `zoned`, from texts in ISO 8601.

    days : whether they are of a column of dates without times, which messages then show.
    """
    matches = [_ISO.fullmatch(text) for text in texts]
    for text, match in zip(texts, matches, strict=True):
        if match is None or zoned != bool(match["offset"]):
            like = "date or time such as 2026-01-31 12:30:00 without an offset from UTC"
            if zoned:
                like = like.replace("without", "with")
            elif days:
                like = "date such as 2026-01-31"
            raise ValueError(f"holds {text!r}, which is not a {like}")
    found = [match for match in matches if match is not None]
    moments = _dated([match["wall"].replace(" ", "T") for match in found])
    if not zoned or not len(moments):
        return moments
    return np.asarray(moments - np.array([_seconds(match) for match in found], dtype="m8[s]"))


def _dated(texts: list[str]) -> np.ndarray:
    """Moments (n,) of texts. ValueError for a date that there is not."""
    for text in texts:
        try:
            np.datetime64(text)
        except ValueError as error:
            raise ValueError(f"holds {text!r}, which is not a valid date") from error
    return np.array(texts, dtype="M8")


def _seconds(match: re.Match[str]) -> int:
    """The offset from UTC in a text."""
    parts = [int(match[name] or 0) for name in ("hours", "minutes", "seconds")]
    size = parts[0] * 3600 + parts[1] * 60 + parts[2]
    return -size if match["offset"].startswith("-") else size
