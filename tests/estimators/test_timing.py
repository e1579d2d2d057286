"""Updates that fit into a time, by a clock of the test."""

from unittest.mock import Mock

import numpy as np
import pytest
from sklearn.datasets import load_iris

import regan.estimators.timing
from regan import (
    Callback,
    Checkpoint,
    EarlyStopping,
    RegularizedGANCV,
    RegularizedGaussian,
    RegularizedVAE,
    updates_within,
)
from regan.backends.numpy_backend import NumpyBackend
from regan.estimators.timing import Pace, measure_pace
from tests.support.clocks import StepClock

X = np.random.default_rng(0).normal(size=(60, 2))


@pytest.fixture
def clock(monkeypatch):
    """Every look at it, once an update, is 10 ms later than the last one."""
    clock = StepClock(0.01)
    monkeypatch.setattr(regan.estimators.timing, "perf_counter", clock)
    return clock


def test_the_pace_of_windows():
    pace = Pace(update=0.01, report=0.1, trial=0.5, n_updates=1000)
    assert pace.seconds(1000) == pytest.approx(10 + 4)  # windows of 25
    assert pace.seconds(1) == pytest.approx(0.11)
    assert pace.updates_within(100) == 1000
    for seconds in (2, 3, 7, 12):
        n = pace.updates_within(seconds)
        assert pace.seconds(n) <= 0.95 * seconds - 0.5 < pace.seconds(n + 2)


@pytest.mark.parametrize("seconds", [0.001, 0.5])
def test_one_update_at_least(seconds):
    pace = Pace(update=1.0, report=0.0, trial=0.5, n_updates=1000)
    with pytest.warns(UserWarning, match=f"not even one update fits into {seconds} s"):
        assert pace.updates_within(seconds) == 1


def test_the_number_is_what_the_pace_makes(clock, small_gan):
    gan = small_gan(max_iter=200)
    pace = measure_pace(gan, X, None, 1)
    assert (pace.update, pace.report) == pytest.approx((0.01, 0))
    assert (pace.trial, pace.n_updates) == (pytest.approx(0.1, abs=0.011), 200)
    assert updates_within(gan, X, seconds=1) == pytest.approx(85, abs=2)
    assert updates_within(gan, X, seconds=50) == 200
    assert gan.max_iter == 200
    assert not hasattr(gan, "n_iter_")


def test_reports_are_told_from_updates(monkeypatch, small_gan):
    """Early stopping measures after each window, which takes as long as many updates."""
    clock = StepClock(0.01)
    monkeypatch.setattr(regan.estimators.timing, "perf_counter", clock)
    stopping = EarlyStopping(0.2, n_iter_no_change=1000)
    monkeypatch.setattr(
        "regan.control.early_stopping.BestState.on_report", lambda *_: clock.pass_by(0.2)
    )
    pace = measure_pace(small_gan(max_iter=200, early_stopping=stopping), X, None, 10)
    assert (pace.update, pace.report) == pytest.approx((0.01, 0.2))
    assert pace.seconds(200) == pytest.approx(2 + 40 * 0.2)


def test_the_trial_waits_for_a_report_and_not_for_long(clock, small_gan):
    assert measure_pace(small_gan(max_iter=2000), X, None, 3).trial == pytest.approx(0.5, abs=0.02)
    pace = measure_pace(small_gan(max_iter=8000), X, None, 3)
    assert pace.trial == pytest.approx(0.6)
    assert (pace.update, pace.report) == pytest.approx((0.01, 0.01))


@pytest.mark.parametrize("n", [1, 2, 12])
def test_short_fits_are_over_before_the_trial(clock, small_gan, n):
    assert updates_within(small_gan(max_iter=n), X, seconds=60) == n


def test_auto_is_what_the_rule_says(clock):
    vae = RegularizedVAE(hidden_layer_sizes=4, latent_dim=2)
    assert updates_within(vae, X, seconds=1000) == 20  # of 60 rows


def test_nothing_is_touched(clock, small_gan, tmp_path):
    """Neither what the user's callbacks do, nor a run on the disk, nor the program's numbers."""
    seen, function = Mock(spec=Callback), Mock()
    checkpoint = Checkpoint(tmp_path / "run", every=1)
    gan = small_gan(callbacks=[seen, checkpoint, function], random_state=None)
    np.random.seed(3)
    updates_within(gan, X, seconds=1)
    after = np.random.random_sample()
    np.random.seed(3)
    assert after == np.random.random_sample()
    assert not [*seen.mock_calls, *function.mock_calls]
    assert not (tmp_path / "run").exists()
    state = np.random.RandomState(1)
    updates_within(small_gan(random_state=state), X, seconds=1)
    assert state.rand() == np.random.RandomState(1).rand()


def test_a_fit_after_a_trial_is_the_same_fit(clock, small_gan):
    gan, other = small_gan(), small_gan()
    updates_within(gan, X, seconds=1)
    np.testing.assert_array_equal(gan.fit(X).sample(9), other.fit(X).sample(9))


def test_models_with_classes(clock, small_gan):
    rows, y = load_iris(return_X_y=True)
    assert updates_within(small_gan(conditional=True), rows, y, seconds=60) == 10
    with pytest.raises(ValueError, match="requires y to be passed"):
        updates_within(small_gan(conditional=True), rows, seconds=60)


def test_a_run_that_diverges_is_left_to_the_fit(clock, small_gan):
    gan = small_gan(learning_rate_init=1e30, optimizer="sgd", frames=None)
    assert updates_within(gan, X, seconds=60) == 10


def test_a_device_is_waited_for(clock, small_gan, monkeypatch):
    """Updates are asked for and made later: what is timed is their end."""
    waited = Mock()
    monkeypatch.setattr(NumpyBackend, "synchronize", waited)
    measure_pace(small_gan(max_iter=80, backend="numpy"), X, None, 1)
    assert waited.call_count >= 10


def test_ctrl_c_ends_the_trial(monkeypatch, clock, small_gan):
    import signal

    ticks = iter(range(1000))
    monkeypatch.setattr(
        regan.estimators.timing,
        "perf_counter",
        lambda: signal.raise_signal(signal.SIGINT) if next(ticks) == 5 else 0.0,
    )
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            updates_within(small_gan(), X, seconds=60)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("seconds", [0, -1, np.nan, np.inf])
def test_times_that_are_none(small_gan, seconds):
    with pytest.raises(ValueError, match="seconds must be a finite number > 0"):
        updates_within(small_gan(), X, seconds=seconds)


@pytest.mark.parametrize("model", [RegularizedGaussian(), RegularizedGANCV()])
def test_models_without_updates(model):
    with pytest.raises(TypeError, match="model must be a RegularizedGAN"):
        updates_within(model, X, seconds=1)
