"""The models of a population, and what each trains on."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import clone

from regan.neural import NeuralModel
from regan.state import TrainingState
from regan.trainer import DivergenceError


@dataclass(frozen=True)
class TrainingSet:
    """Rows for training, scaled.

    Attributes
    ----------
    X : array of shape (n, D)
    labels : array of shape (n, C) or None
        Their classes, one-hot.
    """

    X: np.ndarray
    labels: np.ndarray | None = None

    @property
    def kind(self) -> tuple[int, int]:
        """Models on sets of one kind can train together: as many rows, as many classes."""
        return len(self.X), 0 if self.labels is None else self.labels.shape[1]


@dataclass
class Member:
    """A model on its way through training.

    Attributes
    ----------
    model : NeuralModel
        Its settings, and what it has learnt of its data: scaling, classes, seed. After training the
        fitted attributes as well.
    candidate, set : int
        The numbers of its settings and of its training set.
    state : TrainingState or None
        Where its training stands, on the host; None before the first update.
    history : dict of str to list of arrays of shape (1,)
    error : DivergenceError or None
        Why it does not train any more.
    seconds, score_seconds : float
        Its share of the time that training has taken, and the time that scoring took last.
    score : float
        NaN if it has none.
    """

    model: NeuralModel
    candidate: int
    set: int
    state: TrainingState | None = None
    history: dict[str, list[np.ndarray]] = field(default_factory=dict)
    error: DivergenceError | None = None
    seconds: float = 0.0
    score_seconds: float = 0.0
    score: float = np.nan


def prepared(
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
    rows, y = template._learn(X, y)
    template._seed = seed
    labels = template._learn_labels(y, len(rows), resume=False)
    rows = rows.astype(template._trains_in)
    return TrainingSet(rows, labels), [
        Member(copy(template).set_params(**settings), i, number)
        for i, settings in enumerate(candidates)
    ]
