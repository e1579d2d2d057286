"""Training objectives, which the networks of a model minimize, with their gradients."""

from regan.objectives.adversarial import AdversarialObjective
from regan.objectives.base import Objective
from regan.objectives.batch import Batch
from regan.objectives.noise import InstanceNoise
from regan.objectives.players import Player
from regan.objectives.variational import VariationalObjective

__all__ = [
    "AdversarialObjective",
    "Batch",
    "InstanceNoise",
    "Objective",
    "Player",
    "VariationalObjective",
]
