"""The user's data: containers, columns and labels, and the matrices that models train on."""

from regan.data.encoder import TableEncoder
from regan.data.faults import ColumnsError
from regan.data.rules import (
    Dependency,
    FixedCombinations,
    Increasing,
    Inequality,
    Positive,
    Rule,
    Sum,
)

__all__ = [
    "ColumnsError",
    "Dependency",
    "FixedCombinations",
    "Increasing",
    "Inequality",
    "Positive",
    "Rule",
    "Sum",
    "TableEncoder",
]
