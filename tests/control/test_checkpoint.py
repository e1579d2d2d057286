"""Checkpoints: what they hold, that nothing breaks them, and how a run goes on from one."""

import json
import os
import random
import shutil
import signal
import threading
import warnings

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from interrupted import (
    KillAt,
    SignalAt,
    children,
    fit,
    fit_long,
    model,
    result,
    rows,
    write_on,
    write_slowly,
)
from safetensors import safe_open
from sklearn.base import clone

import regan
from regan import (
    Callback,
    Checkpoint,
    DivergenceError,
    EarlyStopping,
    RegularizedGAN,
    RegularizedVAE,
)
from regan.cli import main
from regan.losses import Hinge
from regan.penalties import L1
from regan.storage.atomic import write_atomically
from regan.storage.strays import sweep
from regan.storage.tensor_file import CHECKPOINT, MODEL, read_tensors
from tests.support.opened_files import contents, forge, opened, write

FILE = "checkpoint.regan"


class StoppedError(Exception):
    """What the user's own callback raises."""


class StopAt(Callback):
    """Raises at an update."""

    def __init__(self, step):
        self.step = step

    def on_step(self, run):
        if run.state.step == self.step:
            raise StoppedError


def assert_same(one, two):
    """Bit by bit."""
    assert one["rest"] == two["rest"]
    assert one["arrays"].keys() == two["arrays"].keys()
    for name, array in one["arrays"].items():
        assert array.dtype == two["arrays"][name].dtype
        np.testing.assert_array_equal(array, two["arrays"][name], err_msg=name)


def quietly_fitted(gan):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* was not finite at update")
        return gan.fit(rows())


def standing(folder):
    """Where the run of a checkpoint stands."""
    return contents(folder / FILE, CHECKPOINT)[0]["run"]["done"]


@pytest.fixture(scope="module")
def uninterrupted():
    return result(quietly_fitted(model()))


# Going on is going on, bit by bit


def killed(folder, step):
    """What a child leaves of a fit, and how it ended."""
    context = children()
    queue = context.SimpleQueue()
    child = context.Process(target=fit, args=(os.fspath(folder), step, queue))
    child.start()
    found = queue.get() if step is None else None
    child.join()
    return found, child.exitcode


def test_a_fit_that_is_killed_three_times_ends_the_same(tmp_path, uninterrupted):
    """At random updates, in the middle of windows; one falls into the rollbacks of the guard."""
    rng = random.Random(os.urandom(8))
    for step in (rng.randint(6, 60), rng.randint(70, 130), rng.randint(131, 200)):
        assert killed(tmp_path, step) == (None, -signal.SIGKILL), step
        assert standing(tmp_path) == (step - 1) // 5 * 5  # the last window that was complete
    found, code = killed(tmp_path, None)
    assert code == 0
    assert_same(found, uninterrupted)
    assert os.listdir(tmp_path) == [FILE]


@pytest.mark.slow
def test_a_fit_that_is_killed_twenty_times_ends_the_same(tmp_path):
    """At random moments, the writing of a checkpoint among them."""
    n_updates, context, rng = 20_000, children(), random.Random(os.urandom(8))
    for _ in range(20):
        event, queue = context.Event(), context.SimpleQueue()
        child = context.Process(target=fit_long, args=(tmp_path, event, n_updates, queue))
        child.start()
        assert event.wait(60)
        child.join(rng.uniform(0, 0.3))
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL
    event, queue = context.Event(), context.SimpleQueue()
    child = context.Process(target=fit_long, args=(tmp_path, event, n_updates, queue))
    child.start()
    found = queue.get()
    child.join()
    assert 0 < found["rest"]["n_iter"] == n_updates
    assert_same(found, result(model(max_iter=n_updates).set_params(callbacks=None).fit(rows())))


