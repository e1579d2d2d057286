"""What `fit` reads block by block: which data are not in memory, and which of these are large."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from regan.data.frames.libraries import frame_kind
from regan.files.sources import PARQUETS, TableFile
from regan.validation import shown

IN_MEMORY_BYTES = 2**26
"""Data of so many bytes at most, in float64, are read into memory."""


def is_parquet_like(X: Any) -> bool:
    """Whether `X` is the path of a file or folder that may be Parquet, or a dataset of pyarrow."""
    if isinstance(X, (str, os.PathLike)):
        return True
    datasets = sys.modules.get("pyarrow.dataset")
    return datasets is not None and isinstance(X, datasets.Dataset)


def refuse_lost(X: Any) -> None:
    """FileNotFoundError for the path of a file or folder that is not there."""
    if not isinstance(X, (str, os.PathLike)) or os.path.exists(X):
        return
    name = shown(os.fspath(X))
    advice = ""
    if any(sign in name for sign in "*?["):
        advice = f": for several files, give pyarrow.dataset.dataset(glob.glob({name!r}))"
    raise FileNotFoundError(f"there is no file or folder {name}{advice}")


def refuse_closed(X: Any) -> None:
    """ValueError for an array that cannot say its shape, such as one of h5py of a closed file."""
    if frame_kind(X) != "array":
        return
    try:
        getattr(X, "shape", None)
    except (RuntimeError, ValueError, OSError) as error:
        raise ValueError(
            f"X is a {type(X).__module__.partition('.')[0]}.{type(X).__name__} that cannot be read "
            f"({error}): keep its file open until the model is fitted"
        ) from error


def is_sliceable(X: Any) -> bool:
    """Whether `X` has what it takes to read it by slices of rows, in memory or not."""
    refuse_closed(X)
    return (
        frame_kind(X) == "array"
        and not isinstance(X, np.ma.MaskedArray)
        and not hasattr(X, "toarray")
        and isinstance(getattr(X, "shape", None), tuple)
        and hasattr(X, "dtype")
        and hasattr(X, "__getitem__")
    )


def lies_outside(X: Any) -> bool:
    """Whether `X` is an array that is not in memory: a memory map, or one of zarr, h5py and such.

    Arrays in memory of other libraries have `__dlpack__`; columns of pandas are no arrays.
    """
    if isinstance(X, np.memmap):
        return True
    whose = type(X).__module__.partition(".")[0]
    known = isinstance(X, np.ndarray) or whose in ("pandas", "polars", "pyarrow", "scipy")
    if known or not is_sliceable(X):
        return False
    return not any(hasattr(X, name) for name in ("__dlpack__", "coords", "columns"))


def may_be_parquet(X: Any) -> bool:
    """Whether a path is that of a folder or a Parquet file, or is called like one; a dataset of
    pyarrow always may be.

    FileNotFoundError for a path of nothing.
    """
    if not isinstance(X, (str, os.PathLike)):
        return is_parquet_like(X)
    refuse_lost(X)
    path = Path(X)
    if path.suffix.lower() in PARQUETS or path.is_dir():
        return True
    return path.is_file() and TableFile.of(path).is_parquet


def is_large(shape: tuple[int, ...]) -> bool:
    """Whether a table of this shape is larger than what is read into memory."""
    return int(np.prod([float(n) for n in shape])) * 8 > IN_MEMORY_BYTES
