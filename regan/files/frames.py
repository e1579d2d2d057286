"""Tables of any columns in files of any kind, as DataFrames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from regan.data.row_names import RowNames
from regan.files.cells import TextTable, read_cells
from regan.files.csv_files import Tell, check_names, listed, nameless_like_data, numbered, said
from regan.files.csv_lines import line_of
from regan.files.extras import pandas
from regan.files.file_table import FileTable
from regan.files.forms import Options
from regan.files.kinds import BadCellError, Kind, parse_column
from regan.files.parquet_files import read_parquet
from regan.files.recognition import recognise, recognise_column
from regan.files.row_numbers import unnamed
from regan.files.schema import Schema
from regan.files.sources import TableFile
from regan.files.typed import kind_of_dtype, like_another, retyped

_SHOWN = 8


def read_frame(
    file: TableFile,
    header: bool | None = None,
    *,
    drop: Sequence[str] = (),
    options: Options | None = None,
    schema: Schema | None = None,
    like: FileTable | None = None,
    tell: Tell = lambda _: None,
    of_row_numbers: bool = True,
) -> FileTable:
    """Read a table, whose columns are what a schema says, or are recognised.

    Parameters
    ----------
    file : TableFile
        Of text, with its form (see `recognised`).
    header : bool, optional
        Whether the first line of text is a header; by default evidence decides.
    drop : sequence of str
        Columns to leave out.
    options : Options, optional
        Its words for missing cells.
    schema : Schema, optional
    like : FileTable, optional
        Another table, whose columns are read, in its order; others are left out. A column that
        numbers its rows may be missing.
    tell : callable
        Gets sentences: what was read, and warnings of what may be read wrongly.
    of_row_numbers : bool, default=True
        Whether it gets a warning of a column that numbers the rows.

    Raises
    ------
    ValueError
        For a file that is no table or does not fit the schema, by column and line.
    ImportError
        Where pandas, or pyarrow for Parquet, is missing.
    """
    options = Options() if options is None else options
    if schema is not None:
        header = schema.header if header is None else header
        options = schema.completed(options)
    if file.is_parquet:
        return _read_parquet(file, drop, options.na, schema, like, tell, of_row_numbers)
    known = [*(schema.columns if schema is not None else like.kinds if like is not None else ())]
    table = read_cells(file, header, known=known)
    if header is None and table.remark is not None:
        tell(f"Warning: {file.path}: {table.remark}")
    for doubt in table.doubts:
        tell(f"Warning: {file.path}: {doubt}")
    _check_drop(file.path, drop, table.labels, like, has_header=table.names is not None)
    columns = [
        j
        for j, name in enumerate(table.labels)
        if j not in table.index and name not in drop and not table.is_blank(j)
    ]
    table.check_twice(columns)
    labels = [table.labels[j] for j in columns]
    columns = _chosen(file.path, labels, columns, drop, schema, like)
    kinds = _kinds(table, columns, options.na, schema, like, tell)
    kept = [j for j in columns if kinds[table.labels[j]].kind != "drop"]
    if not kept:
        raise ValueError(f"{file.path}: all columns are left out, so there is nothing to read")
    parts, labels = _parse(table, kept, kinds, schema), [table.labels[j] for j in kept]
    if like is not None:
        parts = _like_others(file.path, labels, parts, like)
    aside = {*kept, *table.index}
    out = [n for j, n in enumerate(table.labels) if j not in aside and not table.is_blank(j)]
    names = None if table.names is None else labels
    tell(said(file.path, (len(table.cells), len(kept)), names, out, len(table.index)))
    own, named = {name: kinds[name] for name in labels}, table.names is not None
    rows = lines_of(file, has_header=named)
    left_out, rules = tuple(out), () if schema is None else schema.rules
    frame = _frame(parts, names)
    read = FileTable(file.path, frame, own, named, file.form, left_out, rows, rules)
    return read if like is not None else _warned(read, tell, of_row_numbers)


def _warned(table: FileTable, tell: Tell, of_row_numbers: bool) -> FileTable:
    """The table; columns that hardly should be read are told."""
    nameless = unnamed([*table.kinds]) if table.has_header else []
    for j, name in enumerate(table.kinds):
        if of_row_numbers and table.numbers_rows(name):
            values = table.frame.iloc[:, j]
            limits = int(values.min()), int(values.max())
            tell(numbered(table.path, name, limits, named=table.has_header))
        elif j in nameless:
            tell(nameless_like_data(table.path, name))
    return table


def lines_of(file: TableFile, *, has_header: bool) -> RowNames:
    """What the rows of a text are called."""
    return RowNames(line=lambda row: line_of(file, row + has_header))


def _frame(parts: list[Any], names: list[str] | None) -> Any:
    pd = pandas()
    frame = pd.concat([part.reset_index(drop=True) for part in parts], axis=1)
    index = range(len(parts)) if names is None else pd.Index(names, dtype=object)
    return frame.set_axis(index, axis=1)


def _check_drop(
    path: Path, drop: Sequence[str], labels: list[str], like: FileTable | None, *, has_header: bool
) -> None:
    if like is None:  # of several files, the first one is asked
        check_names(path, drop, labels, has_header=has_header)


def _chosen(
    path: Path,
    labels: list[str],
    columns: list[int],
    drop: Sequence[str],
    schema: Schema | None,
    like: FileTable | None,
) -> list[int]:
    """The positions that are read. ValueError for columns that are missing or unknown."""
    place = dict(zip(labels, columns, strict=True))
    if like is not None:
        lost = [name for name in like.kinds if name not in place]
        missing = [name for name in lost if not like.numbers_rows(name)]
        if missing or len(lost) == len(like.kinds):
            which = listed(missing or lost)
            raise ValueError(f"{path} lacks columns of {like.path}: {which}")
        return [place[name] for name in like.kinds if name in place]
    if schema is not None:
        needed = [name for name, kind in schema.columns.items() if kind.kind != "drop"]
        if lost := [name for name in needed if name not in place and name not in drop]:
            raise ValueError(
                f"{path} does not fit the schema {schema.path}: it has no column {listed(lost)}; "
                f"its columns are {listed(labels)}"
            )
        if new := [name for name in labels if name not in schema.columns]:
            raise ValueError(
                f"{path} does not fit {schema.path}, which lacks the column {listed(new)}: add it, "
                'with {"kind": "drop"} to leave it out'
            )
    return columns


def _kinds(
    table: TextTable,
    columns: list[int],
    na: tuple[str, ...],
    schema: Schema | None,
    like: FileTable | None,
    tell: Tell,
) -> dict[str, Kind]:
    """The kind of each column by its label."""
    names = [table.labels[j] for j in columns]
    if schema is not None:
        return {name: replace(k, na=(*na, *k.na)) for name, k in schema.columns.items()}
    path, decimal = table.file.path, table.file.form.decimal
    if like is not None:
        return {
            name: _alike(like.kinds[name], table.texts(j), na, decimal)
            for j, name in zip(columns, names, strict=True)
        }
    named = [(name, table.texts(j)) for j, name in zip(columns, names, strict=True)]
    found = _all_or_refuse(
        table,
        columns,
        lambda j: recognise_column(table.texts(j), na, decimal),
    )
    kinds = recognise(
        [(name, each) for (name, _), each in zip(named, found, strict=True)],
        na,
        lambda sentence: tell(f"Warning: {path}: {sentence}"),
    )
    return dict(zip(names, kinds, strict=True))


def _alike(kind: Kind, texts: Any, na: tuple[str, ...], decimal: str) -> Kind:
    """The kind of another file's column for cells that are written otherwise."""
    try:
        own = recognise_column(texts, (*na, *kind.na), decimal)
    except BadCellError:
        return kind
    if own.kind.kind == kind.kind:
        return replace(own.kind, lenient=True, na=(*kind.na, *own.kind.na))
    return replace(kind, lenient=True, na=(*kind.na, *na), thousands=None)


