"""``mpiexec -n 4 regan fit``: all ranks train one model, and rank 0 writes and speaks.

All other commands are for one process.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

from regan.cli.manners import MENDED, Commands, silently
from regan.distributed.choice import ENVIRONMENT_VARIABLE, communicating
from regan.distributed.launch import launched_ranks


def on_all_ranks(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command that all ranks of a launcher run together, if there are several."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        with _together():
            return command(*args, **kwargs)

    return run


class RankedCommand(click.Command):
    """The same of reading its arguments, which may fail on one rank alone."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _together():
            return super().make_context(*args, **kwargs)


class _LoneCommand(click.Command):
    """A command that is refused as one of several ranks, which would write the same file."""

    def invoke(self, ctx: click.Context) -> Any:
        if launched_ranks() > 1 and os.environ.get(ENVIRONMENT_VARIABLE) != "single":
            raise click.ClickException(
                f"regan {self.name} runs in one process, but mpiexec started {launched_ranks()} "
                "processes, which would write the same files: start it without mpiexec. If the "
                f"ranks have different work, set {ENVIRONMENT_VARIABLE}=single"
            )
        return super().invoke(ctx)


class RankedCommands(Commands):
    """Commands that several ranks are not to run, unless they are told to be `RankedCommand`s."""

    command_class = _LoneCommand


@contextmanager
def _together() -> Iterator[None]:
    """A context for what all ranks do: what a user can mend is told by rank 0, which hears of it
    from the others.
    """
    asked = os.environ.get(ENVIRONMENT_VARIABLE)
    if not asked and launched_ranks() == 1:
        yield
        return
    rank = 0
    try:
        with communicating(asked or "mpi") as communicator:
            rank = communicator.rank
            if rank == 0:
                yield
            else:
                with silently():
                    yield
    except (*MENDED, click.ClickException, KeyboardInterrupt) as error:
        if rank == 0:
            raise
        stopped = isinstance(error, KeyboardInterrupt)
        raise SystemExit(128 + signal.SIGINT if stopped else 1) from error
