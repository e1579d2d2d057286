"""How the time of an update grows: with batch, width, depth, columns and models trained at once.

Run: ``python benchmarks/speed/scaling.py``. One thing changes at a time, around 64 columns, batches
of 128 and two hidden layers of 128 units in each network, with R1 + R2. The settings take turns,
and every figure is the median over the rounds. Prints a table in Markdown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import click
import numpy as np

from regan import RegularizedGAN
from regan.backends import get_backend
from regan.building.specs import Shape, read
from regan.training.recording import Updates
from regan.training.state import Run
from regan.training.training_data import TrainingData

ROWS = 4000


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
}


class Training:
    """Models in training."""

    def __init__(self, size: Size, backend: str | None) -> None:
        settings = RegularizedGAN(
            hidden_layer_sizes=(size.width,) * size.depth,
            batch_size=size.batch,
            learning_rate="constant",
            gradient_penalty="r1r2",
        )
        self.ops = get_backend(backend, "float32")
        spec = read(settings)
        self.trainer = spec.trainer(spec.bind(self.ops, Shape(size.columns)), ROWS)
        X = np.random.default_rng(0).standard_normal((ROWS, size.columns))
        self.run = Run(self.trainer.init(0, size.models), 10**9)
        data = TrainingData(self.ops, X)
        self.updates = Updates(self.trainer, self.run, data, 10**9)

    def seconds(self, n: int) -> float:
        """The time of an update, over `n` of them."""
        begin = perf_counter()
        with self.ops.threads_for(self.trainer._largest_product()):
            self.trainer._window(self.run, self.updates, n, None, quiet=True)
        self.ops.synchronize()
        return (perf_counter() - begin) / n


@click.command()
@click.option("--rounds", default=7, show_default=True)
@click.option("--length", default=0.3, show_default=True, help="Seconds of a turn.")
@click.option("--backend", default=None, help="Default: REGAN_BACKEND, or numpy.")
def main(rounds: int, length: float, backend: str | None) -> None:
    """Time them, one thing after the other."""
    print("| what grows | | ms an update |\n|---|---|---|")
    for name, sizes in SIZES.items():
        trainings = [Training(size, backend) for size in sizes]
        for training in trainings:
            training.seconds(3)
        counts = [max(1, int(length / training.seconds(3))) for training in trainings]
        taken = [
            [training.seconds(n) for training, n in zip(trainings, counts, strict=True)]
            for _ in range(rounds)
        ]
        for size, seconds in zip(sizes, np.median(taken, axis=0), strict=True):
            value = getattr(size, name.split()[0])
            print(f"| {name} | {value} | {1e3 * seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
