"""Tables of numbers in CSV files, for the command line."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from regan.files.csv_lines import Bad, read_lines
from regan.files.dates import tell_days
from regan.files.headers import judge, refuse_twice
from regan.files.row_numbers import index_columns, numbers_rows, unnamed
from regan.files.sources import TableFile

Tell = Callable[[str], None]
_SHOWN = 8
_DROPPED = 40
_LOOKED_AT = 1000


class NotNumbersError(ValueError):
    """A file with columns that are not numbers alone, or not the same as floats."""


def read_csv(
    path: Path | TableFile,
    header: bool | None = None,
    *,
    drop: Sequence[str] = (),
    tell: Tell = lambda _: None,
    exact: bool = False,
) -> tuple[list[str] | None, np.ndarray]:
    """The column names, or None where there is no header, and the values (n, D) in float64.

    A leading column without a name that is the index of a table is left out.

    Parameters
    ----------
    path : Path or TableFile
        Of a path, cells are separated by commas.
    header : bool, optional
        Whether the first line is a header; by default evidence decides, see `regan.files.headers`.
    drop : sequence of str
        Columns to leave out, by name, or by position in a file without a header.
    tell : callable
        Gets sentences: what was read, and warnings of what may be read wrongly.
    exact : bool
        Whether numbers are refused that floats do not hold as they are written: with leading zeros,
        and integers beyond 2**53.

    Raises
    ------
    ValueError
        For the first cell that is no finite number, by line and column (a NotNumbersError); for
        lines of several lengths, two columns of one name, a column to drop that is not there, and
        for a file without rows or columns.
    """
    table = _Table.open(path, header, tell=tell)
    table.check_drop(drop)
    return _finish(table, table.columns(drop), tell, exact=exact)


def read_csv_as(
    path: Path | TableFile,
    names: Sequence[str],
    like: Path,
    header: bool | None = None,
    *,
    drop: Sequence[str] = (),
    tell: Tell = lambda _: None,
) -> np.ndarray:
    """The values of `path` in the columns `names`, in their order; others are left out.

    like : the file that `names` are from, for messages. ValueError for names that are missing.
    """
    table = _Table.open(path, header, known=names, tell=tell)
    path = table.path
    if table.names is None:
        raise ValueError(
            f"{like} has column names, but {path} has none: add them as its first line, or give "
            "--header if its first line has them"
        )
    table.check_drop(drop)
    own = [name for name in table.names if name not in drop]
    if missing := [name for name in names if name not in own]:
        new = [table.names[j] for j in table.columns(drop) if table.names[j] not in names]
        raise ValueError(_differences(path, like, missing, new))
    columns = [table.names.index(name) for name in names]
    return _finish(table, columns, tell, warn=False)[1]


def read_csvs(
    paths: Sequence[Path | TableFile],
    header: bool | None = None,
    *,
    drop: Sequence[str] = (),
    tell: Tell = lambda _: None,
    exact: bool = False,
) -> list[np.ndarray]:
    """The values of several files, in the columns of the first and in their order.

    A column that numbers the rows and is not in all files is left out. Files without a header have
    their columns in one order. ValueError names the differences.
    """
    first = _Table.open(paths[0], header, tell=tell)
    known = first.names or ()
    tables = [first, *(_Table.open(path, header, known=known, tell=tell) for path in paths[1:])]
    for table in tables[1:]:
        if (table.names is None) != (first.names is None):
            raise ValueError(
                f"{first.path} and {table.path}: only one of them has a header. Give --header or "
                "--no-header for both"
            )
    for name in drop:
        if not any(name in table.labels for table in tables):
            first.check_drop([name])
    columns = [table.columns(drop) for table in tables]
    if first.names is None:  # generated rows lack what was left out when their model was fitted
        width = len(columns[0])
        columns = [
            list(range(width)) if len(table.labels) == width else each
            for table, each in zip(tables, columns, strict=True)
        ]
    else:
        columns = _in_one_order(tables, columns)
    return [
        _finish(table, each, tell, warn=table is first, compared=True, exact=exact)[1]
        for table, each in zip(tables, columns, strict=True)
    ]


def looks_numeric(file: TableFile, header: bool | None = None, *, drop: Sequence[str] = ()) -> bool:
    """Whether `read_csv` with `exact` can read the first 1,000 lines, without a word."""
    table = _Table.open(file, header, tell=lambda _: None, limit=_LOOKED_AT)
    return not any(j in table.bad or j in table.inexact for j in table.columns(drop))


def said(
    path: Path, shape: tuple[int, ...], names: list[str] | None, out: list[str], n_index: int = 0
) -> str:
    """What was read of a file, in a sentence: rows and columns, names, columns that were left out.

    n_index : how many of the first columns are the index.
    """
    rows, columns = _count(shape[0], "row"), _count(shape[1], "column")
    named = "no header" if names is None else f"header {listed(names)}"
    what = f"{path}: {rows} of {columns}, {named}"
    if n_index:
        which = "column has no name and is" if n_index == 1 else f"{n_index} have no name and are"
        what += f"; the first {which} left out as the index"
    return f"{what}; without {listed(out)}" if out else what


def numbered(path: Path, name: str, limits: tuple[int, int], *, named: bool) -> str:
    """A warning of a column that numbers the rows, from and to its `limits`."""
    called = f"column {name!r}" if named else f"column {name} (from 0)"
    return (
        f"Warning: {path}: {called} numbers the rows ({limits[0]} to {limits[1]}, each once), "
        f"which carries no information; --drop {name} leaves it out"
    )


def nameless_like_data(path: Path, name: str) -> str:
    """A warning of a column without a name that is read."""
    return (
        f"Warning: {path}: column {name!r} has no name but does not look like an index, so it is "
        f"read; --drop {name or repr(name)} leaves it out"
    )


def check_names(
    path: Path, drop: Sequence[str], columns: list[str], *, has_header: bool = True
) -> None:
    """ValueError for a name to drop that is not among the `columns` of a file."""
    if lost := [name for name in drop if name not in columns]:
        where = (
            "the columns are" if has_header else "without a header, columns are called by position:"
        )
        raise ValueError(f"{path} has no column {lost[0]!r} to drop: {where} {listed(columns)}")


# Reading


@dataclass(frozen=True)
class _Table:
    """A file as it was read, before columns are left out.

    names : None without a header; index : the leading columns that are left out; inexact : columns
    that are not what they are as floats.
    """

    path: Path
    names: list[str] | None
    values: np.ndarray
    bad: dict[int, Bad]
    index: list[int]
    inexact: frozenset[int] = frozenset()

    @classmethod
    def open(
        cls,
        path: Path | TableFile,
        header: bool | None,
        *,
        tell: Tell,
        known: Sequence[str] = (),
        limit: int | None = None,
    ) -> _Table:
        """Read a file, or `limit` lines of it; `known` names in its first line make it a header."""
        lines = read_lines(path, limit)
        path = path.path if isinstance(path, TableFile) else path
        if header is None:
            verdict = judge(lines, known)
            header = verdict.header
            if verdict.remark is not None:
                tell(f"Warning: {path}: {verdict.remark}")
        if not header:
            lines = lines.with_first()
            return cls(path, None, lines.values, lines.bad, [], lines.inexact)
        names = [cell.strip() for cell in lines.first]
        index = index_columns(names, known, lambda j: lines.values[:, j])
        refuse_twice(path, [name for j, name in enumerate(names) if j not in index])
        if not len(lines.values):
            raise ValueError(f"{path}: the file has a header but no rows")
        return cls(path, names, lines.values, lines.bad, index, lines.inexact)

    @property
    def labels(self) -> list[str]:
        """What columns are called: names, else positions."""
        return list(map(str, range(self.values.shape[1]))) if self.names is None else self.names

    def columns(self, drop: Sequence[str]) -> list[int]:
        """The positions of the columns that are read."""
        return [j for j, name in enumerate(self.labels) if j not in self.index and name not in drop]

    def check_drop(self, drop: Sequence[str]) -> None:
        """ValueError for a column that is not there."""
        check_names(self.path, drop, self.labels, has_header=self.names is not None)

    def numbers(self, columns: list[int], *, exact: bool = False) -> np.ndarray:
        """The values of these columns.

        NotNumbersError for cells that are no finite number, with the first one of each column, and
        for others than floats hold, if they have to be `exact`.
        """
        if exact and (lossy := sorted(self.inexact & {*columns})):
            named = ", ".join(repr(self.labels[j]) for j in lossy[:_SHOWN])
            raise NotNumbersError(
                f"{self.path}: floating-point numbers cannot hold these columns exactly: {named}"
            )
        wrong = sorted((self.bad[j].line, j) for j in columns if j in self.bad)
        text = [self.labels[j] for _, j in wrong if self._is_text(j)]
        hint = " ".join(f"--drop {shlex.quote(label)}" for label in text[:_DROPPED])
        if len(text) > _DROPPED:
            hint += f" and so on, for {len(text)} columns"
        hint = f"; {hint} leaves the column{'s' * (len(text) > 1)} out" if text else ""
        cells = [self._cell(*each) for each in wrong]
        if len(cells) == 1:
            raise NotNumbersError(f"{self.path}: {cells[0]}{hint}")
        if cells:
            more = [f"and {len(cells) - _SHOWN} more columns"] * (len(cells) > _SHOWN)
            lines = "".join(f"\n- {cell}" for cell in [*cells[:_SHOWN], *more])
            raise NotNumbersError(
                f"{self.path}: {len(cells)} columns have cells that are not numbers{hint}{lines}"
            )
        return self.values[:, columns]

    def _cell(self, line: int, j: int) -> str:
        """The first cell of a column that is no number."""
        column = j + 1 if self.names is None else repr(self.names[j])
        return f"line {line}, column {column} {self.bad[j]}"

    def _is_text(self, j: int) -> bool:
        """Whether more than half of a column are words."""
        return bool(np.isnan(self.values[:, j]).mean() > 0.5 and self.bad[j].cell.strip())


def _finish(
    table: _Table,
    columns: list[int],
    tell: Tell,
    *,
    warn: bool = True,
    compared: bool = False,
    exact: bool = False,
) -> tuple[list[str] | None, np.ndarray]:
    """Names and values of `columns`; what was read is told.

    warn : whether of columns that hardly should be read; compared : with others, and not learned.
    """
    if not columns:
        raise ValueError(f"{table.path}: all columns are left out, so there is nothing to read")
    values, labels = table.numbers(columns, exact=exact), table.labels
    read = [labels[j] for j in columns]
    names = None if table.names is None else read
    out = [name for j, name in enumerate(labels) if j not in columns and j not in table.index]
    tell(said(table.path, values.shape, names, out, len(table.index)))
    for j, name in zip(columns, read, strict=True):
        if warn:
            _warn(table, j, name, tell, compared=compared)
    return names, values


def _warn(table: _Table, j: int, name: str, tell: Tell, *, compared: bool) -> None:
    """Tell of a column that is read and hardly should be."""
    values = table.values[:, j]
    if numbers_rows(values) and not compared:
        limits = int(values.min()), int(values.max())
        tell(numbered(table.path, name, limits, named=table.names is not None))
    elif table.names is not None and j in unnamed(table.names):
        tell(nameless_like_data(table.path, name))
    if days := tell_days(values.tolist()):
        tell(f"Warning: {table.path}: column {name!r} {days}")


def _in_one_order(tables: list[_Table], columns: list[list[int]]) -> list[list[int]]:
    """The columns of each table by the names of the first."""
    named = [
        {table.labels[j]: j for j in each} for table, each in zip(tables, columns, strict=True)
    ]
    shared = set(named[0]).intersection(*named)
    for table, own in zip(tables, named, strict=True):
        for name in [*own]:
            if name not in shared and numbers_rows(table.values[:, own[name]]):
                del own[name]
    for table, own in zip(tables[1:], named[1:], strict=True):
        missing, new = ([n for n in a if n not in b] for a, b in ((named[0], own), (own, named[0])))
        if missing or new:
            what = _differences(table.path, tables[0].path, missing, new)
            raise ValueError(f"{what}; --drop NAME compares without a column")
    return [[own[name] for name in named[0]] for own in named]


def _differences(path: Path, like: Path, missing: list[str], new: list[str]) -> str:
    parts = [f"lacks {', '.join(sorted(missing))}"] * bool(missing)
    parts += [f"has {', '.join(sorted(new))} in addition"] * bool(new)
    return f"{path} does not have the columns of {like}: it {' and '.join(parts)}"


def listed(names: Sequence[str]) -> str:
    """Names in a row, at most eight; what cannot be told apart is in quotes."""
    words = [name if _plain(name) else repr(name) for name in names[:_SHOWN]]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(words) + more


def _plain(name: str) -> bool:
    return name.isprintable() and name.strip() == name != "" and "," not in name


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
