"""The specification of a GAN, and what a cycle GAN shares with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from regan.backends import Backend
from regan.building import factory
from regan.building.network_spec import NetworkSpec, read_networks
from regan.building.rules import (
    UNKNOWN,
    Facts,
    game_rules,
    game_schedule,
)
from regan.building.run_spec import RunSpec
from regan.building.settings import Settings
from regan.building.specs import ModelSpec, SamplingSpec, Shape, make_players
from regan.building.strengths import check_strengths, merge_strengths
from regan.layers import Layer, SoftmaxBlocks
from regan.losses import Loss, Matching
from regan.objectives import (
    AdversarialObjective,
    InstanceNoise,
    Judging,
)
from regan.penalties import GradientPenalty
from regan.typing import ScheduleName
from regan.validation import check_int, quietly, warn_user


@dataclass(frozen=True, eq=False)
class JudgedSpec(ModelSpec):
    """A model with generators and discriminators.

    Attributes
    ----------
    loss : Loss
    gradient_penalties : tuple of GradientPenalty
    matching : tuple of Matching
    noise : tuple of InstanceNoise
    """

    loss: Loss
    gradient_penalties: tuple[GradientPenalty, ...]
    matching: tuple[Matching, ...]
    noise: tuple[InstanceNoise, ...]

    width_settings = ("hidden_layer_sizes", "discriminator_hidden_layer_sizes")

    @property
    def shared_penalties(self) -> tuple[Any, ...]:
        return self.gradient_penalties

    @classmethod
    def with_strengths(cls, specs: Sequence[Self]) -> Self:
        merged = merge_strengths([spec.gradient_penalties for spec in specs])
        return replace(super().with_strengths(specs), gradient_penalties=merged)

    @classmethod
    def _read_judged(
        cls, settings: Settings
    ) -> tuple[Loss, tuple[GradientPenalty, ...], tuple[Matching, ...], tuple[InstanceNoise, ...]]:
        """Loss, gradient penalties, data terms and noise, checked."""
        return (
            factory.make_loss(settings["loss"]),
            tuple(settings.shared("gradient_penalty", factory.make_gradient_penalties, "gamma")),
            tuple(factory.make_matching(settings["matching"])),
            tuple(factory.make_noise(settings["noise"])),
        )

    @classmethod
    def _shrinks(cls, settings: Settings) -> bool:
        """Whether a proximal step would take all weights of a generator that begins at 0.

        A residual generator starts with gradients of 0 before its last affine map.
        """
        with quietly():
            generator = read_networks(settings, cls.width_settings)[0]
        return any(penalty.has_prox for penalty in generator.penalties)

    def _judging(self, ops: Backend) -> Judging:
        """What discriminators are trained by, bound."""
        for penalty in self.shared_penalties:
            check_strengths(penalty, self.n_models)
        for match in self.matching:
            check_strengths(match, 1)
        return Judging(
            self.loss,
            [p.bind(ops) for p in self.gradient_penalties],
            [m.bind(ops) for m in self.matching],
            [n.bind(ops) for n in self.noise],
            self.pac,
        )


@dataclass(frozen=True, eq=False)
class GameSpec(JudgedSpec, SamplingSpec):
    """A generator and a discriminator."""

    objective_class = AdversarialObjective
    strength = "gamma"

    @classmethod
    def read(cls, settings: Settings, facts: Facts = UNKNOWN) -> Self:
        given, rules = settings, game_rules(facts)
        settings = given.resolved(rules)
        if "architecture" in settings.auto and rules["architecture"] is not None:
            # one that trains already stays what it is
            plain = cls._shrinks(settings) if facts.skips is None else not facts.skips
            settings = given.resolved({**rules, "architecture": None}) if plain else settings
        networks = read_networks(settings, cls.width_settings)
        loss, gradient, matching, noise = cls._read_judged(settings)
        if "gamma" in settings.auto:
            _schedule(gradient, settings["gradient_penalty"], game_schedule(facts))
        warn_of_coupling(settings, networks[1])
        return cls(
            settings,
            networks,
            check_int(settings["latent_dim"], "latent_dim", minimum=1),
            RunSpec.read(settings),
            1,
            loss,
            gradient,
            matching,
            noise,
        )

    def bind(self, ops: Backend, shape: Shape, *, constant: bool = False) -> AdversarialObjective:
        row = shape.n_features + shape.n_told
        sizes = (
            (self.latent_dim + shape.n_side, shape.n_features),
            (self.pac * row, 1),
        )
        head = [SoftmaxBlocks(shape.levels)] if shape.levels else []
        tails: list[list[Layer]] = [[*shape.offsets, *head], []]
        judging = self._judging(ops)
        objective = AdversarialObjective(
            make_players(self, ops, sizes, tails, (shape.n_side, shape.n_told), constant),
            judging.loss,
            judging.gradient_penalties,
            judging.matching,
            judging.instance_noise,
            judging.pac,
            shape.n_labels,
            shape.n_cells,
        )
        objective.check()
        return objective


def warn_of_coupling(settings: Settings, discriminator: NetworkSpec) -> None:
    """Warn of a gradient penalty on a discriminator whose scores depend on the whole minibatch."""
    penalty, between = settings["gradient_penalty"], discriminator.blueprint.normalization
    if penalty not in (None, []) and between is not None and between.couples_samples:
        warn_user(
            f"{type(between).__name__} in the discriminator cannot be combined with "
            f"gradient_penalty={penalty!r}: the score of a row would depend on the whole "
            "minibatch, so the penalty would not bound the slope of a function of one row. Use "
            "normalization=('batch', 'layer') or ('batch', None)"
        )


def _schedule(penalties: Sequence[GradientPenalty], setting: Any, schedule: ScheduleName) -> None:
    """Give those that a `setting` names the schedule of the rule, where it makes sense."""
    given = setting if isinstance(setting, (list, tuple)) else [setting]
    for penalty in penalties:
        if penalty.falls and not any(penalty is each for each in given):
            penalty.schedule = schedule
