"""Two Dask workers compared with one process, at equally many rows: time, score, overhead.

    python benchmarks/speed/dask_workers.py [--rows 100000] [--updates 2000] [--repeats 3]

Each process has one thread. Seconds are those of whole fits, from data in memory (of the client, or
persisted on the workers) to a model that samples; the score is the mean beside eight
tables of 2,000 further rows. A
round's overhead is its time without the updates of the slowest shard: what copying, averaging and
Dask take.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from statistics import median
from time import perf_counter, process_time

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster, wait

from regan import RegularizedGAN
from regan.dask import DaskRegularizedGAN
from regan.datasets import make_grid


def mixed(n: int, seed: int) -> pd.DataFrame:
    """Ten columns: numbers, some with missing cells, levels that depend on them, dates."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 3))
    late = rng.integers(0, 86_400 * 365, n)
    frame = pd.DataFrame(
        {
            "height": 170 + 9 * z[:, 0],
            "weight": 70 + 8 * z[:, 0] + 6 * z[:, 1],
            "income": np.exp(10 + 0.6 * z[:, 2]),
            "balance": np.where(rng.random(n) < 0.3, 0.0, 500 * z[:, 1]),
            "age": rng.integers(18, 90, n),
            "visits": rng.poisson(np.exp(0.5 * z[:, 2] + 1)),
            "city": np.array(list("abcdefgh"))[rng.binomial(7, 1 / (1 + np.exp(-z[:, 2])))],
            "plan": np.array(["free", "basic", "full"])[(z[:, 1] > 0) + (z[:, 1] > 1).astype(int)],
            "member": rng.random(n) < 1 / (1 + np.exp(-z[:, 0])),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(late, unit="s"),
        }
    )
    return frame.mask(pd.DataFrame({c: rng.random(n) < 0.05 * (c == "income") for c in frame}))


def grid(n: int, seed: int) -> np.ndarray:
    """Twenty-five narrow modes in a plane."""
    return make_grid(n, random_state=seed)[0]


def score(model, fresh):
    """The mean of the scores beside several tables."""
    return np.mean([model.score(each) for each in fresh])


def once(data, fresh, settings, client, seed):
    """Seconds and score of one process and of two workers, and the overhead of a round."""
    begin, worked = perf_counter(), process_time()
    local = RegularizedGAN(random_state=seed, **settings).fit(data)
    alone, worked = perf_counter() - begin, process_time() - worked
    if isinstance(data, pd.DataFrame):
        parts = dd.from_pandas(data, npartitions=8).persist()
    else:
        parts = da.from_array(data, chunks=(-(-len(data) // 8), -1)).persist()
    wait(parts)
    workers, begin, here = client.run(process_time), perf_counter(), process_time()
    spread = DaskRegularizedGAN(client, random_state=seed, **settings).fit(parts)
    both, here = perf_counter() - begin, process_time() - here
    after = client.run(process_time)
    rounds = np.array(spread.rounds_)
    return {
        "one process, s": alone,
        "two workers, s": both,
        "times as fast": alone / both,
        "processor of one process, s": worked,
        "processor of a worker, s": max(after[k] - workers[k] for k in workers),
        "processor of the client and the scheduler, s": here,
        "score of one": score(local, fresh),
        "score of two": score(spread.to_local(), fresh),
        "rounds, s": rounds[:, 0].sum(),
        "updates in them, s": rounds[:, 1].sum(),
        "overhead of a round, ms": 1000 * median(rounds[:, 0] - rounds[:, 1]),
    }


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--updates", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    cases = {
        "grid, defaults": (grid(20_000, 0), [grid(2000, s) for s in range(1, 9)], {}),
        "mixed, defaults": (mixed(given.rows, 0), [mixed(2000, s) for s in range(1, 9)], {}),
        "mixed": (
            mixed(given.rows, 0),
            [mixed(2000, s) for s in range(1, 9)],
            {"max_iter": given.updates},
        ),
        "mixed, without frames": (
            mixed(given.rows, 0),
            [mixed(2000, s) for s in range(1, 9)],
            {"max_iter": given.updates, "frames": None},
        ),
    }
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        DaskRegularizedGAN(client, max_iter=20).fit(da.from_array(grid(2000, 0), chunks=500))
        for name, case in cases.items():
            if given.only not in name:
                continue
            found = [once(*case, client, seed) for seed in range(given.repeats)]
            print(f"| {name} | |\n|---|---|")
            for key in found[0]:
                print(f"| {key} | {median(f[key] for f in found):.3f} |")
            print(flush=True)


if __name__ == "__main__":
    main()
