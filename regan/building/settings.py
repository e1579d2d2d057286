"""The two rules by which an estimator's flat settings become objects.

The pair rule: a setting of one network is one value for both or a 2-tuple, (generator,
discriminator) or (encoder, decoder). And: a name takes its strengths from the flat arguments beside
it, an object brings its own, and a flat argument that nothing uses is never passed over in silence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from regan.objectives.players import Pair
from regan.validation import check_real, warn_user

_NON_NEGATIVE = {"minimum": 0.0}
_DECAY = {"minimum": 0.0, "maximum": 1.0, "open_maximum": True}
_RANGES: dict[str, Any] = {
    "alpha": _NON_NEGATIVE,
    "l1_ratio": {"minimum": 0.0, "maximum": 1.0},
    "gamma": _NON_NEGATIVE,
    "beta_1": _DECAY,
    "beta_2": _DECAY,
}


def pair(model: Any, name: str) -> Pair:
    """The settings of the two networks of `model`, from one value or a pair."""
    value = getattr(model, name)
    if not isinstance(value, tuple):
        return Pair(value, value)
    if len(value) != 2:
        raise ValueError(
            f"{name} as a tuple must be a pair ({', '.join(model.networks)}), got {value!r}; "
            "several things for one network are a list"
        )
    return Pair(*value)


class Flat:
    """The flat strengths that the things of one setting may take.

    Parameters
    ----------
    values, defaults : dict of str to object
        The estimator's arguments and their defaults. The values have to be in range, used or not.
    hint : str
        What else a value may be, for messages.
    """

    def __init__(
        self, values: Mapping[str, Any], defaults: Mapping[str, Any], hint: str = ""
    ) -> None:
        for name, value in values.items():
            if np.ndim(value):
                raise ValueError(f"{name} must be one number{hint}, got {value!r}")
            check_real(value, name, **_RANGES[name])
        self.values = values
        self.defaults = defaults
        self.unused: dict[str, str] = {}

    def take(self, *names: str) -> tuple[Any, ...]:
        """The values of `names`."""
        return tuple(self.values[name] for name in names)

    def refuse(self, owner: str, thing: Any, *names: str) -> None:
        """ValueError if one of `names` was set beside an object, which has its own."""
        if changed := [name for name in names if self.is_set(name)]:
            settings = " and ".join(f"{name}={self.values[name]!r}" for name in changed)
            raise ValueError(
                f"{owner}={thing!r} brings its own strengths, so {settings} would be ignored: "
                f"set it in the object, or choose {owner} by name"
            )

    def leave(self, reason: str, *names: str) -> None:
        """Note that `names` are not used, and why."""
        self.unused |= dict.fromkeys(names, reason)

    def is_set(self, name: str) -> bool:
        """Whether the value is not the default."""
        return bool(self.values[name] != self.defaults[name])

    def is_lost(self, name: str) -> bool:
        """Whether it was set and not used."""
        return self.is_set(name) and name in self.unused


def per_network(model: Any, name: str, make: Callable[..., Any], *flat: str) -> Pair:
    """What `make` builds for each network from the setting `name` of `model`.

    `make` is called with the network's value and its `Flat` strengths, taken from the settings
    `flat`. A strength that was set and that neither network uses is a warning; so is each half of a
    pair.
    """
    values = {f: pair(model, f) for f in flat}
    defaults = _defaults(model)
    hint = f" or a pair ({', '.join(model.networks)})"
    flats = [Flat({f: values[f][i] for f in flat}, defaults, hint) for i in range(2)]
    one, two = (make(v, f) for v, f in zip(pair(model, name), flats, strict=True))
    for f in flat:
        lost = [half for half in flats if half.is_lost(f)]
        # one value for both networks is lost only if both halves are, and is then told once
        for half in lost if isinstance(getattr(model, f), tuple) else lost[1:]:
            _warn(f, half)
    return Pair(one, two)


def shared(model: Any, name: str, make: Callable[..., Any], *flat: str) -> Any:
    """What `make` builds from the setting `name` of `model`, which is no pair."""
    flats = Flat({f: getattr(model, f) for f in flat}, _defaults(model))
    made = make(getattr(model, name), flats)
    for f in flat:
        if flats.is_lost(f):
            _warn(f, flats)
    return made


def for_models(thing: Any, n: int) -> Any:
    """`thing` itself; ValueError if a strength has several values, and not one for each of `n`."""
    for name, value in thing.get_params(deep=False).items():
        if np.ndim(value) and (n == 1 or len(value) != n):
            raise ValueError(
                f"{name}={value!r} of {type(thing).__name__} holds strengths for several models, "
                "and this estimator trains one: set one number"
            )
    return thing


def check_in_range(value: Any, name: str, called: str) -> float:
    """`value` as a float in the range of the setting `name`; messages say `called`."""
    return check_real(value, called, **_RANGES[name])


def _defaults(model: Any) -> Mapping[str, Any]:
    """The defaults of the constructor; of a base class for what a subclass does not take."""
    return _defaults_along(type(model).__mro__)


@cache  # reading signatures takes longer than a small fit
def _defaults_along(mro: tuple[type, ...]) -> Mapping[str, Any]:
    defaults: dict[str, Any] = {}
    for owner in mro:
        for name, parameter in inspect.signature(owner).parameters.items():
            defaults.setdefault(name, parameter.default)
    return defaults


def _warn(name: str, flat: Flat) -> None:
    value, reason = flat.values[name], flat.unused[name]
    warn_user(f"{name}={value!r} has no effect: {reason}")
