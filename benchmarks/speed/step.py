"""One training step in several ways, compared with torch and JAX: ratios of time within one run.

    tox -e bench          # or, with what is installed: python benchmarks/speed/step.py

A step is an update of the discriminator and one of the generator, by Adam, with an L2 penalty on
the weights, without a gradient penalty and with R1 + R2. Networks, rows, dtype and threads are the
same on all sides; torch takes its fused Adam, with the penalty as weight decay. Rivals update in
turn, as regan does in one column; in the others it updates both networks at once: step by step in
Python (*plain*), replayed from a tape by NumPy (*tape*) and by compiled kernels (*native*). The
sides take turns in random order, a chunk of steps each, and every figure is a median over the
rounds. A side that is not there is left out, and the program says why.

The share is the step's floating-point operations, those of the products of the method as it is
(fused passes are counted as they are, so a method that needs fewer is not rewarded), over its time
and over the rate of a large product in the same run.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from multiprocessing import get_context
from time import perf_counter, process_time
from typing import Any

import click
import instructions
from cells import GRID, TITLES, Cell, Ours, largest_error
from comparison import ONE_THREAD, Comparison, limited
from turns import environment
from ways import WAYS

import regan


def versions() -> str:
    """Of what takes part."""
    found = [f"regan {regan.__version__}", f"python {platform.python_version()}"]
    for name in ("numpy", "torch", "jax"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def agreement(cells: Sequence[Cell]) -> str:
    """How far regan's gradients are from torch's in either dtype."""
    from step_torch import Eager

    errors = {
        dtype: max(
            largest_error(Ours(cell, p, False, dtype), Eager(cell, p, dtype), cell)
            for cell in cells
            for p in TITLES
        )
        for dtype in ("float32", "float64")
    }
    return ", ".join(f"{dtype} to {error:.1e}" for dtype, error in errors.items())


class _CellType(click.ParamType[Any]):
    name = "cell"

    def convert(self, value: Any, param: Any, ctx: Any) -> Cell:
        return value if isinstance(value, Cell) else Cell(*map(int, value.split(",")))


def tables(threads: int, cells: Sequence[Cell], sides: Comparison, memory: bool) -> None:
    """Those of one number of threads, in a process of its own, which has as many cores."""
    if hasattr(os, "sched_setaffinity"):  # JAX takes all cores that there are, whatever it is told
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    with limited(threads):
        for penalised, title in TITLES.items():
            print(f"\n## {title}, {threads} thread{'s' * (threads > 1)}\n")
            print(sides.table(cells, penalised), flush=True)
    for penalised, title in TITLES.items() if memory else ():
        print(f"\n## Memory, {title}\n\n{sides.peaks(cells, penalised, threads)}", flush=True)
    for name, why in sides.missing.items():
        print(f"\nwithout {name}: {why}", flush=True)


@click.command()
@click.option("--threads", multiple=True, default=(1, 2), show_default=True, help="A table each.")
@click.option("--rounds", default=9, show_default=True, help="Turns of each side.")
@click.option("--seconds", default=0.5, show_default=True, help="The length of a turn.")
@click.option("--cpu", is_flag=True, help="The CPU's time, not that on the wall.")
@click.option("--way", "names", multiple=True, type=click.Choice(list(WAYS)), help="These alone.")
@click.option(
    "--cell",
    "cells",
    multiple=True,
    type=_CellType(),
    help="features,latent,width,batch in place of the six cells.",
)
@click.option("--memory/--no-memory", default=True, show_default=True, help="Tables of peaks, too.")
@click.option("--instructions", "count", is_flag=True, help="Count regan's, by valgrind; hours.")
def main(
    threads: tuple[int, ...],
    rounds: int,
    seconds: float,
    cpu: bool,
    names: tuple[str, ...],
    cells: tuple[Cell, ...],
    memory: bool,
    count: bool,
) -> None:
    """Compare gradients, then time."""
    sizes, clock = cells or GRID, process_time if cpu else perf_counter
    print(f"{versions()}, {'CPU' if cpu else 'wall'} time")
    if find_spec("torch") and not {"torch", "torch.compile"}.isdisjoint(names or WAYS):
        print(f"gradients agree with torch's: {agreement(sizes[:4])}")
    for n in threads:
        sides = Comparison(names or list(WAYS), rounds, seconds, clock)
        with environment(**{"XLA_FLAGS": ONE_THREAD} if n == 1 else {}):
            given = n, sizes, sides, memory and n == threads[0]
            process = get_context("spawn").Process(target=tables, args=given)
            process.start()
            process.join()
        if process.exitcode:
            raise click.ClickException(f"the process ended with {process.exitcode}")
    if count:
        print(f"\n## Instructions of a step, one thread\n\n{instructions.table(names, sizes)}")


if __name__ == "__main__":
    main()
