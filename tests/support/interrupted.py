"""Fits and writers that are killed: what the children of a test do."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import numpy as np

import regan.storage.tensor_file
from regan import Callback, Checkpoint, EarlyStopping, NonFiniteGuard, RegularizedGAN
from regan.storage.atomic import atomic_file
from regan.storage.tensor_file import CHECKPOINT, write_tensors


def children():
    """A context of multiprocessing whose children start fast and without threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["regan"])
    return context


class KillAt(Callback):
    """Dies of SIGKILL at an update."""

    def __init__(self, step):
        self.step = step

    def on_step(self, run):
        if run.state.step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


class SignalAt(Callback):
    """Sends the process a signal at an update, or at the end of its window."""

    def __init__(self, step, number=signal.SIGINT, times=1, event="on_step"):
        self.step, self.number, self.times = step, number, times
        setattr(self, event, self._send)

    def _send(self, run):
        if run.state.step == self.step:
            for _ in range(self.times):
                signal.raise_signal(self.number)


class Announce(Callback):
    """Says when training begins."""

    def __init__(self, event):
        self.event = event

    def on_fit_start(self, run):
        self.event.set()


class Poison(Callback):
    """Makes the generator infinite, each time at the given update, so many times in a run."""

    def __init__(self, step, times):
        self.step, self.times = step, times

    def on_step(self, run):
        if run.state.step == self.step and run.rollbacks < self.times:
            run.state.thetas["generator"][...] = np.inf


def rows():
    return np.random.default_rng(5).normal([3, -8], [2, 0.1], size=(150, 2))


def model(callbacks=(), **changes):
    """A small GAN with all that a checkpoint has to hold."""
    settings = {
        "hidden_layer_sizes": (8,),
        "latent_dim": 3,
        "batch_size": 16,
        "max_iter": 200,
        "constraint": "spectral_norm",
        "early_stopping": EarlyStopping(0.2, n_iter_no_change=1000),
        "callbacks": [Poison(68, 2), NonFiniteGuard(), *callbacks],
        "random_state": 0,
        **changes,
    }
    return RegularizedGAN(**settings)


def fit(folder, step, queue=None):
    """Fit with checkpoints, up to the update at which the process dies, if it does."""
    import warnings

    warnings.simplefilter("ignore")  # of the guard
    os.environ["OMP_NUM_THREADS"] = "1"
    kill = [] if step is None else [KillAt(step)]
    checkpoint = Checkpoint(folder, every=1, resume=True)
    gan = model([checkpoint, *kill]).fit(rows())
    queue.put(result(gan))


def fit_long(folder, event, n_updates, queue):
    """The same for a long while, to be killed from outside."""
    checkpoint = Checkpoint(folder, every=1, resume=True)
    gan = model(max_iter=n_updates).set_params(callbacks=[checkpoint, Announce(event)])
    queue.put(result(gan.fit(rows())))


def result(gan):
    """All that a fit leaves behind, to be compared bit by bit."""
    state = gan._state.export()
    fitted = {"G": gan.generator_.theta, "D": gan.discriminator_.theta}
    return {
        "arrays": {**state[0], **gan.history_, **fitted, "rows": gan.sample(20, random_state=1)},
        "rest": {**state[1], "best": (gan.best_iter_, gan.best_score_), "n_iter": gan.n_iter_},
    }


def write_slowly(path, event):
    """Write half of a file, say so, and wait."""
    with atomic_file(Path(path)) as file:
        file.write(b"half" * 1000)
        file.flush()
        event.set()
        time.sleep(600)


def write_on(path, atomic, count, n_values=200_000):
    """Write one file after the other to `path`, and count those that are complete."""
    if not atomic:
        regan.storage.tensor_file.write_atomically = lambda path, data: Path(path).write_bytes(data)
    while True:
        number = count.value + 1
        values = np.full(n_values, number, dtype=np.float64)
        write_tensors(Path(path), CHECKPOINT, {"number": number}, {"values": values})
        count.value = number


def search(told):
    """Search for hours in two workers, forks, each of which tells when it trains."""
    import joblib

    import regan.population.shard as shard
    from regan import RegularizedGANCV

    on_step, heard = shard._Shard.on_step, []

    def tell(self, run):
        if not heard:
            heard.append(told.send(os.getpid()))
        on_step(self, run)

    shard._Shard.on_step = tell
    multiprocessing.set_start_method("fork", force=True)
    gan = model(max_iter=10**7, early_stopping=False).set_params(callbacks=None)
    with joblib.parallel_config("multiprocessing"):
        RegularizedGANCV(gan, alphas=[0.0, 0.1], cv=2, n_jobs=2).fit(rows())
