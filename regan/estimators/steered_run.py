"""A training run under all that steers it: callbacks, checkpoints, signals, early stopping."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.control.checkpoint import Checkpoint, Writer
from regan.control.early_stopping import BestState
from regan.control.identity import Identity
from regan.control.ranks import Agreement
from regan.control.saved_run import Saved
from regan.control.signals import Interruption, Patience
from regan.control.tasks import Tasks
from regan.distributed import Communicator
from regan.training.callbacks import Callback
from regan.training.progress import ProgressBar
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData
from regan.validation import warn_user

Kept = tuple[int, float] | None
"""The update that early stopping has kept, and its score."""


@dataclass(frozen=True)
class Resumption:
    """What a run with checkpoints is compared by, and where an earlier one stood.

    Attributes
    ----------
    checkpoint : Checkpoint
    identity : Identity
    saved : Saved or None
        None to start from the beginning.
    """

    checkpoint: Checkpoint
    identity: Identity
    saved: Saved | None


class SteeredRun:
    """A run of a trainer, from its first update to its last one, or where somebody ends it.

    Parameters
    ----------
    trainer : Trainer
    run : Run
    data : TrainingData
    communicator : Communicator
    patience : Patience
        The context that it runs in: Ctrl-C then ends it with the state so far, unless a checkpoint
        is there to go on from.
    resumption : Resumption, optional
    best : BestState, optional
        Early stopping.
    tasks : Tasks, optional
        Of scikit-learn's callbacks.
    rows : int array, optional
        As of `Trainer.run`.
    """

    def __init__(
        self,
        trainer: Trainer,
        run: Run,
        data: TrainingData,
        communicator: Communicator,
        patience: Patience,
        *,
        resumption: Resumption | None = None,
        best: BestState | None = None,
        tasks: Tasks | None = None,
        rows: np.ndarray | None = None,
    ) -> None:
        self._trainer, self._run, self._data = trainer, run, data
        self._communicator, self._patience = communicator, patience
        self._resumption, self._best, self._tasks = resumption, best, tasks
        self._rows, self._broken_off = rows, False

    @property
    def kept(self) -> Kept:
        """What early stopping has found."""
        if self._best is None:
            return None
        return int(self._best.steps[0]), float(self._best.scores[0])

    def train(self) -> None:
        """Make the updates, or those that are left of them; see `Trainer.run`."""
        if self._resumption is None:
            self._train_with_patience()
        else:
            with Interruption() as interruption:
                self._train_with_checkpoints(self._resumption, interruption)
        if self._best is not None:
            self._best.finish(self._run)

    def tell(self) -> None:
        """Warn of a run that was interrupted, when its model is there."""
        run, kept = self._run, self.kept
        if not (self._broken_off or self._patience.heard is not None):
            return
        stands = "the model so far is kept"
        if kept is not None:
            stands = f"the best state so far is kept, that of update {kept[0]}"
        warn_user(f"training was interrupted at update {run.done} of {run.n_updates}: {stands}")

    def _train_with_patience(self) -> None:
        """An interruption after the first window ends the run where the last one ended."""
        try:
            self._steer(_Listener(self._patience, self._communicator))
        except KeyboardInterrupt as error:
            if not (self._patience.ends(error) and self._run.done):
                raise KeyboardInterrupt(*error.args) from None
            self._broken_off = True

    def _train_with_checkpoints(self, given: Resumption, interruption: Interruption) -> None:
        ops, best = self._trainer.ops, self._best
        control: Any = ops, interruption, self._communicator
        writer = Writer(given.checkpoint, given.identity, best, *control)
        if given.saved is not None:
            given.saved.restore(self._run, best, ops)
        self._steer(writer)

    def _steer(self, writer: Callback) -> None:
        """Early stopping comes before the callbacks of the user, what obeys signals behind them.

        Of several ranks the first one shows how far training is.
        """
        steering: list[Callback | None]
        steering = [self._best, *self._trainer.callbacks, self._tasks]
        if self._communicator.size > 1:
            steering.append(Agreement(self._communicator, self._trainer.ops))
        if self._communicator.rank:
            steering = [each for each in steering if not isinstance(each, ProgressBar)]
        steering.append(writer)
        self._trainer.callbacks = [callback for callback in steering if callback is not None]
        try:
            with closing(self._data):
                self._trainer.run(self._run, self._data, self._rows)
        finally:
            self._trainer.callbacks = []  # some of them hold the trainer


class _Listener(Callback):
    """Obeys Ctrl-C between two updates, and between two windows; of several ranks then alone."""

    def __init__(self, patience: Patience, communicator: Communicator) -> None:
        self._patience, self._communicator = patience, communicator

    def on_step(self, run: Run) -> None:
        if self._communicator.size == 1:
            self._patience.check()

    def on_report(self, run: Run) -> None:
        self._patience.agree(self._communicator)
        self._patience.check()
