"""Paths and searches: each model is the single fit, however the population is cut."""

import threading
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, ShuffleSplit, StratifiedKFold
from sklearn.utils.estimator_checks import parametrize_with_checks

from regan import (
    DivergenceError,
    EarlyStopping,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedGaussian,
    RegularizedVAE,
    gan_path,
)
from regan.backends.numpy_backend import NumpyBackend
from regan.metrics import METRICS, Scorer
from regan.penalties import L1
from regan.population import Population, make_members, make_population_trainer
from regan.population.shard import StoppedError, advance
from regan.selection.race import rungs
from regan.training.memory import data_bytes, model_bytes
from regan.training.results import results
from regan.training.state import Run
from regan.training.training_data import TrainingData
from regan.validation import draw_seed

SEED = 3
rng = np.random.default_rng(0)
X = rng.normal([5, -3, 0], [2, 0.1, 1], size=(43, 3))  # 5 folds of two sizes
y = np.array(["a", "b"])[rng.integers(2, size=43)]


def gan(**settings):
    settings = {"penalty": "l1", "hidden_layer_sizes": 8, "latent_dim": 4, **settings}
    settings = {"max_iter": 45, "batch_size": 16, "random_state": SEED, **settings}
    return RegularizedGAN(**settings)


def vae(**settings):
    settings = {"hidden_layer_sizes": 8, "latent_dim": 3, "max_iter": 30, **settings}
    return RegularizedVAE(random_state=SEED, **settings)


def same(a, b):
    """Two fitted models that are equal in every bit."""
    assert repr(a) == repr(b)
    for name, network in a._fitted().items():
        np.testing.assert_array_equal(network.theta, b._fitted()[name].theta)
    ours, theirs = (m._state.export() for m in (a, b))
    assert ours[1] == theirs[1]
    for name, array in ours[0].items():
        np.testing.assert_array_equal(array, theirs[0][name], err_msg=name)
    assert a.history_.keys() == b.history_.keys()
    for name, values in a.history_.items():
        np.testing.assert_array_equal(values, b.history_[name], err_msg=name)
        assert values.dtype == b.history_[name].dtype
    np.testing.assert_array_equal(a.sample(7, random_state=1), b.sample(7, random_state=1))
    assert a.n_iter_ == b.n_iter_
    assert a._best() == b._best()


PATHS = {
    "l1": (gan(), {"alphas": [0.0, 1e-3, 0.1]}),
    "pairs": (gan(penalty="elasticnet"), {"alphas": [(0.1, 0.0), 0.01], "l1_ratios": [0.0, 0.9]}),
    "gammas": (gan(penalty=None, dtype="float64"), {"alphas": None, "gammas": [0.0, 0.1, 10.0]}),
    "all three": (
        gan(penalty=(["l1", "group_lasso"], "elasticnet"), gradient_penalty=["r1", "wgan_gp"]),
        {"alphas": [1e-3, 0.1], "l1_ratios": [0.5, 1.0], "gammas": [0.1, 1.0]},
    ),
    "batch norm": (
        gan(normalization=("batch", "layer"), dropout=0.1, n_discriminator_steps=2),
        {"alphas": [0.0, 0.1]},
    ),
    "vae": (vae(penalty=("l2", "l1")), {"alphas": [1e-3, 0.1]}),
    "early stopping": (
        gan(
            max_iter=80,
            normalization=("batch", None),
            early_stopping=EarlyStopping(0.3, n_iter_no_change=2, tol=0.0),
        ),
        {"alphas": [0.0, 0.1, 1.0, 10.0]},
    ),
    "conditional": (gan(conditional=True), {"alphas": [1e-3, 0.1]}),
    "balanced": (
        gan(
            conditional="balanced", normalization=("batch", None), early_stopping=EarlyStopping(0.3)
        ),
        {"alphas": [1e-3, 0.1]},
    ),
    "balanced vae": (vae(conditional="balanced"), {"alphas": [1e-3, 0.1]}),
}


@pytest.mark.parametrize("label", PATHS)
def test_each_model_of_a_path_is_the_single_fit(label):
    estimator, axes = PATHS[label]
    models = gan_path(X, y, estimator=estimator, **axes)
    assert len(models) == np.prod([len(values) for values in axes.values() if values])
    seen = set()
    for model in models:
        values = {n: getattr(model, n) for n in ("alpha", "l1_ratio", "gamma") if hasattr(model, n)}
        seen.add(str(values))
        same(model, clone(estimator).set_params(**values).fit(X, y))
    assert len(seen) == len(models)