@pytest.mark.slow
@pytest.mark.parametrize("atomic", [True, False])
def test_a_writer_that_is_killed_two_hundred_times(tmp_path, atomic):
    """It loses nothing that was written; one that writes in place does, so this test can fail."""
    context, rng, lost, path = children(), random.Random(os.urandom(8)), 0, tmp_path / FILE
    count = context.Value("q", 0, lock=False)
    for _ in range(200):
        before = count.value
        child = context.Process(target=write_on, args=(path, atomic, count))
        child.start()
        while count.value < before + 1 and child.is_alive():
            child.join(0.001)
        child.join(rng.uniform(0, 0.01))
        child.kill()
        child.join()
        try:
            stored, tensors = read_tensors(path, CHECKPOINT)
            number = stored.entry("number").integer()
            assert number >= count.value
            assert (tensors.take("values", (None,)) == number).all()
        except ValueError:
            lost += 1
    assert lost == 0 if atomic else lost > 0
    sweep(tmp_path)
    assert os.listdir(tmp_path) == [FILE]


CASES = {
    "single": {
        "n_discriminator_steps": 2, "optimizer": "optimistic_adam", "early_stopping": False
    },
    "double": {
        "dtype": "float64", "normalization": ("batch", None), "dropout": 0.2, "noise": "instance"
    },
    "momentum": {"optimizer": ("rmsprop", "sgd"), "beta_1": 0.9, "penalty": "l1", "alpha": 1e-2},
}  # fmt: skip


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_going_on_gives_the_same_model(tmp_path, changes):
    def small(*callbacks):
        return model(max_iter=40, **changes).set_params(callbacks=list(callbacks))

    with pytest.raises(StoppedError):
        small(Checkpoint(tmp_path, every=3), StopAt(24)).fit(rows())
    assert standing(tmp_path) == 21
    whole, again = small().fit(rows()), small(Checkpoint(tmp_path, resume=True)).fit(rows())
    for name, theta in whole._state.arrays().items():
        np.testing.assert_array_equal(again._state.arrays()[name], theta)
    assert again._state.export()[1] == whole._state.export()[1]
    assert again.history_.keys() == whole.history_.keys()
    for name, values in whole.history_.items():
        np.testing.assert_array_equal(again.history_[name], values)
    np.testing.assert_array_equal(again.sample(9), whole.sample(9))


def test_a_best_state_from_before_the_interruption_is_kept(tmp_path, small_gan, monkeypatch):
    """Scores fall from the first comparison on."""
    monkeypatch.setattr(
        "regan.control.early_stopping.BestState._score", lambda self, real, fake: -self.compared_at
    )
    settings = {"early_stopping": EarlyStopping(0.2, n_iter_no_change=8)}
    with pytest.raises(StoppedError):
        small_gan(**settings, callbacks=[Checkpoint(tmp_path, every=1), StopAt(6)]).fit(rows())
    again = small_gan(**settings, callbacks=[Checkpoint(tmp_path, resume=True)]).fit(rows())
    assert (again.best_iter_, again.n_iter_) == (1, 9)
    assert_same(result(again), result(small_gan(**settings).fit(rows())))


def test_a_conditional_autoencoder_goes_on_too(tmp_path):
    X, y = rows(), np.arange(150) % 3

    def small(*callbacks, **changes):
        return RegularizedVAE(
            hidden_layer_sizes=8, max_iter=40, conditional=True, early_stopping=True,
            callbacks=list(callbacks), random_state=0, **changes,
        )  # fmt: skip

    with pytest.raises(StoppedError):
        small(Checkpoint(tmp_path, every=1), StopAt(20)).fit(X, y)
    again = small(Checkpoint(tmp_path, resume=True)).fit(X, y)
    np.testing.assert_array_equal(again.sample(9), small().fit(X, y).sample(9))


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(3)], ids=["None", "state"])
def test_a_run_without_a_seed_keeps_the_one_it_has_drawn(tmp_path, small_gan, random_state):
    settings = {"random_state": random_state, "max_iter": 40}
    with pytest.raises(StoppedError):
        small_gan(**settings, callbacks=[Checkpoint(tmp_path, every=1), StopAt(20)]).fit(rows())
    gan = small_gan(**settings, callbacks=[Checkpoint(tmp_path, resume=True)]).fit(rows())
    seeded = small_gan(**settings)
    seeded.random_state = _Drawn(gan._seed)
    np.testing.assert_array_equal(gan.generator_.theta, seeded.fit(rows()).generator_.theta)


