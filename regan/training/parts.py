"""Parts of an update: one, or several between which the ranks of a training add up gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any, Protocol, TypeAlias

import numpy as np

from regan.backends import Array, Backend, write
from regan.distributed.agreement import any_rank
from regan.distributed.base import Communicator
from regan.layers.draws import Draws, Part
from regan.objectives import Objective
from regan.objectives.batch import Batch
from regan.objectives.terms import Terms
from regan.schedules.clock import Clock
from regan.training.state import TrainingState
from regan.training.training_data import TrainingData

Values: TypeAlias = tuple[tuple[str, ...], Array]
"""The names of the terms of an update, and their values (T, K)."""

Taken: TypeAlias = tuple[Array, Array | None]
"""Rows and their labels."""


class Turns(Protocol):
    """The maker of turns: a `Trainer`."""

    objective: Objective
    communicator: Communicator
    part: Part

    @property
    def plan(self) -> Sequence[Sequence[str]]:
        """Who updates, in turn."""

    @property
    def ops(self) -> Backend:
        """Where they run."""

    @property
    def n_minibatches(self) -> int:
        """Minibatches in one update."""

    def chosen(self, turn: int, data: TrainingData, rng: Any, rows: Array | None) -> Array:
        """Which rows of the data this rank takes at a turn."""

    def batch(
        self, turn: int, chosen: Array, taken: Taken, data: TrainingData, rng: Any, clock: Clock
    ) -> Batch:
        """The minibatch of a turn."""

    def extrapolating(self, turn: int) -> list[str]:
        """The players of a turn that look ahead before they step."""

    def look_ahead(
        self, turn: int, state: TrainingState, grads: Mapping[str, Array], clock: Clock
    ) -> dict[str, Array]:
        """The parameters after a look ahead."""

    def step(
        self, turn: int, state: TrainingState, terms: Terms, grads: dict[str, Array], clock: Clock
    ) -> Values:
        """Let the players whose turn it is go along their gradients; all values of the turn."""

    def end(self, state: TrainingState, clock: Clock, turns: Sequence[Values]) -> Values:
        """The end of an update whose turns gave these values."""

    def update(
        self,
        state: TrainingState,
        data: TrainingData,
        rng: Any,
        clock: Clock,
        rows: Array | None = None,
    ) -> Values:
        """A whole update."""


class Parts(ABC):
    """The parts of an update, made one after the other.

    Attributes
    ----------
    n : int
        How many there are.
    records : bool
        Whether each is a function of arrays, draws and clock alone.
    """

    n: int
    records: bool

    @abstractmethod
    def make(
        self,
        i: int,
        state: TrainingState,
        data: TrainingData,
        rng: Any,
        clock: Clock,
        rows: Array | None = None,
    ) -> Values:
        """Part number `i`; the last one gives the values of the update.

        Arrays of the state are changed, its numbers stay.
        """

    def after(self, i: int) -> None:  # noqa: B027 - nothing to do is fine
        """What comes behind part number `i`, which is not the last, however that was made."""

    def agree(self, recorded: bool) -> bool:
        """Whether all ranks have recorded what this one has."""
        return recorded


class OnePart(Parts):
    """A whole update at once."""

    n = 1
    records = True

    def __init__(self, trainer: Turns) -> None:
        self._trainer = trainer

    def make(
        self,
        i: int,
        state: TrainingState,
        data: TrainingData,
        rng: Any,
        clock: Clock,
        rows: Array | None = None,
    ) -> Values:
        return self._trainer.update(state, data, rng, clock, rows)


class SharedParts(Parts):
    """Parts of an update by several ranks: up to the gradients of a turn, and from there on.

    Between two parts stands one all-reduce of an `Exchange`: gradients, and the values of terms. A
    part begins with the steps along the gradients of all ranks, and ends with the gradients of the
    next turn; an extrapolating optimizer makes two turns of one.

    Parameters
    ----------
    trainer : Turns
    state : TrainingState
        Of its shapes, and on the device; a trial on a copy tells which terms there are.
    data : TrainingData
    """

    def __init__(self, trainer: Turns, state: TrainingState, data: TrainingData) -> None:
        self._trainer = trainer
        self._stages = [
            (turn, ahead)
            for turn in range(len(trainer.plan))
            for ahead in ([True, False] if trainer.extrapolating(turn) else [False])
        ]
        self.n = len(self._stages) + 1
        # a batch that is looked at twice is kept on the host
        self.records = not any(ahead for _, ahead in self._stages)
        self._exchanges: list[Exchange] = []
        self._steps: dict[int, tuple[tuple[str, ...], Array]] = {}
        self._chosen: Array = None
        self._batch: Batch | None = None
        self._try_out(state.copy(), data)

    def _try_out(self, state: TrainingState, data: TrainingData) -> None:
        """Make an update of a copy, so that all memory between parts is there."""
        rng = self._trainer.ops.rng(0)
        with np.errstate(all="ignore"):
            for i in range(self.n):
                self.make(i, state, data, rng, Clock())

    def make(
        self,
        i: int,
        state: TrainingState,
        data: TrainingData,
        rng: Any,
        clock: Clock,
        rows: Array | None = None,
    ) -> Values:
        thetas: Mapping[str, Array] = state.thetas
        if i:
            thetas = self._finish(i - 1, state, clock)
        if i < len(self._stages):
            return self._begin(i, state, thetas, data, rng, clock, rows)
        turns = [(names, self._watched(values)) for names, values in self._steps.values()]
        names, values = self._trainer.end(state, clock, turns)
        return names, values.copy() if len(turns) == 1 else values

    def after(self, i: int) -> None:
        self._trainer.communicator.all_reduce(self._exchanges[i].flat)

    def agree(self, recorded: bool) -> bool:
        return not any_rank(self._trainer.communicator, not recorded)

    def _begin(
        self,
        i: int,
        state: TrainingState,
        thetas: Mapping[str, Array],
        data: TrainingData,
        rng: Any,
        clock: Clock,
        rows: Array | None,
    ) -> Values:
        """The gradients of a stage, from this rank's rows."""
        trainer, (turn, ahead) = self._trainer, self._stages[i]
        trainer.ops.recycle((turn, ahead))
        if i and self._stages[i - 1] == (turn, True):
            assert self._batch is not None
            batch = replace(self._batch, draws=Draws(trainer.ops, rng, trainer.part))
        else:
            chosen = self._rows_of(turn, data, rng, rows)
            batch = trainer.batch(turn, chosen, data.take(chosen), data, rng, clock)
        self._batch = batch if ahead else None
        players = trainer.extrapolating(turn) if ahead else trainer.plan[turn]
        shapes = trainer.objective.gradient_shapes(players, thetas)
        there = len(self._exchanges) > i
        grads = self._exchanges[i].gradients(self._watched) if there else None
        terms, grads = trainer.objective.value_and_grad(
            players, thetas, batch, state.memories, grads
        )
        if not there:
            self._exchanges.append(Exchange(trainer.ops, shapes, terms))
        self._exchanges[i].write(terms, self._watched)
        return tuple(terms), self._exchanges[i].flat

    def _rows_of(self, turn: int, data: TrainingData, rng: Any, rows: Array | None) -> Array:
        """Positions of a turn's rows; they stay where the last turn finds them again."""
        if turn < self._trainer.n_minibatches:
            chosen = self._trainer.chosen(turn, data, rng, rows)
            if self._chosen is None:
                self._chosen = self._trainer.ops.asarray(chosen, dtype=np.int64).copy()
            self._watched(self._chosen)[...] = chosen
        return self._watched(self._chosen)

    def _finish(self, i: int, state: TrainingState, clock: Clock) -> Mapping[str, Array]:
        """The steps along the mean gradients of all ranks; where the next gradients are taken."""
        trainer, (turn, ahead) = self._trainer, self._stages[i]
        terms, grads = self._exchanges[i].means(trainer.part.size, self._watched)
        if ahead:
            return trainer.look_ahead(turn, state, grads, clock)
        names, values = trainer.step(turn, state, terms, grads, clock)
        if turn not in self._steps:
            self._steps[turn] = names, trainer.ops.lasting(values.shape)
        self._watched(self._steps[turn][1])[...] = values
        return state.thetas

    def _watched(self, array: Array) -> Array:
        return self._trainer.ops.watched(array)


