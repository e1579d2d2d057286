"""The history of a model's training."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from regan.metrics.distances import draw_directions, sliced
from regan.storage.stored import FileError
from regan.storage.tensors import Tensors
from regan.training.state import Run

_TERM = re.compile(r"\w[\w.:/ -]*")

History = dict[str, np.ndarray]
"""One value an update, by the name of the term."""

_AT = "_iter"


def by_update(rows: Mapping[str, np.ndarray], step: int, before: History | None = None) -> History:
    """The history of a model after `step` updates, (step,) each, from what its last run keeps.

    NaN stands where a term was not measured, or was none.

    Parameters
    ----------
    rows : dict of str to array
        One entry for each of the last updates; where there is an ``x_iter``, ``x`` and what begins
        with ``x_`` have one at each of these updates.
    step : int
    before : dict of str to array
        The history of the updates before those, if there were any.
    """
    before = before or {}
    terms = [name for name in rows if not name.endswith(_AT)]
    whole: History = {}
    for name in dict.fromkeys([*before, *terms]):
        old, new = before.get(name, np.empty(0)), rows.get(name, np.empty(0))
        dtypes = [values.dtype for values in (old, new) if len(values)]
        values = np.full(step, np.nan, np.result_type(np.float16, *dtypes))
        values[: len(old)] = old
        at = _measured_at(name, rows)
        values[slice(step - len(new), step) if at is None else rows[at] - 1] = new
        whole[name] = values
    return whole


def _measured_at(name: str, rows: Mapping[str, np.ndarray]) -> str | None:
    """Which of `rows` has the updates of a term that not every update has."""
    at = (n for n in rows if n.endswith(_AT) and f"{name}_".startswith(n.removesuffix("iter")))
    return next(at, None)


def read_history(tensors: Tensors) -> History:
    """The arrays of a history from a file: of numbers, a row for each entry."""
    names, kinds = tensors.names, ("float32", "float64", "int64", "bool")
    history = {name: tensors.take(name, None, kinds, finite=False) for name in names}
    for name, rows in history.items():
        if not rows.ndim or not _TERM.fullmatch(name):
            raise FileError(f"the array {name[:60]!r} is no part of a history")
    return history


def check_rows(rows: History, done: int, step: int) -> None:
    """FileError for rows that `by_update` could not place: of `done` updates, up to `step`."""
    for name, values in rows.items():
        at = _measured_at(name, rows)
        if name.endswith(_AT):
            fits = values.dtype == np.int64 and bool(((values >= 1) & (values <= step)).all())
        else:
            fits = len(values) <= done if at is None else len(values) == len(rows[at])
        if not fits:
            raise FileError(f"the array history.{name} does not fit a run of {done} updates")


@lru_cache(8)  # every window of a run asks for the same ones
def _directions(n_features: int, seed: int) -> np.ndarray:
    return draw_directions(n_features, 64, seed)


def record(run: Run, values: History, real: np.ndarray, fake: np.ndarray) -> None:
    """Append a window's terms, and the distances of `fake` (K, n, D) to `real`, one or K times."""
    for name, rows in values.items():
        run.history.setdefault(name, []).extend(rows)
    directions = _directions(fake.shape[-1], run.state.seed % 2**32)
    real, fake = (np.asarray(rows, dtype=np.float64) for rows in (real, fake))
    pairs = zip(np.broadcast_to(real, fake.shape), fake, strict=True)
    distances = [sliced(*pair, directions) for pair in pairs]
    run.history.setdefault("distance", []).append(np.array(distances))
    run.history.setdefault("distance_iter", []).append(np.full(len(distances), run.state.step))
