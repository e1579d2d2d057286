"""The specification of one network: layers, regularizers, optimizer; from settings, and bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from regan.backends import Backend
from regan.building import factory
from regan.building.architecture import Blueprint
from regan.building.settings import Settings
from regan.building.strengths import check_strengths
from regan.building.unused import warn_unused
from regan.constraints import Clipping, Constraint, Constraints
from regan.layers import Layer
from regan.objectives import Player
from regan.optimizers import Optimizer
from regan.penalties import ActivityPenalty, Penalty
from regan.schedules import ConstantSchedule, Schedule
from regan.validation import check_real


@dataclass(frozen=True)
class NetworkSpec:
    """One network: its layers, its regularizers, its optimizer.

    Attributes
    ----------
    name : str
    blueprint : Blueprint
    penalties, activity_penalties, constraints, clipping : tuples
    optimizer : Optimizer
    learning_rate : float
        Before the schedule.
    schedule : Schedule
    """

    name: str
    blueprint: Blueprint
    penalties: tuple[Penalty, ...]
    activity_penalties: tuple[ActivityPenalty, ...]
    constraints: tuple[Constraint, ...]
    clipping: tuple[Clipping, ...]
    optimizer: Optimizer
    learning_rate: float
    schedule: Schedule

    def bind(
        self,
        ops: Backend,
        size: tuple[int, int],
        n_labels: int,
        *,
        tail: Sequence[Layer] = (),
        n_models: int = 1,
        constant: bool = False,
    ) -> Player:
        """The player with a network of `size`, inputs and outputs, the last `n_labels` inputs
        being labels.

        tail : what comes behind the last affine map; constant : keep the learning rate as it is.
        """
        network = replace(self.blueprint, tail=tail).build(ops, *size, n_labels)
        layout, decoupled = network.layout, self.optimizer.decoupled
        for penalty in self.penalties:
            check_strengths(penalty, n_models)
        for penalty in self.activity_penalties:
            check_strengths(penalty, 1)
        return Player(
            network,
            [p.bind(ops, layout, decoupled=decoupled) for p in self.penalties],
            [p.bind(ops) for p in self.activity_penalties],
            Constraints([c.bind(ops, layout) for c in self.constraints]),
            [c.bind(ops, layout) for c in self.clipping],
            self.optimizer,
            self.learning_rate,
            ConstantSchedule() if constant else self.schedule,
        )


def read_networks(
    settings: Settings, width_settings: tuple[str, str]
) -> tuple[NetworkSpec, NetworkSpec]:
    """Both networks, from an estimator's arguments; warns of those that have no effect."""
    optimizers = settings.per_network("optimizer", factory.make_optimizer, "beta_1", "beta_2")
    _check_extrapolation(settings, optimizers)
    penalties = settings.per_network("penalty", factory.make_penalties, "alpha", "l1_ratio")
    activity = settings.per_network("activity_penalty", factory.make_activity_penalties)
    constraints = settings.per_network("constraint", factory.make_constraints)
    clipping = settings.per_network("clipping", factory.make_clipping)
    rates = [
        check_real(rate, "learning_rate_init", minimum=0, open_minimum=True)
        for rate in settings.pair("learning_rate_init")
    ]
    schedules = settings.per_network("learning_rate", factory.make_schedule)
    blueprints = _blueprints(settings, width_settings)
    first, second = (
        NetworkSpec(
            name,
            blueprints[i],
            tuple(penalties[i]),
            tuple(activity[i]),
            tuple(constraints[i]),
            tuple(clipping[i]),
            optimizers[i],
            rates[i],
            schedules[i],
        )
        for i, name in enumerate(settings.networks)
    )
    warn_unused(settings, (first, second))
    return first, second


def _blueprints(settings: Settings, width_settings: tuple[str, str]) -> list[Blueprint]:
    columns = (
        _widths(settings, *width_settings),
        [factory.make_activation(a) for a in settings.pair("activation")],
        settings.per_network("normalization", factory.make_normalization),
        settings.per_network("dropout", factory.make_dropout),
        _parts(settings),
    )
    return [Blueprint(*row) for row in zip(*columns, strict=True)]


def _widths(settings: Settings, first: str, second: str) -> list[tuple[int, ...]]:
    widths = tuple(factory.make_widths(settings[first], first, second))
    other = settings[second]
    return [
        widths,
        widths if other is None else tuple(factory.make_widths(other, second, first)),
    ]


def _parts(settings: Settings) -> list[tuple[Any, ...]]:
    """The parts of both networks; one value for both goes where it makes sense."""
    architecture = settings["architecture"]
    kept = []
    asked = settings.per_network("architecture", factory.make_architecture)
    for name, parts in zip(settings.networks, asked, strict=True):
        for part in parts:
            places = [n for n in settings.networks if n in part.networks]
            misplaced = isinstance(architecture, tuple) and name not in places
            if misplaced or not places:
                fit = (
                    f"is for the {places[0]}, not the {name}"
                    if places
                    else "is for neither network"
                )
                raise ValueError(f"architecture={architecture!r}: {part!r} {fit}")
        kept.append(tuple(p for p in parts if name in p.networks))
    return kept


def _check_extrapolation(settings: Settings, optimizers: Sequence[Optimizer]) -> None:
    one, two = optimizers
    optimizer = settings["optimizer"]
    if one.extrapolates != two.extrapolates:
        does, does_not = (one, two) if one.extrapolates else (two, one)
        raise ValueError(
            f"optimizer={optimizer!r}: {does!r} looks ahead (extragradient) and {does_not!r} does "
            "not. Choose an optimizer that looks ahead for both networks, or for neither"
        )
    steps = settings.values.get("n_discriminator_steps", 0)
    if one.extrapolates and steps != 0:
        raise ValueError(
            f"optimizer={optimizer!r} updates both networks at once, so "
            f"n_discriminator_steps={steps!r} is not possible: set n_discriminator_steps=0"
        )
