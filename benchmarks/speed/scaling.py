"""How the time of an update grows: with batch, width, depth, columns and models trained at once.

Run: ``python benchmarks/speed/scaling.py``. One thing changes at a time, around 64 columns, batches
of 128 and two hidden layers of 128 units in each network, with R1 + R2. The settings take turns,
and every figure is the median over the rounds. Prints a table in Markdown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import click
from cells import Training
from turns import length_of, measure, median

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


@click.command()
@click.option("--rounds", default=7, show_default=True)
@click.option("--length", default=0.3, show_default=True, help="Seconds of a turn.")
@click.option("--backend", default=None, help="Default: REGAN_BACKEND, or numpy.")
def main(rounds: int, length: float, backend: str | None) -> None:
    """Time them, one thing after the other."""
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