class _Drawn(np.random.RandomState):
    """Draws one number, whatever it is asked for."""

    def __init__(self, number):
        super().__init__(0)
        self.number = number

    def randint(self, *args, **kwargs):
        return self.number


def test_a_finished_fit_is_not_made_again(tmp_path, small_gan):
    checkpoint, steps = Checkpoint(tmp_path, resume=True), []

    class Count(Callback):
        def on_step(self, run):
            steps.append(run.done)

    settings = {"early_stopping": EarlyStopping(0.2, 2), "max_iter": 80}
    one, two = (small_gan(callbacks=[checkpoint, Count()], **settings) for _ in range(2))
    one.fit(rows())
    made = len(steps)
    two.fit(rows())
    assert made == len(steps) == one.n_iter_ < 80  # it stopped early, which is an end
    assert_same(result(one), result(two))


def test_a_run_that_a_callback_has_stopped_is_finished(tmp_path, small_gan):
    def stop(run):
        if run.done == 6:
            run.stop()

    checkpoint = Checkpoint(tmp_path, resume=True)
    small_gan(max_iter=80, callbacks=[stop, checkpoint]).fit(rows())
    assert small_gan(max_iter=80, callbacks=[checkpoint]).fit(rows()).n_iter_ == 6


def test_a_warm_start_goes_on_from_its_own_checkpoint(tmp_path, small_gan):
    def warm():
        return small_gan(warm_start=True).fit(rows())

    whole = warm().fit(rows())
    with pytest.raises(StoppedError):
        warm().set_params(callbacks=[Checkpoint(tmp_path, every=1), StopAt(16)]).fit(rows())
    again = warm().set_params(callbacks=[Checkpoint(tmp_path, resume=True)]).fit(rows())
    assert again.n_iter_ == len(again.history_["generator_loss"]) == 20
    np.testing.assert_array_equal(again.generator_.theta, whole.generator_.theta)
    with pytest.raises(
        ValueError, match="to a fit that began at update 10, and this fit begins at"
    ):
        small_gan(callbacks=[Checkpoint(tmp_path, resume=True)]).fit(rows())


def test_a_diverged_run_diverges_again(tmp_path, small_gan):
    settings = {"max_iter": 200, "optimizer": "sgd", "learning_rate_init": 5.0}
    steps = []
    for _ in range(2):
        with pytest.raises(DivergenceError) as caught:
            small_gan(callbacks=[Checkpoint(tmp_path, 1, True)], **settings).fit(rows())
        steps.append(caught.value.step)
    assert steps[0] == steps[1]


# When they are written


def test_they_are_written_at_window_ends(tmp_path, small_gan):
    found = []

    def look(run):  # it comes before the writer
        path = tmp_path / FILE
        found.append(standing(tmp_path) if path.exists() else None)

    small_gan(max_iter=80, callbacks=[Checkpoint(tmp_path, every=9), look]).fit(rows())
    assert found[:11] == [None] * 5 + [10] * 5 + [20]  # windows of two updates
    assert standing(tmp_path) == 80


@pytest.mark.parametrize("saves", ["a checkpoint", "a model"])
def test_what_killed_writers_left_is_swept(tmp_path, small_gan, saves):
    """And nothing of one that is at work."""
    context, writers = children(), []
    for _ in range(3):
        event = context.Event()
        child = context.Process(target=write_slowly, args=(os.fspath(tmp_path / FILE), event))
        child.start()
        assert event.wait(60)
        writers.append(child)
    alive, *dead = writers
    for child in dead:
        child.kill()
        child.join()
    assert len(os.listdir(tmp_path)) == 3
    callbacks = [Checkpoint(tmp_path)] if saves == "a checkpoint" else None
    gan = small_gan(callbacks=callbacks).fit(rows())
    if callbacks is None:
        gan.save(tmp_path / "model.regan")
    assert len(os.listdir(tmp_path)) == 2
    alive.kill()
    alive.join()
    write_atomically(tmp_path / "file", b"")
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_an_unfinished_run_is_not_overwritten_in_silence(tmp_path, small_gan):
    with pytest.raises(StoppedError):
        small_gan(callbacks=[Checkpoint(tmp_path, every=1), StopAt(6)]).fit(rows())
    gan = small_gan(callbacks=[Checkpoint(tmp_path)])
    with pytest.warns(UserWarning, match=r"has a run at update 5 of 10, .*set resume=True") as all_:
        gan.fit(rows())
    assert len(all_) == 1
    assert all_[0].filename == __file__
    gan.fit(rows())  # a finished one is no loss


