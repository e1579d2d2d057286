"""A minibatch: rows, labels, and the random numbers of an update."""

from __future__ import annotations

from dataclasses import dataclass, field

from regan.backends import Array
from regan.layers.draws import Draws
from regan.objectives.masked import Masked
from regan.schedules import Clock


@dataclass(frozen=True)
class Batch:
    """A minibatch: rows, labels, and the random numbers of an update.

    Attributes
    ----------
    real : array of shape (1, N, D) or (K, N, D)
        Data rows; an axis 0 of length 1 is shared by all K models.
    draws : Draws
        Latent rows, masks, interpolation weights, noise.
    labels : array of shape (1, N, C) or (K, N, C), or None
        The classes of the data rows, one-hot, where the model is conditional.
    clock : Clock
        For what changes in the course of training.
    step : int
        How many updates of this network came before, for what acts at every n-th only.
    masked : Masked or None
        What a generator is shown of the rows, if it learns to complete them.
    """

    real: Array
    draws: Draws
    labels: Array | None = None
    clock: Clock = field(default_factory=Clock)
    step: int = 0
    masked: Masked | None = None
