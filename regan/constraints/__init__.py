"""Hard regularization: what the weights of a network have to keep to, whatever the gradient."""

from regan.constraints.base import Constraint, Projection
from regan.constraints.collection import Constraints
from regan.constraints.entries import NonNegative, WeightClip
from regan.constraints.norms import L1Ball, L2Ball, MaxNorm, UnitNorm
from regan.constraints.spectral_norm import SpectralNorm
from regan.constraints.structure import MaxNonZero, MaxUnits

__all__ = [
    "Constraint",
    "Constraints",
    "L1Ball",
    "L2Ball",
    "MaxNonZero",
    "MaxNorm",
    "MaxUnits",
    "NonNegative",
    "Projection",
    "SpectralNorm",
    "UnitNorm",
    "WeightClip",
]
