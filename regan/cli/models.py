"""The models that ``regan fit --model`` knows, and what the command may ask of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from regan.cli.manners import tell
from regan.control.saved_run import model_of
from regan.estimators import (
    GenerativeModel,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
    load,
)
from regan.selection import which_model
from regan.storage.stored import FileError

MODELS: dict[str, type[Any]] = {
    "gan": RegularizedGAN,
    "vae": RegularizedVAE,
    "gaussian": RegularizedGaussian,
    "mixture": RegularizedMixture,
}
"""The models by name."""

_NAMES = {cls: name for name, cls in MODELS.items()}
_OF_UPDATES = {"max_time", "checkpoint", "every", "resume"}
_OF_NETWORKS = {"penalty", "alpha", "l1_ratio", "max_iter"}
"""Options that a mixture has as well, where they mean something else."""

_OPTIONS = _OF_UPDATES | _OF_NETWORKS | {"loss", "gradient_penalty", "gamma", "backend", "masked"}
"""What is typed as an option of its own, of what not all models have."""


def load_sampler(path: Path) -> GenerativeModel:
    """The model in a file. FileError for one that generates no rows."""
    model: Any = load(path)
    if not isinstance(model, GenerativeModel):
        raise FileError(
            f"{path} is a {type(model).__name__}, which maps rows of one table to another and "
            "generates none: load it in Python with regan.load, and call transform"
        )
    return model


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
            needless = ", and this model can draw any cells without it" * (name == "masked")
            raise click.UsageError(
                f"{_option(name)} is not for a {model.__name__}; it is for --model "
                f"{' or '.join(_having(name))}{needless}"
            )


@dataclass(frozen=True)
class Candidates:
    """The models that a command leaves a choice of.

    Attributes
    ----------
    names : tuple of str
    given : tuple of str
        The options and settings that not all models have.
    """

    names: tuple[str, ...]
    given: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: str | None, options: Collection[str], more: Collection[str]) -> Candidates:
        """What `--model`, the options and the settings by `--set` leave.

        UsageError for a combination that no model has.
        """
        if kind is None:
            return cls._having({*options, *more})
        check_options(MODELS[kind], options)
        return cls((kind,))

    @classmethod
    def _having(cls, given: Collection[str]) -> Candidates:
        """Those that have all options and settings `given`, networks where they mean networks."""
        narrow = tuple(sorted(n for n in given if _having(n) != [*MODELS] or n in _OF_NETWORKS))
        names = tuple(name for name in MODELS if all(name in _having(n) for n in narrow))
        if not names:
            each = (f"{_option(n)} is for {' or '.join(_having(n))}" for n in narrow)
            raise click.UsageError(f"no model has all of these options: {', '.join(each)}")
        networks = tuple(name for name in names if trains_in_updates(MODELS[name]))
        if networks and _OF_NETWORKS & {*narrow}:
            names = networks
        return cls(names, narrow)

    @property
    def is_one(self) -> bool:
        """Whether the options leave one model, whatever the data are."""
        return len(self.names) == 1

    def choose(self, X: Any) -> str:
        """The one that suits the rows `X`; it is told why, unless `--model` says which."""
        options = " and ".join(map(_option, self.given))
        if self.is_one:
            if self.given:
                tell(f"model: {self.names[0]}, the only model with {options}")
            return self.names[0]
        found = which_model(X)
        name = next(_NAMES[cls] for cls in found.models if _NAMES[cls] in self.names)
        among = f" (of those with {options})" if self.given else ""
        tell(f"model: {name}{among}, because {found.reason}; --model chooses another")
        return name


def model_in(checkpoint: Path) -> str:
    """The model of the run in a checkpoint, which is told. FileError for what is none."""
    names = {cls.__name__: name for name, cls in MODELS.items()}
    name = names[model_of(checkpoint, [*names])]
    tell(f"model: {name}, as in the run in {checkpoint.parent}")
    return name


def _having(option: str) -> list[str]:
    """The models that have an option or a setting."""
    return [name for name, cls in MODELS.items() if option in _options_of(cls)]


def _option(name: str) -> str:
    """What is typed for it."""
    return f"--{name.replace('_', '-')}" if name in _OPTIONS else f"--set {name}"


def _options_of(model: type[Any]) -> set[str]:
    return settings_of(model) | (_OF_UPDATES if trains_in_updates(model) else set())


def what_it_took(model: Any) -> str:
    """How far a fit went, in a few words."""
    if isinstance(model, RegularizedMixture):
        k, n = model.n_components_, model.n_iter_
        return f"{k} component{'s' * (k != 1)}, {n} pass{'es' * (n != 1)}"
    if isinstance(model, RegularizedGaussian):
        return "a normal distribution"
    return f"{model.n_iter_} updates"
