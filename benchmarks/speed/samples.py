"""Rows a second that `sample_to` writes, compared with `sample` in memory, in turns.

python -m benchmarks.speed.samples [ROWS] [JOBS ...]
"""

from __future__ import annotations

import sys
import tempfile
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from regan import RegularizedGAN, RegularizedMixture

IN_MEMORY = 2_000_000
ROUNDS = 3


def numbers(n: int = 3000) -> np.ndarray:
    """Ten columns of correlated numbers."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 10)) @ rng.normal(size=(10, 10))


def mixed(n: int = 3000) -> pd.DataFrame:
    """Ten columns of all kinds, two of them with missing cells."""
    rng = np.random.default_rng(0)
    days = pd.to_timedelta(rng.integers(0, 2000, n), "D")
    return pd.DataFrame(
        {
            "age": rng.integers(17, 90, n),
            "income": np.round(rng.lognormal(7, 0.5, n), 2),
            "joined": pd.Timestamp("2019-01-01") + days,
            "city": pd.Categorical(rng.choice(["Lyon", "Nice", "Paris"], n)),
            "job": rng.choice([f"job {i}" for i in range(20)], n),
            "own": rng.random(n) < 0.4,
            "score": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
            "x": rng.normal(size=n),
            "y": rng.normal(size=n),
            "grade": rng.choice(["a", "b", None], n),
        }
    )


def rates(model: Any, n: int, jobs: int) -> tuple[float, float]:
    """Medians of rows a second, in memory by all threads and into a folder by so many processes."""
    found: tuple[list[float], list[float]] = [], []
    with tempfile.TemporaryDirectory() as folder:  # the processes are there from now on
        model.sample_to(folder, jobs * 4096, n_jobs=jobs, rows_per_file=4096)
    for seed in range(ROUNDS):
        start = perf_counter()
        model.sample(IN_MEMORY, random_state=seed)
        found[0].append(IN_MEMORY / (perf_counter() - start))
        with tempfile.TemporaryDirectory() as folder:
            start = perf_counter()
            model.sample_to(folder, n, random_state=seed, n_jobs=jobs)
            found[1].append(n / (perf_counter() - start))
    return float(np.median(found[0])), float(np.median(found[1]))


def main(n: int, all_jobs: list[int]) -> None:
    """Print a line for each model, table and number of processes."""
    for X in (numbers(), mixed()):
        for model in (
            RegularizedMixture(5, alpha=1.0, random_state=0),
            RegularizedGAN(max_iter=100, random_state=0),
        ):
            model.fit(X)
            for jobs in all_jobs:
                memory, files = rates(model, n, jobs)
                print(
                    f"{type(model).__name__:20} {type(X).__name__:10} n_jobs={jobs}: "
                    f"{memory / 1e6:.2f} M rows/s in memory, {files / 1e6:.2f} in files, "
                    f"{files / memory:.0%}",
                    flush=True,
                )


if __name__ == "__main__":
    main(int((sys.argv[1:] or [10_000_000])[0]), [int(job) for job in sys.argv[2:]] or [2])
