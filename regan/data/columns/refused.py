"""Columns that are of no kind, and what their owner can do.

Kinds of columns for times are asked first: what is left of times here is mixed or of other types.
"""

from __future__ import annotations

import datetime
from collections import Counter
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from regan.data.columns.cells import Cells
from regan.data.faults import ColumnsError, refused

_TIMES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
_FAMILIES: tuple[Any, ...] = ((bool, np.bool_), Real, Decimal, str, bytes, tuple)
"""Types whose values are of one kind, whichever of them they are."""


def refusal(cells: Cells, *, declared: bool = False) -> ColumnsError | None:
    """The error that says why a column is neither numbers nor levels; None if it may be.

    So are complex numbers, objects that cannot be compared, and values of several types, unless
    they are `declared` to be levels, or by a categorical dtype; dates and times, even then.
    """
    if cells.is_complex:
        return refused(
            cells.name,
            f"holds {cells.dtype}",
            "Complex data not supported, give the real and the imaginary part as two columns",
        )
    if cells.categories is not None or cells.is_boolean or cells.is_integer or cells.is_float:
        return None
    is_timed = any(map(_is_time, cells.types))
    if not all(map(_is_plain, cells.types)) and (error := _incomparable(cells)) is not None:
        return error
    if len(_families(cells)) > 1 and (is_timed or not declared):
        return _mixed(cells)
    return _of_times(cells) if is_timed else None


def _is_plain(each: type) -> bool:
    """Whether all values of a type can be told apart."""
    return issubclass(each, (bool, np.bool_, Decimal, str, bytes, int, float)) or _is_time(each)


def _incomparable(cells: Cells) -> ColumnsError | None:
    """The error for objects that cannot be told apart, as lists and dicts."""
    for value in cells.values:
        if not _can_be_compared(value):
            kind = type(value)
            same = [type(v) is kind and not _can_be_compared(v) for v in cells.values]
            advice = "convert them to numbers or strings, or drop the column"
            what = f"holds objects of the type {kind.__name__}"
            return refused(cells.name, what, advice, np.array(same, dtype=bool), kind="objects")
    return None


def _can_be_compared(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return type(value).__name__ != "Fraction"


def _is_time(each: type) -> bool:
    return issubclass(each, _TIMES) or each.__module__.startswith("pandas._libs.tslibs")


def _families(cells: Cells) -> set[Any]:
    return set(map(_family, cells.types))


def _family(each: type) -> Any:
    return next((family for family in _FAMILIES if issubclass(each, family)), each)


def _mixed(cells: Cells) -> ColumnsError:
    """Of values of several types: the first of the less frequent ones, and where they are."""
    families = [_family(type(value)) for value in cells.values]
    most = Counter(families).most_common(1)[0][0]
    rare = next(family for family in families if family is not most)
    other, these = (np.array([f is one for f in families], dtype=bool) for one in (rare, most))
    texts = str in (rare, most) and not any(map(_is_time, cells.types))
    ways = "pandas.to_numeric or astype(str)" if texts else "astype"
    levels = "" if any(map(_is_time, cells.types)) else ', or to levels by astype("category")'
    advice = "convert all to one type" + (f", for example by {ways}{levels}" if levels else "")
    return refused(
        cells.name,
        f"holds {_named(cells.values[other][0])}",
        advice,
        other,
        kind="mixed",
        beside=(_named(cells.values[these][0]), these),
    )


def _of_times(cells: Cells) -> ColumnsError:
    """Of dates or times of a type that is of no kind."""
    return refused(
        cells.name,
        f"holds dates or times of the type {type(cells.values[0]).__name__}",
        "convert them by pandas.to_datetime or pandas.to_timedelta",
    )


def _named(value: object) -> str:
    """A value, and its type."""
    text = repr(str(value)) if _is_time(type(value)) else repr(value)
    return f"{text:.60} ({type(value).__name__})"
