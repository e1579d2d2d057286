"""Types of an estimator's arguments, as its docstring names them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from regan.building.architecture import Part
from regan.constraints import Clipping, Constraint
from regan.control.early_stopping import EarlyStopping
from regan.data.encoder import TableEncoder
from regan.layers import Dropout, Layer
from regan.losses import Loss, Matching
from regan.objectives import InstanceNoise
from regan.optimizers import Optimizer
from regan.penalties import ActivityPenalty, Consistency, GradientPenalty, Penalty
from regan.schedules import Schedule
from regan.streams.out_of_core import OutOfCore
from regan.training.callbacks import Callback
from regan.training.state import Run
from regan.typing import (
    ActivationName,
    ActivityPenaltyName,
    ArchitectureName,
    Auto,
    ClippingName,
    ConsistencyName,
    ConstraintName,
    GradientPenaltyName,
    LossName,
    MatchingName,
    NoiseName,
    NormalizationName,
    OptimizerName,
    PenaltyName,
    PerNetwork,
    Scaling,
    ScheduleName,
    Several,
    TableLike,
)

PenaltyLike: TypeAlias = PerNetwork[Several[PenaltyName | Penalty]]
ActivityPenaltyLike: TypeAlias = PerNetwork[Several[ActivityPenaltyName | ActivityPenalty]]
GradientPenaltyLike: TypeAlias = Several[GradientPenaltyName | GradientPenalty]
ConsistencyLike: TypeAlias = ConsistencyName | Consistency
ConstraintLike: TypeAlias = PerNetwork[Several[ConstraintName | Constraint]]
ClippingLike: TypeAlias = PerNetwork[Several[ClippingName | Clipping]]
Parts: TypeAlias = Several[ArchitectureName | Part]
"""Parts of an architecture."""
MatchingLike: TypeAlias = Several[MatchingName | Matching]
NoiseLike: TypeAlias = NoiseName | InstanceNoise | None

LossLike: TypeAlias = LossName | Loss
ActivationLike: TypeAlias = PerNetwork[ActivationName | Layer]
NormalizationLike: TypeAlias = PerNetwork[NormalizationName | Layer | None]
DropoutLike: TypeAlias = PerNetwork[float | Dropout | None]
OptimizerLike: TypeAlias = PerNetwork[OptimizerName | Optimizer]
ScheduleLike: TypeAlias = PerNetwork[ScheduleName | Schedule]

Standardize: TypeAlias = bool | Scaling | TableEncoder
Frames: TypeAlias = int | Auto | None
Conditional: TypeAlias = bool | Literal["balanced"]
Stopping: TypeAlias = bool | EarlyStopping
Callbacks: TypeAlias = Sequence[Callback | Callable[[Run], Any]] | None

Data: TypeAlias = TableLike | str | os.PathLike[str] | OutOfCore
"""What models are fitted to: a table, a file or folder of Parquet, or rows read block by block."""
