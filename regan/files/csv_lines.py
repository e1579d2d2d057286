"""Lines of CSV files: their cells as numbers where they are, and which are not."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from regan.files.csv_rows import Line, named, nonblank
from regan.files.sources import Form, TableFile

_KEPT = 1000
_DELIMITERS = {*",;\t|"}
_EXACT = 2**53
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Bad:
    """A cell that is no finite number, the number of its line, and what separates cells."""

    line: int
    cell: str
    delimiter: str = ","

    def __str__(self) -> str:
        if not self.cell.strip():
            return "is empty"
        hint = _separated(self.cell.strip(), self.delimiter)
        return f"holds {self.cell!r}, which is not a finite number{hint}"


@dataclass(frozen=True)
class Lines:
    """The lines of a file that are not blank.

    Attributes
    ----------
    number : int
        Of the first one, in the file.
    first : list of str
        Its cells.
    texts : list of list of str
        The cells of up to 1,000 lines behind it.
    values : array (n, D)
        All lines behind it, NaN where a cell is no finite number.
    bad : dict of int to Bad
        The first such cell of each column that has one.
    inexact : set of int
        Columns with a number that a float does not hold as it is written: with leading zeros, or a
        large integer, or a plus.
    form : Form
    """

    number: int
    first: list[str]
    texts: list[list[str]]
    values: np.ndarray
    bad: dict[int, Bad]
    inexact: frozenset[int] = frozenset()
    form: Form = field(default_factory=Form)

    def column(self, j: int) -> tuple[list[str], np.ndarray]:
        """Texts and values of a column, without the first line."""
        return [cells[j] for cells in self.texts], self.values[:, j]

    def with_first(self) -> Lines:
        """The same, with the first line among the values."""
        row, bad = _numbers((self.number, self.first), self.form)
        return replace(
            self,
            values=np.vstack([row, self.values]),
            bad={**self.bad, **bad},
            inexact=self.inexact | _inexact(self.first, row),
        )


def number(cell: str) -> float | None:
    """The number that a cell is, which may be infinite or NaN; None for what is no number."""
    try:
        return None if "_" in cell else float(cell)  # 1_000 is Python's
    except ValueError:
        return None


def read_lines(file: TableFile | Path, limit: int | None = None) -> Lines:
    """Read a file, or the first `limit` lines of it.

    ValueError if it is empty, no text, or has lines of several lengths.
    """
    if isinstance(file, Path):
        file = TableFile.of(file)
    try:
        with file.open() as text:
            return _collect(islice(nonblank(text, file.form), limit), file.form)
    except (ValueError, csv.Error) as error:
        if str(error).startswith(str(file.path)):
            raise
        raise ValueError(f"{file.path}: {error}") from error


def _of_file(file: TableFile) -> Iterator[Line]:
    with file.open() as text, named(file):
        yield from nonblank(text, file.form, spaced=file.form.spaced)


def check_lengths(file: TableFile) -> None:
    """ValueError for the first line with another number of cells than the first one."""
    form = file.form
    with file.open() as text, suppress(csv.Error):  # quickly, and then by line
        plain = csv.reader(text, delimiter=form.delimiter, skipinitialspace=form.spaced)
        if len({*map(len, plain)} - {0}) == 1:
            return
    lines = _of_file(file)
    _, first = next(lines, (0, []))
    for line in lines:
        if len(line[1]) != len(first):
            raise ValueError(f"{file.path}: {_ragged(line, first, file.form)}")


def check_quotes(file: TableFile) -> None:
    """ValueError with the line of a quote that is open at the end, where pandas has met one."""
    *_, (end, row) = _of_file(file)
    within = len(_END.findall(row[-1])) - row[-1].endswith(("\n", "\r"))
    raise ValueError(f"{file.path}: the quote that opens in line {end - within} is never closed")


def line_of(file: TableFile, row: int) -> int:
    """The number of the line of a `row`, counted from 0 among those that are not blank."""
    lines = _of_file(file)
    return next((number for number, _ in islice(lines, row, None)), row + 1)


def _collect(lines: Iterator[Line], form: Form) -> Lines:
    start = next(lines, None)
    if start is None:
        raise ValueError("the file is empty")
    line_number, first = start
    own, form = form, replace(form, decimal=".")  # of what is kept
    first = _as_kept(first, own)
    texts: list[list[str]] = []
    rows: list[np.ndarray] = []
    bad: dict[int, Bad] = {}
    inexact: frozenset[int] = frozenset()
    for line in lines:
        if len(line[1]) != len(first):
            raise ValueError(_ragged(line, first, form))
        row, wrong = _numbers(line, own)
        bad = {**wrong, **bad} if wrong else bad
        if more := _inexact(line[1], row):
            inexact |= more
        rows.append(row)
        if len(texts) < _KEPT:
            texts.append(_as_kept(line[1], own))
    values = np.array(rows) if rows else np.empty((0, len(first)))
    return Lines(line_number, first, texts, values, bad, inexact, form)


def _ragged(line: Line, first: list[str], form: Form) -> str:
    n, (line_number, cells) = len(first), line
    hint = _separated(first[0], form.delimiter) if n == 1 else ""
    if not hint and len(cells) == n + 1 and not all(map(_is_number, first)):
        hint = (
            "; if the rows begin with row names or numbers, their column needs a name in the "
            "header too"
        )
    return f"line {line_number} has {len(cells)} cells instead of {n}{hint}"


def _separated(cell: str, delimiter: str) -> str:
    """A hint, if there is something in a cell that elsewhere separates cells."""
    others = (_DELIMITERS - {delimiter} - {","}) & {*cell}
    word = _NAMES.get(delimiter, repr(delimiter))
    return f"; columns are separated by {word}" if others else ""


def _is_number(cell: str) -> bool:
    return number(cell) is not None


def _numbers(line: Line, form: Form) -> tuple[np.ndarray, dict[int, Bad]]:
    """The cells of a line as numbers, and those that are none, by position."""
    line_number, cells = line
    plain = cells if form.decimal == "." else [_pointed(cell) for cell in cells]
    numbers = [number(cell) for cell in plain]
    values = np.array([math.nan if value is None else value for value in numbers])
    finite = np.isfinite(values)
    wrong = {int(j): Bad(line_number, cells[j], form.delimiter) for j in np.flatnonzero(~finite)}
    return np.where(finite, values, math.nan), wrong


def _pointed(cell: str) -> str:
    """A number with a decimal comma as one with a point; with a point already it is none."""
    return "" if "." in cell else cell.replace(",", ".")


def _as_kept(cells: list[str], form: Form) -> list[str]:
    """Cells whose numbers have decimal points."""
    if form.decimal == ".":
        return cells
    return [pointed if _is_number(pointed := _pointed(cell)) else cell for cell in cells]


def _inexact(cells: list[str], values: np.ndarray) -> frozenset[int]:
    """The cells that are not the same as floats; all else is a float without a loss."""
    signs = [j for j, c in enumerate(cells) if has_leading_zero(c) or c.lstrip()[:1] == "+"]
    large = np.flatnonzero(np.abs(values) > _EXACT).tolist()
    signs = [j for j in signs if not math.isnan(values[j])]
    return frozenset([*signs, *(j for j in large if cells[j].strip().lstrip("+-").isdecimal())])


def has_leading_zero(cell: str) -> bool:
    """Whether a number begins with a zero that it does not need, as codes do."""
    digits = cell.strip().lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdecimal()
