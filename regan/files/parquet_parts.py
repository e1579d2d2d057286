"""Folders of Parquet files that are parts of one table, each written by itself, in any order."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from regan.files.extras import parquet, pyarrow
from regan.files.parquet_files import is_parquet, write_parquet
from regan.storage.atomic import try_out
from regan.storage.stored import FileError, Stored
from regan.storage.strays import sweep
from regan.validation import check_folder

MOST_PARTS = 10**6
"""Files in a folder, at most."""

_KEY = b"regan.part"
_DIGITS = 5
_SAID = {
    "model": "they are from another model",
    "seed": "they were drawn with another random_state",
    "y": "they were drawn for other classes y",
}
_ELSE = "name another folder, or remove the files in this one"


@dataclass(frozen=True, eq=False)
class ParquetParts:
    """A folder of files ``part-00000.parquet`` and so on, of `rows_each` rows but for the last one.

    Each says of itself which run it is of, so that a run goes on where it ended: a part that is
    there is whole, and is kept.

    Attributes
    ----------
    folder : Path
    n_rows : int
        Of all parts.
    rows_each : int
    run : mapping
        What tells the rows of this run from those of another one, in JSON's terms.
    """

    folder: Path
    n_rows: int
    rows_each: int
    run: Mapping[str, Any]

    @property
    def n_parts(self) -> int:
        """How many files there are in the end."""
        return -(-self.n_rows // self.rows_each)

    @property
    def paths(self) -> list[Path]:
        """All files, in order."""
        return list(map(self.path, range(self.n_parts)))

    @property
    def _said(self) -> dict[str, Any]:
        """What every part says of its run."""
        return {**self.run, "n_samples": self.n_rows, "rows_per_file": self.rows_each}

    def path(self, part: int) -> Path:
        """The file of a part, by its number from 0."""
        digits = max(_DIGITS, len(str(self.n_parts - 1)))
        return self.folder / f"part-{part:0{digits}}.parquet"

    def rows(self, part: int) -> tuple[int, int]:
        """The first row of a part, and the one behind its last."""
        return part * self.rows_each, min(self.n_rows, (part + 1) * self.rows_each)

    @contextmanager
    def begun(self) -> Iterator[list[int]]:
        """A context to write in: the folder is made, what killed writers left in it is removed, and
        it is told which parts are missing.

        A folder that was made for this is removed on an error, if nothing has been written to it.
        OSError for a folder that cannot be written to; otherwise as `missing`.
        """
        if self.n_parts > MOST_PARTS:
            raise ValueError(
                f"{self.n_rows} rows in files of {self.rows_each} rows would need {self.n_parts} "
                f"files, but at most {MOST_PARTS} are allowed: raise rows_per_file"
            )
        made = make_folder(self.folder)
        try:
            sweep(self.folder)
            missing = self.missing()
            if missing:
                try_out(self.path(missing[0]))
            yield missing
        except BaseException:
            if made:
                with suppress(OSError):  # it is not empty
                    self.folder.rmdir()
            raise

    def missing(self) -> list[int]:
        """The parts that are not there.

        ValueError, with the name of the file and what differs, for Parquet files in the folder that
        are no parts of this run.
        """
        there = set()
        for path in parts_in(self.folder):
            rows, said = _read(path)
            self._compare(path, said)
            part = int(said["part"])
            start, stop = self.rows(part)
            if path != self.path(part) or rows != stop - start:
                raise ValueError(f"{path} was renamed or changed after it was written: remove it")
            there.add(part)
        return [part for part in range(self.n_parts) if part not in there]

    def write(self, part: int, tables: Iterable[Any], n_tables: float) -> None:
        """Write a part, whole or not at all.

        n_tables : how many tables of the size of the first one have to find room on the disk, of
        this part and of those that come after it. ValueError, before it takes its place, if another
        program has written a part of other rows there.
        """
        text = json.dumps({**self._said, "part": part}, allow_nan=False)
        check = partial(self._refuse_other, part)
        check()
        write_parquet(self.path(part), tables, n_tables, {_KEY.decode(): text}, check)

    def _refuse_other(self, part: int) -> None:
        """ValueError if the place of a part is that of another run."""
        path = self.path(part)
        if path.exists():
            self._compare(path, _read(path)[1])

    def _compare(self, path: Path, run: dict[str, Any]) -> None:
        for name, value in self._said.items():
            if run.get(name) != value:
                other = f"they have {name}={run.get(name)!r}, but this call has {name}={value!r}"
                raise ValueError(
                    f"{path} has other rows than this call would write: {_SAID.get(name, other)}; "
                    f"{_ELSE}"
                )


def make_folder(folder: Path) -> bool:
    """Make a folder for parts unless it is there; whether it was made.

    OSError, with its name, if it cannot be made.
    """
    if folder.is_dir():
        return False
    check_folder(folder)
    if folder.exists():
        what = "it is a file; name a folder to write files to"
        raise NotADirectoryError(errno.ENOTDIR, what, str(folder))
    try:
        folder.mkdir()
    except FileExistsError:  # another program was faster
        return False
    return True


def parts_in(folder: Path) -> list[Path]:
    """The Parquet files in a folder, if there is one."""
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    return [folder / name for name in names if not name.startswith(".") and is_parquet(Path(name))]


def seed_in(folder: Path) -> int | None:
    """The seed of the run whose parts are in a folder; None without any.

    ValueError for other Parquet files.
    """
    for path in parts_in(folder):
        seed: int = _read(path)[1]["seed"]
        return seed
    return None


def _read(path: Path) -> tuple[int, dict[str, Any]]:
    """How many rows a part has, and what it says of itself. ValueError for what is no part."""
    pa = pyarrow()
    try:
        metadata = parquet().read_metadata(path)
    except pa.ArrowException as error:
        words = " ".join(str(error).split())
        raise ValueError(
            f"{path} is damaged or is not a Parquet file ({words}): remove it"
        ) from error
    try:
        said = Stored.parse((metadata.metadata or {}).get(_KEY, b"").decode("utf-8", "replace"))
        for name in ("part", "seed"):
            said.entry(name).integer()
    except FileError as error:
        raise ValueError(f"{path} was not written by sample_to: {_ELSE}") from error
    return metadata.num_rows, dict(said.value)
