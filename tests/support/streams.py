"""Rows that are not in memory, for tests: arrays that tell what is read of them."""

import threading

import numpy as np

from regan import OutOfCore


class Watched:
    """An array that is read by slices of rows, and remembers in which threads.

    fails_after : how many slices it gives; None for all.
    """

    def __init__(self, rows, fails_after=None):
        self.rows, self.fails_after = rows, fails_after
        self.shape, self.dtype = rows.shape, rows.dtype
        self.slices, self.threads = [], set()

    def __getitem__(self, rows):
        if self.fails_after is not None and len(self.slices) >= self.fails_after:
            raise ConnectionError("the rows are gone")
        self.slices.append(rows)
        self.threads.add(threading.current_thread().name)
        return self.rows[rows]


def streamed(rows, *, buffer_rows=512, sample_rows=400, **options):
    """Rows that are read block by block into a small buffer."""
    return OutOfCore(rows, buffer_rows=buffer_rows, sample_rows=sample_rows, **options)


def numbers(n=3000):
    """Rows of three correlated columns in different units."""
    rng = np.random.default_rng(7)
    return rng.normal(size=(n, 3)) @ [[1, 0, 40], [0.5, 0.1, 0], [0, 0, 9]] + [2, -30, 700]


def reading_threads():
    """Those of fits that are alive."""
    return [t for t in threading.enumerate() if t.name.startswith("regan-reads-ahead")]