def test_a_full_disk_does_not_end_the_training(tmp_path, small_gan, monkeypatch, handlers):
    def full(path, data):
        raise OSError(28, "No space left on device")

    checkpoint = Checkpoint(tmp_path, every=1)
    with pytest.raises(StoppedError):
        small_gan(callbacks=[checkpoint, StopAt(4)]).fit(rows())
    monkeypatch.setattr("regan.storage.tensor_file.write_atomically", full)
    gan = small_gan(max_iter=10, callbacks=[Checkpoint(tmp_path, every=6, resume=True)])
    with pytest.warns(UserWarning, match=r"not write a checkpoint at .* No space left") as caught:
        gan.fit(rows())
    assert [str(w.message).split()[8] for w in caught] == ["9:", "10:"]  # it tries again
    assert standing(tmp_path) == 3
    gan.set_params(callbacks=[SignalAt(5), Checkpoint(tmp_path, resume=True)])
    with pytest.raises(OSError, match="No space left"):  # who is asked to stop must not lose it
        gan.fit(rows())


def test_an_error_while_writing_leaves_no_part(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*args):
        raise OSError("no")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(OSError, match="no"):
                write_atomically(path, b"new")
        assert os.listdir(tmp_path) == ["file"]
        assert path.read_bytes() == b"old"


def test_data_and_folder_reach_the_disk_in_order(tmp_path, monkeypatch):
    events = []

    def noted(name, original):
        def call(*args):
            events.append(name)
            return original(*args)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    write_atomically(tmp_path / "file", b"x")
    assert events == ["fsync", "replace", "fsync"]


# Signals


