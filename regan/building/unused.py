"""Settings that act on hidden layers, where a network has too few of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regan.building.architecture import Blueprint, ResidualConnections
from regan.constraints import MaxUnits
from regan.layers import BatchNorm, Dropout, LayerNorm
from regan.objectives.players import Pair
from regan.penalties import GroupLasso
from regan.validation import warn_user

_ON_HIDDEN = (BatchNorm, Dropout, GroupLasso, LayerNorm, MaxUnits)


def warn_idle(model: Any, blueprints: Sequence[Blueprint], **settings: Pair) -> None:
    """Warn of what settings of `model` ask for and no network can use.

    settings : for each network a list of what the setting means there, beside those that the
    blueprints hold. One value for both networks may be used by one of them; each element of a pair
    has to be used.
    """
    held = {
        "normalization": Pair(*([b.normalization] for b in blueprints)),
        "dropout": Pair(*([b.dropout] for b in blueprints)),
        "architecture": Pair(*(b.parts for b in blueprints)),
    }
    for name, things in {**held, **settings}.items():
        _warn_idle(model, name, things, blueprints)


def _warn_idle(model: Any, name: str, things: Pair, blueprints: Sequence[Blueprint]) -> None:
    by_pair = isinstance(getattr(model, name), tuple)
    sides = list(zip(model.networks, things, blueprints, strict=True))
    told: set[type] = set()
    for network, found, blueprint in sides:
        for thing in found:
            held = [(thing, blueprint)]
            if not by_pair:
                held = [(t, b) for _, ts, b in sides for t in ts if type(t) is type(thing)]
            idle = all(_is_idle(t, len(b.widths)) for t, b in held)
            if idle and (by_pair or type(thing) not in told):
                few = "one hidden layer" if blueprint.widths else "no hidden layers"
                who = f"the {network} has" if by_pair else "the networks have"
                warn_user(f"{name}={thing!r} has no effect: {who} {few}")
                told.add(type(thing))


def _is_idle(thing: Any, n_hidden: int) -> bool:
    if isinstance(thing, ResidualConnections):
        return n_hidden < 2
    on_hidden = isinstance(thing, _ON_HIDDEN) or getattr(thing, "where", "") == "hidden"
    return on_hidden and not n_hidden
