"""Literals: values of a user's table in plain parts, and back; a closed list of types.

What a model file holds of a table beside numbers and text: levels, names of columns, class labels.
A file names the type of a value by a word of this list, whose parts have a fixed grammar, so that
reading runs no code from it and opens no file that it names.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from types import NoneType
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from regan.storage.stored import Stored, of_special, special

PLAIN = (bool, int, float, str)
"""What JSON has itself, beside None and lists."""

ADVICE = "convert it to a string or a number"
"""What helps where a value cannot be held."""


@dataclass(frozen=True)
class _Literal:
    """Values of one type.

    Attributes
    ----------
    parts : callable
        From a value to the values that it consists of.
    build : callable
        From these, one argument each, to an equal value.
    grammar : tuple, or None
        What a file may have for each part: a type, or a pattern of all its text. None of values
        that are made of other ones, whatever these are.
    """

    parts: Callable[[Any], Iterable[Any]]
    build: Callable[..., Any]
    grammar: tuple[Any, ...] | None

    def accepts(self, parts: list[Any]) -> bool:
        """Whether the grammar allows these parts of a value."""
        if self.grammar is None:
            return True
        both = zip(parts, self.grammar, strict=False)
        return len(parts) == len(self.grammar) and all(_fits(*each) for each in both)


def _fits(part: Any, rule: Any) -> bool:
    if isinstance(rule, re.Pattern):
        return isinstance(part, str) and rule.fullmatch(part) is not None
    if isinstance(rule, tuple):
        return any(_fits(part, each) for each in rule)
    return isinstance(part, rule) and not (rule is int and isinstance(part, bool))


_TEXT = re.compile(r"[^\0]{1,200}")
_HEX = re.compile(r"([0-9a-f]{2})*")
_SIDE = re.compile(r"left|right|both|neither")
_UNIT = re.compile(r"generic|[YMWDhms]|[munpfa]s")
FREQUENCY = re.compile(r"\d{0,6}[A-Za-z]{1,4}(-[A-Z]{3})?")
"""What pandas calls lengths of periods."""
ZONE = re.compile(
    r"(?!(?i:dateutil/|tzlocal|posix|right))[A-Za-z][\w+-]*(/[A-Za-z][\w+-]*){0,2}", re.A
)
"""Names of time zones, as of the IANA's database: no path, and none of the words for one."""
NAME_OF_ZONE = re.compile(rf"UTC[+-]\d\d:\d\d(:\d\d)?|{ZONE.pattern}", re.A)
"""The same, and fixed offsets."""


def _text(cls: type) -> _Literal:
    """A type whose text says it all."""
    return _Literal(lambda value: [str(value)], cls, (_TEXT,))


def _fields(cls: Any, grammar: tuple[Any, ...], *names: str) -> _Literal:
    """A type that is made of its attributes."""
    return _Literal(lambda value: [getattr(value, name) for name in names], cls, grammar)


def _clocked(cls: Any, *names: str) -> _Literal:
    """A type with a time of day, the second of two in autumn too."""
    names = (*names, "hour", "minute", "second", "microsecond", "tzinfo")
    return _Literal(
        lambda value: [*(getattr(value, name) for name in names), value.fold],
        lambda *parts: cls(*parts[:-1], fold=parts[-1]),
        (*(int for _ in names[:-1]), (datetime.tzinfo, NoneType), int),
    )


def _ticks(cls: Any) -> _Literal:
    """Dates and spans of NumPy: an integer, and its unit."""
    return _Literal(
        lambda value: [int(value.view("i8")), *np.datetime_data(value.dtype)],
        lambda ticks, unit, step: np.int64(ticks).view(f"{_KINDS[cls]}8[{step}{unit}]"),
        (int, _UNIT, int),
    )


def _order(value: Any) -> str:
    return repr(steady(value))


_KINDS = {np.datetime64: "M", np.timedelta64: "m"}
_OF_PYTHON: dict[type, _Literal] = {
    bytes: _Literal(lambda value: [value.hex()], bytes.fromhex, (_HEX,)),
    complex: _fields(complex, (float, float), "real", "imag"),
    Decimal: _text(Decimal),
    Fraction: _fields(Fraction, (int, int), "numerator", "denominator"),
    frozenset: _Literal(
        lambda value: sorted(value, key=_order), lambda *parts: frozenset(parts), None
    ),
    set: _Literal(lambda value: sorted(value, key=_order), lambda *parts: set(parts), None),
    datetime.date: _fields(datetime.date, (int, int, int), "year", "month", "day"),
    datetime.time: _clocked(datetime.time),
    datetime.datetime: _clocked(datetime.datetime, "year", "month", "day"),
    datetime.timedelta: _fields(
        datetime.timedelta, (int, int, int), "days", "seconds", "microseconds"
    ),
    datetime.timezone: _Literal(lambda value: value.__getinitargs__(), datetime.timezone, None),
    ZoneInfo: _fields(ZoneInfo, (ZONE,), "key"),
    uuid.UUID: _text(uuid.UUID),
    **{
        cls: _text(cls)
        for cls in (
            ipaddress.IPv4Address,
            ipaddress.IPv6Address,
            ipaddress.IPv4Network,
            ipaddress.IPv6Network,
            ipaddress.IPv4Interface,
            ipaddress.IPv6Interface,
        )
    },
    np.datetime64: _ticks(np.datetime64),
    np.timedelta64: _ticks(np.timedelta64),
}


