"""Conditional generation: what y does, which y is refused, and that classes come out apart."""

import copy
import pickle
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

import regan
from regan import (
    Checkpoint,
    EarlyStopping,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedVAE,
)
from regan.control.early_stopping import BestState
from regan.training.training_data import TrainingData

NEURAL = (RegularizedGAN, RegularizedVAE)
CODES = np.arange(60) % 3


@pytest.fixture(params=NEURAL)
def make(request):
    """A maker of small models of one class of estimators; conditional unless told otherwise."""

    def make(**changes):
        small = {
            "hidden_layer_sizes": (8, 8),
            "latent_dim": 4,
            "batch_size": 16,
            "max_iter": 10,
            "random_state": 0,
            "conditional": True,
        }
        return request.param(**{**small, **changes})

    return make


def steady(make):
    """Settings under which nothing changes over training: ten and ten updates are twenty."""
    return {"learning_rate": "constant"} | ({"gamma": 0.3} if hasattr(make(), "gamma") else {})


def thetas(model):
    return np.concatenate([fitted.theta for fitted in model._fitted().values()], axis=1)


# conditional=False

NONSENSE = {
    "text": "what?",
    "an object": object(),
    "real numbers": np.linspace(0, 1, 60),
    "NaN": np.full(60, np.nan),
    "too few": [1, 2],
    "several columns": np.zeros((60, 4)),
    "a function": print,
}


