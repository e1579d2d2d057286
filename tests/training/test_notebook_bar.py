"""Progress in notebooks: one display that is updated, and a line in the end; executed by a kernel.

What else a notebook shows of fitted models is tested in `tests/estimators/test_fit_summary.py`.
"""

import io
import re

import numpy as np
import pytest
from rich.console import Console

from regan.training.notebook_bar import NotebookBar
from regan.training.progress import ProgressBar
from regan.training.state import Run
from tests.support.clocks import StepClock
from tests.support.notebooks import execute
from tests.support.user_text import HOSTILE, controls

CELLS = {
    "made": """
        import os, signal
        import numpy as np
        from regan import RegularizedGAN, RegularizedGANCV, RegularizedVAE
        from tests.support.clocks import StepClock
        import regan.training.notebook_bar as notebook_bar
        X = np.random.default_rng(0).normal(size=(60, 2))
        small = {"hidden_layer_sizes": 4, "batch_size": 8, "max_iter": 40, "random_state": 0}
        notebook_bar.perf_counter = StepClock(0.1)
    """,
    "fit": "gan = RegularizedGAN(verbose=1, **small).fit(X)",
    "shown": "gan",
    "passes": """
        for _ in range(3):
            gan.partial_fit(X)
    """,
    "search": """
        estimator = RegularizedVAE(verbose=1, **small)
        search = RegularizedGANCV(estimator, alphas=[0.1, 1.0], cv=2, verbose=1).fit(X)
    """,
    "interrupted": """
        def interrupt(run):
            if run.done == 30:
                os.kill(os.getpid(), signal.SIGINT)
        gan = RegularizedGAN(verbose=1, callbacks=[interrupt], **small).fit(X)
    """,
    "error": """
        def fail(run):
            raise ValueError("of the callback")
        gan = RegularizedGAN(verbose=1, callbacks=[fail], **small).fit(X)
    """,
    "silent": "gan = RegularizedGAN(**small).fit(X)",
}


@pytest.fixture(scope="module")
def executed():
    cells = [re.sub("^ {8}", "", cell, flags=re.M).strip() for cell in CELLS.values()]
    outputs, messages = execute(*cells, allow_errors=True)
    return dict(zip(CELLS, outputs, strict=True)), dict(zip(CELLS, messages, strict=True))


def data_of(executed, cell):
    """The one display that a cell leaves."""
    (display,) = (each for each in executed[0][cell] if each["output_type"] == "display_data")
    assert set(display["data"]) == {"text/plain", "text/html"}
    return display["data"]


def text_of(outputs, name):
    return "".join(each["text"] for each in outputs if each.get("name") == name)


def test_a_fit_is_one_display(executed):
    assert [each["output_type"] for each in executed[0]["fit"]] == ["display_data"]
    data = data_of(executed, "fit")
    assert re.fullmatch(
        r"training made 40 updates in [\d.]+ s  distance [\d.]+  .*G loss .*", data["text/plain"]
    )
    assert "<progress" not in data["text/html"]
    html = re.sub(r"<br>|&nbsp;", " ", data["text/html"]).split()
    assert " ".join(html) == f"<div>{' '.join(data['text/plain'].split())}</div>"


def test_the_display_is_updated_in_place(executed):
    messages = executed[1]["fit"]
    assert [kind for kind, _ in messages[:2]] == ["display_data", "update_display_data"]
    assert {kind for kind, _ in messages[1:]} == {"update_display_data"}
    assert len({content["transient"]["display_id"] for _, content in messages}) == 1
    bars = [content["data"]["text/html"] for _, content in messages[:-1]]
    done = [int(re.search(r'<progress value="(\d+)" max="40"', bar)[1]) for bar in bars]
    assert done[0] == 0
    assert done == sorted(done)
    assert 5 < len(set(done)) <= 40
    for _, content in messages:
        assert not re.search(r"\x1b|\r|ipywidgets|<script", str(content["data"]))


def test_a_fitted_model_is_shown_with_its_table(executed):
    (result,) = executed[0]["shown"]
    assert result["output_type"] == "execute_result"
    assert result["data"]["text/plain"].startswith("RegularizedGAN(")
    assert 'class="regan-summary"' in result["data"]["text/html"]


def test_passes_are_lines(executed):
    lines = text_of(executed[0]["passes"], "stdout").splitlines()
    assert len(lines) == 3
    assert all(line.startswith("training") for line in lines)
    assert {each["output_type"] for each in executed[0]["passes"]} == {"stream"}


def test_a_search_has_lines_of_joblib_and_the_bar_of_the_refit(executed):
    outputs = executed[0]["search"]
    assert "finished" in text_of(outputs, "stdout")
    assert text_of(outputs, "stderr") == ""
    assert data_of(executed, "search")["text/plain"].startswith("training made 40 updates in")


def test_an_interrupted_fit_says_how_far_it_came(executed):
    data = data_of(executed, "interrupted")
    assert re.match(r"training made 3\d of 40 updates in [\d.]+ s  distance", data["text/plain"])
    assert "training was interrupted" in text_of(executed[0]["interrupted"], "stderr")


def test_a_fit_that_fails_says_how_far_it_came(executed):
    data = data_of(executed, "error")
    assert data["text/plain"].startswith("training made 1 of 40 updates in")
    assert executed[0]["error"][-1]["evalue"] == "of the callback"


def test_without_verbose_nothing_is_shown(executed):
    assert executed[0]["silent"] == []


# Without a kernel


class Handle:
    """What IPython gives for a display; `shown` is all that it has shown."""

    def __init__(self, shown):
        self.shown = shown

    def update(self, state):
        self.shown.append(state)


@pytest.fixture
def shown(monkeypatch):
    states = []

    def display(state, display_id):
        assert display_id is True
        states.append(state)
        return Handle(states)

    monkeypatch.setattr("IPython.display.display", display)
    return states


def run_of(n_updates, **terms):
    run = Run(None, n_updates, constant=False)
    run.latest = lambda: terms
    return run


def test_a_quarter_of_a_second_between_updates(shown, monkeypatch):
    clock = StepClock(0.1)
    monkeypatch.setattr("regan.training.notebook_bar.perf_counter", clock)
    run = run_of(300)
    bar = NotebookBar(run)
    for run.done in range(1, 301):
        bar.step(run)
    bar.end(run)
    assert len(shown) == 1 + 100 + 1  # every third of them, a tenth of a second each
    assert str(shown[-1]) == "training made 300 updates in 30 s"


def test_a_console_of_ones_own_is_drawn_on(monkeypatch, shown):
    """A bar with a console of a file writes there, also in a notebook."""
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    console = Console(file=io.StringIO(), force_jupyter=False)
    bar, run = ProgressBar(console), run_of(4, distance=0.5)
    run.history = {"distance": [np.zeros(1)]}
    bar.on_fit_start(run)
    bar.on_fit_end(run)
    assert "distance 0.5" in console.file.getvalue()
    assert shown == []


@pytest.mark.parametrize("name", [*HOSTILE, "<b>&"])
def test_names_of_terms_are_escaped(shown, name):
    run = run_of(4, **{name: 0.5})
    bar = NotebookBar(run)
    bar.end(run)
    for state in shown:
        html = state._repr_mimebundle_()["text/html"]
        assert "<b>" not in html
        assert "<script" not in html
        assert not controls(html)


def test_a_bar_where_ipython_runs_nothing(monkeypatch):
    monkeypatch.setattr("IPython.display.display", lambda state, display_id: None)
    bar = NotebookBar(run_of(4))
    bar.end(run_of(4))
