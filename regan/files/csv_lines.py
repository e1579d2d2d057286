"""Lines of CSV files: their cells as numbers where they are, and which are not."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_KEPT = 1000
_OTHERS = {*";\t|"}
_Line = tuple[int, list[str]]


@dataclass(frozen=True)
class Bad:
    """A cell that is no finite number, and the number of its line."""

    line: int
    cell: str

    def __str__(self) -> str:
        if not self.cell.strip():
            return "is empty"
        hint = "; columns are separated by commas" if _OTHERS & {*self.cell.strip()} else ""
        return f"holds {self.cell!r}, which is no finite number{hint}"


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
    """

    number: int
    first: list[str]
    texts: list[list[str]]
    values: np.ndarray
    bad: dict[int, Bad]

    def column(self, j: int) -> tuple[list[str], np.ndarray]:
        """Texts and values of a column, without the first line."""
        return [cells[j] for cells in self.texts], self.values[:, j]

    def with_first(self) -> Lines:
        """The same, with the first line among the values."""
        row, bad = _numbers((self.number, self.first))
        return Lines(
            self.number, self.first, self.texts, np.vstack([row, self.values]), {**self.bad, **bad}
        )


def number(cell: str) -> float | None:
    """The number that a cell is, which may be infinite or NaN; None for what is no number."""
    try:
        return None if "_" in cell else float(cell)  # 1_000 is Python's
    except ValueError:
        return None


def read_lines(path: Path) -> Lines:
    """Read a file; ValueError if it is empty, no text, or has lines of several lengths."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _collect(_nonblank(file))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8: {error}") from error
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path}: {error}") from error


def _nonblank(file: Iterator[str]) -> Iterator[_Line]:
    reader = csv.reader(file, skipinitialspace=True)
    for row in reader:
        if any(map(str.strip, row)) or len(row) > 1:
            yield reader.line_num, row


def _collect(lines: Iterator[_Line]) -> Lines:
    start = next(lines, None)
    if start is None:
        raise ValueError("the file is empty")
    line_number, first = start
    texts: list[list[str]] = []
    rows: list[np.ndarray] = []
    bad: dict[int, Bad] = {}
    for line in lines:
        if len(line[1]) != len(first):
            raise ValueError(_ragged(line, first))
        row, wrong = _numbers(line)
        bad = {**wrong, **bad} if wrong else bad
        rows.append(row)
        if len(texts) < _KEPT:
            texts.append(line[1])
    values = np.array(rows) if rows else np.empty((0, len(first)))
    return Lines(line_number, first, texts, values, bad)


def _ragged(line: _Line, first: list[str]) -> str:
    n, (line_number, cells) = len(first), line
    hint = ""
    if n == 1 and _OTHERS & {*first[0]}:
        hint = "; columns are separated by commas"
    elif len(cells) == n + 1 and not all(map(_is_number, first)):
        hint = "; if rows begin with their names or numbers, that column needs a name too"
    return f"line {line_number} has {len(cells)} cells instead of {n}{hint}"


def _is_number(cell: str) -> bool:
    return number(cell) is not None


def _numbers(line: _Line) -> tuple[np.ndarray, dict[int, Bad]]:
    """The cells of a line as numbers, and those that are none, by position."""
    line_number, cells = line
    numbers = [number(cell) for cell in cells]
    values = np.array([math.nan if value is None else value for value in numbers])
    finite = np.isfinite(values)
    wrong = {int(j): Bad(line_number, cells[j]) for j in np.flatnonzero(~finite)}
    return np.where(finite, values, math.nan), wrong
