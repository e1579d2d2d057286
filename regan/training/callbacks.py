"""Callbacks: hooks into a training run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from regan.training.state import Run


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
