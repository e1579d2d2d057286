"""Progress bar in a Jupyter notebook: one display, updated in place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from html import escape
from time import perf_counter
from typing import Any

from rich.console import Console

from regan.training.state import Run
from regan.training.terms import describe
from regan.training.time_left import TimeLeft, as_clock, in_words

_PAUSE = 0.25
_BAR = "vertical-align: middle; width: 16em"


def in_notebook() -> bool:
    """Whether this process is the kernel of a Jupyter notebook."""
    return Console().is_jupyter


@contextmanager
def plain_output() -> Iterator[None]:
    """Send standard error, which notebooks show in red, to standard output in a notebook."""
    if in_notebook():
        with redirect_stderr(sys.stdout):
            yield
    else:
        yield


class NotebookBar:
    """A bar that a notebook shows in one place, and a line of time and values in the end.

    It needs neither widgets nor a thread: it is redrawn by the run, every quarter of a second at
    most.

    Parameters
    ----------
    run : Run
        Before its first update.
    """

    def __init__(self, run: Run) -> None:
        from IPython.display import display

        self._time = TimeLeft(run)
        self._begin = self._last = perf_counter()
        self._handle = display(self._state(run), display_id=True)

    def step(self, run: Run) -> None:
        """After an update."""
        self._time.step(run)
        self._refresh(run)

    def report(self, run: Run) -> None:
        """At the end of a window."""
        self._time.report(run)
        self._refresh(run)

    def end(self, run: Run) -> None:
        """After the last update, or when an error or an interruption ended the run."""
        self._show(_Ended(run, perf_counter() - self._begin))

    def _refresh(self, run: Run) -> None:
        now = perf_counter()
        if now - self._last >= _PAUSE:
            self._last = now
            self._show(self._state(run))

    def _state(self, run: Run) -> _Underway:
        return _Underway(run, self._time.seconds(run))

    def _show(self, state: _State) -> None:
        if self._handle is not None:  # None where IPython runs nothing, and has printed the first
            self._handle.update(state)


class _State:
    """What a notebook shows of a run at a time, as HTML and as text."""

    text: str
    html: str

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": f"<div>{self.html}</div>"}

    def __repr__(self) -> str:
        return self.text


class _Underway(_State):
    """A run with updates to come, of which so many seconds are left."""

    def __init__(self, run: Run, left: float | None) -> None:
        count, terms = f"{run.done}/{run.n_updates}", describe(run.latest())
        time = f"{as_clock(left)} left"
        self.text = f"training {count}  {time}  {terms}".rstrip()
        bar = f'<progress value="{run.done}" max="{run.n_updates}" style="{_BAR}"></progress>'
        self.html = f"{bar} {count} &nbsp; {time}<br>{_in_html(terms)}"


class _Ended(_State):
    """A run that took so many seconds."""

    def __init__(self, run: Run, seconds: float) -> None:
        done = f"{run.done:,} updates" if run.done != 1 else "1 update"
        if run.done < run.n_updates:
            done = f"{run.done:,} of {run.n_updates:,} updates"
        time, terms = f"training made {done} in {in_words(seconds)}", describe(run.latest())
        self.text = f"{time}  {terms}".rstrip()
        self.html = f"{time}<br>{_in_html(terms)}"


def _in_html(terms: str) -> str:
    """A line of terms, whose names may be a user's; two blanks between terms stay apart."""
    return escape(terms).replace("  ", " &nbsp; ")
