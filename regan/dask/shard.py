"""Shards: what one worker trains on, and its window of updates in each round."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from regan.building.specs import Shape
from regan.estimators.elsewhere import Trainee
from regan.mixtures.coordinates import GivenRows, Rows
from regan.training.mask_bank import MaskBank
from regan.training.state import Run, TrainingState
from regan.training.trainer import Begun, Trainer
from regan.training.training_data import TrainingData
from regan.validation import quietly


@dataclass(frozen=True)
class Order:
    """What a shard is asked to do in a round.

    Attributes
    ----------
    state : TrainingState
        The average that it begins with, on the host.
    done : int
        Updates that each shard has made.
    length : int
        How many it is to make now.
    rate : float
        What all learning rates are multiplied by.
    """

    state: TrainingState
    done: int
    length: int
    rate: float


@dataclass(frozen=True)
class Report:
    """What a shard has made of a round.

    Attributes
    ----------
    arrays : dict of str to array
        Those of its state, on the host.
    counts : dict of str to int
        The steps that each optimizer has made.
    history : dict of str to list of arrays
    seconds : float
        What the updates took.
    """

    arrays: dict[str, np.ndarray]
    counts: dict[str, int]
    history: dict[str, list[np.ndarray]]
    seconds: float


class Shard:
    """Rows that one worker trains on.

    It is a result that Dask keeps, moves and makes anew where it was lost. What it needs for
    training, such as recorded updates, is made with the first round and stays where the shard is:
    none of it goes along when it is moved, and no round depends on it.

    Parameters
    ----------
    trainee : Trainee
    number : int
        Its place among the shards, from which its random numbers follow: those of the first one
        are those of a model that trains on all rows.
    n_updates : int
        Of the whole run.
    rows : pair of arrays (n, D) and (n, C), the second may be None
        As `Trainee.read` gives them.
    """

    def __init__(self, trainee: Trainee, number: int, n_updates: int, rows: GivenRows) -> None:
        seed, dtype = shard_seed(trainee.seed, number), trainee.spec.run.dtype
        self._trainee, self._seed, self._n_updates = trainee, seed, n_updates
        X, labels = trainee.coordinates.enter(rows, seed, dtype)
        self._rows: Rows = X.astype(dtype), labels
        self._going_on: _Training | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_going_on": None}

    def __sizeof__(self) -> int:
        """Bytes, by which Dask decides what is moved."""
        arrays = [a for part in self._rows if part is not None for a in _arrays(part)]
        return int(sum(a.nbytes for a in arrays))

    def advance(self, order: Order) -> Report:
        """Make a window of updates from the averaged state."""
        training, self._going_on = self._going_on, None  # not to be used again after an error
        with quietly():
            training = training or _Training(self._trainee, self._rows, self._n_updates)
            report = training.advance(order, self._seed)
        self._going_on = training
        return report


class _Training:
    """The training of a shard in a process: its trainer, its run, its recorded updates."""

    def __init__(self, trainee: Trainee, rows: Rows, n_updates: int) -> None:
        self._trainer, self._data = make_trainer(trainee, rows)
        self._n_updates = n_updates
        self._begun: tuple[Run, Begun] | None = None

    def advance(self, order: Order, seed: int) -> Report:
        """See `Shard.advance`."""
        begin, trainer = perf_counter(), self._trainer
        run, begun = self._go_on(order, seed)
        trainer.advance(run, begun, order.length)
        arrays = {name: trainer.ops.to_numpy(a).copy() for name, a in run.state.arrays().items()}
        counts = {name: own["t"] for name, own in run.state.optimizers.items()}
        return Report(arrays, counts, run.history, perf_counter() - begin)

    def _go_on(self, order: Order, seed: int) -> tuple[Run, Begun]:
        """The run at the averaged state: arrays stay where recorded updates read them.

        A shard that comes back to a process, which still has it from rounds before, begins anew.
        """
        ops = self._trainer.ops
        if self._begun is not None and self._begun[0].done != order.done:
            self._begun[1].updates.close()
            self._begun = None
        if self._begun is None:
            state = order.state.on(ops)
            state.seed = seed
            run = Run(state, self._n_updates, done=order.done)
            self._begun = run, self._trainer.begin(run, self._data)
        run, begun = self._begun
        given = order.state.arrays()
        for name, own in run.state.arrays().items():
            own[...] = ops.asarray(given[name])
        run.state.step, run.done, run.rate = order.state.step, order.done, order.rate
        for name, own in run.state.optimizers.items():
            own["t"] = order.state.optimizers[name]["t"]
        run.history = {}
        return run, begun


def make_trainer(trainee: Trainee, rows: Rows) -> tuple[Trainer, TrainingData]:
    """A trainer for rows in the coordinates of a trainee, and these rows on its device."""
    spec, coordinates = trainee.spec, trainee.coordinates
    trainer = spec.trainer(spec.bind(spec.get_backend(), Shape.of(coordinates)), len(rows[0]))
    trainer.check()
    masks = [MaskBank.learn(coordinates, trainee.seed)] if spec.run.masked else None
    return trainer, TrainingData(trainer.ops, *rows, balanced=spec.run.balanced, masks=masks)


def shard_seed(seed: int, number: int) -> int:
    """The seed of a shard's draws; that of the first is the model's."""
    if not number:
        return seed
    return int(np.random.SeedSequence([seed, 28, number]).generate_state(1)[0])


def _arrays(part: Any) -> list[np.ndarray]:
    return [part] if isinstance(part, np.ndarray) else [part.plain, part.codes]
