"""The history of a model's training."""

from __future__ import annotations

import re

import numpy as np

from regan.metrics import sliced_wasserstein
from regan.stored import FileError, Tensors
from regan.training.state import Run

_TERM = re.compile(r"\w[\w.:/ -]*")

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


def read_history(tensors: Tensors) -> History:
    """The arrays of a history from a file: of numbers, a row for each entry."""
    names, kinds = tensors.names, ("float32", "float64", "int64", "bool")
    history = {name: tensors.take(name, None, kinds, finite=False) for name in names}
    for name, rows in history.items():
        if not rows.ndim or not _TERM.fullmatch(name):
            raise FileError(f"the array {name[:60]!r} is no part of a history")
    return history


def record(run: Run, values: History, real: np.ndarray, fake: np.ndarray) -> None:
    """Append a window's terms, and the distances of `fake` (K, n, D) to `real`, one or K times."""
    for name, rows in values.items():
        run.history.setdefault(name, []).extend(rows)
    seed = run.state.seed % 2**32
    pairs = zip(np.broadcast_to(real, fake.shape), fake, strict=True)
    distances = [sliced_wasserstein(*pair, random_state=seed) for pair in pairs]
    run.history.setdefault("distance", []).append(np.array(distances))
    run.history.setdefault("distance_iter", []).append(np.full(len(distances), run.state.step))
