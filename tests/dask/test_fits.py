"""Fits on a cluster in this process: what the model is, beside that of one process."""

import pickle
import warnings

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from dask.base import is_dask_collection
from mixed_tables import mixed

import regan
import regan.dask.surveying
from regan import EarlyStopping, RegularizedGAN, RegularizedVAE
from regan.dask import DaskRegularizedGAN, DaskRegularizedVAE
from regan.dask.shard import Shard
from regan.data import TableEncoder

pytestmark = pytest.mark.dask

SMALL = {"hidden_layer_sizes": (8, 8), "latent_dim": 4, "batch_size": 32, "random_state": 0}
X = np.random.default_rng(3).normal(size=(700, 3)) @ [[1, 0, 40], [0.5, 0.1, 0], [0, 0, 9]] + 5
PARTS = da.from_array(X, chunks=(100, 3))


def same(one, other):
    """Whether two models have the same parameters, bit by bit."""
    states = [model._state.arrays() for model in (one, other)]
    return states[0].keys() == states[1].keys() and all(
        np.array_equal(states[0][name], states[1][name]) for name in states[0]
    )


@pytest.fixture
def sampled(monkeypatch):
    """Columns are learnt of a part of the rows."""
    monkeypatch.setattr(regan.dask.surveying, "FEWEST_ROWS", 60)


@pytest.mark.parametrize(
    ("spread", "alone"),
    [(DaskRegularizedGAN, RegularizedGAN), (DaskRegularizedVAE, RegularizedVAE)],
)
@pytest.mark.parametrize("frames", [None, "auto"])
def test_one_shard_is_the_model_of_one_process(threads, spread, alone, frames):
    settings = {**SMALL, "max_iter": 90, "frames": frames}
    one, other = spread(threads, n_shards=1, **settings).fit(PARTS), alone(**settings).fit(X)
    assert same(one.to_local(), other)
    assert one.history_.keys() == other.history_.keys()
    for name, values in other.history_.items():
        np.testing.assert_array_equal(one.history_[name], values)
    np.testing.assert_array_equal(one.to_local().sample(50), other.sample(50))
    assert one.to_local().get_params() == other.get_params()


