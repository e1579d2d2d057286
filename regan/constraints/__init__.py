"""Constraints (hard regularizers) on weights, and gradient clipping."""

from regan.constraints.base import Constraint, Projection
from regan.constraints.clipping import ClipGlobalNorm, ClipNorm, Clipping, ClipValue
from regan.constraints.collection import Constraints
from regan.constraints.entries import NonNegative, WeightClip
from regan.constraints.norms import L1Ball, L2Ball, MaxNorm, UnitNorm
from regan.constraints.spectral_norm import SpectralNorm
from regan.constraints.structure import MaxNonZero, MaxUnits

__all__ = [
    "ClipGlobalNorm",
    "ClipNorm",
    "ClipValue",
    "Clipping",
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
