"""Tables of numbers in CSV files, for the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np


def read_csv(path: Path) -> tuple[list[str] | None, np.ndarray]:
    """The column names, or None where there is no header, and the values (n, D) in float64.

    The first line is a header unless all its cells are numbers. ValueError names the first cell
    that is no number by line and column.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        first = next(csv.reader(file), [])
    if not any(cell.strip() for cell in first):
        raise ValueError(f"{path} is empty")
    header = [cell.strip() for cell in first] if not all(map(_is_number, first)) else None
    try:
        values = np.loadtxt(
            path,
            delimiter=",",
            skiprows=0 if header is None else 1,
            ndmin=2,
            comments=None,
            quotechar='"',
            encoding="utf-8-sig",
        )
    except ValueError as error:
        raise ValueError(f"{path}: {_first_bad_cell(path, header) or error}") from error
    if values.size == 0:
        raise ValueError(f"{path} has a header but no rows")
    if header is not None and values.shape[1] != len(header):
        raise ValueError(f"{path}: {len(header)} names in the header but {values.shape[1]} columns")
    return header, values


def write_csv(path: Path, header: list[str] | None, values: np.ndarray) -> None:
    """Write `values` (n, D), each with as many digits as tell it from its neighbours."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if header is not None:
            writer.writerow(header)
        writer.writerows(values.tolist())


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _first_bad_cell(path: Path, header: list[str] | None) -> str | None:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        width = None
        for row in reader:
            if header is not None and reader.line_num == 1:
                width = len(row)
                continue
            width = width or len(row)
            if len(row) != width and row:
                return f"line {reader.line_num} has {len(row)} cells instead of {width}"
            for j, cell in enumerate(row):
                if not _is_number(cell):
                    column = repr(header[j]) if header is not None else str(j + 1)
                    what = "is empty" if not cell.strip() else f"holds {cell!r}, which is no number"
                    return f"line {reader.line_num}, column {column} {what}"
    return None
