"""Histories: one value an update for every term, whatever has led to a model."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import regan
from regan import (
    Checkpoint,
    EarlyStopping,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedVAE,
)
from regan.training.divergence import DivergenceError
from regan.training.history import by_update

X = np.random.default_rng(0).normal(size=(120, 3))


def small(cls=RegularizedGAN, **settings):
    return cls(hidden_layer_sizes=4, batch_size=16, max_iter=45, random_state=0).set_params(
        **settings
    )


def stop_at_20(run):
    if run.done >= 20:
        run.stop()


def diverged(model, tmp_path):
    def spoil(run):
        if run.done == 20:
            next(iter(run.state.thetas.values()))[:] = np.nan

    with pytest.raises(DivergenceError):
        model.set_params(callbacks=[spoil]).fit(X)
    return model


def again(model, tmp_path):
    first = model.set_params(callbacks=[Checkpoint(tmp_path, every=10), stop_at_20]).fit(X)
    assert first.n_iter_ == 20
    return first.set_params(callbacks=[Checkpoint(tmp_path, resume=True)], warm_start=False).fit(X)


def loaded(model, tmp_path):
    model.fit(X).save(tmp_path / "model")
    return regan.load(tmp_path / "model")


STOPPING = EarlyStopping(0.2, n_iter_no_change=3, eval_every=5)
WAYS = {
    "fit": lambda model, _: model.fit(X),
    "early stopping": lambda model, _: model.set_params(early_stopping=STOPPING).fit(X),
    "warm start": lambda model, _: model.set_params(warm_start=True).fit(X).fit(X),
    "warm start, then early stopping": lambda model, _: (
        model.set_params(warm_start=True).fit(X).set_params(early_stopping=True).fit(X)
    ),
    "early stopping, then passes": lambda model, _: (
        model.set_params(early_stopping=STOPPING)
        .fit(X)
        .set_params(early_stopping=False)
        .partial_fit(X)
        .partial_fit(X)
    ),
    "passes": lambda model, _: model.partial_fit(X).partial_fit(X),
    "stopped": lambda model, _: model.set_params(callbacks=[stop_at_20]).fit(X),
    "other terms": lambda model, _: (
        model.set_params(warm_start=True).fit(X).set_params(penalty="l1").fit(X)
    ),
    "diverged": diverged,
    "checkpoint": again,
    "file": loaded,
    "pruned": lambda model, _: model.set_params(penalty="l1", alpha=1.0).fit(X).prune(),
}


@pytest.mark.parametrize("cls", [RegularizedGAN, RegularizedVAE])
@pytest.mark.parametrize("way", WAYS)
def test_a_history_is_a_table(cls, way, tmp_path):
    model = WAYS[way](small(cls), tmp_path)
    table = pd.DataFrame(model.history_)
    assert len(table) == model.n_iter_ > 0
    assert not [name for name in table if name.endswith("_iter")]
    assert np.isfinite(table["distance"].iloc[-1])
    if hasattr(model, "best_score_"):
        assert table["validation_score"].max() == model.best_score_


def test_the_history_of_a_search_and_of_its_candidates():
    search = RegularizedGANCV(small(early_stopping=STOPPING), alphas=[0, 0.1], cv=2).fit(X)
    model = search.best_estimator_
    assert len(pd.DataFrame(model.history_)) == model.n_iter_
    for model in regan.gan_path(X, estimator=small(), alphas=[0, 0.1]):
        assert len(pd.DataFrame(model.history_)) == model.n_iter_


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 9), st.integers(1, 20), st.data())
def test_values_stand_at_their_updates(n_before, n, data):
    at = data.draw(st.lists(st.integers(n_before + 1, n_before + n), unique=True))
    at = np.array(sorted(at), dtype=np.int64)
    before = by_update({"a": np.arange(n_before), "b": np.ones(n_before)}, n_before)
    rows = {"a": np.arange(float(n)), "c_x": 2.0 * at, "c_iter": at, "d": np.float32([7.0])}
    whole = by_update(rows, n_before + n, before)
    assert set(whole) == ({"a", "b", "c_x", "d"})
    assert {len(values) for values in whole.values()} == {n_before + n}
    np.testing.assert_array_equal(whole["a"], [*range(n_before), *range(n)])
    assert np.isnan(whole["b"][n_before:]).all()
    (found,) = np.isfinite(whole["c_x"]).nonzero()
    np.testing.assert_array_equal(found + 1, at)
    np.testing.assert_array_equal(whole["c_x"][found], 2.0 * at)
    assert whole["d"].dtype == np.float32
    assert np.flatnonzero(np.isfinite(whole["d"])).tolist() == [n_before + n - 1]
