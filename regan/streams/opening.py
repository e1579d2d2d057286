"""What `fit` is given: tables in memory as they are, small ones read, large ones opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.streams.class_source import ClassSource
from regan.streams.out_of_core import OutOfCore
from regan.streams.parquet_source import ParquetSource
from regan.streams.passing import read_rows
from regan.streams.recognition import is_large, lies_outside, may_be_parquet
from regan.streams.sampling import draw_positions, sample_size
from regan.streams.source import Source


@dataclass(frozen=True)
class Opened:
    """Rows that are read block by block.

    Attributes
    ----------
    source : Source
    sample_rows : int
        How many of them columns are learned from.
    buffer_rows : int or None
    y : array-like or str, or None
        Class labels, as they were given.
    """

    source: Source
    sample_rows: int
    buffer_rows: int | None = None
    y: Any = None

    def classes(self) -> ClassSource:
        """The class labels."""
        return ClassSource(self.source, self.y)


def some_rows(X: Any, y: Any, size: int, seed: int, *, labelled: bool) -> tuple[Any, Any]:
    """Rows drawn of `X` and `y` that are not in memory; what is in memory as a whole.

    labelled : whether labels are asked for.
    """
    opened = open_rows(X, y)
    if not isinstance(opened, Opened):
        return opened
    rows = draw_positions(opened.source.n_rows, size, seed)
    table = read_rows(opened.source, rows)
    return table, opened.classes().labels_at(rows) if labelled else None


def in_memory(X: Any, who: str) -> Any:
    """`X` for what trains many models on rows in memory; `who` that is, in the plural.

    Memory maps are taken as arrays. ValueError for other data that are not in memory.
    """
    if isinstance(X, np.memmap):
        return np.asarray(X)
    if not isinstance(X, OutOfCore) and not may_be_parquet(X) and not lies_outside(X):
        return X
    raise ValueError(
        f"{who} train on rows in memory, and X is {X!r:.100}: search on a part of the rows, such "
        "as X[:100_000] of an array or a part that pandas.read_parquet reads. Then fit a model "
        "with the chosen settings to all rows, out of core"
    )


def open_rows(X: Any, y: Any = None) -> Opened | tuple[Any, Any]:
    """The rows of `X`, which `fit` takes, and their labels: opened, or in memory as others are.

    What is in memory already stays as it is, and so do small memory maps. Small arrays of zarr or
    h5py and small Parquet files are read.
    """
    if isinstance(X, OutOfCore):
        return _opened(X, y)
    if may_be_parquet(X):
        opened = _opened(OutOfCore(X), y)
        if is_large(opened.source.shape):
            return opened
        assert isinstance(opened.source, ParquetSource)
        table, labels = opened.source.in_memory()
        return table, labels if isinstance(y, str) else y
    if lies_outside(X):
        if len(X.shape) == 2 and is_large(X.shape):
            return _opened(OutOfCore(X), y)
        return X if isinstance(X, np.memmap) else np.asarray(X[:]), _in_memory(y)
    return X, y


def _opened(data: OutOfCore, y: Any) -> Opened:
    rows, buffer = data.check()
    source = data.open(without=y if isinstance(y, str) else None)
    return Opened(source, sample_size(rows, source.shape[1]), buffer, y)


def _in_memory(y: Any) -> Any:
    return np.asarray(y[:]) if lies_outside(y) and not isinstance(y, np.memmap) else y
