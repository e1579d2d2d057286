"""Ctrl-C in one fit keeps the model so far; in searches and loops it ends all of them."""

import signal
import threading
import warnings

import numpy as np
import pytest
from click.testing import CliRunner
from interrupted import SignalAt, rows
from sklearn.model_selection import cross_val_score
from sklearn.utils.validation import check_is_fitted

import regan
from regan import Callback, EarlyStopping, RegularizedGANCV, RegularizedVAE
from regan.cli import main

UPDATES = {"max_iter": 80}  # in windows of two


class RaiseAt(Callback):
    """Raises what Ctrl-C raises, from a callback's own code."""

    def __init__(self, step, event="on_step"):
        setattr(self, event, lambda run: self.look(run, step))

    def look(self, run, step):
        if run.done == step:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def handlers():
    """That of a program in the foreground; it has to be there again at the end."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def interrupted(model, *data, at=20):
    with pytest.warns(UserWarning, match=f"interrupted at update {at} of 80: the model so") as told:
        model.fit(*data)
    assert [warning.filename for warning in told] == [__file__]
    return model


STOPS = {
    "a signal": lambda: SignalAt(21),
    "at a report": lambda: SignalAt(20, event="on_report"),
    "raised": lambda: RaiseAt(21),
    "raised at a report": lambda: RaiseAt(20, "on_report"),
}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_the_model_so_far_is_kept(small_gan, stop):
    """It is the model of that many windows, and can do what a model can."""
    gan = interrupted(small_gan(**UPDATES, callbacks=[stop()]), rows())
    check_is_fitted(gan)
    assert gan.n_iter_ == 20
    assert {len(values) for values in gan.history_.values()} == {20}
    assert np.isfinite(gan.history_["distance"][-1])
    whole = small_gan(**UPDATES, callbacks=[lambda run: run.stop() if run.done == 20 else None])
    np.testing.assert_array_equal(gan.sample(5), whole.fit(rows()).sample(5))


def test_what_goes_on_from_it(small_gan, tmp_path):
    gan = interrupted(small_gan(**UPDATES, callbacks=[SignalAt(21)]), rows())
    gan.save(tmp_path / "model")
    again = regan.load(tmp_path / "model")
    np.testing.assert_array_equal(again.sample(5), gan.sample(5))
    gan.set_params(callbacks=None, warm_start=True, max_iter=10).fit(rows())
    assert gan.n_iter_ == len(gan.history_["generator_loss"]) == 30


def test_a_warm_start_is_kept_too(small_gan):
    gan = small_gan(**UPDATES, warm_start=True).fit(rows())
    interrupted(gan.set_params(callbacks=[SignalAt(101)]), rows())
    assert gan.n_iter_ == len(gan.history_["generator_loss"]) == 100


def test_a_pass_is_kept_too(small_gan):
    gan = small_gan(callbacks=[SignalAt(5)])
    with pytest.warns(UserWarning, match=r"interrupted at update 4 of 10"):
        gan.partial_fit(rows())
    assert gan.n_iter_ == 4


def test_early_stopping_keeps_the_best_so_far(small_gan, monkeypatch):
    monkeypatch.setattr(
        "regan.control.early_stopping.BestState._score",
        lambda self, real, fake: -abs(self.compared_at - 10),
    )
    stopping = EarlyStopping(0.2, n_iter_no_change=30)
    gan = small_gan(**UPDATES, early_stopping=stopping, callbacks=[SignalAt(31)])
    with pytest.warns(UserWarning, match=r"update 30 of 80: the best state so far .* of update 12"):
        gan.fit(rows())
    assert (gan.n_iter_, gan.best_iter_) == (30, 12)


def test_other_models(table):
    vae = RegularizedVAE(hidden_layer_sizes=8, conditional=True, **UPDATES, random_state=0)
    interrupted(vae.set_params(callbacks=[SignalAt(21)]), table, np.arange(60) % 3)
    assert vae.sample(4, y=[0, 1, 2, 0]).shape == (4, 3)


@pytest.mark.parametrize("stop", [SignalAt(1), SignalAt(2), RaiseAt(1), RaiseAt(0, "on_fit_start")])
def test_before_the_first_window_is_over_there_is_nothing_to_keep(small_gan, stop):
    gan = small_gan(**UPDATES, callbacks=[stop])
    with pytest.raises(KeyboardInterrupt) as caught:
        gan.fit(rows())
    assert type(caught.value) is KeyboardInterrupt
    assert not hasattr(gan, "n_iter_")
    gan.set_params(callbacks=None, max_iter=10).fit(rows())
    before = gan.sample(5)
    with pytest.raises(KeyboardInterrupt):
        gan.set_params(callbacks=[RaiseAt(1)], max_iter=80).fit(rows())
    np.testing.assert_array_equal(gan.sample(5), before)


def test_a_second_one_acts_at_once(small_gan):
    with pytest.raises(KeyboardInterrupt):
        small_gan(**UPDATES, callbacks=[SignalAt(21, times=2)]).fit(rows())

    class Again(Callback):
        def on_fit_end(self, run):
            signal.raise_signal(signal.SIGINT)

    gan = small_gan(**UPDATES, callbacks=[SignalAt(21), Again()])
    with pytest.raises(KeyboardInterrupt):
        gan.fit(rows())
    assert not hasattr(gan, "n_iter_")


def test_behind_the_last_window_nothing_is_lost(small_gan):
    class Late(Callback):
        def on_fit_end(self, run):
            signal.raise_signal(signal.SIGINT)

    interrupted(small_gan(**UPDATES, callbacks=[Late()]), rows(), at=80)


def test_a_warning_that_is_an_error_leaves_the_model_as_it_was(small_gan):
    gan = small_gan(**UPDATES, callbacks=[SignalAt(21)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="interrupted"):
            gan.fit(rows())
    assert not hasattr(gan, "n_iter_")


def search(gan):
    RegularizedGANCV(gan, alphas=[0.0, 0.1], cv=2).fit(rows())


LOOPS = {
    "cross-validation": lambda gan: cross_val_score(gan, rows(), cv=2),
    "the refit of a search": search,
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
@pytest.mark.parametrize("stop", [SignalAt(21), RaiseAt(21)])
def test_a_loop_ends_as_a_whole(small_gan, loop, stop):
    with pytest.raises(KeyboardInterrupt):
        loop(small_gan(**UPDATES, callbacks=[stop]))


@pytest.mark.parametrize("loop", [search, lambda gan: regan.gan_path(rows(), estimator=gan)])
def test_a_population_ends_as_a_whole(small_gan, loop, monkeypatch):
    monkeypatch.setattr(
        "regan.population.shard._Shard.on_report",
        lambda self, run: signal.raise_signal(signal.SIGINT),
    )
    with pytest.raises(KeyboardInterrupt):
        loop(small_gan(**UPDATES))


def test_handlers_of_the_program_are_its_own(small_gan):
    heard = []
    signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    gan = small_gan(**UPDATES, callbacks=[SignalAt(21)]).fit(rows())
    assert (gan.n_iter_, heard) == (80, [1])
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_in_another_thread_nothing_is_different(small_gan):
    raised = []

    def work():
        try:
            small_gan(**UPDATES, callbacks=[RaiseAt(21)]).fit(rows())
        except KeyboardInterrupt as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(raised) == 1


def test_scikit_learns_callbacks_see_the_end(small_gan):
    callback = pytest.importorskip("sklearn.callback")
    gan = small_gan(**UPDATES, callbacks=[SignalAt(21)])
    gan.set_callbacks(callback.ProgressBar())
    assert interrupted(gan, rows()).n_iter_ == 20


# The command line


@pytest.fixture
def typed(tmp_path, monkeypatch):
    """``regan fit`` that is interrupted at an update."""
    data = tmp_path / "data.csv"
    data.write_text("a,b\n" + "\n".join(f"{a},{b}" for a, b in rows()))
    small = ["--max-iter=80", "--set", "hidden_layer_sizes=(8, 8)", "--random-state=0"]

    def run(stop):
        monkeypatch.setattr("regan.building.run_spec.ProgressBar", lambda: stop)
        words = ["fit", data, "-o", tmp_path / "model", *small]
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


@pytest.mark.filterwarnings("default")
def test_the_command_saves_the_model_so_far(tmp_path, typed):
    result = typed(SignalAt(21))
    assert result.exit_code == 130
    path = tmp_path / "model"
    assert f"stopped at update 20 of 80; the model so far is saved to {path}" in result.stderr
    assert regan.load(path).n_iter_ == 20


@pytest.mark.parametrize("stop", [SignalAt(1), SignalAt(21, times=2)])
def test_the_command_has_nothing_to_save(tmp_path, typed, stop):
    result = typed(stop)
    assert result.exit_code == 130
    assert "stopped" in result.stderr
    assert not (tmp_path / "model").exists()
