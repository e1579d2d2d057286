"""Rows of CSV files as cells of text, each with the number of its line, without blank lines."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from regan.files.sources import Form, TableFile

Line = tuple[int, list[str]]


def nonblank(text: Iterable[str], form: Form, *, spaced: bool = True) -> Iterator[Line]:
    """The lines that are not blank, as cells, and the number of each.

    In a file of one column, a blank line before others is an empty cell. csv.Error for what is no
    CSV, with its line.
    """
    return ((number, row or [""]) for number, row in _rows(text, form, spaced=spaced))


def single_cells(file: TableFile) -> tuple[list[str], list[int]]:
    """The cells of a file of one column, and the numbers of its blank lines that are cells."""
    cells: list[str] = []
    blank: list[int] = []
    with file.open() as text, named(file):
        for line, row in _rows(text, file.form, spaced=file.form.spaced):
            cells.append(row[0] if row else "")
            if not row:
                blank.append(line)
    return cells, blank


def _rows(text: Iterable[str], form: Form, *, spaced: bool) -> Iterator[Line]:
    """As `nonblank`, with no cells in blank lines."""
    latest = ""

    def lines() -> Iterator[str]:
        nonlocal latest
        for line in text:
            latest = line
            yield line

    reader = csv.reader(lines(), delimiter=form.delimiter, skipinitialspace=spaced)
    blank: list[int] = []
    width, end = 0, form.skipped
    try:
        for row in reader:
            end = form.skipped + reader.line_num
            if any(map(str.strip, row)) or len(row) > 1 or '"' in latest:
                yield from ((line, []) for line in blank)
                blank, width = [], width or len(row)
                yield end, row
            elif width == 1:
                blank.append(end)
    except csv.Error as error:
        raise csv.Error(f"the row that begins in line {end + 1}: {_in_words(error)}") from error


def _in_words(error: csv.Error) -> str:
    if "field limit" not in str(error):
        return str(error)
    limit = csv.field_size_limit()
    return f"it has a cell of more than {limit:,} characters, or a quote that is never closed"


@contextmanager
def named(file: TableFile) -> Iterator[None]:
    """Errors of csv as ValueError with the path."""
    try:
        yield
    except csv.Error as error:
        raise ValueError(f"{file.path}: {error}") from error
