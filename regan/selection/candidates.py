"""Candidates of a path or a search: an estimator, and values for some of its settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from regan.building.settings import check_in_range
from regan.building.specs import read
from regan.building.training_set import TrainingSet
from regan.estimators.gan import RegularizedGAN
from regan.estimators.neural import NeuralModel
from regan.population import Member, make_population_trainer
from regan.typing import AxisValues
from regan.validation import check_real, quietly

GRID = {"alphas": "alpha", "l1_ratios": "l1_ratio", "gammas": "gamma"}
"""Arguments of a path, and the setting of the model that each has values for."""

ALPHAS = (0.0, 1e-5, 1e-4, 1e-3, 1e-2)
"""Strengths to try, where nobody says which."""


def template_of(estimator: Any) -> NeuralModel:
    """A copy of `estimator` that members are made of: nothing to call, no state to go on from."""
    estimator = RegularizedGAN() if estimator is None else estimator
    if not isinstance(estimator, NeuralModel):
        raise TypeError(
            "estimator must be a RegularizedGAN or a RegularizedVAE, whose models can train "
            f"together, got {estimator!r}"
        )
    template: NeuralModel = clone(estimator)
    template.set_params(callbacks=None, verbose=0, warm_start=False)
    return template


def grid(template: NeuralModel, **axes: AxisValues[Any] | None) -> list[dict[str, Any]]:
    """Every combination of values of the `axes`, named as in `GRID`, as settings."""
    values = {}
    for axis, given in axes.items():
        if given is not None:
            if not hasattr(template, GRID[axis]):
                kind = type(template).__name__
                raise ValueError(f"{axis}={given!r} cannot be used: a {kind} has no {GRID[axis]}")
            values[GRID[axis]] = _values(axis, given)
    if not values:
        raise ValueError(f"there are no candidates to choose from: give {' or '.join(axes)}")
    return list(ParameterGrid(values))


def check_members(
    members: Sequence[Member], training_set: TrainingSet, candidates: Sequence[dict[str, Any]]
) -> None:
    """Errors and warnings that a fit would give, and an error where nothing would differ."""
    specs = [member.spec for member in members]
    spec = read(members[0].model, training_set.facts)
    spec.bind(spec.get_backend(), training_set.kind.shape)
    with quietly():
        make_population_trainer(members, training_set.kind)
    whole = type(spec).with_strengths(specs)
    penalties = [*whole.shared_penalties, *(p for n in whole.networks for p in n.penalties)]
    for axis, name in GRID.items():
        values = {repr(settings.get(name)) for settings in candidates}
        if len(values) > 1 and not any(np.ndim(getattr(p, name, 0)) for p in penalties):
            owner = "gradient_penalty" if name == "gamma" else "penalty"
            raise ValueError(
                f"{axis} would have no effect: {owner}={spec.settings[owner]!r} takes no {name}"
            )


def check_memory(max_memory: Any) -> float | None:
    """The bytes of `max_memory`, or None."""
    if max_memory is None:
        return None
    return check_real(max_memory, "max_memory", minimum=0, open_minimum=True)


def named(settings: dict[str, Any]) -> str:
    """Settings in words."""
    return ", ".join(f"{name}={value!r}" for name, value in settings.items())


def _values(axis: str, given: Any) -> list[Any]:
    """The values of an axis: numbers in range, or pairs of them."""
    values = [] if isinstance(given, str) or not np.iterable(given) else list(given)
    if not values:
        raise ValueError(f"{axis} must be a sequence of at least one value, got {given!r}")
    return [_value(axis, value) for value in values]


def _value(axis: str, value: Any) -> Any:
    if np.ndim(value):
        if not isinstance(value, tuple) or len(value) != 2 or GRID[axis] == "gamma":
            pairs = "" if GRID[axis] == "gamma" else " or tuples of two"
            raise ValueError(f"{axis} must hold numbers{pairs}, got {value!r}")
        return tuple(_value(axis, half) for half in value)
    return check_in_range(value, GRID[axis], axis)
