"""Callbacks: hooks into a training run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from regan.training.state import Run


class Callback:
    """Base class of callbacks: hooks into a training run. Override the methods that you need.

    A run calls `on_step` after every generator update, without waiting for the device. It calls
    `on_report` after every window of updates, when `run.history` has all values so far.
    """

    def on_fit_start(self, run: Run) -> None:
        """Called before the first update."""

    def on_step(self, run: Run) -> None:
        """Called after each generator update."""

    def on_report(self, run: Run) -> None:
        """Called after each window of updates, with a complete `run.history`.

        `run.stop()` ends the run.
        """

    def on_not_finite(self, run: Run, step: int, term: str) -> bool:
        """Called if the value `term` at update `step` is not finite; see `DivergenceError`.

        The state is again that of the start of the window. Return True to repeat the window, after
        a change such as a lower `run.rate`. If no callback returns True, the run ends.
        """
        return False

    def on_fit_end(self, run: Run) -> None:
        """Called after the last update, or when an error ended the run."""


class FunctionCallback(Callback):
    """A plain function, called with the run at every report."""

    def __init__(self, function: Callable[[Run], Any]) -> None:
        self.function = function

    def on_report(self, run: Run) -> None:
        self.function(run)
