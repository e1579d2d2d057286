"""Tables with the columns of a model in files, of which cells, and columns, may be missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from regan.data.faults import Faults, refused
from regan.data.row_names import BY_POSITION, RowNames
from regan.files.canonical import kinds_of, plain_texts
from regan.files.cells import TextTable, read_cells
from regan.files.csv_files import Tell, check_names, listed, said
from regan.files.extras import pandas
from regan.files.forms import Options, recognised
from regan.files.frames import lines_of
from regan.files.headers import refuse_twice
from regan.files.kinds import Kind, is_missing
from regan.files.known_columns import CellParser, KnownColumns
from regan.files.parquet_files import read_parquet
from regan.files.row_numbers import unnamed
from regan.files.schema import AS_FITTED, Schema
from regan.files.sources import TableFile
from regan.files.typed import from_text, retyped


@dataclass(frozen=True, eq=False)
class Incomplete:
    """A table in a file of which a model makes the missing cells.

    Attributes
    ----------
    file : TableFile
        With the form of its text.
    frame : DataFrame of pandas
        The columns of the model that are there, called as the file calls them.
    lost : bool array of shape (n, C)
        Which of their cells are missing in the file. Those of the frame are as well, and levels
        that the model does not know.
    kinds : list of Kind
        What they are in the file.
    columns : list of int
        Their positions in the model.
    has_header : bool
    rows : RowNames
    """

    file: TableFile
    frame: Any
    lost: np.ndarray
    kinds: list[Kind]
    columns: list[int]
    has_header: bool
    rows: RowNames

    @property
    def path(self) -> Path:
        """Of the file."""
        return self.file.path


def read_incomplete(
    path: Path,
    known: KnownColumns,
    *,
    only_known: bool = False,
    drop: Sequence[str] = (),
    tell: Tell = lambda _: None,
    header: bool | None = None,
    options: Options | None = None,
    schema: Schema | None = None,
) -> Incomplete:
    """The columns that a model knows in a file, text or Parquet.

    Parameters
    ----------
    only_known : bool
        Whether columns and levels have to be the model's, of which some columns suffice; else all
        columns have to be there, and what is beside them is let through.
    drop : sequence of str
        Further columns that are left out.
    tell, header, options, schema
        As of `read_table`.

    Raises
    ------
    ValueError
        For missing columns, and for cells that are no numbers where numbers belong.
    """
    file = TableFile.of(path)
    if file.is_parquet:
        return _read_parquet(file, known, only_known, drop, tell, options, schema)
    if schema is not None:
        options = schema.completed(options)
        header = schema.header if header is None else header
    file = recognised(file, Options() if options is None else options, tell)
    header = True if known.has_names else header
    table = read_cells(file, header, known=known.names, stripped=False)
    if table.remark is not None and header is None:
        tell(f"Warning: {path}: {table.remark}")
    for doubt in table.doubts:
        tell(f"Warning: {path}: {doubt}")
    labels = table.labels
    if not {*known.names} <= {*labels}:
        labels = [name.strip() for name in labels]
    check_names(path, drop, labels, has_header=table.names is not None)
    index = [j for j in unnamed(labels) if labels[j] not in known.names] if table.names else []
    aside = {*index, *(j for j in range(len(labels)) if table.is_blank(j))}
    places = [j for j in range(len(labels)) if j not in aside and labels[j] not in drop]
    called = {j: labels[j] for j in places}
    if not known.has_names:
        if len(places) != len(known.names):
            what = f"has {len(places)} columns, but {known.of} has {len(known.names)}"
            raise ValueError(f"{path} {what}; --drop NAME leaves a column out")
        called = dict(zip(places, known.names, strict=True))
    chosen = _chosen(path, known, called, only_known=only_known)
    out = [labels[j] for j in range(len(labels)) if j not in aside and j not in chosen]
    own = [labels[j] for j in chosen]
    tell(
        said(
            path,
            (len(table.cells), len(chosen)),
            own if table.names is not None else None,
            out,
            len(index),
        )
    )
    texts = [table.texts(j) for j in chosen]
    kinds = kinds_of(own, texts, file.form.decimal, options, schema)
    lost = np.column_stack(
        [
            each.map(lambda text, na=kind.na: is_missing(text, na)).to_numpy(dtype=bool)
            for each, kind in zip(texts, kinds, strict=True)
        ]
    )
    has_header = table.names is not None
    rows = lines_of(file, has_header=has_header)
    faults, parts = Faults(str(path)), []
    for j, each, kind, gone in zip(chosen, texts, kinds, lost.T, strict=True):
        with faults.of(labels[j]):
            parser = known.parser(called[j])
            lenient = not only_known and parser.has_levels
            plain = plain_texts(each, kind, file.form.decimal)
            both = [each.tolist()] if plain is None else [plain, each.tolist()]
            more = (gone, table, schema, rows, tell)
            parts.append(_parsed(labels[j], parser, both, *more, lenient=lenient))
    faults.refuse()
    columns = [known.names.index(called[j]) for j in chosen]
    return Incomplete(file, _frame(parts, own), lost, kinds, columns, has_header, rows)


def _chosen(
    path: Path, known: KnownColumns, called: dict[int, str], *, only_known: bool
) -> list[int]:
    """The positions of the columns that the model knows, in its order."""
    refuse_twice(path, [name for name in called.values() if name in known.names])
    place = {name: j for j, name in called.items()}
    missing = [name for name in known.names if name not in place]
    if missing and (not only_known or len(missing) == len(known.names)):
        raise ValueError(f"{path} lacks columns of {known.of}: {listed(missing)}")
    if only_known and (new := [name for name in place if name not in known.names]):
        raise ValueError(
            f"{path}: {known.of} has no column {listed(new)}; --drop NAME leaves a column out"
        )
    return [place[name] for name in known.names if name in place]


def _parsed(
    name: str,
    parser: CellParser,
    readings: list[list[str]],
    lost: np.ndarray,
    table: TextTable,
    schema: Schema | None,
    rows: RowNames,
    tell: Tell,
    *,
    lenient: bool,
) -> Any:
    """The column that texts mean, by the first of several readings that has a meaning.

    lenient : whether cells without a meaning are as good as missing. ColumnsError, with the line,
    for the first such cell otherwise.
    """
    there, error = ~lost, ValueError()
    for texts in readings:
        some = [texts[i] for i in np.flatnonzero(there)]
        try:
            return parser.series(parser.parse(some), there)
        except ValueError as found:
            error = error if error.args else found
    texts = readings[0]
    unknown = {text for text in {texts[i] for i in np.flatnonzero(there)} if parser.fault(text)}
    bad = there & np.array([text in unknown for text in texts])
    if lenient:
        if bad.any():
            tell(
                f"Warning: {table.file.path}: column {name!r} has levels that the model does not "
                f"know in {rows.some(bad)}: these cells do not change, and the model ignores them"
            )
        there = there & ~bad
        values = parser.parse([texts[i] for i in np.flatnonzero(there)])
        return parser.series(values, there)
    if not bad.any():
        raise refused(name, str(error)) from error
    row = int(bad.argmax())
    helps = "--na WORD reads a word as missing"
    helps = helps if schema is not None else f"{AS_FITTED}; {helps}"
    raise refused(name, f"{parser.fault(texts[row])}, in line {table.line(row)}", helps) from error


def _frame(parts: Sequence[Any], names: Sequence[str]) -> Any:
    pd = pandas()
    frame = pd.concat(parts, axis=1)
    return frame.set_axis(pd.Index(list(names), dtype=object), axis=1)


def _read_parquet(
    file: TableFile,
    known: KnownColumns,
    only_known: bool,
    drop: Sequence[str],
    tell: Tell,
    options: Options | None,
    schema: Schema | None,
) -> Incomplete:
    """The same of Parquet."""
    path, na = file.path, () if options is None else options.na
    frame, index, out = read_parquet(file, {*drop})
    check_names(path, drop, [*frame.columns, *out])
    called = dict(enumerate(map(str, frame.columns)))
    if not known.has_names and len(called) == len(known.names):
        called = dict(enumerate(known.names))
    chosen = _chosen(path, known, called, only_known=only_known)
    own = [str(frame.columns[j]) for j in chosen]
    out += [str(name) for name in frame.columns if str(name) not in own]
    tell(said(path, (len(frame), len(own)), own, out, len(index)))
    kinds = {} if schema is None else schema.columns
    faults, parts = Faults(str(path)), []
    for j, name in zip(chosen, own, strict=True):
        with faults.of(name):
            kind = kinds.get(name)
            kind = None if kind is None or kind.kind == "drop" else kind
            part = retyped(path, frame.iloc[:, j], kind, na)
            parser = known.parser(called[j])
            if parser.column is not None and parser.dtype is not None:
                parts.append(from_text(parser.column, parser.dtype, part))
            else:
                parts.append(_numbers(part))
    faults.refuse()
    read = _frame([part.reset_index(drop=True) for part in parts], own)
    lost = read.isna().to_numpy(dtype=bool)
    columns = [known.names.index(called[j]) for j in chosen]
    return Incomplete(file, read, lost, [Kind("level")] * len(own), columns, True, BY_POSITION)


def _numbers(part: Any) -> Any:
    """A column as floating numbers. ValueError, in words behind its name, for others."""
    types: Callable[[Any], bool] = pandas().api.types.is_numeric_dtype
    if not types(part.dtype):
        raise ValueError(f"holds {part.dtype}, but the model has numbers there")
    return part.astype("Float64").astype(float)
