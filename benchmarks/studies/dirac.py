"""The Dirac-GAN: which losses and regularizers converge in the smallest game there is.

Run: ``python benchmarks/studies/dirac.py``. Prints a table in Markdown.

The data are one point, the generator puts out one number theta, and the discriminator is
``D(x) = psi x`` (Mescheder, Geiger and Nowozin, 2018, arXiv:1801.04406). Theta and psi start at 1
and are updated in turn, 500 times, by gradient descent with step 0.2. The point is 0 and the
equilibrium (0, 0); two rows have the point at 1, to show how far short of it a penalty stops the
generator. Everything goes through regan's own objective and trainer. Regan updates the
discriminator first; the numbers known before had the generator first, which is another phase of the
same orbit, so the table has both.

What to know when comparing: R1 with gamma is ``gamma / 2 psi^2``, and so is L2 on psi with alpha =
gamma; WGAN-GP with gamma is ``gamma / 2 (|psi| - 1)^2``; an L2 penalty written without the factor
1/2 needs twice the strength here; least squares has the targets -1 and 1, because a discriminator
without bias cannot say 1/2 at 0. With noise on what the discriminator sees the distance is chance
alone: in expectation the game converges.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import click
import numpy as np
from scipy.stats import norm

from regan import DivergenceError
from regan.backends import Array, Backend, get_backend
from regan.building import factory
from regan.constraints import Constraints, SpectralNorm, WeightClip
from regan.layers import Layer
from regan.layers.base import Cache, Params
from regan.layers.draws import Draws
from regan.layers.layout import Parameter
from regan.layers.network import Network
from regan.losses import LeastSquares
from regan.objectives import AdversarialObjective
from regan.objectives.batch import Batch
from regan.objectives.noise import InstanceNoise
from regan.objectives.players import Player
from regan.optimizers import SGD, Adam, ExtraSGD, OptimisticAdam
from regan.penalties import L1, L2
from regan.penalties.gradient import DRAGAN, R1, R1R2, R2, WGANGP, Roth, ZeroCentredGP
from regan.training.callbacks import Callback
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData


class _OneWeight(Layer):
    """A layer with one weight, which starts at 1."""

    def bind(self, ops: Any, n_in: int) -> int:
        return 1

    def parameters(self) -> list[Parameter]:
        return [Parameter("W", (1, 1), "weight")]

    def init(self, params: Any, rng: Any) -> None:
        params["W"][...] = 1


class Point(_OneWeight):
    """``y = w``: every row is the same point, whatever goes in."""

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        return 0 * x + params["W"]

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        if grads is not None:
            grads["W"] += gy.sum(axis=1, keepdims=True)
        return 0 * gy

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        return 0 * dx

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        return None if dgy is None else self.backward(params, dgy, cache, grads)


class Slope(_OneWeight):
    """``y = w x``."""

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        return params["W"] * x

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        cache["gy"] = gy
        if grads is not None:
            grads["W"] += (gy * cache["input"]).sum(axis=1, keepdims=True)
        return params["W"] * gy

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        cache["dx"] = dx
        return params["W"] * dx

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        grads["W"] += (cache["gy"] * cache["dx"]).sum(axis=1, keepdims=True)
        if dgy is None:
            return None
        grads["W"] += (dgy * cache["input"]).sum(axis=1, keepdims=True)
        return params["W"] * dgy


class SignedLeastSquares(LeastSquares):
    """Least squares with the targets -1 and 1: four times regan's on ``(1 + D) / 2``."""

    def discriminator(self, ops: Backend, real: Array, fake: Array) -> tuple[Array, Array, Array]:
        value, g_real, g_fake = super().discriminator(ops, (1 + real) / 2, (1 + fake) / 2)
        return 4 * value, 2 * g_real, 2 * g_fake

    def generator(self, ops: Backend, real: Array | None, fake: Array) -> tuple[Array, Array]:
        value, g_fake = super().generator(ops, None, (1 + fake) / 2)
        return 4 * value, 2 * g_fake


