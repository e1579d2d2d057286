"""Tables of mixed columns in CSV files, for models that were fitted on a DataFrame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from regan.data import TableEncoder
from regan.data.columns import Column, LevelColumn, NumberColumn, objects


def write_table(path: Path, frame: Any) -> None:
    """Write a DataFrame with one line of names, whatever they are."""
    frame.set_axis([str(name) for name in frame.columns], axis=1).to_csv(path, index=False)


def read_table(path: Path, encoder: TableEncoder, like: Path) -> Any:
    """The DataFrame in `path` with the columns that `encoder` was fitted on; numbers are floats.

    like : the file of the model, for messages. ValueError for other columns, for cells that are no
    numbers where numbers belong, and for levels that the model does not know.
    """
    import pandas as pd

    cells = pd.read_csv(path, dtype=str, keep_default_na=False)
    names = [str(name) for name in encoder.names]
    if missing := sorted({*names} - {*cells}):
        raise ValueError(f"{path} does not have the columns of {like}: it lacks {missing}")
    parts = []
    for name, column, dtype in zip(names, encoder.columns_, encoder.dtypes_, strict=True):
        try:
            values = _values(column, cells[name].tolist())
        except ValueError as error:
            raise ValueError(f"{path}: column {name!r} {error}") from None
        parts.append(dtype.series(values) if column.n_levels else pd.Series(values))
    frame = pd.concat(parts, axis=1)
    return encoder.named(frame)


def _values(column: Column, cells: list[str]) -> np.ndarray:
    """The values that `cells` mean; ValueError, in words to follow the column's name."""
    if isinstance(column, LevelColumn):
        by_word = {str(level): level for level in column.levels}
        if len(by_word) < column.n_levels:
            raise ValueError("has levels that are the same as text, which no CSV file tells apart")
        if unknown := [cell for cell in cells if cell not in by_word]:
            raise ValueError(f"holds {unknown[0]!r}, a level that the model does not know")
        return objects([by_word[cell] for cell in cells])
    numbers = [_number(cell) for cell in cells]
    if isinstance(column, NumberColumn) and column.integer:
        for cell, number in zip(cells, numbers, strict=True):
            if not number.is_integer():
                raise ValueError(f"holds {cell!r}, and has integers in the model")
    return np.array(numbers)


def _number(cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise ValueError(f"holds {cell!r}, which is no finite number")
    return number
