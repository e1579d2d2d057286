"""Fits to rows that are not in memory: what they read, and that they go on bit by bit."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
import strict_cupy
from interrupted import Poison, SignalAt, result
from interrupted import model as with_everything
from streams import Watched, classes, numbers, parquet, reading_threads, streamed
from tapes import assert_equal_bits, both_ways, by_way

from regan import (
    Callback,
    Checkpoint,
    DivergenceError,
    EarlyStopping,
    NonFiniteGuard,
    OutOfCore,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedVAE,
    gan_path,
)
from regan.building.streamed_set import StreamedSet
from regan.streams.source import ChangedError
from regan.streams.stream import Stream
from regan.training import buffer_size
from regan.training.streamed_data import StreamedData

LONG = {"max_iter": 120}  # in 40 windows of three updates, with a refill at each


class Stop(Exception):  # noqa: N818 - it is no error
    """What a callback raises."""


class StopAt(Callback):
    """Raises at an update."""

    def __init__(self, step):
        self.step = step

    def on_step(self, run):
        if run.state.step == self.step:
            raise Stop


@pytest.fixture
def seen(monkeypatch):
    """The training sets and the data of fits."""
    kept = {"sets": [], "data": [], "parts": []}
    learn, data, read = StreamedSet.learn.__func__, StreamedSet.data, Stream.numbers_of

    def learnt(cls, *given):
        kept["sets"].append(learn(cls, *given))
        return kept["sets"][-1]

    def made(self, *given, **options):
        kept["data"].append(data(self, *given, **options))
        return kept["data"][-1]

    def noted(self, parts):
        kept["parts"] += parts
        return read(self, parts)

    monkeypatch.setattr(StreamedSet, "learn", classmethod(learnt))
    monkeypatch.setattr(StreamedSet, "data", made)
    monkeypatch.setattr(Stream, "numbers_of", noted)
    return kept


def bits(model):
    """All that a fit leaves behind, as arrays."""
    arrays = model._state.export()[0]
    return {**arrays, **model.history_, "rows": np.asarray(model.sample(20, random_state=1))}


def resumed(make, data, folder, step):
    """What is left of a fit that stopped at an update and went on from its checkpoint."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* was not finite at update")
        with pytest.raises(Stop):
            make([Checkpoint(folder, every=1), StopAt(step)]).fit(*data)
        assert not reading_threads()
        return make([Checkpoint(folder, resume=True)]).fit(*data)


# Going on is going on, bit by bit


@pytest.fixture
def a_refill_each(monkeypatch):
    """Each window has a refill, of as many rows as it draws."""
    monkeypatch.setattr(buffer_size, "DRAWS", 1)


@pytest.mark.parametrize("step", [7, 76])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("way", ["0", "numpy", "native"])
def test_a_fit_that_goes_on_ends_the_same(small_gan, monkeypatch, tmp_path, way, dtype, step):
    def make(callbacks=None):
        return small_gan(**LONG, dtype=dtype, callbacks=callbacks)

    data = (streamed(numbers()),)
    whole, _ = by_way(monkeypatch, way, lambda: bits(make().fit(*data)))
    again, _ = by_way(monkeypatch, way, lambda: bits(resumed(make, data, tmp_path, step)))
    assert_equal_bits(whole, again)


@pytest.mark.parametrize("step", [31, 69, 173])
def test_with_everything_on(tmp_path, step):
    """Early stopping, spectral norms, and rollbacks of a guard."""
    data = (streamed(numbers(), buffer_rows=2000),)
    with pytest.warns(UserWarning, match="returned to update 65"):
        whole = result(with_everything().fit(*data))
    again = result(resumed(with_everything, data, tmp_path, step))
    assert whole["rest"] == again["rest"]
    assert_equal_bits(whole["arrays"], again["arrays"])


@pytest.mark.parametrize(
    "settings",
    [
        {"frames": None},
        {"frames": 3, "masked": True},
        {"conditional": True, "n_discriminator_steps": 2},
        {"conditional": "balanced"},
        {"conditional": "balanced", "frames": None, "early_stopping": EarlyStopping(0.2, 1000)},
    ],
    ids=str,
)
def test_kinds_of_models(small_gan, tmp_path, settings):
    def make(callbacks=None):
        return small_gan(**LONG, **settings, callbacks=callbacks)

    data = streamed(numbers()), classes()
    assert_equal_bits(bits(make().fit(*data)), bits(resumed(make, data, tmp_path, 50)))


@pytest.mark.parametrize("masked", [False, True])
def test_tables(small_gan, tmp_path, masked):
    """Levels, missing cells, labels in a column of their own."""
    parquet(tmp_path / "table.parquet")

    def make(callbacks=None):
        settings = {"masked": masked, "conditional": True, "callbacks": callbacks}
        model = RegularizedVAE(hidden_layer_sizes=8, batch_size=16, random_state=0, **LONG)
        return model.set_params(**settings)

    data = streamed(tmp_path / "table.parquet"), "kind"
    whole, again = make().fit(*data), resumed(make, data, tmp_path, 50)
    assert whole.sample(30, 0).equals(again.sample(30, 0))
    assert list(whole.sample(3, 0).columns) == ["x", "count", "gap", "town"]


