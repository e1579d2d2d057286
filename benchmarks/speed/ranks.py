"""Two ranks compared with one: seconds of an update, and how many of them pass in the all-reduce.

    OMP_NUM_THREADS=1 mpiexec -n 2 python benchmarks/speed/ranks.py

Each round makes a chunk of updates with whole minibatches on every rank by itself, one rank after
the other, and a chunk with shared ones; figures are medians over the rounds. A rank has as many
threads as the environment gives it, and needs a core of its own.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import click
import numpy as np

from regan.backends import Array, get_backend
from regan.building.specs import Shape, read
from regan.distributed import Communicator, MPICommunicator, SingleCommunicator
from regan.estimators import RegularizedGAN
from regan.training.recording import Updates
from regan.training.state import Run
from regan.training.training_data import TrainingData


class Timed(Communicator):
    """A communicator that notes the seconds in sums of arrays."""

    def __init__(self, inner: Communicator) -> None:
        self.inner, self.seconds = inner, 0.0

    @property
    def rank(self) -> int:
        return self.inner.rank

    @property
    def size(self) -> int:
        return self.inner.size

    def all_reduce(self, array: Array) -> None:
        began = perf_counter()
        self.inner.all_reduce(array)
        self.seconds += perf_counter() - began

    def broadcast(self, thing: Any) -> Any:
        return self.inner.broadcast(thing)


class Side:
    """Updates with a communicator, in chunks."""

    def __init__(self, communicator: Communicator, model: RegularizedGAN, X: np.ndarray) -> None:
        spec = read(model)
        ops = get_backend("numpy", "float32")
        objective = spec.bind(ops, Shape(X.shape[1]))
        self.communicator = Timed(communicator)
        trainer = spec.trainer(objective, len(X), self.communicator)
        trainer.check()
        run = Run(trainer.init(0), 10**6)
        self.updates = Updates(trainer, run, TrainingData(ops, X), 10**6)
        self.updates.begin_window()
        self.numbers = sum(theta.shape[1] for theta in run.state.thetas.values())

    def seconds(self, n: int) -> tuple[float, float]:
        """Of an update, and of those in sums of arrays."""
        self.communicator.seconds, began = 0.0, perf_counter()
        for _ in range(n):
            self.updates.advance(0.0, None)
        return (perf_counter() - began) / n, self.communicator.seconds / n


@click.command()
@click.option("--width", default=512, show_default=True)
@click.option("--batch-size", default=1024, show_default=True)
@click.option("--columns", default=64, show_default=True)
@click.option("--updates", default=4, show_default=True, help="In a chunk.")
@click.option("--rounds", default=15, show_default=True)
@click.option("--turns", is_flag=True, help="Update the networks in turn, with two sums an update.")
def main(width: int, batch_size: int, columns: int, updates: int, rounds: int, turns: bool) -> None:
    """Time updates on one rank and on all."""
    ranks = MPICommunicator()
    X = np.random.default_rng(0).normal(size=(20_000, columns))
    model = RegularizedGAN(
        hidden_layer_sizes=(width, width),
        latent_dim=64,
        batch_size=batch_size,
        n_discriminator_steps=int(turns),
        architecture=None,
    )
    alone, shared = Side(SingleCommunicator(), model, X), Side(ranks, model, X)
    times = np.zeros((rounds + 1, 3))
    for i in range(rounds + 1):
        for turn in range(ranks.size):
            if turn == ranks.rank:
                times[i, 0] = alone.seconds(updates)[0]
            ranks.all_reduce(np.zeros(1))
        times[i, 1:] = shared.seconds(updates)
    ranks.all_reduce(times)
    one, all_, sums = np.median(times[1:], axis=0) / ranks.size
    if ranks.rank == 0:
        print(
            f"width {width}, batch {batch_size}, {alone.numbers} parameters: {1e3 * one:.1f} ms on "
            f"one rank, {1e3 * all_:.1f} ms on {ranks.size} ({one / all_:.2f} times as fast), of "
            f"these {1e3 * sums:.1f} ms in the all-reduce"
        )


if __name__ == "__main__":
    main()
