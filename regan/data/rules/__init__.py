"""Rules between columns, a file each: all rows obey them, those of the data and those sampled."""

from __future__ import annotations

from regan.data.rules.base import Coding, Learner, Rule, Table
from regan.data.rules.dependency import Dependency
from regan.data.rules.fixed_combinations import FixedCombinations
from regan.data.rules.increasing import Increasing
from regan.data.rules.inequality import Inequality
from regan.data.rules.positive import Positive
from regan.data.rules.sum import Sum

RULES: tuple[type[Rule], ...] = (FixedCombinations, Increasing, Inequality, Positive, Sum)
"""All of them, which model files may name."""

__all__ = [
    "RULES",
    "Coding",
    "Dependency",
    "FixedCombinations",
    "Increasing",
    "Inequality",
    "Learner",
    "Positive",
    "Rule",
    "Sum",
    "Table",
]
