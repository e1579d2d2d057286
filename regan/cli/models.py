"""The models that ``regan fit --model`` knows, and what the command may ask of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from regan.estimators import (
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)

MODELS: dict[str, type[Any]] = {
    "gan": RegularizedGAN,
    "vae": RegularizedVAE,
    "gaussian": RegularizedGaussian,
    "mixture": RegularizedMixture,
}
"""The models by name."""

DEFAULT = "gan"
_OF_UPDATES = {"max_time", "checkpoint", "every", "resume"}


def settings_of(model: type[Any]) -> set[str]:
    """The names of the settings of a model."""
    return set(model().get_params())


def trains_in_updates(model: type[Any]) -> bool:
    """Whether there are updates to watch, to break off and to go on with."""
    return "callbacks" in settings_of(model)


def check_options(model: type[Any], given: Iterable[str]) -> None:
    """UsageError for options of settings, or of how to train, that a model does not have."""
    known = _options_of(model)
    for name in given:
        if name not in known:
            having = [word for word, cls in MODELS.items() if name in _options_of(cls)]
            raise click.UsageError(
                f"--{name.replace('_', '-')} is not for a {model.__name__}: it is for --model "
                f"{' or '.join(having)}"
            )


def _options_of(model: type[Any]) -> set[str]:
    return settings_of(model) | (_OF_UPDATES if trains_in_updates(model) else set())


def what_it_took(model: Any) -> str:
    """How far a fit went, in a few words."""
    if isinstance(model, RegularizedMixture):
        return f"{model.n_components_} components, {model.n_iter_} passes"
    if isinstance(model, RegularizedGaussian):
        return "a normal distribution"
    return f"{model.n_iter_} updates"
