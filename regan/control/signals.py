"""Ctrl-C and SIGTERM, heard at once and obeyed when there is something whole to leave behind."""

from __future__ import annotations

import re
import signal
import sys
import threading
from types import FrameType
from typing import Any, NoReturn, Self

from regan.distributed.agreement import largest
from regan.distributed.base import Communicator

_HEARD = (signal.SIGINT, signal.SIGTERM)

_LOOPS = re.compile(
    r"(joblib|sklearn\.model_selection|optuna|dask|distributed"
    r"|regan\.(selection|population|plugins|estimators\.timing|cli\.demo))\b"
)
"""Modules for which a fit is one of many, or a part of something else."""


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
        if _is_main():
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

    def agree(self, communicator: Communicator) -> None:
        """Hear what any rank has heard."""
        self.heard = largest(communicator, self.heard or 0) or None

    def obey(self, message: str) -> None:
        """Do what the signal asks for: KeyboardInterrupt with `message`, or exit status 143.

        Where the program has a handler of its own, that is called, and training goes on unless it
        raises.
        """
        number, self.heard = self.heard, None
        self._restore()
        assert number is not None
        before = self._before.pop(number, signal.default_int_handler)  # another rank's, perhaps
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


class Patience(Interruption):
    """A context in which the first Ctrl-C is heard, to end one fit with what it has reached.

    `check` raises it as a `BrokenOffError`. A second one acts at once. Handlers that are not
    Python's own stay, and so does Ctrl-C where the fit belongs to a search or another loop, which
    is to end as a whole.

    Parameters
    ----------
    listens : bool
        False for a context that does nothing.
    """

    def __init__(self, *, listens: bool = True) -> None:
        super().__init__()
        self._listens, self._spent = listens, False

    def __enter__(self) -> Self:
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._listens and usual and _is_main() and not _is_in_a_loop():
            self._before[signal.SIGINT] = signal.default_int_handler
            signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *exception: object) -> None:
        self._restore()  # one that came too late asks for nothing that is not done

    def check(self) -> None:
        """Raise a BrokenOffError if Ctrl-C was heard."""
        if self.heard is not None and not self._spent:
            self._spent = True
            raise BrokenOffError

    def ends(self, error: KeyboardInterrupt) -> bool:
        """Whether `error` asks for the end of one fit, and not of all that is under way."""
        first = isinstance(error, BrokenOffError) or self.heard is None
        return first and _is_main() and not _is_in_a_loop()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.heard is not None:
            self._restore()
            raise KeyboardInterrupt
        self.heard = number


class BrokenOffError(KeyboardInterrupt):
    """Ctrl-C at a moment when the state of a fit is whole."""


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _is_in_a_loop() -> bool:
    """Whether a search, or something else that fits many models, has called."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _LOOPS.match(frame.f_globals.get("__name__", "")):
            return True
        frame = frame.f_back
    return False


def _terminate(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(128 + signal.SIGTERM)
