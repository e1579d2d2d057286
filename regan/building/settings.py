"""Settings: an estimator's arguments, read once, and the two rules by which they become objects.

The pair rule: a setting of one network is one value for both or a 2-tuple, (generator,
discriminator) or (encoder, decoder). And the shorthand rule: a name takes its strengths from the
arguments beside it, an object brings its own, and an argument that nothing uses is never passed
over in silence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from regan.building.rules import AUTO
from regan.objectives.players import Pair
from regan.validation import check_real, warn_user

_NON_NEGATIVE = {"minimum": 0.0}
_DECAY = {"minimum": 0.0, "maximum": 1.0, "open_maximum": True}
_RANGES: dict[str, Any] = {
    "alpha": _NON_NEGATIVE,
    "l1_ratio": {"minimum": 0.0, "maximum": 1.0},
    "gamma": _NON_NEGATIVE,
    "cycle_strength": _NON_NEGATIVE,
    "beta_1": _DECAY,
    "beta_2": _DECAY,
}


class Shorthand:
    """The arguments that a name takes its strengths from.

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
            check_in_range(value, name, name)
        self.values = values
        self.defaults = defaults
        self.unused: dict[str, str] = {}

    def build(self, cls: Any) -> Any:
        """An object of `cls` with the strengths that it takes from here (its `flat`)."""
        return cls(**{own: self.values[name] for own, name in cls.flat.items()})

    def refuse(self, owner: str, thing: Any, *names: str) -> None:
        """ValueError if one of `names` was set beside an object, which has its own."""
        if changed := [name for name in names if self.is_set(name)]:
            settings = " and ".join(f"{name}={self.values[name]!r}" for name in changed)
            raise ValueError(
                f"{owner}={thing!r} has its own strengths, so {settings} would be ignored: set "
                f"the strength in the object, or choose {owner} by name"
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


@dataclass(frozen=True, eq=False)
class Settings:
    """The arguments of an estimator's constructor, as they were when it was asked.

    Attributes
    ----------
    values, defaults : mapping of str to object
        Both by name. Of an argument that a subclass does not take, the default of its base class.
    networks : tuple of str
        What the two networks are called; empty for a model without.
    extra : tuple of str
        The arguments that a subclass adds to those which a specification is read from.
    auto : mapping of str to object
        The arguments that rules have given values, in the place of ``"auto"``: as they were before.
    """

    values: Mapping[str, Any]
    defaults: Mapping[str, Any]
    networks: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    auto: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, estimator: Any) -> Self:
        """The settings of `estimator` as they are now."""
        mro = type(estimator).__mro__
        defaults = _defaults_along(mro)
        values = {name: getattr(estimator, name, default) for name, default in defaults.items()}
        # the class that brings a specification knows what it is read from
        known = [i for i, cls in enumerate(mro) if "spec_class" in vars(cls)]
        extra = defaults.keys() - _defaults_along(mro[known[0] :]).keys() if known else ()
        networks = getattr(estimator, "networks", ())
        return cls(MappingProxyType(values), defaults, networks, tuple(sorted(extra)))

    def __reduce__(self) -> tuple[Any, ...]:
        # a view of a mapping is neither pickled nor copied
        return _settings, (
            dict(self.values),
            dict(self.defaults),
            self.networks,
            self.extra,
            dict(self.auto),
        )

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def resolved(self, rules: Mapping[str, Any]) -> Self:
        """The same with what rules say in the place of every ``"auto"``, alone or in a pair.

        TypeError for another word where a rule says a number.
        """
        values, defaults, auto = dict(self.values), dict(self.defaults), {}
        for name, rule in rules.items():
            value = self.values[name]
            pair = value if isinstance(value, tuple) else (value,)
            if isinstance(rule, Real):
                _refuse_words(name, pair, rule)
            if any(map(_is_auto, pair)):
                each = tuple(rule if _is_auto(half) else half for half in pair)
                values[name] = each if isinstance(value, tuple) else rule
                defaults[name] = rule
                auto[name] = value
        return replace(
            self,
            values=MappingProxyType(values),
            defaults=MappingProxyType(defaults),
            auto=MappingProxyType(auto),
        )

    @property
    def given(self) -> dict[str, Any]:
        """The values as they were given, before rules."""
        return {**self.values, **self.auto}

    def is_default(self, name: str) -> bool:
        """Whether a setting has its default value."""
        return bool(self.values[name] == self.defaults[name])

    def pair(self, name: str) -> Pair:
        """The settings of the two networks, from one value or a pair."""
        value = self.values[name]
        if not isinstance(value, tuple):
            return Pair(value, value)
        if len(value) != 2:
            raise ValueError(
                f"{name} as a tuple must be a pair ({', '.join(self.networks)}), got {value!r}; "
                "to give several values for one network, use a list"
            )
        return Pair(*value)

    def is_pair(self, name: str) -> bool:
        """Whether the two networks have values of their own."""
        return isinstance(self.values[name], tuple)

    def per_network(self, name: str, make: Callable[..., Any], *flat: str) -> Pair:
        """What `make` builds for each network from the setting `name`.

        `make` is called with the network's value and its `Shorthand`, taken from the settings
        `flat`. A strength that was set and that neither network uses is a warning; so is each half
        of a pair.
        """
        values = {f: self.pair(f) for f in flat}
        hint = f" or a pair ({', '.join(self.networks)})"
        halves = [Shorthand({f: values[f][i] for f in flat}, self.defaults, hint) for i in range(2)]
        one, two = (make(v, half) for v, half in zip(self.pair(name), halves, strict=True))
        for f in flat:
            lost = [half for half in halves if half.is_lost(f)]
            # one value for both networks is lost only if both halves are, and is then told once
            for half in lost if self.is_pair(f) else lost[1:]:
                _warn(f, half)
        return Pair(one, two)

    def shared(self, name: str, make: Callable[..., Any], *flat: str) -> Any:
        """What `make` builds from the setting `name`, which is no pair."""
        shorthand = Shorthand({f: self.values[f] for f in flat}, self.defaults)
        built = make(self.values[name], shorthand)
        for f in flat:
            if shorthand.is_lost(f):
                _warn(f, shorthand)
        return built


def _settings(values: dict[str, Any], defaults: dict[str, Any], *rest: Any) -> Settings:
    return Settings(MappingProxyType(values), MappingProxyType(defaults), *rest)


def check_in_range(value: Any, name: str, called: str) -> float:
    """`value` as a float in the range of the setting `name`; messages say `called`."""
    return check_real(value, called, **_RANGES[name])


def default_of(cls: type, name: str) -> Any:
    """The default of a constructor's argument: the signature is the one place that has it."""
    return _defaults_along(cls.__mro__)[name]


@cache  # reading signatures takes longer than a small fit
def _defaults_along(mro: tuple[type, ...]) -> Mapping[str, Any]:
    """The defaults of a constructor, and of the base classes' for what it does not take."""
    defaults: dict[str, Any] = {}
    for owner in mro:
        for name, parameter in inspect.signature(owner).parameters.items():
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                defaults.setdefault(name, parameter.default)
    return MappingProxyType(defaults)


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and value == AUTO


def _refuse_words(name: str, values: Sequence[Any], rule: Real) -> None:
    kind = "an integer" if isinstance(rule, Integral) else "a real number"
    for value in values:
        if isinstance(value, str) and value != AUTO:
            raise TypeError(f"{name} must be {kind} or 'auto', got {value!r}")


def _warn(name: str, shorthand: Shorthand) -> None:
    value, reason = shorthand.values[name], shorthand.unused[name]
    warn_user(f"{name}={value!r} has no effect: {reason}")
