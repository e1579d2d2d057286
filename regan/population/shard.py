"""Shards of a population: some of its members, trained together by one worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Event
from time import perf_counter
from typing import Any

import numpy as np

from regan.building.training_set import Kind, TrainingSet
from regan.control.early_stopping import BestState
from regan.data.encoded_rows import EncodedRows
from regan.mixtures.coordinates import Matrix, Rows
from regan.population.members import Member
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors
from regan.training.callbacks import Callback
from regan.training.divergence import DivergenceError
from regan.training.mask_bank import MaskBank
from regan.training.results import results
from regan.training.state import Run, TrainingState
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData
from regan.validation import quietly

Sets = Mapping[int, TrainingSet]


def make_population_trainer(members: Sequence[Member], kind: Kind) -> Trainer:
    """A trainer for `members` on sets of a kind."""
    specs = [member.spec for member in members]
    spec = type(specs[0]).with_strengths(specs)
    trainer = spec.trainer(spec.bind(spec.get_backend(), kind.shape), kind.n_rows)
    trainer.check()
    return trainer


class StoppedError(RuntimeError):
    """Training in a thread was told to stop."""


def advance(
    members: Sequence[Member], sets: Sets, until: int, stopped: Event | None = None
) -> list[Member]:
    """`members` trained up to update number `until` together, with their fitted attributes.

    Parameters
    ----------
    members : sequence of Member
        All can train, and have made equally many updates.
    sets : dict of int to TrainingSet
        At least theirs, of one kind.
    until : int
    stopped : Event, optional
        Once it is set, training ends with a StoppedError.

    Returns
    -------
    members : list of Member
        In the same order. One that diverged stays at the window before, one that early stopping is
        through with stays there; the others go on without them.
    """
    begin = perf_counter()
    with quietly():
        done = _advanced(list(members), sets, until, stopped)
    share = (perf_counter() - begin) / len(done)
    return [replace(member, seconds=member.seconds + share) for member in done]


def _advanced(members: list[Member], sets: Sets, until: int, stopped: Event | None) -> list[Member]:
    left = _Shard(members, sets, stopped).run(until)
    others = [member for member in left if member.trains(until)]
    trained = iter(_advanced(others, sets, until, stopped) if others else [])
    return [next(trained) if member.trains(until) else member for member in left]


class _Shard(Callback):
    """Members train together, until one of them stops.

    Parameters
    ----------
    members : sequence of Member
    sets : dict of int to TrainingSet
    stopped : Event or None
    """

    def __init__(self, members: Sequence[Member], sets: Sets, stopped: Event | None) -> None:
        self._members, self._stopped = members, stopped
        self._sets = [sets[member.set] for member in members]
        self._trainer = make_population_trainer(members, self._sets[0].kind)
        balanced = members[0].spec.run.balanced
        banks = [s.masks for s in self._sets if s.masks is not None]
        self._data = self._training_data([s.rows for s in self._sets], banks, balanced=balanced)
        self._run = self._begun()
        self._best = self._best_state([s.held for s in self._sets if s.held is not None])
        self._trainer.callbacks = [*([] if self._best is None else [self._best]), self]

    def run(self, until: int) -> list[Member]:
        """The members, at update `until` or where one of them has stopped."""
        self._until = until
        try:
            self._trainer.run(self._run, self._data)
        except DivergenceError as error:
            return self._left(error)
        finally:
            self._trainer.callbacks = []  # which hold the trainer, and the data
        return self._left(None)

    def on_step(self, run: Run) -> None:
        if self._stopped is not None and self._stopped.is_set():
            raise StoppedError

    def on_report(self, run: Run) -> None:
        if run.done >= self._until or (self._best is not None and self._best.ended.any()):
            run.stop()

    def _training_data(
        self, rows: Sequence[Rows], banks: Sequence[MaskBank] = (), *, balanced: bool = False
    ) -> TrainingData:
        """The rows of each member's set, once for those that share it."""
        used = sorted({member.set for member in self._members})
        first = {m.set: part for m, part in zip(self._members, rows, strict=True)}
        X, labels = zip(*(first[i] for i in used), strict=True)
        masks = dict(zip((m.set for m in self._members), banks, strict=True)) if banks else {}
        return TrainingData(
            self._trainer.ops,
            _stacked(X),
            None if labels[0] is None else _stacked(labels),
            [used.index(member.set) for member in self._members] if len(used) > 1 else None,
            balanced=balanced,
            masks=[masks[i] for i in used] if masks else None,
        )

    def _begun(self) -> Run:
        """The run of the members, at its beginning or going on."""
        trainer, members = self._trainer, self._members
        n_updates = members[0].spec.run.max_iter
        states = [member.state for member in members if member.state is not None]
        if not states:
            offsets = [each.coordinates.offsets for each in self._sets]
            return Run(trainer.init(self._sets[0].seed, len(members), offsets), n_updates)
        state = TrainingState.merge(states).map(trainer.ops.asarray)
        history = {
            name: list(map(np.concatenate, zip(*(m.history[name] for m in members), strict=True)))
            for name in members[0].history
        }
        return Run(state, n_updates, done=state.step, history=history)

    def _best_state(self, held: Sequence[Rows]) -> BestState | None:
        """Early stopping, at its beginning or going on."""
        trainer, members = self._trainer, self._members
        settings = members[0].spec.run.early_stopping
        if settings is None:
            return None
        rows = self._data, self._training_data(held)
        coordinates = [each.coordinates for each in self._sets]
        best = BestState.of(settings, trainer.evaluation, self._run.state, *rows, coordinates)
        kept = [member.early for member in members if member.early is not None]
        if kept:
            arrays = {k: np.concatenate([a[k] for a, _ in kept]) for k in kept[0][0]}
            best.restore(Stored(kept[0][1], "early"), Tensors(arrays), self._run.state)
        return best

    def _left(self, error: DivergenceError | None) -> list[Member]:
        """The members as the run leaves them, fitted."""
        trainer, run, best = self._trainer, self._run, self._best
        state = run.state.map(trainer.ops.to_numpy)  # before evaluation adds what it takes of rows
        bad = np.zeros(len(self._members), dtype=bool) if error is None else error.members
        if error is None and best is not None:
            run = replace(run, state=best.kept(run))
        evaluations = results(trainer.evaluation, run, self._data)
        early = None if best is None else best.export()
        left = []
        over = run.done == run.n_updates
        for k, (member, result) in enumerate(zip(self._members, evaluations, strict=True)):
            kept = None
            if error is None and best is not None:
                kept = int(best.steps[k]), float(best.scores[k])
                for name, counts in best.counts.items():
                    result.state.optimizers[name]["t"] = int(counts[k])
            fitted = member.model._with_result(result, kept, 0 if bad[k] else run.n_updates)
            ended = over or (best is not None and bool(best.ended[k]))
            failed = error if bad[k] else None
            member = replace(member, fitted=fitted, ended=ended, error=failed)
            if not (ended or bad[k]):
                history = {n: [row[[k]] for row in rows] for n, rows in run.history.items()}
                rest = None if early is None else (_of(early[0], k), early[1])
                member = replace(member, state=state.select([k]), history=history, early=rest)
            else:
                member = replace(member, state=None, history={}, early=None)
            left.append(member)
        return left


def _stacked(parts: Sequence[Any]) -> Matrix:
    """Sets of rows (n, D) as one: (F, n, D)."""
    whole: Matrix = (EncodedRows if isinstance(parts[0], EncodedRows) else np).stack(parts)
    return whole


def _of(arrays: dict[str, np.ndarray], k: int) -> dict[str, np.ndarray]:
    return {name: array[[k]] for name, array in arrays.items()}
