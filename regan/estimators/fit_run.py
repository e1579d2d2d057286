"""The fit of a model of two networks: from scaled rows to fitted networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from regan.building.factory import known_classes
from regan.building.framing import check_kept
from regan.building.rules import Facts
from regan.building.specs import SamplingSpec, Shape
from regan.building.streamed_set import FitRows, StreamedSet, learn_set
from regan.building.training_set import TrainingSet
from regan.control.checkpoint import Checkpoint, find_checkpoint
from regan.control.early_stopping import BestState
from regan.control.identity import Identity
from regan.control.ranks import check_same, facts_of
from regan.control.signals import Patience
from regan.control.tasks import Tasks
from regan.data.reader import Reader
from regan.distributed import get_communicator
from regan.estimators.steered_run import Kept, Resumption, SteeredRun
from regan.files.values import Codec
from regan.mixtures.coordinates import Coordinates, Rows
from regan.mixtures.frames import Frames
from regan.training.memory import warn_of_memory
from regan.training.results import Result, results
from regan.training.state import Run, TrainingState
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData
from regan.validation import quietly

Snapshot = Callable[[Result, Kept], dict[str, Any]]
"""The attributes that a model would have with such a result."""


@dataclass(frozen=True)
class Occasion:
    """The circumstances of a fit, beside what the specification says.

    Attributes
    ----------
    name : str
        The class of the estimator.
    one_pass : bool
        See every row once, at a constant rate.
    tasks : Tasks or None
        For scikit-learn's callbacks.
    """

    name: str
    one_pass: bool = False
    tasks: Tasks | None = None


class FitRun:
    """A fitting run, from scaled rows to the last update.

    Parameters
    ----------
    read : callable
        Gives the specification, of the facts that rules ask for, or without them.
    reader : Reader
    rows : pair of arrays (n, D) and (n, C), the second may be None
        Rows, of numbers alone unscaled, and one-hot labels; or a stream, and those of its sample.
    seed : int
    last : pair of Result and Frames, or None
        What training goes on from, and the frames of that, if it has any.
    occasion : Occasion

    Attributes
    ----------
    seed : int
        What all draws derive from: the one given, or that of the checkpoint which goes on.
    coordinates : Coordinates
        What the networks train in.
    facts : Facts
        What rules asked of the rows.
    held : pair of arrays or None
        What early stopping has held out, as the networks see it.
    patience : Patience
        The context that training and what follows it need: Ctrl-C then ends the run with the model
        so far, unless a checkpoint is there to go on from.
    """

    patience: Patience
    coordinates: Coordinates
    held: Rows | None

    def __init__(
        self,
        read: Callable[..., SamplingSpec],
        reader: Reader,
        rows: FitRows,
        seed: int,
        last: tuple[Result, Frames | None] | None,
        occasion: Occasion,
    ) -> None:
        self._spec = spec = read()
        self._communicator = get_communicator()
        self._reader, self._occasion = reader, occasion
        self._last = None if last is None else last[0]
        self._checkpoint = find_checkpoint(spec.run.callbacks)
        self._stopping, self._tasks = spec.run.early_stopping, occasion.tasks
        self.patience = Patience(listens=self._checkpoint is None)
        if occasion.one_pass:
            self._refuse_what_needs_a_whole_fit()
        self._resumption = self._open(self._checkpoint, rows)
        saved = None if self._resumption is None else self._resumption.saved
        # without a seed given, each rank has drawn one
        seed = self._communicator.broadcast(seed)
        self.seed: int = seed if saved is None else saved.seed
        kept = None if last is None else self._kept_coordinates(rows, last[1])
        training_set = learn_set(spec.run, reader.scaler, rows, self.seed, kept)
        self.coordinates, self.held = training_set.coordinates, training_set.held
        self.facts: Facts = training_set.facts
        if self._last is not None:
            self.facts = replace(self.facts, skips=_skips(self._last))
        with quietly():  # the first reading has told what there is to tell
            self._spec = read(self.facts)
        self._begin(training_set)

    def _kept_coordinates(self, rows: FitRows, frames: Frames | None) -> Coordinates:
        """The coordinates in which training goes on."""
        check_kept(self._spec.run.frames, frames, self._spec.settings["frames"])
        n_classes = 0 if rows[1] is None else rows[1].shape[1]
        return Coordinates(self._reader.scaler, n_classes, frames)

    def _open(self, checkpoint: Checkpoint | None, rows: FitRows) -> Resumption | None:
        """What ranks and a checkpoint have to agree with, and the one to go on from."""
        communicator = self._communicator
        if checkpoint is None and communicator.size == 1:
            return None
        identity = Identity.of(
            self._occasion.name,
            self._spec.describe(Codec(known_classes())),
            self._spec.settings.given,
            self._reader,
            rows,
            0 if self._last is None else self._last.state.step,
        )
        if communicator.size > 1:
            check_same(communicator, facts_of(identity, self._spec.get_backend()))
        if checkpoint is None:
            return None
        identity = checkpoint.identify(identity)
        saved = checkpoint.open(identity) if communicator.rank == 0 else None
        return Resumption(checkpoint, identity, communicator.broadcast(saved))

    def _begin(self, training_set: TrainingSet | StreamedSet) -> None:
        """Trainer, run and data, before the first update."""
        n_rows, spec, scaler = training_set.n_rows, self._spec, self._reader.scaler
        ops, one_pass, balanced = spec.get_backend(), self._occasion.one_pass, spec.run.balanced
        objective = spec.bind(ops, Shape.of(self.coordinates), constant=one_pass)
        self._trainer = trainer = spec.trainer(objective, n_rows, self._communicator)
        n_updates = _one_pass(trainer, n_rows) if one_pass else spec.run.max_iter
        trainer.check()
        warn_of_memory(trainer, training_set.n_resident(trainer, n_updates), scaler.levels)
        state = trainer.init(self.seed, 1, [self.coordinates.offsets])
        if self._last is not None:
            state = _resumed(spec, trainer, self._last, state)
        if self._communicator.size > 1:
            state = self._communicator.broadcast(state.map(ops.to_numpy)).on(ops)
        self._rows = None
        if one_pass and not balanced and isinstance(training_set, TrainingSet):
            order = np.random.default_rng([self.seed, 5, state.step]).permutation(n_rows)
            self._rows = np.resize(order, (n_updates, trainer.n_minibatches, trainer.batch_size))
        self._run = Run(state, n_updates, constant=one_pass)
        self._data = training_set.data(ops, trainer, state.step, n_updates, balanced=balanced)

    def train(self, snapshot: Snapshot) -> None:
        """Make the updates, or those that are left of them; see `Trainer.run`.

        snapshot : for scikit-learn's callbacks.
        """
        trainer, run, best = self._trainer, self._run, None
        if self._stopping is not None and self.held is not None:
            held = TrainingData(trainer.ops, *self.held)
            given = self._stopping, trainer.evaluation, run.state, self._data, held
            best = BestState.of(*given, [self.coordinates])
        self._steered = SteeredRun(
            trainer,
            run,
            self._data,
            self._communicator,
            self.patience,
            resumption=self._resumption,
            best=best,
            tasks=self._tasks,
            rows=self._rows,
        )
        if self._tasks is not None:
            self._tasks.watch(best, lambda run: snapshot(self._result_of(run), self.kept))
        self._steered.train()

    def tell(self) -> None:
        """Warn of a run that was interrupted, when its model is there."""
        self._steered.tell()

    def result(self) -> Result:
        """What training has led to, on the host, with the history from the beginning."""
        return self._result_of(self._run)

    @property
    def n_updates(self) -> int:
        """Updates that it was to make."""
        return self._run.n_updates

    @property
    def kept(self) -> Kept:
        """What early stopping has found."""
        return self._steered.kept

    def _result_of(self, run: Run) -> Result:
        before = None if self._last is None else self._last.history
        (result,) = results(self._trainer.evaluation, run, self._data, before)
        return result

    def _refuse_what_needs_a_whole_fit(self) -> None:
        if self._stopping is not None:
            given = self._spec.settings["early_stopping"]
            raise ValueError(
                f"partial_fit does not support early_stopping={given!r}, because it makes one "
                "pass and holds out no rows. Set early_stopping=False, or use fit"
            )
        if self._checkpoint is not None:
            raise ValueError(
                "partial_fit does not support Checkpoint: remove it from callbacks, and save the "
                "model after each pass"
            )


def _skips(last: Result) -> bool:
    """Whether noise goes around a network."""
    return any(fitted.network.n_skip for fitted in last.networks.values())


def _one_pass(trainer: Trainer, n: int) -> int:
    """Updates that see every row about once, for a trainer whose batch size becomes their share."""
    n_minibatches, pac = trainer.n_minibatches, trainer.objective.pac * trainer.part.size
    n_updates = -(-n // (n_minibatches * trainer.batch_size))
    each = -(-n // (n_minibatches * n_updates))
    trainer.batch_size = -(-each // pac) * pac
    return n_updates


def _resumed(
    spec: SamplingSpec, trainer: Trainer, last: Result, fresh: TrainingState
) -> TrainingState:
    """The state of the last fit on the device, if the networks are still the same.

    fresh : the state of a new fit, for what does not go on.
    """
    for name, new in trainer.objective.networks.items():
        was, now = last.networks[name].network.describe(), new.describe()
        if was != now:
            raise ValueError(
                f"training cannot continue from the last fit: its {name} was {was}, but the "
                f"present settings give {now}. Set {', '.join(spec.width_settings)}, activation, "
                "latent_dim, normalization, dropout, architecture and masked back, or fit with "
                "warm_start=False"
            )
    state = last.state.on(trainer.ops)
    players = trainer.objective.players
    optimizers = {
        name: (state if state.methods[name] == method else fresh).optimizers[name]
        for name, method in fresh.methods.items()
    }
    memories = {
        name: state.memories[name]
        if state.memories[name].keys() == fresh.memories[name].keys()
        else player.constraints.init(state.thetas[name], np.random.default_rng(fresh.seed))
        for name, player in players.items()
    }
    return replace(state, optimizers=optimizers, methods=fresh.methods, memories=memories)