def test_recorded_updates_are_those_that_python_makes(small_gan, monkeypatch):
    """They find what is read in the arrays that they know."""

    def train():
        settings = {"conditional": "balanced", "dtype": "float64", **LONG}
        return bits(small_gan(**settings).fit(streamed(numbers()), classes()))

    plain, taped, made = both_ways(monkeypatch, train)
    assert made
    assert_equal_bits(plain, taped)


def test_another_file_is_not_gone_on_with(small_gan, tmp_path):
    X = numbers()
    with pytest.raises(Stop):
        small_gan(**LONG, callbacks=[Checkpoint(tmp_path, every=1), StopAt(50)]).fit(streamed(X))
    other = X.copy()
    other[1700, 1] += 0.01
    again = small_gan(**LONG, callbacks=[Checkpoint(tmp_path, resume=True)])
    with pytest.raises(ValueError, match=r"cannot resume from .*: it was written for .*other"):
        again.fit(streamed(other))
    with pytest.raises(ValueError, match=r"written for other rows, or with another buffer_rows"):
        again.fit(streamed(X, buffer_rows=600))
    with pytest.raises(ValueError, match=r"written for 3000 rows of 3 columns, .* 2999 rows"):
        again.fit(streamed(X[1:]))
    assert again.fit(streamed(X)).n_iter_ == 120


def test_a_model_goes_on_with_further_rows(small_gan, tmp_path):
    X = numbers(6000)
    gan = small_gan(**LONG, warm_start=True, random_state=0)
    gan.fit(streamed(X[:3000])).fit(streamed(X[3000:]))
    assert gan.n_iter_ == len(gan.history_["generator_loss"]) == 240
    gan.partial_fit(streamed(X[:3000]))
    assert gan.n_iter_ == 240 + -(-3000 // 16)
    gan.partial_fit(X[:64])
    assert gan.n_iter_ == 240 + 188 + 4


# What is read


@pytest.mark.usefixtures("a_refill_each")
def test_windows_read_the_same_whatever_came_before(small_gan, seen):
    """A window that is played again, too, and one that comes after a later one."""
    small_gan(**LONG, frames=3).fit(streamed(numbers()))
    (data,) = seen["data"]

    def held(step):
        data.begin_window(step)
        return np.array(data.take(np.arange(data.n))[0][0])

    assert data._size.every == 1
    there = {step: held(step) for step in range(0, 120, 3)}
    for step in (117, 30, 33, 3, 0, 117, 60):
        np.testing.assert_array_equal(held(step), there[step])
    new = {(a != b).any(axis=-1).sum() for a, b in pairwise(there.values())}
    assert new <= {46, 47, 48}  # a refill each
    data.close()


@pytest.mark.usefixtures("a_refill_each")
def test_held_out_rows_are_not_drawn(small_gan, seen):
    gan = small_gan(**LONG, early_stopping=EarlyStopping(0.4, 1000)).fit(streamed(numbers()))
    (learnt,) = seen["sets"]
    sample = learnt.rows.stream.sample_positions
    held = np.setdiff1d(np.arange(400), learnt.rows.sample[0].where)
    assert len(held) == len(learnt.held[0]) == 160
    starts = learnt.rows.stream.source.starts
    read = np.concatenate([starts[block] + rows for block, rows in seen["parts"]])
    assert len(read) == 39 * 48
    assert not np.isin(read, sample[held]).any()
    assert learnt.n_rows == 3000 - 160
    assert gan.sample(5, method="rejection").shape == (5, 3)


@pytest.mark.usefixtures("a_refill_each")
def test_rows_are_read_by_one_thread_while_others_are_trained_on(small_gan):
    X = Watched(numbers())
    small_gan(**LONG).fit(streamed(X))
    ahead = [name for name in X.threads if name != "MainThread"]
    assert set(ahead) == {"regan-reads-ahead_0"}
    assert len(ahead) >= 39
    assert not reading_threads()


def test_rows_that_fit_into_the_buffer_are_read_once(small_gan, seen):
    X = numbers()
    small_gan(**LONG).fit(OutOfCore(X, sample_rows=500))
    read = [rows for _, rows in seen["parts"]]
    assert sum(map(len, read)) == len(X)
    data, rows = seen["data"][0], np.sort(seen["data"][0].take(np.arange(3000))[0][0], axis=0)
    assert data.n == len(np.unique(rows[:, 0])) == 3000


def test_a_sample_of_all_rows_is_not_read_again(small_gan, seen):
    small_gan(**LONG).fit(OutOfCore(numbers()))
    assert not seen["parts"]
    assert seen["data"][0].n == 3000


@pytest.mark.parametrize("frames", ["auto", None])
def test_classes_are_drawn_equally_often(small_gan, seen, frames):
    """Those that are in the buffer: rows of a class are together in the data."""
    settings = {"conditional": "balanced", "frames": frames}
    small_gan(**LONG, **settings).fit(streamed(numbers(), buffer_rows=128), classes())
    (data,) = seen["data"]
    for step in (0, 60, 117):
        data.begin_window(step)
        codes = data.take(np.arange(data.n))[1][0, :, :3].argmax(axis=1)
        drawn = data.take(data.draw(np.random.default_rng(0), 9000))[1][0, :, :3].mean(axis=0)
        there = np.unique(codes)
        np.testing.assert_allclose(drawn[there], 1 / len(there), atol=0.03)
        assert drawn.sum() == pytest.approx(1)
    data.close()


@pytest.mark.parametrize("frames", ["auto", None])
def test_the_model_is_as_good_as_that_of_rows_in_memory(frames):
    X, settings = numbers(4000), {"frames": frames, "max_iter": 600, "random_state": 0}
    for rows in (X[:3000], streamed(X[:3000])):
        assert RegularizedGAN(batch_size=64, **settings).fit(rows).score(X[3000:]) > 0.95


# What goes wrong


@pytest.mark.parametrize("cls", ["gan", "vae"])
def test_errors_of_the_thread_come_out(small_gan, cls):
    model = small_gan(**LONG) if cls == "gan" else RegularizedVAE(hidden_layer_sizes=8, **LONG)
    model.set_params(max_iter=120, batch_size=16).fit(numbers(100))
    before = dict(vars(model))
    with pytest.raises(RuntimeError, match="the rows are gone"):
        model.fit(streamed(Watched(numbers(), fails_in="reads-ahead")))
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())
    assert not reading_threads()


