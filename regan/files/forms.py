"""The form of a text with a table in it, recognised by its first lines or named by the user."""

from __future__ import annotations

import codecs
import csv
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

from regan.files.sources import Form, TableFile, encoding_of
from regan.files.text_lines import one_blank, plain_lines
from regan.files.texts import no_table

_DELIMITERS = ",;\t|"
_LINES = 1000
_RUN = re.compile(r"\S\s{2,}\S")
_EXCEL = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_WORDS = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "bar": "|", "space": " "}
_DECIMAL = {sign: re.compile(rf"[+-]?\d*\{sign}\d+([eE][+-]?\d+)?") for sign in ".,"}
_GROUPED = {sign: re.compile(rf"[+-]?[1-9]\d{{0,2}}\{sign}\d{{3}}") for sign in ".,"}
_BOTH = {  # thousands before decimals
    ".": re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+"),
    ",": re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+"),
}


@dataclass(frozen=True)
class Options:
    """What a user says of a file; None and nothing are recognised.

    Attributes
    ----------
    delimiter, decimal, encoding : str or None
    na : tuple of str
        Words for missing cells, beside the usual ones.
    """

    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    na: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.delimiter is not None:
            sign = _WORDS.get(self.delimiter, self.delimiter)
            if len(sign) != 1 or sign in '"\r\n':
                raise ValueError(
                    f"--delimiter {self.delimiter}: expected one character, such as ';', or tab"
                )
            object.__setattr__(self, "delimiter", sign)
        if self.decimal not in (None, ".", ","):
            raise ValueError(f"--decimal {self.decimal}: expected '.' or ','")
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except LookupError as error:
                raise ValueError(
                    f"--encoding {self.encoding}: Python knows no such encoding"
                ) from error


def recognised(
    file: TableFile, options: Options, tell: Callable[[str], None] = lambda _: None
) -> TableFile:
    """A text with its form. ValueError for what is no text; tell : gets doubts."""
    encoding = options.encoding
    if encoding is None:
        encoding = encoding_of(file)
        if not encoding.startswith("utf"):
            tell(
                f"Warning: {file.path}: the text is not UTF-8 and is read as {encoding}; "
                "--encoding sets another encoding"
            )
    elif codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"  # the same without a mark
    file = replace(file, form=Form(encoding=encoding))
    with file.open() as text:
        lines = list(islice(text, _LINES))
    if other := no_table("".join(lines)):
        raise ValueError(f"{file.path} is not a table in text or Parquet, but {other}")
    usual = "\t" if ".tsv" in [s.lower() for s in file.path.suffixes] else ","
    complete = len(lines) < _LINES
    skipped, sign = _preamble(lines, usual, complete=complete)
    if skipped and sign is None:
        which = "the first line is" if skipped == 1 else f"the first {skipped} lines are"
        tell(f"Warning: {file.path}: {which} left out as a comment (#)")
    lines = lines[skipped:]
    likely = _delimiter(lines, usual, complete=complete)
    delimiter = options.delimiter or sign or likely
    if not any(delimiter in line for line in lines) and _divides(lines, likely):
        name = "tab" if likely == "\t" else shlex.quote(likely)
        tell(
            f"Warning: {file.path}: the delimiter {delimiter!r} does not occur, but {likely!r} "
            f"divides all lines into the same number of cells: give --delimiter {name}"
        )
    blanks = delimiter == " " and _in_runs(lines)
    unnamed = _lacks_name(lines if not blanks else list(map(one_blank, lines)), delimiter)
    how = {"blanks": blanks, "unnamed": unnamed}
    lines = list(plain_lines(lines, delimiter, skipped=0, **how))
    rows = _split(lines, delimiter)
    spaced = _is_spaced(_split(lines, delimiter, spaced=False))
    decimal = options.decimal
    if decimal is None:
        decimal, doubt = _decimal(rows, delimiter)
        if doubt is not None:
            other = "." if decimal == "," else ","
            tell(
                f"Warning: {file.path}: {doubt!r} and similar cells are read with a decimal "
                f"{'comma' if decimal == ',' else 'point'}; with --decimal {other}, it separates "
                "thousands"
            )
    return replace(file, form=Form(delimiter, decimal, encoding, spaced, skipped, **how))


def _preamble(lines: list[str], usual: str, *, complete: bool) -> tuple[int, str | None]:
    """How many lines are before the table, and the delimiter that they name.

    They are one that names the delimiter, as Excel has it, or comments: lines with # at their
    beginning, but for a last one that has as many cells as the line behind it.
    """
    named = _EXCEL.fullmatch(lines[0].rstrip("\r\n")) if lines else None
    if named is not None:
        return 1, named[1]
    n = next((i for i, line in enumerate(lines) if line[:1] != "#"), 0)
    if n:
        delimiter = _delimiter(lines[n:], usual, complete=complete)
        last, first = (_split([line], delimiter) for line in lines[n - 1 : n + 1])
        n -= bool(last and first and last[0][0] != "#" and 1 < len(last[0]) == len(first[0]))
    return n, None


