"""Tables of results, as text and as HTML for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from regan.validation import shown


def in_text(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table as text: the first column on the left, all others on the right."""
    cells = [[shown(text) for text in line] for line in (header, *lines)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            text.rjust(width) if j else text.ljust(width)
            for j, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def in_html(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """The same table as HTML."""
    head = "".join(f"<th>{escape(shown(text))}</th>" for text in header)
    rows = "".join(
        f"<tr><th>{escape(shown(first))}</th>"
        + "".join(f"<td>{escape(shown(text))}</td>" for text in rest)
        + "</tr>"
        for first, *rest in lines
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


class Printed:
    """A result that prints as sentences and a table, and that notebooks show so."""

    def _header(self) -> Sequence[str]:
        raise NotImplementedError

    def _lines(self) -> Sequence[Sequence[str]]:
        raise NotImplementedError

    def _sentences(self) -> Sequence[str]:
        return ()

    def __repr__(self) -> str:
        return "\n".join([*map(shown, self._sentences()), in_text(self._header(), self._lines())])

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{escape(shown(sentence))}</p>" for sentence in self._sentences())
        return words + in_html(self._header(), self._lines())


def findings(warnings: Sequence[str]) -> list[str]:
    """Significant findings as sentences, or that there is none."""
    return [f"{each}." for each in warnings] or ["No finding is beyond chance."]


def called(name: Any) -> str:
    """A column as tables call it: by its name, or by its position in an array."""
    return f"column {name}" if isinstance(name, int) else str(name)
