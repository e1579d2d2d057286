"""Whole fits and a million rows beside CTGAN's, at equal updates, in one run.

    tox -e bench-fit      # or, where ctgan is installed: python benchmarks/fit.py

Both sides get the same table, minibatches of 500, two hidden layers of 256 units in each network, a
latent dimension of 128 and as many updates of either network; they take turns, and every time is a
median. CTGAN also learns a mixture for each column before it trains, and inverts it for each row that
it samples: that is part of what its users wait for, so *fit* is the whole call and *an update* is what
one more update adds to it. regan trains on standardised columns.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from ctgan import CTGAN
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from tables import adult
from threadpoolctl import threadpool_limits

import regan
from regan import RegularizedGAN

BATCH, WIDTHS, LATENT = 500, (256, 256), 128
DATA: dict[str, Callable[[], pd.DataFrame]] = {
    "adult, 6 columns": lambda: adult().select_dtypes("number"),
    "digits, 64 columns": lambda: load_digits(as_frame=True).data,
}


def updates_in(X: pd.DataFrame, epochs: int) -> int:
    """What CTGAN makes of so many epochs."""
    return epochs * max(len(X) // BATCH, 1)


def theirs(X: pd.DataFrame, epochs: int) -> CTGAN:
    model = CTGAN(
        epochs=epochs,
        batch_size=BATCH,
        embedding_dim=LATENT,
        generator_dim=WIDTHS,
        discriminator_dim=WIDTHS,
        enable_gpu=False,
    )
    model.fit(X)
    return model


def ours(X: pd.DataFrame, epochs: int) -> RegularizedGAN:
    model = RegularizedGAN(
        max_iter=updates_in(X, epochs),
        batch_size=BATCH,
        hidden_layer_sizes=WIDTHS,
        latent_dim=LATENT,
        random_state=0,
    )
    return model.fit(X)


SIDES: dict[str, Callable[[pd.DataFrame, int], Any]] = {"ctgan": theirs, "regan": ours}


def seconds(call: Callable[[], Any]) -> float:
    begin = perf_counter()
    call()
    return perf_counter() - begin


def fits(X: pd.DataFrame, epochs: int, rounds: int) -> dict[str, tuple[float, float]]:
    """For each side: seconds of a fit, and of one more update."""
    short = max(1, epochs // 10)
    more = updates_in(X, epochs) - updates_in(X, short)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in SIDES}
    for _ in range(rounds):
        for name, fit in SIDES.items():
            whole, part = (seconds(lambda n=n: fit(X, n)) for n in (epochs, short))  # type: ignore[misc]
            taken[name].append((whole, (whole - part) / more))
    return {name: tuple(np.median(rows, axis=0)) for name, rows in taken.items()}


def sampled(name: str, data: str, n: int, rounds: int) -> tuple[float, float]:
    """In a process of its own: rows a second, and megabytes beside the result at the worst (Linux)."""
    X = DATA[data]()
    model = SIDES[name](X, 1)
    model.sample(min(n, 10_000))
    rate = n / float(np.median([seconds(lambda: model.sample(n)) for _ in range(rounds)]))
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not reset.exists():
        return rate, float("nan")

    def megabytes(key: str) -> float:
        line = next(line for line in status.read_text().splitlines() if line.startswith(key))
        return int(line.split()[1]) / 1024

    reset.write_text("5")  # the peak so far is forgotten
    before = megabytes("VmRSS")
    rows = model.sample(n)
    result = np.asarray(rows).nbytes / 2**20
    return rate, megabytes("VmHWM") - before - result


@click.command()
@click.option("--updates", default=300, show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--rows", default=1_000_000, show_default=True, help="Rows that regan samples.")
@click.option("--their-rows", default=100_000, show_default=True, help="Rows that CTGAN samples.")
@click.option("--threads", default=2, show_default=True)
def main(updates: int, rounds: int, rows: int, their_rows: int, threads: int) -> None:
    """Fit, then sample."""
    torch.set_num_threads(threads)
    console = Console(width=120)
    console.print(
        f"regan {regan.__version__}, numpy {np.__version__}, ctgan {version('ctgan')}, "
        f"torch {torch.__version__}, python {platform.python_version()}, {threads} threads"
    )
    table = Table(title=f"fits of {updates} updates, and sample()")
    for head in ("table", "side", "fit s", "ratio", "an update ms", "ratio", "rows/s", "MB beside"):
        table.add_column(head)
    context = get_context("spawn")
    with threadpool_limits(threads):
        for data, load in DATA.items():
            X = load()
            epochs = max(1, updates // updates_in(X, 1))
            found = fits(X, epochs, rounds)
            for name in SIDES:
                whole, each = found[name]
                n = rows if name == "regan" else their_rows
                with context.Pool(1, maxtasksperchild=1) as pool:
                    rate, beside = pool.apply(sampled, (name, data, n, rounds))
                ratio, ratio_each = (a / b for a, b in zip(found["ctgan"], found[name], strict=True))
                table.add_row(
                    *(f"{data} ({len(X)} rows)", name, f"{whole:.2f}", f"{ratio:.1f}"),
                    *(f"{1e3 * each:.2f}", f"{ratio_each:.1f}", f"{rate:,.0f}", f"{beside:.0f}"),
                )
    console.print(table)


if __name__ == "__main__":
    main()
