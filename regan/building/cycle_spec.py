"""The specification of a cycle GAN, from its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from sklearn.base import clone

from regan.backends import Backend
from regan.building import factory
from regan.building.game_spec import JudgedSpec, warn_of_coupling
from regan.building.network_spec import NetworkSpec, read_networks
from regan.building.rules import Domains, cycle_rules
from regan.building.run_spec import RunSpec
from regan.building.settings import Settings
from regan.building.strengths import merge_strengths
from regan.layers import Layer, SoftmaxBlocks
from regan.objectives import CycleObjective, Player
from regan.penalties import Consistency
from regan.validation import check_real

UNKNOWN = Domains(10_000, 10_000)
"""For settings that are read before there are data."""


class Columns(NamedTuple):
    """The columns of a domain, as networks see them.

    Attributes
    ----------
    n : int
        D.
    levels : tuple of int
        The sizes of the blocks of one-hot columns, which are the last of the D.
    n_shared : int or None
        How many of the numbers, the first ones, the other domain has as well, in the same order;
        None for all that both have room for.
    """

    n: int
    levels: tuple[int, ...] = ()
    n_shared: int | None = None


@dataclass(frozen=True, eq=False)
class CycleSpec(JudgedSpec):
    """Two generators with one specification, and two discriminators with another.

    Attributes
    ----------
    cycle : Consistency
    identity : Consistency or None
    """

    cycle: Consistency
    identity: Consistency | None

    @classmethod
    def read(cls, settings: Settings, facts: Domains = UNKNOWN) -> Self:  # type: ignore[override]
        given, rules = settings, cycle_rules(facts)
        settings = given.resolved(rules)
        if "architecture" in settings.auto and cls._shrinks(settings):
            settings = given.resolved({**rules, "architecture": None})
        networks = read_networks(settings, cls.width_settings)
        _refuse_noise(settings, networks[0])
        warn_of_coupling(settings, networks[1])
        cycle = settings.shared("cycle_consistency", factory.make_consistency, "cycle_strength")
        return cls(
            settings,
            networks,
            0,
            RunSpec.read(settings),
            1,
            *cls._read_judged(settings),
            cycle,
            _identity(cycle, settings["identity_strength"]),
        )

    @property
    def shared_penalties(self) -> tuple[Any, ...]:
        return (*self.gradient_penalties, self.cycle, *self._identities)

    @property
    def _identities(self) -> tuple[Consistency, ...]:
        return () if self.identity is None else (self.identity,)

    @classmethod
    def with_strengths(cls, specs: Sequence[Self]) -> Self:
        (cycle,) = merge_strengths([[spec.cycle] for spec in specs])
        identities = merge_strengths([spec._identities for spec in specs])
        whole = super().with_strengths(specs)
        identity = identities[0] if identities else None
        return replace(whole, cycle=cycle, identity=identity)

    def bind(
        self, ops: Backend, source: Columns, target: Columns, *, constant: bool = False
    ) -> CycleObjective:
        """The objective for rows of two domains, checked; constant : keep learning rates as they
        are.
        """
        judging = self._judging(ops)
        players: dict[str, Player] = {}
        for prefix, here, there in (("", source, target), ("inverse_", target, source)):
            tail: list[Layer] = [SoftmaxBlocks(there.levels)] if there.levels else []
            sizes = (here.n, there.n), (self.pac * there.n, 1)
            for network, size, own in zip(self.networks, sizes, (tail, []), strict=True):
                name = prefix + network.name
                blueprint = replace(network.blueprint, most_skipped=here.n_shared)
                players[name] = replace(network, name=name, blueprint=blueprint).bind(
                    ops, size, 0, tail=own, n_models=self.n_models, constant=constant
                )
        cycle, *identity = (
            (c.bind(ops, source.n, source.levels), c.bind(ops, target.n, target.levels))
            for c in (self.cycle, *self._identities)
        )
        objective = CycleObjective(players, judging, cycle, identity[0] if identity else None)
        objective.check()
        return objective


def _identity(cycle: Consistency, strength: Any) -> Consistency | None:
    """The same distance with another strength; None at 0."""
    checked = check_real(strength, "identity_strength", minimum=0)
    return clone(cycle).set_params(strength=checked) if checked else None


def _refuse_noise(settings: Settings, generator: NetworkSpec) -> None:
    """ValueError for parts of a generator that take noise: here it takes rows."""
    for part in generator.blueprint.parts:
        if part.position == "noise":
            raise ValueError(
                f"architecture={settings['architecture']!r}: {part!r} takes noise, and the "
                "generators of a cycle GAN take rows: leave it out"
            )
