"""More rows than memory holds, more processes than one: memory, and times as ratios (Linux).

Run: ``python benchmarks/speed/scale.py``, or with the names of some parts. ``memory`` is the most
that a process had above the import, when it fitted a GAN out of core to a memory map (2,000,000 x
50, float32) and to a folder of Parquet (20,000,000 rows of 10 mixed columns), beside fits to a
tenth of these rows. ``ahead`` is the time of updates on rows that are read ahead, over that of the
same rows in memory. ``samples``, ``ranks`` and ``workers`` run `samples.py`, `ranks.py` under
mpiexec, and `dask_workers.py`. Files are made below --folder and stay there (1.4 GB). Tables in
Markdown.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import click
import numpy as np

HERE = Path(__file__).parent
COLUMNS, MAP_ROWS, FOLDER_ROWS, PART = 50, 2_000_000, 20_000_000, 1_000_000
KINDS = "memory map", "folder of Parquet"


def kilobytes(what: str) -> int:
    """What the kernel says of this process: VmHWM is the most that was resident."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1])


def numbers(n: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of two modes, with columns that go together (n, 50)."""
    X = rng.standard_normal((n, COLUMNS), dtype="float32")
    X += 3 * rng.integers(0, 2, (n, 1), dtype=np.int8)
    X[:, 1:] += 0.5 * X[:, :-1]
    return X


def make_map(path: Path, n: int) -> None:
    """The memory map, a part at a time."""
    if path.exists() and path.stat().st_size == 4 * n * COLUMNS:
        return
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for start in range(0, n, PART):
            numbers(min(PART, n - start), rng).tofile(file)


def mixed(n: int, rng: np.random.Generator) -> object:
    """A table of pyarrow: five numbers, a date, integers, two columns of levels, a flag."""
    import pyarrow as pa

    kind = rng.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])
    place = np.array(["north", "south", "east", "west", "sea"])
    amount = np.exp(rng.normal(3 + kind, 0.7)).round(2)
    share = rng.beta(1 + kind, 2)
    missing = rng.random(n) < 0.1
    columns = {
        "amount": pa.array(amount),
        "share": pa.array(share, mask=missing),
        "height": pa.array(rng.normal(170 + 3 * kind, 8).round(1)),
        "speed": pa.array(rng.gamma(2 + kind)),
        "error": pa.array(rng.standard_normal(n) * (1 + kind)),
        "day": pa.array(np.datetime64("2020-01-01") + rng.integers(0, 1500, n)),
        "count": pa.array(rng.poisson(5 * (1 + kind))),
        "kind": pa.DictionaryArray.from_arrays(pa.array(kind, pa.int8()), ["a", "b", "c", "d"]),
        "place": pa.DictionaryArray.from_arrays(
            pa.array((kind + rng.integers(0, 2, n)) % 5, pa.int8()), place
        ).cast(pa.string()),
        "paid": pa.array(rng.random(n) < 0.2 + 0.2 * kind),
    }
    return pa.table(columns)


def make_folder(path: Path, n: int) -> None:
    """The folder of Parquet, a file for each million rows."""
    import pyarrow.parquet as pq

    if path.exists() and len(list(path.iterdir())) == -(-n // PART):
        return
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i, start in enumerate(range(0, n, PART)):
        table = mixed(min(PART, n - start), rng)
        pq.write_table(table, path / f"part-{i:05d}.parquet", row_group_size=2**17)


def large(kind: str, folder: Path, n: int) -> object:
    """Rows that `fit` reads block by block."""
    path = folder / f"{kind.split()[0]}-{n}"
    if kind == KINDS[0]:
        make_map(path, n)
        return np.memmap(path, "float32", "r", shape=(n, COLUMNS))
    make_folder(path, n)
    return path


def fit_alone(kind: str, folder: Path, n: int, updates: int) -> str:
    """A line of the table of memory, in a process of its own."""
    from regan import OutOfCore, RegularizedGAN

    given = OutOfCore(large(kind, folder, n))
    before = kilobytes("VmRSS")
    begin = perf_counter()
    RegularizedGAN(max_iter=updates, random_state=0).fit(given)
    seconds, most = perf_counter() - begin, (kilobytes("VmHWM") - before) / 1024
    return f"| {kind} | {n:,} | {most:.0f} | {seconds:.0f} |"


def memory(folder: Path, scale: float, updates: int) -> None:
    """What fits out of core take, whatever the number of rows."""
    print("\n| rows | number | MiB above the import, at most | s |\n|---|---|---|---|")
    for kind, rows in zip(KINDS, (MAP_ROWS, FOLDER_ROWS), strict=True):
        for n in (int(rows * scale) // 10, int(rows * scale)):
            large(kind, folder, n)  # made here: it takes memory
            own = ["--folder", folder, "--updates", updates, "--only", f"{kind},{n}"]
            done = subprocess.run(
                [sys.executable, __file__, *map(str, own)],
                check=True,
                capture_output=True,
                text=True,
            )
            print(done.stdout.splitlines()[-1], flush=True)


def updates_alone(given: object, n: int) -> float:
    """Seconds of `n` updates, without what comes before them and behind."""
    from regan import Callback, RegularizedGAN

    class Clock(Callback):
        def on_fit_start(self, run: object) -> None:
            self.begin = perf_counter()

        def on_fit_end(self, run: object) -> None:
            self.seconds = perf_counter() - self.begin

    clock = Clock()
    RegularizedGAN(max_iter=n, callbacks=[clock], random_state=0).fit(given)
    return clock.seconds


def ahead(folder: Path, scale: float, updates: int, turns: int) -> None:
    """Updates on rows read ahead, over those in memory, in turns."""
    import pyarrow.dataset as ds

    from regan import OutOfCore

    print("\n| rows | in memory, s | read ahead, s | ratio |\n|---|---|---|---|")
    for kind, rows in zip(KINDS, (MAP_ROWS, FOLDER_ROWS), strict=True):
        n = int(rows * scale) // 10
        stored = large(kind, folder, n)
        whole = np.array(stored) if kind == KINDS[0] else ds.dataset(stored).to_table().to_pandas()
        times = [
            (updates_alone(whole, updates), updates_alone(OutOfCore(stored), updates))
            for _ in range(turns)
        ]
        inside, outside = (median(each) for each in zip(*times, strict=True))
        ratio = median(b / a for a, b in times)
        print(f"| {kind}, {n:,} | {inside:.1f} | {outside:.1f} | {ratio:.2f} |", flush=True)


def of_another(program: str, *before: str) -> None:
    """A program beside this one, with one thread."""
    print(flush=True)
    one = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*before, sys.executable, str(HERE / program)], check=True, env=one)


def mpiexec() -> str:
    """The launcher of this environment, or the one on the path."""
    beside = Path(sys.executable).with_name("mpiexec")
    return str(beside if beside.exists() else "mpiexec")


PARTS = "memory", "ahead", "samples", "ranks", "workers"


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--folder", type=click.Path(path_type=Path), default=Path("scale"), show_default=True)
@click.option("--scale", default=1.0, show_default=True, help="Of the numbers of rows.")
@click.option("--updates", default=2000, show_default=True)
@click.option("--turns", default=3, show_default=True, help="Of which medians are taken.")
@click.option("--only", hidden=True, help="What a process of its own measures.")
def main(
    parts: tuple[str, ...], folder: Path, scale: float, updates: int, turns: int, only: str | None
) -> None:
    """Measure, a table for each part."""
    folder.mkdir(parents=True, exist_ok=True)
    if only:
        kind, n = only.split(",")
        print(fit_alone(kind, folder, int(n), updates))
        return
    asked = parts or PARTS
    if "memory" in asked:
        memory(folder, scale, updates)
    if "ahead" in asked:
        ahead(folder, scale, updates, turns)
    if "samples" in asked:
        of_another("samples.py")
    if "ranks" in asked:
        of_another("ranks.py", mpiexec(), "-n", "2")
    if "workers" in asked:
        of_another("dask_workers.py")


if __name__ == "__main__":
    main()
