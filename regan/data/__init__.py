"""Encoding of tables: mixed columns to matrices and back, and rules between columns."""

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
