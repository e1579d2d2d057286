"""Data of the study of symptoms: training rows, and fresh rows of the same distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_wine, make_moons

from regan.datasets import make_grid, make_ring

RING_SIGMA, GRID_SIGMA = 0.01, 0.05
GROUPS = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0], [3.0, 3.0]])
GROUP_SHARES = np.array([0.6, 0.25, 0.1, 0.05])
KINDS = {"common": 0.0, "second": 3.0, "third": -3.0, "rare": 6.0}
KIND_SHARES = (0.6, 0.29, 0.08, 0.03)


@dataclass(frozen=True)
class Parts:
    """Rows to learn from and fresh ones, with labels where there are any; centers of modes."""

    train: Any
    fresh: Any
    labels: Any = None
    fresh_labels: Any = None
    centers: np.ndarray | None = None


def ring(seed: int) -> Parts:
    """Eight narrow modes on a circle, which are the classes."""
    X, y, centers = make_ring(4_000, sigma=RING_SIGMA, random_state=seed)
    return Parts(X[:2_000], X[2_000:], y[:2_000], y[2_000:], centers)


def grid(seed: int) -> Parts:
    """25 modes on a grid."""
    X, _, centers = make_grid(4_000, sigma=GRID_SIGMA, random_state=seed)
    return Parts(X[:2_000], X[2_000:], centers=centers)


def moons(seed: int) -> Parts:
    X, _ = make_moons(3_000, noise=0.05, random_state=seed)
    return Parts(X[:1_500], X[1_500:])


def groups(seed: int) -> Parts:
    """Four round groups, the classes, of very different sizes."""
    rng = np.random.default_rng(seed)
    y = rng.choice(len(GROUPS), 4_000, p=GROUP_SHARES)
    X = GROUPS[y] + 0.25 * rng.normal(size=(len(y), 2))
    return Parts(X[:2_000], X[2_000:], y[:2_000], y[2_000:], GROUPS)


def wine(seed: int) -> Parts:
    """One half of 178 wines to learn from, all columns standardised."""
    X = load_wine().data
    order = np.random.default_rng(seed).permutation(len(X))
    X = ((X - X.mean(axis=0)) / X.std(axis=0))[order]
    return Parts(X[:89], X[89:])


def people(seed: int, n: int) -> pd.DataFrame:
    """A table whose numbers depend on its four kinds, one of which is rare."""
    rng = np.random.default_rng(seed)
    kind = rng.choice([*KINDS], n, p=KIND_SHARES)
    place = pd.Series(kind).map(KINDS).to_numpy()
    return pd.DataFrame(
        {
            "kind": kind,
            "amount": np.exp(place / 3 + 0.5 * rng.normal(size=n)).round(2),
            "age": (40 + 3 * place + 8 * rng.normal(size=n)).round(),
            "gain": np.where(rng.random(n) < 0.7, 0, rng.lognormal(5, 1, n).round()),
        }
    )


def mixed(seed: int) -> Parts:
    """The table as a whole."""
    return Parts(people(seed, 1_000), people(1_000 + seed, 1_000))


def by_kind(seed: int) -> Parts:
    """The table with its kinds as classes, 3 % of them rare."""
    train, fresh = people(seed, 1_000), people(1_000 + seed, 8_000)
    return Parts(
        train.drop(columns="kind"), fresh.drop(columns="kind"), train["kind"], fresh["kind"]
    )


def prices(seed: int) -> Parts:
    """A table with a column of many zeros and a long tail."""

    def rows(seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        gain = np.where(rng.random(1_500) < 0.6, 0, rng.lognormal(6, 1.5, 1_500).round(2))
        age, kind = rng.normal(50, 10, 1_500).round(), rng.choice(["x", "y"], 1_500)
        return pd.DataFrame({"gain": gain, "age": age, "kind": kind})

    return Parts(rows(seed), rows(1_000 + seed))