class ExpectedNoise(InstanceNoise):
    """Instance noise without chance: the rows of a batch take the quantiles of the normal."""

    def add(self, rows: Array, name: str, batch: Batch) -> Array:
        return rows + self.sigma * _quantiles(rows.shape[1])[None, :, None]


@cache
def _quantiles(n: int) -> np.ndarray:
    return norm.ppf((np.arange(n) + 0.5) / n)


class _Track(Callback):
    """Theta and psi after every update."""

    def __init__(self) -> None:
        self.points: list[list[float]] = [[1.0, 1.0]]

    def on_step(self, run: Run) -> None:
        self.points.append([float(theta[0, 0]) for theta in run.state.thetas.values()])


@dataclass(frozen=True)
class Game:
    """A row of the table: a loss and what regularizes it.

    Attributes
    ----------
    known : str
        The distance that was known before, for the generator first.
    chance : bool
        The distance depends on random numbers, so no other implementation gives it.
    """

    name: str
    loss: Any
    gradient_penalty: Any = None
    penalty: tuple[Any, Any] = (None, None)
    constraint: Any = None
    noise: Any = None
    optimizer: Any = field(default_factory=SGD)
    learning_rate: float = 0.2
    batch_size: int = 1
    point: float = 0.0
    known: str = ""
    chance: bool = False

    def objective(self) -> AdversarialObjective:
        ops = get_backend("numpy", "float64")
        layers, limits = (Point(), Slope()), (None, self.constraint)
        networks = [Network([layer], 1, ops) for layer in layers]
        players = {
            name: Player(
                network,
                [p.bind(ops, network.layout) for p in [penalty] if p],
                constraints=Constraints([c.bind(ops, network.layout) for c in [limit] if c]),
                optimizer=self.optimizer,
                learning_rate=self.learning_rate,
            )
            for name, network, penalty, limit in zip(
                AdversarialObjective.names, networks, self.penalty, limits, strict=True
            )
        }
        return AdversarialObjective(
            players,
            factory.make_loss(self.loss),
            [p.bind(ops) for p in [self.gradient_penalty] if p],
            instance_noise=[n.bind(ops) for n in [self.noise] if n],
        )

    def play(self, first: str = "discriminator", n_updates: int = 500) -> np.ndarray:
        """Theta and psi at the start and after every update, (n_updates + 1, 2)."""
        track = _Track()
        trainer = Trainer(
            self.objective(), batch_size=self.batch_size, ema_decay=0.0, callbacks=[track]
        )
        if first == "generator":
            trainer.plan = trainer.plan[::-1]
        run = Run(trainer.init(0), n_updates)
        with suppress(DivergenceError):  # a row of the table as well
            trainer.run(run, TrainingData(trainer.ops, np.full((1, 1), self.point)))
        points = np.array(track.points)
        missing = np.full((max(0, n_updates + 1 - len(points)), 2), np.inf)
        return np.concatenate([points, missing])[: n_updates + 1]

    def distances(self, first: str = "discriminator") -> np.ndarray:
        """From the equilibrium; with the point elsewhere than at 0, of theta from the point."""
        return self.distances_of(self.play(first))

    def distances_of(self, points: np.ndarray) -> np.ndarray:
        theta, psi = points.T
        return np.abs(theta - self.point) if self.point else np.hypot(theta, psi)


def verdict(distances: np.ndarray) -> str:
    """What the last 100 of 500 updates look like compared with those 200 before."""
    before, tail = distances[200:300].max(), distances[-100:]
    if tail.max() < 0.01:
        return "converges"
    if not np.isfinite(tail).all():
        return "runs away"
    if np.ptp(tail) < 1e-3:
        return "stops short"
    if tail.max() > 1.1 * before:
        return "runs away"
    return "converges slowly" if tail.max() < 0.9 * before else "circles"


