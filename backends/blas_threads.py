"""How many threads matrix products take: one while somebody asks for it, then as many as before.

The number is the process's, and an interruption (Ctrl-C) may come between any two steps of the main
thread. So there is one place that knows who asks and what was before, and bringing the libraries in
line with it may be done again and again, by whoever comes next.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def blas() -> Any:
    """The libraries of matrix products."""
    # that of SciPy, which compiled replays multiply with, is found once it is loaded
    import scipy.linalg.cython_blas  # noqa: F401 - loads it

    # finding them takes milliseconds
    return ThreadpoolController().select(user_api="blas")


def is_of(library: Any, owner: str) -> bool:
    """Whether the file of a library is one that came with the package `owner`, which may be any."""
    return f"/{owner}" in "/" + "/".join(Path(str(library)).parts[-3:])


class _Limit:
    """The limit of the process: the first to come sets it, the last to leave takes it back."""

    def __init__(self) -> None:
        self._lock = RLock()  # a holder may be collected in the midst of this
        self._holders: dict[int, tuple[str, int]] = {}
        self._before: list[int] | None = None

    def hold(self, holder: int, owner: str, sharers: int) -> None:
        with self._lock:
            self._holders[holder] = owner, sharers
            self._settle()

    def let_go(self, holder: int) -> None:
        with self._lock:
            self._holders.pop(holder, None)
            self._settle()

    def allowed(self) -> int:
        """How many threads each of those who share them may have when nobody asks for one."""
        with self._lock:
            now = [library.num_threads for library in blas().lib_controllers]
            every = max(self._before or now, default=1)
            return max(1, every // max((n for _, n in self._holders.values()), default=1))

    def _settle(self) -> None:
        libraries = blas().lib_controllers
        if self._before is None:
            if not self._holders:
                return
            self._before = [library.num_threads for library in libraries]
        owners = {owner for owner, _ in self._holders.values()}
        for library, before in zip(libraries, self._before, strict=True):
            _set(library, 1 if _limited(library, owners) else before)
        if not self._holders:
            self._before = None


def _limited(library: Any, owners: set[str]) -> bool:
    for owner in owners:  # noqa: SIM110 - an interruption would leave a generator open
        if is_of(library.filepath, owner):
            return True
    return False


def _set(library: Any, n_threads: int) -> None:
    """Set the number of threads from whichever thread this is.

    Newer versions of threadpoolctl let one thread alone do so, until that one is done, and the last
    to leave is often not the first to come.
    """
    if library.num_threads == n_threads:
        return
    let_all = getattr(library, "clear_controlling_thread", None)
    if let_all is not None:
        let_all(force=True)
    library.set_num_threads(n_threads)
    if let_all is not None:
        let_all(force=True)


_LIMIT = _Limit()


def threads_allowed() -> int:
    """How many threads may work at once: as many as products may use when nobody asks for one,
    over those who share them.
    """
    return _LIMIT.allowed()


class OneThreadEach:
    """A context in which each matrix product runs on one thread; for one use.

    Parameters
    ----------
    sharers : int, default=1
        How many threads of ours compute at once.
    owner : str, default=""
        The package whose library it is: ``"numpy"`` or ``"scipy"``, and any otherwise. Threads of a
        library wait for more work for some time, and keep those of another one from theirs.
    """

    def __init__(self, sharers: int = 1, owner: str = "") -> None:
        self._sharers, self._owner = sharers, owner

    def __enter__(self) -> None:
        try:
            _LIMIT.hold(id(self), self._owner, self._sharers)
        except BaseException:
            _LIMIT.let_go(id(self))
            raise

    def __exit__(self, *error: object) -> None:
        try:
            _LIMIT.let_go(id(self))
        finally:  # again, as the first try may have been interrupted
            _LIMIT.let_go(id(self))

    def __del__(self) -> None:  # where an interruption came between the block and __exit__
        _LIMIT.let_go(id(self))