def test_members_of_a_path_stop_each_at_its_time():
    estimator, axes = PATHS["early stopping"]
    models = gan_path(X, y, estimator=estimator, **axes)
    assert len({model.n_iter_ for model in models}) > 1


def test_more_alpha_gives_more_zeros():
    models = gan_path(X, estimator=gan(max_iter=150, frames=None), alphas=[0.0, 0.03, 1.0])
    zeros = [model.sparsity_["generator"].zeros for model in models]
    assert zeros[0] == 0 < zeros[1] < zeros[2]


SEARCHES = {
    "gan": (gan(), {"alphas": [0.0, 0.1]}, {}),
    "by name": (gan(), {"alphas": [0.0, 0.1]}, {"scoring": "sliced_wasserstein"}),
    "two axes": (gan(), {"alphas": [0.0, 0.1], "gammas": [0.1, 1.0]}, {"cv": 3}),
    "conditional": (gan(conditional=True), {"alphas": [0.0, 0.1]}, {"cv": 4}),
    "balanced": (gan(conditional="balanced"), {"alphas": [0.0, 0.1]}, {"cv": 3}),
    "early stopping": (
        gan(max_iter=80, conditional=True, early_stopping=EarlyStopping(0.3, n_iter_no_change=3)),
        {"alphas": [0.0, 0.1]},
        {},
    ),
    "vae": (vae(), {"alphas": [1e-3, 10.0]}, {"cv": ShuffleSplit(2, random_state=1)}),
}


@pytest.mark.parametrize("label", SEARCHES)
def test_a_search_gives_what_a_grid_search_gives(label):
    estimator, axes, settings = SEARCHES[label]
    search = RegularizedGANCV(estimator, **{"alphas": None, **axes}, **settings).fit(X, y)
    cv = settings.get("cv", 5)
    if isinstance(cv, int):
        kind = StratifiedKFold if estimator.get_params()["conditional"] else KFold
        cv = kind(cv, shuffle=True, random_state=draw_seed(SEED))
    scoring = Scorer(settings["scoring"]) if "scoring" in settings else None
    values = {axis[:-1]: given for axis, given in axes.items()}
    grid = GridSearchCV(estimator, values, cv=cv, scoring=scoring).fit(X, y)
    ours, theirs = search.cv_results_, grid.cv_results_
    assert {*ours} == {*theirs, "n_iter"}
    for name in theirs:
        if "time" in name:
            assert (ours[name] >= 0).all()
        elif name == "params":
            assert ours[name] == theirs[name]
        else:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
    for name in ("best_index_", "best_params_", "best_score_", "n_splits_"):
        assert getattr(search, name) == getattr(grid, name)
    same(search.best_estimator_, grid.best_estimator_)
    assert search.score(X, y) == grid.score(X, y)
    assert search.alpha_ == search.best_params_["alpha"]
    assert search.n_features_in_ == 3


def scores(**settings):
    search = RegularizedGANCV(gan(max_iter=20), alphas=[0.0, 0.01, 0.1], refit=False, **settings)
    return search.fit(X).cv_results_


@pytest.mark.parametrize(
    "settings",
    [{"n_jobs": 2}, {"max_memory": 3e5}],
    ids=repr,
)
def test_scores_do_not_depend_on_how_the_population_is_cut(settings, monkeypatch):
    expected, counts = scores(), []

    def counted(*given, count=Population._n_chunks):
        counts.append(count(*given))
        return counts[-1]

    monkeypatch.setattr(Population, "_n_chunks", counted)
    found = scores(**settings)
    assert max(counts) > 1
    for name in ["mean_test_score", "split4_test_score", "n_iter"]:
        np.testing.assert_array_equal(found[name], expected[name])


def test_parts_train_in_threads(monkeypatch):
    expected, seen = scores()["mean_test_score"], set()

    def score(model, X, y=None):
        seen.add(threading.get_ident())
        return model.score(X)

    monkeypatch.setattr(NumpyBackend, "n_threads", 2)
    monkeypatch.setattr(NumpyBackend, "models_at_once", lambda self, n: (1, 2))
    np.testing.assert_array_equal(scores(scoring=score)["mean_test_score"], expected)
    assert len(seen) > 1
    seen.clear()
    scores(scoring=score, n_jobs=1)
    assert seen == {threading.get_ident()}


