"""``python -m regan.testing``: the largest relative errors of all derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any
from warnings import catch_warnings, simplefilter

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from regan import testing
from regan.backends import Backend, get_backend
from regan.building import factory
from regan.building.architecture import Blueprint, Packing
from regan.building.cycle_spec import Columns, CycleSpec
from regan.building.settings import Settings
from regan.building.specs import Shape, read
from regan.constraints import Constraint, L1Ball, L2Ball, MaxNonZero, MaxNorm, MaxUnits, WeightClip
from regan.estimators import RegularizedCycleGAN, RegularizedGAN, RegularizedVAE
from regan.layers import (
    ACTIVATIONS,
    Activation,
    BatchNorm,
    Beside,
    ColumnScale,
    Dense,
    Dropout,
    FourierFeatures,
    GroupNorm,
    LabelOffsets,
    LatentMixture,
    Layer,
    LayerNorm,
    MinibatchStd,
    Residual,
    SoftmaxBlocks,
)
from regan.losses.matching import Matching
from regan.objectives import AdversarialObjective, Objective
from regan.objectives.players import Player
from regan.penalties import ElasticNet
from regan.penalties.activity import ActivityPenalty
from regan.testing.constraints import check_constraint
from regan.testing.differences import TOLERANCE, check_gradient
from regan.typing import ActivationName, LossName

_SEEDS = range(3)
_SHAPE = (2, 5, 3)

LAYERS: list[Layer] = [
    Dense(4),
    *(Activation(name) for name in ACTIVATIONS),
    BatchNorm(),
    LayerNorm(),
    GroupNorm(),
    Dropout(0.4),
    FourierFeatures(),
    LatentMixture(3, 0.5),
    Beside(LatentMixture(3, 0.5), 2),
    MinibatchStd(),
    ColumnScale(),
    ColumnScale(0.5, 2.0, levels=(2, 1)),
    LabelOffsets(2, 3),
    SoftmaxBlocks((1, 3)),
    Residual([Dense(3), BatchNorm(), Activation("silu"), Dropout(0.3)]),
]
# small enough to bind the random weights of the check
_LIMITED: Mapping[type[Constraint], Constraint] = {
    WeightClip: WeightClip(0.3),
    MaxNorm: MaxNorm(0.7),
    L1Ball: L1Ball(2.0),
    L2Ball: L2Ball(1.5),
    MaxUnits: MaxUnits(2),
    MaxNonZero: MaxNonZero(0.3),
}
_BOTH: dict[str, dict[str, Any]] = {
    "activity_penalty": {
        f"{name} {where}": cls(0.2, where)
        for name, cls in factory.ACTIVITY_PENALTIES.items()
        for where in ("output", "hidden", "both")
    },
    "penalty": {name: cls(0.2) for name, cls in factory.PENALTIES.items()},
    "constraint": {"spectral_norm": "spectral_norm"},
    # of two units in units of their own little but a sign is left, unless epsilon is large
    "normalization": {"batch": "batch", "layer": "layer", "group": GroupNorm(3, 0.1)},
    "dropout": {"0.3": 0.3},
    "architecture": {"residual": "residual", "fourier": "fourier"},
    "labels": {"3": 3},
    "levels": {"3, 2": (3, 2)},
}
_GAN: dict[str, dict[str, Any]] = {
    **_BOTH,
    "loss": {name: name for name in factory.LOSSES},
    "gradient_penalty": {name: name for name in factory.GRADIENT_PENALTIES},
    "noise": {name: name for name in factory.NOISE},
    "matching": {name: name for name in factory.MATCHING},
    "architecture": {
        "residual": "residual",
        "fourier": "fourier",
        "minibatch_std": (None, "minibatch_std"),
        "packing": (None, Packing(3)),
        "latent_mixture": ("latent_mixture", None),
        "noise_skip": ("noise_skip", None),
        "all": (
            ["residual", "latent_mixture", "noise_skip"],
            ["residual", "minibatch_std", Packing(2)],
        ),
    },
}
_CYCLE: dict[str, dict[str, Any]] = {
    **{name: values for name, values in _GAN.items() if name not in ("labels", "levels")},
    "architecture": {
        name: value for name, value in _GAN["architecture"].items() if "latent" not in str(value)
    },
    "cycle_consistency": {name: cls(2.0) for name, cls in factory.CONSISTENCIES.items()},
    "identity_strength": {"0.5": 0.5},
}
_ARGUMENTS = {"gan": _GAN, "vae": _BOTH, "cycle": _CYCLE}
_SMOOTH = ("tanh", "softplus", "silu")


def network_layers(activation: ActivationName) -> list[Layer]:
    """A discriminator with three hidden layers."""
    hidden = [layer for n in (7, 6, 5) for layer in (Dense(n), Activation(activation))]
    return [*hidden, Dense(1)]


def small_objective(
    loss: LossName, activation: ActivationName, backend: str | None = None
) -> AdversarialObjective:
    """Both networks at depth three, all gradient penalties, a smooth penalty on each network."""
    ops = get_backend(backend, "float64")
    blueprint = Blueprint([6, 5, 4], Activation(activation))
    networks = blueprint.build(ops, 3, 2), blueprint.build(ops, 2, 1)
    penalties = ElasticNet(0.1, 0.4, "subgradient"), ElasticNet(0.2, 0.0)
    players = {
        name: Player(network, [penalty.bind(ops, network.layout)])
        for name, network, penalty in zip(
            AdversarialObjective.names, networks, penalties, strict=True
        )
    }
    gradient = [cls(0.3).bind(ops) for cls in factory.GRADIENT_PENALTIES.values()]
    return AdversarialObjective(players, factory.LOSSES[loss](), gradient)


def objectives(ops: Backend, kind: str) -> Iterator[Objective]:
    """What an estimator minimizes with each of its regularizers alone."""
    for argument, values in _ARGUMENTS[kind].items():
        for i, value in enumerate(values.values()):
            activation = _SMOOTH[i % len(_SMOOTH)]
            yield objective(ops, kind, **{"activation": activation, argument: value})


def combinations(ops: Backend, kind: str, n: int) -> Iterator[Objective]:
    """`n` random combinations of them."""
    rng = np.random.default_rng(0)
    for _ in range(n):
        settings = {}
        for argument, values in _ARGUMENTS[kind].items():
            if rng.random() < 0.6:
                settings[argument] = list(values.values())[rng.integers(len(values))]
        activation = _SMOOTH[rng.integers(len(_SMOOTH))]
        yield objective(ops, kind, activation=activation, **settings)


def objective(
    ops: Backend, kind: str, labels: int = 0, levels: tuple[int, ...] = (), **settings: Any
) -> Objective:
    """The objective of an estimator with three hidden layers, and nothing on but `settings`."""
    if kind == "cycle":
        return cycle_objective(ops, **settings)
    shape = Shape(2 + sum(levels), labels, levels)
    off = {"penalty": None, "hidden_layer_sizes": (9, 6, 6), "latent_dim": 3}
    if kind == "gan":
        off["gradient_penalty"] = None
        return read(RegularizedGAN(**{**off, **settings})).bind(ops, shape)
    return read(RegularizedVAE(**{**off, **settings})).bind(ops, shape)


def cycle_objective(ops: Backend, **settings: Any) -> Objective:
    """The same for two domains, each of two numbers and a category."""
    off = {"penalty": None, "gradient_penalty": None, "hidden_layer_sizes": (9, 6, 6)}
    columns = Columns(4, (2,))
    model = RegularizedCycleGAN(**{**off, **settings})
    return CycleSpec.read(Settings.of(model)).bind(ops, columns, columns)


def check_activity(penalty: ActivityPenalty, ops: Backend, random_state: int) -> float:
    """The error of the gradient of a penalty on activations."""
    bound = penalty.bind(ops)

    def of(point: Any, i: int) -> np.ndarray:
        return ops.to_numpy(bound.value_and_grad(ops.asarray(point[0]))[i])

    return _gradient_error(of, repr(penalty), random_state)


def check_matching(matching: Matching, ops: Backend, random_state: int) -> float:
    """The error of the gradient of a data term."""
    bound = matching.bind(ops)
    real = ops.asarray(np.random.default_rng(9).standard_normal(_SHAPE))

    def of(point: Any, i: int) -> np.ndarray:
        return ops.to_numpy(bound.value_and_grad(real, ops.asarray(point[0]))[i])

    return _gradient_error(of, repr(matching), random_state)


def _gradient_error(of: Any, what: str, random_state: int) -> float:
    return check_gradient(
        lambda rng: [rng.standard_normal(_SHAPE)],
        lambda point: float(of(point, 0).sum()),
        lambda point: [of(point, 1)],
        rng=np.random.default_rng(random_state),
        what=what,
    )


def rows(backend: str | None) -> Iterable[tuple[str, float]]:
    """Each kind of check with its largest error over everything of that kind, and three seeds."""
    ops = get_backend(backend, "float64")

    def worst(check: Callable[..., float], things: Iterable[Any], *more: Any) -> float:
        return max(check(t, *more, random_state=seed) for t in things for seed in _SEEDS)

    yield (
        "layers: backward, tangent, adjoint, tangent_backward",
        worst(partial(_check_layer, backend), LAYERS),
    )
    losses = [cls() for cls in factory.LOSSES.values()]
    smoothed = [type(x)(0.2) for x in losses if "label_smoothing" in x.get_params()]
    yield "losses", worst(partial(testing.check_loss, backend=backend), losses + smoothed)
    penalties = [cls(0.3) for cls in factory.PENALTIES.values()]
    penalties.append(ElasticNet(0.3, method="subgradient"))
    yield "weight penalties", worst(partial(testing.check_penalty, backend=backend), penalties)
    activity = [cls(0.3) for cls in factory.ACTIVITY_PENALTIES.values()]
    yield "activity penalties", worst(check_activity, activity, ops)
    matching = [cls(0.3) for cls in factory.MATCHING.values()]
    yield "data terms", worst(check_matching, matching, ops)
    constraints = [_LIMITED.get(cls, cls()) for cls in factory.CONSTRAINTS.values()]
    yield "constraints", worst(partial(check_constraint, backend=backend), constraints)
    yield (
        "gradient penalties, second order at depth 3",
        max(
            testing.check_second_order(
                network_layers(name), cls(0.7), backend=backend, random_state=seed
            )
            for name in ACTIVATIONS
            for cls in factory.GRADIENT_PENALTIES.values()
            for seed in _SEEDS
        ),
    )
    check = testing.check_objective
    small = (
        small_objective(loss, name, backend) for loss in factory.LOSSES for name in ACTIVATIONS
    )
    yield "whole objectives of two players", worst(check, small)
    for kind, n, title in (("gan", 40, "GAN"), ("vae", 20, "VAE"), ("cycle", 10, "cycle GAN")):
        with catch_warnings():
            simplefilter("ignore", UserWarning)  # batch norm beside a gradient penalty
            alone, several = list(objectives(ops, kind)), list(combinations(ops, kind, n))
        yield f"{title}: each regularizer alone", max(check(one) for one in alone)
        yield f"{title}: {n} random combinations", max(check(one) for one in several)


def _check_layer(backend: str | None, layer: Layer, random_state: int) -> float:
    return testing.check_layer(layer, 6, backend=backend, random_state=random_state)


@click.command()
@click.option("--backend", help="numpy, cupy or auto.  [default: REGAN_BACKEND, else numpy]")
def main(backend: str | None) -> None:
    """Check every derivative against finite differences in float64; print the largest errors."""
    table = Table("derivatives", "largest relative error", "allowed", box=None, pad_edge=False)
    for name, error in rows(backend):
        table.add_row(name, f"{error:.1e}", f"{TOLERANCE:g}")
    Console().print(table)


if __name__ == "__main__":
    main()
