"""Memory beside the data: the peak of a fit, what stays, and that of measures of many rows (Linux).

Run: ``python benchmarks/speed/memory.py``. A process for each row of the table fits a GAN without
frames, and one with them, for one update, to rows in single and double precision, in a memory map
and with a column by rank; another compares two samples. Memory is anonymous memory, without the
pages of the map. Prints a table in Markdown.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event, Thread
from time import process_time

import click
import numpy as np

from regan import RegularizedGAN
from regan.metrics import mmd, precision_coverage

COLUMNS, MEASURED = 50, 10
RANKED = "float32 with a column by rank"
FITS = ("float32", "float64", "memory map", RANKED)
MEASURES = {"precision_coverage": precision_coverage, "mmd": mmd}


def megabytes() -> float:
    """Anonymous memory now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1024


class Peak:
    """A context that watches memory."""

    def __enter__(self) -> Peak:
        self.before = self.highest = megabytes()
        self._over, self._thread = Event(), Thread(target=self._watch)
        self._thread.start()
        self._begin = process_time()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds = process_time() - self._begin
        self._over.set()
        self._thread.join()
        self.stays = megabytes() - self.before

    def _watch(self) -> None:
        while not self._over.wait(0.005):
            self.highest = max(self.highest, megabytes())


def rows(kind: str, n: int, folder: str) -> np.ndarray:
    """Normal numbers in such an array, but for a column that is scaled by rank."""
    X = np.random.default_rng(0).standard_normal((n, COLUMNS), dtype="float32")
    if kind == RANKED:
        X[:, 3] = np.exp(2 * X[:, 3])
        return X
    if kind != "memory map":
        return X.astype(kind)
    X.tofile(Path(folder) / "rows")
    return np.memmap(Path(folder) / "rows", "float32", "r", shape=X.shape)


def measure(what: str, n: int) -> str:
    """A line of the table."""
    if what in MEASURES:
        real, fake = np.random.default_rng(0).standard_normal((2, n, MEASURED))
        MEASURES[what](real[:99], fake[:99])
        with Peak() as peak:
            MEASURES[what](real, fake)
        size = real.nbytes / 2**20
    else:
        kind, frames = what.split(", frames ")
        gan = RegularizedGAN(max_iter=1, frames=None if frames == "None" else frames)
        with tempfile.TemporaryDirectory() as folder:
            X = rows(kind, n, folder)
            gan.fit(np.array(X[:1000]))
            with Peak() as peak:
                gan.fit(X)
        size = X.nbytes / 2**20
    extra = peak.highest - peak.before
    cells = f"{n:,}", f"{size:.0f}", f"{extra:.0f}", f"{extra / size:.2f}", f"{peak.stays:.0f}"
    return f"| {what} | {' | '.join(cells)} | {peak.seconds:.1f} |"


@click.command()
@click.option("--rows", "n", default=1_000_000, show_default=True, help="Of a fit.")
@click.option("--measured", default=50_000, show_default=True, help="Of each sample.")
@click.option("--only", hidden=True, help="What a process of its own measures.")
def main(n: int, measured: int, only: str | None) -> None:
    """Measure, each in a process of its own."""
    if only:
        print(measure(only, measured if only in MEASURES else n))
        return
    print("| what | rows | X, MiB | peak beside, MiB | over X | stays, MiB | CPU s |")
    print("|---" * 7 + "|")
    fits = [f"{kind}, frames {frames}" for kind in FITS for frames in (None, "auto")]
    for what in [*fits, *MEASURES]:
        own = ["--rows", str(n), "--measured", str(measured), "--only", what]
        done = subprocess.run(
            [sys.executable, __file__, *own], check=True, capture_output=True, text=True
        )
        print(done.stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()