@pytest.mark.parametrize("y", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("cls", [*NEURAL, RegularizedGaussian])
def test_an_unconditional_model_ignores_y_everywhere(cls, table, y):
    small = {"random_state": 0} | ({} if cls is RegularizedGaussian else {"max_iter": 5})
    plain, given = cls(**small).fit(table), cls(**small).fit(table, y)
    assert plain.score(table) == given.score(table, y)
    if cls is not RegularizedGaussian:
        plain.partial_fit(table)
        given.partial_fit(table, y)
        assert not hasattr(given, "classes_")
    np.testing.assert_array_equal(plain.sample(9), given.sample(9))
    assert not get_tags(given).target_tags.required


def test_asking_an_unconditional_model_for_a_class_is_an_error(make, table):
    model = make(conditional=False).fit(table, CODES)
    for call in (lambda: model.sample(2, y=0), lambda: model.sample_labels(2)):
        with pytest.raises(ValueError, match="needs a model trained with conditional=True"):
            call()
    with pytest.raises(AttributeError, match="classes_ needs a model trained with conditional=T"):
        model.classes_  # noqa: B018


# Labels

LETTERS = np.array(["ant", "bee", "c"])
LABELS = {
    "integers": CODES,
    "negative integers": CODES * 5 - 7,
    "small integers": CODES.astype("int8"),
    "whole floats": CODES.astype(float),
    "Booleans": CODES == 1,
    "strings": LETTERS[CODES],
    "a list of strings": LETTERS[CODES].tolist(),
    "objects": LETTERS.astype(object)[CODES],
    "a series": pd.Series(LETTERS[CODES], index=range(60, 0, -1)),
    "categories": pd.Series(pd.Categorical(LETTERS[CODES])),
    "pandas' strings": pd.Series(LETTERS[CODES], dtype="string"),
    "nullable integers": pd.Series(CODES, dtype="Int64"),
    "one class": np.zeros(60, dtype=int),
}


@pytest.mark.parametrize("y", LABELS.values(), ids=LABELS)
def test_labels_of_any_kind(make, table, y, tmp_path):
    model = make().fit(table, y)
    values = np.asarray(y)
    np.testing.assert_array_equal(model.classes_, np.unique(values))
    assert np.isfinite(model.score(table, y))
    drawn = model.sample_labels(50)
    assert drawn.dtype == model.classes_.dtype
    assert set(drawn.tolist()) == set(values.tolist())
    for label in model.classes_:
        one = model.sample(3, y=label)
        np.testing.assert_array_equal(one, model.sample(3, y=[label] * 3))
        plain = label.item() if hasattr(label, "item") else label  # no NumPy scalar
        np.testing.assert_array_equal(one, model.sample(3, y=plain))
    model.save(tmp_path / "model")
    again = regan.load(tmp_path / "model")
    np.testing.assert_array_equal(again.classes_, model.classes_)
    assert again.classes_.dtype == model.classes_.dtype
    np.testing.assert_array_equal(again.sample(9), model.sample(9))
    np.testing.assert_array_equal(again.sample_labels(9), model.sample_labels(9))
    assert again.score(table, y) == model.score(table, y)
    np.testing.assert_array_equal(
        thetas(again.partial_fit(table, y)), thetas(model.partial_fit(table, y))
    )


def test_what_labels_are_called_does_not_matter(make, table):
    models = [make().fit(table, y) for y in (CODES, LETTERS[CODES], CODES * 2.0)]
    for model in models[1:]:
        np.testing.assert_array_equal(thetas(models[0]), thetas(model))
        assert model.score(table, model.classes_[CODES]) == models[0].score(table, CODES)


def test_a_column_of_labels_warns_as_elsewhere_in_scikit_learn(make, table):
    with pytest.warns(DataConversionWarning, match="column-vector y") as caught:
        model = make().fit(table, CODES[:, None])
    assert len(caught) == 1
    np.testing.assert_array_equal(thetas(model), thetas(make().fit(table, CODES)))


BAD = {
    "nothing": (
        None,
        ValueError,
        r"requires y to be passed, but the target y is None: conditional",
    ),
    "real numbers": (CODES + 0.5, ValueError, r"Unknown label type: continuous"),
    "NaN": (np.where(CODES, np.nan, 1.0), ValueError, r"Input y contains NaN, infinity or None"),
    "inf": (np.where(CODES, np.inf, 1.0), ValueError, r"Input y contains NaN, infinity or None"),
    "None among strings": (["a", None, "b"] * 20, ValueError, r"Input y contains NaN, inf.* None"),
    "NaN among objects": (
        np.array(["a", np.nan] * 30, dtype=object),
        ValueError,
        r"Input y contains NaN",
    ),
    "NA": (pd.Series(["a", None] * 30, dtype="string"), ValueError, r"Input y contains NaN"),
    "nullable NA": (pd.Series([1, None] * 30, dtype="Int64"), ValueError, r"Input y contains NaN"),
    "NaT": (pd.Series([pd.NaT, pd.NaT] * 30), ValueError, r"Input y contains NaN"),
    "too few": (CODES[:7], ValueError, r"inconsistent numbers of samples: \[60, 7\]"),
    "several outputs": (
        np.c_[CODES, CODES],
        ValueError,
        r"y should be a 1d array, got an array of shape \(60, 2\)",
    ),
    "indicators": (np.eye(3)[CODES], ValueError, r"y should be a 1d array, .*\(60, 3\)"),
    "a number": (3, TypeError, r"Expected sequence or array-like, got <class 'int'>"),
    "sparse": (csr_array(CODES[:, None]), TypeError, r"Sparse data was passed for y"),
    "complex": (CODES * 1j, ValueError, r"Complex data not supported"),
    "bytes": (LETTERS[CODES].astype("S"), TypeError, r"bytes is not supported"),
    "types without an order": (
        np.array(["a", 1] * 30, dtype=object),
        TypeError,
        r"no order: 'a' \(str\) in row 0 and 1 \(int\) in row 1. Convert all to one",
    ),
}


@pytest.mark.parametrize(("y", "error", "message"), BAD.values(), ids=BAD)
def test_bad_labels(make, table, y, error, message):
    for method in ("fit", "partial_fit"):
        model = make()
        with pytest.raises(error, match=message):
            getattr(model, method)(table, y)
        assert vars(model) == vars(make())
    model = make().fit(table, CODES)
    before = pickle.dumps(model)
    for method in (model.fit, model.partial_fit, model.score):
        with pytest.raises(error, match=message):
            method(table, y)
    assert pickle.dumps(model) == before


UNSEEN = {
    "one": (2, "zoo", "'zoo'"),
    "longer than those known": (2, "antelope", "'antelope'"),
    "some": (3, ["c", "zoo", "ape"], "'ape', 'zoo'"),
    "of another type": (2, 1, "1"),
    "missing": (2, ["c", None], "None"),
    "many": (9, list("defghijkl"), "'d', 'e', 'f', 'g', 'h'"),
}


@pytest.mark.parametrize(("n", "y", "named"), UNSEEN.values(), ids=UNSEEN)
def test_unseen_labels_are_named(make, table, n, y, named):
    model = make().fit(table, LETTERS[CODES])
    known = "the known labels are 'ant', 'bee', 'c'"
    with pytest.raises(ValueError, match=f"not in the training data: {named}; {known}"):
        model.sample(n, y=y)


@pytest.mark.parametrize("method", ["score", "partial_fit"])
def test_unseen_labels_in_data_are_named(make, table, method):
    model = make().fit(table, LETTERS[CODES])
    y = np.where(np.arange(60) == 5, "zoo", LETTERS[CODES])
    with pytest.raises(
        ValueError, match="not in the training data: 'zoo'; the known labels are 'ant'"
    ):
        getattr(model, method)(table, y)


def test_as_many_labels_as_rows(make, table):
    model = make().fit(table, CODES)
    with pytest.raises(ValueError, match="y must be one label or 5 labels, got 2"):
        model.sample(5, y=[0, 1])


def test_the_tags_say_that_y_is_required(make):
    assert get_tags(make()).target_tags.required
    assert not get_tags(make(conditional=False)).target_tags.required


# Sampling


def test_labels_are_drawn_with_the_frequencies_of_the_training_data(make, table):
    y = np.repeat(["a", "b", "c"], [6, 18, 36])
    model = make().fit(table, y)
    _, counts = np.unique(model.sample_labels(20_000, random_state=3), return_counts=True)
    np.testing.assert_allclose(counts / 20_000, [0.1, 0.3, 0.6], atol=0.01)


@pytest.mark.parametrize("n", [1, 5, 600, 1500])
def test_sample_labels_tells_the_classes_of_the_rows(make, table, n):
    model = make().fit(table, LETTERS[CODES])
    for seed in (0, 7):
        labels = model.sample_labels(n, random_state=seed)
        rows = model.sample(n, random_state=seed)
        np.testing.assert_array_equal(rows, model.sample(n, random_state=seed, y=labels))
    np.testing.assert_array_equal(model.sample(n), model.sample(n, y=model.sample_labels(n)))
    np.testing.assert_array_equal(model.sample_labels(2000)[:n], model.sample_labels(n))
    np.testing.assert_array_equal(model.sample(2000)[:n], model.sample(n))


def test_every_row_has_its_own_class(make, table):
    model = make().fit(table, CODES)
    each = [model.sample(600, y=label) for label in range(3)]
    assert all((a != b).any() for a, b in pairwise(each))
    wanted = np.resize([2, 0, 1], 600)
    expected = np.choose(wanted[:, None], each)
    np.testing.assert_array_equal(model.sample(600, y=wanted), expected)
    np.testing.assert_array_equal(model.sample(600, y=pd.Series(wanted)), expected)
    np.testing.assert_array_equal(model.sample(600, y=tuple(wanted.tolist())), expected)


def test_samples_of_frames_have_no_column_for_the_class(make, table):
    X = pd.DataFrame(table, columns=["a", "b", "c"])
    rows = make().fit(X, pd.Series(LETTERS[CODES], name="kind")).sample(4, y="bee")
    assert list(rows.columns) == ["a", "b", "c"]
    assert rows.shape == (4, 3)


# It conditions

FAR = {
    RegularizedGAN: {"max_iter": 400, "learning_rate_init": 3e-3},
    RegularizedVAE: {"max_iter": 400, "learning_rate_init": 3e-3},
}


def far_apart(n):
    """Two classes that lie far apart, one of them rare."""
    rng = np.random.default_rng(n)
    y = np.where(rng.random(n) < 0.25, "left", "right")
    return rng.normal(size=(n, 2)) + np.where(y == "left", -10, 10)[:, None] * [1.0, 0.5], y


@pytest.fixture(scope="module", params=NEURAL)
def two_classes(request):
    """A model of such classes, and its data."""
    X, y = far_apart(400)
    model = request.param(
        hidden_layer_sizes=(32, 32),
        latent_dim=4,
        batch_size=64,
        conditional=True,
        ema_decay=0.98,
        random_state=0,
        **FAR[request.param],
    )
    return model.fit(X, y), X, y


def test_classes_lie_where_they_should(two_classes):
    model, X, y = two_classes
    for label in ("left", "right"):
        rows = model.sample(500, y=label)
        own = X[y == label]
        np.testing.assert_allclose(rows.mean(axis=0), own.mean(axis=0), atol=2.0)
        assert (np.sign(rows[:, 0]) == np.sign(own[0, 0])).mean() > 0.98
    labels = model.sample_labels(500)
    rows = model.sample(500)
    assert ((rows[:, 0] < 0) == (labels == "left")).mean() > 0.98
    assert abs((labels == "left").mean() - (y == "left").mean()) < 0.06


def test_the_score_is_that_of_rows_and_labels_together(two_classes):
    """The same rows under other labels are other data."""
    model, X, y = two_classes
    swapped = np.where(y == "left", "right", "left")
    assert model.score(X, y) > 0.5
    assert model.score(X, swapped) < model.score(X, y) - 0.5
    shuffled = np.random.default_rng(1).permutation(y)
    assert model.score(X, shuffled) < model.score(X, y) - 0.2


def test_the_score_sees_labels_where_rows_tell_nothing(make):
    """All classes have the same rows, so wrong frequencies are all there is to see."""
    X = np.random.default_rng(0).normal(size=(300, 2))
    y = np.arange(300) % 2
    model = make(max_iter=100).fit(X, y)
    assert model.score(X, y) > model.score(X, np.zeros(300, dtype=int)) + 0.1


def test_score_takes_at_most_2000_rows_with_their_labels(two_classes):
    model, X, y = two_classes
    more = far_apart(2500)
    assert abs(model.score(*more) - model.score(X, y)) < 0.1
    assert model.score(*more) == model.score(*more)


def test_the_discriminator_or_encoder_takes_labels_too(make, table):
    plain, labelled = make(conditional=False).fit(table), make().fit(table, CODES)
    for name, before in plain._fitted().items():
        assert labelled._fitted()[name].network.n_in == before.network.n_in + 3


# Minibatches by class

RARE = np.repeat(["often", "seldom"], [56, 4])


@pytest.fixture
def batches(monkeypatch):
    """How often each class comes in the minibatches of what is fitted, all of them by Python."""
    monkeypatch.setenv("REGAN_TAPE", "0")
    shares = []
    take = TrainingData.take

    def watched(self, rows):
        real, labels = take(self, rows)
        if real.shape[1] <= 16:
            shares.append(labels[0].mean(axis=0))
        return real, labels

    with patch.object(TrainingData, "take", watched):
        yield shares


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_rare_class_is_as_frequent_in_minibatches_as_others(make, table, batches, method):
    model = make(conditional="balanced", max_iter=80, batch_size=8, warm_start=True)
    for _ in range(10 if method == "partial_fit" else 1):
        getattr(model, method)(table, RARE)
    assert len(batches) >= 75
    np.testing.assert_allclose(np.mean(batches, axis=0), [0.5, 0.5], atol=0.1)
    # and nothing else changes: shares of samples, and what a score compares
    assert (model.sample_labels(4000, random_state=0) == "seldom").mean() < 0.1
    np.testing.assert_array_equal(
        model.sample_labels(99, random_state=0),
        make().fit(table, RARE).sample_labels(99, random_state=0),
    )
    assert np.isfinite(model.score(table, RARE))


def test_plain_minibatches_have_the_shares_of_the_data(make, table, batches):
    make(max_iter=80, batch_size=8).fit(table, RARE)
    np.testing.assert_allclose(np.mean(batches, axis=0), [56 / 60, 4 / 60], atol=0.05)


def test_balanced_acts(make, table):
    plain, balanced = (make(conditional=c).fit(table, RARE) for c in (True, "balanced"))
    assert not np.array_equal(thetas(plain), thetas(balanced))
    again = make(conditional=np.str_("balanced")).fit(table, RARE)
    np.testing.assert_array_equal(thetas(again), thetas(balanced))
    assert get_tags(balanced).target_tags.required


def test_fewer_rows_in_a_minibatch_than_classes(make, table, batches):
    make(conditional="balanced", max_iter=400, batch_size=2).fit(table, CODES)
    np.testing.assert_allclose(np.mean(batches, axis=0), [1 / 3] * 3, atol=0.1)


def test_one_class_is_balanced_anyhow(make, table):
    model = make(conditional="balanced").fit(table, np.zeros(60))
    assert np.isfinite(model.sample(9)).all()


def test_balanced_early_stopping_compares_rows_with_their_own_shares(make, table):
    held = []
    compared = BestState.of

    def watched(settings, evaluation, state, data, rows, scalers):
        held.append(rows.take(np.arange(rows.n))[1][0].mean(axis=0))
        return compared(settings, evaluation, state, data, rows, scalers)

    stopping = EarlyStopping(0.25, n_iter_no_change=2)
    model = make(conditional="balanced", early_stopping=stopping, max_iter=40)
    with patch.object(BestState, "of", watched):
        model.fit(table, RARE)
    np.testing.assert_allclose(held, [[14 / 15, 1 / 15]])
    assert model.best_iter_ <= model.n_iter_


def test_a_balanced_fit_goes_on(make, table, tmp_path):
    settings = {"conditional": "balanced", **steady(make)}
    whole = make(max_iter=20, **settings).fit(table, RARE)
    halves = make(warm_start=True, **settings)
    halves.fit(table, RARE).fit(table, RARE)
    np.testing.assert_array_equal(thetas(halves), thetas(whole))
    halves.set_params(conditional=True).fit(table, RARE)  # both are of classes
    only = np.repeat("seldom", 9)
    before = thetas(halves.set_params(conditional="balanced")).copy()
    assert (thetas(halves.partial_fit(table[:9], only)) != before).any()
    halves.save(tmp_path / "model")
    again = regan.load(tmp_path / "model")
    assert again.conditional == "balanced"
    np.testing.assert_array_equal(
        thetas(again.partial_fit(table, RARE)), thetas(halves.partial_fit(table, RARE))
    )
    with pytest.raises(ValueError, match="conditional=False cannot change"):
        halves.set_params(conditional=False).fit(table, RARE)


def test_a_balanced_checkpoint(make, table, tmp_path):
    model = make(conditional="balanced", max_iter=40, callbacks=[Checkpoint(tmp_path, every=5)])
    model.fit(table, RARE)
    resumed = clone(model).set_params(callbacks=[Checkpoint(tmp_path, resume=True)])
    np.testing.assert_array_equal(thetas(resumed.fit(table, RARE)), thetas(model))
    with pytest.raises(ValueError, match=r"conditional='balanced', and .* now has conditional=T"):
        resumed.set_params(conditional=True).fit(table, RARE)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_rare_class_comes_out_where_it_lies(seed):
    """Ten rows of 2,000: trained with their share alone, they would lie with the others."""
    rng = np.random.default_rng(seed)
    y = np.arange(2000) < 10
    X = rng.normal(size=(2000, 3)) + 4 * y[:, None]
    small = {"hidden_layer_sizes": 32, "latent_dim": 6, "max_iter": 600, "random_state": seed}
    plain, balanced = (RegularizedGAN(conditional=c, **small).fit(X, y) for c in (True, "balanced"))
    rare = balanced.sample(500, y=True).mean(axis=0)
    np.testing.assert_allclose(rare, X[y].mean(axis=0), atol=1)
    np.testing.assert_allclose(balanced.sample(500, y=False).mean(axis=0), 0, atol=1)
    off = np.abs(plain.sample(500, y=True).mean(axis=0) - X[y].mean(axis=0))
    assert off.max() > 2


# Going on


def test_partial_fit_takes_some_of_the_classes(make, table):
    model = make().partial_fit(table, LETTERS[CODES])
    few = CODES < 2
    before = thetas(model).copy()
    model.partial_fit(table[few], LETTERS[CODES][few])
    assert (thetas(model) != before).any()
    assert model.partial_fit(table[:1], ["bee"]) is model
    assert list(model.classes_) == list(LETTERS)


def test_the_first_call_learns_the_classes_and_their_frequencies(make, table):
    model = make().partial_fit(table, CODES)
    drawn = model.sample_labels(99)
    model.partial_fit(table, np.zeros(60, dtype=int))
    np.testing.assert_array_equal(model.sample_labels(99), drawn)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("before", [True, False])
def test_switching_conditional_while_going_on_is_refused(make, table, method, before):
    model = make(conditional=before, warm_start=True).fit(table, CODES)
    model.set_params(conditional=not before)
    state = pickle.dumps(model)
    with pytest.raises(ValueError, match=f"conditional={not before} cannot change when training"):
        getattr(model, method)(table, CODES)
    assert pickle.dumps(model) == state
    model.set_params(warm_start=False).fit(table, CODES)  # starting over is fine
    assert hasattr(model, "classes_") is not before


def test_a_model_that_is_switched_after_fit_stays_what_it_is(make, table):
    model = make().fit(table, CODES)
    score = model.score(table, CODES)
    model.set_params(conditional=False)
    assert model.score(table, CODES) == score
    with pytest.raises(ValueError, match="requires y to be passed"):
        model.score(table)


def test_warm_start_goes_on(make, table):
    settings = steady(make)
    model = make(warm_start=True, **settings).fit(table, CODES).fit(table, CODES)
    whole = make(max_iter=20, **settings).fit(table, CODES)
    np.testing.assert_array_equal(thetas(model), thetas(whole))


def test_fit_learns_other_classes(make, table):
    model = make().fit(table, CODES).fit(table, np.where(CODES, "x", "y"))
    assert list(model.classes_) == ["x", "y"]


# What scikit-learn's tools need


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies(make, table, duplicate):
    model = make().fit(table, LETTERS[CODES])
    twin = duplicate(model)
    np.testing.assert_array_equal(twin.sample(5, y="bee"), model.sample(5, y="bee"))
    assert not hasattr(clone(model), "classes_")


def test_at_the_end_of_a_pipeline(make, table):
    pipeline = make_pipeline(StandardScaler(), make()).fit(table, LETTERS[CODES])
    assert np.isfinite(pipeline.score(table, LETTERS[CODES]))
    assert list(pipeline.classes_) == list(LETTERS)
    assert pipeline[-1].sample(3, y="ant").shape == (3, 3)


def test_a_search(make, table):
    search = GridSearchCV(make(), {"alpha": [1e-4, 1e-1]}, cv=StratifiedKFold(2))
    search.fit(table, LETTERS[CODES])
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert scores[0] != scores[1]
    assert search.best_estimator_.sample(2, y="c").shape == (2, 3)


def test_a_search_over_conditional_itself(make, table):
    search = GridSearchCV(make(), {"conditional": [True, False]}, cv=StratifiedKFold(2))
    assert np.isfinite(search.fit(table, CODES).cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    "settings",
    [
        {"normalization": "layer", "dropout": 0.2},
        {"architecture": ["residual", "fourier"]},
        {"constraint": "spectral_norm"},
        {"optimizer": "extra_adam", "dtype": "float64"},
    ],
    ids=str,
)
def test_conditional_models_with_regularizers(make, table, settings):
    model = make(**settings).fit(table, CODES)
    assert (model.sample(9, y=0) != model.sample(9, y=1)).any()


@pytest.mark.parametrize(
    "settings",
    [
        {"architecture": ["packing", "minibatch_std", "latent_mixture"]},
        {"noise": "instance", "matching": ["moments", "features"]},
        {"gradient_penalty": ["wgan_gp", "roth"]},
        {"gradient_penalty": "dragan", "n_discriminator_steps": 2},
    ],
    ids=str,
)
def test_conditional_gans_with_regularizers(small_gan, table, settings):
    gan = small_gan(conditional=True, **settings).fit(table, CODES)
    assert (gan.sample(9, y=0) != gan.sample(9, y=1)).any()
    assert np.isfinite(gan.score(table, CODES))


# Rows with their classes


def test_rows_and_their_classes(make, table):
    model = make().fit(pd.DataFrame(table), pd.Series(LETTERS[CODES], name="letter"))
    for n in (1, 5, 5000):  # of several blocks
        rows, labels = model.sample(n, 7, return_y=True)
        pd.testing.assert_frame_equal(rows, model.sample(n, 7))
        assert (labels.name, len(labels)) == ("letter", n)
        assert labels.index.equals(rows.index)
        np.testing.assert_array_equal(labels, model.sample_labels(n, 7))
    many, names = model.sample(5000, 7, return_y=True)
    pd.testing.assert_frame_equal(many[:5], model.sample(5, 7, return_y=True)[0])
    assert names[:5].equals(model.sample(5, 7, return_y=True)[1])
    _, given = model.sample(3, y=["c", "ant", "c"], return_y=True)
    assert given.tolist() == ["c", "ant", "c"]


def test_rows_drawn_afresh_come_with_their_own_classes(make, table):
    model = make(random_state=None).fit(table, CODES)
    rows, labels = model.sample(200, np.random.RandomState(3), return_y=True)
    np.testing.assert_array_equal(rows, model.sample(200, np.random.RandomState(3), y=labels))
    np.testing.assert_array_equal(rows, model.sample(200, np.random.RandomState(3)))
    assert not np.array_equal(labels, model.sample(200, return_y=True)[1])


def test_a_search_gives_classes_too(table):
    gan = RegularizedGAN(conditional=True, hidden_layer_sizes=4, max_iter=4, random_state=0)
    search = regan.RegularizedGANCV(gan, alphas=[0.1], cv=2).fit(table, pd.Series(CODES, name="k"))
    rows, labels = search.sample(5, 1, return_y=True)
    np.testing.assert_array_equal(rows, search.sample(5, 1))
    assert labels.name == "k"


def test_no_classes_to_return(make, table):
    model = make(conditional=False).fit(table)
    with pytest.raises(ValueError, match="return_y needs a model trained with conditional=True"):
        model.sample(2, return_y=True)
    with pytest.raises(TypeError, match="return_y must be True or False, got 1"):
        model.sample(2, return_y=1)
