"""Whole fits and a million rows compared with CTGAN, at equal updates, in one run.

    tox -e bench-fit      # or, where ctgan is installed: python benchmarks/speed/fit.py

Both sides get the same table, minibatches of 500, two hidden layers of 256 units in each network, a
latent dimension of 128 and as many updates of either network; they take turns, and every time is a
median. CTGAN also learns a mixture for each column before it trains, and inverts it for each row
that it samples. That is part of what its users wait for: *fit* is the whole call, and *an update*
what one more update adds to it. regan trains on standardised columns.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import click
import numpy as np
import pandas as pd
import torch
from ctgan import CTGAN
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

import regan
from regan import RegularizedGAN

sys.path.append(str(Path(__file__).parents[2] / "examples"))
from tables import adult

BATCH, WIDTHS, LATENT = 500, (256, 256), 128
DATA: dict[str, Callable[[], pd.DataFrame]] = {
    # as floats, a matrix: integers would be encoded by their ranks
    "adult, 6 columns": lambda: adult().select_dtypes("number").astype(float),
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


def small(X: pd.DataFrame, epochs: int) -> RegularizedGAN:
    """With the networks that regan makes by default, of 128 units."""
    return RegularizedGAN(max_iter=updates_in(X, epochs), random_state=0).fit(X)


Fit: TypeAlias = Callable[[pd.DataFrame, int], Any]
SIDES: dict[str, Fit] = {"ctgan": theirs, "regan": ours, "regan, default sizes": small}


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
            whole, part = (seconds(partial(fit, X, n)) for n in (epochs, short))
            taken[name].append((whole, (whole - part) / more))
    return {name: tuple(np.median(rows, axis=0)) for name, rows in taken.items()}


def sampled(name: str, data: str, n: int, rounds: int) -> tuple[float, float]:
    """In a process of its own: rows a second, and the megabytes beside the result (Linux)."""
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
@click.option("--rounds", default=2, show_default=True)
@click.option("--rows", default=1_000_000, show_default=True, help="Rows that regan samples.")
@click.option("--their-rows", default=20_000, show_default=True, help="Rows that CTGAN samples.")
@click.option("--threads", default=2, show_default=True)
@click.option("--sampling", hidden=True, help="What a process of its own measures.")
def main(
    updates: int, rounds: int, rows: int, their_rows: int, threads: int, sampling: str | None
) -> None:
    """Fit, then sample."""
    if sampling:
        name, data, n = sampling.split("|")
        print(*sampled(name, data, int(n), rounds))
        return
    torch.set_num_threads(threads)
    print(
        f"regan {regan.__version__}, numpy {np.__version__}, ctgan {version('ctgan')}, "
        f"torch {torch.__version__}, python {platform.python_version()}, {threads} threads, "
        f"{updates} updates\n"
    )
    print("| table | side | fit s | ratio | an update ms | ratio | rows/s | MB beside |")
    print("|---" * 8 + "|")
    with threadpool_limits(threads):
        for data, load in DATA.items():
            X = load()
            epochs = max(1, updates // updates_in(X, 1))
            found = fits(X, epochs, rounds)
            for name in SIDES:
                whole, each = found[name]
                n = their_rows if name == "ctgan" else rows
                command = [sys.executable, __file__, "--sampling", f"{name}|{data}|{n}"]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                rate, beside = (float(word) for word in done.stdout.split()[-2:])
                ratio, ratio_each = (
                    a / b for a, b in zip(found["ctgan"], found[name], strict=True)
                )
                cells = (
                    *(data, name, f"{whole:.2f}", f"{ratio:.1f}"),
                    *(f"{1e3 * each:.2f}", f"{ratio_each:.1f}", f"{rate:,.0f}", f"{beside:.0f}"),
                )
                print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
