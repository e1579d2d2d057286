"""Random tables for the study of shares: every kind of column, bound to each other by clusters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

FRESH = 2_000
"""Rows beside those of training."""


class _Latent:
    """What the columns of one table have in common: a cluster and a number, for each row."""

    def __init__(self, rng: np.random.Generator, n: int) -> None:
        self.rng, self.n = rng, n
        self.k = int(rng.integers(2, 6))
        self.cluster = rng.choice(self.k, n, p=rng.dirichlet(np.full(self.k, 3.0)))
        self.number = rng.normal(size=n)

    def score(self) -> np.ndarray:
        """A normal score (n,): cluster, common number and noise, in random parts."""
        weights = self.rng.dirichlet(np.ones(3)) ** 0.5
        centers = self.rng.normal(size=self.k)[self.cluster]
        return weights @ np.stack([centers, self.number, self.rng.normal(size=self.n)])

    def happens(self, share: float) -> np.ndarray:
        """Something that is so in this share of rows, (n,) booleans, and depends on the others."""
        score = self.score()
        return score <= np.quantile(score, share)


def _amount(latent: _Latent) -> np.ndarray:
    """Money: a long tail, two decimals."""
    scale = latent.rng.uniform(0.4, 1.4)
    return np.exp(latent.rng.uniform(0, 6) + scale * latent.score()).round(2)


def _real(latent: _Latent) -> np.ndarray:
    return latent.rng.normal() * 10 + latent.rng.uniform(0.5, 20) * latent.score()


def _count(latent: _Latent) -> np.ndarray:
    """Whole numbers, from a few to hundreds."""
    rate = np.exp(latent.rng.uniform(0, 5) + 0.4 * latent.score())
    return latent.rng.poisson(rate)


def _atom(latent: _Latent) -> np.ndarray:
    """A number that 5 to 90 % of rows have, somewhere among the others."""
    values = (50 + 15 * latent.score()).round(int(latent.rng.integers(0, 4)))
    frequent = float(np.round(latent.rng.uniform(0, 100)))
    return np.where(latent.happens(latent.rng.uniform(0.05, 0.9)), frequent, values)


def _zeros(latent: _Latent) -> np.ndarray:
    """Zeros, and a long tail of integers."""
    values = 1 + np.exp(latent.rng.uniform(2, 7) + latent.score()).astype(np.int64)
    return np.where(latent.happens(latent.rng.uniform(0.2, 0.95)), 0, values)


def _levels(latent: _Latent) -> np.ndarray:
    """2 to 40 levels with the shares of Zipf, in another order in each cluster for some."""
    rng, size = latent.rng, int(np.exp(latent.rng.uniform(np.log(2), np.log(40))) + 0.5)
    shares = 1 / np.arange(1, size + 1)
    codes = np.empty(latent.n, dtype=np.int64)
    for k in range(latent.k):
        order = rng.permutation(size) if rng.random() < 0.5 else np.arange(size)
        own = latent.cluster == k
        codes[own] = order[rng.choice(size, int(own.sum()), p=shares / shares.sum())]
    return np.array([f"level {i}" for i in range(size)], dtype=object)[codes]


def _flag(latent: _Latent) -> np.ndarray:
    return latent.happens(latent.rng.uniform(0.03, 0.97))


_KINDS = {
    "amount": _amount,
    "real": _real,
    "count": _count,
    "atom": _atom,
    "zeros": _zeros,
    "levels": _levels,
    "flag": _flag,
}


def tables(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tables of one distribution: 300 to 5,000 rows to train on, and 2,000 others.

    Each kind of column is there once or twice; of a third of the columns, 2 to 40 % of the cells
    are missing, where other columns say so.
    """
    rng = np.random.default_rng([seed, 18])
    n = int(np.exp(rng.uniform(np.log(300), np.log(5_000))))
    latent = _Latent(rng, n + FRESH)
    columns = dict(_columns(latent))
    order = rng.permutation(list(columns))
    X = pd.DataFrame({name: columns[name] for name in order})
    shuffled = rng.permutation(len(X))
    return X.iloc[shuffled[:n]].reset_index(drop=True), X.iloc[shuffled[n:]].reset_index(drop=True)


def _columns(latent: _Latent) -> Iterator[tuple[str, pd.Series]]:
    for kind, make in _KINDS.items():
        for i in range(int(latent.rng.integers(1, 3))):
            column = pd.Series(make(latent))
            if latent.rng.random() < 1 / 3:
                missing = latent.happens(latent.rng.uniform(0.02, 0.4))
                nullable = {"int64": "Int64", "bool": "boolean"}.get(str(column.dtype))
                column = column.astype(nullable or column.dtype).mask(missing)
            yield f"{kind} {i}", column