def _in_runs(lines: list[str]) -> bool:
    """Whether several blanks separate cells as one does, and are no empty cells."""
    single, runs = (
        {len(row) for row in _split(each, " ", spaced=False)}
        for each in (lines, list(map(one_blank, lines)))
    )
    return len(runs) <= len(single)


def _lacks_name(lines: list[str], delimiter: str) -> bool:
    """Whether names of rows have none above them, as R writes them: in quotes, or among blanks."""
    rows = _split(lines, delimiter)
    if len(rows) < 2 or {len(row) for row in rows[1:-1]} - {len(rows[0]) + 1}:
        return False
    quoted = all(line[:1] == '"' for line in lines if line.strip())
    is_full = any(row[-1].strip() for row in rows[1:])  # and no line ends in a delimiter
    longer = len(rows[1]) == len(rows[0]) + 1
    return longer and is_full and (quoted or (delimiter == " " and len(rows[0]) > 1))


def _split(lines: list[str], delimiter: str, *, spaced: bool = True) -> list[list[str]]:
    """The cells of the lines that are not blank; none where they are no CSV."""
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=spaced))
    except csv.Error:
        return []
    return [row for row in rows if any(map(str.strip, row)) or len(row) > 1]


def _delimiter(lines: list[str], usual: str, *, complete: bool) -> str:
    """What separates cells: it is in all lines equally often, and what is between is plain.

    Blanks do where there is nothing else, and numbers are between them.
    """
    scores = {}
    for sign in _DELIMITERS:
        rows = _split(lines, sign)
        rows = rows if complete else rows[:-1]  # the last one may be broken off in quotes
        if not rows or len(rows[0]) < 2:
            continue
        even = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        cells = [cell for row in rows for cell in row]
        others = {*_DELIMITERS} - {sign}
        odd = sum(bool(others & {*cell}) and not _is_number(cell) for cell in cells) / len(cells)
        scores[sign] = (even > 0.99, even, -odd, sign == usual)
    if scores and not (_in_blanks(lines) and max(scores.values())[0] is False):
        return max(scores, key=lambda sign: scores[sign])
    return " " if _in_blanks(lines) else usual


def _divides(lines: list[str], delimiter: str) -> bool:
    """Whether there are several lines, of equally many cells and more than one."""
    widths = [len(row) for row in _split(lines, delimiter)]
    return len(widths) > 1 and {*widths} == {max(2, widths[0])}


def _in_blanks(lines: list[str]) -> bool:
    """Whether blanks separate cells: in columns, or between numbers and names of rows."""
    plain = list(map(one_blank, lines))
    first, *rows = _split(plain, " ") or [[]]
    if not rows:
        return len(first) > 1 and all(map(_is_number, first))
    if len(first) < 2 or len({len(row) for row in rows}) > 1:
        return False
    cells = [cell for row in rows for cell in row]
    even = len(rows[0]) == len(first)
    aligned = all(map(_RUN.search, filter(str.strip, lines)))
    if even and (aligned or sum(map(_is_number, cells)) >= len(cells) / 2):
        return True
    return _lacks_name(plain, " ")


def _is_spaced(rows: list[list[str]]) -> bool:
    """Whether blanks follow all delimiters, and so belong to them."""
    behind = [cell for row in rows for cell in row[1:] if cell]
    return bool(behind) and all(cell[0] == " " for cell in behind)


def _is_number(cell: str) -> bool:
    return any(
        kind[sign].fullmatch(cell) for kind in (_DECIMAL, _GROUPED, _BOTH) for sign in ".,"
    ) or (cell.strip().isdecimal())


def _decimal(rows: list[list[str]], delimiter: str) -> tuple[str, str | None]:
    """The decimal sign, and a cell that may mean something else."""
    cells = {cell.strip() for row in rows[1:] or rows for cell in row}
    sure = {
        sign: sum(
            bool(_BOTH[sign].fullmatch(cell))
            or (bool(_DECIMAL[sign].fullmatch(cell)) and not _GROUPED[sign].fullmatch(cell))
            for cell in cells
        )
        for sign in ".,"
    }
    if sure["."] != sure[","]:
        return (".", None) if sure["."] > sure[","] else (",", None)
    doubtful = {s: [c for c in cells if _GROUPED[s].fullmatch(c)] for s in ".,"}
    if doubtful[","] and not doubtful["."] and delimiter != ",":
        return ",", min(doubtful[","])
    return ".", min(doubtful["."], default=None) if delimiter == ";" else None
