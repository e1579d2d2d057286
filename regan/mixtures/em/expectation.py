"""Expectation maximization, of all rows at once or online, for a population of mixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from regan.backends import Array, Backend
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.part import Part, Statistics
from regan.mixtures.em.weights import component_weights

_POWER = 0.6
_OFFSET = 2
_LAST = 2
"""Passes over all rows at once, behind those that are online."""

_TINY = 1e-300
_STILL = 1e-4


@dataclass
class Progress:
    """What a run has come to.

    Attributes
    ----------
    n_passes : int
    trained, held : arrays of shape (M,)
        Mean log-likelihoods of a row in the last pass, of those that count and of those that do
        not.
    converged : bool
    """

    n_passes: int = 0
    trained: np.ndarray = field(default_factory=lambda: np.full(1, -np.inf))
    held: np.ndarray = field(default_factory=lambda: np.full(1, np.nan))
    converged: bool = False


class Expectation:
    r"""Expectation maximization of M mixtures of products on the same rows.

    With all rows in one batch every pass is an iteration of the usual algorithm. Of more rows, a
    pass goes through batches in random order, and the statistics move towards those of each batch
    by :math:`(t + 2)^{-.6}` at the batch t (Cappé and Moulines, 2009); two passes over all rows
    come last.

    Parameters
    ----------
    ops : Backend
    parts : sequence of Part
        Whose parameters are those to begin with.
    weights : array of shape (M, K)
        Of the components, to begin with.
    rows_of : callable, optional
        Gives how much the rows at some positions (b,) count in each member, (M, b); by default, all
        count. What does not count is held out.
    penalty, strength : str or None, float
        On the weights; see `component_weights`.
    """

    ops: Backend
    parts: Sequence[Part]

    def __init__(
        self,
        ops: Backend,
        parts: Sequence[Part],
        weights: np.ndarray,
        rows_of: Callable[[np.ndarray], np.ndarray] | None = None,
        penalty: str | None = None,
        strength: float = 0.0,
    ) -> None:
        self.ops, self.parts, self._rows_of = ops, parts, rows_of
        self._penalty, self._strength = penalty, strength
        self.weights: Array = ops.asarray(weights, "float64")
        self._statistics: list[Statistics] | None = None
        self._rows: Any = None
        self._step, self._change = 0, 0.0

    def run(
        self, cells: Cells, batch_size: int, max_iter: int, tol: float, rng: np.random.Generator
    ) -> Progress:
        """Fit to the rows of `cells`.

        If they are one batch, until the mean log-likelihood rises by less than `tol`; of more, in
        all passes, whose order brings more noise than that.
        """
        online = batch_size < len(cells)
        progress = Progress()
        for _ in range(max(1, max_iter - _LAST * online)):
            now = self._pass(cells, batch_size, rng if online else None)
            progress = self._after(progress, *now, tol)
            if progress.converged and not online:
                break
        for _ in range(_LAST * online):
            progress = self._after(progress, *self._pass(cells, batch_size, None), tol)
        return progress

    def _after(
        self, before: Progress, trained: np.ndarray, held: np.ndarray, tol: float
    ) -> Progress:
        rise = trained - before.trained
        settled = bool((np.abs(rise) < tol).all()) and self._change < max(tol, _STILL)
        return Progress(before.n_passes + 1, trained, held, settled)

    def _pass(
        self, cells: Cells, batch_size: int, rng: np.random.Generator | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """One pass over the rows, online in the order that `rng` draws; what they were like."""
        sums, total, rows = _Sums(), None, 0.0
        for index in self._batches(cells, batch_size, rng):
            own, n, value = self._expect(cells[index], index)
            sums.add(value, self.counting(index))
            if rng is None:
                total = own if total is None else combined(total, own)
                rows = rows + n
            else:
                self._move(own, n, len(cells) / len(index))
        if total is not None:
            self._statistics, self._rows = total, rows
            self._maximize()
        return sums.means()

    def _batches(
        self, cells: Cells, batch_size: int, rng: np.random.Generator | None
    ) -> Iterator[np.ndarray]:
        n = len(cells)
        order = np.arange(n) if rng is None else rng.permutation(n)
        stop = n if rng is None or n < batch_size else n - n % batch_size
        for start in range(0, stop, batch_size):
            yield order[start : start + batch_size]

    def counting(self, index: np.ndarray) -> np.ndarray:
        """How much rows at these positions count (M, b)."""
        if self._rows_of is None:
            return np.ones((self.weights.shape[0], len(index)))
        return self._rows_of(index)

    def _expect(self, cells: Cells, index: np.ndarray) -> tuple[list[Statistics], Any, np.ndarray]:
        """The E-step of some rows: statistics, rows of each component, log-likelihoods (M, b)."""
        entered = [part.enter(cells) for part in self.parts]
        shares, value = self._responsibilities(entered)
        if self._rows_of is not None:
            shares *= self.ops.asarray(self.counting(index)[:, :, None])
        own = [p.statistics(e, shares) for p, e in zip(self.parts, entered, strict=True)]
        rows = self.ops.xp.asarray(shares.sum(axis=1), dtype="float64")
        return own, rows, self.ops.to_numpy(value)

    def _responsibilities(self, entered: Sequence[Any]) -> tuple[Any, Any]:
        """The share (M, b, K) of each component in each row, and log-likelihoods (M, b)."""
        xp, logs = self.ops.xp, None
        for part, rows in zip(self.parts, entered, strict=True):
            own = part.log_densities(rows)
            logs = own if logs is None else logs + own
        logs = logs + self.ops.asarray(xp.log(xp.maximum(self.weights, _TINY)))[:, None]
        top = logs.max(axis=2, keepdims=True)
        shares = xp.exp(logs - top)
        total = shares.sum(axis=2, keepdims=True)
        shares /= total
        return shares, (top + xp.log(total))[..., 0]

    def _move(self, own: list[Statistics], rows: Any, factor: float) -> None:
        """An online step: the statistics move towards `factor` times those of a batch."""
        self._step += 1
        if self._statistics is None:
            self._statistics, self._rows = combined(own, own, 0.0, factor), factor * rows
        else:
            step = (self._step + _OFFSET) ** -_POWER
            self._statistics = combined(self._statistics, own, 1 - step, step * factor)
            self._rows = (1 - step) * self._rows + step * factor * rows
        self._maximize()

    def _maximize(self) -> None:
        """The M-step."""
        assert self._statistics is not None
        for part, statistics in zip(self.parts, self._statistics, strict=True):
            part.update(statistics)
        weights = component_weights(
            self.ops.xp, self._rows, self.weights, self._penalty, self._strength
        )
        if self._penalty is not None:  # under which components go on dying
            self._change = float(self.ops.xp.abs(weights - self.weights).max())
        self.weights = weights

    def begin(self, statistics: list[Statistics], rows: Any) -> None:
        """Take statistics and rows of components (M, K) to begin with, and maximize."""
        self._statistics, self._rows = statistics, self.ops.asarray(rows, "float64")
        self._maximize()


class _Sums:
    """Log-likelihoods of rows that count, and of those that do not, and how many there were."""

    def __init__(self) -> None:
        self._sums: Any = np.zeros(4)

    def add(self, values: np.ndarray, counting: np.ndarray) -> None:
        held = 1 - counting
        parts = (values * counting, counting, values * held, held)
        self._sums = self._sums + np.array([part.sum(axis=1) for part in parts]).T

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        trained, n, held, h = np.atleast_2d(self._sums).T
        with np.errstate(invalid="ignore", divide="ignore"):
            return trained / n, held / h


def combined(
    a: list[Statistics], b: list[Statistics], first: float = 1.0, second: float = 1.0
) -> list[Statistics]:
    """The statistics `first` times a and `second` times b, part by part."""
    pairs = zip(a, b, strict=True)
    return [tuple(first * x + second * y for x, y in zip(*pair, strict=True)) for pair in pairs]
