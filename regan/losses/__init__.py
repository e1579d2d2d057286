r"""Adversarial losses, and data terms for the generator.

An adversarial loss (`Loss`) computes values and gradients with respect to the discriminator's
scores. A data term (`Matching`) compares generated rows with the data.
"""

from regan.losses.adversarial import (
    Hinge,
    LeastSquares,
    Loss,
    Minimax,
    NonSaturating,
    Relativistic,
    Wasserstein,
)
from regan.losses.matching import MatchFeatures, Matching, MatchMoments, MatchRows

__all__ = [
    "Hinge",
    "LeastSquares",
    "Loss",
    "MatchFeatures",
    "MatchMoments",
    "MatchRows",
    "Matching",
    "Minimax",
    "NonSaturating",
    "Relativistic",
    "Wasserstein",
]
