"""Types of an estimator's arguments, as its docstring names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np

from regan.building.architecture import Part
from regan.constraints import Clipping, Constraint
from regan.control.early_stopping import EarlyStopping
from regan.data.encoder import TableEncoder
from regan.layers import Dropout, Layer
from regan.losses import Loss, Matching
from regan.objectives import InstanceNoise
from regan.optimizers import Optimizer
from regan.penalties import ActivityPenalty, GradientPenalty, Penalty
from regan.schedules import Schedule
from regan.training.callbacks import Callback
from regan.training.state import Run

T = TypeVar("T")

PerNetwork: TypeAlias = T | tuple[T, T]
"""One value for both networks, or a pair."""

Several: TypeAlias = str | T | Sequence[str | T] | None
"""A name, an object, a list of these, or None."""

PenaltyLike: TypeAlias = Several[Penalty]
ActivityPenaltyLike: TypeAlias = Several[ActivityPenalty]
GradientPenaltyLike: TypeAlias = Several[GradientPenalty]
ConstraintLike: TypeAlias = Several[Constraint]
ClippingLike: TypeAlias = Several[Clipping]
ArchitectureLike: TypeAlias = Several[Part]
MatchingLike: TypeAlias = Several[Matching]

LossLike: TypeAlias = str | Loss
ActivationLike: TypeAlias = str | Layer
NormalizationLike: TypeAlias = str | Layer | None
DropoutLike: TypeAlias = float | Dropout | None
OptimizerLike: TypeAlias = str | Optimizer
ScheduleLike: TypeAlias = str | Schedule
NoiseLike: TypeAlias = str | InstanceNoise | None

Widths: TypeAlias = int | Sequence[int] | np.ndarray
"""The width of one hidden layer, or those of several."""

Standardize: TypeAlias = bool | str | TableEncoder
Auto: TypeAlias = Literal["auto"]
"""A value that follows from the data, by a rule."""

Frames: TypeAlias = int | Literal["auto"] | None
Conditional: TypeAlias = bool | Literal["balanced"]
Stopping: TypeAlias = bool | EarlyStopping
Callbacks: TypeAlias = Sequence[Callback | Callable[[Run], Any]] | None
Dtype: TypeAlias = Literal["float32", "float64"]
RandomState: TypeAlias = int | np.random.RandomState | None
