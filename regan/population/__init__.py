"""Many models in one run: the same settings but for the strengths of their penalties."""

from regan.population.members import Member, TrainingSet, make_members
from regan.population.population import Population
from regan.population.shard import make_population_trainer

__all__ = [
    "Member",
    "Population",
    "TrainingSet",
    "make_members",
    "make_population_trainer",
]
