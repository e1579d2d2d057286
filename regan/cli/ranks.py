"""``mpiexec -n 4 regan fit``: all ranks train one model, and rank 0 writes and speaks."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from regan.cli.manners import MENDED, silently
from regan.distributed.choice import ENVIRONMENT_VARIABLE, communicating
from regan.distributed.launch import launched_ranks


def on_all_ranks(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command that all ranks of a launcher run together, if there are several.

    What a user can mend is told by rank 0, which hears of it from the others.
    """

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        asked = os.environ.get(ENVIRONMENT_VARIABLE)
        if not asked and launched_ranks() == 1:
            return command(*args, **kwargs)
        rank = 0
        try:
            with communicating(asked or "mpi") as communicator:
                rank = communicator.rank
                if rank == 0:
                    return command(*args, **kwargs)
                with silently():
                    return command(*args, **kwargs)
        except (*MENDED, click.ClickException, KeyboardInterrupt) as error:
            if rank == 0:
                raise
            stopped = isinstance(error, KeyboardInterrupt)
            raise SystemExit(128 + signal.SIGINT if stopped else 1) from error

    return run
