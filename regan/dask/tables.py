"""Partitions of known lengths, and rows of them by their numbers among all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from dask import delayed
from distributed import Client

from regan.dask import parts as on_workers
from regan.dask.given import Given
from regan.dask.part_survey import joined, taken


@dataclass(frozen=True)
class Partitions:
    """Partitions of a Dask collection, and how many rows each has.

    Attributes
    ----------
    client : distributed.Client
    given : Given
    lengths : int64 array of shape (P,)
    """

    client: Client
    given: Given
    lengths: np.ndarray

    @classmethod
    def count(cls, client: Client, given: Given) -> Self:
        """Find out how many rows there are. ValueError for fewer than two, and for what does not
        fit together; see `regan.dask.parts.count`.
        """
        labels = given.labels or [None] * len(given.parts)
        count = delayed(on_workers.count, pure=False)
        asked = [
            count(part, own, k, given.meta)
            for k, (part, own) in enumerate(zip(given.parts, labels, strict=True))
        ]
        lengths = np.array(computed(client, asked), dtype=np.int64)
        if lengths.sum() < 2:
            raise ValueError(
                f"Found array with {lengths.sum()} sample(s) in {len(lengths)} partitions while a "
                "minimum of 2 is required."
            )
        return cls(client, given, lengths)

    def numbered(self) -> Iterator[tuple[int, int, Any, Any]]:
        """The partitions that hold rows: place, number of the first row among all, rows, labels."""
        starts = np.cumsum(self.lengths) - self.lengths
        for k in np.flatnonzero(self.lengths).tolist():
            labels = None if self.given.labels is None else self.given.labels[k]
            yield k, int(starts[k]), self.given.parts[k], labels

    @property
    def n_rows(self) -> int:
        """Those of all partitions."""
        return int(self.lengths.sum())

    def place(self, row: int) -> str:
        """What messages call the partition of a row, by its number among all."""
        return f"partition {int(np.searchsorted(np.cumsum(self.lengths), row, side='right'))} of X"

    def within(self, rows: np.ndarray) -> list[np.ndarray]:
        """Numbers of rows among all, ascending, as positions in each partition."""
        ends = np.cumsum(self.lengths)
        cuts = np.searchsorted(rows, [0, *ends])
        starts = ends - self.lengths
        return [
            rows[low:high] - start
            for low, high, start in zip(cuts[:-1], cuts[1:], starts, strict=True)
        ]

    def take(self, rows: np.ndarray) -> tuple[Any, Any]:
        """Rows by their numbers among all, in that order, and their labels, if there are any."""
        ascending, order = np.unique(rows, return_inverse=True)
        take, given = delayed(on_workers.rows_at, pure=False), self.given
        found = computed(
            self.client,
            [
                take(given.parts[k], None if given.labels is None else given.labels[k], own)
                for k, own in enumerate(self.within(ascending))
                if len(own)
            ],
        )
        table = taken(joined([table for table, _ in found]), order)
        labels = None
        if given.labels is not None:
            labels = taken(joined([y for _, y in found]), order)
        return table, labels


def computed(client: Client, asked: Sequence[Any]) -> list[Any]:
    """What delayed values are; what was asked for is let go of where one of them fails."""
    futures = client.compute(list(asked))
    try:
        return list(client.gather(futures))
    except BaseException:
        client.cancel(futures)
        raise
