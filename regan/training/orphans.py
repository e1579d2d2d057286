"""Workers that end with the process that asked for their work.

A process that is killed cannot tell its workers, and those of joblib go on to the end of their
task, for a result that nobody will fetch.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from threading import Thread
from time import sleep

_SECONDS = 0.5
_STATUS = 1

_watching: set[int] = set()
"""The process that watches: a fork has to begin anew."""


def end_with_parent() -> None:
    """Let this process, if it is a worker, end soon after the one that started it.

    Workers are daemonic processes of multiprocessing, such as those of a pool, and those of loky,
    joblib's default. Any other process is left alone.
    """
    pid = os.getpid()
    if pid in _watching or not is_worker():
        return
    _watching.clear()
    _watching.add(pid)
    Thread(target=_watch, args=(parent_is_there(),), name="regan-parent", daemon=True).start()


def is_worker() -> bool:
    """Whether somebody else's task is all that this process is for."""
    process = multiprocessing.current_process()
    if multiprocessing.parent_process() is None:
        return False
    return process.daemon or "loky" in type(process).__module__.split(".")


def parent_is_there() -> Callable[[], bool]:
    """A function that tells whether the process that started this worker still runs."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    pid = parent.pid
    assert pid is not None
    if os.name != "posix":
        return parent.is_alive
    if os.getppid() == pid:
        return lambda: os.getppid() == pid  # an orphan gets another parent at once
    return lambda: _runs(pid)  # there is a server of forks between them, or it is gone already


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        pass
    return True


def _watch(is_there: Callable[[], bool]) -> None:
    while is_there():
        sleep(_SECONDS)
    os._exit(_STATUS)  # no result is waited for, and files are whole or not there at any moment
