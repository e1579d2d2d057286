"""Ctrl-C and SIGTERM, heard at once and obeyed when there is something whole to leave behind."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any, NoReturn, Self

_HEARD = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """A context in which the first signal waits to be obeyed, and a second one does not.

    Handlers are the main thread's; in any other thread the context does nothing. A signal that is
    ignored stays so.

    Attributes
    ----------
    heard : int or None
        The signal that waits.
    """

    def __init__(self) -> None:
        self.heard: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _HEARD:
                before = signal.getsignal(number)
                if before not in (None, signal.SIG_IGN):  # None: not set from Python
                    self._before[number] = before
                    signal.signal(number, self._hear)
        return self

    def __exit__(self, *exception: object) -> None:
        self._restore()
        if self.heard is not None and exception[0] is None:  # it came too late to be obeyed inside
            signal.raise_signal(self.heard)

    def obey(self, message: str) -> None:
        """Do what the signal asks for: KeyboardInterrupt with `message`, or exit status 143.

        Where the program has a handler of its own, that is called, and training goes on unless it
        raises.
        """
        number, self.heard = self.heard, None
        self._restore()
        assert number is not None
        before = self._before.pop(number)
        if before is signal.default_int_handler:
            raise KeyboardInterrupt(message)
        if number == signal.SIGTERM and before == signal.SIG_DFL:
            _terminate(message)
        signal.raise_signal(number)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.heard is None:
            self.heard = number
            return
        self.heard = None
        self._restore()
        signal.raise_signal(number)

    def _restore(self) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)


def _terminate(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(128 + signal.SIGTERM)