def test_threads_stop_where_an_error_ends_the_search():
    training_set, members = make_members(gan(max_iter=10**9), [{}], X, None, 0)
    population = Population(members, [training_set])
    with pytest.raises(KeyboardInterrupt), population._in_threads(2):
        raise KeyboardInterrupt
    with pytest.raises(StoppedError):
        advance(members, {0: training_set}, 10**9, population._stopped)


@pytest.mark.parametrize(
    ("n", "n_jobs", "fit", "at_once", "expected"),
    [
        (16, 2, 100, (1, 100), 2),
        (16, 2, 100, (9, 100), 1),  # half of them is too few for a thread
        (16, 2, 100, (1, 4), 4),
        (18, 2, 100, (1, 4), 6),  # five, and as many for each thread
        (5, 2, 1, (4, 4), 5),  # more would be parts of none
        (1, 4, 100, (1, 4), 1),
        (3, 8, 100, (1, 4), 3),
    ],
)
def test_how_many_parts(n, n_jobs, fit, at_once, expected, monkeypatch):
    monkeypatch.setattr(NumpyBackend, "models_at_once", lambda self, n: at_once)
    training_set, members = make_members(gan(), [{}], X, None, 0)
    assert Population(members, [training_set])._n_chunks(n, n_jobs, fit, 1) == expected


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_chunks_may_have_any_size(at_once, monkeypatch):
    expected = scores()["mean_test_score"]
    monkeypatch.setattr(NumpyBackend, "models_at_once", lambda self, n: (1, at_once))
    np.testing.assert_array_equal(scores()["mean_test_score"], expected)


# Successive halving


@pytest.mark.parametrize(
    ("n", "factor", "expected"),
    [
        (9, 3, [(300, 9), (900, 3)]),
        (10, 3, [(100, 10), (300, 4), (900, 2)]),
        (4, 2, [(450, 4), (900, 2)]),
        (2, 2, [(900, 2)]),
        (1, 2, [(900, 1)]),
        (5, None, [(900, 5)]),
    ],
)
def test_rungs(n, factor, expected):
    assert rungs(factor, n, 900) == expected


def test_halving_drops_the_losers_and_trains_the_others_as_if_alone():
    alphas = [0.0, 1e-3, 0.01, 0.1]
    estimator = gan(max_iter=80, normalization=("batch", None))
    search = RegularizedGANCV(estimator, alphas=alphas, halving=2, cv=2).fit(X)
    whole = RegularizedGANCV(estimator, alphas=alphas, cv=2).fit(X).cv_results_
    results = search.cv_results_
    assert sorted(results["n_iter"]) == [40, 40, 80, 80]
    further = results["n_iter"] == 80
    assert results["rank_test_score"][further].max() < results["rank_test_score"][~further].min()
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(results[name][further], whole[name][further])
        assert (results[name][~further] != whole[name][~further]).all()
    assert search.best_index_ in np.flatnonzero(further)


# Divergence


def test_a_model_that_diverges_leaves_the_others_as_they_are():
    estimator = gan(max_iter=60)
    axes = {"alphas": None, "gammas": [0.1, 1e30, 1.0]}
    with pytest.warns(
        UserWarning, match=r"gamma=1e\+30 failed, .* of update \d+: training diverged"
    ):
        models = gan_path(X, estimator=estimator, **axes)
    with pytest.raises(DivergenceError):
        clone(estimator).set_params(gamma=1e30).fit(X)
    for k in (0, 2):
        same(models[k], clone(estimator).set_params(gamma=axes["gammas"][k]).fit(X))
    assert models[1].n_iter_ < 60
    assert np.isfinite(models[1].sample(5)).all()


@pytest.mark.parametrize("halving", [None, 2])
def test_a_candidate_that_diverges_has_no_score(halving):
    search = RegularizedGANCV(
        gan(max_iter=40), alphas=None, gammas=[1e30, 0.1, 1.0], cv=2, halving=halving
    )
    with pytest.warns(FitFailedWarning, match="1 of 3 candidates have no score"):
        search.fit(X)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [True, False, False]
    assert search.cv_results_["rank_test_score"][0] == 3
    assert search.gamma_ in (0.1, 1.0)


