"""Callbacks: hooks into a training run, among them a progress bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from regan.training.state import Run
from regan.validation import shown


class Callback:
    """A callback: hooks into a training run; override what you need.

    A run calls `on_step` after every generator update, without waiting for the device, and
    `on_report` after every window of updates, when the values up to here lie in `run.history`.
    """

    def on_fit_start(self, run: Run) -> None:
        """Before the first update."""

    def on_step(self, run: Run) -> None:
        """After each generator update."""

    def on_report(self, run: Run) -> None:
        """After each window: `run.history` is up to date, and `run.stop()` ends the run."""

    def on_not_finite(self, run: Run, step: int, term: str) -> bool:
        """A window met a value that is not finite: `term`, at update `step`; see `DivergenceError`.

        The state is that of the window's start again. True plays the window once more, which makes
        sense where something was changed, such as `run.rate`; if no callback says so, the run ends.
        """
        return False

    def on_fit_end(self, run: Run) -> None:
        """After the last update, or when an error ended the run."""


class FunctionCallback(Callback):
    """A plain function, called with the run at every report."""

    def __init__(self, function: Callable[[Run], Any]) -> None:
        self.function = function

    def on_report(self, run: Run) -> None:
        self.function(run)


class ProgressBar(Callback):
    """A progress bar with both losses, the penalties, the data distance and the time left.

    It is silent where the console is no terminal.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where to draw; standard error by default.
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
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[terms]}", markup=False),  # names of terms are the user's
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("training", total=run.n_updates, terms="")
        self._bar.start()

    def on_step(self, run: Run) -> None:
        self._bar.update(self._task, completed=run.done)

    def on_report(self, run: Run) -> None:
        self._bar.update(self._task, terms=describe(run.latest()))

    def on_fit_end(self, run: Run) -> None:
        self._bar.stop()
        del self._bar, self._task


def describe(values: dict[str, float]) -> str:
    """One line of the terms worth watching, in short words."""
    short = {"generator_": "G ", "discriminator_": "D "}
    words = []
    for name, value in values.items():
        if name.endswith(("_iter", "grad_norm")):
            continue
        for long, brief in short.items():
            name = name.replace(long, brief)
        words.append(f"{shown(name)} {value:.3g}")
    return "  ".join(words)
