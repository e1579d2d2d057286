"""Completed rows: those that a model makes given some of their cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from regan.data.conditions import Evidence
from regan.estimators.sampling import Maker

Completer: TypeAlias = Callable[[np.random.Generator, Evidence, "np.ndarray | None"], np.ndarray]
"""Makes scaled rows (n, D), levels one-hot, that have what evidence on n rows says is known, from
random numbers, of the given classes (n,) if there are any."""


def regardless(make: Maker, n_rows: int) -> Completer:
    """A completer by a maker of `n_rows`: rows as they come, whatever is known."""

    def complete(
        rng: np.random.Generator, evidence: Evidence, codes: np.ndarray | None
    ) -> np.ndarray:
        n, parts = len(evidence), []
        for start in range(0, n, n_rows):
            part = None if codes is None else np.resize(codes[start : start + n_rows], n_rows)
            parts.append(make(rng, part)[: n - start])
        return np.concatenate(parts)

    return complete