NS, WGAN = "non_saturating", "wasserstein"
SIGNED = SignedLeastSquares()
NOISE = 0.7
GAMES = [
    Game("minimax", "minimax", known="1.5"),
    Game("WGAN", WGAN),
    Game("hinge", "hinge", known="1.43"),
    Game("NS", NS, known="0.27"),
    Game("RpGAN", "relativistic", known="0.27"),
    Game("LSGAN", SIGNED, known="0.13"),
    Game("LSGAN with targets 0 and 1", "least_squares"),
    Game("WGAN, weight clipping at 1", WGAN, constraint=WeightClip(1.0), known="0.99"),
    Game("WGAN, weight clipping at 0.1", WGAN, constraint=WeightClip(0.1)),
    Game("WGAN, spectral norm", WGAN, constraint=SpectralNorm()),
    Game("NS, spectral norm", NS, constraint=SpectralNorm()),
    Game("WGAN, WGAN-GP 1", WGAN, WGANGP(1.0), known="1.19"),
    Game("WGAN, WGAN-GP 20", WGAN, WGANGP(20.0)),
    Game("NS, WGAN-GP 1", NS, WGANGP(1.0)),
    Game("NS, DRAGAN 1", NS, DRAGAN(1.0)),
    Game("NS, R1 0.3", NS, R1(0.3), known="2.6e-7"),
    Game("NS, R1 1", NS, R1(1.0), known="1.6e-16"),
    Game("NS, R2 0.3", NS, R2(0.3)),
    Game("RpGAN, R1+R2 0.3", "relativistic", R1R2(0.3)),
    Game("minimax, R1 0.3", "minimax", R1(0.3)),
    Game("hinge, R1 0.3", "hinge", R1(0.3)),
    Game("LSGAN, R1 0.3", SIGNED, R1(0.3)),
    Game("WGAN, zero-centred 0.3", WGAN, ZeroCentredGP(0.3), known="2.7e-7"),
    Game("NS, Roth 0.3", NS, Roth(0.3)),
    Game("NS, L2 on psi 0.3", NS, penalty=(None, L2(0.3)), known="2.6e-7"),
    Game("NS, L1 on psi 0.1", NS, penalty=(None, L1(0.1))),
    Game("NS, L2 on theta 0.3", NS, penalty=(L2(0.3), None)),
    Game("NS, L1 on theta 0.1", NS, penalty=(L1(0.1), None)),
    Game("NS, L2 on theta 0.3, point at 1", NS, penalty=(L2(0.3), None), point=1.0, known="0.335"),
    Game("NS, L1 on theta 0.1, point at 1", NS, penalty=(L1(0.1), None), point=1.0, known="0.183"),
    Game("NS, noise 0.7 in expectation", NS, noise=ExpectedNoise(NOISE), batch_size=1001),
    Game(
        "NS, noise 0.7, 4096 rows",
        NS,
        noise=InstanceNoise(NOISE, "constant"),
        batch_size=4096,
        known="0.0035",
        chance=True,
    ),
    Game("minimax, extragradient", "minimax", optimizer=ExtraSGD()),
    Game("WGAN, extragradient", WGAN, optimizer=ExtraSGD()),
    Game("NS, extragradient", NS, optimizer=ExtraSGD()),
    Game("WGAN, Adam 0.02", WGAN, optimizer=Adam(), learning_rate=0.02),
    Game("WGAN, optimistic Adam 0.02", WGAN, optimizer=OptimisticAdam(), learning_rate=0.02),
]


def rows() -> Iterator[tuple[str, ...]]:
    """One row a game."""
    for game in GAMES:
        found = [game.distances(first) for first in ("discriminator", "generator")]
        yield game.name, *(f"{d[-1]:.3g}" for d in found), game.known, verdict(found[0])


@click.command()
def main() -> None:
    print(
        "| game | discriminator first | generator first | known | verdict |\n|---|---|---|---|---|"
    )
    for row in rows():
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
