"""Models whose networks train elsewhere, on rows that lie there, and blocks of what they sample."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from regan.building.specs import SamplingSpec, read
from regan.building.training_set import TrainingSet
from regan.data.containers import Container
from regan.data.labels import Classes, check_labels
from regan.data.reader import Reader
from regan.estimators.base import SCORE_ROWS
from regan.estimators.conditional import Labels
from regan.estimators.neural import NeuralModel
from regan.estimators.sampling import BLOCK_ROWS
from regan.estimators.shortfall import WORTH_MEASURING
from regan.estimators.steered_run import Kept
from regan.mixtures.coordinates import Coordinates, GivenRows
from regan.training.results import Result
from regan.validation import draw_seed, quietly

_PERMUTED = 10**7
"""Rows up to which those that are scored are those of a table in memory."""


@dataclass(frozen=True)
class Learnt:
    """What was learnt of rows that lie elsewhere.

    Attributes
    ----------
    reader : Reader
    numbers : array of shape (n, C)
        Those of a sample, one a cell.
    labels : Labels or None
        Their classes.
    """

    reader: Reader
    numbers: np.ndarray
    labels: Labels | None


@dataclass(frozen=True)
class Learner:
    """What learns of tables in memory what an unfitted model has to know of them.

    Attributes
    ----------
    model : NeuralModel
    """

    model: NeuralModel

    @property
    def max_levels(self) -> int:
        """How many levels a column may have, by the encoder that was given; 0 if none was."""
        levels = getattr(self.model.standardize, "max_levels", 0)
        return levels if isinstance(levels, int) else 0  # else the encoder refuses it

    def reader(self, table: Any) -> tuple[Reader, np.ndarray]:
        """The reader of a table, and its numbers (n, C)."""
        return self.model._learn_reader(table, resume=False)

    def labels(self, table: Any, y: Any, classes: Classes | None = None) -> Labels | None:
        """The class labels `y` of a table, checked, if the model takes any.

        classes : those of all rows, if these are some of many.
        """
        found: Labels | None = self.model._check_y(table, y)
        return found and found._replace(classes=classes)


@dataclass(frozen=True)
class Trainee:
    """A model that has learnt its columns, classes and frames, and whose networks are to train.

    Attributes
    ----------
    model : NeuralModel
        Its settings, without callbacks.
    """

    model: NeuralModel

    @classmethod
    def begin(
        cls, model: NeuralModel, learn: Callable[[Learner, int], Learnt]
    ) -> tuple[Self, GivenRows]:
        """Of an unfitted model; and rows of a sample, as models are given them.

        learn : learns what columns and classes there are, with a `Learner` and the seed. `model`
        has both from then on.
        """
        model._seed = draw_seed(model.random_state)
        learnt = learn(Learner(model), model._seed)
        model._reader = learnt.reader
        codes = model._learn_labels(learnt.labels, len(learnt.numbers))
        with quietly():
            silent = copy(model).set_params(callbacks=None, verbose=0)
        return cls(silent), (model._as_trained(learnt.numbers), model._encoded(codes))

    def enter(self, rows: GivenRows, n_rows: int) -> tuple[Self, TrainingSet]:
        """The same with frames, learnt of `rows` for training on `n_rows`; these rows in them."""
        with quietly():  # what there is to tell has been told
            run = read(self.model).run
        model, scaler = copy(self.model), self.model._reader.scaler
        learnt = TrainingSet.learn(run, scaler, rows, self.seed)
        model._frames = learnt.coordinates.frames
        model._facts = replace(learnt.facts, n_rows=n_rows)
        return type(self)(model), learnt

    @property
    def seed(self) -> int:
        """What all draws derive from."""
        return self.model._seed

    @property
    def coordinates(self) -> Coordinates:
        """What the networks train in."""
        return self.model._coordinates

    @cached_property
    def spec(self) -> SamplingSpec:
        """The settings, read."""
        with quietly():
            return read(self.model, self.model._facts)

    def read(self, X: Any, y: Any) -> GivenRows:
        """Further rows of the same columns, as models are given them."""
        model = self.model
        rows = model._reader.read(model, X, going_on=True)
        labels = None
        if model._classes is not None:
            codes = model._classes.codes(check_labels(y, X), len(rows))
            labels = model._classes.encoded(codes)
        return model._as_trained(rows), labels

    def fitted(self, model: NeuralModel, result: Result, kept: Kept) -> None:
        """Give `model` what its training has led to."""
        model._frames, model._facts = self.model._frames, self.model._facts
        model._set_fitted(result, kept)

    def finish(self, model: NeuralModel, learnt: TrainingSet, rows: GivenRows) -> None:
        """What comes after the training of a `model`: shares, calibration, a look at its rows."""
        n_updates = self.spec.run.max_iter
        model._keep_shares(n_updates)
        model._set_calibration(learnt.held)
        if n_updates >= WORTH_MEASURING:
            model._tell_shortfall(rows[0], n_updates)


def scored_rows(model: NeuralModel, n: int) -> np.ndarray:
    """The numbers of those of `n` rows that `score` compares, in its order."""
    if n <= SCORE_ROWS:
        return np.arange(n)
    rng = np.random.default_rng([model._seed, 8])
    if n <= _PERMUTED:
        return rng.permutation(n)[:SCORE_ROWS]
    return rng.choice(n, SCORE_ROWS, replace=False)  # in memory that does not grow with n


@dataclass(frozen=True)
class SampledBlocks:
    """What `sample` of a fitted model gives with a seed, in parts that know nothing of each other.

    Attributes
    ----------
    model : NeuralModel
    seed : int
    """

    model: NeuralModel
    seed: int

    @classmethod
    def of(cls, model: NeuralModel, random_state: Any) -> Self:
        """Of a model and the argument `random_state` of `sample`; what that does not need is left
        out.
        """
        own = copy(model)
        names = ("_state", "history_", *(f"{n}_" for n in own.networks if n != own._sampler_name))
        for name in names:
            own.__dict__.pop(name, None)
        return cls(own, model._sampling_seed(random_state))

    def numbers(self, start: int, stop: int) -> np.ndarray:
        """The rows from `start`, where a block begins, to `stop`: numbers, one a cell."""
        codes, classes = None, self.model._classes
        if classes is not None:
            rng = np.random.default_rng([self.seed, 7])
            rng.bit_generator.advance(start)  # type: ignore[attr-defined]  # one number a class
            codes = classes.draw(stop - start, rng)
        first = start // BLOCK_ROWS
        return self.model._sampler.draw(stop - start, self.seed, codes, first=first)

    def table(self, start: int, stop: int) -> Any:
        """The same rows in the form of the training data."""
        reader, numbers = self.model._reader, self.numbers(start, stop)
        container = reader.container
        if isinstance(container, Container) or container.form is not None:
            return reader.wrap(numbers)
        return container.encoder.wrap(numbers, start)
