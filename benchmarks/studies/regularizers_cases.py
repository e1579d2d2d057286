"""The study of all regularizers: which are compared, and the change that switches each on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from regan.building.architecture import Packing
from regan.building.rules import Facts, game_rules, game_schedule
from regan.constraints import (
    L1Ball,
    L2Ball,
    MaxNonZero,
    MaxNorm,
    MaxUnits,
    NonNegative,
    SpectralNorm,
    UnitNorm,
    WeightClip,
)
from regan.constraints.clipping import ClipGlobalNorm
from regan.layers import BatchNorm, FourierFeatures, LatentMixture, LayerNorm, MinibatchStd
from regan.losses import NonSaturating, Relativistic
from regan.losses.matching import MatchFeatures, MatchMoments, MatchRows
from regan.objectives.noise import InstanceNoise
from regan.penalties import L1, L2, ElasticNet, GroupLasso, Orthogonal
from regan.penalties.activity import L1Activity, L2Activity
from regan.penalties.gradient import R1R2

BASES: dict[str, dict[str, Any]] = {
    "default": {},
    "no frames": {"frames": None},
    "plain": {
        "frames": None,
        "loss": "non_saturating",
        "penalty": None,
        "gradient_penalty": None,
    },
}
"""What each base changes of the defaults."""

PENALIZED = ("default", "no frames")
"""Bases with the default loss and penalties."""


@dataclass(frozen=True)
class Place:
    """Where a regularizer is tried: a base, and what the rules for ``"auto"`` know of the data."""

    base: str
    facts: Facts

    @property
    def gamma(self) -> float:
        """The strength of the default gradient penalty."""
        return float(game_rules(self.facts)["gamma"])

    @property
    def falls(self) -> bool:
        """Whether that strength falls during training."""
        return game_schedule(self.facts) == "geometric"

    @property
    def rate(self) -> float:
        """The default learning rate."""
        return float(game_rules(self.facts)["learning_rate_init"])

    def r1r2(self, factor: float = 1.0, other: bool = False, interval: int = 1) -> dict[str, Any]:
        """The default gradient penalty, `factor` times as strong, or with the `other` schedule."""
        schedule = "geometric" if self.falls != other else "constant"
        return {"gradient_penalty": R1R2(factor * self.gamma, schedule, interval)}

    def generator(self, part: Any, also: Any = None) -> dict[str, Any]:
        """A part of the generator in addition to those of the rules; also : the discriminator."""
        default = game_rules(self.facts)["architecture"]
        return {"architecture": ([part, default] if default else part, also)}


Changes = dict[str, Any] | Callable[[Place], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """One regularizer: the change to a base that switches it on, and the bases that it is for."""

    family: str
    name: str
    changes: Changes
    bases: tuple[str, ...] = tuple(BASES)

    def settings(self, place: Place) -> dict[str, Any]:
        """The arguments of the estimator."""
        own = self.changes(place) if callable(self.changes) else self.changes
        return BASES[place.base] | own


def _smoothed(place: Place) -> dict[str, Any]:
    return {"loss": NonSaturating(0.1) if place.base == "plain" else Relativistic(0.1)}


def _two_rates(place: Place) -> dict[str, Any]:
    return {"learning_rate_init": (place.rate / 4, place.rate)}


def _discriminator(part: Any) -> dict[str, Any]:
    return {"architecture": ("auto", part)}


def _penalty(name: str, changes: Changes, bases: tuple[str, ...] = tuple(BASES)) -> Case:
    return Case("gradient penalty", name, changes, bases)


CASES = (
    Case("none", "none", {}),
    Case("loss", "non-saturating loss", {"loss": "non_saturating"}, PENALIZED),
    Case("loss", "relativistic loss", {"loss": "relativistic"}, ("plain",)),
    Case("weight penalty", "no weight penalty", {"penalty": None}, PENALIZED),
    Case("weight penalty", "L1, 0.0001", {"penalty": L1(1e-4)}),
    Case("weight penalty", "L1, 0.001", {"penalty": L1(1e-3)}),
    Case("weight penalty", "L2, 0.01", {"penalty": L2(1e-2)}),
    Case("weight penalty", "elastic net, 0.0002", {"penalty": ElasticNet(2e-4, 0.5)}),
    Case("weight penalty", "group lasso, 0.0003", {"penalty": GroupLasso(3e-4)}),
    Case("weight penalty", "orthogonal, 0.01", {"penalty": Orthogonal(1e-2)}),
    Case("weight penalty", "decoupled decay, 0.1", {"penalty": L2(0.1), "optimizer": "adamw"}),
    Case("activity penalty", "L2 on G(z)", {"activity_penalty": (L2Activity(1e-2), None)}),
    Case("activity penalty", "L2 on D(x)", {"activity_penalty": (None, L2Activity(1e-2))}),
    Case("activity penalty", "L1 hidden", {"activity_penalty": L1Activity(1e-3, "hidden")}),
    _penalty("no gradient penalty", {"gradient_penalty": None}, PENALIZED),
    _penalty("R1 + R2", {"gradient_penalty": "r1r2"}, ("plain",)),
    _penalty("R1", {"gradient_penalty": "r1"}),
    _penalty("R2", {"gradient_penalty": "r2"}),
    _penalty("R1 + R2, 10 gamma", lambda at: at.r1r2(10)),
    _penalty("R1 + R2, other schedule", lambda at: at.r1r2(other=True)),
    _penalty("R1 + R2, every 4th", lambda at: at.r1r2(interval=4)),
    _penalty("WGAN-GP", {"gradient_penalty": "wgan_gp"}),
    _penalty("zero-centered, between", {"gradient_penalty": "zero_gp"}),
    _penalty("DRAGAN", {"gradient_penalty": "dragan"}),
    _penalty("Roth", {"gradient_penalty": "roth"}),
    Case("constraint", "spectral norm, D", {"constraint": (None, SpectralNorm())}),
    Case("constraint", "weight clipping, D", {"constraint": (None, WeightClip(0.1))}),
    Case("constraint", "max-norm, D", {"constraint": (None, MaxNorm(1.0))}),
    Case("constraint", "unit norm, D", {"constraint": (None, UnitNorm())}),
    Case("constraint", "non-negative, D", {"constraint": (None, NonNegative())}, ("plain",)),
    Case("constraint", "L1 ball", {"constraint": L1Ball(200.0)}),
    Case("constraint", "L2 ball", {"constraint": L2Ball(8.0)}),
    Case("constraint", "at most 64 units", {"constraint": MaxUnits(64)}, ("plain",)),
    Case("constraint", "at most 25 % weights", {"constraint": MaxNonZero(0.25)}),
    Case("normalization", "batch norm, G", {"normalization": (BatchNorm(), None)}),
    Case("normalization", "batch norm, D", {"normalization": (None, BatchNorm())}),
    Case("normalization", "layer norm", {"normalization": LayerNorm()}),
    Case("dropout", "dropout 0.1, G", {"dropout": (0.1, None)}),
    Case("dropout", "dropout 0.2, D", {"dropout": (None, 0.2)}),
    Case("noise", "instance noise", {"noise": InstanceNoise(0.3)}),
    Case("noise", "label smoothing", _smoothed),
    Case("architecture", "residual", lambda at: at.generator("residual", "residual")),
    Case("architecture", "latent mixture, G", lambda at: at.generator(LatentMixture())),
    Case("architecture", "Fourier features, D", _discriminator(FourierFeatures())),
    Case("architecture", "minibatch std, D", _discriminator(MinibatchStd())),
    Case("architecture", "packing by 2, D", _discriminator(Packing(2))),
    Case("clipping", "clipping by global norm", {"clipping": ClipGlobalNorm(0.1)}),
    Case("matching", "matching rows", {"matching": MatchRows(0.1)}),
    Case("matching", "matching moments", {"matching": MatchMoments(0.1)}),
    Case("matching", "matching features", {"matching": MatchFeatures(0.1)}),
    Case("optimizer", "optimistic Adam", {"optimizer": "optimistic_adam"}),
    Case("optimizer", "extra-gradient Adam", {"optimizer": "extra_adam"}),
    Case(
        "optimizer", "two learning rates", lambda at: {"learning_rate_init": (at.rate / 4, at.rate)}
    ),
    Case("averaging", "no moving average", {"ema_decay": 0.0}),
)
"""Without G or D in its name, a case acts on both networks."""
