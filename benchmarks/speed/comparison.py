"""A table of times, ratios and memory: sides of `ways.py`, cell by cell, in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy as np
from cells import Cell, products
from threadpoolctl import threadpool_limits
from turns import Taken, length_of, markdown, measure, median, ratio
from ways import AT_ONCE, WAYS, MissingWay

CELL = "features, latent, width, batch"
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
"""XLA_FLAGS for JAX, which reads them once."""


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """NumPy and torch with so many threads."""
    if find_spec("torch"):
        import torch

        torch.set_num_threads(threads)
    with threadpool_limits(threads):
        yield


def product_rate(clock: Callable[[], float], seconds: float = 0.3) -> float:
    """Operations a second of a product of two 1024 x 1024 matrices in float32."""
    a = np.random.default_rng(0).standard_normal((1024, 1024)).astype("float32")
    out, times, start = np.empty_like(a), [], perf_counter()
    while perf_counter() - start < seconds:
        begin = clock()
        np.matmul(a, a, out=out)
        times.append(clock() - begin)
    return 2 * 1024**3 / float(np.median(times))


def peak(name: str, cell: Cell, penalised: bool, threads: int) -> float:
    """In a process of its own: megabytes that a side and a few steps add to the imports (Linux)."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not reset.exists():
        return float("nan")

    def kilobytes(key: str) -> int:
        line = next(line for line in status.read_text().splitlines() if line.startswith(key))
        return int(line.split()[1])

    with limited(threads):
        reset.write_text("5")  # the peak so far is forgotten
        before = kilobytes("VmRSS")
        WAYS[name].ready(cell, penalised).steps(20)
        return (kilobytes("VmHWM") - before) / 1024


class Comparison:
    """The sides of a table, cell by cell."""

    def __init__(
        self, names: Sequence[str], rounds: int, seconds: float, clock: Callable[[], float]
    ) -> None:
        self.names, self._rounds, self._seconds, self._clock = list(names), rounds, seconds, clock
        self.missing: dict[str, str] = {}

    def times(self, cell: Cell, penalised: bool) -> list[Taken]:
        """Of all sides that are there; the others leave for good."""
        sides = {}
        for name in list(self.names):
            try:
                steps = WAYS[name].ready(cell, penalised).steps
            except MissingWay as why:
                self.names.remove(name)
                self.missing[name] = str(why)
            else:
                sides[name] = steps, length_of(steps, self._seconds, self._clock)
        return list(measure(sides, self._rounds, self._clock))

    def table(self, cells: Sequence[Cell], penalised: bool) -> str:
        """Milliseconds, ratios to the best way of regan, and geometric means of the ratios."""
        found = [(cell, self.times(cell, penalised), product_rate(self._clock)) for cell in cells]
        best = [name for name in AT_ONCE if name in self.names][-1]
        others = [name for name in self.names if name != best]
        header = [CELL, *(f"{name} ms" for name in self.names)]
        header += [*(f"{name} / {best}" for name in others), "share"]
        rows = []
        for cell, rounds, rate in found:
            share = products(cell, penalised, True) / median(rounds, best) / rate
            row = [str(cell), *(f"{1e3 * median(rounds, name):.2f}" for name in self.names)]
            row += [f"{ratio(rounds, name, best):.2f}" for name in others]
            rows.append([*row, f"{share:.0%}"])
        means = [np.mean([np.log(ratio(r, name, best)) for _, r, _ in found]) for name in others]
        blank = [""] * len(self.names)
        rows.append(["geometric mean", *blank, *(f"{np.exp(m):.2f}" for m in means), ""])
        return markdown(header, rows)

    def peaks(self, cells: Sequence[Cell], penalised: bool, threads: int) -> str:
        """Megabytes of each side, in processes of their own."""
        context, rows = get_context("spawn"), []
        for cell in cells:
            found = []
            for name in self.names:
                with context.Pool(1) as pool:
                    found.append(pool.apply(peak, (name, cell, penalised, threads)))
            rows.append([str(cell), *(f"{megabytes:.0f}" for megabytes in found)])
        return markdown([CELL, *(f"{name} MB" for name in self.names)], rows)
