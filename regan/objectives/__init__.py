"""Training objectives, which the networks of a model minimize, with their gradients."""

from regan.objectives.adversarial import AdversarialObjective
from regan.objectives.base import Objective
from regan.objectives.batch import Batch
from regan.objectives.cycle import CycleObjective
from regan.objectives.duel import Judging
from regan.objectives.noise import InstanceNoise
from regan.objectives.noise_driven import NoiseDrivenObjective
from regan.objectives.players import Player
from regan.objectives.variational import VariationalObjective

__all__ = [
    "AdversarialObjective",
    "Batch",
    "CycleObjective",
    "InstanceNoise",
    "Judging",
    "NoiseDrivenObjective",
    "Objective",
    "Player",
    "VariationalObjective",
]
