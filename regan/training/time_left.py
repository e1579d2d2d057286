"""Time that a run takes: an estimate of what is left of it, and words for it."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from time import perf_counter

from regan.training.state import Run

_MEMORY = 0.25
_LONGEST_SAMPLE = 2.0
_SHORTEST_START = 0.1


class TimeLeft:
    """The time that is left of a run, from the pace of about the last quarter of its updates.

    Samples are ``s_i`` seconds for ``u_i`` updates: windows, or 2 s of a longer window. With ``n``
    updates in the run the pace after sample j, in seconds an update, is::

        pace = sum_i w_i s_i / sum_i w_i u_i,    w_i = exp(-(u_{i+1} + ... + u_j) / (n / 4))

    so that a short disturbance moves it little. The first update counts like the others in its
    window, however long it took: kernels are compiled there, and memory is taken.

    Parameters
    ----------
    run : Run
        Before its first update.
    clock : callable, optional
        Gives the time in seconds.
    """

    def __init__(self, run: Run, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or perf_counter
        self._start = self._last = self._clock(), run.done
        self._first: float | None = None
        self._stepped = 0.0
        self._is_reported = False
        self._seconds = self._updates = 0.0

    def step(self, run: Run) -> None:
        """After an update. A device that is behind by then shows in the sample of the window."""
        self._stepped = now = self._clock()
        if self._first is None:
            self._first, self._last = now - self._start[0], (now, run.done)
        elif now - self._last[0] >= _LONGEST_SAMPLE:
            self._sample(now, run)

    def report(self, run: Run) -> None:
        """At the end of a window."""
        before, done = self._last
        if not (self._is_reported or self._updates) and self._first is not None and run.done > done:
            # the report is that of the first update too, which counts like the others
            usual = (self._stepped - before) / (run.done - done)
            self._last = before - usual, done - 1
        self._sample(self._clock(), run)
        self._is_reported = True

    def _sample(self, now: float, run: Run) -> None:
        (before, done), self._last = self._last, (now, run.done)
        n = run.done - done
        if n > 0:  # else a window is played once more, or it was the first update
            weight = exp(-n / (_MEMORY * run.n_updates))
            self._seconds = weight * self._seconds + (now - before)
            self._updates = weight * self._updates + n

    @property
    def is_known(self) -> bool:
        """Whether a tenth of a second of updates has been seen."""
        return self._seconds >= _SHORTEST_START

    def seconds(self, run: Run) -> float | None:
        """The estimate; None before the first window, or 2 s of it, is over."""
        left = run.n_updates - run.done
        if self._updates:
            return left * self._seconds / self._updates
        alone = self._first if self._is_reported else None
        return None if alone is None else left * alone

    def whole(self, run: Run) -> tuple[float, int]:
        """Seconds from the start to the end, and the updates between."""
        passed = self._last[0] - self._start[0]
        return passed + (self.seconds(run) or 0.0), run.n_updates - self._start[1]


def in_words(seconds: float) -> str:
    """A duration as one says it.

    Examples
    --------
    >>> [in_words(seconds) for seconds in (0.512, 25.3, 99, 754, 12345)]
    ['0.51 s', '25 s', '99 s', '13 min', '3 h 26 min']
    """
    if seconds < 9.95:
        return f"{seconds:.2g} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def as_clock(seconds: float | None) -> str:
    """A duration as clocks show it.

    Examples
    --------
    >>> [as_clock(seconds) for seconds in (None, 7.6, 12345)]
    ['-:--:--', '0:00:08', '3:25:45']
    """
    if seconds is None:
        return "-:--:--"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
