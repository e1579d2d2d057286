"""Progress: a bar that fits the terminal, lines elsewhere, names of terms as they are."""

import io
import re

import numpy as np
import pytest
from rich.console import Console

from regan import RegularizedGAN, RegularizedVAE
from regan.training.progress import ProgressBar
from regan.training.state import Run
from regan.training.terms import describe
from tests.support.clocks import StepClock
from tests.support.user_text import HOSTILE

X = np.random.default_rng(0).normal(size=(40, 2))
TERMS = {
    "generator_loss": 0.693147,
    "discriminator_loss": 1.3862,
    "generator_grad_norm": 3.0,
    "discriminator_r1": 1.25e-05,
    "distance": 0.12345,
    "distance_iter": 30.0,
    "validation_score": 0.91234,
}


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Time passes by its looks alone: one an update, and one a report."""
    clock = StepClock(1e-5)
    monkeypatch.setattr("regan.training.time_left.perf_counter", clock)
    return clock


def small(cls=RegularizedGAN, **settings):
    return cls(hidden_layer_sizes=2, batch_size=8, random_state=0, **settings)


def run_of(n_updates, *, constant=False):
    """A run with terms to show, without training."""
    run = Run(None, n_updates, constant=constant)
    run.latest = lambda: TERMS
    run.history = {name: [np.zeros(1)] for name in TERMS}
    return run


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_penalties_in_a_progress_bar(name):
    file = io.StringIO()
    bar = ProgressBar(Console(file=file, force_terminal=True, width=2000, color_system=None))
    run = Run(None, 4, constant=False)
    run.history = {f"generator_{name}": [np.zeros(1)]}
    run.latest = lambda: {f"generator_{name}": 0.5}
    bar.on_fit_start(run)
    bar.on_report(run)
    bar.on_fit_end(run)
    assert f"G {name if name.isprintable() else repr(name)[1:-1]} 0.5" in file.getvalue()


def test_a_line_of_terms():
    whole = describe(TERMS)
    assert whole == (
        "validation_score 0.912  distance 0.123  G loss 0.693  D loss 1.39  D r1 1.25e-05"
    )
    assert describe(TERMS, 40) == "validation_score 0.912  distance 0.123"
    assert describe(TERMS, 16) == "distance 0.123"
    for room in range(100):  # whole words alone
        assert len(line := describe(TERMS, room)) <= room
        assert set(line.split("  ")) <= {*whole.split("  "), ""}


# On terminals


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("n_updates", [80, 8000, 1_000_000])
def test_bar_count_time_and_terms_fit_the_terminal(width, n_updates):
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    bar, run = ProgressBar(console), run_of(n_updates)
    bar.on_fit_start(run)
    run.done = n_updates // 2
    bar.on_step(run)
    bar.on_report(run)
    bar.on_fit_end(run)
    last = re.split(r"[\r\n]|\x1b\[[0-9;?]*[A-Za-z]", console.file.getvalue().rstrip())
    last = [line for line in last if line.strip()][-1]
    assert len(last) <= width
    bar, count, time, terms = re.fullmatch(r"(.+? +)(\d+/\d+) +(\S+) +(.*)", last).groups()
    assert len(bar) > 8
    assert count == f"{n_updates // 2}/{n_updates}"
    assert re.fullmatch(r"-:--:--|\d+:\d\d:\d\d", time)
    assert terms.strip() == describe(TERMS, len(terms))
    assert "validation_score 0.912" in terms


def drawn(console):
    """The lines that a terminal was sent, one after the other."""
    lines = re.split(r"[\r\n]|\x1b\[[0-9;?]*[A-Za-z]", console.file.getvalue())
    return [line.rstrip() for line in lines if line.strip()]


def test_the_time_of_a_fit_above_the_bar(clock):
    clock.step = 0.1
    console = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)
    small(max_iter=80, callbacks=[ProgressBar(console)]).fit(X)
    said = [line for line in drawn(console) if line.startswith("training")]
    assert said[:1] == ["training takes about 12 s for 80 updates"]
    assert len(set(said)) == 1


def test_the_time_left_follows_the_updates(clock):
    clock.step = 0.1
    console = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)
    bar, run = ProgressBar(console), run_of(100)
    bar.on_fit_start(run)
    shown = []
    for run.done in range(1, 101):
        bar.on_step(run)
        if run.done % 2 == 0:
            bar.on_report(run)
        bar._shown._bar.refresh()
        shown.append(re.findall(r"-:--:--|\d:\d\d:\d\d", console.file.getvalue())[-1])
    bar.on_fit_end(run)
    assert shown[0] == "-:--:--"
    assert shown[1] in ("0:00:15", "0:00:20")
    assert shown[2:] == sorted(shown[2:], reverse=True)
    assert shown[-1] == "0:00:00"


# Everywhere else


def lines_of(text):
    return [line for line in text.splitlines() if line.startswith("training")]


@pytest.mark.parametrize("cls", [RegularizedGAN, RegularizedVAE])
def test_lines_where_there_is_no_terminal(capsys, cls):
    small(cls, max_iter=80, verbose=1).fit(X)
    out, err = capsys.readouterr()
    assert out == ""
    lines = lines_of(err)
    assert err == "".join(f"{line}\n" for line in lines)
    assert lines[0].startswith("training  2/80  0:")
    assert lines[-1].startswith("training 80/80  0:00:00 left  distance ")
    assert "reconstruction" in lines[-1] or "G loss" in lines[-1]
    small(cls, max_iter=80).fit(X)
    assert capsys.readouterr().err == ""


def test_the_time_of_a_fit_is_its_first_line(capsys, clock):
    clock.step = 0.1
    model = small(max_iter=80, verbose=1).fit(X)
    first, second, *_ = lines_of(capsys.readouterr().err)
    assert first == "training takes about 12 s for 80 updates"
    assert re.match(r"training  2/80  0:00:\d\d left", second)
    clock.step = 0.01  # less than five seconds are not said
    quick = small(max_iter=80, verbose=1).fit(X)
    assert lines_of(capsys.readouterr().err)[0].startswith("training  2/80")
    silent = small(max_iter=80).fit(X)
    for other in (quick, silent):
        np.testing.assert_array_equal(model.sample(9), other.sample(9))


def test_the_time_of_many_updates(capsys, clock):
    clock.step = 0.1
    bar, run = ProgressBar(), run_of(12_000)
    bar.on_fit_start(run)
    for run.done in range(1, 30):
        bar.on_step(run)  # two seconds of a window of 250
    (line,) = lines_of(capsys.readouterr().err)
    assert line == "training takes about 20 min for 12,000 updates"


@pytest.mark.parametrize(("n_updates", "window"), [(4, 1), (40, 1), (8000, 200), (10**6, 250)])
def test_a_fit_prints_some_lines_and_not_many(capsys, n_updates, window):
    bar, run = ProgressBar(), run_of(n_updates)
    bar.on_fit_start(run)
    while run.done < n_updates:
        run.done += window
        bar.on_step(run)
        bar.on_report(run)
    bar.on_fit_end(run)
    lines = lines_of(capsys.readouterr().err)
    assert min(n_updates, 15) <= len(lines) <= 17
    done = [int(re.search(r"(\d+)/", line)[1]) for line in lines]
    assert done == sorted(set(done))
    assert (done[0], done[-1]) == (window, n_updates)


def test_a_run_that_ends_early_has_a_last_line(capsys):
    small(max_iter=80, verbose=1, callbacks=[lambda run: run.stop()]).fit(X)
    assert [line[:13] for line in lines_of(capsys.readouterr().err)] == ["training  2/8"]
    bar, run = ProgressBar(), run_of(100)
    bar.on_fit_start(run)
    for run.done in (10, 20, 21):
        bar.on_report(run)
    bar.on_fit_end(run)
    assert lines_of(capsys.readouterr().err)[-1].startswith("training  21/100")


def test_one_pass_is_one_line(capsys, clock):
    clock.step = 10
    model = small(verbose=1)
    for _ in range(2):
        model.partial_fit(X)
    assert len(lines_of(capsys.readouterr().err)) == 2


def test_passes_in_a_notebook_are_lines(capsys, monkeypatch):
    """To standard output, for the other one is red there."""
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    model = small(verbose=1)
    for _ in range(3):
        model.partial_fit(X)
    out, err = capsys.readouterr()
    assert len(lines_of(out)) == 3
    assert err == ""


def test_lines_on_a_console_of_ones_own():
    console = Console(file=io.StringIO(), width=20)
    small(max_iter=4, callbacks=[ProgressBar(console)]).fit(X)
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 4  # as long as they are
    assert all(line.startswith("training") and len(line) > 20 for line in lines)


def test_a_terminal_that_cannot_draw_has_lines(capsys, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    small(max_iter=4, callbacks=[ProgressBar(console)]).fit(X)
    assert len(lines_of(console.file.getvalue())) == 4
