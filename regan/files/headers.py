"""Headers of CSV files: whether a first line of numbers names the columns or is a row.

Text is a name. Numbers are names if they read like names and rows do not read like them. The
evidence is a chance: how probable such a line is at the top if it is a row like the others. A cell
that is written otherwise than all n below it (0 above 0.53) or lies outside of their range is there
with a chance of 1 / (n + 1); chances of columns are multiplied. How small the product has to be
depends on what the numbers are: little is asked of 0, 1, 2, ..., which is what pandas calls the
columns of an array, and much of numbers without order.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from regan.data.missing_words import is_blank
from regan.files.csv_lines import Lines, number
from regan.files.row_numbers import is_index
from regan.files.top_cells import TopCell, is_pointed

_FOREIGN = 0.05
_UNUSUAL = 2e-3


@dataclass(frozen=True)
class Verdict:
    """What the first line is, and what to say of that, if anything."""

    header: bool
    remark: str | None = None


@dataclass(frozen=True)
class _Reading:
    """What the numbers of a line could be as names.

    limit : the chance up to which they are; limit_alike : that where most columns have values like
    them, and only the product is small; exact : whether each number follows from its position, so
    that a value inside the range of its column counts too.
    """

    words: str
    limit: float
    exact: bool = False
    limit_alike: float = 0.0


_POSITIONS = _Reading("count the columns", 1e-2, exact=True, limit_alike=2e-3)
_FROM_ONE = _Reading("count the columns", 1e-4, exact=True, limit_alike=1e-4)
_AGAIN = _Reading("count the columns, some of them twice", 1e-3, exact=True)
_STEPS = _Reading("increase in equal steps", 1e-4)
_YEARS = _Reading("are years in order", 1e-4)
_ASCENDING = _Reading("are in order", 1e-5)
_DIFFERENT = _Reading("differ", 1e-5)
_WITHIN = 1e-8  # where the numbers could be values of their columns


def judge(lines: Lines, known: Sequence[str] = ()) -> Verdict:
    """Whether the first of `lines` is a header; names that are `known` settle it."""
    cells = [cell.strip() for cell in lines.first]
    if known and (set(known) <= {*cells} or {*cells} <= set(known)) and len({*cells}) == len(cells):
        return Verdict(True)
    kinds = [number(cell) is not None for cell in cells]
    if not all(kinds):
        return _judge_words(cells, kinds, lines)
    if not all(math.isfinite(float(cell)) for cell in cells):
        return Verdict(False)
    return _judge_numbers(cells, lines, 0)


def _judge_words(cells: list[str], kinds: list[bool], lines: Lines) -> Verdict:
    """For a line of which some cells are no numbers."""
    first = next((j for j, cell in enumerate(cells) if cell), len(cells))
    if first and all(kinds[first:]) and first < len(cells):  # leading columns have no name
        return Verdict(_names_behind(cells[first:], lines, first))
    words = [cell for cell, is_number in zip(cells, kinds, strict=True) if not is_number]
    if all(is_blank(word) for word in words) and (any(kinds) or not any(words)):
        return Verdict(False)
    decimal = [cell for cell, kind in zip(cells, kinds, strict=True) if kind and is_pointed(cell)]
    if len(decimal) > len(cells) / 2:
        return Verdict(
            True, f"{_line(cells)} is read as the header, because {words[0]!r} is not a number"
        )
    return Verdict(True)


def _names_behind(cells: list[str], lines: Lines, first: int) -> bool:
    """Whether numbers behind blank cells are names: a row would lack values."""
    index = [lines.values[:, j] for j in range(first)]
    whole = all((np.isnan(each) | (each == np.rint(each))).all() for each in index)
    if len(lines.values) and whole and (first > 1 or is_index(index[0])):
        return True
    return _judge_numbers(cells, lines, first).header


def _judge_numbers(cells: list[str], lines: Lines, skipped: int) -> Verdict:
    """For a line of numbers, the columns from `skipped` on."""
    reading = _reading(cells)
    if reading is None or not len(lines.values):
        return Verdict(False)
    columns = [TopCell(cell, *lines.column(j + skipped)) for j, cell in enumerate(cells)]
    chance, limit = _chance(columns, reading), reading.limit
    if _same_numbers(cells, lines.values[:, skipped:]):
        chance = 1.0
    chances = np.array([min(c.writing, c.place(exact=reading.exact)) for c in columns])
    foreign = (chances <= _FOREIGN).mean()
    if not reading.exact and sum(c.outside for c in columns) < len(columns) / 2:
        limit = _WITHIN
    if (chances <= max(_FOREIGN, columns[0].once)).mean() < 0.5:  # few rows cannot say more
        limit = reading.limit_alike
    if chance <= limit:
        return Verdict(
            True,
            f"{_line(cells)} is read as the header, because its numbers {reading.words} and no "
            "row has similar numbers; --no-header makes it a row",
        )
    counted = reading is _POSITIONS and (len(cells) > 1 or chance <= _FOREIGN)
    counted = counted or (reading is _FROM_ONE and chance <= _FOREIGN)
    unusual = _FOREIGN if foreign == 1 and len(cells) > 1 else _UNUSUAL
    if counted or (foreign >= 0.5 and chance <= unusual):
        return Verdict(
            False, f"{_line(cells)} is read as a row, but may be a header; --header makes it one"
        )
    return Verdict(False)


def _line(cells: list[str]) -> str:
    shown = ", ".join(cells[:5]) + (", ..." if len(cells) > 5 else "")
    return f"the first line ({shown})"


# Readings


def _reading(cells: list[str]) -> _Reading | None:
    """The strictest that the numbers have; None if names could not be so."""
    values, n = np.array([float(cell) for cell in cells]), len(cells)
    plain = all(cell.isdecimal() for cell in cells)
    if plain and (values == np.arange(n)).all():
        return _POSITIONS
    if plain and n > 1 and (values == np.arange(1, n + 1)).all():
        return _FROM_ONE
    if n > 2 and _counts_again(cells):
        return _AGAIN
    if len(set(values)) < n:
        return None
    steps = np.diff(values)
    if n > 1 and plain and 1800 <= values.min() <= values.max() <= 2200 and _one_way(steps):
        return _YEARS
    if n > 1 and np.allclose(steps, steps[0], rtol=1e-6) and (n > 2 or (plain and steps[0] == 1)):
        return _STEPS
    return _ASCENDING if n > 1 and plain and _one_way(steps) else _DIFFERENT


def _one_way(steps: np.ndarray) -> bool:
    return bool((steps > 0).all() or (steps < 0).all())


def _counts_again(cells: list[str]) -> bool:
    """Whether names count from 0 several times, as they are or as pandas tells them apart: 0.1."""
    bases: list[str] = []
    for cell in cells:
        matched = re.fullmatch(r"(\d+)(?:\.([1-9]\d*))?", cell)
        if matched is None:
            return False
        base, times = matched.groups()
        if times is not None and bases.count(base) != int(times):
            return False
        bases.append(base)
    numbers = [int(base) for base in bases]
    runs = zip([-1, *numbers], numbers, strict=False)
    return max(numbers) > 0 and all(b in (0, a + 1) for a, b in runs)


# Chances


def _chance(columns: list[TopCell], reading: _Reading) -> float:
    """The chance of the whole line, if it is a row."""
    places = [column.place(exact=reading.exact) for column in columns]
    writings = [column.writing for column in columns]
    if reading.exact or reading in (_STEPS, _YEARS):
        return math.prod(map(min, zip(places, writings, strict=True)))
    return math.prod(writings) * min(places)  # values far off come together: they count once


def _same_numbers(cells: list[str], values: np.ndarray) -> bool:
    """Whether rows are the numbers of the line in other orders, as ranks are."""
    if len(cells) < 2:
        return False
    own = np.sort([float(cell) for cell in cells])
    return bool((np.sort(values, axis=1) == own).all(axis=1).mean() > 0.1)


def refuse_twice(path: Path, names: Iterable[str]) -> None:
    """ValueError for two columns of one name."""
    counted = Counter(names)
    if twice := [f"{name!r} appears {n} times" for name, n in counted.items() if n > 1]:
        raise ValueError(f"{path}: the column {', the column '.join(twice)}")