@pytest.fixture
def handlers():
    """Those of a program in the foreground; they have to be there again at the end."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    after = {number: signal.signal(number, handler) for number, handler in before.items()}
    assert after == usual


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path, small_gan, handlers):
    checkpoint = Checkpoint(tmp_path)
    gan = small_gan(max_iter=80, callbacks=[SignalAt(5), checkpoint])
    message = rf"update 6 of 80, .* saved; to continue, fit again with Checkpoint\('{tmp_path}'"
    with pytest.raises(KeyboardInterrupt, match=message):
        gan.fit(rows())
    assert standing(tmp_path) == 6
    assert not hasattr(gan, "generator_")
    again = small_gan(max_iter=80, callbacks=[Checkpoint(tmp_path, resume=True)]).fit(rows())
    whole = small_gan(max_iter=80).fit(rows())
    np.testing.assert_array_equal(again.generator_.theta, whole.generator_.theta)


def test_sigterm_ends_with_143_after_saving(tmp_path, small_gan, handlers, capsys):
    gan = small_gan(max_iter=80, callbacks=[SignalAt(5, signal.SIGTERM), Checkpoint(tmp_path)])
    with pytest.raises(SystemExit) as caught:
        gan.fit(rows())
    assert caught.value.code == 143
    assert "stopped at update 6 of 80, and this state is saved" in capsys.readouterr().err
    assert standing(tmp_path) == 6


def test_a_second_ctrl_c_acts_at_once(tmp_path, small_gan, handlers):
    gan = small_gan(max_iter=80, callbacks=[SignalAt(5, times=2), Checkpoint(tmp_path)])
    with pytest.raises(KeyboardInterrupt) as caught:
        gan.fit(rows())
    assert not caught.value.args
    assert not (tmp_path / FILE).exists()


def test_handlers_of_the_program_are_called(tmp_path, small_gan, handlers):
    """And training goes on unless they raise."""
    heard = []
    signal.signal(signal.SIGTERM, lambda number, frame: heard.append(standing(tmp_path)))
    before = signal.getsignal(signal.SIGTERM)
    gan = small_gan(max_iter=80, callbacks=[SignalAt(5, signal.SIGTERM), Checkpoint(tmp_path)])
    assert gan.fit(rows()).n_iter_ == 80
    assert heard == [6]
    assert signal.getsignal(signal.SIGTERM) is before
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_an_ignored_signal_stays_ignored(tmp_path, small_gan, handlers):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    found = []
    callbacks = [SignalAt(5), lambda run: found.append(os.listdir(tmp_path))]
    small_gan(callbacks=[*callbacks, Checkpoint(tmp_path)]).fit(rows())
    assert found == [[]] * 10  # nor is anything saved for it
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_a_signal_behind_the_last_window_is_not_lost(tmp_path, small_gan, handlers):
    class Late(Callback):
        def on_fit_end(self, run):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        small_gan(callbacks=[Late(), Checkpoint(tmp_path)]).fit(rows())
    assert standing(tmp_path) == 10


def test_an_error_in_training_puts_the_handlers_back(tmp_path, small_gan, handlers):
    with pytest.raises(StoppedError):
        small_gan(callbacks=[Checkpoint(tmp_path), StopAt(3)]).fit(rows())


def test_in_another_thread_there_are_no_handlers(tmp_path, small_gan, handlers):
    fits = []

    def work():
        fits.append(small_gan(callbacks=[Checkpoint(tmp_path)]).fit(rows()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert fits[0].n_iter_ == 10
    assert standing(tmp_path) == 10


# What is no checkpoint of this run


OTHERS = {
    "alpha": ({"alpha": 1e-2}, r"written with alpha=0.0001, and the model now has alpha=0.01\. Us"),
    "two": (
        {"alpha": 1e-2, "loss": "hinge"},
        r"written with alpha=0.0001 and loss='relativistic', and the model now has alpha=0.01 and ",
    ),
    "an object": (
        {"loss": Hinge()},
        r"written with loss='relativistic', and the model now has loss=Hinge\(\)",
    ),
    "max_iter": ({"max_iter": 80}, r"written with max_iter=10, and the model now has max_iter=80"),
    "a pair": (
        {"alpha": (1e-4, 1e-3)},
        r"alpha=0.0001, and the model now has alpha=\(0.0001, 0.001\)",
    ),
    "seed": (
        {"random_state": 1},
        r"written with random_state=0, and the model now has random_state=1",
    ),
    "no seed": (
        {"random_state": None},
        r"written with random_state=0, and the model now has random_state=None",
    ),
    "early": (
        {"early_stopping": EarlyStopping(0.2)},
        r"written with early_stopping=False, and .*now has .*EarlyStopping\(validation_frac",
    ),
}


@pytest.fixture(scope="module")
def stopped(small_gan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.raises(StoppedError):
        small_gan(callbacks=[Checkpoint(folder, every=1), StopAt(6)]).fit(rows())
    return folder


@pytest.fixture
def left(tmp_path, stopped):
    """A folder with the checkpoint of a run that stands at update 5 of 10."""
    shutil.copy(stopped / FILE, tmp_path)
    return tmp_path


@pytest.mark.parametrize(("changes", "message"), OTHERS.values(), ids=OTHERS)
def test_other_settings_are_named(left, small_gan, changes, message):
    gan = small_gan(**changes, callbacks=[Checkpoint(left, resume=True)])
    with pytest.raises(ValueError, match=rf"cannot resume from .*{FILE}: it was .*{message}"):
        gan.fit(rows())
    assert standing(left) == 5


def test_settings_that_say_the_same_are_no_others(left, small_gan):
    same = {"alpha": np.float64(1e-4), "max_iter": np.int64(10), "hidden_layer_sizes": (8, 8)}
    free = {"backend": "numpy", "verbose": 1, "warm_start": True}
    callbacks = [print, Checkpoint(left, every=7, resume=True), Callback()]
    callbacks[0] = lambda run: None
    assert small_gan(**same, **free, callbacks=callbacks).fit(rows()).n_iter_ == 10


def test_another_model_is_named(left):
    vae = RegularizedVAE(max_iter=10, callbacks=[Checkpoint(left, resume=True)])
    with pytest.raises(ValueError, match="it is the checkpoint of a RegularizedGAN, and this is a"):
        vae.fit(rows())


def changed():
    X = rows()
    X[7, 1] += 1e-9
    return X


DATA = {
    "a row less": (rows()[1:], r"for 150 rows of 2 columns, and the data now have 149 rows of 2"),
    "a column": (
        np.c_[rows(), rows()[:, 0]],
        r"150 rows of 2 columns, and the data now .*of 3 columns",
    ),
    "a value": (changed(), r"it was written for data with other values in column 1\b"),
    "the order": (rows()[::-1], r"it was written for data with other values in columns 0, 1\b"),
    "names": (pd.DataFrame(rows(), columns=["a", "b"]), r"for the columns 0, 1, and .*'a', 'b'"),
}


@pytest.mark.parametrize(("X", "message"), DATA.values(), ids=DATA)
def test_other_data_are_named(left, small_gan, X, message):
    with pytest.raises(ValueError, match=message):
        small_gan(callbacks=[Checkpoint(left, resume=True)]).fit(X)


def test_other_labels_are_named(tmp_path, small_gan):
    y = np.arange(150) % 2
    checkpoint = Checkpoint(tmp_path, resume=True)
    small_gan(conditional=True, callbacks=[checkpoint]).fit(rows(), y)
    with pytest.raises(ValueError, match="written for data with other class labels"):
        small_gan(conditional=True, callbacks=[checkpoint]).fit(rows(), y[::-1])


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


def other_kind(path):
    RegularizedGAN(max_iter=2, hidden_layer_sizes=4).fit(rows()).save(path)


def unlike(path):
    forge(path, CHECKPOINT, lambda configuration, _: configuration.clear())


def newer(path):
    whole, tensors = opened(path, CHECKPOINT)
    write(path, CHECKPOINT, {**whole, "format": 99}, tensors)


DAMAGE = {
    "cut": (cut, r"is damaged or is no checkpoint of regan"),
    "flipped": (flip, r"is damaged: its contents do not match their SHA-256"),
    "empty": (lambda path: path.write_bytes(b""), r"is damaged or is no checkpoint of regan"),
    "text": (
        lambda path: path.write_text("epoch 3"),
        r"is a text file, and no checkpoint of regan",
    ),
    "a model": (other_kind, r"is no.* checkpoint of regan: it is a regan model"),
    "unlike": (unlike, r"is not a checkpoint of regan: the configuration is without .*identity"),
    "newer": (newer, r"has format 99 of regan .*, which reads format 5"),
}


@pytest.mark.parametrize(("spoil", "message"), DAMAGE.values(), ids=DAMAGE)
def test_what_is_no_checkpoint_is_not_gone_on_from(left, small_gan, spoil, message):
    spoil(left / FILE)
    with pytest.raises(ValueError, match=rf"cannot resume: .*{message}.*remove the file or set re"):
        small_gan(callbacks=[Checkpoint(left, resume=True)]).fit(rows())
    small_gan(callbacks=[Checkpoint(left)]).fit(rows())  # and it may be overwritten
    assert standing(left) == 10


def test_a_checkpoint_is_no_model(left):
    with pytest.raises(ValueError, match="regan model: it is a checkpoint of regan"):
        regan.load(left / FILE)


def test_networks_of_other_shapes_are_refused(left, small_gan, monkeypatch):
    """As with layers of one's own that have changed."""
    monkeypatch.setattr("regan.control.identity.Identity.difference", lambda self, now: None)
    gan = small_gan(hidden_layer_sizes=5, callbacks=[Checkpoint(left, resume=True)])
    with pytest.raises(ValueError, match=r"shapes of its networks or optimizers differ"):
        gan.fit(rows())