def _parse(
    table: TextTable, columns: list[int], kinds: dict[str, Kind], schema: Schema | None
) -> list[Any]:
    decimal = table.file.form.decimal
    return _all_or_refuse(
        table,
        columns,
        lambda j: parse_column(table.texts(j), kinds[table.labels[j]], decimal),
        has_schema=schema is not None,
    )


def _like_others(path: Path, names: list[str], parts: list[Any], like: FileTable) -> list[Any]:
    """Columns of text as those of another table, where that has intervals or periods."""
    places = [*like.kinds]
    parts = [*parts]
    for j, name in enumerate(names):
        if like.kinds[name].kind == "level":
            other = like.frame.iloc[:, places.index(name)]
            parts[j] = like_another(path, parts[j].rename(name), other)
    return parts


def _all_or_refuse(
    table: TextTable,
    columns: list[int],
    each: Callable[[int], Any],
    *,
    has_schema: bool = False,
) -> list[Any]:
    """What `each` gives for columns; ValueError with the first bad cell of each that has one."""
    done, wrong = [], []
    for j in columns:
        try:
            done.append(each(j))
        except BadCellError as error:
            named = repr(table.names[j]) if table.names is not None else str(j + 1)
            wrong.append((table.line(error.row), f"column {named} {error}", table.labels[j]))
    if not wrong:
        return done
    path = table.file.path
    lines = [f"line {line}, {words}" for line, words, _ in sorted(wrong)]
    helps = ["--na WORD reads a word as missing", "--drop NAME leaves a column out"]
    helps += ["a --schema sets the kind of a column"] * (not has_schema)
    hint = f"; {', '.join(helps[:-1])}, and {helps[-1]}"
    if len(lines) == 1:
        raise ValueError(f"{path}: {lines[0]}{hint}")
    more = [f"and {len(lines) - _SHOWN} more columns"] * (len(lines) > _SHOWN)
    shown = "".join(f"\n- {line}" for line in [*lines[:_SHOWN], *more])
    raise ValueError(f"{path}: {len(lines)} columns have cells of another kind{hint}{shown}")


def _read_parquet(
    file: TableFile,
    drop: Sequence[str],
    na: Sequence[str],
    schema: Schema | None,
    like: FileTable | None,
    tell: Tell,
    of_row_numbers: bool,
) -> FileTable:
    unread = {*drop, *(schema.dropped if schema is not None else ())}
    frame, index, out = read_parquet(file, unread)
    labels = list(frame.columns)
    path = file.path
    _check_drop(path, drop, [*labels, *out], like, has_header=True)
    columns = _chosen(path, labels, list(range(len(labels))), drop, schema, like)
    frame = frame.iloc[:, columns]
    names = list(frame.columns)
    wanted = {} if schema is None else schema.columns
    if like is not None:
        wanted = {name: replace(kind, lenient=True) for name, kind in like.kinds.items()}
    parts = [retyped(path, frame[name], wanted.get(name), na) for name in names]
    if like is not None:
        parts = _like_others(path, names, parts, like)
    out += [name for name in labels if name not in names]
    tell(said(path, frame.shape, names, out, len(index)))
    frame = _frame(parts, names)
    kinds = {name: wanted.get(name) or kind_of_dtype(frame[name]) for name in names}
    rules = schema.rules if schema is not None else ()
    read = FileTable(path, frame, kinds, left_out=tuple(out), rules=rules)
    return read if like is not None else _warned(read, tell, of_row_numbers)
