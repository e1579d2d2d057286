"""Cells of a text with a table of any columns, as text: names, index, lines of one length."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.files.csv_lines import check_lengths, check_quotes, line_of, number, read_lines
from regan.files.csv_rows import single_cells
from regan.files.dates import looks_like_time
from regan.files.extras import pandas
from regan.files.headers import judge, refuse_twice
from regan.files.row_numbers import index_columns
from regan.files.sources import TableFile
from regan.files.texts import is_prose

_KEPT = 1000
_PROSE = (
    "it has one column of long texts that are nearly all different, so it may not be a table",
)


@dataclass(frozen=True)
class TextTable:
    """The cells of a file as text.

    Attributes
    ----------
    file : TableFile
    names : list of str, or None without a header
    cells : DataFrame of text (n, C)
        Without the header, its columns called 0, 1, ...; an empty cell is an empty text.
    index : list of int
        The leading columns that are the index of a table.
    remark : str or None
        What is to be said of the first line.
    doubts : tuple of str
        What is to be said of others.
    """

    file: TableFile
    names: list[str] | None
    cells: Any
    index: list[int]
    remark: str | None = None
    doubts: tuple[str, ...] = ()

    @property
    def labels(self) -> list[str]:
        """What columns are called: names, else positions."""
        return [*map(str, range(self.cells.shape[1]))] if self.names is None else self.names

    def is_blank(self, j: int) -> bool:
        """Whether a column has neither a name nor cells, as behind a delimiter at ends of lines."""
        return self.names is not None and not self.names[j] and not self.texts(j).str.strip().any()

    def texts(self, j: int) -> Any:
        """The cells of a column, a Series of text."""
        return self.cells.iloc[:, j]

    def check_twice(self, columns: Sequence[int]) -> None:
        """ValueError for two of these columns of one name."""
        refuse_twice(self.file.path, [self.labels[j] for j in columns])

    def line(self, row: int) -> int:
        """The number of the line of a row."""
        return line_of(self.file, row + (self.names is not None))


def read_cells(
    file: TableFile,
    header: bool | None = None,
    *,
    known: Sequence[str] = (),
    stripped: bool = True,
) -> TextTable:
    """Read a file; names that are `known` make its first line a header.

    stripped : whether blanks around names are none of theirs. ValueError for an empty file, and for
    lines of several lengths.
    """
    path = file.path
    cells, doubts = _cells(file)
    first = cells.iloc[0].tolist()
    remark = None
    if header is None:
        header, remark = _is_header(file, first, cells, known)
    if not header:
        return TextTable(file, None, cells, [], remark, doubts)
    cells = cells.iloc[1:].reset_index(drop=True)
    names = [cell.strip() for cell in first] if stripped else first
    if not len(cells):
        raise ValueError(f"{path}: the file has a header but no rows")
    index = index_columns(names, known, _numbers(cells))
    return TextTable(file, names, cells, index, remark, doubts)


def _cells(file: TableFile) -> tuple[Any, tuple[str, ...]]:
    """All cells, a DataFrame of text, and what is to be said of them.

    pandas fills lines that end too early with empty cells, and leaves out all blank ones.
    """
    pd, path = pandas(), file.path
    try:
        with file.open() as text:
            cells = pd.read_csv(
                text,
                header=None,
                dtype=str,
                keep_default_na=False,
                sep=file.form.delimiter,
                skipinitialspace=file.form.spaced,
                low_memory=False,
            )
    except pd.errors.EmptyDataError as error:
        raise ValueError(f"{path}: the file is empty") from error
    except pd.errors.ParserError as error:
        if "EOF inside string" in str(error):
            check_quotes(file)
        check_lengths(file)
        raise ValueError(f"{path}: {' '.join(str(error).split())}") from error
    if cells.shape[1] == 1:
        texts, blank = single_cells(file)
        cells = pd.DataFrame(texts, dtype=cells.dtypes.iloc[0])
        return cells, (*_blank(blank), *_PROSE * is_prose(texts))
    last = cells.iloc[:, -1]
    if (last.isna() | (last == "")).any():  # a line that is too short has none
        check_lengths(file)
    return cells, ()


def _blank(lines: Sequence[int]) -> tuple[str, ...]:
    """What is to be said of blank lines that are rows."""
    if len(lines) < 2:
        return tuple(f"blank line {line} is read as a missing cell" for line in lines)
    return (f"{len(lines)} blank lines (the first is line {lines[0]}) are read as missing cells",)


def _numbers(cells: Any) -> Callable[[int], np.ndarray]:
    """Gives the numbers (n,) of a column, NaN for other cells."""

    def of_column(j: int) -> np.ndarray:
        values = [number(cell) for cell in cells.iloc[:, j]]
        return np.array([np.nan if value is None else value for value in values])

    return of_column


def _is_header(
    file: TableFile, first: list[str], cells: Any, known: Sequence[str]
) -> tuple[bool, str | None]:
    """Whether the first line has names, and what is to be said of that.

    It has none if most of its words are in their columns again, or one is and there are numbers,
    or if one is a date among dates.
    """
    if known and {*known} <= {*first}:
        return True, None
    words = [(j, cell) for j, cell in enumerate(first) if cell.strip() and number(cell) is None]
    again = [cell for j, cell in words if (cells.iloc[1:_KEPT, j] == cell).any()]
    if len(again) > len(words) / 2 or (again and any(map(_is_value, first))):
        why = f"because {again[0]!r} occurs again in its column; --header makes it a header"
        return False, f"the first line ({_shown(first)}) is read as a row, {why}"
    if dates := [cell for j, cell in words if _is_date(cell, cells.iloc[1:_KEPT, j])]:
        why = f"because {dates[0]!r} is a date among other dates; --header makes it a header"
        return False, f"the first line ({_shown(first)}) is read as a row, {why}"
    verdict = judge(read_lines(file, _KEPT), known)
    remark = verdict.remark
    if verdict.header and remark is None and any(map(_is_value, first)):
        remark = (
            f"the first line ({_shown(first)}) is read as the header; --no-header makes it a row"
        )
    return verdict.header, remark


def _is_date(cell: str, below: Any) -> bool:
    """Whether a cell is written like a date, and so is most of what is below it."""
    alike = [looks_like_time(text.strip()) for text in below if text.strip()]
    return looks_like_time(cell.strip()) and sum(alike) > len(alike) / 2


def _is_value(cell: str) -> bool:
    """Whether a cell is written like a value and unlike a name: a number or a date."""
    return re.fullmatch(r"\s*([+-]?\d*[.,]?\d+|\d{1,4}[-./]\d\d?[-./]\d{1,4}.*)", cell) is not None


def _shown(first: list[str]) -> str:
    return ", ".join(first[:5]) + (", ..." if len(first) > 5 else "")
