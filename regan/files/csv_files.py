"""Tables of numbers in CSV files, for the command line."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

_Line = tuple[int, list[str]]
_OTHERS = {*";\t|"}


def read_csv(path: Path) -> tuple[list[str] | None, np.ndarray]:
    """The column names, or None where there is no header, and the values (n, D) in float64.

    The first line is a header unless all its cells are numbers; blank lines are skipped. ValueError
    names the first cell that is no finite number by line and column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _parse(_lines(file))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8: {error}") from error
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path}: {error}") from error


def read_csv_as(path: Path, names: list[str] | None, like: Path) -> np.ndarray:
    """The values of `path`, with the columns `names` of the file `like` in their order.

    Files without a header have their columns in one order. ValueError names the differences.
    """
    own, values = read_csv(path)
    if own is None or names is None:
        if own is not names:
            raise ValueError(f"of {like} and {path} one has a header and the other has none")
        return values
    missing, new = (sorted(set(a) - set(b)) for a, b in ((names, own), (own, names)))
    if missing or new:
        parts = [f"lacks {', '.join(missing)}"] * bool(missing)
        parts += [f"has {', '.join(new)} beside"] * bool(new)
        raise ValueError(f"{path} does not have the columns of {like}: it {' and '.join(parts)}")
    return values[:, [own.index(name) for name in names]]


def write_csv(path: Path, header: list[str] | None, values: np.ndarray) -> None:
    """Write `values` (n, D), each with as many digits as tell it from its neighbours."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if header is not None:
            writer.writerow(header)
        writer.writerows(values.tolist())


def _lines(file: Iterator[str]) -> Iterator[_Line]:
    """Number and cells of every line that is not blank."""
    reader = csv.reader(file, skipinitialspace=True)
    for row in reader:
        if any(map(str.strip, row)) or len(row) > 1:
            yield reader.line_num, row


def _parse(lines: Iterator[_Line]) -> tuple[list[str] | None, np.ndarray]:
    first = next(lines, None)
    if first is None:
        raise ValueError("the file is empty")
    header = None
    if any(cell.strip() and _number(cell) is None for cell in first[1]):
        header = [cell.strip() for cell in first[1]]
        name, times = Counter(header).most_common(1)[0]
        if times > 1:
            raise ValueError(f"the column {name!r} appears {times} times")
    rows = [] if header is not None else [_numbers(first, first[1], None)]
    rows += [_numbers(line, first[1], header) for line in lines]
    if not rows:
        raise ValueError("the file has a header but no rows")
    return header, np.array(rows)


def _numbers(line: _Line, first: list[str], header: list[str] | None) -> np.ndarray:
    """The cells of `line` as floats; there have to be as many as in the `first` line."""
    number, cells = line
    if len(cells) != len(first):
        raise ValueError(f"line {number} has {len(cells)} cells instead of {len(first)}")
    values = [_number(cell, math.nan) for cell in cells]
    for j, (cell, value) in enumerate(zip(cells, values, strict=True)):
        if not math.isfinite(value):
            column = j + 1 if header is None else repr(header[j])
            what = f"holds {cell!r}, which is no finite number" if cell.strip() else "is empty"
            hint = "; columns are separated by commas" if _OTHERS & {*cell.strip()} else ""
            raise ValueError(f"line {number}, column {column} {what}{hint}")
    return np.array(values)


def _number(cell: str, otherwise: Any = None) -> Any:
    try:
        return float(cell)
    except ValueError:
        return otherwise