def test_who_diverges_in_the_last_rung_is_behind_all_others():
    estimator = gan(penalty=None, optimizer="sgd", learning_rate="constant")
    estimator.set_params(learning_rate_init=0.05, max_iter=8)
    search = RegularizedGANCV(
        estimator,
        alphas=None,
        gammas=[0.1, 1.0, 20.0, 20.01],
        cv=2,
        halving=2,
        scoring=lambda model, X, y: model.gamma,
        refit=False,
    )
    with pytest.warns(FitFailedWarning, match="2 of 4 candidates have no score: training diverged"):
        search.fit(X)
    assert search.cv_results_["rank_test_score"].tolist() == [2, 1, 3, 3]
    assert search.path_["n_updates"].tolist() == [4, 4, 8, 8]
    assert search.gamma_ == 1.0


def test_if_all_diverge_the_search_fails():
    with pytest.raises(DivergenceError):
        RegularizedGANCV(gan(), alphas=None, gammas=[1e30, 1e31], cv=2).fit(X)


# What a search knows


def test_the_path_of_a_search():
    search = RegularizedGANCV(gan(max_iter=150), alphas=[0.0, 0.03, 1.0], cv=2).fit(X)
    path = search.path_
    assert path["alpha"].tolist() == [0.0, 0.03, 1.0]
    assert path["l1_ratio"].tolist() == [0.5] * 3
    assert path["gamma"].tolist() == [0.3] * 3
    np.testing.assert_array_equal(path["mean_test_score"], search.cv_results_["mean_test_score"])
    assert (np.diff(path["generator_sparsity"]) > 0).all()
    assert (np.diff(path["discriminator_norm"]) < 0).all()
    assert search.path_["n_iter"].tolist() == [150] * 3
    assert search.l1_ratio_ == 0.5


def test_pairs_stay_pairs():
    search = RegularizedGANCV(gan(max_iter=10), alphas=[(0.1, 0.0), (0.0, 0.1)], cv=2).fit(X)
    assert search.alpha_ in [(0.1, 0.0), (0.0, 0.1)]
    assert search.path_["alpha"].tolist() == [(0.1, 0.0), (0.0, 0.1)]


def test_a_search_samples_like_its_best_estimator():
    frame = pd.DataFrame(X, columns=["u", "v", "w"])
    search = RegularizedGANCV(gan(conditional=True), alphas=[0.0], cv=2).fit(frame, y)
    best = search.best_estimator_
    pd.testing.assert_frame_equal(search.sample(4), best.sample(4))
    pd.testing.assert_frame_equal(search.sample(4, y="a"), best.sample(4, y="a"))
    np.testing.assert_array_equal(search.sample_labels(4, 1), best.sample_labels(4, 1))
    assert search.feature_names_in_.tolist() == ["u", "v", "w"]
    assert search.classes_.tolist() == ["a", "b"]
    assert search.refit_time_ > 0


def test_without_refit_there_is_no_best_estimator():
    search = RegularizedGANCV(gan(max_iter=5), alphas=[0.0], cv=2, refit=False).fit(X)
    assert search.alpha_ == 0.0
    with pytest.raises(AttributeError, match="refit=False"):
        search.sample(2)
    assert not hasattr(search, "n_features_in_")


def test_a_search_has_no_partial_fit():
    assert not hasattr(RegularizedGANCV(), "partial_fit")
    with pytest.raises(AttributeError, match=r"has no partial_fit, .* partial_fit of best_estim"):
        RegularizedGANCV().partial_fit([[0.0]])


def test_scoring_may_be_any_callable():
    def negative_mean(model, X, y=None):
        return -abs(model.sample(50).mean() - X.mean())

    search = RegularizedGANCV(gan(max_iter=5), alphas=[0.0, 1.0], cv=2, scoring=negative_mean)
    assert search.fit(X).best_score_ <= 0
    assert search.score(X) == negative_mean(search.best_estimator_, X)


def test_a_score_that_is_no_number():
    def strict(model, X, y=None):
        return np.nan if model.alpha > 0 else 1.0

    search = RegularizedGANCV(gan(max_iter=5), alphas=[1.0, 0.0], cv=2, scoring=strict)
    with pytest.warns(FitFailedWarning, match="1 of 2 .* have no score: scoring returned NaN"):
        search.fit(X)
    assert search.alpha_ == 0.0
    with pytest.raises(ValueError, match="no candidate has a score: scoring returned NaN"):
        search.set_params(alphas=[1.0]).fit(X)


