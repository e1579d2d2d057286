"""Hyper-parameter names to objects: the only tables of strings.

A name stands for the object with its strengths taken from the estimator's flat arguments; an object
carries its own.
"""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from regan import layers
from regan.building.architecture import (
    ArchitecturePart,
    NoiseSkip,
    Packing,
    Part,
    ResidualConnections,
)
from regan.building.settings import Shorthand
from regan.constraints import (
    Constraint,
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
from regan.constraints.clipping import ClipGlobalNorm, ClipNorm, Clipping, ClipValue
from regan.control.early_stopping import EarlyStopping
from regan.data.encoder import TableEncoder
from regan.data.rules import RULES
from regan.layers import (
    ACTIVATIONS,
    Activation,
    BatchNorm,
    Dropout,
    FourierFeatures,
    GroupNorm,
    LatentMixture,
    Layer,
    LayerNorm,
    MinibatchStd,
)
from regan.losses import (
    Hinge,
    LeastSquares,
    Loss,
    Minimax,
    NonSaturating,
    Relativistic,
    Wasserstein,
)
from regan.losses.matching import MatchFeatures, Matching, MatchMoments, MatchRows
from regan.objectives.noise import InstanceNoise
from regan.optimizers import (
    SGD,
    Adam,
    AdamW,
    ExtraAdam,
    ExtraSGD,
    OptimisticAdam,
    Optimizer,
    RMSprop,
)
from regan.penalties import L1, L2, ElasticNet, GroupLasso, Orthogonal, Penalty
from regan.penalties.activity import ActivityPenalty, L1Activity, L2Activity
from regan.penalties.consistency import Consistency, L1Consistency, L2Consistency
from regan.penalties.gradient import (
    DRAGAN,
    R1,
    R1R2,
    R2,
    WGANGP,
    GradientPenalty,
    Roth,
    ZeroCentredGP,
)
from regan.schedules import SCHEDULES, Schedule, resolve_schedule
from regan.typing import (
    ActivityPenaltyName,
    ArchitectureName,
    ClippingName,
    ConsistencyName,
    ConstraintName,
    GradientPenaltyName,
    LossName,
    MatchingName,
    NoiseName,
    NormalizationName,
    OptimizerName,
    PenaltyName,
)
from regan.validation import check_int, check_real

LOSSES: Mapping[LossName, type[Loss]] = {
    "relativistic": Relativistic,
    "non_saturating": NonSaturating,
    "minimax": Minimax,
    "wasserstein": Wasserstein,
    "hinge": Hinge,
    "least_squares": LeastSquares,
}
PENALTIES: Mapping[PenaltyName, type[Penalty]] = {
    "l1": L1,
    "l2": L2,
    "elasticnet": ElasticNet,
    "group_lasso": GroupLasso,
    "orthogonal": Orthogonal,
}
GRADIENT_PENALTIES: Mapping[GradientPenaltyName, type[GradientPenalty]] = {
    "r1": R1,
    "r2": R2,
    "r1r2": R1R2,
    "wgan_gp": WGANGP,
    "zero_gp": ZeroCentredGP,
    "dragan": DRAGAN,
    "roth": Roth,
}
ACTIVITY_PENALTIES: Mapping[ActivityPenaltyName, type[ActivityPenalty]] = {
    "l1": L1Activity,
    "l2": L2Activity,
}
CONSISTENCIES: Mapping[ConsistencyName, type[Consistency]] = {
    "l1": L1Consistency,
    "l2": L2Consistency,
}
CONSTRAINTS: Mapping[ConstraintName, type[Constraint]] = {
    "spectral_norm": SpectralNorm,
    "weight_clip": WeightClip,
    "max_norm": MaxNorm,
    "unit_norm": UnitNorm,
    "non_negative": NonNegative,
    "l1_ball": L1Ball,
    "l2_ball": L2Ball,
    "max_units": MaxUnits,
    "max_nonzero": MaxNonZero,
}
NORMALIZATIONS: Mapping[NormalizationName, type[Layer]] = {
    "batch": BatchNorm,
    "layer": LayerNorm,
    "group": GroupNorm,
}
ARCHITECTURE: Mapping[ArchitectureName, type[Any]] = {
    "residual": ResidualConnections,
    "fourier": FourierFeatures,
    "minibatch_std": MinibatchStd,
    "packing": Packing,
    "latent_mixture": LatentMixture,
    "noise_skip": NoiseSkip,
}
NOISE: Mapping[NoiseName, type[InstanceNoise]] = {"instance": InstanceNoise}
CLIPPING: Mapping[ClippingName, type[Clipping]] = {
    "value": ClipValue,
    "norm": ClipNorm,
    "global_norm": ClipGlobalNorm,
}
MATCHING: Mapping[MatchingName, type[Matching]] = {
    "rows": MatchRows,
    "moments": MatchMoments,
    "features": MatchFeatures,
}
OPTIMIZERS: Mapping[OptimizerName, type[Optimizer]] = {
    "sgd": SGD,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "optimistic_adam": OptimisticAdam,
    "extra_sgd": ExtraSGD,
    "extra_adam": ExtraAdam,
}

T = TypeVar("T")


def make_loss(loss: Any) -> Loss:
    """The adversarial loss."""
    built = _make(loss, "loss", Loss, LOSSES, lambda cls: cls())
    built.check()
    return built


def make_penalties(penalty: Any, shorthand: Shorthand) -> list[Penalty]:
    """The weight penalties of one network; `shorthand` holds alpha and l1_ratio."""
    penalties = _with_strengths(penalty, "penalty", Penalty, PENALTIES, shorthand)
    penalties.sort(key=lambda penalty: penalty.order)
    if not penalties:
        shorthand.leave("penalty is None", "alpha", "l1_ratio")
    elif not any("l1_ratio" in p.flat.values() for p in penalties):
        shorthand.leave(f"penalty={penalty!r} is not an elastic net", "l1_ratio")
    return penalties


def make_gradient_penalties(gradient_penalty: Any, shorthand: Shorthand) -> list[GradientPenalty]:
    """The discriminator's gradient penalties; `shorthand` holds gamma."""
    penalties = _with_strengths(
        gradient_penalty, "gradient_penalty", GradientPenalty, GRADIENT_PENALTIES, shorthand
    )
    if not penalties:
        shorthand.leave("gradient_penalty is None", "gamma")
    return penalties


def make_consistency(cycle_consistency: Any, shorthand: Shorthand) -> Consistency:
    """The distance of rows that came back; `shorthand` holds cycle_strength."""
    if isinstance(cycle_consistency, Consistency):
        shorthand.refuse("cycle_consistency", cycle_consistency, "cycle_strength")
    return _make(
        cycle_consistency, "cycle_consistency", Consistency, CONSISTENCIES, shorthand.build
    )


def make_optimizer(optimizer: Any, shorthand: Shorthand) -> Optimizer:
    """The optimizer of one network; `shorthand` holds beta_1 and beta_2.

    beta_1 is the momentum of SGD and RMSprop, beta_2 the decay of RMSprop.
    """
    if isinstance(optimizer, Optimizer):
        shorthand.refuse("optimizer", optimizer, "beta_1", "beta_2")
    built = _make(optimizer, "optimizer", Optimizer, OPTIMIZERS, shorthand.build)
    if "beta_2" not in built.flat.values():
        shorthand.leave(f"optimizer={optimizer!r} has no second moment", "beta_2")
    built.check()
    return built


def make_schedule(learning_rate: Any, _: Shorthand) -> Schedule:
    """The schedule of one network's learning rate, which takes no strengths."""
    if isinstance(learning_rate, numbers.Real):
        raise ValueError(
            f"learning_rate={learning_rate!r} must be the name of a schedule "
            f"({', '.join(SCHEDULES)}) or a Schedule; set the rate itself with learning_rate_init"
        )
    return resolve_schedule(learning_rate, "learning_rate")


def make_widths(sizes: Any, name: str, other: str) -> list[int]:
    """The widths of the hidden layers, from one integer or a sequence.

    `name` is the setting, `other` that of the other network.
    """
    if isinstance(sizes, (str, bytes)):
        raise TypeError(f"{name} must be an integer or a sequence of integers, got {sizes!r}")
    try:
        sizes = list(sizes)
    except TypeError:
        sizes = [sizes]
    if any(np.ndim(size) for size in sizes):
        raise TypeError(
            f"{name} must be an integer or a sequence of integers, got {sizes!r}; {other} sets "
            "the widths of the other network"
        )
    return [check_int(size, name, minimum=1) for size in sizes]


def make_activation(activation: Any) -> Layer:
    """The hidden activation of one network."""
    layer = _make(activation, "activation", Layer, ACTIVATIONS, lambda row: Activation(row.name))
    if layer.couples_samples:
        raise ValueError(
            f"activation={layer!r} uses statistics of a minibatch, so it is a normalization: pass "
            "it as normalization"
        )
    return layer


def make_activity_penalties(activity_penalty: Any, _: Shorthand) -> list[ActivityPenalty]:
    """The penalties on what one network puts out."""
    return _makes(activity_penalty, "activity_penalty", ActivityPenalty, ACTIVITY_PENALTIES)


def make_constraints(constraint: Any, _: Shorthand) -> list[Constraint]:
    """The constraints of one network's weights."""
    return _makes(constraint, "constraint", Constraint, CONSTRAINTS)


def make_clipping(clipping: Any, _: Shorthand) -> list[Clipping]:
    """The bounds on one network's gradient."""
    return _makes(clipping, "clipping", Clipping, CLIPPING)


def make_noise(noise: Any) -> list[InstanceNoise]:
    """The noise on what the discriminator sees."""
    return _makes(noise, "noise", InstanceNoise, NOISE)


def make_matching(matching: Any) -> list[Matching]:
    """The generator's data terms."""
    return _makes(matching, "matching", Matching, MATCHING)


def make_normalization(normalization: Any, _: Shorthand) -> Layer | None:
    """The layer that normalises the hidden activations of one network, or None."""
    if normalization is None:
        return None
    return _make(
        normalization, "normalization", Layer, NORMALIZATIONS, lambda cls: cls(), none=True
    )


def make_dropout(dropout: Any, _: Shorthand) -> Layer | None:
    """The dropout layer of one network, from a rate or an object; None without dropout."""
    if isinstance(dropout, Dropout):
        return dropout
    if dropout is None:
        return None
    if isinstance(dropout, bool) or not isinstance(dropout, numbers.Real):
        raise TypeError(
            f"dropout must be a rate in [0, 1), None or a Dropout object, got {dropout!r}"
        )
    rate = check_real(dropout, "dropout", minimum=0, maximum=1, open_maximum=True)
    return Dropout(rate) if rate else None


def make_architecture(architecture: Any, _: Shorthand) -> list[Part]:
    """The parts of one network beside its hidden layers."""
    kinds = (ArchitecturePart, Layer)
    parts: list[Part] = _makes(architecture, "architecture", kinds, ARCHITECTURE)
    for i, part in enumerate(parts):
        if isinstance(part, Layer) and part.position is None:
            raise TypeError(
                f"architecture={part!r} is not known; choose one of: {', '.join(ARCHITECTURE)}, "
                "None, or a layer that states its position"
            )
        if type(part) in map(type, parts[:i]):
            raise ValueError(
                f"architecture={architecture!r} has {type(part).__name__} twice: remove one of them"
            )
    return parts


def _with_strengths(
    setting: Any, name: str, kind: type[T], table: Mapping[Any, Any], shorthand: Shorthand
) -> list[T]:
    """As `_makes`; a name takes its strengths from `shorthand`, an object has its own."""
    objects = []
    for one in _listed(setting):
        if isinstance(one, kind):
            shorthand.refuse(name, one, *shorthand.values)
        objects.append(_make(one, name, kind, table, shorthand.build, none=True))
    return objects


def _makes(setting: Any, name: str, kind: Any, table: Mapping[Any, Any]) -> list[Any]:
    """A list of objects from one thing, several or None; each brings its own strengths."""
    return [_make(t, name, kind, table, lambda cls: cls(), none=True) for t in _listed(setting)]


def _listed(setting: Any) -> list[Any]:
    if setting is None:
        return []
    return list(setting) if isinstance(setting, list) else [setting]


def _make(
    setting: Any,
    name: str,
    kind: type[T] | tuple[type[T], ...],
    table: Mapping[Any, Any],
    build: Callable[[Any], Any],
    none: bool = False,
) -> T:
    """`setting` itself if it is an object of `kind`, else what its name stands for."""
    if isinstance(setting, kind):
        return setting
    if isinstance(setting, str) and setting in table:
        built: T = build(table[setting])
        return built
    known = ", ".join([*table, "None"] if none else table)
    error = ValueError if isinstance(setting, str) else TypeError
    kinds = kind if isinstance(kind, tuple) else (kind,)
    raise error(
        f"{name}={setting!r} is not known; choose one of: {known}, or an object of "
        f"{' or '.join(cls.__name__ for cls in kinds)}{_hint(setting, name, table)}"
    )


_STRENGTHS = ("alpha", "gamma", "strength", "limit", "sigma", "weight")


def _hint(setting: Any, name: str, table: Mapping[Any, Any]) -> str:
    """What may have been meant by something that is no name and no object."""
    if isinstance(setting, type):
        return f"; to create an object, call its class: {name}={setting.__name__}()"
    if isinstance(setting, tuple):
        return f"; {name} does not take a pair (a tuple), and several values are a list"
    first = next(iter(table.values()))
    if isinstance(setting, bool) or not isinstance(setting, numbers.Real) or not callable(first):
        return ""
    strength = next(iter(inspect.signature(first).parameters), "")
    if strength in _STRENGTHS:
        return f"; to set a strength, pass an object: {name}={first.__name__}({strength}=0.1)"
    return ""


def known_classes() -> list[type]:
    """All classes of regan that a setting may hold an object of."""
    tables: tuple[Mapping[Any, type], ...] = (
        LOSSES,
        PENALTIES,
        GRADIENT_PENALTIES,
        ACTIVITY_PENALTIES,
        CONSISTENCIES,
        CONSTRAINTS,
        ARCHITECTURE,
        NOISE,
        CLIPPING,
        MATCHING,
        OPTIMIZERS,
        SCHEDULES,
    )
    named = [cls for table in tables for cls in table.values()]
    listed = (thing for thing in vars(layers).values() if isinstance(thing, type))
    return [
        EarlyStopping,
        TableEncoder,
        *RULES,
        *named,
        *(c for c in listed if issubclass(c, Layer)),
    ]