def test_shards_that_go_to_and_fro_make_the_same_updates(threads, monkeypatch):
    """A process keeps what it has of a shard that Dask lets another one advance, and goes on."""
    settings = {"n_shards": 2, "max_iter": 800, **SMALL}
    expected = DaskRegularizedGAN(threads, **settings).fit(PARTS).to_local()
    advance, copies = Shard.advance, {}

    def to_and_fro(shard, order):
        here = copies.setdefault(id(shard), [shard, pickle.loads(pickle.dumps(shard))])
        return advance(here[order.done // order.length % 2], order)

    monkeypatch.setattr(Shard, "advance", to_and_fro)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = DaskRegularizedGAN(threads, **settings).fit(PARTS).to_local()
    assert len(copies) == 2
    assert same(expected, found)


def test_two_shards_make_half_of_the_updates_each(threads):
    model = DaskRegularizedGAN(threads, max_iter=90, **SMALL).fit(PARTS)
    assert model.n_iter_ == 45
    assert len(model.history_["generator_loss"]) == 45
    assert np.isfinite(model.history_["generator_loss"]).all()
    assert np.isfinite(model.history_["distance"]).any()
    again = DaskRegularizedGAN(threads, n_shards=2, max_iter=90, **SMALL).fit(PARTS)
    assert same(model.to_local(), again.to_local())
    other = DaskRegularizedGAN(threads, n_shards=3, max_iter=90, **SMALL).fit(PARTS)
    assert not same(model.to_local(), other.to_local())


def test_samples_are_lazy_and_those_of_the_local_model(threads, monkeypatch):
    monkeypatch.setattr(regan.dask.sampling, "PARTITION_CELLS", 1)
    model = DaskRegularizedGAN(threads, max_iter=20, **SMALL).fit(PARTS)
    rows = model.sample(10_000, random_state=4)
    assert is_dask_collection(rows)
    assert rows.chunks == ((4096, 4096, 1808), (3,))
    np.testing.assert_array_equal(rows.compute(), model.to_local().sample(10_000, random_state=4))


def test_a_mixed_table(threads, sampled, monkeypatch, tmp_path):
    monkeypatch.setattr(regan.dask.sampling, "PARTITION_CELLS", 1)
    table = mixed(700).drop(columns=["either", "python"])  # Dask has no such columns
    table["late"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(700), unit="h")
    table["id"] = np.arange(1000, 1700)
    table.loc[650, "color"] = "rare"
    table.loc[651, "single"] = np.nan
    table.loc[652, "count"] = 99
    frame = dd.from_pandas(table, npartitions=7)
    settings = {**SMALL, "max_iter": 60, "standardize": TableEncoder(ids="sequence")}
    model = DaskRegularizedGAN(threads, **settings).fit(frame)
    local = model.to_local()
    whole = RegularizedGAN(**settings).fit(frame.compute())
    made, expected = local.sample(9000, random_state=1), whole.sample(9000, random_state=1)
    assert list(made.dtypes) == list(expected.dtypes)
    levels = [list(m.table_encoder_.columns_[1].levels) for m in (local, whole)]
    assert sorted(levels[0]) == sorted(levels[1])
    assert made["count"].max() <= 99
    rows = model.sample(9000, random_state=1)
    assert rows.divisions == (0, 4096, 8192, 8999)
    assert list(rows.dtypes) == list(made.dtypes)
    pd.testing.assert_frame_equal(rows.compute(), made)
    local.save(tmp_path / "model")
    again = regan.load(tmp_path / "model")
    pd.testing.assert_frame_equal(again.sample(50, random_state=1), made[:50])
    assert model.score(frame) == local.score(frame.compute())


def test_moments_and_shares_are_those_of_all_rows(threads, sampled):
    model = DaskRegularizedGAN(threads, max_iter=20, standardize="standard", **SMALL).fit(PARTS)
    scaler = model.to_local()._reader.scaler
    np.testing.assert_allclose(scaler.mean, X.mean(axis=0))
    np.testing.assert_allclose(scaler.scale, X.std(axis=0))


def test_categories_that_only_some_partitions_know(threads, sampled):
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame({"a": rng.normal(size=100), "c": pd.Categorical(rng.choice(levels, 100))})
        for levels in (["x", "y"], ["y", "z"], ["w"])
    ]
    frame = dd.from_map(lambda part: part, parts)
    model = DaskRegularizedGAN(threads, max_iter=20, **SMALL).fit(frame)
    made = model.to_local().sample(2000, random_state=0)
    assert made["c"].dtype == "category"
    assert set(made["c"].cat.categories) == {"w", "x", "y", "z"}
    pd.testing.assert_frame_equal(model.sample(2000, random_state=0).compute(), made)


@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize("conditional", [True, "balanced"])
def test_classes(threads, conditional, few, request):
    if few:
        request.getfixturevalue("sampled")
    table = pd.DataFrame(X, columns=list("abc")).assign(
        label=np.repeat(["no", "yes", "rare"], [500, 150, 50])
    )
    frame = dd.from_pandas(table.sample(frac=1, random_state=0), npartitions=5, sort=False)
    settings = {**SMALL, "conditional": conditional, "max_iter": 40}
    model = DaskRegularizedGAN(threads, **settings).fit(frame, "label")
    local = model.to_local()
    assert list(local.classes_) == ["no", "rare", "yes"]
    np.testing.assert_allclose(local._classes.shares, [5 / 7, 0.5 / 7, 1.5 / 7])
    rows, y = local.sample(5000, random_state=2, return_y=True)
    pd.testing.assert_frame_equal(model.sample(5000, random_state=2).compute(), rows)
    assert y.name == "label"
    by_series = DaskRegularizedGAN(threads, **settings)
    by_series.fit(frame[["a", "b", "c"]], frame["label"])
    assert same(by_series.to_local(), local)
    assert model.score(frame, "label") == local.score(
        frame[["a", "b", "c"]].compute(), frame["label"].compute()
    )


def test_labels_in_an_array(threads):
    y = da.from_array((X[:, 0] > 5).astype(int), chunks=350)  # other chunks than those of X
    model = DaskRegularizedGAN(threads, conditional=True, max_iter=20, **SMALL).fit(PARTS, y)
    assert list(model.to_local().classes_) == [0, 1]


def test_early_stopping_holds_rows_of_the_sample_out(threads, sampled):
    stopping = EarlyStopping(n_iter_no_change=2, validation_fraction=0.2)
    model = DaskRegularizedGAN(threads, early_stopping=stopping, max_iter=300, **SMALL).fit(PARTS)
    local = model.to_local()
    assert local.best_iter_ <= local.n_iter_ <= 150
    assert local.best_score_ == np.nanmax(local.history_["validation_score"])
    assert local.sample(20, method="rejection").shape == (20, 3)


def test_early_stopping_of_one_shard_is_that_of_one_process(threads):
    settings = {**SMALL, "early_stopping": True, "max_iter": 200}
    one = DaskRegularizedGAN(threads, n_shards=1, **settings).fit(PARTS).to_local()
    alone = RegularizedGAN(**settings).fit(X)
    assert same(one, alone)
    assert (one.best_iter_, one.best_score_) == (alone.best_iter_, alone.best_score_)


def test_callbacks_run_after_each_round(threads):
    seen = []
    settings = {**SMALL, "max_iter": 160}
    DaskRegularizedGAN(threads, callbacks=[lambda run: seen.append(run.done)], **settings).fit(
        PARTS
    )
    assert seen == list(range(2, 81, 2))

    def stop(run):
        if run.done == 20:
            run.stop()

    model = DaskRegularizedGAN(threads, callbacks=[stop], **settings).fit(PARTS)
    assert model.n_iter_ == 20


def test_progress_is_shown(threads, capsys):
    DaskRegularizedGAN(threads, verbose=1, max_iter=40, **SMALL).fit(PARTS)
    assert "training 20/20" in capsys.readouterr().err


def test_divergence_ends_a_fit(threads):
    wild = {**SMALL, "max_iter": 40, "learning_rate_init": 1e30, "frames": None}
    with pytest.raises(regan.DivergenceError, match="was not finite at update 1"):
        DaskRegularizedGAN(threads, **wild).fit(PARTS)


def test_a_guard_goes_on_with_lower_rates(threads):
    class Guard(regan.Callback):
        def on_not_finite(self, run, step, term):
            asked.append((step, run.rate))
            run.rate = 1e-33
            return True

    asked = []
    wild = {**SMALL, "max_iter": 40, "learning_rate_init": 1e30, "frames": None}
    model = DaskRegularizedGAN(threads, callbacks=[Guard()], **wild).fit(PARTS)
    assert asked == [(1, 1.0)]
    assert model.n_iter_ == 20


def test_masked_rows(threads):
    model = DaskRegularizedGAN(threads, masked=True, max_iter=20, **SMALL).fit(PARTS)
    filled = model.to_local().impute(np.where(np.arange(3) == 1, np.nan, X[:10]))
    assert np.isfinite(filled).all()


def test_settings_as_estimators_have_them(threads):
    from sklearn.base import clone

    model = DaskRegularizedGAN(threads, alpha=0.5, n_shards=3)
    again = clone(model)
    assert again.get_params()["alpha"] == 0.5
    assert again.get_params()["n_shards"] == 3
    again.set_params(alpha=1.0, n_shards=2)
    assert (again.n_shards, again.get_params()["alpha"]) == (2, 1.0)
    again.alpha = 0.25
    assert again.get_params()["alpha"] == again.alpha == 0.25
    assert pickle.loads(pickle.dumps(again)).alpha == 0.25
    assert repr(DaskRegularizedGAN(alpha=0.5)) == "DaskRegularizedGAN(alpha=0.5)"
    with pytest.raises(TypeError, match="alhpa"):
        DaskRegularizedGAN(alhpa=1)
    with pytest.raises(ValueError, match="alhpa"):
        model.set_params(alhpa=1)
