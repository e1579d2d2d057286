"""The files of a table in Parquet: what they hold, and their groups of rows in batches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from regan.data.frames.libraries import library
from regan.files.extras import parquet, pyarrow
from regan.files.parquet_files import INDEX, dtypes_said
from regan.streams.recognition import refuse_lost
from regan.streams.source import ChangedError

_BUFFER = 2**20
_WHY = "Parquet files are read through it"


class Part:
    """A file of a dataset.

    Attributes
    ----------
    path : str
    n_groups, n_rows : int
    found : list of int
        Size and time of the last change, when it was opened.
    keys : dict
        What the names of its folders say.
    """

    n_groups: int
    n_rows: int

    def __init__(self, fragment: Any) -> None:
        self.path: Any = fragment.path
        self._fragment = fragment
        self._lengths = [int(group.num_rows) for group in fragment.row_groups]
        self._ids = [group.id for group in fragment.row_groups]
        self.n_groups, self.n_rows = len(self._lengths), sum(self._lengths)
        keys: Mapping[str, Any] = library("pyarrow.dataset", _WHY).get_partition_keys(
            fragment.partition_expression
        )
        self.keys: dict[str, Any] = dict(keys)
        self.found: list[int] = self._now() or [0, 0]
        self._read: tuple[list[int] | None, Any] = None, None

    def rows(self, group: int) -> int:
        return self._lengths[group]

    def batches(self, group: int, names: list[Any], rows: int) -> Iterator[Any]:
        """A group of rows, so many at a time, with these columns that the file has.

        ChangedError if the file has changed.
        """
        pa = pyarrow()
        if (now := self._now()) != self.found:
            what = "does not exist any more" if now is None else "has changed since the fit began"
            raise ChangedError(
                f"{self.path}, row group {group}: the file {what}; keep it unchanged until the "
                "model is fitted"
            )
        own = [name for name in names if name not in self.keys]
        try:
            with self._fragment.open() as opened:
                file = parquet().ParquetFile(
                    opened, metadata=self._footer(), pre_buffer=False, buffer_size=_BUFFER
                )
                self._read = self.found, file.metadata
                for batch in file.iter_batches(
                    rows, row_groups=[self._ids[group]], columns=own, use_threads=False
                ):
                    yield self._with_keys(pa, batch, names)
        except (pa.ArrowException, OSError) as error:
            words = " ".join(str(error).split())
            raise ValueError(f"{self.path}, row group {group} cannot be read: {words}") from error

    def _with_keys(self, pa: Any, batch: Any, names: list[Any]) -> Any:
        columns = [
            pa.repeat(pa.scalar(self.keys[name]), len(batch))
            if name in self.keys
            else batch.column(batch.schema.get_field_index(name))
            for name in names
        ]
        return pa.RecordBatch.from_arrays(columns, names=names)

    def _footer(self) -> Any:
        """What the end of the file says of its groups, if it has been read: that takes its time."""
        found, metadata = self._read
        return metadata if found == self.found else None

    def _now(self) -> list[int] | None:
        """Size and time of the last change; None if the file is not there."""
        info = self._fragment.filesystem.get_file_info(self.path)
        if info.type == library("pyarrow.fs", _WHY).FileType.NotFound:
            return None
        return [info.size or 0, info.mtime_ns or 0]


def dataset_of(data: Any, name: str) -> Any:
    """A dataset of Parquet files; ValueError for anything else."""
    pa, ds = pyarrow(), library("pyarrow.dataset", _WHY)
    if not isinstance(data, (str, os.PathLike)):
        return data
    refuse_lost(data)
    path = Path(data)
    try:
        found = ds.dataset(path, format="parquet", partitioning="hive")
        files = found.files
    except (pa.ArrowException, OSError, ValueError) as error:
        words = " ".join(str(error).split())
        raise ValueError(
            f"{name} is not a Parquet file or a folder of Parquet files: {words}"
        ) from error
    if not files:
        raise ValueError(f"{name} is a folder without Parquet files")
    return found


def parts_of(dataset: Any, name: str) -> tuple[list[Part], Any, dict[str, str]]:
    """The files of a dataset, in its order, the schema of all, and what `dtypes_said` of them.

    A column without any cells in the first file has the type of the first that has some. ValueError
    for files of other columns.
    """
    pa = pyarrow()
    try:
        fragments = [*dataset.get_fragments()]
    except ValueError as error:
        raise ValueError(
            f"{name} has a filter or chosen columns, and regan reads whole row groups: write the "
            "filtered rows to another dataset, and choose columns by OutOfCore(columns=...)"
        ) from error
    parts, schemas = [], []
    for fragment in fragments:
        try:
            if not hasattr(fragment, "row_groups"):
                raise ValueError(
                    f"{name} is not a dataset of Parquet files: give such a dataset, or a DataFrame"
                )
            schemas.append(fragment.physical_schema)
            parts.append(Part(fragment))
        except (pa.ArrowException, OSError) as error:
            words = " ".join(str(error).split())
            raise ValueError(f"{fragment.path} is not a Parquet file: {words}") from error
    schema, said = _typed(dataset.schema, schemas)
    for part, own in zip(parts, schemas, strict=True):
        _check_schema(part.path, own, schema, set(part.keys))
    return parts, schema, said


def _typed(schema: Any, schemas: list[Any]) -> tuple[Any, dict[str, str]]:
    """A schema whose columns without cells have the type that the first file with some gives them,
    and what `dtypes_said` of these files.
    """
    types, said = pyarrow().types, dtypes_said(schema)
    for i, field in enumerate(schema):
        if not types.is_null(field.type):
            continue
        for own in schemas:
            j = own.get_field_index(field.name)
            if j >= 0 and not types.is_null(own.field(j).type):
                schema = schema.set(i, field.with_type(own.field(j).type))
                said.pop(field.name, None)
                said |= {n: word for n, word in dtypes_said(own).items() if n == field.name}
                break
    return schema, said


def _check_schema(path: str, own: Any, schema: Any, keys: set[str]) -> None:
    """ValueError for a file whose columns are not those of the dataset."""
    mine = {field.name: field.type for field in own if not INDEX.fullmatch(field.name)}
    all_ = {f.name: f.type for f in schema if f.name not in keys and not INDEX.fullmatch(f.name)}
    lost, new = all_.keys() - mine.keys(), mine.keys() - all_.keys() - keys
    if lost or new:
        words = [f"lacks {sorted(lost)}"] * bool(lost) + [f"also has {sorted(new)}"] * bool(new)
        raise ValueError(
            f"{path} {' and '.join(words)}: all files of a folder need the columns of the first"
        )
    for field_name, kind in all_.items():
        if not _alike(mine[field_name], kind):
            raise ValueError(
                f"{path}: column {field_name!r} is of the type {mine[field_name]}, and in the "
                f"files before of {kind}: all files of a folder need the same types, so "
                f"{_cast_of(mine[field_name], kind)}"
            )


def _cast_of(own: Any, kind: Any) -> str:
    """How the types of a column of two files become one: its own, and that of the others."""
    types = pyarrow().types
    if types.is_floating(own) and types.is_integer(kind):
        return "cast it to float64 in the others"
    if types.is_integer(own) and types.is_floating(kind):
        return "cast it to float64 in that file"
    return f"cast it to {kind} in that file"


def _alike(one: Any, other: Any) -> bool:
    """Whether a column of one type can be read as the other without loss, or has no cells."""
    types = pyarrow().types
    return bool(
        one == other
        or types.is_null(one)
        or (types.is_dictionary(one) and types.is_dictionary(other))
        or (_is_text(one) and _is_text(other))
    )


def _is_text(kind: Any) -> bool:
    types = pyarrow().types
    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind))
