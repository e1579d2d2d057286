"""Cells of a text with a table as they are written, some of which can be written anew."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from regan.files.sources import Form, TableFile

_WORD = re.compile(r'"(?:[^"]|"")*"(?!\S)|\S+')


@dataclass(frozen=True)
class RawCells:
    """A text, cut into its cells and what is between them.

    Attributes
    ----------
    form : Form
    parts : list of str
        All of the text, in pieces.
    rows : list of list of int
        Which pieces are the cells of each row, the header first if there is one. Blank lines are
        no rows, but those of a file of one column that are read as missing cells.
    """

    form: Form
    parts: list[str]
    rows: list[list[int]]

    @classmethod
    def of(cls, file: TableFile) -> Self:
        """Those of a file whose form is known."""
        form = file.form
        with replace(file, form=Form(encoding=form.encoding)).open() as text:
            lines = io.StringIO(text.read(), newline="")
        parts = ["".join(lines.readline() for _ in range(form.skipped))]
        rows = list[list[int]]()
        for pieces in _in_blanks(lines) if form.blanks else _divided(lines.read(), form):
            first = len(parts)
            parts += pieces
            rows.append(list(range(first, len(parts), 2)))
        return cls(form, parts, _kept(rows, parts))

    def cell(self, row: int, j: int) -> str:
        """The cell of a row, the header first, and of a column."""
        return self.parts[self.rows[row][self._place(row, j)]]

    def value(self, row: int, j: int) -> str:
        """The same without quotes."""
        cell = self.cell(row, j)
        return _unquoted(cell.lstrip(" ") if self.form.spaced else cell)

    def header(self) -> list[str]:
        """The names in the first row."""
        n = len(self.rows[0])
        names = [self.value(0, j + self.form.unnamed) for j in range(n)]
        return ["", *names] if self.form.unnamed else names

    def text(self, cells: Mapping[tuple[int, int], str], quoted: Sequence[int] = ()) -> str:
        """The text with other cells, by row and column; all else is as it was.

        quoted : columns whose cells are in quotes in any case.
        """
        parts = [*self.parts]
        for (row, j), value in cells.items():
            place = self.rows[row][self._place(row, j)]
            own = parts[place]
            lead = own[: len(own) - len(own.lstrip(" "))] if self.form.spaced else ""
            quotes = j in quoted or own.strip().startswith('"')
            parts[place] = lead + self._written(value, quotes=quotes)
        return "".join(parts)

    def is_quoted(self, j: int, rows: Sequence[int]) -> bool:
        """Whether the cells of a column are in quotes in all of some rows."""
        return bool(rows) and all(self.cell(row, j).lstrip(" ")[:1] == '"' for row in rows)

    def _place(self, row: int, j: int) -> int:
        """The place of a cell: the header may lack the first one."""
        return j - 1 if self.form.unnamed and row == 0 else j

    def _written(self, value: str, *, quotes: bool) -> str:
        signs = {*value} & {self.form.delimiter, '"', "\n", "\r"}
        blank = self.form.blanks and (not value or any(map(str.isspace, value)))
        if quotes or signs or blank or (self.form.spaced and value[:1] == " "):
            escaped = value.replace('"', '""')
            return f'"{escaped}"'
        return value


def _divided(text: str, form: Form) -> Iterator[list[str]]:
    """The pieces of each line that delimiters divide: cells, and what ends each of them."""
    sign, lead = re.escape(form.delimiter), " *" if form.spaced else ""
    cell = rf'{lead}"[^"]*(?:""[^"]*)*"[^{sign}\r\n]*|[^{sign}\r\n]*'
    pattern = re.compile(rf"({cell})({sign}|\r\n?|\n|\Z)")
    pieces: list[str] = []
    place = 0
    while place < len(text) or (pieces and pieces[-1] == form.delimiter):
        found = pattern.match(text, place)
        assert found is not None
        pieces += found.groups()
        place = found.end()
        if found[2] != form.delimiter:
            yield pieces
            pieces = []


def _in_blanks(lines: Iterator[str]) -> Iterator[list[str]]:
    """The same of lines in which blanks divide; a line may begin with some."""
    before = ""
    for line in lines:
        ends = [found.span() for found in _WORD.finditer(line)]
        if not ends:
            before += line
            continue
        yield from [[before + line[: ends[0][0]], ""]] * bool(before or ends[0][0])
        before, pieces = "", []
        for (start, end), following in zip(ends, [*ends[1:], (len(line), 0)], strict=True):
            pieces += [line[start:end], line[end : following[0]]]
        yield pieces
    if before:
        yield [before, ""]


def _kept(rows: list[list[int]], parts: Sequence[str]) -> list[list[int]]:
    """Those of the lines that are rows of a table."""
    kept: list[list[int]] = []
    blank: list[list[int]] = []
    for row in rows:
        if len(row) > 1 or parts[row[0]].strip():
            kept += blank if kept and len(kept[0]) == 1 else []
            kept.append(row)
            blank = []
        else:
            blank.append(row)
    return kept


def _unquoted(cell: str) -> str:
    if cell[:1] != '"':
        return cell
    found = re.match(r'"([^"]*(?:""[^"]*)*)"', cell)
    return cell if found is None else found[1].replace('""', '"') + cell[found.end() :]
