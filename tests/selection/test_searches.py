"""scikit-learn's searches, Optuna's and a Dask cluster train the same models as one loop would."""

import json
import os
import pickle
import runpy
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    ParameterGrid,
    RandomizedSearchCV,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from regan import Callback, DivergenceError, RegularizedGAN, RegularizedVAE
from regan.metrics import Scorer
from regan.penalties import L1
from regan.penalties.gradient import R1
from regan.training.progress import ProgressBar

SCRIPTS = Path(__file__).parents[2] / "docs" / "scripts"
FOLDS = KFold(2, shuffle=True, random_state=0)
GRID = {"alpha": [1e-4, 10.0], "learning_rate_init": [1e-3, 3e-2]}


def by_hand(model, candidates, table, score=lambda model, rows: model.score(rows)):
    """The scores (candidates, folds) of models that are trained one after another."""
    return [
        [
            score(clone(model).set_params(**candidate).fit(table[train]), table[test])
            for train, test in FOLDS.split(table)
        ]
        for candidate in candidates
    ]


def scores(search, name="score"):
    """Those of a fitted search, (candidates, folds)."""
    return np.transpose([search.cv_results_[f"split{i}_test_{name}"] for i in range(2)])


def small(cls):
    return cls(hidden_layer_sizes=8, latent_dim=4, batch_size=16, max_iter=10, random_state=0)


@pytest.mark.parametrize("cls", [RegularizedGAN, RegularizedVAE])
def test_a_grid(table, cls):
    model = small(cls).set_params(frames=None)  # in frames, scores of so few rows are at most 1
    search = GridSearchCV(model, GRID, cv=FOLDS).fit(table)
    expected = by_hand(model, ParameterGrid(GRID), table)
    np.testing.assert_array_equal(scores(search), expected)
    assert len(np.unique(expected)) == 8
    best = clone(model).set_params(**search.best_params_).fit(table)
    np.testing.assert_array_equal(search.best_estimator_.sample(9), best.sample(9))
    assert search.score(table) == best.score(table)


def test_at_random(small_gan, table):
    drawn = {"alpha": loguniform(1e-5, 1e-1), "gamma": loguniform(1e-2, 1e2)}
    search = RandomizedSearchCV(small_gan(), drawn, n_iter=3, cv=FOLDS, random_state=0).fit(table)
    candidates = search.cv_results_["params"]
    np.testing.assert_array_equal(scores(search), by_hand(small_gan(), candidates, table))
    assert len({candidate["gamma"] for candidate in candidates}) == 3


HALVING = {"resource": "max_iter", "min_resources": 4, "max_resources": 16, "factor": 2}


@pytest.mark.parametrize(
    "make",
    [
        lambda gan: HalvingGridSearchCV(gan, {"gamma": [0.1, 1.0, 10.0, 100.0]}, **HALVING),
        lambda gan: HalvingRandomSearchCV(
            gan, {"gamma": loguniform(0.1, 100.0)}, random_state=0, **HALVING
        ),
    ],
    ids=["grid", "random"],
)
def test_halving(small_gan, table, make):
    search = make(small_gan()).set_params(cv=FOLDS).fit(table)
    assert search.n_resources_ == [4, 8, 16]
    assert search.n_candidates_ == [4, 2, 1]
    candidates = search.cv_results_["params"]
    assert [candidate["max_iter"] for candidate in candidates] == 4 * [4] + 2 * [8] + [16]
    np.testing.assert_array_equal(scores(search), by_hand(small_gan(), candidates, table))
    assert search.best_estimator_.n_iter_ == 16


def test_settings_of_objects_and_pairs_of_them(small_gan, table):
    gan = small_gan(gradient_penalty=R1(), penalty=(L1(1e-3), None), frames=None)
    pairs = [(L1(1e-3), None), (L1(1.0), None), "l2", None]
    grid = {"gradient_penalty__gamma": [0.1, 10.0], "penalty": pairs}
    search = GridSearchCV(gan, grid, cv=FOLDS).fit(table)
    np.testing.assert_array_equal(scores(search), by_hand(gan, ParameterGrid(grid), table))
    assert len(np.unique(scores(search))) == 16
    assert gan.gradient_penalty.gamma == R1().gamma


def test_a_pipeline(small_gan, table):
    pipeline = Pipeline([("scaler", StandardScaler()), ("gan", small_gan(standardize=False))])
    grid = {"scaler__with_std": [True, False], "gan__alpha": [1e-4, 10.0]}
    search = GridSearchCV(pipeline, grid, cv=FOLDS).fit(table)
    np.testing.assert_array_equal(scores(search), by_hand(pipeline, ParameterGrid(grid), table))
    scaler, gan = search.best_estimator_
    rows = scaler.transform(table)
    assert search.score(table) == gan.score(rows)


def test_several_scores_at_once(small_gan, table):
    names = ("coverage", "energy_distance")
    grid = {"learning_rate_init": [1e-3, 3e-2]}
    search = GridSearchCV(
        small_gan(), grid, scoring={n: Scorer(n) for n in names}, refit="energy_distance", cv=FOLDS
    ).fit(table)
    for name in names:
        expected = by_hand(small_gan(), ParameterGrid(grid), table, Scorer(name))
        np.testing.assert_array_equal(scores(search, name), expected)
    best = scores(search, "energy_distance").mean(axis=1).argmax()
    assert search.best_params_ == ParameterGrid(grid)[best]
    assert search.score(table) == Scorer("energy_distance")(search.best_estimator_, table)


