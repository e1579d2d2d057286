"""Columns that are of no kind, and what their owner can do.

Kinds of columns for times are asked first: what is left of times here is mixed or of other types.
"""

from __future__ import annotations

import datetime
from collections.abc import Hashable

import numpy as np

from regan.data.columns.cells import Cells

_TIMES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


def refusal(cells: Cells) -> Exception | None:
    """The error that says why a column is neither numbers nor levels; None if it may be.

    So are complex numbers, objects that cannot be compared, and dates and times beside others.
    """
    if cells.is_complex:
        return ValueError(
            f"column {cells.name!r} holds {cells.dtype}: Complex data not supported, give its real "
            "and its imaginary part as columns"
        )
    if cells.categories is not None or cells.is_boolean or cells.is_integer or cells.is_float:
        return None
    if any(map(_is_time, cells.types)):
        return _mixed(cells)
    return next(filter(None, (_refused_type(cells, each) for each in cells.types)), None)


def _refused_type(cells: Cells, each: type) -> Exception | None:
    if not issubclass(each, Hashable) or each.__name__ in ("Fraction",):
        return TypeError(
            f"column {cells.name!r} holds objects of the type {each.__name__}: convert them to "
            "numbers or strings, or drop the column"
        )
    return None


def _is_time(each: type) -> bool:
    return issubclass(each, _TIMES) or each.__module__.startswith("pandas._libs.tslibs")


def _mixed(cells: Cells) -> TypeError:
    """Of dates or times beside values of other types, or of a type that is of no kind."""
    rows = list(zip(cells.series.index, cells.values, strict=True))
    row, value = rows[0]
    for other, beside in rows:
        if type(beside) is not type(value):
            return TypeError(
                f"column {cells.name!r} holds {_named(beside)} in row {other}, and "
                f"{_named(value)} in row {row}: convert all to one type"
            )
    return TypeError(
        f"column {cells.name!r} holds dates or times of the type {type(value).__name__}: convert "
        "them, as by pandas.to_datetime or pandas.to_timedelta"
    )


def _named(value: object) -> str:
    """A value, and its type."""
    return f"{str(value)!r} ({type(value).__name__})"
