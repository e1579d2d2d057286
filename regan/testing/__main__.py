"""``python -m regan.testing``: the largest relative errors of all derivatives."""

from __future__ import annotations

from collections.abc import Iterable

import click
from rich.console import Console
from rich.table import Table

from regan import factory, testing
from regan.backends import get_backend
from regan.layers import ACTIVATIONS, Activation, Dense, Layer
from regan.objective import Objective
from regan.penalties import ElasticNet
from regan.players import Pair
from regan.testing.differences import TOLERANCE

_SEEDS = range(3)


def network_layers(activation: str) -> list[Layer]:
    """A discriminator with three hidden layers."""
    hidden = [layer for n in (7, 6, 5) for layer in (Dense(n), Activation(activation))]
    return [*hidden, Dense(1)]


def small_objective(loss: str, activation: str, backend: str | None = None) -> Objective:
    """Both networks at depth three, all gradient penalties, a smooth penalty on each network."""
    ops = get_backend(backend, "float64")
    act = Activation(activation)
    generator = factory.make_network(ops, 3, [6, 5, 4], 2, act)
    discriminator = factory.make_network(ops, 2, [6, 5, 4], 1, act)
    penalties = ElasticNet(0.1, 0.4, "subgradient"), ElasticNet(0.2, 0.0)
    networks = generator, discriminator
    bound = [[p.bind(ops, n.layout)] for p, n in zip(penalties, networks, strict=True)]
    gradient = [cls(0.3).bind(ops) for cls in factory.GRADIENT_PENALTIES.values()]
    return Objective(*networks, factory.LOSSES[loss](), gradient, Pair(*bound))


def rows(backend: str | None) -> Iterable[tuple[str, float]]:
    """Each kind of check with its largest error over everything of that kind, and three seeds."""
    layers: list[Layer] = [Dense(4), *(Activation(name) for name in ACTIVATIONS)]
    yield (
        "layers: backward, tangent, adjoint, tangent_backward",
        max(
            testing.check_layer(layer, backend=backend, random_state=s)
            for layer in layers
            for s in _SEEDS
        ),
    )
    yield (
        "losses",
        max(
            testing.check_loss(cls(), backend=backend, random_state=s)
            for cls in factory.LOSSES.values()
            for s in _SEEDS
        ),
    )
    yield (
        "weight penalties",
        max(
            testing.check_penalty(penalty, backend=backend, random_state=s)
            for cls in factory.PENALTIES.values()
            for penalty in (cls(0.3), ElasticNet(0.3, method="subgradient"))
            for s in _SEEDS
        ),
    )
    yield (
        "gradient penalties, second order at depth 3",
        max(
            testing.check_second_order(
                network_layers(name), cls(0.7), backend=backend, random_state=s
            )
            for name in ACTIVATIONS
            for cls in factory.GRADIENT_PENALTIES.values()
            for s in _SEEDS
        ),
    )
    yield (
        "whole objectives of both players",
        max(
            testing.check_objective(small_objective(loss, name, backend), random_state=s)
            for loss in factory.LOSSES
            for name in ACTIVATIONS
            for s in _SEEDS
        ),
    )


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
