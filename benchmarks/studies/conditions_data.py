"""What the study of conditions (`conditions.py`) asks for: tables, and conditions on their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import make_moons
from tables_data import fetched

from regan import Range
from regan.datasets import make_grid, make_ring

TRAINED, HELD = 10_000, 16_281  # rows of a table
Conditions = Mapping[str, Any]


def adult(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Some of the rows that its authors meant to train on, and those that they meant for tests."""
    table = fetched.adult().drop(columns="educational-num")  # a second name of the education
    table = table.replace("?", None)
    train = table[HELD:].sample(TRAINED, random_state=seed)
    return train.reset_index(drop=True), table[:HELD]


def toy(make: Callable[..., Any], **settings: Any) -> Callable[[int], tuple[Any, Any]]:
    """Points of a mixture, with the component as a level."""

    def drawn(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        points, component, *_ = make(TRAINED + HELD, random_state=seed, **settings)
        table = pd.DataFrame(points, columns=["x", "y"])
        table["component"] = pd.Categorical([f"c{k}" for k in component])
        table = table.sample(frac=1.0, random_state=seed).reset_index(drop=True)
        return table[:TRAINED], table[TRAINED:].reset_index(drop=True)

    return drawn


TABLES: dict[str, Callable[[int], tuple[pd.DataFrame, pd.DataFrame]]] = {
    "adult": adult,
    "ring": toy(make_ring, sigma=0.1),
    "grid": toy(make_grid, n_side=3, sigma=0.3),
    "moons": toy(make_moons, noise=0.1),
}
CONDITIONS: dict[str, dict[str, Conditions]] = {
    "adult": {
        "Bachelors": {"education": "Bachelors"},
        "sells or manages": {"occupation": ["Sales", "Exec-managerial"]},
        "60 or older": {"age": Range(60, None)},
        "at most 30 hours": {"hours-per-week": Range(None, 30)},
        "gains": {"capital-gain": Range(1, None)},
        "women of 50 or more": {"gender": "Female", "age": Range(50, None)},
        "work unknown": {"workclass": None},
        "rich, two degrees": {"income": ">50K", "education": ["HS-grad", "Bachelors"]},
        "25 to 35, 45 hours or more": {"age": Range(25, 35), "hours-per-week": Range(45, None)},
    },
    "ring": {
        "c3": {"component": "c3"},
        "right": {"x": Range(0.5, None)},
        "c0 or c4, above": {"component": ["c0", "c4"], "y": Range(0, None)},
    },
    "grid": {
        "c4": {"component": "c4"},
        "middle row": {"y": Range(-0.5, 0.5)},
        "c0 to c2, on the left": {"component": ["c0", "c1", "c2"], "x": Range(None, 0)},
    },
    "moons": {
        "c1": {"component": "c1"},
        "below": {"y": Range(None, 0)},
        "c0, on the right": {"component": "c0", "x": Range(0, None)},
    },
}


def holds(table: pd.DataFrame, conditions: Conditions) -> np.ndarray:
    """Which rows (n,) fulfil all conditions."""
    found = np.ones(len(table), dtype=bool)
    for name, wanted in conditions.items():
        column = table[name]
        if isinstance(wanted, Range):
            low = -np.inf if wanted.low is None else wanted.low
            high = np.inf if wanted.high is None else wanted.high
            found &= ((column >= low) & (column <= high)).to_numpy(dtype=bool)
        elif wanted is None:
            found &= column.isna().to_numpy()
        else:
            found &= column.isin(wanted if isinstance(wanted, list) else [wanted]).to_numpy()
    return found
