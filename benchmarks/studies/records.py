"""Records of studies: one JSON object a line, and tables for pages of their means."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

Record = dict[str, Any]


def read(path: Path) -> list[Record]:
    """The records of a file; none if there is no such file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def append(out: Path, made: Iterable[Record]) -> None:
    """Append records to a file as they are made, and print them; warnings are not shown."""
    with out.open("a") as file, catch_warnings():
        simplefilter("ignore")
        for record in made:
            text = json.dumps(record)
            print(text, file=file, flush=True)
            print(text, flush=True)


def cell(found: Iterable[float], digits: int = 3) -> str:
    """A mean with its standard error, if there are several; nothing of none."""
    some = np.array([*found], dtype=float)
    some = some[~np.isnan(some)]
    if not len(some):
        return ""
    error = some.std(ddof=1) / np.sqrt(len(some)) if len(some) > 1 else 0.0
    return f"{some.mean():.{digits}f}" + (f" ({error:.{digits}f})" if len(some) > 1 else "")


def table_lines(
    title: str, columns: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]], first: str = ""
) -> Iterator[str]:
    """The lines of an RST table, without rows that are empty; first : the head of their names."""
    yield f".. csv-table:: {title}\n   :class: study"
    yield "   :header: " + ", ".join(f'"{column}"' for column in (first, *columns))
    yield ""
    for name, cells in rows:
        if any(cells):
            yield "   " + ", ".join(f'"{text}"' for text in (name, *cells))
    yield ""
