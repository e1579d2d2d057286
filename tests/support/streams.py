"""Rows that are not in memory, for tests: arrays that tell what is read of them."""

import threading

import numpy as np
import pandas as pd

from regan import OutOfCore


class Watched:
    """An array that is read by slices of rows, and tells in which threads.

    fails_in : the part of a thread's name in which it cannot be read.
    """

    def __init__(self, rows, fails_in=None):
        self.rows, self.fails_in = rows, fails_in
        self.shape, self.dtype, self.threads = rows.shape, rows.dtype, []

    def __getitem__(self, rows):
        self.threads.append(threading.current_thread().name)
        if self.fails_in is not None and self.fails_in in self.threads[-1]:
            raise RuntimeError("the rows are gone")
        return self.rows[rows]


def streamed(rows, *, buffer_rows=512, sample_rows=400, **options):
    """Rows that are read block by block into a small buffer."""
    return OutOfCore(rows, buffer_rows=buffer_rows, sample_rows=sample_rows, **options)


def numbers(n=3000):
    """Rows of three correlated columns in different units."""
    rng = np.random.default_rng(7)
    return rng.normal(size=(n, 3)) @ [[1, 0, 40], [0.5, 0.1, 0], [0, 0, 9]] + [2, -30, 700]


def classes(n=3000):
    """Labels of three classes, rare ones and frequent ones, all rows of a class together."""
    return np.sort(np.random.default_rng(8).choice(3, n, p=[0.03, 0.27, 0.7]))


def parquet(path, n=3000, rows=250):
    """A file of mixed columns with missing cells, so many rows in a group."""
    rng = np.random.default_rng(9)
    x = rng.normal(size=n)
    table = pd.DataFrame(
        {
            "x": x,
            "count": rng.poisson(np.exp(1 + x / 2)),
            "gap": np.where(rng.random(n) < 0.2, np.nan, 3 * x + rng.normal(size=n)),
            "kind": np.where(x > 0.5, "high", rng.choice(["low", "none"], n)),
            "town": pd.Series(rng.choice([f"t{i}" for i in range(9)], n)).where(x < 1),
        }
    )
    table.to_parquet(path, row_group_size=rows, index=False)
    return table


def reading_threads():
    """Those of fits that are alive."""
    return [t for t in threading.enumerate() if t.name.startswith("regan-reads-ahead")]
