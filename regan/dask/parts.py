"""What workers do with partitions: count them, look at them, and make shards of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.dask.shard import Shard
from regan.data.frames.dataframes import is_frame
from regan.estimators.elsewhere import Trainee


def count(part: Any, labels: Any, number: int, meta: Any) -> int:
    """How many rows a partition has; ValueError or TypeError if it is unlike the others.

    number : its place, for messages; meta : an empty table with the columns of all, or None.
    """
    shape = np.shape(part)
    if meta is not None:
        _check_columns(part, number, meta)
    elif len(shape) != 2:
        raise ValueError(f"partition {number} of X has the shape {shape}: it must be a table")
    if labels is not None and len(labels) != len(part):
        raise ValueError(
            f"partition {number} of X has {len(part)} rows, and that of y {len(labels)}: each "
            "label belongs to the row beside it"
        )
    return len(part)


def _check_columns(part: Any, number: int, meta: Any) -> None:
    if not is_frame(part):
        raise TypeError(f"partition {number} of X is a {type(part).__name__} and no DataFrame")
    if list(part.columns) != list(meta.columns):
        raise ValueError(
            f"partition {number} of X has the columns {list(part.columns)}, and the frame has "
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


def taken(values: Any, positions: np.ndarray) -> Any:
    """Some rows of a table, a column or an array."""
    return values.iloc[positions] if hasattr(values, "iloc") else np.asarray(values)[positions]


def joined(tables: Sequence[Any]) -> Any:
    """Tables, columns or arrays as one, numbered from 0; categories are those of all."""
    if not hasattr(tables[0], "iloc"):
        return np.concatenate(tables)
    from dask.dataframe import methods

    return methods.concat(list(tables)).reset_index(drop=True)


def make_shard(
    trainee: Trainee,
    number: int,
    n_updates: int,
    parts: Sequence[Any],
    labels: Sequence[Any] | None,
    held: Sequence[np.ndarray],
) -> Shard:
    """A shard of some partitions.

    number : its place among the shards; held : the positions of rows in each partition that are not
    to be trained on.
    """
    kept = [np.delete(np.arange(len(p)), out) for p, out in zip(parts, held, strict=True)]
    X = joined([taken(part, own) for part, own in zip(parts, kept, strict=True)])
    y = None
    if labels is not None:
        y = joined([taken(part, own) for part, own in zip(labels, kept, strict=True)])
    return Shard(trainee, number, n_updates, trainee.read(X, y))
