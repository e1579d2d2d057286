"""Samples as lazy Dask frames and arrays: each partition is made where it is needed."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
from dask import delayed

from regan.estimators.elsewhere import SampledBlocks
from regan.estimators.sampling import BLOCK_ROWS

PARTITION_CELLS = 2**22
"""Cells of a partition, about."""


def sample_lazily(blocks: SampledBlocks, n: int, n_columns: int, *, as_frame: bool) -> Any:
    """`n` rows as a Dask frame or array, in partitions of whole blocks of rows."""
    rows = BLOCK_ROWS * max(1, PARTITION_CELLS // (BLOCK_ROWS * n_columns))
    starts = range(0, n, rows)
    told = delayed(blocks, pure=False, traverse=False)
    make = delayed(_made, pure=False)
    parts = [make(told, start, min(n, start + rows)) for start in starts]
    like = _made(blocks, 0, 1)[:0]
    if as_frame:
        from dask.dataframe import from_delayed

        divisions = (*starts, n - 1)
        return from_delayed(parts, meta=like, divisions=divisions, verify_meta=False)
    arrays = [
        da.from_delayed(part, (min(rows, n - start), n_columns), meta=like)
        for part, start in zip(parts, starts, strict=True)
    ]
    return da.concatenate(arrays)


def _made(blocks: SampledBlocks, start: int, stop: int) -> Any:
    """Rows from `start` to `stop`, numbered like those of one table."""
    table = blocks.table(start, stop)
    if hasattr(table, "iloc"):
        table.index = type(table.index)(start, stop)
        return table
    return np.asarray(table)
