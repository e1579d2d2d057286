"""The files of a table in Parquet: what they hold, and their groups of rows in batches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from regan.data.frames.libraries import library
from regan.files.extras import parquet, pyarrow
from regan.files.parquet_files import INDEX
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

    def __init__(self, fragment: Any) -> None:
        self.path = fragment.path
        self._fragment = fragment
        self._lengths = [int(group.num_rows) for group in fragment.row_groups]
        self._ids = [group.id for group in fragment.row_groups]
        self.n_groups, self.n_rows = len(self._lengths), sum(self._lengths)
        keys: Mapping[str, Any] = library("pyarrow.dataset", _WHY).get_partition_keys(
            fragment.partition_expression
        )
        self.keys = dict(keys)
        self.found = self._now()

    def rows(self, group: int) -> int:
        return self._lengths[group]

    def batches(self, group: int, names: list[Any], rows: int) -> Iterator[Any]:
        """A group of rows, so many at a time, with these columns that the file has.

        ChangedError if the file has changed.
        """
        pa = pyarrow()
        if self._now() != self.found:
            raise ChangedError(
                f"{self.path}, group of rows {group}: the file has changed since it was surveyed; "
                "it must stay as it is while a model is fitted to it"
            )
        own = [name for name in names if name not in self.keys]
        try:
            with self._fragment.open() as opened:
                file = parquet().ParquetFile(opened, pre_buffer=False, buffer_size=_BUFFER)
                for batch in file.iter_batches(
                    rows, row_groups=[self._ids[group]], columns=own, use_threads=False
                ):
                    yield self._with_keys(pa, batch, names)
        except (pa.ArrowException, OSError) as error:
            words = " ".join(str(error).split())
            raise ValueError(
                f"{self.path}, group of rows {group} cannot be read: {words}"
            ) from error

    def _with_keys(self, pa: Any, batch: Any, names: list[Any]) -> Any:
        columns = [
            pa.repeat(pa.scalar(self.keys[name]), len(batch))
            if name in self.keys
            else batch.column(batch.schema.get_field_index(name))
            for name in names
        ]
        return pa.RecordBatch.from_arrays(columns, names=names)

    def _now(self) -> list[int]:
        info = self._fragment.filesystem.get_file_info(self.path)
        return [info.size or 0, info.mtime_ns or 0]


def dataset_of(data: Any, name: str) -> Any:
    """A dataset of Parquet files; ValueError for anything else."""
    pa, ds = pyarrow(), library("pyarrow.dataset", _WHY)
    if not isinstance(data, (str, os.PathLike)):
        return data
    path = Path(data)
    if not path.exists():
        raise FileNotFoundError(f"there is no file or folder {name}")
    try:
        found = ds.dataset(path, format="parquet", partitioning="hive")
        files = found.files
    except (pa.ArrowException, OSError, ValueError) as error:
        words = " ".join(str(error).split())
        raise ValueError(f"{name} is no Parquet file, nor a folder of some: {words}") from error
    if not files:
        raise ValueError(f"{name} is a folder without Parquet files")
    return found


def parts_of(dataset: Any, name: str) -> list[Part]:
    """The files of a dataset, in its order. ValueError for files of other columns."""
    pa = pyarrow()
    parts, schema = [], dataset.schema
    try:
        fragments = [*dataset.get_fragments()]
    except ValueError as error:
        raise ValueError(
            f"{name} has a filter or chosen columns: groups of rows are read whole, so write what "
            "it lets through to a dataset of its own, and give OutOfCore the `columns`"
        ) from error
    for fragment in fragments:
        if not hasattr(fragment, "row_groups"):
            raise ValueError(f"{name} is not of Parquet files: give one that is, or a DataFrame")
        try:
            own = fragment.physical_schema
            part = Part(fragment)
        except (pa.ArrowException, OSError) as error:
            words = " ".join(str(error).split())
            raise ValueError(f"{fragment.path} is no Parquet file: {words}") from error
        _check_schema(part.path, own, schema, set(part.keys))
        parts.append(part)
    return parts


def _check_schema(path: str, own: Any, schema: Any, keys: set[str]) -> None:
    """ValueError for a file whose columns are not those of the dataset."""
    mine = {field.name: field.type for field in own if not INDEX.fullmatch(field.name)}
    all_ = {f.name: f.type for f in schema if f.name not in keys and not INDEX.fullmatch(f.name)}
    lost, new = all_.keys() - mine.keys(), mine.keys() - all_.keys() - keys
    if lost or new:
        words = [f"lacks {sorted(lost)}"] * bool(lost) + [f"has {sorted(new)} besides"] * bool(new)
        raise ValueError(
            f"{path} {' and '.join(words)}: all files of a folder need the columns of the first"
        )
    for field_name, kind in all_.items():
        if not _alike(mine[field_name], kind):
            raise ValueError(
                f"{path}: column {field_name!r} is of the type {mine[field_name]}, and in the "
                f"first file of {kind}: all files of a folder need the same types"
            )


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
