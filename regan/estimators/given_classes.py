"""Rows of normal distributions by class, given some cells: numbers, levels, intervals, sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regan.data.conditions.evidence import UNKNOWN, Evidence
from regan.data.conditions.missing import of_present
from regan.data.lacking import Lacking, blocks_of
from regan.estimators.level_shifts import deviations
from regan.estimators.made_ranks import MadeRanks
from regan.estimators.normals import Normals
from regan.mixtures.given_normals import CANDIDATES, GivenNormals, chosen

_LEAST = 1e-300
_PIECE = 2**21


@dataclass(frozen=True, eq=False)
class GivenClasses:
    r"""Draws rows of normal distributions of classes given evidence.

    Numbers that are known and levels that are known, as columns of 0 and 1, condition the normal
    distribution of the others; intervals are kept as `GivenNormals` says. A level that is not known
    is the largest of its columns then, as in samples. Where a block may have some levels and not
    others, one of them is drawn with the probability

    .. math:: P(l \mid x_o) \propto p_l \, \frac{N(x_o, e_l)}{N(e_l)}

    with the share :math:`p_l` of the level in the class, the row :math:`e_l` that is 1 at it, and
    what is known otherwise, :math:`x_o`: the discriminant of linear discriminant analysis. It is
    known from there on.

    Attributes
    ----------
    normals : Normals
    shares : array of shape (C, sum L)
        Of the levels in each class.
    ranks : MadeRanks
        What becomes of numbers when rows are made.
    levels : tuple of int
        The sizes of the blocks.
    absent, lacking : sequences of Lacking or None
        Which block says where numbers, and levels, are missing.
    """

    normals: Normals
    shares: np.ndarray
    ranks: MadeRanks
    levels: tuple[int, ...]
    absent: Sequence[Lacking | None]
    lacking: Sequence[Lacking | None]

    # Rows

    def draw(self, rng: np.random.Generator, evidence: Evidence, codes: np.ndarray) -> np.ndarray:
        """Scaled rows (n, D) of classes (n,), levels one-hot."""
        rows = np.empty((len(evidence), self.normals.mean.shape[1]))
        for k in np.unique(codes):
            own = np.flatnonzero(codes == k)
            rows[own] = self._of_class(int(k), evidence[own], rng)
        return evidence.kept(rows)

    def _of_class(self, k: int, evidence: Evidence, rng: np.random.Generator) -> np.ndarray:
        own = slice(k, k + 1)
        normals = GivenNormals(self.normals.mean[own], self.normals.covariance[own])
        told = of_present(evidence, self.absent, self.lacking)
        sets = self._sets(told).any(axis=1)
        ranged = (told.low < told.high) & (np.isfinite(told.low) | np.isfinite(told.high))
        several = sets & ranged.any(axis=1)
        rows = np.empty((len(told), self.normals.mean.shape[1]))
        alone = np.flatnonzero(~several)
        rows[alone] = self._candidates(normals, k, told[alone], 1, rng)
        step = max(1, _PIECE // (CANDIDATES * rows.shape[1]))
        both = np.flatnonzero(several)
        for start in range(0, len(both), step):
            some = both[start : start + step]
            rows[some] = self._candidates(normals, k, told[some], CANDIDATES, rng)
        first = told.low.shape[1]
        rows = self.ranks.applied(rows)
        np.clip(rows[:, :first], told.low, told.high, out=rows[:, :first])
        return rows

    def _candidates(
        self, normals: GivenNormals, k: int, told: Evidence, m: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Rows (n, D), each of `m` candidates, whose numbers are as the model makes them.

        The levels of candidates are drawn without regard to intervals, and the probability of these
        is their weight.
        """
        n = len(told)
        told = told[np.repeat(np.arange(n), m)]
        low, high = self._ends(told)
        codes = self._drawn_levels(normals, k, told, low, high, rng)
        drawn = normals.draw(np.zeros((len(told), 1)), low, high, rng)
        rows = drawn.values
        self._place_levels(rows, codes, k)
        weights = (drawn.log_mass - drawn.log_density).reshape(n, m)
        best = np.arange(n) * m + chosen(weights, rng)[:, 0]
        return np.asarray(rows[best])

    def _ends(self, told: Evidence) -> tuple[np.ndarray, np.ndarray]:
        """The intervals (n, D) of all columns as the model makes them, points where levels are
        known.
        """
        first = told.low.shape[1]
        rows = np.full((len(told), first + sum(self.levels)), np.nan)
        for block, codes in zip(blocks_of(self.levels, first), told.codes.T, strict=True):
            _place(rows, block, codes)
        points = rows[:, first:]
        ends = []
        for end, none in ((told.low, -np.inf), (told.high, np.inf)):
            ends.append(np.hstack([self.ranks.undone(end), np.nan_to_num(points, nan=none)]))
        return ends[0], ends[1]

    # Levels

    def _sets(self, told: Evidence) -> np.ndarray:
        """Blocks (n, B) of which several levels are allowed, and not all."""
        each = [told.allowed[:, block] for block in blocks_of(self.levels)]
        sets = [~own.all(axis=1) for own in each]
        some = np.stack(sets, axis=1) if sets else np.zeros((len(told), 0), dtype=bool)
        return np.asarray(some & (told.codes == UNKNOWN))

    def _drawn_levels(
        self,
        normals: GivenNormals,
        k: int,
        told: Evidence,
        low: np.ndarray,
        high: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """The levels (n, B) that are known or drawn, -1 for others; points in `low` and `high`."""
        codes, sets = told.codes.copy(), self._sets(told)
        for b, block in enumerate(blocks_of(self.levels, told.low.shape[1])):
            some = np.flatnonzero(sets[:, b])
            if not len(some):
                continue
            known = np.where(low[some] == high[some], low[some], np.nan)
            logs = self._level_logs(normals, slice(k, k + 1), told[some], b, known)[:, :, 0]
            codes[some, b] = chosen(logs, rng)[:, 0]
            for ends in (low, high):
                _place(ends, block, np.where(sets[:, b], codes[:, b], UNKNOWN))
        return codes

    def _level_logs(
        self, normals: GivenNormals, classes: slice, told: Evidence, b: int, known: np.ndarray
    ) -> np.ndarray:
        """Logarithms (n, L, K) of a level's share times the density of what is `known` (n, D)
        given it, in some classes; -inf of levels that are not allowed.
        """
        block = blocks_of(self.levels)[b]
        within = blocks_of(self.levels, told.low.shape[1])[b]
        allowed, shares = told.allowed[:, block], self.shares[classes, block]
        logs = np.full((len(known), self.levels[b], len(shares)), -np.inf)
        alone = np.full((1, known.shape[1]), np.nan)
        for level in np.flatnonzero(allowed.any(axis=0)):
            some = allowed[:, level]
            own = known[some]
            for rows in (own, alone):
                _place(rows, within, np.full(len(rows), level))
            density = normals.log_density(own) - normals.log_density(alone)
            logs[some, level] = density + _log(shares[:, level])
        return logs

    def _place_levels(self, rows: np.ndarray, codes: np.ndarray, k: int) -> None:
        """Levels (n, B), and of unknown ones the largest of shifted columns, one-hot in `rows`."""
        first = rows.shape[1] - sum(self.levels)
        scale, shifts = deviations(self.normals.covariance[k]), self.normals.shifts[k]
        for b, block in enumerate(blocks_of(self.levels, first)):
            largest = (rows[:, block] / scale[block] + shifts[block]).argmax(axis=1)
            _place(rows, block, np.where(codes[:, b] == UNKNOWN, largest, codes[:, b]))

    # Classes

    def classes(
        self, rng: np.random.Generator, evidence: Evidence, frequencies: np.ndarray
    ) -> np.ndarray:
        """Classes (n,) given evidence; without it they have these `frequencies` (C,).

        Known levels count by their shares in a class, blocks for themselves, and numbers by their
        density given these.
        """
        normals = GivenNormals(self.normals.mean, self.normals.covariance)
        told = of_present(evidence, self.absent, self.lacking)
        low, high = self._ends(told)
        first = told.low.shape[1]
        known = np.where(low == high, low, np.nan)
        weights = np.tile(_log(frequencies), (len(told), 1))
        if self.levels:
            levels = known.copy()
            levels[:, :first] = np.nan
            weights -= normals.log_density(levels)
        sets, every = self._sets(told), slice(None)
        for b, block in enumerate(blocks_of(self.levels)):
            codes = told.codes[:, b]
            there = codes != UNKNOWN
            weights[there] += _log(self.shares[:, block]).T[codes[there]]
            some = np.flatnonzero(sets[:, b])
            if len(some):
                logs = self._level_logs(normals, every, told[some], b, known[some])
                weights[some] += np.logaddexp.reduce(logs, axis=1)
                weights[some] -= normals.log_density(known[some])
        return normals.draw(weights, low, high, rng).components


def _place(rows: np.ndarray, block: slice, codes: np.ndarray) -> None:
    """Put known levels (n,) one-hot into the columns of a block of `rows` (n, D)."""
    told = codes != UNKNOWN
    rows[told, block] = codes[told, None] == np.arange(block.stop - block.start)


def _log(shares: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(shares, _LEAST)))