def test_a_file_that_changes_is_told(small_gan):
    X = numbers()

    class Change(Callback):
        def on_step(self, run):
            if run.done == 60:
                X[:] *= 40

    with pytest.raises(ChangedError, match=r"rows \d+ to \d+: .*outside of its range"):
        small_gan(**LONG, callbacks=[Change()]).fit(streamed(X))
    assert not reading_threads()


def test_ctrl_c_keeps_the_model_so_far(small_gan):
    whole = small_gan(**LONG, callbacks=[lambda run: run.stop() if run.done == 30 else None])
    whole.fit(streamed(numbers()))
    with pytest.warns(UserWarning, match="interrupted at update 30 of 120"):
        gan = small_gan(**LONG, callbacks=[SignalAt(31)]).fit(streamed(numbers()))
    assert not reading_threads()
    assert_equal_bits(bits(whole), bits(gan))


def test_a_run_that_diverges_ends_its_thread(small_gan):
    gan = small_gan(**LONG, callbacks=[Poison(40, 9), NonFiniteGuard(max_rollbacks=1)])
    with (
        pytest.raises(DivergenceError),
        pytest.warns(UserWarning, match="training returned to update"),
    ):
        gan.fit(streamed(numbers()))
    assert gan.n_iter_ == 40
    assert not reading_threads()


def test_searches_and_paths_take_rows_in_memory(small_gan, tmp_path):
    parquet(tmp_path / "table.parquet", 100)
    with pytest.raises(ValueError, match=r"searches train on rows in memory, .*: search on a part"):
        RegularizedGANCV(small_gan(), alphas=[0.0, 0.1]).fit(streamed(numbers()))
    with pytest.raises(ValueError, match=r"train on rows in memory, and X is .*table.parquet"):
        gan_path(str(tmp_path / "table.parquet"), estimator=small_gan(), alphas=[0.0, 0.1])


# Elsewhere


@pytest.fixture
def cupy(monkeypatch):
    strict_cupy.install(monkeypatch)
    yield
    from regan.backends import cupy_backend

    cupy_backend._compile.cache_clear()


@pytest.mark.parametrize("conditional", [True, "balanced"])
def test_on_a_device(cupy, small_gan, conditional):
    settings = {"max_iter": 40, "conditional": conditional, "dtype": "float64"}
    one, two = (
        small_gan(backend=name, **settings).fit(streamed(numbers()), classes())
        for name in ("numpy", "cupy")
    )
    np.testing.assert_allclose(two.generator_.theta, one.generator_.theta, atol=1e-6)
    assert isinstance(two, type(one))


@pytest.mark.usefixtures("a_refill_each")
def test_its_rows_count_as_memory(small_gan, seen, monkeypatch):
    told = []
    monkeypatch.setattr(
        "regan.estimators.fit_run.warn_of_memory", lambda *given: told.append(given)
    )
    small_gan(**LONG).fit(streamed(numbers()))
    assert told[0][1] == 8 * 48 + 400
    assert isinstance(seen["data"][0], StreamedData)