def test_objects_of_ones_own_are_compared_by_their_settings(tmp_path, small_gan):
    class MyHinge(Hinge):
        def __init__(self, margin=1.0):
            self.margin = margin

    with pytest.raises(StoppedError):
        small_gan(loss=MyHinge(), callbacks=[Checkpoint(tmp_path, 1), StopAt(6)]).fit(rows())
    checkpoint = Checkpoint(tmp_path, resume=True)
    with pytest.raises(ValueError, match=r"written with loss=.*MyHinge\(\), and .*margin=2"):
        small_gan(loss=MyHinge(2.0), callbacks=[checkpoint]).fit(rows())
    small_gan(loss=MyHinge(), callbacks=[checkpoint]).fit(rows())


# Settings and folders


def test_a_folder_is_made_with_those_above(tmp_path, small_gan):
    folder = tmp_path / "runs" / "first"
    for kind in (str, os.fspath, lambda path: path):
        small_gan(callbacks=[Checkpoint(kind(folder), resume=True)]).fit(rows())
    assert os.listdir(folder) == [FILE]


def forbidden(*args, **kwargs):
    raise PermissionError(13, "Permission denied")


BAD = {
    "no path": (Checkpoint(5), TypeError, r"directory of Checkpoint must be a path, got 5"),
    "never": (Checkpoint("x", every=0), ValueError, r"every of Checkpoint must be an integer >= 1"),
    "half": (Checkpoint("x", every=1.5), TypeError, r"every of Checkpoint must be an integer, got"),
    "maybe": (Checkpoint("x", resume="yes"), TypeError, r"resume of Checkpoint must be True or F"),
}


