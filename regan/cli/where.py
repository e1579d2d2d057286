"""Conditions that are typed: ``--where 'age>=60'`` and the like, as those of `sample`."""

from __future__ import annotations

import csv
import math
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from regan.data.conditions import Range
from regan.data.conditions.values import ColumnValues, Values
from regan.estimators.view import ModelView
from regan.files.csv_lines import number

_SIGN = re.compile(r"\s*(>=|<=|>|<|=|is\s+missing\s*$|is\s+not\s+missing\s*$)")
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"')
_ANY_SIGN = re.compile(r">=|<=|>|<|=|\s+is\s+(not\s+)?missing\s*$")


class TypedRange(Range):
    """A range as it is typed, ``60..70``, which messages about it show."""

    def __str__(self) -> str:
        low, high = ("" if end is None else end for end in (self.low, self.high))
        return f"{low}..{high}"


@dataclass(frozen=True)
class Where:
    """What one ``--where`` asks of the cells of a column.

    Attributes
    ----------
    text : str
    column : Values
    among : list or None
        The values that a cell may have; None for all between the ends.
    low, high : object
        The ends, both included; None where there is none.
    missing : bool
        Whether it may be missing.
    """

    text: str
    column: Values
    among: list[Any] | None = None
    low: Any = None
    high: Any = None
    missing: bool = False


def read_where(texts: Sequence[str], view: ModelView) -> dict[Any, Any]:
    """What all ``--where`` ask together, as the `conditions` of `sample`.

    ValueError for a text that is none, and for those that contradict each other.
    """
    by_column: dict[Any, list[Where]] = {}
    for text in texts:
        where = _read(text, view)
        by_column.setdefault(where.column.name, []).append(where)
    return {name: _together(wheres) for name, wheres in by_column.items()}


def _read(text: str, view: ModelView) -> Where:
    name, rest = _split(text, list(map(str, view.names)))
    columns = view.values
    place = next((j for j, own in enumerate(columns) if str(own.name) == name), None)
    if place is None:
        view.refuse_unknown(name)
    assert place is not None
    column, matched = columns[place], _SIGN.match(rest)
    assert matched is not None
    sign, value = " ".join(matched[1].split()), rest[matched.end() :].strip()
    if sign == "is missing":
        return Where(text, column, among=[], missing=True)
    if sign == "is not missing":
        return Where(text, column)
    if sign == "=":
        return _equal(text, column, value)
    if not column.is_ordered:
        raise ValueError(
            f"{_said(text)}: column {name!r} has no order, so {sign} cannot be used: name its "
            f"values, --where {shlex.quote(f'{name}=A|B')}"
        )
    end = _end(text, column, value)
    if sign in "<>":
        end = _next(text, name, sign, end, view.decimals(place))
    return Where(text, column, low=end) if sign[0] == ">" else Where(text, column, high=end)


def _split(text: str, names: Sequence[str]) -> tuple[str, str]:
    """The name of a column, in quotes or not, and the sign and what is behind it."""
    quoted = _QUOTED.match(text)
    if quoted is not None and _SIGN.match(text[quoted.end() :]):
        return quoted[1].replace('""', '"'), text[quoted.end() :]
    for name in sorted(names, key=len, reverse=True):
        for whole in (text, text.lstrip()):
            if whole.startswith(name) and _SIGN.match(whole[len(name) :]):
                return name, whole[len(name) :]
    found = _ANY_SIGN.search(text)
    if found is None:
        raise ValueError(
            f"{_said(text)}: expected a column, a sign and a value, such as city=Lyon, 'city=Lyon|"
            "Nice', 'age>=60', age=60..70 or 'income is missing'; quote a condition with > < | or "
            "a blank, for the shell takes these signs itself"
        )
    return text[: found.start()].strip(), text[found.start() :]


