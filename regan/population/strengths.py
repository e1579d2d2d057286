"""The strengths of several models as those of one population."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from regan.building import factory
from regan.building.settings import per_network, shared


def together(models: Sequence[Any]) -> Any:
    """One model whose penalties have the strengths of all `models`, (K,) where they differ.

    The models differ in `alpha`, `l1_ratio` and `gamma` alone. Only an objective is made of the
    result: it cannot be fitted.
    """
    whole = clone(models[0]).set_params(callbacks=None, verbose=0)
    pairs = [per_network(m, "penalty", factory.make_penalties, "alpha", "l1_ratio") for m in models]
    whole.penalty = _merged([p.first for p in pairs]), _merged([p.second for p in pairs])
    _reset(whole, "alpha", "l1_ratio")
    if hasattr(whole, "gradient_penalty"):
        make = factory.make_gradient_penalties
        whole.gradient_penalty = _merged(
            [shared(m, "gradient_penalty", make, "gamma") for m in models]
        )
        _reset(whole, "gamma")
    whole._n_models = len(models)
    return whole


def _merged(lists: Sequence[list[Any]]) -> list[Any]:
    """One list of penalties from one for each model."""
    return [_one(things) for things in zip(*lists, strict=True)]


def _one(things: Sequence[Any]) -> Any:
    first, *others = (thing.get_params(deep=False) for thing in things)
    varied = {
        name: np.array([value, *(other[name] for other in others)])
        for name, value in first.items()
        if any(other[name] is not value and other[name] != value for other in others)
    }
    return clone(things[0]).set_params(**varied)


def _reset(model: Any, *names: str) -> None:
    """Set arguments to their defaults: objects bring their own strengths."""
    parameters = inspect.signature(type(model)).parameters
    for name in names:
        setattr(model, name, parameters[name].default)
