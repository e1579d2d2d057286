"""Reading ahead: what is needed next is read by a thread while something else is done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class ReadAhead(Generic[T]):
    """Reads by keys, in one thread; of what is read ahead there is one key at a time.

    Parameters
    ----------
    read : callable
        ``read(key)``; it is called in the thread alone. What it raises, `get` does.

    Examples
    --------
    >>> ahead = ReadAhead(lambda key: 10 * key)
    >>> ahead.begin(2)
    >>> ahead.get(2), ahead.get(1)
    (20, 10)
    >>> ahead.close()
    """

    def __init__(self, read: Callable[[int], T]) -> None:
        self._read = read
        self._thread: ThreadPoolExecutor | None = None
        self._pending: tuple[int, Future[T]] | None = None

    def begin(self, key: int) -> None:
        """Begin to read what will be asked for, in place of what else has been begun."""
        if self._pending is not None and self._pending[0] == key:
            return
        self._forget()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "regan-reads-ahead")
        self._pending = key, self._thread.submit(self._read, key)

    def get(self, key: int) -> T:
        """What is read by this key, when it is there."""
        self.begin(key)
        assert self._pending is not None
        try:
            return self._pending[1].result()
        finally:
            self._forget()

    def close(self) -> None:
        """End the thread, after what it is just reading."""
        self._forget()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown()

    def _forget(self) -> None:
        if self._pending is not None:
            self._pending[1].cancel()
            self._pending = None
