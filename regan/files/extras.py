"""What reading and writing of tables needs beside regan: the libraries of the extra ``tables``."""

from __future__ import annotations

from typing import Any

from regan.data.frames.libraries import library


def pandas() -> Any:
    """What reads columns of words, dates and missing cells; ImportError, with advice, without."""
    return library("pandas", "columns of words, dates and missing cells are read by it", "pandas")


def pyarrow() -> Any:
    """What reads and writes Parquet; ImportError, with advice, without."""
    return library("pyarrow", _PARQUET, "pyarrow")


def parquet() -> Any:
    """Its module for files."""
    pyarrow()
    return library("pyarrow.parquet", _PARQUET, "pyarrow")


_PARQUET = "Parquet files are read and written by it"
