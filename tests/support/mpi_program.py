"""What the ranks of an MPI program do, by the first argument; results go to the folder behind."""

import os
import signal
import sys
from pathlib import Path

import numpy as np

from regan import Callback, Checkpoint, RegularizedGAN
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

    def __init__(self, rank, how, ranks=None):
        self.rank, self.how, self.ranks = rank, how, ranks

    def on_step(self, run):
        if run.done == 30 and (self.ranks is None or self.ranks.rank == self.rank):
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


def unlike(ranks, folder):
    """Errors of all ranks and of one, in an order that leaves nothing between them, all caught."""
    bad, told = np.full((9, 2), np.nan), []

    def attempt(*rows):
        try:
            with communicating(ranks):
                RegularizedGAN(**SETTINGS).fit(rows[ranks.rank])
            told.append("fitted")
        except (ValueError, RankError) as error:
            told.append(type(error).__name__)

    attempt(bad, bad)
    attempt(bad, X)
    attempt(X, bad)
    attempt(X, X)
    attempt(bad, bad)
    attempt(X, bad)
    attempt(X, X)
    (Path(folder) / f"{ranks.rank}.txt").write_text(" ".join(told))
    train(ranks, folder)


def wrapped(ranks, folder):
    """An error of rank 0 that leaves a context by another name, and one of its handling."""
    for broken in (True, False):
        try:
            with communicating(ranks):
                try:
                    RegularizedGAN(**SETTINGS).fit(X * np.nan if broken and not ranks.rank else X)
                except ValueError as error:
                    raise LookupError("no model") from error  # rank 0 has told of that
        except (LookupError, RankError):
            try:
                with communicating(ranks):
                    RegularizedGAN(**SETTINGS).fit(X if ranks.rank else X * np.nan)
            except (ValueError, RankError) as error:
                (Path(folder) / f"{ranks.rank}.txt").write_text(type(error).__name__)
    train(ranks, folder)


def resumed(ranks, folder):
    """An error of rank 1, and the same fit again in the same program, from the checkpoint."""
    checkpoint = Checkpoint(Path(folder) / "runs", every=10, resume=True)

    def how():
        raise MemoryError("no room")

    try:
        with communicating(ranks):
            train(ranks, folder, max_iter=200, callbacks=[checkpoint, Dying(1, how, ranks)])
    except (MemoryError, RankError) as error:
        (Path(folder) / f"{ranks.rank}.txt").write_text(type(error).__name__)
    train(ranks, folder, max_iter=200, callbacks=[checkpoint])


def gone(ranks, folder):
    """Rank 0 fails, passes over it and ends; rank 1 goes on."""
    try:
        with communicating(ranks):
            RegularizedGAN(**SETTINGS).fit(X if ranks.rank else X * np.nan)
    except (ValueError, RankError):
        pass
    if ranks.rank:
        train(ranks, folder)


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
