"""Tables of mixed columns in CSV files, for models that were fitted on a DataFrame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from regan.data import TableEncoder
from regan.data.dataframes import as_pandas, column_as_pandas


def write_table(path: Path, frame: Any) -> None:
    """Write a DataFrame with one line of names, whatever they are."""
    frame = as_pandas(frame)
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
            values = column.parse(cells[name].tolist())
        except ValueError as error:
            raise ValueError(f"{path}: column {name!r} {error}") from None
        part = dtype.series(values) if values.dtype == object else pd.Series(values)
        parts.append(part if encoder.library == "pandas" else column_as_pandas(part))
    frame = pd.concat(parts, axis=1)
    return encoder.named(frame)
