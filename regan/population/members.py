"""The models of a population, and what each trains on."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import clone

from regan.building.specs import SamplingSpec, read
from regan.building.training_set import TrainingSet
from regan.estimators.neural import NeuralModel
from regan.training.divergence import DivergenceError
from regan.training.state import TrainingState
from regan.validation import quietly


@dataclass
class Member:
    """A model on its way through training.

    Attributes
    ----------
    model : NeuralModel
        Its settings, and what it has learnt of its data: scaling, classes, seed.
    spec : SamplingSpec
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
    spec: SamplingSpec
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
    training_set = template._prepare(X, y, seed)
    models = [copy(template).set_params(**settings) for settings in candidates]
    with quietly():  # what there is to tell is told once, by `check_members`
        specs = [read(model, training_set.facts) for model in models]
    return training_set, [
        Member(model, spec, i, number)
        for i, (model, spec) in enumerate(zip(models, specs, strict=True))
    ]
