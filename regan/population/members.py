"""The models of a population, and what each trains on."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from regan.control.early_stopping import Rows, resolve_early_stopping
from regan.estimators.neural import NeuralModel
from regan.training.divergence import DivergenceError
from regan.training.state import TrainingState


class Kind(NamedTuple):
    """What models have to share to train together."""

    n_rows: int
    n_labels: int
    n_held: int
    levels: tuple[int, ...]


@dataclass(frozen=True)
class TrainingSet:
    """Rows for training, scaled.

    Attributes
    ----------
    rows : pair of arrays (n, D) and (n, C)
        The second one are the classes, one-hot, or None.
    held : pair of arrays or None
        Further rows, which early stopping compares with.
    levels : tuple of int
        The sizes of the blocks of one-hot columns.
    """

    rows: Rows
    held: Rows | None = None
    levels: tuple[int, ...] = ()

    @property
    def kind(self) -> Kind:
        """Sets of one kind have as many rows, as many classes, as many held-out rows, as many
        levels of each category.
        """
        n_labels = 0 if self.rows[1] is None else self.rows[1].shape[1]
        n_held = 0 if self.held is None else len(self.held[0])
        return Kind(len(self.rows[0]), n_labels, n_held, self.levels)


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
    candidate: int
    set: int
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
    return _set(template, rows, labels), [
        Member(copy(template).set_params(**settings), i, number)
        for i, settings in enumerate(candidates)
    ]


def _set(template: NeuralModel, X: np.ndarray, labels: np.ndarray | None) -> TrainingSet:
    """The training set of rows, without those that early stopping holds out."""
    stopping = resolve_early_stopping(template.early_stopping)
    levels = template._scaler.levels
    if stopping is None:
        return TrainingSet((X, labels), None, levels)
    return TrainingSet(*stopping.parts(X, labels, template._seed), levels)