def _equal(text: str, column: Values, value: str) -> Where:
    """A value, several, a range, or that a cell is missing."""
    if not value:
        return Where(text, column, among=[], missing=True)
    try:
        return Where(text, column, among=[_value(text, column, value)])
    except ValueError:
        low, dots, high = value.partition("..")
        if dots and column.is_ordered and (low or high):
            ends = [_end(text, column, end.strip()) if end.strip() else None for end in (low, high)]
            return Where(text, column, low=ends[0], high=ends[1])
        if "|" not in value and '"' not in value:
            raise
    parts = [part.strip() for part in next(csv.reader([value], delimiter="|"))]
    among = [_value(text, column, part) for part in parts if part]
    return Where(text, column, among=among, missing="" in parts)


def _end(text: str, column: Values, value: str) -> Any:
    if not value:
        raise ValueError(f"{_said(text)}: expected a value after the sign")
    return _value(text, column, value)


def _value(text: str, column: Values, value: str) -> Any:
    """What a text means in a column, as in a CSV file that pandas wrote."""
    present = column.column.present if isinstance(column, ColumnValues) else None
    if present is None or present.is_plain:
        plain = number(value)
        if plain is None or not math.isfinite(plain):
            what = f"column {str(column.name)!r} cannot be {value!r}: its values are {column.what}"
            raise ValueError(f"{_said(text)}: {what}")
        return int(plain) if plain.is_integer() else plain
    try:
        values = present.parse([value])
    except ValueError as error:
        if value.casefold() in ("true", "false") and value != value.capitalize():
            return _value(text, column, value.capitalize())
        what = f"column {str(column.name)!r} {error}"
        raise ValueError(f"{_said(text)}: {what}; its values are {column.what}") from error
    pool = getattr(present, "pool", None)
    if pool is not None and str(values[0]) != value and values[0] == pool:
        raise ValueError(
            f"{_said(text)}: the model does not know {value!r} in {str(column.name)!r}"
        )
    if np.asarray(values).dtype.kind in "mM":
        return value  # the column reads it, with its time zone
    found = values[0]
    return found.item() if isinstance(found, np.generic) else found


def _next(text: str, name: str, sign: str, end: Any, decimals: int | None) -> Any:
    """The next number above, or below, an end, of those with so many decimals."""
    if decimals is None or not isinstance(end, (int, float)):
        raise ValueError(
            f"{_said(text)}: a range of {name!r} includes its ends, and the next number is known "
            f"only for whole numbers and decimals: use {sign}="
        )
    units = Decimal(str(end)).scaleb(decimals)
    found = Decimal(math.floor(units) + 1 if sign == ">" else math.ceil(units) - 1)
    return float(found.scaleb(-decimals)) if decimals else int(found)


def _together(wheres: Sequence[Where]) -> Any:
    """The condition that all of them are."""
    column = wheres[0].column
    missing = all(where.missing for where in wheres)
    sets = [where.among for where in wheres if where.among is not None]
    ranges = [where for where in wheres if where.among is None]
    if not sets:
        lows = [where.low for where in ranges if where.low is not None]
        highs = [where.high for where in ranges if where.high is not None]
        low = max(lows, key=column.end) if lows else None
        high = min(highs, key=column.end) if highs else None
        if low is not None and high is not None and column.end(low) > column.end(high):
            _contradict(wheres)
        return TypedRange(low, high)
    values = sets[0]
    for others in sets[1:]:
        own = _numbers(column, others)
        values = [v for v in values if column.numbers([v])[0] in own]
    for where in ranges:
        low, high = (
            none if end is None else column.end(end)
            for end, none in ((where.low, -np.inf), (where.high, np.inf))
        )
        values = [v for v in values if low <= column.numbers([v])[0] <= high]
    if not values and not missing:
        _contradict(wheres)
    allowed = [*values, *[None] * missing]
    return allowed[0] if len(allowed) == 1 else allowed


def _numbers(column: Values, values: Sequence[Any]) -> set[float]:
    return {*column.numbers(values).tolist()} if values else set()


def _contradict(wheres: Sequence[Where]) -> None:
    each = " and ".join(_said(where.text) for where in wheres)
    name = str(wheres[0].column.name)
    raise ValueError(f"{each}: no value of column {name!r} fulfills all of them")


def _said(text: str) -> str:
    return f"--where {shlex.quote(text)}"
