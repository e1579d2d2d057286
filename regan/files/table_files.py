"""Tables of mixed columns in CSV files, for models that were fitted on a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regan.data import TableEncoder
from regan.data.faults import Faults
from regan.data.frames.dataframes import as_pandas, column_as_pandas
from regan.files.csv_files import Tell, check_names, said
from regan.files.csv_parts import is_whole, write_texts
from regan.files.row_numbers import unnamed


def write_table(path: Path, frame: Any, encoder: TableEncoder | None = None) -> None:
    """Write a DataFrame with one line of names, whatever they are; see `table_texts`."""
    write_texts(path, table_texts([frame], encoder))


def table_texts(frames: Iterable[Any], encoder: TableEncoder | None = None) -> Iterator[str]:
    """The lines of DataFrames that are parts of one, a text for each; the names come first.

    Numbers of an `encoder`, which are no levels, are written without decimal points until a column
    has one that is not whole.
    """
    import pandas as pd

    kinds = [] if encoder is None else [not column.n_levels for column in encoder.columns_]
    for i, part in enumerate(frames):
        frame = as_pandas(part)
        names = pd.Index([str(name) for name in frame.columns], dtype=object)  # of any text
        frame = frame.set_axis(names, axis=1)
        for j, numeric in enumerate(kinds):
            dtype = frame.dtypes.iloc[j]
            if numeric and isinstance(dtype, np.dtype) and dtype.kind == "f":
                values = frame.iloc[:, j].to_numpy()
                if is_whole(values):
                    frame.isetitem(j, values.astype(np.int64))
                else:
                    kinds[j] = False
        yield frame.to_csv(index=False, header=i == 0)


def read_table(
    path: Path,
    encoder: TableEncoder,
    like: Path,
    *,
    drop: Sequence[str] = (),
    tell: Tell = lambda _: None,
) -> Any:
    """The DataFrame in `path` with the columns that `encoder` was fitted on; numbers are floats.

    Other columns are left out. like : the file of the model, for messages; tell : gets a sentence
    on what was read. ValueError for missing columns, for cells that are no numbers where numbers
    belong, and for levels that the model does not know.
    """
    import pandas as pd

    try:
        cells = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)
    except ValueError as error:  # all that pandas says of a file that is no table
        raise ValueError(f"{path}: {' '.join(str(error).split())}") from error
    own, cells = cells.iloc[0].tolist(), cells.iloc[1:]
    names = [str(name) for name in encoder.names]
    check_names(path, drop, own)
    if missing := sorted({*names} - ({*own} - {*drop})):
        raise ValueError(f"{path} does not have the columns of {like}: it lacks {missing}")
    counts = {name: own.count(name) for name in names}
    if twice := [f"{name!r} appears {n} times" for name, n in counts.items() if n > 1]:
        raise ValueError(f"{path}: the column {', the column '.join(twice)}")
    index = [j for j in unnamed(own) if own[j] not in names]
    out = [name for j, name in enumerate(own) if j not in index and name not in names]
    tell(said(path, (len(cells), len(names)), names, out, len(index)))
    parts, faults = [], Faults(str(path))
    for name, column, dtype in zip(names, encoder.columns_, encoder.dtypes_, strict=True):
        with faults.of(name):
            try:
                values = column.parse(cells[own.index(name)].tolist())
            except ValueError as error:
                raise ValueError(f"column {name!r} {error}") from error
            part = dtype.series(values) if values.dtype.kind in "OmM" else pd.Series(values)
            parts.append(part if encoder.library == "pandas" else column_as_pandas(part))
    faults.refuse()
    frame = pd.concat(parts, axis=1)
    return encoder.named(frame)
