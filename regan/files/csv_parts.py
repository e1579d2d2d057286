"""CSV files that are written part by part, in memory that does not grow with their rows."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import shutil
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from regan.storage.atomic import atomic_file
from regan.storage.places import place_of
from regan.validation import warn_user

_WHOLE = 2**53
_NOT_WRITTEN = frozenset(
    [
        *(".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".json", ".jsonl", ".ndjson", ".yaml", ".yml"),
        *(
            ".xml",
            ".html",
            ".htm",
            ".pdf",
            ".feather",
            ".arrow",
            ".orc",
            ".avro",
            ".pkl",
            ".pickle",
        ),
        *(".joblib", ".npy", ".npz", ".h5", ".hdf5", ".mat", ".sav", ".dta", ".sas7bdat", ".rds"),
        *(".rdata", ".db", ".sqlite", ".sql", ".zip", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz"),
        *(".png", ".regan"),
    ]
)
"""Suffixes of other formats, which would be CSV under a wrong name."""


def csv_texts(
    header: list[str] | None, parts: Iterable[np.ndarray], delimiter: str = ","
) -> Iterator[str]:
    """The lines of arrays (n, D), a text for each: numbers with as many digits as they need.

    A column is written without decimal points until it has a number that is not whole.
    """
    decimals: set[int] = set()
    for values in parts:
        file = io.StringIO()
        writer = csv.writer(file, delimiter=delimiter)
        if header is not None:
            writer.writerow(header)
            header = None
        writer.writerows(zip(*_written(values, decimals), strict=True))
        yield file.getvalue()


def write_texts(path: Path, texts: Iterable[str], n_parts: float = 1.0) -> None:
    """Write a file of about `n_parts` texts, whole or not at all; compressed, if it is called .gz.

    What UTF-8 has no bytes for, halves of surrogate pairs, is written escaped, with a warning.
    OSError before the second text if the disk cannot hold as many as the first.
    """
    with atomic_file(path) as file, _packed(path, file) as target:
        told = False
        for i, text in enumerate(texts):
            data = text.encode("utf-8", "backslashreplace")
            if not told and (told := b"\\" in data and not _is_unicode(text)):
                warn_user(
                    f"{path}: halves of surrogate pairs, which UTF-8 does not have, are written "
                    r"as \ud800 and the like"
                )
            if i == 0 and n_parts > 1:
                size = len(data) if target is file else len(zlib.compress(data))
                check_room(path, size * n_parts)
            target.write(data)


@contextmanager
def _packed(path: Path, file: BinaryIO) -> Iterator[BinaryIO]:
    """Where to write: the file, or what compresses into it."""
    if path.suffix.lower() != ".gz":
        yield file
        return
    with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:  # the same bytes at any time
        yield packed  # type: ignore[misc]


def check_format(path: Path) -> None:
    """ValueError for a name that ends like files of a format that regan does not write."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    packed = suffixes[-1:] == [".gz"]
    last = suffixes[-2:-1] if packed else suffixes[-1:]
    if last and (last[0] in _NOT_WRITTEN or (packed and last[0] in (".parquet", ".pq"))):
        raise ValueError(
            f"{path} would not be a {''.join(suffixes if packed else last)} file: regan writes CSV "
            "(.csv), TSV (.tsv), both compressed (.csv.gz, .tsv.gz), and Parquet (.parquet)"
        )


def delimiter_of(path: Path) -> str:
    """What separates cells in a file of this name: tabs in .tsv, commas elsewhere."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:] if suffix.lower() != ".gz"]
    return "\t" if suffixes[-1:] == [".tsv"] else ","


def is_whole(values: np.ndarray) -> bool:
    """Whether all numbers (n,) are whole and small enough to be written digit by digit."""
    return bool(((np.abs(values) < _WHOLE) & (values == np.rint(values))).all())


def _written(values: np.ndarray, decimals: set[int]) -> Iterator[list[str]]:
    for j, column in enumerate(values.T):
        if j in decimals or not is_whole(column):
            decimals.add(j)
        else:
            column = column.astype(np.int64)
        yield column.astype(str).tolist()


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_room(path: Path, size: float) -> None:
    """OSError if the disk is too small for a file of `size` bytes at `path`."""
    place = place_of(path)
    if place.is_stream:
        return
    disk = shutil.disk_usage(place.path.parent)
    if size > disk.free and disk.total:  # some systems of files do not tell
        raise OSError(
            errno.ENOSPC,
            f"it would take about {_words(size)}, but its disk has only {_words(disk.free)} free",
            str(path),
        )


def _words(size: float) -> str:
    units = {"bytes": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
    unit = [name for name, least in units.items() if size >= least or least == 1][-1]
    return f"{size / units[unit]:,.0f} {unit}"
