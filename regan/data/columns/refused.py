"""Columns that are neither plain numbers nor levels, and what their owner can do.

Other kinds of columns may take them, and are asked first or last alike.
"""

from __future__ import annotations

import datetime
from collections.abc import Hashable
from typing import Any

import numpy as np

from regan.data.columns.cells import Cells

_TIMES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


def refusal(cells: Cells) -> Exception | None:
    """The error that says why a column is neither numbers nor levels; None if it may be.

    So are dates and times, complex numbers, and objects that cannot be compared.
    """
    if _is_time(cells.dtype):
        return _time(cells.name, cells.dtype)
    if cells.categories is not None:
        dtype = cells.categories.dtype
        return _time(cells.name, dtype) if _is_time(dtype) else None
    if cells.is_complex:
        return ValueError(
            f"column {cells.name!r} holds {cells.dtype}: Complex data not supported, give its real "
            "and its imaginary part as columns"
        )
    if cells.is_boolean or cells.is_integer or cells.is_float:
        return None
    return next(filter(None, (_refused_type(cells.name, each) for each in cells.types)), None)


def _refused_type(name: Any, each: type) -> Exception | None:
    if issubclass(each, _TIMES) or each.__module__.startswith("pandas._libs.tslibs"):
        return _time(name, each.__name__)
    if not issubclass(each, Hashable) or each.__name__ in ("Fraction",):
        return TypeError(
            f"column {name!r} holds objects of the type {each.__name__}: convert them to "
            "numbers or strings, or drop the column"
        )
    return None


def _is_time(dtype: Any) -> bool:
    words = str(dtype).lower()
    return getattr(dtype, "kind", "O") in "mM" or words.startswith(("period", "date", "time"))


def _time(name: Any, what: Any) -> TypeError:
    return TypeError(
        f"column {name!r} holds dates or times ({what}), which no model takes yet: convert it to "
        "numbers, such as days since a date, or drop it"
    )
