"""Many models in one run: the same settings but for the strengths of their penalties."""

from regan.population.members import Member, TrainingSet, prepared
from regan.population.population import Population
from regan.population.shard import make_population_trainer
from regan.population.strengths import together

__all__ = [
    "Member",
    "Population",
    "TrainingSet",
    "make_population_trainer",
    "prepared",
    "together",
]
