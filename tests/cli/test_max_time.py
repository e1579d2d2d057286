"""``regan fit --max-time``, by a clock of the test."""

import signal

import numpy as np
import pytest
from click.testing import CliRunner

import regan
import regan.estimators.timing
from regan.cli import main
from tests.support.clocks import StepClock

SMALL = ["--model", "gan", "--set", "hidden_layer_sizes=(4,)", "--set", "latent_dim=2"]
SMALL += ["--random-state", "0"]
BOUND = ["--max-iter", "120"]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """An update takes 10 ms."""
    monkeypatch.setattr(regan.estimators.timing, "perf_counter", StepClock(0.01))


@pytest.fixture
def data(tmp_path):
    rows = np.random.default_rng(0).normal(size=(40, 2))
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" + "\n".join(f"{a},{b}" for a, b in rows))
    return path


def fit(data, *args):
    path = data.with_name("model")
    result = CliRunner().invoke(main, ["fit", str(data), "-o", str(path), *map(str, args)])
    return result, regan.load(path) if result.exit_code == 0 else None


def same(one, other):
    """Bit by bit: the state of both networks and optimizers, the history, rows."""
    states = [model._state.arrays() for model in (one, other)]
    for found, expected in (states, (one.history_, other.history_)):
        assert found.keys() == expected.keys()
        for name in found:
            np.testing.assert_array_equal(found[name], expected[name])
    np.testing.assert_array_equal(one.sample(5), other.sample(5))


def test_seconds_become_updates_that_are_stored_and_repeat(data):
    result, timed = fit(data, *SMALL, *BOUND, "--max-time", 1)
    assert result.exit_code == 0, result.output
    n = timed.n_iter_
    assert 75 < n < 90
    assert timed.get_params()["max_iter"] == n
    assert f"training: {n} of 120 updates in about {n / 100:.2g} s, the same as --max-iter {n}" in (
        result.stderr
    )
    _, again = fit(data, *SMALL, "--max-iter", n)
    same(timed, again)
    _, other = fit(data, *SMALL, *BOUND)  # schedules end with it
    assert other.history_["generator_loss"][n - 1] != timed.history_["generator_loss"][n - 1]


def test_all_that_the_rule_says(data):
    result, model = fit(data, *SMALL, "--max-time", 60)
    assert "training: all 40 updates in about 0.4 s, the same as --max-iter 40" in result.stderr
    assert model.max_iter == 40
    result, model = fit(data, *SMALL, "--set", "max_iter=3", "--max-time", 60)
    assert "training: all 3 updates in about " in result.stderr
    assert model.max_iter == 3


@pytest.mark.filterwarnings("default")
def test_a_time_for_less_than_an_update(data):
    result, model = fit(data, *SMALL, *BOUND, "--max-time", 0.001)
    assert model.max_iter == model.n_iter_ == 1
    assert "Warning: not even one update fits into 0.001 s" in result.stderr


def test_a_run_that_goes_on_keeps_its_number(data, monkeypatch):
    command = [*SMALL, *BOUND, "--max-time", 1, "--checkpoint", data.with_name("run"), "--every", 1]
    _, whole = fit(data, *command)

    def stop(run):
        if run.done > 40:
            raise KeyboardInterrupt("stopped")

    with monkeypatch.context() as patched:
        patched.setattr("regan.training.progress.ProgressBar.on_report", lambda _, run: stop(run))
        result, _ = fit(data, *command)
    assert result.exit_code == 130
    monkeypatch.setattr(
        "regan.cli.max_time.measure_pace", lambda *_: pytest.fail("it is not timed again")
    )
    result, resumed = fit(data, *command, "--resume")
    assert result.exit_code == 0, result.output
    n = whole.n_iter_
    assert f"training: {n} updates, as in the run in {data.with_name('run')}" in result.stderr
    assert resumed.max_iter == n
    same(whole, resumed)
    plain = [*SMALL, "--max-iter", n, *command[-4:], "--resume"]
    same(whole, fit(data, *plain)[1])
    result, _ = fit(data, *SMALL, "--max-iter", 50, *command[-6:], "--resume")
    assert f"it was written with max_iter={n}, and the model now has max_iter=50" in result.stderr


@pytest.fixture
def usual_handler():
    """Python's own handler of Ctrl-C, whatever other tests have left."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual_handler")
def test_the_command_that_goes_on(data, monkeypatch):
    from tests.support.interrupted import SignalAt

    signal_at = SignalAt(15)
    monkeypatch.setattr(
        "regan.training.progress.ProgressBar.on_step", lambda _, run: signal_at.on_step(run)
    )
    folder = data.with_name("run")
    result, _ = fit(data, *SMALL, *BOUND, "--max-time", 1, "--checkpoint", folder)
    assert result.exit_code == 130
    assert " --max-iter=120 " in result.stderr
    assert f" --max-time=1.0 --checkpoint={folder} " in result.stderr
    monkeypatch.undo()
    result, model = fit(data, *SMALL, *BOUND, "--max-time", 1, "--checkpoint", folder, "--resume")
    assert result.exit_code == 0, result.output
    assert model.n_iter_ == model.max_iter < 120


def test_a_folder_without_a_checkpoint_is_timed(data):
    folder = data.with_name("run")
    result, model = fit(data, *SMALL, *BOUND, "--max-time", 1, "--checkpoint", folder, "--resume")
    assert "of 120 updates in about" in result.stderr
    assert model.max_iter < 120


def test_a_checkpoint_that_is_none(data):
    folder = data.with_name("run")
    folder.mkdir()
    (folder / "checkpoint.regan").write_text("nothing")
    result, _ = fit(data, *SMALL, "--max-time", 1, "--checkpoint", folder, "--resume")
    assert result.exit_code == 1
    assert "cannot resume: " in result.stderr
    assert "To start from the beginning, remove the file or set resume=False" in result.stderr


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0", "0.0 is not in the range x>0"),
        ("-3", "-3.0 is not in the range x>0"),
        ("abc", "'abc' is not a valid float"),
        ("nan", "nan is not a finite number"),
        ("inf", "inf is not a finite number"),
    ],
)
def test_values_that_are_no_times(data, value, words):
    result, _ = fit(data, *SMALL, "--max-time", value)
    assert result.exit_code == 2
    assert f"Invalid value for '--max-time': {words}" in result.stderr


def test_what_fit_refuses_is_refused_in_the_same_words(data):
    result, _ = fit(data, "--max-time", 1, "--max-iter", 0)
    assert result.exit_code == 1
    assert "Error: max_iter must be an integer >= 1, got 0" in result.stderr