def test_labels_reach_splitters_and_scorers_of_any_model():
    cv, seen = StratifiedKFold(2, shuffle=True, random_state=0), []

    def score(model, X, y):
        seen.append(sorted(set(y)))
        return 0.0

    RegularizedGANCV(gan(max_iter=3), alphas=[0.0], cv=cv, scoring=score).fit(X, y)
    assert seen == [["a", "b"]] * 2


def test_a_second_fit_leaves_nothing_of_the_first():
    search = RegularizedGANCV(gan(max_iter=5), alphas=[0.0], cv=2).fit(X)
    search.set_params(refit=False).fit(X[:, :2])
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search, "refit_time_")


def test_callbacks_and_verbose_act_in_the_refit_alone():
    seen = []
    search = RegularizedGANCV(gan(max_iter=40, callbacks=[seen.append]), alphas=[0.0, 1.0], cv=2)
    search.fit(X)
    assert len(seen) == 40
    assert gan_path(X, estimator=search.estimator, alphas=[0.0])[0].callbacks is None


def test_a_search_tells_joblib_to_tell(capfd):
    RegularizedGANCV(gan(max_iter=5), alphas=[0.0], cv=2, verbose=5).fit(X)
    out = capfd.readouterr()
    assert "Done" in out.out + out.err


def test_default_estimator():
    assert RegularizedGANCV().get_params()["estimator"] is None
    with pytest.raises(NotFittedError):
        RegularizedGANCV().sample(1)


def test_a_path_warns_once_and_as_a_fit_does():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gan_path(X, estimator=gan(max_iter=5, hidden_layer_sizes=(), dropout=0.1), alphas=[0, 1])
    assert [str(w.message) for w in told] == [
        "dropout=Dropout(rate=0.1) has no effect: the networks have no hidden layers"
    ]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gan_path(X, estimator=gan(max_iter=5, normalization="batch"), alphas=[0, 1])
    assert len(told) == 1
    assert "gradient_penalty='r1r2'" in str(told[0].message)


