"""Levels given numbers and levels, by discriminants: chances, and draws of one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from regan.data.lacking import blocks_of
from regan.mixtures.conditional_normals import JointNormals
from regan.mixtures.drawn import chosen
from regan.mixtures.given_normals import MOST, GivenNormals, alike

_LEAST = 1e-6
_PIECE = 2**20


@dataclass(frozen=True, eq=False)
class _Left:
    """Normal columns that are left when others are known.

    Attributes
    ----------
    columns : int array of shape (u,)
        In ascending order.
    means : array of shape (n, u)
    covariance : array of shape (u, u)
    """

    columns: np.ndarray
    means: np.ndarray
    covariance: np.ndarray

    def log_density(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Of each of some values (L, c) of `columns` (c,), in each row: (n, L)."""
        own = np.searchsorted(self.columns, columns)
        off = (values - self.means[:, None, own]).reshape(-1, len(own))
        normals = _centred(self.covariance[np.ix_(own, own)])
        given = normals.given(off, np.arange(len(own)), np.arange(0))
        return np.asarray(given.log_density.reshape(len(self.means), len(values)))

    def knowing(self, columns: np.ndarray, values: np.ndarray) -> _Left:
        """What is left when `columns` (c,) are known to be `values` (n, c)."""
        own = np.searchsorted(self.columns, columns)
        rest = np.delete(np.arange(len(self.columns)), own)
        given = _centred(self.covariance).given(values - self.means[:, own], own, rest)
        means = self.means[:, rest] + given.means[0]
        return _Left(self.columns[rest], means, given.covariances[0])


def _centred(covariance: np.ndarray) -> JointNormals:
    return JointNormals(np.zeros((1, len(covariance))), covariance[None])


@dataclass(frozen=True, eq=False)
class LevelsInTurn:
    r"""Levels of a normal distribution, among whose columns are those of levels, one-hot.

    Given numbers x and the levels c of other blocks,

    .. math:: P(l \mid x, c) \propto E(e_l \mid c) \, \frac{N(e_l \mid x, c)}{N(e_l \mid c)}

    with the row :math:`e_l` that is 1 at the level. Its mean given c is the share of the level, as
    in the data if c is of one block, and as if shares of blocks added up if it is of several. The
    quotient is :math:`N(x \mid e_l, c)` but for a constant: the discriminant of linear discriminant
    analysis. Together they are the general location model (Olkin and Tate, 1961).

    Attributes
    ----------
    normals : GivenNormals
        Of one component.
    shares : array of shape (sum L,)
        Of the levels where nothing is known.
    sizes : tuple of int
        Those of the blocks, which are the last columns.
    order : sequence of int
        In which the levels of blocks are drawn, each given those before.
    """

    normals: GivenNormals
    shares: np.ndarray
    sizes: tuple[int, ...]
    order: Sequence[int]

    def draw(
        self,
        values: np.ndarray,
        codes: np.ndarray,
        allowed: np.ndarray,
        asked: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Levels (n, B): `codes`, and drawn ones in their place where they are asked for.

        Parameters
        ----------
        values : array of shape (n, D)
            What is known, NaN elsewhere.
        codes : int array of shape (n, B)
        allowed : bool array of shape (n, sum L)
        asked : bool array of shape (n, B)
        rng : Generator
        """
        codes = codes.copy()
        for rows in self._alike(values, asked):
            of_all, of_levels = self._left(values[rows])
            blocks = [b for b in self.order if asked[rows[0], b]]
            for b in blocks:
                logs = self._logs(of_all, of_levels, b, allowed[rows])
                codes[rows, b] = chosen(logs, rng)[:, 0]
                if b != blocks[-1]:
                    columns, units = self._units[b]
                    drawn = units[codes[rows, b]]
                    of_all = of_all.knowing(columns, drawn)
                    of_levels = of_levels.knowing(columns, drawn)
        return codes

    def chances(self, values: np.ndarray, allowed: np.ndarray, b: int) -> np.ndarray:
        """The chances (n, L) of the levels of block `b`, of which nothing is known in `values`."""
        logs = np.empty((len(values), self.sizes[b]))
        for rows in self._alike(values, np.zeros((len(values), 0), dtype=bool)):
            logs[rows] = self._logs(*self._left(values[rows]), b, allowed[rows])
        chances = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def _logs(self, of_all: _Left, of_levels: _Left, b: int, allowed: np.ndarray) -> np.ndarray:
        """Logarithms (n, L) of the chances, but for a constant of each row."""
        columns, units = self._units[b]
        quotient = of_all.log_density(columns, units) - of_levels.log_density(columns, units)
        moved = of_levels.means[:, np.searchsorted(of_levels.columns, columns)]
        moved = (moved - self.normals.joint.means[0, columns]) * self._scale[columns]
        block = blocks_of(self.sizes)[b]
        shares = np.tile(self.shares[block], (len(quotient), 1))
        shares[:, self._varying[columns] - self._first - block.start] += moved
        logs = quotient + np.log(np.maximum(shares, _LEAST))
        return np.where(allowed[:, block], logs, -np.inf)

    # Columns that vary, by their places among these, on the scale on which they are distributed

    @cached_property
    def _varying(self) -> np.ndarray:
        return np.flatnonzero(self.normals.varies)

    @cached_property
    def _scale(self) -> np.ndarray:
        return np.asarray(self.normals.scale[self._varying])

    @property
    def _first(self) -> int:
        """The first column of levels."""
        return int(self.normals.means.shape[1]) - sum(self.sizes)

    @cached_property
    def _units(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Of each block its columns (c,), and what they are for each of its levels, (L, c)."""
        found = []
        for size, block in zip(self.sizes, blocks_of(self.sizes, self._first), strict=True):
            columns = np.flatnonzero((block.start <= self._varying) & (self._varying < block.stop))
            units = np.eye(size)[:, self._varying[columns] - block.start]
            found.append((columns, units / self._scale[columns]))
        return found

    def _left(self, values: np.ndarray) -> tuple[_Left, _Left]:
        """Levels given all that is known of rows, the same columns in each, and given levels alone.

        values : (n, D)
        """
        known, levels = ~np.isnan(values[0, self._varying]), self._varying >= self._first
        x = np.clip(values[:, self._varying] / self._scale, -MOST, MOST)
        lefts = []
        for told in (known, known & levels):
            own, others = np.flatnonzero(told), np.flatnonzero(~told)
            given = self.normals.joint.given(x[:, own], own, others)
            some = np.flatnonzero(levels[others])
            covariance = given.covariances[0][np.ix_(some, some)]
            lefts.append(_Left(others[some], given.means[0][:, some], covariance))
        return lefts[0], lefts[1]

    def _alike(self, values: np.ndarray, asked: np.ndarray) -> Iterator[np.ndarray]:
        """Positions of rows of which the same is known and asked for, a few at a time."""
        states = np.hstack([~np.isnan(values), asked]).astype(np.int64)
        step = max(1, _PIECE // (states.shape[1] * max(self.sizes)))
        for _, rows in alike(states):
            for start in range(0, len(rows), step):
                yield rows[start : start + step]
