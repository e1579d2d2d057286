"""What the ranks of an MPI program do, by the first argument; results go to the folder behind."""

import os
import signal
import sys
from pathlib import Path

import numpy as np

from regan import Callback, RegularizedGAN
from regan.distributed import RankError, communicating
from regan.distributed.choice import one_fit

X = np.random.default_rng(1).normal(size=(120, 3)) @ [[1, 0, 4], [0.5, 0.1, 0], [0, 0, 9]]
SETTINGS = {
    "hidden_layer_sizes": (8, 8),
    "latent_dim": 4,
    "batch_size": 24,
    "max_iter": 50,
    "n_discriminator_steps": 1,
    "dtype": "float64",
    "random_state": 0,
}


class OnDevice:
    """An array that has to be fetched and put back, as CuPy's do."""

    def __init__(self, values):
        self.values = values

    def get(self):
        return self.values.copy()

    def set(self, values):
        self.values[...] = values


class Dying(Callback):
    """Ends a rank in the middle of a fit."""

    def __init__(self, rank, how):
        self.rank, self.how = rank, how

    def on_step(self, run):
        if run.done == 30:
            self.how()


def protocol(ranks, folder):
    """Sums and objects of all sizes."""
    for n in (1, 1000, 2_000_000):
        for dtype in (np.float32, np.float64):
            array = np.full(n, ranks.rank + 1, dtype)
            ranks.all_reduce(array)
            assert (array == ranks.size * (ranks.size + 1) / 2).all()
            device = OnDevice(np.full(n, ranks.rank + 1, dtype))
            ranks.all_reduce(device)
            assert (device.values == ranks.size * (ranks.size + 1) / 2).all()
    for thing in (None, {"rank": ranks.rank}, np.arange(500_000) + ranks.rank):
        heard = ranks.broadcast(thing)
        expected = {"rank": 0} if isinstance(thing, dict) else thing
        if isinstance(thing, np.ndarray):
            np.testing.assert_array_equal(heard, np.arange(500_000))
        else:
            assert heard == expected


def train(ranks, folder, **changes):
    """The same model on all ranks."""
    model = RegularizedGAN(**{**SETTINGS, **changes}).fit(X)
    np.savez(Path(folder) / f"{ranks.rank}.npz", **model._state.arrays(), **model.history_)


def long(ranks, folder):
    """Long enough for updates that are recorded."""
    train(ranks, folder, max_iter=200)


def fail(ranks, folder):
    """An error on rank 1, in the middle of a fit."""

    def how():
        raise MemoryError("no room")

    train(ranks, folder, callbacks=[Dying(1, how)] if ranks.rank == 1 else [Callback()])


def kill(ranks, folder):
    """Rank 1 is killed."""

    def how():
        os.kill(os.getpid(), signal.SIGKILL)

    train(ranks, folder, callbacks=[Dying(1, how)] if ranks.rank == 1 else [Callback()])


def differ(ranks, folder):
    """Other settings on rank 1."""
    train(ranks, folder, gamma=0.1 + 0.2 * ranks.rank)


def again(ranks, folder):
    """An error of all ranks, after which they go on; and then one of rank 0."""
    for _ in range(3):
        try:
            RegularizedGAN(batch_size=0).fit(X)
        except ValueError:
            continue
        raise AssertionError
    train(ranks, folder)
    try:
        with one_fit():
            if ranks.rank == 0:
                raise ValueError("alone")
            ranks.all_reduce(np.zeros(1))
    except (ValueError, RankError) as error:
        (Path(folder) / f"{ranks.rank}.txt").write_text(f"{type(error).__name__}: {error}")


def ended(how):
    """Rank 1 ends between two contexts."""
    with communicating("mpi") as ranks:
        ranks.all_reduce(np.zeros(1))
    if ranks.rank == 1:
        how()
    with communicating("mpi") as ranks:
        ranks.all_reduce(np.zeros(1))


def raises():
    """Ends a program by an error."""
    raise MemoryError("no room")


if __name__ == "__main__":
    if sys.argv[1] == "ended":
        ended({"error": raises, "exit": sys.exit}[sys.argv[2]])
        sys.exit()
    with communicating("mpi") as communicator:
        globals()[sys.argv[1]](communicator, sys.argv[2])
