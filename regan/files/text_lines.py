"""Lines of a text as those of plain CSV: without a preamble, and with one blank for several."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from itertools import islice

_WORD = re.compile(r'"(?:[^"]|"")*"(?!\S)|\S+')


class TextLines(io.TextIOBase):
    """A stream of text that is made line by line.

    Parameters
    ----------
    lines : iterable of str
        With their ends.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._rest = ""

    def readable(self) -> bool:
        """As streams say it."""
        return True

    def read(self, size: int | None = -1) -> str:
        """The next `size` characters, or all that is left."""
        parts, length, wanted = [self._rest], len(self._rest), -1 if size is None else size
        while wanted < 0 or length < wanted:
            line = next(self._lines, None)
            if line is None:
                break
            parts.append(line)
            length += len(line)
        text = "".join(parts)
        cut = len(text) if wanted < 0 else wanted
        self._rest = text[cut:]
        return text[:cut]

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        """The next line, whole."""
        line, self._rest = self._rest, ""
        return line or next(self._lines, "")


def plain_lines(
    lines: Iterable[str], delimiter: str, *, skipped: int, blanks: bool, unnamed: bool
) -> Iterator[str]:
    """Lines of a text in which each delimiter is one sign, and each column has a name.

    Parameters
    ----------
    lines : iterable of str
    delimiter : str
    skipped : int
        How many lines are before the table.
    blanks : bool
        Whether cells are separated by one or more blanks or tabs, which become one blank.
    unnamed : bool
        Whether the first line lacks the name of the first column, which gets an empty one.
    """
    for i, line in enumerate(islice(lines, skipped, None)):
        plain = one_blank(line) if blanks else line
        yield f'""{delimiter}{plain}' if unnamed and i == 0 else plain


def one_blank(line: str) -> str:
    """A line with one blank between its cells, which may be quoted."""
    return " ".join(_WORD.findall(line)) + "\n"