@pytest.mark.parametrize(("checkpoint", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings(small_gan, tmp_path, monkeypatch, checkpoint, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        small_gan(callbacks=[checkpoint]).fit(rows())
    assert os.listdir(tmp_path) == []


def test_folders_that_cannot_be_written(small_gan, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match=r"file is a file: name a folder for checkpoints"):
        small_gan(callbacks=[Checkpoint(tmp_path / "file")]).fit(rows())
    monkeypatch.setattr("regan.control.checkpoint.try_out", forbidden)
    with pytest.raises(PermissionError, match=rf"regan cannot write checkpoints to {tmp_path}: "):
        small_gan(callbacks=[Checkpoint(tmp_path)]).fit(rows())


def test_a_checkpoint_is_a_file(small_gan, tmp_path):
    """A pipe would be waited for; what cannot be read again is no checkpoint."""
    os.mkfifo(tmp_path / FILE)
    for name in ("pipe", "device", "folder"):
        if name == "device":
            (tmp_path / FILE).unlink()
            (tmp_path / FILE).symlink_to("/dev/null")
        if name == "folder":
            (tmp_path / FILE).unlink()
            (tmp_path / FILE).mkdir()
        for resume in (False, True):
            with pytest.raises(OSError, match=rf"{FILE} is (a pipe|a folder)"):
                small_gan(callbacks=[Checkpoint(tmp_path, resume=resume)]).fit(rows())
    assert os.listdir(tmp_path) == [FILE]


def test_one_run_has_one_checkpoint(small_gan, tmp_path):
    both = [Checkpoint(tmp_path / "a"), Checkpoint(tmp_path / "b")]
    with pytest.raises(ValueError, match="callbacks must hold at most one Checkpoint, got 2"):
        small_gan(callbacks=both).fit(rows())


def test_one_pass_has_no_checkpoint(small_gan, tmp_path):
    with pytest.raises(
        ValueError, match=r"partial_fit does not support Checkpoint: .*save the mod"
    ):
        small_gan(callbacks=[Checkpoint(tmp_path)]).partial_fit(rows())


def test_it_is_copied_with_its_model(tmp_path, small_gan):
    copied = clone(small_gan(callbacks=[Checkpoint(tmp_path, 7, True)])).callbacks[0]
    assert (copied.directory, copied.every, copied.resume) == (tmp_path, 7, True)
    assert repr(Checkpoint("runs", resume=True)) == "Checkpoint(directory='runs', resume=True)"


def test_no_code_is_in_the_file(left):
    """Arrays, and a configuration in JSON."""
    with safe_open(left / FILE, framework="numpy") as file:
        found = json.loads(file.metadata()[CHECKPOINT])["contents"]
    assert found["run"] == {
        "done": 5, "stopped": False, "rate": 1.0, "rollbacks": 0, "n_updates": 10
    }  # fmt: skip
    assert found["identity"]["settings"]["alpha"] == "0.0001"
    penalty = found["identity"]["spec"]["networks"][0]["penalties"][0]
    assert penalty == {"object": "L2", "params": {"alpha": 1e-4}}


def test_a_run_goes_on_under_settings_that_mean_the_same(tmp_path, small_gan):
    """What is compared is the specification, and not how it was written."""
    first = small_gan(penalty="l1", alpha=1e-3, callbacks=[Checkpoint(tmp_path)]).fit(rows())
    same = {"penalty": L1(1e-3), "hidden_layer_sizes": [8, 8], "beta_1": (0.0, 0.0)}
    again = small_gan(**same, callbacks=[Checkpoint(tmp_path, resume=True)]).fit(rows())
    assert np.array_equal(again.sample(5), first.sample(5))
    with pytest.raises(ValueError, match=r"with alpha=0.001 and penalty='l1', and the model now"):
        small_gan(callbacks=[Checkpoint(tmp_path, resume=True)]).fit(rows())


# The command line


@pytest.fixture
def typed(tmp_path):
    """``regan fit`` on a table, with what else is typed."""
    data = tmp_path / "my data.csv"
    data.write_text("a,b\n" + "\n".join(f"{a},{b}" for a, b in rows()))
    small = ["--max-iter=40", "--set", "hidden_layer_sizes=(8, 8)", "--random-state=0"]

    def run(name, *more):
        words = ["fit", data, "-o", tmp_path / name, *small, *more]
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


def test_the_command_goes_on(tmp_path, typed, monkeypatch, handlers):
    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("regan.building.run_spec.ProgressBar", lambda: SignalAt(20))
        result = typed("model", "--checkpoint", folder, "--every", 5)
    assert result.exit_code == 130
    words = (
        f"stopped at update 20 of 40, and this state is saved; to continue: regan fit "
        f"'{tmp_path}/my data.csv"
        f"' --output={tmp_path}/model --model=gan --max-iter=40 --random-state=0 "
        f"--checkpoint={folder} --every=5 --set 'hidden_layer_sizes=(8, 8)' --resume"
    )
    assert words in result.stderr
    assert not (tmp_path / "model").exists()
    for _ in range(2):  # the second one finds a finished run
        result = typed("model", "--checkpoint", folder, "--resume")
        assert result.exit_code == 0, result.output
        assert "40 updates" in result.stdout
    typed("whole")
    one, two = (regan.load(tmp_path / name) for name in ("model", "whole"))
    np.testing.assert_array_equal(one.generator_.theta, two.generator_.theta)


def test_the_command_ends_with_143(tmp_path, typed, monkeypatch, handlers):
    monkeypatch.setattr("regan.building.run_spec.ProgressBar", lambda: SignalAt(20, signal.SIGTERM))
    result = typed("model", "--checkpoint", tmp_path / "run")
    assert result.exit_code == 143
    assert "to continue: regan fit" in result.stderr


@pytest.mark.parametrize("more", [("--resume",), ("--every", "5")])
def test_options_of_checkpoints_need_a_folder(typed, more):
    result = typed("model", *more)
    assert result.exit_code == 2
    assert "--resume and --every need --checkpoint DIR" in result.stderr


def test_the_command_names_a_difference(tmp_path, typed):
    assert typed("model", "--checkpoint", tmp_path / "run").exit_code == 0
    result = typed("model", "--checkpoint", tmp_path / "run", "--resume", "--alpha", "0.01")
    assert result.exit_code == 1
    assert "written with alpha=0.0001, and the model now has alpha=0.01" in result.stderr


def test_kill_at_is_what_kills(tmp_path):
    """The tests above depend on it: a callback that never fires would let them pass."""
    assert killed(tmp_path, 3) == (None, -signal.SIGKILL)
    assert KillAt(3).step == 3
    assert not (tmp_path / FILE).exists()


def test_the_kind_of_file_has_a_name_that_stays():
    """Files of earlier versions are told by it."""
    assert (MODEL, CHECKPOINT) == ("regan", "regan.checkpoint")


def test_what_a_rule_decides_is_told_as_it_was_given(tmp_path):
    X = rows()[:50]
    small = {"hidden_layer_sizes": 4, "latent_dim": 2, "random_state": 0}
    RegularizedGAN(**small, callbacks=[Checkpoint(tmp_path)]).fit(X)
    going_on = RegularizedGAN(**small, max_iter=60, callbacks=[Checkpoint(tmp_path, resume=True)])
    with pytest.raises(regan.FileError, match=r"with max_iter='auto', and .* now has max_iter=60"):
        going_on.fit(X)