# Memory


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_layer_sizes": (64, 64), "batch_size": 128},
        {"hidden_layer_sizes": (128,), "batch_size": 512, "gradient_penalty": "wgan_gp"},
        {"hidden_layer_sizes": (16, 16, 16), "dtype": "float64", "normalization": "layer"},
        {"hidden_layer_sizes": (256,), "batch_size": 16},
        {"hidden_layer_sizes": (128, 128), "normalization": ("batch", "layer"), "dropout": 0.1},
    ],
    ids=repr,
)
def test_the_estimate_of_memory_holds(settings):
    """Peak memory of a short training is below it, and not by an order of magnitude."""
    rows = np.random.default_rng(0).normal(size=(1000, 20))
    estimator = gan(**settings)
    training_set, members = make_members(estimator, [{}] * 4, rows, None, 0)
    trainer = make_population_trainer(members, training_set.kind)
    estimate = 4 * model_bytes(trainer) + data_bytes(trainer, training_set.kind.n_rows)
    tracemalloc.start()
    try:
        data = TrainingData(trainer.ops, training_set.rows[0])
        run = Run(trainer.init(0, 4), 12)
        trainer.run(run, data)
        results(trainer.evaluation, run, data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert estimate / 3 < peak < estimate


# Bad input

BAD = {
    "no alphas": ({"alphas": []}, ValueError, "alphas must be a sequence of at least one value"),
    "a number": ({"alphas": 0.1}, ValueError, "alphas must be a sequence"),
    "text": ({"alphas": "l1"}, ValueError, "alphas must be a sequence"),
    "negative": (
        {"alphas": [0.1, -1.0]},
        ValueError,
        "alphas must be a finite number >= 0, got -1",
    ),
    "not finite": ({"gammas": [np.inf]}, ValueError, "gammas must be a finite number"),
    "text inside": ({"alphas": ["big"]}, TypeError, "alphas must be a real number, got 'big'"),
    "a triple": ({"alphas": [(1, 2, 3)]}, ValueError, "alphas must hold numbers or tuples of two"),
    "a list inside": ({"alphas": [[0.1, 0.2]]}, ValueError, "alphas must hold numbers or tuples"),
    "pairs of gamma": ({"gammas": [(0.1, 0.9)]}, ValueError, "gammas must hold numbers, got"),
    "jobs": (
        {"n_jobs": 1.5},
        ValueError,
        "n_jobs must be None or an integer other than 0",
    ),
    "ratio": ({"l1_ratios": [1.5]}, ValueError, "l1_ratios must be a finite number >= 0 and <= 1"),
    "nothing": ({"alphas": None}, ValueError, "give alphas or l1_ratios or gammas"),
    "memory": ({"max_memory": 1000}, MemoryError, "training one model takes about .* MiB"),
    "zero memory": ({"max_memory": 0}, ValueError, "max_memory must be a finite number > 0"),
    "no ratio": ({"l1_ratios": [0.1, 0.9]}, ValueError, "l1_ratios would have no effect"),
    "an object": (
        {"estimator": gan(penalty=L1(0.1))},
        ValueError,
        r"penalty=L1\(alpha=0.1\) has its own strengths",
    ),
    "a Gaussian": ({"estimator": RegularizedGaussian()}, TypeError, "a RegularizedGAN or a Regul"),
    "a VAE's gamma": (
        {"estimator": vae(), "gammas": [1.0]},
        ValueError,
        "a RegularizedVAE has no gamma",
    ),
    "bad setting": ({"estimator": gan(loss="x")}, ValueError, "loss='x' is not known"),
}
BAD_SEARCHES = {
    "folds": ({"cv": 30}, ValueError, "43 rows allow at most cv=21"),
    "one fold": ({"cv": 1}, ValueError, "cv must be an integer >= 2"),
    "no cv": ({"cv": True}, TypeError, "cv must be an integer"),
    "one row": ({"cv": KFold(43)}, ValueError, "split 0 of cv has 42 rows to train on and 1 to"),
    "a used generator": ({"cv": iter([])}, ValueError, "gives no splits. A generator is used up"),
    "far rows": ({"cv": [([0, 1], [2, 43])]}, ValueError, "positions outside of the 43 rows"),
    "no positions": ({"cv": [([0.0, 1.0], [2, 3])]}, ValueError, "must hold row positions"),
    "no number": ({"scoring": lambda *_: None, "cv": 2}, TypeError, "scoring must return one numb"),
    "scorer": ({"scoring": "accuracy"}, ValueError, "scoring='accuracy' is not known; choose one"),
    "no scorer": ({"scoring": 3}, TypeError, "scoring must be a name, a callable or None, got 3"),
    "halving": ({"halving": 1}, ValueError, "halving must be an integer >= 2"),
    "refit": ({"refit": "yes"}, TypeError, "refit must be True or False"),
    "verbose": ({"verbose": -1}, ValueError, "verbose must be an integer >= 0"),
}


@pytest.mark.filterwarnings("ignore:l1_ratio=0.1 has no effect")
@pytest.mark.parametrize("label", BAD)
@pytest.mark.parametrize("kind", ["path", "search"])
def test_bad_input(label, kind):
    settings, error, message = BAD[label]
    settings = {"estimator": gan(), "alphas": [0.0, 0.1], **settings}
    with pytest.raises(error, match=message):
        gan_path(X, **settings) if kind == "path" else RegularizedGANCV(**settings).fit(X)


@pytest.mark.parametrize("label", BAD_SEARCHES)
def test_bad_searches(label):
    settings, error, message = BAD_SEARCHES[label]
    with pytest.raises(error, match=message):
        RegularizedGANCV(gan(), **settings).fit(X)


def test_bad_data():
    with pytest.raises(ValueError, match="NaN in column 1"):
        RegularizedGANCV(gan()).fit(np.where(np.arange(3) == 1, np.nan, X))
    with pytest.raises(ValueError, match="requires y to be passed"):
        RegularizedGANCV(gan(conditional=True)).fit(X)
    lonely = np.where(np.arange(43) == 7, "c", y)
    with (
        pytest.warns(UserWarning, match="least populated class"),
        pytest.raises(ValueError, match="scores on the classes 'c'"),
    ):
        RegularizedGANCV(gan(conditional=True)).fit(X, lonely)


def test_every_metric_is_a_scoring():
    for name in METRICS:
        search = RegularizedGANCV(gan(max_iter=3), alphas=[0.0], cv=2, scoring=name, refit=False)
        assert np.isfinite(search.fit(X).best_score_), name


@parametrize_with_checks([RegularizedGANCV(gan(max_iter=3), alphas=[0.0, 0.1], cv=2)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)
