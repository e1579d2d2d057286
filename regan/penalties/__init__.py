r"""Penalties (soft regularizers) on weights, activations and input gradients.

A weight penalty (`Penalty`) acts in one of three ways: through the gradient (`add_grad`), through a
proximal step after the step of the optimizer (`prox`, which makes exact zeros), or as decoupled
weight decay (`decay`, with an optimizer such as AdamW). `value` is the value of the penalty. Biases
are not penalized. Activity penalties (`ActivityPenalty`) and penalties on the discriminator's input
gradient (`GradientPenalty`) act through the gradient. So does cycle consistency (`Consistency`).
"""

from regan.penalties.activity import ActivityPenalty, L1Activity, L2Activity
from regan.penalties.base import Penalty
from regan.penalties.consistency import Consistency, L1Consistency, L2Consistency
from regan.penalties.elastic_net import L1, L2, ElasticNet
from regan.penalties.gradient import (
    DRAGAN,
    R1,
    R1R2,
    R2,
    WGANGP,
    GradientPenalty,
    Roth,
    ZeroCentredGP,
    accumulate,
)
from regan.penalties.group_lasso import GroupLasso
from regan.penalties.orthogonal import Orthogonal

__all__ = [
    "DRAGAN",
    "L1",
    "L2",
    "R1",
    "R1R2",
    "R2",
    "WGANGP",
    "ActivityPenalty",
    "Consistency",
    "ElasticNet",
    "GradientPenalty",
    "GroupLasso",
    "L1Activity",
    "L1Consistency",
    "L2Activity",
    "L2Consistency",
    "Orthogonal",
    "Penalty",
    "Roth",
    "ZeroCentredGP",
    "accumulate",
]
