"""The models of a population are apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from regan.backends import Backend
from regan.testing.differences import Point, assert_close


def exactness(ops: Backend) -> float:
    """The relative error allowed between a model among several and the same one alone."""
    return 0.0 if ops.bitwise else 1e-12


def check_apart(ops: Backend, act: Callable[[Point], Point], point: Point, what: str) -> None:
    """Change one model's rows of `point`: the other models' rows of ``act(point)`` must not move.

    All arrays carry the population axis K first.
    """
    before = act(point)
    for k in range(len(point[0])):
        moved = [a.copy() for a in point]
        for a in moved:
            a[k] = 1 - 2 * a[k]  # no shift, which differences of arrays would not show
        for a, b in zip(before, act(moved), strict=True):
            a, b = np.delete(a, k, axis=0), np.delete(b, k, axis=0)
            assert_close(a, b, f"{what}: model {k} moves the others", exactness(ops))
