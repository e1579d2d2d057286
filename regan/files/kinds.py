"""Kinds of cells in files: how each is written, and the column that it becomes."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.data.frames.dataframes import objects
from regan.data.numbers.written import Writing, grouped
from regan.files.csv_lines import has_leading_zero, number
from regan.files.dates import find_zoneless, parse_times
from regan.files.extras import pandas

TIMES = ("date", "time", "timestamp", "duration")
NUMBERS = ("number", "integer")
FORMATTED = "formatted number"
KINDS = (*NUMBERS, "level", "ordered", "boolean", *TIMES, FORMATTED, "identifier", "drop")
_YES = {"true": True, "yes": True, "y": True, "t": True, "1": True}
_NO = {"false": False, "no": False, "n": False, "f": False, "0": False}
_BOOLEANS = _YES | _NO
LARGEST = 2**63
_HOLDS = {
    "number": "a finite number",
    "integer": "an integer",
    FORMATTED: "a number with a currency or percent sign in the form of the cells before",
    "ordered": "one of its levels",
    "boolean": "true or false",
}


@dataclass(frozen=True)
class Kind:
    """What the cells of a column are, and how they are written.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    form : str or None
        Of dates and times: as in strptime; None for ISO 8601.
    levels : tuple of str
        Of ordered levels, the least first.
    na : tuple of str
        Words for missing cells; empty cells are missing in any case.
    thousands : str or None
        What separates thousands in numbers.
    lenient : bool
        Whether integers may be other numbers, and dates in another form ISO 8601, as nobody has
        asked for what is recognised.
    """

    kind: str
    form: str | None = None
    levels: tuple[str, ...] = ()
    na: tuple[str, ...] = ()
    thousands: str | None = None
    lenient: bool = False


class BadCellError(ValueError):
    """A cell that is not of its column's kind: its row, and what is wrong."""

    def __init__(self, row: int, words: str) -> None:
        super().__init__(words)
        self.row = row


def is_missing(text: str, na: Sequence[str]) -> bool:
    """Whether a cell is missing: empty, or one of the words."""
    stripped = text.strip()
    return not stripped or stripped in na


def parse_column(texts: Any, kind: Kind, decimal: str = ".") -> Any:
    """The column that the cells of a Series of text mean.

    Missing cells are those of pandas. BadCellError for the first cell that is of another kind.
    """
    pd = pandas()
    codes, found = pd.factorize(texts)
    unique = found.tolist()
    missing = np.array([is_missing(text, kind.na) for text in unique], dtype=bool)
    place = np.cumsum(~missing) - 1
    place[missing] = -1
    places = place[codes]  # of each cell, in the values that are no missing ones
    present = [text for text, lost in zip(unique, missing, strict=True) if not lost]
    values, bad = _PARSERS[kind.kind](present, kind, decimal)
    if bad is not None:
        text = present[bad]
        holds = _HOLDS.get(kind.kind, f"a {kind.kind} in the form {kind.form or 'of ISO 8601'}")
        words = f"holds {text!r}, which is not {holds}"
        if kind.kind in TIMES and find_zoneless(present) == bad:
            words = f"holds {text!r}, which has no time zone, but other cells have one"
        raise BadCellError(int((places == bad).argmax()), words)
    return _spread(pd, values, places)


def _spread(pd: Any, values: Any, places: np.ndarray) -> Any:
    """The column of `values` at `places`; missing where they are -1."""
    some = bool((places < 0).any())
    if some and values.dtype == np.int64:
        values = values.astype("Int64")
    if some and values.dtype == np.uint64:
        values = values.astype("UInt64")
    if some and values.dtype == np.bool_:
        values = values.astype("boolean")
    if values.dtype == object:
        lost = (
            np.nan if len(values) and isinstance(values.iloc[0], str) else None
        )  # as pandas has them
        return pd.Series(objects([lost, *values.tolist()])[places + 1], dtype=object)
    taken = values.array.take(places, allow_fill=some)
    return pd.Series(taken)


_Parsed = tuple[Any, int | None]


