"""The models of a population, and what each trains on."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from regan.building.framing import facts_of
from regan.building.rules import Facts
from regan.building.specs import ModelSpec, Shape, read
from regan.estimators.neural import NeuralModel
from regan.mixtures.coordinates import Coordinates, Rows
from regan.training.divergence import DivergenceError
from regan.training.state import TrainingState
from regan.validation import quietly


class Kind(NamedTuple):
    """Kind of training: what models have to share to train together."""

    n_rows: int
    n_held: int
    shape: Shape


@dataclass(frozen=True)
class TrainingSet:
    """Rows for training, as the networks see them.

    Attributes
    ----------
    rows : pair of arrays (n, D) and (n, C)
        The second one are the labels, one-hot, or None.
    coordinates : Coordinates
    seed : int
        What all draws derive from.
    held : pair of arrays or None
        Further rows, which early stopping compares with.
    """

    rows: Rows
    coordinates: Coordinates
    seed: int
    held: Rows | None = None

    @property
    def kind(self) -> Kind:
        """Sets of one kind have as many rows, as many held-out rows, columns of one shape."""
        n_held = 0 if self.held is None else len(self.held[0])
        return Kind(len(self.rows[0]), n_held, Shape.of(self.coordinates))

    @property
    def facts(self) -> Facts:
        """What rules ask of the rows."""
        return facts_of(self.coordinates, len(self.rows[0]))


@dataclass
class Member:
    """A model on its way through training.

    Attributes
    ----------
    model : NeuralModel
        Its settings, and what it has learnt of its data: scaling, classes, seed.
    spec : ModelSpec
        The settings, read.
    candidate, set : int
        The numbers of its settings and of its training set.
    fitted : NeuralModel or None
        The model with what training has made of it so far.
    state : TrainingState or None
        Where its training stands, on the host; None before the first update and after the last.
    history : dict of str to list of arrays of shape (1,)
    early : pair of dict or None
        What early stopping keeps; see `BestState.export`.
    ended : bool
        It has made all updates, or early stopping is through with it.
    error : DivergenceError or None
        Why it does not train any more.
    seconds, score_seconds : float
        Its share of the time that training has taken, and the time that scoring took last.
    score : float
        NaN if it has none.
    measures : dict of str to float
        What else was measured of the trained model.
    """

    model: NeuralModel
    spec: ModelSpec
    candidate: int
    set: int
    fitted: NeuralModel | None = None
    state: TrainingState | None = None
    history: dict[str, list[np.ndarray]] = field(default_factory=dict)
    early: tuple[dict[str, np.ndarray], dict[str, Any]] | None = None
    ended: bool = False
    error: DivergenceError | None = None
    seconds: float = 0.0
    score_seconds: float = 0.0
    score: float = np.nan
    measures: dict[str, float] = field(default_factory=dict)

    def trains(self, until: int) -> bool:
        """Whether updates are left up to number `until`."""
        over = self.ended or self.error is not None
        return not over and (self.state is None or self.state.step < until)


def make_members(
    template: NeuralModel,
    candidates: Sequence[dict[str, Any]],
    X: Any,
    y: Any,
    seed: int,
    number: int = 0,
) -> tuple[TrainingSet, list[Member]]:
    """A training set from rows `X`, and a member for each candidate.

    Parameters
    ----------
    template : NeuralModel
        It learns the scaling and the classes of the rows.
    candidates : sequence of dict
        What each member sets beside the settings of the template.
    X, y
        Rows and labels as `fit` takes them.
    seed : int
        Of all members.
    number : int, default=0
        The number of the set.
    """
    template = clone(template)
    rows, held, coordinates = template._prepare(X, y, seed)
    training_set = TrainingSet(rows, coordinates, seed, held)
    models = [copy(template).set_params(**settings) for settings in candidates]
    with quietly():  # what there is to tell is told once, by `check_members`
        specs = [read(model, training_set.facts) for model in models]
    return training_set, [
        Member(model, spec, i, number)
        for i, (model, spec) in enumerate(zip(models, specs, strict=True))
    ]
