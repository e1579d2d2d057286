"""Cycle GANs on domains whose map is known: the figures in ``docs/guide/two_domains.rst``.

Run: ``python benchmarks/studies/two_domains.py`` (about two minutes of one core) prints a line for
each setting. Means over the seeds have standard errors in brackets.

- *moons*: rotated by 30 degrees, without identity terms: the median distance to the true partner.
- *detector*: the example of the page: the mean error of each column, in standard deviations.
- *tumors*: breast cancer by a second laboratory with gain, offset and saturation: the share of
  held-out rows that land on their true partner.
- *categories*: three numbers and a category of two levels: the share of held-out rows that keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, make_moons
from sklearn.neighbors import NearestNeighbors

from regan import RegularizedCycleGAN

MOONS = {
    "l2, 1": {"cycle_consistency": "l2", "cycle_strength": 1.0},
    "l2, 3": {"cycle_consistency": "l2", "cycle_strength": 3.0},
    "l1, 1": {"cycle_consistency": "l1", "cycle_strength": 1.0},
    "l1, 10": {"cycle_consistency": "l1", "cycle_strength": 10.0},
}
IDENTITIES = {"default identity": {}, "no identity": {"identity_strength": 0.0}}
GAMMAS = {"default gamma": {}, "gamma 0.3": {"gamma": 0.3}}


def fitted(X: Any, Y: Any, seed: int, **settings: Any) -> RegularizedCycleGAN:
    """A model of two tables."""
    return RegularizedCycleGAN(random_state=seed, **settings).fit(X, Y)


def moons(seed: int, max_iter: int = 1500, **settings: Any) -> float:
    """The median distance of mapped rows to their partners."""
    angle = np.pi / 6
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    X, Y = (make_moons(1000, noise=0.06, random_state=state)[0] for state in (0, 1))
    model = fitted(X, Y @ turn, seed, max_iter=max_iter, identity_strength=0, **settings)
    return float(np.median(np.linalg.norm(model.transform(X) - X @ turn, axis=1)))


def second_laboratory(rows: np.ndarray) -> np.ndarray:
    """The other units and the saturating detector of the page."""
    return np.column_stack([100 + 20 * np.tanh(rows[:, 0]), 3 + 0.5 * rows[:, 1]])


def detector(seed: int, **settings: Any) -> np.ndarray:
    """The mean absolute error of both columns."""
    rng = np.random.default_rng(0)
    first, others, new = (rng.normal(size=(n, 2)) * [1, 0.5] + [[1, 0]] for n in (600, 500, 200))
    second = second_laboratory(others)
    made = fitted(first, second, seed, max_iter=600, **settings).transform(new)
    off: np.ndarray = np.abs(made - second_laboratory(new)).mean(axis=0) / second.std(axis=0)
    return off


def landed(made: np.ndarray, partners: np.ndarray, Y: np.ndarray) -> float:
    """The share of rows whose nearest partner is their own."""
    scale = Y.std(axis=0)
    nearest = NearestNeighbors(n_neighbors=1).fit(partners / scale).kneighbors(made / scale)[1]
    return float((nearest[:, 0] == np.arange(len(made))).mean())


def tumors(seed: int, **settings: Any) -> float:
    """The share of held-out tumors on their true partner."""
    rng, rows = np.random.default_rng(seed), load_breast_cancer().data
    gain, offset = rng.lognormal(0, 0.5, 30), rng.normal(0, 2, 30)
    mean, scale = rows.mean(axis=0), rows.std(axis=0)

    def measured(some: np.ndarray) -> np.ndarray:
        exact = offset + gain * np.arcsinh(2 * (some - mean) / scale)
        return exact + 0.1 * exact.std(axis=0) * rng.normal(size=exact.shape)

    test, first, second = np.split(rows[rng.permutation(len(rows))], [150, 359])
    Y = measured(second)
    return landed(fitted(first, Y, seed, **settings).transform(test), measured(test), Y)


def table(n: int, seed: int, share: float) -> pd.DataFrame:
    """Three numbers, and a category that has nothing to do with them."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    numbers = {"a": a, "b": rng.normal(size=n) + 0.5 * a, "c": np.exp(0.5 * rng.normal(size=n))}
    return pd.DataFrame({**numbers, "kind": np.where(rng.random(n) < share, "f", "m")})


def categories(seed: int, share: float, **settings: Any) -> float:
    """The share of held-out rows that keep their category."""
    X, other, new = (table(n, 10 * seed + i, share) for i, n in enumerate((500, 400, 300)))
    Y = other.assign(a=3 * other["a"] + 7, b=np.arcsinh(2 * other["b"]))
    made = fitted(X, Y, seed, **settings).transform(new)
    return float((made["kind"] == new["kind"]).mean())


def in_words(values: Sequence[Any]) -> str:
    """The mean of each figure, and its standard error."""
    found = np.array(values, dtype=float).reshape(len(values), -1)
    errors = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    pairs = zip(found.mean(axis=0), errors, strict=True)
    return ", ".join(f"{mean:.2f} ({error:.2f})" for mean, error in pairs)


def rows(seeds: int) -> Iterator[tuple[str, str]]:
    """Each setting with its figures."""

    def over(measure: Callable[..., Any], **settings: Any) -> str:
        return in_words([measure(seed, **settings) for seed in range(seeds)])

    for name, settings in MOONS.items():
        yield f"moons, {name}", over(moons, **settings)
    for name, identity in IDENTITIES.items():
        yield f"detector, {name}", over(detector, **identity)
    for name, gamma in GAMMAS.items():
        yield f"tumors, {name}", over(tumors, **gamma)
    for share in (0.3, 0.45):
        for name, identity in IDENTITIES.items():
            yield f"categories {share}, {name}", over(categories, share=share, **identity)


@click.command()
@click.option("--seeds", type=click.IntRange(min=2), default=3)
def main(seeds: int) -> None:
    """Cycle GANs on domains whose map is known."""
    for name, figures in rows(seeds):
        click.echo(f"{name:38}{figures}")


if __name__ == "__main__":
    main()
