"""Conditions on generated rows: what some of their cells are, others drawn given these."""

from __future__ import annotations

from regan.data.conditions.evidence import Evidence
from regan.data.conditions.range import Range

__all__ = ["Evidence", "Range"]
