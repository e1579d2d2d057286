"""Progress of a training run: a bar in terminals and notebooks, some lines everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
)
from rich.table import Column
from rich.text import Text

from regan.training.callbacks import Callback
from regan.training.notebook_bar import NotebookBar, in_notebook
from regan.training.state import Run
from regan.training.terms import describe
from regan.training.time_left import TimeLeft, as_clock, in_words

_LINES = 15
_BAR = (8, 24)
_TERMS = 42
_TIME = len("0:00:00")
_WORTH_SAYING = 5.0


class ProgressBar(Callback):
    """Progress bar of training: updates, time left, distance to the data, losses, penalties.

    In a terminal, the bar shows as many terms as fit into the line. In a Jupyter notebook, it is
    one display that is updated in place and ends as a line with the time and the last values. In a
    file or a pipe, a fit prints about 15 lines. `partial_fit` prints one line in a notebook, a file
    or a pipe. If a fit takes 5 s or more in a terminal, a file or a pipe, its first line estimates
    the time from the first updates.

    Parameters
    ----------
    console : rich.console.Console, optional
        Console to draw on. The default is standard error, and in a notebook the output of the cell.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console

    def __deepcopy__(self, memo: Any) -> ProgressBar:
        return ProgressBar(self.console)  # clones draw on the same console

    def __getstate__(self) -> dict[str, Any]:
        return {"console": None}  # it cannot leave its process

    def on_fit_start(self, run: Run) -> None:
        # made here, because a console holds a lock and a model with a bar has to be copied
        console = self.console or Console(stderr=True)
        self._shown: _Bar | _Lines | NotebookBar
        if console.is_jupyter and not run.constant:  # passes of partial_fit may be many
            self._shown = NotebookBar(run)
        elif console.is_jupyter or console.is_dumb_terminal or not console.is_terminal:
            self._shown = _Lines(self.console, run)
        else:
            self._shown = _Bar(console, run)

    def on_step(self, run: Run) -> None:
        self._shown.step(run)

    def on_report(self, run: Run) -> None:
        self._shown.report(run)

    def on_fit_end(self, run: Run) -> None:
        self._shown.end(run)
        del self._shown


class _Bar:
    """A bar that is drawn in one place."""

    def __init__(self, console: Console, run: Run) -> None:
        around = 2 * len(str(run.n_updates)) + 1 + _TIME + len("   ")
        width = min(max(console.width - around - _TERMS, _BAR[0]), _BAR[1])
        self._bar = Progress(
            BarColumn(width),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            _Left(Column(no_wrap=True)),
            _Terms(console.width - around - width),
            console=console,
        )
        self._task = self._bar.add_task("training", total=run.n_updates, terms={}, left=None)
        self._forecast = _Forecast(run, self._say)
        self._bar.start()

    def step(self, run: Run) -> None:
        self._forecast.step(run)
        self._bar.update(self._task, completed=run.done, left=self._forecast.left(run))

    def report(self, run: Run) -> None:
        self._forecast.report(run)
        self._bar.update(self._task, terms=run.latest(), left=self._forecast.left(run))

    def end(self, run: Run) -> None:
        self._bar.stop()

    def _say(self, line: str) -> None:
        self._bar.console.print(Text(line), soft_wrap=True)


class _Left(ProgressColumn):
    """The time that is left."""

    def render(self, task: Task) -> Text:
        return Text(as_clock(task.fields["left"]), style="progress.remaining")


class _Terms(ProgressColumn):
    """The terms that the rest of the line, of `room` characters, can hold."""

    def __init__(self, room: int) -> None:
        super().__init__(Column(no_wrap=True))
        self._room = room

    def render(self, task: Task) -> Text:
        return Text(describe(task.fields["terms"], self._room))


class _Lines:
    """A line now and then."""

    def __init__(self, console: Console | None, run: Run) -> None:
        self._console, self._forecast = console, _Forecast(run, self._say)
        self._printed: int | None = None

    def step(self, run: Run) -> None:
        self._forecast.step(run)

    def report(self, run: Run) -> None:
        self._forecast.report(run)
        parts = [_LINES * done // run.n_updates for done in (self._printed or 0, run.done)]
        if not run.constant and (self._printed is None or parts[0] < parts[1]):
            self._print(run)

    def end(self, run: Run) -> None:
        if run.history and run.done != self._printed:
            self._print(run)

    def _print(self, run: Run) -> None:
        self._printed = run.done
        done = f"{run.done:{len(str(run.n_updates))}}/{run.n_updates}"
        left = as_clock(self._forecast.left(run))
        self._say(f"training {done}  {left} left  {describe(run.latest())}")

    def _say(self, line: str) -> None:
        if self._console is not None:
            self._console.print(Text(line), soft_wrap=True)
            return
        # standard error is red in notebooks
        print(line, file=sys.stdout if in_notebook() else sys.stderr, flush=True)


class _Forecast:
    """The time that is left, and how long a run takes, said once; not of one pass of many."""

    def __init__(self, run: Run, say: Callable[[str], None]) -> None:
        self._time, self._say, self._is_open = TimeLeft(run), say, not run.constant

    def left(self, run: Run) -> float | None:
        return self._time.seconds(run)

    def step(self, run: Run) -> None:
        self._time.step(run)
        self._speak(run)

    def report(self, run: Run) -> None:
        self._time.report(run)
        self._speak(run)

    def _speak(self, run: Run) -> None:
        if not (self._is_open and self._time.is_known):
            return
        self._is_open = False
        seconds, n = self._time.whole(run)
        if seconds >= _WORTH_SAYING:
            self._say(f"training takes about {in_words(seconds)} for {n:,} updates")
