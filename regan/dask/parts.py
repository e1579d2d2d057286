"""What workers do with partitions: count them, look at them, and make shards of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.dask.part_survey import joined, taken
from regan.dask.shard import Shard
from regan.data.frames.dataframes import columns_of_frame, is_frame
from regan.estimators.elsewhere import Trainee
from regan.mixtures.coordinates import GivenRows


def count(part: Any, labels: Any, number: int, meta: Any) -> int:
    """How many rows a partition has; ValueError or TypeError if it is unlike the others.

    number : its place, for messages; meta : an empty table with the columns of all, or None.
    """
    shape = np.shape(part)
    if meta is not None:
        _check_columns(part, number, meta)
    elif len(shape) != 2:
        raise ValueError(f"partition {number} of X has the shape {shape}, but it must be a table")
    if labels is not None and len(labels) != len(part):
        raise ValueError(
            f"partition {number} of X has {len(part)} rows, but that of y has {len(labels)} labels"
        )
    _check_finite(part, number)
    return len(part)


def _check_columns(part: Any, number: int, meta: Any) -> None:
    if not is_frame(part):
        raise TypeError(f"partition {number} of X is a {type(part).__name__}, not a DataFrame")
    if list(part.columns) != list(meta.columns):
        raise ValueError(
            f"partition {number} of X has the columns {list(part.columns)}, but the frame has "
            f"{list(meta.columns)}"
        )
    for j, name in enumerate(meta.columns):
        own, said = part.dtypes.iloc[j], meta.dtypes.iloc[j]
        both_levels = str(own) == str(said) == "category"
        if len(part) and own != said and not both_levels:
            raise TypeError(
                f"column {name!r} is {own} in partition {number} of X, and {said} in the frame: "
                f"convert it by X.astype({{{name!r}: {str(said)!r}}})"
            )


def rows_at(part: Any, labels: Any, positions: np.ndarray) -> tuple[Any, Any]:
    """Some rows of a partition, and their labels."""
    return taken(part, positions), None if labels is None else taken(labels, positions)


def read_rows(
    trainee: Trainee, parts: Sequence[Any], labels: Sequence[Any] | None, out: Sequence[np.ndarray]
) -> GivenRows:
    """The rows of a shard, as models are given them; out : positions to leave out, by partition."""
    kept = [np.delete(np.arange(len(p)), own) for p, own in zip(parts, out, strict=True)]
    X = joined([taken(part, own) for part, own in zip(parts, kept, strict=True)])
    y = None
    if labels is not None:
        y = joined([taken(part, own) for part, own in zip(labels, kept, strict=True)])
    return trainee.read(X, y)


def make_shard(trainee: Trainee, number: int, n_updates: int, rows: GivenRows) -> Shard:
    """A shard of rows; see there."""
    return Shard(trainee, number, n_updates, rows)


def _check_finite(part: Any, number: int) -> None:
    """ValueError for infinite numbers, with the column and the row."""
    names = list(part.columns) if is_frame(part) else range(np.shape(part)[1])
    columns = columns_of_frame(part) if is_frame(part) else np.asarray(part).T
    for name, column in zip(names, columns, strict=True):
        if getattr(column.dtype, "kind", "") != "f":
            continue
        infinite = np.isinf(np.asarray(column, dtype=np.float64))
        if infinite.any():
            raise ValueError(
                f"column {name!r} contains inf in partition {number} of X, first in row "
                f"{int(infinite.argmax())} of it"
            )
