"""The history of a model's training."""

from __future__ import annotations

import numpy as np

from regan.metrics import sliced_wasserstein
from regan.training.state import Run

History = dict[str, np.ndarray]


def joined(before: History, new: History) -> History:
    """The histories of two runs in a row; NaN where one of them does not have a term."""

    def part(history: History, name: str) -> np.ndarray:
        group = name.partition("_")[0]
        apart = {"distance": "distance", "validation": "validation_iter"}
        like = apart.get(group) or next(iter(history), "distance")
        absent = np.full(len(history.get(like, ())), np.nan)
        return history.get(name, absent)

    return {n: np.concatenate([part(before, n), part(new, n)]) for n in {**before, **new}}


def record(run: Run, values: History, real: np.ndarray, fake: np.ndarray) -> None:
    """Append a window's terms, and the distances of `fake` (K, n, D) to `real`, one or K times."""
    for name, rows in values.items():
        run.history.setdefault(name, []).extend(rows)
    seed = run.state.seed % 2**32
    pairs = zip(np.broadcast_to(real, fake.shape), fake, strict=True)
    distances = [sliced_wasserstein(*pair, random_state=seed) for pair in pairs]
    run.history.setdefault("distance", []).append(np.array(distances))
    run.history.setdefault("distance_iter", []).append(np.full(len(distances), run.state.step))
