"""The results of a search as columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from regan.neural import NeuralModel
from regan.selection.race import Race

Table = dict[str, Any]
Settings = dict[str, Any]


def cv_results(race: Race, candidates: Sequence[Settings]) -> Table:
    """A column for each key of `GridSearchCV`'s ``cv_results_``, and ``n_iter``."""
    times = {"fit_time": race.fit_seconds, "score_time": race.score_seconds}
    splits = {f"split{i}_test_score": column.copy() for i, column in enumerate(race.scores.T)}
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


def path_table(race: Race, candidates: Sequence[Settings], template: NeuralModel) -> Table:
    """How scores, sparsity and norms change along the candidates."""
    names = [name for name in ("alpha", "l1_ratio", "gamma") if hasattr(template, name)]
    full = [{name: getattr(template, name) for name in names} | c for c in candidates]
    networks = {}
    for network in template.networks:
        networks[f"{network}_sparsity"] = _over_folds(race, _zeros, network)
        networks[f"{network}_norm"] = _over_folds(race, _norm, network)
    return {
        **{name: column(full, name) for name in names},
        "mean_test_score": race.means,
        "std_test_score": race.scores.std(axis=1),
        "n_iter": race.n_iter,
        **networks,
    }


def column(rows: Sequence[Settings], name: str) -> np.ndarray:
    """One setting of all rows: numbers, or objects where some are pairs."""
    values = [row[name] for row in rows]
    if not any(isinstance(value, tuple) for value in values):
        return np.array(values, dtype=np.float64)
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _over_folds(
    race: Race, measure: Callable[[NeuralModel, str], float], network: str
) -> np.ndarray:
    return np.array([np.mean([measure(m, network) for m in models]) for models in race.models])


def _zeros(model: NeuralModel, network: str) -> float:
    """The share of weights that are zero."""
    return model.sparsity_[network].zeros


def _norm(model: NeuralModel, network: str) -> float:
    """The Euclidean norm of the weights that evaluation uses."""
    fitted = getattr(model, f"{network}_")
    return float(np.linalg.norm(fitted.theta[:, : fitted.network.layout.n_weights]))
