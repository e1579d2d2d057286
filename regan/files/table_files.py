"""Tables of mixed columns in files, for models that were fitted on a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regan.data import TableEncoder
from regan.data.containers import has_names
from regan.data.faults import Faults, refused
from regan.data.frames.dataframes import as_pandas, column_as_pandas
from regan.files.canonical import canonical_texts
from regan.files.cells import TextTable, read_cells
from regan.files.csv_files import Tell, check_names, said
from regan.files.csv_parts import is_whole
from regan.files.extras import pandas
from regan.files.forms import Options, recognised
from regan.files.headers import refuse_twice
from regan.files.kinds import Kind
from regan.files.parquet_files import read_parquet
from regan.files.row_numbers import unnamed
from regan.files.schema import AS_FITTED, Schema
from regan.files.sources import TableFile
from regan.files.typed import from_text, retyped


def table_texts(
    frames: Iterable[Any],
    encoder: TableEncoder | None = None,
    delimiter: str = ",",
    *,
    header: bool = True,
) -> Iterator[str]:
    """The lines of DataFrames that are parts of one, a text for each; the names come first.

    Missing cells are empty, and dates in the form of ISO 8601, with times from the first part on
    that has one. Numbers of an `encoder` are written without decimal points until a column has one
    that is not whole.
    """
    import pandas as pd

    numeric = [] if encoder is None else [bool(column.n_numbers) for column in encoder.columns_]
    timed: set[int] = set()
    for i, part in enumerate(frames):
        frame = as_pandas(part)
        names = pd.Index([str(name) for name in frame.columns], dtype=object)  # of any text
        frame = frame.set_axis(names, axis=1)
        for j, is_number in enumerate(numeric):
            dtype = frame.dtypes.iloc[j]
            if is_number and isinstance(dtype, np.dtype) and dtype.kind == "f":
                numeric[j] = _write_whole(frame, j)
        for j, dtype in enumerate(frame.dtypes):
            if isinstance(dtype, np.dtype) and dtype.kind == "M":
                _write_times(frame, j, timed)
        yield frame.to_csv(index=False, header=header and i == 0, sep=delimiter)


def _write_whole(frame: Any, j: int) -> bool:
    """Make a column of numbers one of integers, if it can be; whether it could."""
    values = frame.iloc[:, j].to_numpy()
    missing = np.isnan(values)
    if not is_whole(values[~missing]):
        return False
    whole = np.where(missing, 0, values).astype(np.int64)
    frame.isetitem(j, whole)
    if missing.any():
        frame.isetitem(j, frame.iloc[:, j].astype("Int64").mask(missing))
    return True


def _write_times(frame: Any, j: int, timed: set[int]) -> None:
    """Give a column of dates times, if earlier parts had them: pandas leaves midnight out."""
    column = frame.iloc[:, j]
    present = column.dropna()
    if (present != present.dt.normalize()).any():
        timed.add(j)
    elif j in timed:
        frame.isetitem(j, column.dt.strftime("%Y-%m-%d %H:%M:%S"))


def read_table(
    path: Path,
    encoder: TableEncoder,
    like: Path,
    *,
    drop: Sequence[str] = (),
    tell: Tell = lambda _: None,
    header: bool | None = None,
    options: Options | None = None,
    schema: Schema | None = None,
) -> Any:
    """The DataFrame in `path` with the columns that `encoder` was fitted on; numbers are floats.

    Other columns are left out.

    Parameters
    ----------
    like : Path
        The file of the model, for messages.
    drop : sequence of str
        Further columns that are left out.
    tell : callable
        Gets a sentence on what was read.
    header : bool, optional
        Whether the first line has names, where those of the model are positions.
    options : Options, optional
        How the file is written; what it leaves open is recognised.
    schema : Schema, optional
        What its columns are.

    Raises
    ------
    ValueError
        For missing columns, for cells that are no numbers where numbers belong, and for levels that
        the model does not know.
    """
    import pandas as pd

    file = TableFile.of(path)
    names = [str(name) for name in encoder.names]
    if file.is_parquet:
        na = () if options is None else options.na
        return _read_parquet(file, names, encoder, like, drop, na, schema, tell)
    if schema is not None:
        options = schema.completed(options)
        header = schema.header if header is None else header
    file = recognised(file, Options() if options is None else options, tell)
    header = True if has_names(encoder.names) else header
    table = read_cells(file, header, known=names, stripped=False)
    for doubt in table.doubts:
        tell(f"Warning: {path}: {doubt}")
    own = table.labels
    if not {*names} <= {*own}:
        own = [name.strip() for name in own]
    check_names(path, drop, own)
    _check_missing(path, names, own, drop, like)
    refuse_twice(path, [name for name in own if name in names])
    index = [j for j in unnamed(own) if own[j] not in names]
    out = [name for j, name in enumerate(own) if j not in index and name not in names]
    shown = names if table.names is not None else None
    tell(said(path, (len(table.cells), len(names)), shown, out, len(index)))
    texts = [table.texts(own.index(name)) for name in names]
    plain = canonical_texts(names, texts, file.form.decimal, options, schema)
    parts, faults = [], Faults(str(path))
    each = zip(names, encoder.columns_, encoder.dtypes_, texts, plain, strict=True)
    for name, column, dtype, raw, cells in each:
        with faults.of(name):
            values = _parsed_or_refused(name, column, raw.tolist(), cells, table, schema)
            part = dtype.series(values) if values.dtype.kind in "OmM" else pd.Series(values)
            parts.append(part if encoder.library == "pandas" else column_as_pandas(part))
    faults.refuse()
    frame = pd.concat(parts, axis=1)
    return encoder.named(frame)


def _parsed_or_refused(
    name: str,
    column: Any,
    raw: list[str],
    cells: list[str] | None,
    table: TextTable,
    schema: Schema | None,
) -> np.ndarray:
    """As `_parsed`; ColumnsError with the first line that has no meaning here."""
    try:
        return _parsed(column, raw, cells)
    except ValueError as error:
        try:
            _parsed(column, [], None)
        except ValueError as always:  # whatever the cells are
            raise refused(name, str(always)) from always
        low, high, first = 0, len(raw), error
        while low < high - 1:  # cells before `low` have a meaning, and one before `high` has none
            middle = (low + high) // 2
            try:
                _parsed(column, raw[:middle], None if cells is None else cells[:middle])
                low = middle
            except ValueError as earlier:
                high, first = middle, earlier
        helps = "--na WORD reads a word as missing"
        if schema is None:
            helps = f"{AS_FITTED}; {helps}"
        raise refused(name, f"{first}, in line {table.line(high - 1)}", helps) from error


def _parsed(column: Any, raw: list[str], cells: list[str] | None) -> np.ndarray:
    """The values of a column, from texts as they are or as pandas would have written them."""
    if cells is None or cells == raw:
        return np.asarray(column.parse(raw))
    try:
        return np.asarray(column.parse(cells))
    except ValueError:  # it may be of levels that look like numbers or dates
        return np.asarray(column.parse(raw))


def _check_missing(
    path: Path, names: list[str], own: list[str], drop: Sequence[str], like: Path
) -> None:
    if missing := sorted({*names} - ({*own} - {*drop})):
        raise ValueError(f"{path} lacks columns of {like}: {missing}")


def _read_parquet(
    file: TableFile,
    names: list[str],
    encoder: TableEncoder,
    like: Path,
    drop: Sequence[str],
    na: Sequence[str],
    schema: Schema | None,
    tell: Tell,
) -> Any:
    """The columns of a model in Parquet, of the kinds of a schema."""
    kinds = {} if schema is None else schema.columns
    unread = {name for name, kind in kinds.items() if kind.kind == "drop"} - {*names}
    frame, index, out = read_parquet(file, {*drop, *unread})
    own = list(frame.columns)
    check_names(file.path, drop, [*own, *out])
    _check_missing(file.path, names, own, (), like)
    out += [name for name in own if name not in names]
    parts = [retyped(file.path, frame[name], _wanted(kinds.get(name)), na) for name in names]
    faults, known = Faults(str(file.path)), zip(encoder.columns_, encoder.dtypes_, strict=True)
    for j, (column, dtype) in enumerate(known):
        with faults.of(column.name):
            parts[j] = from_text(column, dtype, parts[j])
    faults.refuse()
    frame = pandas().concat(parts, axis=1, keys=names)
    tell(said(file.path, frame.shape, names, out, len(index)))
    return encoder.named(frame)


def _wanted(kind: Kind | None) -> Kind | None:
    """The kind of a column of a model, which a schema may leave out."""
    return None if kind is None or kind.kind == "drop" else kind
