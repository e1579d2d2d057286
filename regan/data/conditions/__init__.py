"""Conditions on generated rows: what some of their cells are, given which others are drawn."""

from __future__ import annotations

from regan.data.conditions.evidence import Evidence
from regan.data.conditions.range import Range

__all__ = ["Evidence", "Range"]
