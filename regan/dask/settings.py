"""The settings that estimators on Dask take, as typed keywords: those of the models without Dask.

A test compares them with the constructors.
"""

from __future__ import annotations

from typing import TypedDict

from regan.building.types import (
    ActivationLike,
    ActivityPenaltyLike,
    Callbacks,
    ClippingLike,
    Conditional,
    ConstraintLike,
    DropoutLike,
    Frames,
    GradientPenaltyLike,
    LossLike,
    MatchingLike,
    NoiseLike,
    NormalizationLike,
    OptimizerLike,
    Parts,
    PenaltyLike,
    ScheduleLike,
    Standardize,
    Stopping,
)
from regan.typing import Auto, BackendName, Dtype, PerNetwork, RandomState, Widths


class GANSettings(TypedDict, total=False):
    """Settings of a `RegularizedGAN`."""

    penalty: PenaltyLike
    alpha: PerNetwork[float]
    l1_ratio: PerNetwork[float]
    loss: LossLike
    hidden_layer_sizes: Widths
    discriminator_hidden_layer_sizes: Widths | None
    activation: ActivationLike
    latent_dim: int | Auto
    optimizer: OptimizerLike
    learning_rate_init: PerNetwork[float | Auto]
    learning_rate: ScheduleLike
    beta_1: PerNetwork[float]
    beta_2: PerNetwork[float]
    batch_size: int | Auto
    gradient_penalty: GradientPenaltyLike
    gamma: float | Auto
    max_iter: int | Auto
    n_discriminator_steps: int
    ema_decay: float
    constraint: ConstraintLike
    activity_penalty: ActivityPenaltyLike
    normalization: NormalizationLike
    dropout: DropoutLike
    architecture: PerNetwork[Parts | Auto]
    noise: NoiseLike
    matching: MatchingLike
    clipping: ClippingLike
    conditional: Conditional
    frames: Frames
    masked: bool
    standardize: Standardize
    backend: BackendName | None
    dtype: Dtype
    early_stopping: Stopping
    warm_start: bool
    callbacks: Callbacks
    random_state: RandomState
    verbose: int | bool


class VAESettings(TypedDict, total=False):
    """Settings of a `RegularizedVAE`."""

    penalty: PenaltyLike
    alpha: PerNetwork[float]
    l1_ratio: PerNetwork[float]
    beta: float
    hidden_layer_sizes: Widths
    decoder_hidden_layer_sizes: Widths | None
    activation: ActivationLike
    latent_dim: int
    optimizer: OptimizerLike
    learning_rate_init: PerNetwork[float]
    learning_rate: ScheduleLike
    beta_1: PerNetwork[float]
    beta_2: PerNetwork[float]
    batch_size: int
    max_iter: int | Auto
    ema_decay: float
    constraint: ConstraintLike
    activity_penalty: ActivityPenaltyLike
    normalization: NormalizationLike
    dropout: DropoutLike
    architecture: PerNetwork[Parts]
    clipping: ClippingLike
    conditional: Conditional
    frames: Frames
    masked: bool
    standardize: Standardize
    backend: BackendName | None
    dtype: Dtype
    early_stopping: Stopping
    warm_start: bool
    callbacks: Callbacks
    random_state: RandomState
    verbose: int | bool
