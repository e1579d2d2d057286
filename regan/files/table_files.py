"""Tables of mixed columns in CSV files, for models that were fitted on a DataFrame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from regan.tables import TableEncoder
from regan.tables.columns import LevelColumn, objects


def read_table(path: Path, encoder: TableEncoder, like: Path) -> Any:
    """The DataFrame in `path` with the columns and dtypes that `encoder` was fitted on.

    like : the file of the model, for messages. ValueError for other columns, for cells that are no
    numbers where numbers belong, and for levels that the model does not know.
    """
    import pandas as pd

    cells = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True)
    names = [str(name) for name in encoder.names]
    if missing := sorted({*names} - {*cells}):
        raise ValueError(f"{path} does not have the columns of {like}: it lacks {missing}")
    parts = []
    for name, column, dtype in zip(names, encoder.columns_, encoder.dtypes_, strict=True):
        try:
            if isinstance(column, LevelColumn):
                by_word = {str(level): level for level in column.levels}
                values = objects([by_word[cell] for cell in cells[name]])
            else:
                values = np.array([float(cell) for cell in cells[name]])
        except KeyError as error:
            unknown = f"column {name!r} holds {error}, a level that {like} does not know"
            raise ValueError(f"{path}: {unknown}") from None
        except ValueError as error:
            raise ValueError(f"{path}: column {name!r}: {error}") from None
        parts.append(dtype.series(values))
    frame = pd.concat(parts, axis=1)
    frame.columns = encoder.names
    return frame
