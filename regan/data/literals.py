"""Literals: values of a user's table in plain parts, and back; a closed list of types.

What a model file holds of a table beside numbers and text: levels, names of columns, class labels.
A file names the type of a value by a word of this list, so that reading runs no code from it.
"""

from __future__ import annotations

import datetime
import ipaddress
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

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
    """

    parts: Callable[[Any], Iterable[Any]]
    build: Callable[..., Any]


def _text(cls: type) -> _Literal:
    """A type whose text says it all."""
    return _Literal(lambda value: [str(value)], cls)


def _fields(cls: Any, *names: str) -> _Literal:
    """A type that is made of its attributes."""
    return _Literal(lambda value: [getattr(value, name) for name in names], cls)


def _clocked(cls: Any, *names: str) -> _Literal:
    """A type with a time of day, the second of two in autumn too."""
    names = (*names, "hour", "minute", "second", "microsecond", "tzinfo")
    return _Literal(
        lambda value: [*(getattr(value, name) for name in names), value.fold],
        lambda *parts: cls(*parts[:-1], fold=parts[-1]),
    )


def _ticks(cls: Any) -> _Literal:
    """Dates and spans of NumPy: an integer, and its unit."""
    return _Literal(
        lambda value: [int(value.view("i8")), *np.datetime_data(value.dtype)],
        lambda ticks, unit, step: np.int64(ticks).view(f"{_KINDS[cls]}8[{step}{unit}]"),
    )


def _order(value: Any) -> str:
    return repr(steady(value))


_KINDS = {np.datetime64: "M", np.timedelta64: "m"}
_OF_PYTHON: dict[type, _Literal] = {
    bytes: _Literal(lambda value: [value.hex()], bytes.fromhex),
    complex: _fields(complex, "real", "imag"),
    Decimal: _text(Decimal),
    Fraction: _fields(Fraction, "numerator", "denominator"),
    frozenset: _Literal(lambda value: sorted(value, key=_order), lambda *parts: frozenset(parts)),
    set: _Literal(lambda value: sorted(value, key=_order), lambda *parts: set(parts)),
    datetime.date: _fields(datetime.date, "year", "month", "day"),
    datetime.time: _clocked(datetime.time),
    datetime.datetime: _clocked(datetime.datetime, "year", "month", "day"),
    datetime.timedelta: _fields(datetime.timedelta, "days", "seconds", "microseconds"),
    datetime.timezone: _Literal(lambda value: value.__getinitargs__(), datetime.timezone),
    ZoneInfo: _fields(ZoneInfo, "key"),
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
        pd.Interval: _fields(pd.Interval, "left", "right", "closed"),
        pd.Timestamp: _Literal(
            lambda value: [value.asm8, None if value.tz is None else str(value.tz)], timestamp
        ),
        pd.Timedelta: _Literal(lambda value: [value.asm8], pd.Timedelta),
        pd.Period: _Literal(
            lambda value: [value.ordinal, value.freqstr],
            lambda ordinal, unit: pd.Period(ordinal=ordinal, freq=unit),
        ),
        type(pd.NaT): _Literal(lambda _: [], lambda: pd.NaT),
        type(pd.NA): _Literal(lambda _: [], lambda: pd.NA),
    }


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
    try:
        again = literal.build(*parts)
    except (ValueError, TypeError, KeyError):  # such as a time zone without a name
        return None
    same = repr(again) == repr(value) or again == value
    return (type(value).__name__, parts) if same else None


def value_of(word: str, parts: list[Any]) -> Any:
    """The inverse of `parts_of`. ValueError for a word that is not in the list."""
    literals = {cls.__name__: literal for cls, literal in _OF_PYTHON.items()}
    if word not in literals:
        literals = {cls.__name__: literal for cls, literal in _of_pandas().items()}
    if word not in literals:
        raise ValueError(f"the model file names the type {word!r}, which regan does not hold")
    return literals[word].build(*parts)


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