class Exchange:
    """Memory for what ranks add up: gradients, and behind them the values of terms.

    Parameters
    ----------
    ops : Backend
    shapes : dict of str to tuple of int
        Those of the gradients, by player.
    terms : dict of str to array of shape (K,)

    Attributes
    ----------
    flat : array
        All of it, in one piece.
    """

    def __init__(self, ops: Backend, shapes: Mapping[str, tuple[int, int]], terms: Terms) -> None:
        self._ops, self._shapes, self._names = ops, dict(shapes), tuple(terms)
        self._n_models = next(iter(shapes.values()))[0]
        self._n_grads = sum(map(prod, shapes.values()))
        self.flat: Array = ops.lasting((self._n_grads + len(terms) * self._n_models,))
        self.flat[...] = 0

    def gradients(self, watched: Any) -> dict[str, Array]:
        """The gradients by player, as views."""
        flat, grads, start = watched(self.flat), {}, 0
        for name, shape in self._shapes.items():
            stop = start + prod(shape)
            grads[name] = flat[start:stop].reshape(shape)
            start = stop
        return grads

    def write(self, terms: Terms, watched: Any) -> None:
        """Put the values of terms behind the gradients."""
        write(self._ops, list(terms.values()), list(self._values(watched)))

    def means(self, size: int, watched: Any) -> tuple[Terms, dict[str, Array]]:
        """Terms and gradients, divided by the number of ranks in place."""
        flat = watched(self.flat)
        flat *= 1 / size
        terms = dict(zip(self._names, self._values(watched), strict=True))
        return terms, self.gradients(watched)

    def _values(self, watched: Any) -> Array:
        """The values of terms, (T, K)."""
        values = watched(self.flat)[self._n_grads :]
        return values.reshape(len(self._names), self._n_models)
