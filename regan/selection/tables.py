"""The results of a search as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from regan.estimators.neural import NeuralModel
from regan.selection.race import Race

Table = dict[str, Any]
Settings = dict[str, Any]


def cv_results(race: Race, candidates: Sequence[Settings]) -> Table:
    """A column for each key of `GridSearchCV`'s ``cv_results_``, and ``n_iter``."""
    times = {"fit_time": race.fit_seconds, "score_time": race.score_seconds}
    splits = {f"split{i}_test_score": scores.copy() for i, scores in enumerate(race.scores.T)}
    return {
        **{f"mean_{name}": seconds.mean(axis=1) for name, seconds in times.items()},
        **{f"std_{name}": seconds.std(axis=1) for name, seconds in times.items()},
        **{f"param_{name}": np.ma.array(column(candidates, name)) for name in candidates[0]},
        "params": list(candidates),
        **splits,
        "mean_test_score": race.means,
        "std_test_score": race.scores.std(axis=1),
        "rank_test_score": race.ranks,
        "n_iter": race.n_iter,
    }


def path_table(race: Race, candidates: Sequence[Settings], settings: Mapping[str, Any]) -> Table:
    """How scores, sparsity and norms change along the candidates.

    settings : what candidates leave as it is, with values for what is ``"auto"``.
    """
    names = [name for name in ("alpha", "l1_ratio", "gamma") if name in settings]
    full = [{name: settings[name] for name in names} | c for c in candidates]
    means = {name: table.mean(axis=1) for name, table in race.measures.items()}
    return {
        **{name: column(full, name) for name in names},
        "mean_test_score": race.means,
        "std_test_score": race.scores.std(axis=1),
        "n_updates": race.n_updates.copy(),
        **(means | {"n_iter": race.n_iter}),
    }


def column(rows: Sequence[Settings], name: str) -> np.ndarray:
    """One setting of all rows: numbers, or objects where some are pairs."""
    values = [row[name] for row in rows]
    if not any(isinstance(value, tuple) for value in values):
        return np.array(values, dtype=np.float64)
    pairs = np.empty(len(values), dtype=object)
    pairs[:] = values
    return pairs


def measures(model: NeuralModel) -> dict[str, float]:
    """Updates made, and for each network its share of zeros and its norm.

    The norm is the Euclidean one of the weights that evaluation uses.
    """
    numbers = {"n_iter": float(model.n_iter_)}
    for name in model.networks:
        fitted = getattr(model, f"{name}_")
        w = fitted.theta[:, : fitted.network.layout.n_weights].astype(np.float64)
        numbers[f"{name}_sparsity"] = model.sparsity_[name].zeros
        numbers[f"{name}_norm"] = float(np.linalg.norm(w))
    return numbers
