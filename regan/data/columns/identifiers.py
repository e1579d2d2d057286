"""Identifiers, and numbers stored as text: columns of which there is nothing to learn as they are.

A model would give out identifiers as they are in the data.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from regan.data.columns.cells import Cells
from regan.data.columns.date_texts import date_as_text
from regan.data.columns.drawn import Tally
from regan.data.faults import ColumnsError, refused
from regan.data.missing_words import is_blank
from regan.data.numbers.written import number_in

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
_INFINITE = ("inf", "-inf")


def identifiers(name: Any, why: str) -> ColumnsError:
    """The error for a column of identifiers; why : what tells that it is one."""
    return refused(
        name,
        f"holds identifiers ({why})",
        "a model would learn these values and repeat them in generated rows. Drop the column, or "
        "give the model standardize=TableEncoder(ids='sequence') (from regan.data) to number "
        "generated rows anew. TableEncoder(categorical=[...]) learns the column's values as "
        "levels, and TableEncoder(ids='keep') learns it like any other column",
        kind="identifiers",
    )


def are_integers(cells: Cells) -> bool:
    """Whether all cells, none of which is missing, are integers."""
    types = cells.types
    return cells.is_integer or all(issubclass(each, (int, np.integer)) for each in types)


def tell_identifiers(cells: Cells, max_levels: int) -> str | None:
    """What tells that cells, none of which is missing, are identifiers; None if nothing does."""
    if cells.categories is not None or cells.is_boolean or cells.is_float:
        return None
    if cells.types <= {str}:
        why = identify_levels(cells, cells.values, max_levels)
        return None if why is None or date_as_text(cells.values) is not None else why
    if not are_integers(cells) or bool in cells.types:
        return None
    return identify_numbers(cells, np.asarray(cells.values, dtype=np.float64))


def identify_levels(cells: Cells, values: np.ndarray, max_levels: int) -> str | None:
    """What tells that levels `values` (n,) of cells are identifiers, in words; None if nothing
    does.

    It is e-mail addresses in nine rows of ten, or 20 rows or more of which nine in ten differ, or
    more than `max_levels` texts in a column that is called an id.
    """
    tally = Tally.of(values, cells.drawn)
    counts = zip(tally.values, tally.counts, strict=True)
    text = {value: n for value, n in counts if isinstance(value, str)}
    n_text, n = sum(text.values()), sum(tally.counts)
    if n_text >= _MOST * n and n_text > 1:
        mails = sum(times for value, times in text.items() if _MAIL.fullmatch(value.strip()))
        if mails >= _MOST * n:
            return "e-mail addresses"
    if tally.n_cells >= _LEAST_ROWS and tally.n_values >= _UNIQUE_TEXT * tally.n_cells:
        return tally.words
    if tally.n_levels > max_levels and n_text == n and _ends_as_id(cells.name):
        return f"{tally.words}, named like an identifier"
    return None


def identify_numbers(cells: Cells, values: np.ndarray) -> str | None:
    """What tells that `values` (n,) of cells are identifiers, in words; None if nothing does.

    They are whole numbers, 20 or more, of which 19 in 20 differ, and which are called an id, key or
    index; or, in 100 rows or more, come from a range that is twice as long as the table at most,
    and are no years.
    """
    if not np.array_equal(values, np.rint(values)):
        return None
    tally = Tally.of(values, cells.drawn, "integers")
    n = tally.n_cells
    if n < _LEAST_ROWS or tally.n_values < _UNIQUE_NUMBERS * n:
        return None
    years = _YEARS[0] <= values.min() and values.max() <= _YEARS[1]
    if _is_name(cells.name):
        why = "named like an identifier"
    elif n >= _LEAST_UNNAMED and np.ptp(values) < 2 * n and not years:
        why = "nearly all numbers of their range"
    else:
        return None
    return f"{tally.words}, {why}"


def number_as_text(values: np.ndarray) -> str | None:
    """One of levels `values` (n,) that are numbers stored as text; None if they are not.

    They are if there are more than 20 of them, and nine in ten that are not blank are numbers
    without leading zeros and not all whole with the same number of digits, as codes and years are.
    """
    different = set(values.tolist())
    if len(different) <= _FEW or not all(isinstance(value, str) for value in different):
        return None
    told = sorted(value for value in different if not is_blank(value))
    told = [value for value in told if value.strip().lower() not in _INFINITE]
    numbers = [value for value in told if number_in(value) is not None]
    stripped = list(map(str.strip, told))
    codes = all(map(str.isdecimal, stripped)) and len(set(map(len, stripped))) == 1
    if not numbers or codes or len(numbers) < _MOST * len(told):
        return None
    return str(numbers[0])


def _is_name(name: Any) -> bool:
    """Whether a column's name, or its last part, is one of identifiers."""
    last = _last_part(name)
    return isinstance(last, str) and bool(_NAMED.search(last) or _CAMEL.search(last))


def _ends_as_id(name: Any) -> bool:
    """Whether a column's name is one of identifiers, also one in a single word, as "caseid"."""
    last = _last_part(name)
    return _is_name(name) or (isinstance(last, str) and last.lower().endswith("id"))


def _last_part(name: Any) -> Any:
    return name[-1] if isinstance(name, tuple) and name else name
