"""How the time of an update grows, with batch, width, depth, columns and models trained at once,
and that of rows that are sampled.

Run: ``python benchmarks/speed/scaling.py``. One thing changes at a time, around 64 columns, batches
of 128 and two hidden layers of 128 units in each network, with R1 + R2. The settings take turns,
and every figure is the median over the rounds. Rows are sampled on one core, beside the matrix
products and normal numbers alone that they take, in CPU time. Prints two tables in Markdown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import process_time

import click
import numpy as np
from cells import Training
from threadpoolctl import threadpool_limits
from turns import Steps, length_of, measure, median, ratio

from regan import RegularizedGAN


@dataclass(frozen=True)
class Size:
    """What an update costs by: K models, N rows, D columns, and the hidden layers."""

    batch: int = 128
    width: int = 128
    depth: int = 2
    columns: int = 64
    models: int = 1


BASE = Size()
SIZES = {
    "batch": [replace(BASE, batch=n) for n in (32, 128, 512, 2048)],
    "width": [replace(BASE, width=n) for n in (32, 128, 512)],
    "depth": [replace(BASE, depth=n) for n in (1, 2, 4, 8)],
    "columns": [replace(BASE, columns=n) for n in (2, 64, 784)],
    "models": [replace(BASE, models=n) for n in (1, 4, 16)],
    "models of width 32": [replace(BASE, width=32, models=n) for n in (1, 4, 16)],
    "models of width 64": [replace(BASE, width=64, models=n) for n in (1, 4, 16)],
}


def training(size: Size, backend: str | None) -> Training:
    """Models of that size."""
    settings = RegularizedGAN(
        hidden_layer_sizes=(size.width,) * size.depth,
        batch_size=size.batch,
        learning_rate="constant",
        gradient_penalty="r1r2",
        backend=backend,
    )
    return Training(settings, size.columns, size.models)


SAMPLED: dict[str, tuple[str, str | None, bool]] = {
    "float32, no frames": ("float32", None, False),
    "float32, frames": ("float32", "auto", False),
    "float64, no frames": ("float64", None, False),
    "whole numbers in float32, no frames": ("float32", None, True),
}
"""Arrays to sample others like: their dtype, the setting for frames, and whether numbers are whole.
"""

PIECE = 1024


def sampling(dtype: str, frames: str | None, whole: bool) -> tuple[Steps, Steps]:
    """Sampling of pieces of rows; and the products and normal numbers that these take."""
    X = np.random.default_rng(0).standard_normal((3000, BASE.columns))
    model = RegularizedGAN(max_iter=3, frames=frames, random_state=0)
    model.fit((np.rint(20 * X) if whole else X).astype(dtype))
    rng, weights = np.random.default_rng(0), []
    for arrays in model.generator_.parameters:
        weights += [arrays["W"]] if "W" in arrays else []
    if frames:  # out of the frames again, in float64
        weights.append(np.eye(BASE.columns))
    sizes = PIECE, len(weights[0])
    rooms = [np.empty((PIECE, w.shape[1]), w.dtype) for w in weights]
    noise = np.ones(sizes, "float32")

    def alone(n: int) -> None:
        for _ in range(n):
            rng.standard_normal(sizes)
            x = noise
            for w, room in zip(weights, rooms, strict=True):
                np.matmul(x.astype(w.dtype, copy=False), w, out=room)
                x = room

    return lambda n: model.sample(n * PIECE, random_state=0), alone


def sampled(rounds: int, length: float) -> None:
    """The table of sampled rows."""
    print(
        "\n| sampled from a model of | M rows a CPU second | products and normals alone | share |"
    )
    print("|---" * 4 + "|")
    for name, given in SAMPLED.items():
        sides = {}
        for side, steps in zip(("sample", "alone"), sampling(*given), strict=True):
            sides[side] = steps, length_of(steps, length, process_time)
        found = list(measure(sides, rounds, process_time))
        rates = [f"{PIECE / median(found, side) / 1e6:.2f}" for side in sides]
        share = ratio(found, "alone", "sample")
        print(f"| {name} | {' | '.join(rates)} | {share:.2f} |", flush=True)


@click.command()
@click.option("--rounds", default=7, show_default=True)
@click.option("--length", default=0.3, show_default=True, help="Seconds of a turn.")
@click.option("--backend", default=None, help="Default: REGAN_BACKEND, or numpy.")
@click.option("--sampling/--all", "only", default=False, help="The second table alone.")
def main(rounds: int, length: float, backend: str | None, only: bool) -> None:
    """Time them, one thing after the other."""
    if not only:
        updates(rounds, length, backend)
    with threadpool_limits(1):
        sampled(rounds, length)


def updates(rounds: int, length: float, backend: str | None) -> None:
    """The table of updates."""
    print("| what grows | | ms an update |\n|---|---|---|")
    for name, sizes in SIZES.items():
        sides = {}
        for size in sizes:
            steps = training(size, backend).steps
            sides[str(getattr(size, name.split()[0]))] = steps, length_of(steps, length)
        found = list(measure(sides, rounds))
        for value in sides:
            print(f"| {name} | {value} | {1e3 * median(found, value):.2f} |", flush=True)


if __name__ == "__main__":
    main()
