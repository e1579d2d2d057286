"""Completed rows: those that a model makes given some of their cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from regan.data.conditions import Evidence

Completer: TypeAlias = Callable[[np.random.Generator, Evidence, "np.ndarray | None"], np.ndarray]
"""Makes scaled rows (n, D), levels one-hot, that have what evidence on n rows says is known, from
random numbers, of the given classes (n,) if there are any."""
