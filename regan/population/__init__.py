"""Many models in one run: the same settings but for the strengths of their penalties."""

from regan.population.members import Member, make_members
from regan.population.population import Population
from regan.population.shard import make_population_trainer

__all__ = [
    "Member",
    "Population",
    "make_members",
    "make_population_trainer",
]