# Elsewhere than in this process


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_two_at_a_time_score_what_one_does(small_gan, table, backend):
    search = GridSearchCV(small_gan(), GRID, cv=FOLDS, scoring=Scorer("mmd")).fit(table)
    with joblib.parallel_config(backend=backend):
        two = clone(search).set_params(n_jobs=2).fit(table)
    np.testing.assert_array_equal(scores(two), scores(search))
    np.testing.assert_array_equal(two.best_estimator_.sample(9), search.best_estimator_.sample(9))


class Counting(Callback):
    """Counts the updates that it has seen."""

    n_steps = 0

    def on_step(self, run):
        self.n_steps += 1


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_each_candidate_has_its_own_callbacks(small_gan, table, n_jobs):
    counting = Counting()
    seen = lambda model, rows: model.callbacks[0].n_steps  # noqa: E731
    gan = small_gan(callbacks=[counting, ProgressBar(), lambda run: None], verbose=1)
    search = GridSearchCV(gan, {"max_iter": [3, 7]}, scoring=seen, cv=FOLDS, n_jobs=n_jobs)
    search.fit(table)
    np.testing.assert_array_equal(scores(search), [[3, 3], [7, 7]])
    assert search.best_estimator_.callbacks[0].n_steps == 7
    assert counting.n_steps == 0


def test_a_fitted_search_is_pickled(small_gan, table):
    gan = small_gan(callbacks=[Counting(), ProgressBar()], penalty=L1())
    search = GridSearchCV(gan, {"penalty__alpha": [1e-4, 1.0]}, cv=FOLDS).fit(table)
    again = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(again.best_estimator_.sample(9), search.best_estimator_.sample(9))
    assert repr(again.best_params_) == repr(search.best_params_)


# Candidates that diverge


def unstable(small_gan):
    return small_gan(loss="wasserstein", optimizer="sgd", gradient_penalty=None)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_candidate_that_diverges_comes_last(small_gan, table, n_jobs):
    grid = {"learning_rate_init": [1e9, 1e-3]}
    search = GridSearchCV(unstable(small_gan), grid, cv=FOLDS, n_jobs=n_jobs)
    with (
        pytest.warns(FitFailedWarning, match="training diverged"),
        pytest.warns(UserWarning, match="scores are non-finite"),
    ):
        search.fit(table)
    found = scores(search)
    assert np.isnan(found[0]).all()
    np.testing.assert_array_equal(
        found[1:], by_hand(unstable(small_gan), [{"learning_rate_init": 1e-3}], table)
    )
    assert search.best_params_ == {"learning_rate_init": 1e-3}
    with pytest.raises(DivergenceError, match="was not finite at update") as raised:
        search.set_params(error_score="raise").fit(table)
    assert raised.value.step > 0


def test_nothing_is_left_when_all_diverge(small_gan, table):
    search = GridSearchCV(unstable(small_gan), {"learning_rate_init": [1e9]}, cv=FOLDS)
    with pytest.raises(ValueError, match="All the 2 fits failed") as raised:
        search.fit(table)
    assert "DivergenceError" in str(raised.value)


# The scripts of the guide


@pytest.mark.parametrize("processes", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_cluster_scores_what_one_process_does(processes):
    """In a process of its own, as its users run it: Dask leaves threads and sockets behind.

    Its workers are processes there; threads of that one import nothing anew.
    """
    code = f"""
import functools, json, runpy
import dask.distributed as dask
from sklearn.datasets import load_iris

def scores(search):
    return [search.cv_results_[f"split{{i}}_test_score"].tolist() for i in range(3)]

if __name__ == "__main__":
    dask.LocalCluster = functools.partial(dask.LocalCluster, processes={processes})
    script = runpy.run_path({str(SCRIPTS / "search_dask.py")!r}, run_name="script")
    expected = scores(script["searches"][0].fit(load_iris().data))
    print(json.dumps([expected, *map(scores, script["main"]())]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    expected, *found = json.loads(done.stdout.splitlines()[-1])
    assert found == [expected, expected]
    assert len(np.unique(expected)) == 9


@pytest.mark.filterwarnings(
    "ignore:OptunaSearchCV is experimental",  # it says so of itself
    "ignore:.optuna.terminator. module has been deprecated",  # and asks for what it deprecates
)
def test_optuna():
    search = runpy.run_path(str(SCRIPTS / "search_optuna.py"))["main"]()
    assert len(search.trials_) == 4
    assert search.best_score_ == max(trial.value for trial in search.trials_)
    X, trial = load_iris().data, search.study_.best_trial
    best = clone(search.estimator).set_params(**trial.params)
    expected = [best.fit(X[train]).score(X[test]) for train, test in search.cv.split(X)]
    assert trial.value == pytest.approx(np.mean(expected), abs=1e-12)
    np.testing.assert_array_equal(search.best_estimator_.sample(9), best.fit(X).sample(9))
