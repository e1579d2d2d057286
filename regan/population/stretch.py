"""A stretch of training of some members of a population: what one worker does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from regan.assembly import make_trainer
from regan.backends import get_backend
from regan.callbacks import Callback
from regan.population.members import Member, TrainingSet
from regan.population.strengths import together
from regan.results import results
from regan.state import Run, TrainingState
from regan.trainer import DivergenceError, Trainer
from regan.training_data import TrainingData
from regan.validation import quietly


class _Until(Callback):
    """Ends a run at the first window that ends at update number `n` or later."""

    def __init__(self, n: int) -> None:
        self.n = n

    def on_report(self, run: Run) -> None:
        if run.done >= self.n:
            run.stop()


def make_population_trainer(members: Sequence[Member], kind: tuple[int, int]) -> Trainer:
    """A trainer for `members` on sets of a kind, (n, C)."""
    models = [member.model for member in members]
    n_rows, n_labels = kind
    whole = together(models)
    ops = get_backend(whole.backend, whole.dtype)
    objective = whole._objective(ops, models[0].n_features_in_, n_labels, False)
    objective.check()
    trainer = make_trainer(whole, objective, n_rows)
    trainer.check()
    return trainer


def advance(members: Sequence[Member], sets: Mapping[int, TrainingSet], until: int) -> list[Member]:
    """`members` trained up to update number `until` together, with their fitted attributes.

    Parameters
    ----------
    members : sequence of Member
        None has diverged, and all have made equally many updates.
    sets : dict of int to TrainingSet
        At least theirs, of one kind.
    until : int

    Returns
    -------
    members : list of Member
        In the same order. One that diverged stays at the window before; the others go on without.
    """
    begin = perf_counter()
    with quietly():
        done = _advanced(list(members), sets, until)
    share = (perf_counter() - begin) / len(done)
    return [replace(member, seconds=member.seconds + share) for member in done]


def _advanced(members: list[Member], sets: Mapping[int, TrainingSet], until: int) -> list[Member]:
    trainer = make_population_trainer(members, sets[members[0].set].kind)
    trainer.callbacks = [_Until(until)]
    data, run = _data(trainer, members, sets), _run(trainer, members)
    try:
        trainer.run(run, data)
    except DivergenceError as error:
        return _without_diverged(error, trainer, run, data, members, sets, until)
    return _kept(trainer, run, data, members)


def _without_diverged(
    error: DivergenceError,
    trainer: Trainer,
    run: Run,
    data: TrainingData,
    members: list[Member],
    sets: Mapping[int, TrainingSet],
    until: int,
) -> list[Member]:
    """The members that did not diverge, trained on, between the others as they were."""
    stopped = [
        replace(member, error=error) if bad else member
        for member, bad in zip(_kept(trainer, run, data, members), error.members, strict=True)
    ]
    others = [member for member in stopped if member.error is None]
    trained = iter(_advanced(others, sets, until) if others else [])
    return [next(trained) if member.error is None else member for member in stopped]


def _data(
    trainer: Trainer, members: Sequence[Member], sets: Mapping[int, TrainingSet]
) -> TrainingData:
    used = sorted({member.set for member in members})
    labels = [labels for i in used if (labels := sets[i].labels) is not None]
    return TrainingData(
        trainer.ops,
        np.stack([sets[i].X for i in used]),
        np.stack(labels) if labels else None,
        [used.index(member.set) for member in members] if len(used) > 1 else None,
    )


def _run(trainer: Trainer, members: Sequence[Member]) -> Run:
    """The run of `members`, at its beginning or going on."""
    model = members[0].model
    states = [member.state for member in members if member.state is not None]
    if not states:
        return Run(trainer.init(model._seed, len(members)), model.max_iter)
    state = TrainingState.together(states).map(trainer.ops.asarray)
    history = {
        name: [np.concatenate(row) for row in zip(*(m.history[name] for m in members), strict=True)]
        for name in members[0].history
    }
    return Run(state, model.max_iter, done=state.step, history=history)


def _kept(
    trainer: Trainer, run: Run, data: TrainingData, members: Sequence[Member]
) -> list[Member]:
    """The members as the run leaves them, fitted."""
    state = run.state.map(trainer.ops.to_numpy)  # before evaluation adds what it takes of a batch
    found = results(trainer, run, data)
    for member, result in zip(members, found, strict=True):
        member.model._set_fitted(result.networks, result.state, result.history)
    return [
        replace(
            member,
            state=state.of([k]),
            history={name: [row[[k]] for row in rows] for name, rows in run.history.items()},
        )
        for k, member in enumerate(members)
    ]
