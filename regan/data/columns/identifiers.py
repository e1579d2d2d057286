"""Identifiers, and numbers stored as text: columns of which there is nothing to learn as they are.

A model would give out identifiers as they are in the data.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

_LEAST_ROWS = 20
_LEAST_UNNAMED = 100
_YEARS = (1500, 2200)
_UNIQUE_TEXT = 0.9
_UNIQUE_NUMBERS = 0.95
_MOST = 0.9
_FEW = 20

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_NAMED = re.compile(
    r"(^|[\W_])(id|ids|uid|uuid|guid|pid|idx|pk|key|rowid)$|^(index|row|serial|customerid|userid)$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"[a-z](ID|Id)$")
_CODE = re.compile(r"[-+]?0\d")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_COMMA = re.compile(r"[-+]?\d+,\d+")
_BLANK = ("", "-", "?", "na", "n/a", "nan", "none", "null", "inf", "-inf")


def identifiers(name: Any, why: str) -> str:
    """The message for a column of identifiers; why : what tells that it is one."""
    return (
        f"column {name!r} holds identifiers ({why}): a model would learn and give out such values "
        "as they are. Drop the column, name it in categorical=[...] of a TableEncoder to learn its "
        "values as levels, or set ids='sequence' there to number the rows of samples anew, or "
        "ids='keep' to learn such columns like any other"
    )


def identify_levels(values: np.ndarray) -> str | None:
    """What tells that levels `values` (n,) are identifiers, in words; None if nothing does.

    It is e-mail addresses in nine rows of ten, or 20 rows or more of which nine in ten differ.
    """
    counts = Counter(values.tolist())
    text = {value: n for value, n in counts.items() if isinstance(value, str)}
    n_text = sum(text.values())
    if n_text >= _MOST * len(values) and n_text > 1:
        mails = sum(n for value, n in text.items() if _MAIL.fullmatch(value.strip()))
        if mails >= _MOST * len(values):
            return "e-mail addresses"
    n_different = len(counts)
    if len(values) >= _LEAST_ROWS and n_different >= _UNIQUE_TEXT * len(values):
        return f"{n_different} different values in {len(values)} rows"
    return None


def identify_numbers(name: Any, values: np.ndarray) -> str | None:
    """What tells that `values` (n,) are identifiers, in words; None if nothing does.

    They are whole numbers, 20 or more, of which 19 in 20 differ, and which are called an id, key or
    index; or, in 100 rows or more, come from a range that is twice as long as the table at most,
    and are no years.
    """
    if len(values) < _LEAST_ROWS or not np.array_equal(values, np.rint(values)):
        return None
    n_different = len(np.unique(values))
    if n_different < _UNIQUE_NUMBERS * len(values):
        return None
    years = _YEARS[0] <= values.min() and values.max() <= _YEARS[1]
    if _is_name(name):
        why = "the name says so"
    elif len(values) >= _LEAST_UNNAMED and np.ptp(values) < 2 * len(values) and not years:
        why = "nearly every number of their range once"
    else:
        return None
    return f"{n_different} different integers in {len(values)} rows, {why}"


def number_as_text(values: np.ndarray) -> str | None:
    """One of levels `values` (n,) that are numbers stored as text; None if they are not.

    They are if there are more than 20 of them, and nine in ten that are not blank are numbers
    without leading zeros and not all whole with the same number of digits, as codes and years are.
    """
    different = set(values.tolist())
    if len(different) <= _FEW or not all(isinstance(value, str) for value in different):
        return None
    told = sorted(value for value in different if value.strip().lower() not in _BLANK)
    numbers = [value for value in told if _number(value) is not None]
    stripped = list(map(str.strip, told))
    codes = all(map(str.isdecimal, stripped)) and len(set(map(len, stripped))) == 1
    if not numbers or codes or len(numbers) < _MOST * len(told):
        return None
    return str(numbers[0])


def _is_name(name: Any) -> bool:
    """Whether a column's name, or its last part, is one of identifiers."""
    last = name[-1] if isinstance(name, tuple) and name else name
    return isinstance(last, str) and bool(_NAMED.search(last) or _CAMEL.search(last))


def _number(text: str) -> float | None:
    """What a text stands for as a number, also one of money or with separators."""
    text = text.strip("$€£¥% ")
    if _CODE.match(text):
        return None
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    elif _COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None
