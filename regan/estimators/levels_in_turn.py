"""Levels drawn one after the other given numbers and levels, by discriminants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from regan.data.conditions.evidence import UNKNOWN
from regan.data.lacking import blocks_of
from regan.mixtures.conditional_normals import JointNormals
from regan.mixtures.drawn import chosen
from regan.mixtures.given_normals import GivenNormals

_LEAST = 1e-6
_PIECE = 2**20
MODE = "location"


@dataclass(frozen=True, eq=False)
class Rest:
    """Normal columns that are left when others are known: means (n, u), a covariance (u, u).

    Attributes
    ----------
    columns : int array of shape (u,)
    means : array of shape (n, u)
    covariance : array of shape (u, u)
    """

    columns: np.ndarray
    means: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of_all(cls, normals: JointNormals, n: int) -> Self:
        """Nothing is known of `n` rows of a single normal distribution."""
        means = np.broadcast_to(normals.means, (n, normals.means.shape[1]))
        return cls(np.arange(means.shape[1]), means, normals.covariances[0])

    def log_density(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Of any of some values (L, c) of `columns` (c,) in each row, (n, L)."""
        own = np.searchsorted(self.columns, columns)
        off = (values - self.means[:, None, own]).reshape(-1, len(own))
        normals = JointNormals(np.zeros((1, len(own))), self.covariance[None, own[:, None], own])
        found = normals.given(off, np.arange(len(own)), np.arange(0)).log_density
        return np.asarray(found.reshape(len(self.means), len(values)))

    def knowing(self, columns: np.ndarray, values: np.ndarray) -> Rest:
        """What is left when `columns` (c,) of the rows are known to be `values` (n, c)."""
        own = np.searchsorted(self.columns, columns)
        rest = np.delete(np.arange(len(self.columns)), own)
        normals = JointNormals(np.zeros((1, len(self.columns))), self.covariance[None])
        given = normals.given(values - self.means[:, own], own, rest)
        return Rest(self.columns[rest], self.means[:, rest] + given.means[0], given.covariances[0])


@dataclass(frozen=True, eq=False)
class LevelsInTurn:
    r"""Draws levels of a normal distribution of columns, among which are those of levels, one-hot.

    One block after the other, given numbers x and the levels c that are known or drawn already,

    .. math:: P(l \mid x, c) \propto p_l(c) \, \frac{N(e_l \mid x, c)}{N(e_l \mid c)}

    with the row :math:`e_l` that is 1 at the level, and its share among rows of the levels c,
    :math:`p_l(c) = E(e_l \mid c)`, which is the one in the data as far as blocks add up. The
    quotient is that of the densities of x given the level: the discriminant of linear discriminant
    analysis, and of the general location model (Olkin and Tate, 1961).

    Attributes
    ----------
    normals : GivenNormals
        Of one component.
    shares : array of shape (sum L,)
    sizes : tuple of int
        Those of the blocks, the last columns.
    order : sequence of int
        In which blocks are drawn.
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
        """Levels (n, B): `codes`, in which those that are asked for are drawn."""
        codes = codes.copy()
        for rows in self._alike(values, asked):
            rest, told = self._rests(values[rows])
            for b in self.order:
                if asked[rows[0], b]:
                    logs = self._logs(rest, told, b, allowed[rows])
                    codes[rows, b] = chosen(logs, rng)[:, 0]
                    columns, units = self._units(b)
                    rest, told = (r.knowing(columns, units[codes[rows, b]]) for r in (rest, told))
        return codes

    def logs(self, values: np.ndarray, allowed: np.ndarray, b: int) -> np.ndarray:
        """Logarithms (n, L) of the chances of the levels of a block, but for a constant of the row;
        -inf of those that are not allowed. Other blocks may be unknown.
        """
        logs = np.empty((len(values), self.sizes[b]))
        for rows in self._alike(values, np.zeros((len(values), 0), dtype=bool)):
            logs[rows] = self._logs(*self._rests(values[rows]), b, allowed[rows])
        return logs

    def _logs(self, rest: Rest, told: Rest, b: int, allowed: np.ndarray) -> np.ndarray:
        block = blocks_of(self.sizes)[b]
        columns, units = self._units(b)
        logs = rest.log_density(columns, units) - told.log_density(columns, units)
        shares = self.shares[block]
        if MODE == "location":
            first = self.normals.means.shape[1] - sum(self.sizes)
            own = np.searchsorted(told.columns, columns)
            means = np.zeros((len(logs), len(shares)))
            means[:] = shares
            some = np.flatnonzero(np.isin(np.arange(first + block.start, first + block.stop), self._varying[columns]))
            change = (told.means[:, own] - self.normals.joint.means[0, columns]) * self._scale[columns]
            means[:, some] += change
            shares = means
        elif MODE == "share":
            allr = Rest.of_all(self.normals.joint, 1)
            logs = rest.log_density(columns, units) - allr.log_density(columns, units)
        logs = logs + np.log(np.maximum(shares, _LEAST))
        return np.where(allowed[:, block], logs, -np.inf)

    @property
    def _varying(self) -> np.ndarray:
        return np.flatnonzero(self.normals._varies)

    @property
    def _scale(self) -> np.ndarray:
        return self.normals.scale[self._varying]

    def _units(self, b: int) -> tuple[np.ndarray, np.ndarray]:
        """The columns (c,) of a block that vary, and what they are for each of its levels (L, c)."""
        block = blocks_of(self.sizes, self.normals.means.shape[1] - sum(self.sizes))[b]
        columns = np.flatnonzero((block.start <= self._varying) & (self._varying < block.stop))
        return columns, np.eye(self.sizes[b])[:, self._varying[columns] - block.start] / self._scale[columns]

    def _rests(self, values: np.ndarray) -> tuple[Rest, Rest]:
        """What is left of levels when all is known that is, and when levels alone are."""
        x = values[:, self._varying] / self._scale
        known, of_levels = ~np.isnan(x[0]), self._varying >= self._first
        return self._rest(x, known, of_levels), self._rest(x, known & of_levels, of_levels & ~known)

    def _rest(self, x: np.ndarray, known: np.ndarray, kept: np.ndarray) -> Rest:
        told, others = np.flatnonzero(known), np.flatnonzero(~known)
        given = self.normals.joint.given(np.clip(x[:, told], -1e100, 1e100), told, others)
        some = np.flatnonzero(kept[others])
        return Rest(others[some], given.means[0][:, some], given.covariances[0][np.ix_(some, some)])

    @property
    def _first(self) -> int:
        return self.normals.means.shape[1] - sum(self.sizes)

    def _alike(self, values: np.ndarray, asked: np.ndarray) -> Iterator[np.ndarray]:
        states = np.hstack([~np.isnan(values), asked])
        if not len(states):
            return
        packed = np.packbits(states, axis=1)
        order = np.lexsort(packed.T)
        changes = (packed[order][1:] != packed[order][:-1]).any(axis=1)
        step = max(1, _PIECE // states.shape[1] // max(self.sizes, default=1))
        for rows in np.split(order, np.flatnonzero(changes) + 1):
            for start in range(0, len(rows), step):
                yield rows[start : start + step]
