"""``regan fit --max-time``: seconds become a number of updates, which is a setting from then on."""

from __future__ import annotations

from math import isfinite
from typing import Any

import click

from regan.cli.manners import tell
from regan.control.checkpoint import find_checkpoint
from regan.control.saved_run import planned_updates
from regan.estimators.timing import measure_pace
from regan.training.time_left import in_words


class Seconds(click.FloatRange):
    """A time in seconds."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        number = float(super().convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


def choose_max_iter(model: type[Any], settings: dict[str, Any], rows: Any, seconds: float) -> int:
    """The number of updates of a fit of `model` to `rows` that may take so many seconds.

    A run that goes on from a checkpoint keeps its number, and nothing is timed; a smaller
    ``max_iter`` in `settings` stays, and is refused there as another setting.
    """
    checkpoint, given = find_checkpoint(settings["callbacks"]), settings.get("max_iter")
    if checkpoint is not None and checkpoint.resume and checkpoint.path.exists():
        n = planned_updates(checkpoint.path)
        tell(f"training: {n:,} updates, as in the run in {checkpoint.directory}")
        return min(n, given) if isinstance(given, int) else n
    pace = measure_pace(model(**settings), rows, None, seconds)
    n = pace.updates_within(seconds)
    which = f"all {n:,} updates" if n == pace.n_updates else f"{n:,} of {pace.n_updates:,} updates"
    tell(f"training: {which} in about {in_words(pace.seconds(n))}, the same as --max-iter {n}")
    return n
