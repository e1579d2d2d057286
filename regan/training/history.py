"""The history of a model's training."""

from __future__ import annotations

import numpy as np

History = dict[str, np.ndarray]


def joined(before: History, new: History) -> History:
    """Two stretches in a row; NaN where one of them does not have a term."""

    def part(history: History, name: str) -> np.ndarray:
        group = name.partition("_")[0]
        apart = {"distance": "distance", "validation": "validation_iter"}
        like = apart.get(group) or next(iter(history), "distance")
        absent = np.full(len(history.get(like, ())), np.nan)
        return history.get(name, absent)

    return {n: np.concatenate([part(before, n), part(new, n)]) for n in {**before, **new}}
