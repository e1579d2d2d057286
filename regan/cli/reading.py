"""How commands read files: the options that say so, and what they make of numbers and of tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from regan.cli.advice import Source
from regan.cli.manners import tell
from regan.data.containers import has_names
from regan.data.row_names import RowNames
from regan.estimators.view import ModelView, by_position, with_names
from regan.files.csv_files import (
    NotNumbersError,
    listed,
    looks_numeric,
    read_csv,
    read_csv_as,
    read_csvs,
)
from regan.files.csv_lines import line_of, number
from regan.files.described import describe_frame, describe_numbers
from regan.files.extras import pandas
from regan.files.file_table import FileTable
from regan.files.forms import Options, recognised
from regan.files.frames import lines_of, read_frame
from regan.files.incomplete import Incomplete, read_incomplete
from regan.files.kinds import NUMBERS
from regan.files.known_columns import KnownColumns
from regan.files.schema import AS_FITTED, Schema, read_schema
from regan.files.sources import TableFile
from regan.files.table_files import read_table

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Reading:
    """What a user says about the files that a command reads.

    Attributes
    ----------
    header : bool or None
    drop : tuple of str
    delimiter, decimal, encoding : str or None
    na : tuple of str
    schema : Path or None
    """

    header: bool | None = None
    drop: tuple[str, ...] = ()
    delimiter: str | None = None
    decimal: str | None = None
    na: tuple[str, ...] = ()
    encoding: str | None = None
    schema: Path | None = None

    @property
    def options(self) -> Options:
        """How a file is written."""
        return Options(self.delimiter, self.decimal, self.encoding, self.na)

    @property
    def words(self) -> list[str]:
        """What to type to say it again."""
        words = [f"--drop={name}" for name in self.drop]
        words += {None: [], True: ["--header"], False: ["--no-header"]}[self.header]
        words += [f"--na={word}" for word in self.na]
        given = {
            name: getattr(self, name) for name in ("delimiter", "decimal", "encoding", "schema")
        }
        return words + [f"--{name}={value}" for name, value in given.items() if value is not None]

    def table(
        self, path: Path, *, mixed: bool = False, ids: bool = False
    ) -> tuple[list[str] | None, Any, FileTable | None, Source]:
        """Names and rows of a file to fit to, numbers or a DataFrame; its columns are told.

        mixed : whether a file of numbers alone is a DataFrame as well; ids : whether identifiers
        are dealt with, so that no warning of row numbers is needed.

        The names are those of numbers, None without a header and of a DataFrame, which has them;
        then what else is known of a DataFrame, and where the rows are from.
        """
        schema = self._schema()
        file = self._opened(path, schema)
        numbers = None if schema is not None or mixed else self._numbers([file], read_csv)
        if numbers is not None:
            names, values = numbers
            tell(describe_numbers(names, values))
            lines = lines_of(file, has_header=names is not None)
            return names, values, None, Source(path, lines, names)
        read = self._frame(file, schema, of_row_numbers=not ids)
        tell(describe_frame(read))
        return None, read.frame, read, Source(path, read.rows)

    def described(self, path: Path) -> FileTable:
        """A file as a DataFrame, whatever it holds; its columns are told."""
        schema = self._schema()
        read = self._frame(self._opened(path, schema), schema)
        tell(describe_frame(read))
        return read

    def tables(
        self, real: Path, synthetic: Path, holdout: Path | None
    ) -> tuple[list[Any], list[Source]]:
        """The rows of files to compare, in the columns of the first: numbers, or DataFrames; and
        where they are from.

        What is said of files is said of all but the synthetic one.
        """
        schema, own = self._schema(), Options(na=self.na)
        paths = [path for path in (real, synthetic, holdout) if path is not None]
        files = [self._opened(path, schema, own if path is synthetic else None) for path in paths]
        if schema is None and (numbers := self._numbers(files, read_csvs)) is not None:
            return list(numbers), [Source(path) for path in paths]
        first = self._comparable(self._frame(files[0], schema, of_row_numbers=False))
        others = [
            read_frame(
                file, self.header, drop=self.drop, options=self.options, like=first, tell=tell
            )
            for file in files[1:]
        ]
        lost = [name for name in first.kinds if any(name not in other.kinds for other in others)]
        if lost:
            tell(f"not compared: {listed(lost)} (row numbers that not all files have)")
        tables = [first, *others]
        sources = [Source(table.path, table.rows) for table in tables]
        return [table.without(lost).frame for table in tables], sources

    def source(self, path: Path, gan: Any) -> Source:
        """Where the rows of a model's file are from."""
        file, view = TableFile.of(path), ModelView(gan)
        names = None if view.encoder is not None else list(map(str, view.names))
        if file.is_parquet:
            return Source(path, names=names)

        def line(row: int) -> int:
            schema = self._schema()
            options = self.options if schema is None else schema.completed(self.options)
            has_header = has_names(view.names) or bool(self.header)
            return line_of(recognised(file, options, lambda _: None), row + has_header)

        return Source(path, RowNames(line=line), names)

    def like_model(self, gan: Any, model: Path, data: Path) -> tuple[Any, Any]:
        """The model, and the rows of `data` with its columns in their order.

        A model without names of columns takes them as they come, and has their names from then on.
        """
        view, schema = ModelView(gan), self._schema()
        if view.encoder is not None:
            if self.header is False and has_names(view.names):
                raise click.UsageError(
                    f"--no-header cannot be used here: the columns of {model} are found by their "
                    "names"
                )
            rows = read_table(
                data,
                view.encoder,
                model,
                drop=self.drop,
                tell=tell,
                header=self.header,
                options=self.options,
                schema=schema,
            )
            return gan, rows
        file = self._opened(data, schema)
        if file.is_parquet or schema is not None or self._lacks_numbers:
            return self._columns_of(gan, view, model, file, schema)
        try:
            return self._numbers_of(gan, view, model, file)
        except NotNumbersError as error:
            raise NotNumbersError(f"{error}\n{AS_FITTED}") from error

    def incomplete(
        self, view: ModelView, model: Path, data: Path, *, only_known: bool = False
    ) -> Incomplete:
        """The columns of a model in a file, of which cells may be missing.

        only_known : whether there may be no others, and some of them suffice.
        """
        named = has_names(view.names)
        names = tuple(map(str, view.names))
        if self.header is False and named:
            raise click.UsageError(
                f"--no-header cannot be used here: the columns of {model} are found by their names"
            )
        return read_incomplete(
            data,
            KnownColumns(names, view.encoder, named, model),
            only_known=only_known,
            drop=self.drop,
            tell=tell,
            header=self.header,
            options=self.options,
            schema=self._schema(),
        )

    def incomplete_table(self, path: Path) -> tuple[Incomplete, FileTable]:
        """A file to fit to, and to fill; its columns are told."""
        schema = self._schema()
        file = self._opened(path, schema)
        read = self._frame(file, schema, of_row_numbers=False)
        tell(describe_frame(read))
        kinds, lost = list(read.kinds.values()), read.frame.isna().to_numpy(dtype=bool)
        named = read.frame.set_axis(list(read.kinds), axis=1)
        columns = list(range(len(kinds)))
        return Incomplete(file, named, lost, kinds, columns, read.has_header, read.rows), read

    def _numbers_of(
        self, gan: Any, view: ModelView, model: Path, file: TableFile
    ) -> tuple[Any, Any]:
        """The same of a model of numbers, and rows in CSV."""
        if has_names(view.names):
            # columns are found by name here, and rows are arrays
            names = list(map(str, view.names))
            values = read_csv_as(file, names, model, self.header, drop=self.drop, tell=tell)
            return by_position(gan), values
        own, values = read_csv(file, self.header, drop=self.drop, tell=tell)
        if own is not None and len(own) == gan.n_features_in_:
            gan = with_names(gan, tuple(own))
        return gan, values

    def _columns_of(
        self, gan: Any, view: ModelView, model: Path, file: TableFile, schema: Schema | None
    ) -> tuple[Any, Any]:
        """The same of a model of numbers, and rows in Parquet, or as a schema says."""
        read = self._frame(file, schema)
        frame = read.frame
        for name, kind in read.kinds.items():
            if kind.kind not in NUMBERS and (
                name in map(str, view.names) or not has_names(view.names)
            ):
                raise ValueError(
                    f"{file.path}: column {name!r} is read as {kind.kind}, but {model} has "
                    f"numbers there: {AS_FITTED}"
                )
        if has_names(view.names):
            names = list(map(str, view.names))
            if missing := [name for name in names if name not in frame.columns]:
                raise ValueError(f"{file.path} lacks columns of {model}: {missing}")
            return by_position(gan), frame[names].to_numpy(dtype=float)
        if frame.shape[1] == gan.n_features_in_:
            gan = with_names(gan, tuple(frame.columns))
        return gan, frame.to_numpy(dtype=float)

    def _comparable(self, table: FileTable) -> FileTable:
        """The table without identifiers, which samples number anew."""
        if not (names := table.identifiers):
            return table
        if len(names) == len(table.kinds):
            raise ValueError(
                f"{table.path}: all columns are identifiers, so there is nothing to compare"
            )
        tell(f"not compared: {listed(names)} (identifiers, which are numbered anew in samples)")
        return table.without(names)

    @property
    def _lacks_numbers(self) -> bool:
        """Whether a word for missing cells is a number, so that no file holds numbers alone."""
        return any(number(word) is not None for word in self.na)

    def _schema(self) -> Schema | None:
        return None if self.schema is None else read_schema(self.schema)

    def _opened(
        self, path: Path, schema: Schema | None, options: Options | None = None
    ) -> TableFile:
        """A file with the form of its text."""
        file = TableFile.of(path)
        if file.is_parquet:
            return file
        if options is None:
            options = self.options if schema is None else schema.completed(self.options)
        return recognised(file, options, tell)

    def _frame(
        self, file: TableFile, schema: Schema | None, *, of_row_numbers: bool = True
    ) -> FileTable:
        return read_frame(
            file,
            self.header,
            drop=self.drop,
            options=self.options,
            schema=schema,
            tell=tell,
            of_row_numbers=of_row_numbers,
        )

    def _numbers(self, files: Sequence[TableFile], read: Callable[..., Any]) -> Any:
        """What `read` makes of files that hold numbers alone; None of others.

        Without pandas, numbers have to do: NotNumbersError where they do not.
        """
        if self._lacks_numbers or any(file.is_parquet for file in files):
            return None
        given: Any = files if read is read_csvs else files[0]
        try:
            pandas()
        except ImportError as error:
            return self._without_pandas(read, given, error)
        if not all(looks_numeric(file, self.header, drop=self.drop) for file in files):
            return None
        told: list[str] = []
        try:
            numbers = read(given, self.header, drop=self.drop, tell=told.append, exact=True)
        except NotNumbersError:
            return None
        for sentence in told:
            tell(sentence)
        return numbers

    def _without_pandas(self, read: Callable[..., Any], given: Any, lost: ImportError) -> Any:
        """What `read` makes of files, with a word on what needs pandas."""
        told: list[str] = []
        try:
            numbers = read(given, self.header, drop=self.drop, tell=told.append)
        except NotNumbersError as reason:
            raise NotNumbersError(f"{reason}\n{lost}") from lost
        try:
            read(given, self.header, drop=self.drop, exact=True)
        except NotNumbersError as reason:
            told.append(f"Warning: {reason}; {lost}")
        for sentence in told:
            tell(sentence)
        return numbers


def reads_tables(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that reads files, which gets them as one `reading`."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        given = {name: options.pop(name) for name in Reading.__dataclass_fields__}
        return command(*args, reading=Reading(**given), **options)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


_OPTIONS = [
    click.option(
        "--header/--no-header",
        default=None,
        help="Whether the first line has the names of the columns.  [default: recognized]",
    ),
    click.option(
        "--drop",
        multiple=True,
        metavar="NAME",
        help="Column to leave out; may be repeated. Without a header, give its position, from 0.",
    ),
    click.option(
        "--delimiter", metavar="SIGN", help="Character between cells.  [default: recognized]"
    ),
    click.option(
        "--decimal", metavar="SIGN", help="Decimal point or comma.  [default: recognized]"
    ),
    click.option(
        "--na", multiple=True, metavar="WORD", help="Word for a missing cell; may be repeated."
    ),
    click.option("--encoding", help="Encoding of a text file.  [default: UTF-8, or recognized]"),
    click.option(
        "--schema", type=_FILE, help="Kinds of the columns: a file that `regan schema` wrote."
    ),
]
