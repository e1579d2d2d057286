"""Tables that ``regan fit`` reads a part at a time: folders of Parquet, and large files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from regan.cli.manners import tell
from regan.cli.reading import Reading
from regan.files.sources import TableFile
from regan.streams.opening import some_rows
from regan.streams.out_of_core import OutOfCore
from regan.streams.parquet_source import ParquetSource
from regan.streams.recognition import is_large

_SAMPLE = 2**17


@dataclass(frozen=True)
class LargeTable:
    """A table that is not read into memory.

    Attributes
    ----------
    data : OutOfCore
    shape : tuple of int
        Its rows and columns.
    """

    data: OutOfCore
    shape: tuple[int, int]

    def some_rows(self) -> Any:
        """A DataFrame of rows drawn at random."""
        return some_rows(self.data, None, _SAMPLE, 0, labelled=False)[0]


def open_large(path: Path, reading: Reading) -> LargeTable | None:
    """The table at `path`, if it is a folder or Parquet beyond what is read into memory.

    UsageError for options that say how text is read, or what is read.
    """
    if not (path.is_dir() or (path.is_file() and TableFile.of(path).is_parquet)):
        return None
    source = ParquetSource(path, drop=reading.drop)
    if not (path.is_dir() or is_large(source.shape)):
        return None
    others = [word for word in reading.words if not word.startswith("--drop=")]
    if others:
        raise click.UsageError(
            f"{others[0].partition('=')[0]} is an option for tables that are read into memory, "
            f"but {path} is read in parts"
        )
    n_rows, n_columns = source.shape
    tell(f"{path}: {n_rows:,} rows of {n_columns} columns, read in parts")
    return LargeTable(OutOfCore(path, columns=source.names), source.shape)
