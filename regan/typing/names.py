"""The names that settings take, as literal types.

Where a name stands for a class, a table elsewhere says for which: `regan.building.factory`,
`regan.schedules.SCHEDULES`, `regan.layers.ACTIVATIONS` and `regan.metrics.METRICS`. A test compares
them with these types.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Auto: TypeAlias = Literal["auto"]
"""A value that follows from the data, by a rule."""

PenaltyName: TypeAlias = Literal["l1", "l2", "elasticnet", "group_lasso", "orthogonal"]
GradientPenaltyName: TypeAlias = Literal["r1", "r2", "r1r2", "wgan_gp", "zero_gp", "dragan", "roth"]
ActivityPenaltyName: TypeAlias = Literal["l1", "l2"]
ConsistencyName: TypeAlias = Literal["l1", "l2"]
ConstraintName: TypeAlias = Literal[
    "spectral_norm",
    "weight_clip",
    "max_norm",
    "unit_norm",
    "non_negative",
    "l1_ball",
    "l2_ball",
    "max_units",
    "max_nonzero",
]
ClippingName: TypeAlias = Literal["value", "norm", "global_norm"]
LossName: TypeAlias = Literal[
    "relativistic", "non_saturating", "minimax", "wasserstein", "hinge", "least_squares"
]
MatchingName: TypeAlias = Literal["rows", "moments", "features"]
OptimizerName: TypeAlias = Literal[
    "sgd", "rmsprop", "adam", "adamw", "optimistic_adam", "extra_sgd", "extra_adam"
]
ScheduleName: TypeAlias = Literal["constant", "linear", "geometric", "cosine"]
ActivationName: TypeAlias = Literal[
    "leaky_relu", "relu", "tanh", "sigmoid", "softplus", "elu", "silu", "gelu"
]
NormalizationName: TypeAlias = Literal["batch", "layer", "group"]
ArchitectureName: TypeAlias = Literal[
    "residual", "fourier", "minibatch_std", "packing", "latent_mixture", "noise_skip"
]
NoiseName: TypeAlias = Literal["instance"]

MixturePenalty: TypeAlias = Literal["l1", "l2", "elasticnet"]
"""Penalties of the mixture's components, and of the Gaussian's covariance."""

WeightPenalty: TypeAlias = Literal["dirichlet", "entropy"]
"""Penalties on the weights of a mixture's components."""

CovarianceType: TypeAlias = Literal["diag", "full", "low_rank"]
"""Covariances within a mixture's components."""

MetricName: TypeAlias = Literal[
    "two_sample_score",
    "precision",
    "recall",
    "density",
    "coverage",
    "energy_distance",
    "mmd",
    "sliced_wasserstein",
    "wasserstein",
    "classifier_accuracy",
    "distance_ratio",
]

Scaling: TypeAlias = Literal["auto", "quantile", "standard"]
"""How columns of numbers are scaled."""

Identifiers: TypeAlias = Literal["refuse", "keep", "sequence"]
"""What is done with identifiers in a table."""

SamplingMethod: TypeAlias = Literal["generator", "rejection"]
StatisticName: TypeAlias = Literal["mean", "median", "mode"]
HidingName: TypeAlias = Literal["at random", "by column", "by value"]

BackendName: TypeAlias = Literal["numpy", "cupy", "auto"]
"""The backends of regan itself. A checker cannot know those that other packages add."""

Dtype: TypeAlias = Literal["float32", "float64"]
