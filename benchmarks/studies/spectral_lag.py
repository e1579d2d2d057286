"""How far spectral normalisation lags behind: its estimate of sigma compared with the SVD.

Run: ``python benchmarks/studies/spectral_lag.py``. Prints a table in Markdown: the ratio of the
estimate to the largest singular value of every weight matrix of the discriminator, after every
tenth update of a training with the default settings on the ring, under
``constraint=(None, SpectralNorm(...))``. Below 1 the passes see weights whose norm is that much too
large. The last two rows iterate on weights that stay as they are, those that the training before
them ended with.
"""

from __future__ import annotations

from collections.abc import Iterator

import click
import numpy as np

from regan import Callback, RegularizedGAN
from regan.backends import get_backend
from regan.constraints import SpectralNorm
from regan.datasets import make_ring
from regan.layers.layout import Layout
from regan.training.state import Run

EVERY = 10
X = make_ring(20_000, random_state=0)[0]


class Ratios(Callback):
    """The ratios (L,) of all matrices, after every tenth update."""

    def __init__(self, constraint: SpectralNorm) -> None:
        self.constraint = constraint
        self.found: list[np.ndarray] = []

    def on_step(self, run: Run) -> None:
        if run.done % EVERY == 0:
            theta, memory = run.state.thetas["discriminator"], run.state.memories["discriminator"]
            own = {name.removeprefix("0."): a for name, a in memory.items()}
            self.found.append(ratios(self.constraint, theta, own))


def ratios(
    constraint: SpectralNorm, theta: np.ndarray, memory: dict[str, np.ndarray]
) -> np.ndarray:
    """Estimate over largest singular value, for every matrix of one model."""
    exact = [np.linalg.svd(W[0], compute_uv=False)[0] for W in constraint.matrices(theta)]
    return constraint.sigmas(theta, memory)[0] / np.array(exact)


def bound_to(layout: Layout, n_iterations: int) -> SpectralNorm:
    return SpectralNorm(n_iterations=n_iterations).bind(get_backend("numpy", "float32"), layout)


def train(n_iterations: int, updates: int, **settings: object) -> tuple[np.ndarray, RegularizedGAN]:
    """The ratios (steps, L), and the fitted model."""
    gan = RegularizedGAN(
        constraint=(None, SpectralNorm(n_iterations=n_iterations)),
        n_discriminator_steps=1,
        frames=None,
        random_state=0,
        **settings,
    )
    start = gan.set_params(max_iter=1).fit(X)
    callback = Ratios(bound_to(start.discriminator_.network.layout, n_iterations))
    gan.set_params(max_iter=updates, callbacks=[callback]).fit(X)
    return np.array(callback.found), gan


def row(name: str, found: np.ndarray) -> tuple[str, ...]:
    """Minimum, percentiles and maximum over steps and layers, and the median of each layer."""
    quantiles = np.quantile(found, [0, 0.01, 0.5, 1])
    layers = " / ".join(f"{m:.4f}" for m in np.median(found, axis=0))
    return name, *(f"{q:.4f}" for q in quantiles), layers


def rows(updates: int) -> Iterator[tuple[str, ...]]:
    """One row a training."""
    for n in (1, 2, 5):
        found, gan = train(n, updates)
        early, late = np.array_split(found, [len(found) // 10])
        yield row(f"{n} an update, first tenth", early)
        yield row(f"{n} an update, the rest", late)
    found, gan = train(1, updates, gradient_penalty=None)
    yield row("1 an update, no gradient penalty", found)
    theta, memory = gan._state.thetas["discriminator"], gan._state.memories["discriminator"]
    constraint = bound_to(gan.discriminator_.network.layout, 100)
    warm = {name.removeprefix("0."): a.copy() for name, a in memory.items()}
    constraint.advance(theta, warm)
    yield row("100 more on its last weights", ratios(constraint, theta, warm)[None])
    cold = constraint.init(theta, np.random.default_rng(0))
    constraint.advance(theta, cold)
    yield row("120 on them from random vectors", ratios(constraint, theta, cold)[None])


@click.command()
@click.option("--updates", type=click.IntRange(min=EVERY), default=4000)
def main(updates: int) -> None:
    head = "training", "minimum", "1 %", "median", "maximum", "median by layer"
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for cells in rows(updates):
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
