"""Directional finite differences that notice kinks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

TOLERANCE = 1e-6
"""The largest relative error of a derivative in float64."""

_STEP = 1e-3
_SMOOTH = 1e-8
_DRAWS = 50

Point = Sequence[np.ndarray]


def check_gradient(
    draw: Callable[[np.random.Generator], Point],
    value: Callable[[Point], float],
    gradient: Callable[[Point], Point],
    *,
    rng: np.random.Generator,
    what: str,
    tolerance: float = TOLERANCE,
) -> float:
    """Compare ``<gradient, v>`` with central differences of `value` along a random direction v.

    The direction has no entry near 0, so no coordinate goes unseen. Where the differences with a
    step and with half of it disagree, a kink or a rounding error lies between, and the point is
    drawn again.

    Returns
    -------
    error : float
        ``|difference - derivative| / max(|difference|, |derivative|)``.
    """
    for _ in range(_DRAWS):
        point = [np.asarray(a, dtype=np.float64) for a in draw(rng)]
        direction = _direction(point, rng)
        coarse = _difference(value, point, direction, _STEP)
        fine = _difference(value, point, direction, _STEP / 2)
        if relative_error(coarse, fine) > _SMOOTH:
            continue
        parts = zip(gradient(point), direction, strict=True)
        derivative = sum(float(np.vdot(g, v)) for g, v in parts)
        return assert_close(derivative, fine, what, tolerance)
    raise AssertionError(f"{what}: no smooth point in {_DRAWS} draws, so nothing could be compared")


def assert_close(a: Any, b: Any, what: str, tolerance: float = TOLERANCE) -> float:
    """The relative error between `a` and `b`; AssertionError if it exceeds `tolerance`."""
    error = relative_error(a, b)
    if not error <= tolerance:  # also if it is NaN
        raise AssertionError(f"{what}: relative error {error:.2g} exceeds {tolerance:g}")
    return error


def relative_error(a: Any, b: Any) -> float:
    """``max |a - b| / max(|a|, |b|)``, 0 for two zeros."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise AssertionError(f"shapes differ: {a.shape} and {b.shape}")
    if a.size == 0:
        return 0.0
    scale = max(np.abs(a).max(), np.abs(b).max())
    return float(np.abs(a - b).max() / scale) if scale != 0 else 0.0


def _direction(point: Point, rng: np.random.Generator) -> list[np.ndarray]:
    """A unit vector over all arrays of `point`, with no entry near 0."""
    raw = [rng.uniform(0.5, 1.5, a.shape) * rng.choice([-1.0, 1.0], a.shape) for a in point]
    norm = np.sqrt(sum(float(np.vdot(v, v)) for v in raw))
    return [v / norm for v in raw]


def _difference(value: Callable[[Point], float], point: Point, direction: Point, h: float) -> float:
    """The fourth-order central difference of `value` at `point` along `direction`."""

    def at(t: float) -> float:
        return value([a + t * v for a, v in zip(point, direction, strict=True)])

    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
