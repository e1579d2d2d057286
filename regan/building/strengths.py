"""Strengths of several models: penalties that hold one strength, or one for each of K models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone


def check_strengths(thing: Any, n: int) -> None:
    """ValueError if a strength of `thing` has several values, and not one for each of `n`."""
    for name, value in thing.get_params(deep=False).items():
        if np.ndim(value) and (n == 1 or len(value) != n):
            raise ValueError(
                f"{name}={value!r} of {type(thing).__name__} has strengths for several models, "
                "but this estimator trains one: give one number"
            )


def merge_strengths(lists: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """The penalties of K models as those of a population: strengths are (K,) where they differ."""
    return tuple(_merge(penalties) for penalties in zip(*lists, strict=True))


def _merge(penalties: Sequence[Any]) -> Any:
    first, *others = (penalty.get_params(deep=False) for penalty in penalties)
    varied = {
        name: np.array([value, *(other[name] for other in others)])
        for name, value in first.items()
        if any(other[name] is not value and other[name] != value for other in others)
    }
    return clone(penalties[0]).set_params(**varied)
