"""Warnings of settings without effect: on hidden layers that are not there, on decay of nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from regan.building.settings import Settings
from regan.penalties import L1, GroupLasso, Orthogonal
from regan.validation import warn_user

_BETWEEN = ("activation", "normalization", "dropout")
"""Settings that stand in hidden layers, whatever their class."""

_NO_DECAY = (L1, GroupLasso, Orthogonal)
"""Penalties that an optimizer with decoupled decay takes like any other."""

Use = tuple[Any, int]
"""Something that a setting asks for, and the number of hidden layers where it is to act."""


def warn_unused(settings: Settings, networks: Sequence[Any]) -> None:
    """Warn of what settings ask for and no network can use.

    One value for both networks may be used by one of them; each element of a pair has to be used.

    networks : the `NetworkSpec` of each network.
    """
    for name in (*_BETWEEN, "architecture"):
        asked = [list(_parts(settings, n.blueprint, i, name)) for i, n in enumerate(networks)]
        _warn_unused(settings, name, asked, networks)
    for name, field in (
        ("penalty", "penalties"),
        ("activity_penalty", "activity_penalties"),
        ("constraint", "constraints"),
    ):
        _warn_unused(settings, name, [getattr(n, field) for n in networks], networks)
    _warn_of_decay(settings, networks)


def _warn_of_decay(settings: Settings, networks: Sequence[Any]) -> None:
    """Warn of an optimizer with decoupled decay where no network has a penalty to decay by."""
    asked = [n for n in networks if n.optimizer.decoupled]
    lost = [n for n in asked if all(isinstance(p, _NO_DECAY) for p in n.penalties)]
    by_pair = settings.is_pair("optimizer")
    for network in lost if by_pair or len(lost) == len(asked) else ():
        who = f"the {network.name} has" if by_pair else "the networks have"
        warn_user(
            f"optimizer={network.optimizer!r} is plain Adam here: its weight decay is an L2 "
            f"penalty or an elastic net, and {who} none. Set penalty and alpha"
        )
        if not by_pair:
            return


def _parts(settings: Settings, blueprint: Any, i: int, name: str) -> Iterator[Any]:
    """What is asked for of network `i`; an activation that nobody has chosen is not."""
    if name == "architecture":
        yield from blueprint.parts
    elif name == "activation" and settings.pair(name)[i] == settings.defaults[name]:
        return
    elif getattr(blueprint, name) is not None:
        yield getattr(blueprint, name)


def _warn_unused(
    settings: Settings, name: str, asked: Sequence[Sequence[Any]], networks: Sequence[Any]
) -> None:
    by_pair = settings.is_pair(name)
    depths = [len(network.blueprint.widths) for network in networks]
    told: set[type] = set()
    for network, things, depth in zip(networks, asked, depths, strict=True):
        for thing in things:
            uses: list[Use] = [(thing, depth)]
            if not by_pair:
                every = zip(asked, depths, strict=True)
                uses = [(t, d) for ts, d in every for t in ts if type(t) is type(thing)]
            unused = all(d < _needs(name, t) for t, d in uses)
            if unused and (by_pair or type(thing) not in told):
                few = "one hidden layer" if depth else "no hidden layers"
                who = f"the {network.name} has" if by_pair else "the networks have"
                warn_user(f"{name}={thing!r} has no effect: {who} {few}")
                told.add(type(thing))


def _needs(name: str, thing: Any) -> int:
    return 1 if name in _BETWEEN else int(thing.min_hidden_layers)
