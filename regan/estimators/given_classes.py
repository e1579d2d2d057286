"""Rows of normal distributions by class, given some cells: numbers, levels, intervals, sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import softmax

from regan.data.conditions.evidence import UNKNOWN, Evidence
from regan.data.conditions.missing import of_present
from regan.data.lacking import Lacking, blocks_of, in_turn
from regan.estimators.level_shifts import deviations
from regan.estimators.levels_in_turn import LevelsInTurn
from regan.estimators.made_ranks import MadeRanks
from regan.estimators.normals import Normals
from regan.mixtures.given_normals import CANDIDATES, GivenNormals

_LEAST = 1e-300
_STILL = 1e-20
_PIECE = 2**21


@dataclass(frozen=True, eq=False)
class GivenClasses:
    r"""Draws rows of normal distributions of classes given evidence.

    Numbers that are known and levels that are known, as columns of 0 and 1, condition the normal
    distribution of the others; intervals are kept as `GivenNormals` says. Levels that are not known
    are drawn one block after the other, as `LevelsInTurn` says, and are known from there on. Where
    no number and no level is known, nor a set of levels that a block may have, a level is the
    largest of its columns, as in samples.

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
        normals = GivenNormals(self.normals.mean[own], self._covariances[own])
        told = of_present(evidence, self.absent, self.lacking)
        low, high = self._ends(told)
        codes = self._chosen_levels(normals, k, told, low, high, rng)
        rows = normals.draw(np.zeros((len(told), 1)), low, high, rng).values
        self._place_levels(rows, codes, k)
        rows, p = self.ranks.applied(rows), told.low.shape[1]
        np.clip(rows[:, :p], told.low, told.high, out=rows[:, :p])
        return rows

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

    @cached_property
    def _covariances(self) -> np.ndarray:
        """Those of the classes (C, D, D), without what pooling left of columns that do not vary."""
        covariances = self.normals.covariance.copy()
        variances = np.diagonal(covariances, axis1=1, axis2=2)
        still = variances <= _STILL * variances.max(axis=0)
        covariances[still[:, :, None] | still[:, None, :]] = 0
        return covariances

    # Levels

    def _sets(self, told: Evidence) -> np.ndarray:
        """Blocks (n, B) of which several levels are allowed, and not all."""
        each = [told.allowed[:, block] for block in blocks_of(self.levels)]
        sets = [~own.all(axis=1) for own in each]
        some = np.stack(sets, axis=1) if sets else np.zeros((len(told), 0), dtype=bool)
        return np.asarray(some & (told.codes == UNKNOWN))

    def _drawn(self, told: Evidence) -> np.ndarray:
        """Blocks (n, B) whose levels are drawn given what is known: those that may have several, in
        rows of which anything is known but intervals.
        """
        unknown = told.codes == UNKNOWN
        some = ~np.isnan(told.numbers).all(axis=1) | ~unknown.all(axis=1)
        some |= self._sets(told).any(axis=1)
        return np.asarray(unknown & some[:, None])

    def _chosen_levels(
        self,
        normals: GivenNormals,
        k: int,
        told: Evidence,
        low: np.ndarray,
        high: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """The levels (n, B) that are known or drawn, -1 for others; points in `low` and `high`.

        Beside intervals they are one of several candidates, drawn without regard to these, whose
        weight is the probability of the intervals given them.
        """
        codes, asked = told.codes.copy(), self._drawn(told)
        some = np.flatnonzero(asked.any(axis=1))
        ranged = (low < high) & (np.isfinite(low) | np.isfinite(high))
        beside = ranged[some].any(axis=1)
        for which, m in ((some[~beside], 1), (some[beside], CANDIDATES)):
            step = max(1, _PIECE // (m * low.shape[1]))
            for start in range(0, len(which), step):
                rows = which[start : start + step]
                ends = low[rows], high[rows]
                codes[rows] = self._drawn_levels(normals, k, told[rows], asked[rows], ends, m, rng)
        self._place_drawn((low, high), codes, asked)
        return codes

    def _drawn_levels(
        self,
        normals: GivenNormals,
        k: int,
        told: Evidence,
        asked: np.ndarray,
        ends: tuple[np.ndarray, np.ndarray],
        m: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """The levels (n, B) of one of `m` candidates for each row."""
        own, (low, high) = np.repeat(np.arange(len(told)), m), ends
        known = np.where(low == high, low, np.nan)[own]
        in_turn = self._levels_in_turn(normals, k)
        codes = in_turn.draw(known, told.codes[own], told.allowed[own], asked[own], rng)
        if m == 1:
            return codes
        each = np.column_stack([own, codes])
        kinds, counts = np.unique(each, axis=0, return_counts=True)
        own, codes = kinds[:, 0], kinds[:, 1:]
        low, high = low[own], high[own]
        self._place_drawn((low, high), codes, asked[own])
        density, mass = normals.log_masses(np.zeros((len(own), 1)), low, high, rng)
        places = mass - density + np.log(counts) + rng.gumbel(size=len(own))
        order = np.lexsort((places, own))  # the last one of each row is drawn by its weight
        last = np.searchsorted(own, np.arange(len(told)), side="right") - 1
        return np.asarray(codes[order[last]])

    def _place_drawn(
        self, ends: tuple[np.ndarray, np.ndarray], codes: np.ndarray, asked: np.ndarray
    ) -> None:
        """Put levels (n, B) that were asked for as points into both ends (n, D)."""
        for end in ends:
            for b, block in enumerate(blocks_of(self.levels, end.shape[1] - sum(self.levels))):
                _place(end, block, np.where(asked[:, b], codes[:, b], UNKNOWN))

    def _levels_in_turn(self, normals: GivenNormals, k: int) -> LevelsInTurn:
        order = [b for b, _ in in_turn(self.lacking)]
        return LevelsInTurn(normals, self.shares[k], self.levels, order)

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
        normals = GivenNormals(self.normals.mean, self._covariances)
        told = of_present(evidence, self.absent, self.lacking)
        low, high = self._ends(told)
        weights = self._class_weights(normals, told, np.where(low == high, low, np.nan))
        return normals.draw(weights + _log(frequencies), low, high, rng).components

    def _class_weights(
        self, normals: GivenNormals, told: Evidence, known: np.ndarray
    ) -> np.ndarray:
        """Logarithms (n, C) of what classes count by levels, beside the density of what is `known`
        (n, D).
        """
        weights = np.zeros((len(told), len(self.shares)))
        if self.levels:
            levels = known.copy()
            levels[:, : told.low.shape[1]] = np.nan
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
        return weights

    # Chances

    def chances(self, evidence: Evidence, b: int, frequencies: np.ndarray) -> np.ndarray | None:
        """The chances (n, L) of the levels of block `b` given what is known; None if there are
        ranges, or sets of levels of other blocks.

        frequencies : of classes (n, C) or (C,), before anything is known.
        """
        told = of_present(evidence, self.absent, self.lacking)
        low, high = self._ends(told)
        ranged = (low < high) & (np.isfinite(low) | np.isfinite(high))
        if ranged.any() or np.delete(self._sets(told), b, axis=1).any():
            return None
        known = np.where(low == high, low, np.nan)
        normals = GivenNormals(self.normals.mean, self._covariances)
        logs = self._class_weights(normals, told, known) + normals.log_density(known)
        classes = softmax(logs + _log(frequencies), axis=1)
        known[:, blocks_of(self.levels, told.low.shape[1])[b]] = np.nan
        total = np.zeros((len(told), self.levels[b]))
        for k, share in enumerate(classes.T):
            own = GivenNormals(normals.means[k : k + 1], normals.covariances[k : k + 1])
            chances = self._levels_in_turn(own, k).chances(known, told.allowed, b)
            total += share[:, None] * chances
        return total


def _place(rows: np.ndarray, block: slice, codes: np.ndarray) -> None:
    """Put known levels (n,) one-hot into the columns of a block of `rows` (n, D)."""
    told = codes != UNKNOWN
    rows[told, block] = codes[told, None] == np.arange(block.stop - block.start)


def _log(shares: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(shares, _LEAST)))
