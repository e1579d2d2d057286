"""Minibatch: rows, labels, and the random numbers of an update."""

from __future__ import annotations

from dataclasses import dataclass, field

from regan.backends import Array
from regan.layers.draws import Draws
from regan.objectives.masked import Masked
from regan.schedules import Clock


@dataclass(frozen=True)
class Batch:
    """Minibatch: rows, labels, and the random numbers of an update.

    Attributes
    ----------
    real : array of shape (1, N, D) or (K, N, D)
        Data rows; with an axis 0 of length 1, all K models share them.
    draws : Draws
        Latent rows, masks, interpolation weights, noise.
    labels : array of shape (1, N, C) or (K, N, C), or None
        The classes of the data rows, one-hot, if the model is conditional.
    clock : Clock
        The time, for terms that change during training.
    step : int
        The number of earlier updates of this network, for terms that act in every n-th update only.
    masked : Masked or None
        The cells of the rows that a generator is given, if it learns to complete rows.
    """

    real: Array
    draws: Draws
    labels: Array | None = None
    clock: Clock = field(default_factory=Clock)
    step: int = 0
    masked: Masked | None = None
