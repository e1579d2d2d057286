"""Data that are to be read block by block, whatever their size."""

from __future__ import annotations

import os
from typing import Any

from regan.streams.array_source import ArraySource
from regan.streams.parquet_source import ParquetSource
from regan.streams.recognition import is_parquet_like, is_sliceable
from regan.streams.source import Source
from regan.validation import check_int


class OutOfCore:
    """Out-of-core data for `fit`: large arrays and Parquet files, read block by block.

    Models also accept memory maps, arrays of zarr and h5py, and Parquet files without this class.
    They then read data larger than 64 MiB block by block, and smaller data into memory.

    Parameters
    ----------
    data : array-like, str, path or pyarrow.dataset.Dataset
        An array-like with `shape`, `dtype` and slices of rows; a Parquet file; a folder of Parquet
        files with the same columns; or a pyarrow dataset of such files.
    columns : list, default=None
        The columns to read: names for Parquet, positions for an array. None reads all columns.
    sample_rows : int, default=131072
        The number of rows, drawn uniformly, from which columns and frames are learned; fewer if a
        table has more than 64 columns. Gaussian and mixture models are fitted to these rows.
    buffer_rows : int, default=None
        The number of rows in memory from which minibatches are drawn. None takes as many as fit
        into 96 MiB.

    Examples
    --------
    >>> import numpy as np
    >>> from regan import OutOfCore
    >>> OutOfCore(np.zeros((4, 2)), columns=[0])
    OutOfCore(ndarray of shape (4, 2), columns=[0])
    """

    def __init__(
        self,
        data: Any,
        *,
        columns: Any = None,
        sample_rows: int = 2**17,
        buffer_rows: int | None = None,
    ) -> None:
        self.data = data
        self.columns = columns
        self.sample_rows = sample_rows
        self.buffer_rows = buffer_rows

    def __repr__(self) -> str:
        try:
            shape = getattr(self.data, "shape", None)
        except (RuntimeError, ValueError, OSError):  # of a closed file
            shape = None
        what = repr(self.data) if shape is None else f"{type(self.data).__name__} of shape {shape}"
        return f"OutOfCore({what}{'' if self.columns is None else f', columns={self.columns}'})"

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError(
            "only fit, partial_fit and score accept OutOfCore: give other methods the rows "
            "themselves, in an array or a DataFrame"
        )

    def check(self) -> tuple[int, int | None]:
        """The rows of sample and buffer, checked."""
        sample = check_int(self.sample_rows, "sample_rows", minimum=2)
        buffer = self.buffer_rows
        return sample, None if buffer is None else check_int(buffer, "buffer_rows", minimum=2)

    def open(self, without: str | None = None) -> Source:
        """The source; without : a column of Parquet to leave out.

        TypeError for what is read otherwise, such as a DataFrame.
        """
        if is_parquet_like(self.data):
            return ParquetSource(self.data, self.columns, without)
        if is_sliceable(self.data):
            return ArraySource(self.data, self.columns)
        kind = type(self.data)
        if _is_paths(self.data):
            raise TypeError(
                f"OutOfCore takes one file or folder, got a {kind.__name__} of {len(self.data)}: "
                "give pyarrow.dataset.dataset([...]), which takes several Parquet files"
            )
        raise TypeError(
            "OutOfCore takes arrays with shape, dtype and slices of rows (of NumPy, zarr, h5py), "
            f"Parquet files, folders and datasets of pyarrow, got {kind.__module__}."
            f"{kind.__name__}"
        )


def _is_paths(data: Any) -> bool:
    is_list = isinstance(data, (list, tuple)) and len(data) > 0
    return is_list and all(isinstance(each, (str, os.PathLike)) for each in data)