def _of_pandas() -> dict[type, _Literal]:
    """The types of pandas."""
    pd = import_module("pandas")

    def timestamp(ticks: np.datetime64, zone: str | None) -> Any:
        value = pd.Timestamp(ticks)
        return value if zone is None else value.tz_localize("UTC").tz_convert(zone)

    return {
        pd.Interval: _fields(pd.Interval, (object, object, _SIDE), "left", "right", "closed"),
        pd.Timestamp: _Literal(
            lambda value: [value.asm8, None if value.tz is None else str(value.tz)],
            timestamp,
            (np.datetime64, (NoneType, NAME_OF_ZONE)),
        ),
        pd.Timedelta: _Literal(lambda value: [value.asm8], pd.Timedelta, (np.timedelta64,)),
        pd.Period: _Literal(
            lambda value: [value.ordinal, value.freqstr],
            lambda ordinal, unit: pd.Period(ordinal=ordinal, freq=unit),
            (int, FREQUENCY),
        ),
        type(pd.NaT): _Literal(lambda _: [], lambda: pd.NaT, ()),
        type(pd.NA): _Literal(lambda _: [], lambda: pd.NA, ()),
    }


_WORDS_OF_PANDAS = ("Interval", "Timestamp", "Timedelta", "Period", "NaTType", "NAType")


def _known() -> dict[type, _Literal]:
    """The list; nobody has a value of pandas who has not imported it."""
    return _OF_PYTHON | (_of_pandas() if "pandas" in sys.modules else {})


def simplified(value: Any) -> Any:
    """Scalars of NumPy as Python's, but for dates; an index or a series of pandas as a list."""
    if isinstance(value, np.generic) and not isinstance(value, (np.datetime64, np.timedelta64)):
        return value.item()
    if "pandas" in sys.modules:
        pd = import_module("pandas")
        if isinstance(value, (pd.Index, pd.Series)):
            return value.tolist()
    return value


def parts_of(value: Any) -> tuple[str, list[Any]] | None:
    """The word for the type of `value`, and what it consists of; None if no file can hold it."""
    literal = _known().get(type(value))
    if literal is None:
        return None
    parts = list(literal.parts(value))
    if not literal.accepts(parts):
        return None
    try:
        again = literal.build(*parts)
    except (ValueError, TypeError, KeyError):  # such as a time zone without a name
        return None
    same = repr(again) == repr(value) or again == value
    return (type(value).__name__, parts) if same else None


# Files


def write_literal(value: Any) -> Any:
    """A value in JSON's terms. TypeError for one that no file can hold."""
    value = simplified(value)
    if isinstance(value, float) and (other := special(value)) is not None:
        return other
    if value is None or isinstance(value, PLAIN):
        return value
    if isinstance(value, list):
        return [write_literal(v) for v in value]
    if isinstance(value, tuple):
        return {"tuple": [write_literal(v) for v in value]}
    if (held := parts_of(value)) is not None:
        word, parts = held
        return {"literal": word, "parts": write_literal(parts)}
    raise TypeError(
        f"{value!r}, of the type {type(value).__name__}, cannot be stored in a file: {ADVICE}"
    )


def read_literal(stored: Stored) -> Any:
    """The inverse of `write_literal`. FileError for what it does not write."""
    value = stored.value
    if value is None or isinstance(value, PLAIN):
        return value
    if isinstance(value, list):
        return [read_literal(item) for item in stored.items()]
    if value.keys() == {"float"}:
        return of_special(stored)
    if value.keys() == {"tuple"}:
        return tuple(read_literal(item) for item in stored.fields("tuple")[0].items())
    word, parts = stored.fields("literal", "parts")
    return _build(word.text(), [read_literal(part) for part in parts.items()], stored)


def read_key(stored: Stored) -> Any:
    """A value that may be a level or a name of a column: one that has a hash."""
    value = read_literal(stored)
    with stored.building("value that can be looked up"):
        hash(value)
    return value


def read_keys(stored: Stored, length: int | None = None) -> list[Any]:
    """Such values from a list, at least one, all of which differ."""
    values = stored.values(length)
    plain = {*map(type, values)} <= {*PLAIN}
    keys = list(values) if plain else [read_key(item) for item in stored.items()]
    if not keys or len(set(keys)) < len(keys):
        stored.refuse("a list of different values")
    return keys


def _build(word: str, parts: list[Any], stored: Stored) -> Any:
    """The value of a type, by its word, and of parts."""
    literals = {cls.__name__: literal for cls, literal in _OF_PYTHON.items()}
    if word not in literals and word in _WORDS_OF_PANDAS:
        literals = {cls.__name__: literal for cls, literal in _of_pandas().items()}
    if word not in literals or not literals[word].accepts(parts):
        stored.refuse("a value that regan holds")
    with stored.building(f"value of the type {word}"):
        value = literals[word].build(*parts)
        if (again := parts_of(value)) is None or repr(again) != repr((word, parts)):
            stored.refuse(f"a value of the type {word}, as regan writes it")
    return value


def foreign(value: Any) -> list[Any]:
    """The first value inside `value` that no model file can hold, as a list of one, or of none."""
    value = simplified(value)
    if value is None or isinstance(value, PLAIN):
        return []
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(foreign, value)), [])
    if isinstance(value, Mapping):
        return foreign([*value.keys(), *value.values()])
    if isinstance(value, np.ndarray):
        return [] if value.dtype.kind in "fiub" else foreign(value.tolist())
    held = parts_of(value)
    return [value] if held is None else foreign(held[1])


def refuse_foreign(value: Any, where: str) -> None:
    """TypeError if a model file could not hold `value`, which is `where`, in words."""
    for other in foreign(value):
        raise TypeError(
            f"{where} {other!r}, of the type {type(other).__name__}, which a model file cannot "
            f"hold: {ADVICE}"
        )


def steady(value: Any) -> Any:
    """`value` with sets as lists in one order; theirs differs from one process to the next."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(steady, value)) if type(value) in (list, tuple) else value
    if isinstance(value, frozenset):
        return sorted(map(steady, value), key=repr)
    return value
