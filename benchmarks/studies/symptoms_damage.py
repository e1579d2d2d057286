"""Which measure sees which damage: fresh real rows that are damaged on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from records import Record
from symptoms_data import GROUPS, groups

from regan.metrics import evaluate

ROWS = 1_000
Rows = np.ndarray


@dataclass(frozen=True)
class Fresh:
    """Fresh rows and their groups, and what draws."""

    X: Rows
    y: Rows
    rng: np.random.Generator


def bridges(fresh: Fresh) -> Rows:
    """A tenth of the rows lie between two groups."""
    X, y, rng = fresh.X, fresh.y, fresh.rng
    a, b = (rng.integers(0, len(X), len(X) // 10) for _ in range(2))
    a, b = a[y[a] != y[b]], b[y[a] != y[b]]
    share = rng.uniform(0.2, 0.8, (len(a), 1))
    made = X.copy()
    made[: len(a)] = share * X[a] + (1 - share) * X[b]
    return made


def missing(fresh: Fresh) -> Rows:
    """The smallest group, 5 % of the rows, does not occur."""
    return fresh.X[fresh.rng.choice(np.flatnonzero(fresh.y < 3), len(fresh.X))]


def blur(fresh: Fresh) -> Rows:
    """Groups are 1.4 times as wide as they should be."""
    return GROUPS[fresh.y] + 1.4 * (fresh.X - GROUPS[fresh.y])


def narrow(fresh: Fresh) -> Rows:
    """Groups are half as wide as they should be."""
    return GROUPS[fresh.y] + 0.5 * (fresh.X - GROUPS[fresh.y])


def shares(fresh: Fresh) -> Rows:
    """All groups are equally frequent."""
    order = fresh.rng.choice(len(GROUPS), len(fresh.X))
    made = GROUPS[order] + 0.25 * fresh.rng.normal(size=fresh.X.shape)
    return np.asarray(made)


def none(fresh: Fresh) -> Rows:
    """Fresh real rows as they are."""
    return fresh.X


DAMAGES: dict[str, Callable[[Fresh], Rows]] = {
    "fresh real rows": none,
    "bridges": bridges,
    "a group missing": missing,
    "too wide": blur,
    "too narrow": narrow,
    "wrong shares": shares,
}


def records(seed: int) -> Iterator[Record]:
    """Every metric of every damage, and of copies of the rows of training."""
    parts = groups(seed)
    rng = np.random.default_rng(seed)
    fresh, labels = parts.fresh[:ROWS], parts.fresh_labels[:ROWS]
    train, holdout = parts.train[:ROWS], parts.fresh[ROWS : 2 * ROWS]
    made = {name: damage(Fresh(fresh, labels, rng)) for name, damage in DAMAGES.items()}
    made["copies"] = train + 1e-4 * rng.normal(size=train.shape)
    for name, rows in made.items():
        found = evaluate(train, rows, holdout=holdout, random_state=seed)
        about = {"symptom": "damage", "row": name, "seed": seed}
        yield about | {row.name: float(row.value) for row in found}