def canonical(text: str, decimal: str, thousands: str | None) -> str:
    """A number with a decimal point and no thousands; what is no number stays none."""
    text = text.strip()
    if thousands is not None and thousands in text:
        if not grouped(thousands, decimal).fullmatch(text):
            return f"{text}?"  # no number
        text = text.replace(thousands, "")
    if decimal != ".":
        text = f"{text}?" if "." in text else text.replace(decimal, ".")
    return text


def _numbers(texts: Sequence[str], kind: Kind, decimal: str) -> _Parsed:
    pd = pandas()
    values = np.empty(len(texts))
    for i, text in enumerate(texts):
        value = number(canonical(text, decimal, kind.thousands))
        if value is None or not math.isfinite(value):
            return None, i
        values[i] = value
    return pd.Series(values), None


def _integers(texts: Sequence[str], kind: Kind, decimal: str) -> _Parsed:
    pd = pandas()
    values: list[int] = []
    for i, text in enumerate(texts):
        plain = canonical(text, decimal, kind.thousands)
        if not plain.lstrip("+-").isdecimal():
            value = number(plain)
            if kind.lenient and value is not None and math.isfinite(value):
                return _numbers(texts, kind, decimal)
            if value is None or not value.is_integer():
                return None, i
            plain = str(int(value))
        try:
            values.append(int(plain))
        except ValueError:
            return None, i
        if not -LARGEST <= values[-1] < 2 * LARGEST:
            return None, i
    unsigned = max(values, default=0) >= LARGEST
    if unsigned and min(values) < 0:
        return None, values.index(max(values))
    return pd.Series(values, dtype=np.uint64 if unsigned else np.int64), None


def _booleans(texts: Sequence[str], *_: Any) -> _Parsed:
    pd = pandas()
    values = [_BOOLEANS.get(text.strip().casefold()) for text in texts]
    if None in values:
        return None, values.index(None)
    return pd.Series(values, dtype=bool), None


def _texts(texts: Sequence[str], *_: Any) -> _Parsed:
    pd = pandas()
    return pd.Series(texts, dtype="str" if _has_own_strings(pd) else object), None


def _formatted(texts: Sequence[str], *_: Any) -> _Parsed:
    stripped = [text.strip() for text in texts]
    if texts and Writing.learn(stripped) is None:
        return None, _first_odd(stripped)
    return _texts(stripped)


def _first_odd(texts: Sequence[str]) -> int:
    """The position of the first text that is not written like those before it, or else the last."""
    return bisect(
        range(len(texts) - 1), 0, key=lambda i: Writing.learn(texts[: i + 1], plain=True) is None
    )


def _identifiers(texts: Sequence[str], kind: Kind, decimal: str) -> _Parsed:
    """Integers where all are written as such, else text."""
    if any(map(has_leading_zero, texts)) or not all(text.strip().isdecimal() for text in texts):
        return _texts(texts)
    numbers = _integers(texts, kind, decimal)
    return _texts(texts) if numbers[1] is not None else numbers


def _ordered(texts: Sequence[str], kind: Kind, *_: Any) -> _Parsed:
    pd = pandas()
    known = {*kind.levels}
    for i, text in enumerate(texts):
        if text not in known:
            return None, i
    return pd.Series(pd.Categorical(texts, categories=list(kind.levels), ordered=True)), None


def _times(texts: Sequence[str], kind: Kind, *_: Any) -> _Parsed:
    return parse_times([text.strip() for text in texts], kind.kind, kind.form, lenient=kind.lenient)


def _has_own_strings(pd: Any) -> bool:
    """Whether pandas has a dtype of text that holds missing cells as others do: from 3 on."""
    return bool(pd.Series(["a"]).dtype != object)


_PARSERS: dict[str, Callable[[Sequence[str], Kind, str], _Parsed]] = {
    "number": _numbers,
    "integer": _integers,
    FORMATTED: _formatted,
    "level": _texts,
    "identifier": _identifiers,
    "ordered": _ordered,
    "boolean": _booleans,
    "date": _times,
    "time": _times,
    "timestamp": _times,
    "duration": _times,
}
