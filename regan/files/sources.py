"""Files that hold tables: as text in some encoding, compressed or not, or as Parquet."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO

from regan.files.text_lines import TextLines, plain_lines

_HEAD = 1 << 16
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
PARQUETS = (".parquet", ".pq")
"""Suffixes of Parquet files."""

_MARKS = (  # the longer first: that of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHERS = {
    b"PK\x03\x04": "an Excel workbook or another zip archive: save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3": "a SQLite database: export the table as CSV",
    b"\x89HDF": "an HDF5 file: save the table as CSV or Parquet",
    b"ARROW1": "an Arrow or Feather file: save the table as Parquet",
    b"\x80\x03": "a pickle: save the table as CSV or Parquet",
    b"\x80\x04": "a pickle: save the table as CSV or Parquet",
    b"\x80\x05": "a pickle: save the table as CSV or Parquet",
    b"BZh": "compressed by bzip2: decompress it, or compress it by gzip",
    b"\xfd7zXZ": "compressed by xz: decompress it, or compress it by gzip",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: decompress it, or compress it by gzip",
}
"""Beginnings of files that are no text, and what they are."""


@dataclass(frozen=True)
class Form:
    """How a text has a table in it.

    Attributes
    ----------
    delimiter : str
        Between cells.
    decimal : {".", ","}
        Before decimals.
    encoding : str
    spaced : bool
        Whether blanks behind a delimiter belong to it.
    skipped : int
        Lines before the table.
    blanks : bool
        Whether one or more blanks or tabs separate cells.
    unnamed : bool
        Whether the first line has no cell for the first column, which has the names of rows.
    """

    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8-sig"
    spaced: bool = False
    skipped: int = 0
    blanks: bool = False
    unnamed: bool = False


@dataclass(frozen=True)
class TableFile:
    """A file that holds a table, which may be read several times, even if it is a pipe.

    Attributes
    ----------
    path : Path
    form : Form
        Of text.
    data : bytes or None
        What a pipe has given.
    """

    path: Path
    form: Form = field(default_factory=Form)
    data: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, path: Path) -> TableFile:
        """The file at `path`; its form is that of plain CSV until somebody looks."""
        return cls(path, data=None if path.is_file() else path.read_bytes())

    @property
    def is_parquet(self) -> bool:
        """Whether it begins like Parquet, or is called so."""
        with self._raw() as file:
            return file.read(len(_PARQUET)) == _PARQUET or self.path.suffix.lower() in PARQUETS

    @contextmanager
    def open(self) -> Iterator[TextIO]:
        """Its text; ValueError, with the path, where the bytes are none."""
        with self.open_bytes() as file:
            text = io.TextIOWrapper(file, self.form.encoding, newline="")
            try:
                yield self._plain(text)
            except UnicodeDecodeError as error:
                what = "UTF-8" if "utf-8" in self.form.encoding else self.form.encoding
                raise ValueError(f"{self.path} is not text in {what}: {error}") from error
            finally:
                with suppress(ValueError):
                    text.detach()

    def _plain(self, text: TextIO) -> TextIO:
        form = self.form
        if not (form.skipped or form.blanks or form.unnamed):
            return text
        how = {name: getattr(form, name) for name in ("skipped", "blanks", "unnamed")}
        return TextLines(plain_lines(text, form.delimiter, **how))  # type: ignore[return-value]

    @contextmanager
    def open_bytes(self) -> Iterator[BinaryIO]:
        """Its bytes, decompressed."""
        with self._raw() as file:
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            try:
                yield gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[misc]
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise ValueError(f"{self.path} is damaged: {error}") from error

    def _raw(self) -> BinaryIO:
        return self.path.open("rb") if self.data is None else io.BytesIO(self.data)


def encoding_of(file: TableFile) -> str:
    """The encoding of its text: by its mark, UTF-8 if it is that, else one of single bytes.

    ValueError, with the path, for what is no text.
    """
    with file.open_bytes() as stream:
        head = stream.read(_HEAD)
        if known := _known(head):
            raise ValueError(f"{file.path} is not a table in text or Parquet, but {known}")
        if mark := next((name for start, name in _MARKS if head.startswith(start)), None):
            return mark
        if head.count(0) > len(head) / 10:
            raise ValueError(
                f"{file.path} is not text in UTF-8: many of its bytes are zero. If it is text in "
                "another encoding, give --encoding (utf-16-le, for example)"
            )
        if _is_utf8(head, stream):
            return "utf-8-sig"
        if _controls(head):
            raise ValueError(f"{file.path} is not text: it has bytes that do not occur in text")
    with file.open_bytes() as stream:
        try:
            for chunk in iter(lambda: stream.read(_CHUNK), b""):
                chunk.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
    return "cp1252"


def _known(head: bytes) -> str | None:
    """What a file is that is no table, by its beginning."""
    if head[8:10] == b'{"' and head[4:8] == b"\0\0\0\0":  # the length of a header, and this
        return "a model or checkpoint of regan" if b'"regan' in head else "a safetensors file"
    return next((what for start, what in _OTHERS.items() if head.startswith(start)), None)


def _is_utf8(head: bytes, rest: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
        for chunk in iter(lambda: rest.read(_CHUNK), b""):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _controls(head: bytes) -> bool:
    """Whether there are control characters, beside those that lay text out."""
    return any(byte < 32 and byte not in b"\t\n\v\f\r\x1a\x1b" for byte in head)
