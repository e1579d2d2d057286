"""Numbers of mixtures of normal distributions, drawn given some of them and intervals of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax, logsumexp

from regan.mixtures.conditional_normals import Conditional, JointNormals
from regan.mixtures.drawn import Drawn, Elsewhere, chosen
from regan.mixtures.interval_moments import masses_by_moments
from regan.mixtures.truncated import draw_within, log_mass

CANDIDATES = 64
"""So many candidates of a row with several intervals, of which one is taken."""

_SELDOM = 0.1
_PIECE = 2**21
MOST = 1e100
"""Known numbers that are farther out, in deviations, are there."""
_TINY = 1e-150


@dataclass(frozen=True, eq=False)
class GivenNormals:
    r"""Mixtures of K multivariate normal distributions, of which some numbers are known.

    Given the known numbers each component is normal again, and has a new weight. Intervals of
    other numbers are kept by drawing one after the other from its truncated distribution given
    those before (GHK: Geweke, 1989; Hajivassiliou and McFadden, 1998; Keane, 1994): with the root
    L of the covariance that is left and the ends a and b less the mean,

    .. math::

        \eta_j \sim N(0, 1) \;\text{within}\;
        \frac{(a_j, b_j) - \sum_{i<j} L_{ji} \eta_i}{L_{jj}} .

    The product of the probabilities of these intervals is an unbiased estimate of that of all of
    them. So of 64 candidates one is taken with its product, over what it was taken for, as weight.
    Their components are drawn by approximate probabilities, for which what is left after each
    interval counts as normal (Mendell and Elston, 1974), and one time in ten as if the least
    probable interval implied all others, which is the most that can be. With one interval all
    weights are equal, and a single candidate is drawn from the distribution itself.

    Attributes
    ----------
    means : array of shape (K, P)
    covariances : array of shape (K, P, P)
        They may be singular.
    """

    means: np.ndarray
    covariances: np.ndarray

    def draw(
        self,
        log_weights: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        rng: np.random.Generator,
        elsewhere: Mapping[int, Elsewhere] | None = None,
    ) -> Drawn:
        """Rows whose numbers lie from `low` to `high` (n, P): known ones where these are equal.

        Parameters
        ----------
        log_weights : array of shape (n, K)
            Logarithms of the weights of the components, finite.
        low, high : arrays of shape (n, P)
            Infinite where there is no end.
        rng : Generator
        elsewhere : mapping of columns to `Elsewhere`
        """
        drawn, each = Drawn.empty(*low.shape), elsewhere or {}
        for rows, task in self._tasks(log_weights, low, high, rng):
            own = {j: Elsewhere(*(a[rows] for a in other)) for j, other in each.items()}
            task.place(drawn, rows, own)
        same = low == high
        drawn.values[same] = low[same]
        still = ~self.varies & ~same
        drawn.values[still] = np.clip(drawn.values, low, high)[still]
        return drawn

    def log_masses(
        self,
        log_weights: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The logarithm of the density of the known numbers, with the weights, and of that times
        the probability of the intervals: (n,) each.

        The latter is an unbiased estimate where a row has several intervals.
        """
        densities, masses = np.zeros(len(low)), np.zeros(len(low))
        for rows, task in self._tasks(log_weights, low, high, rng):
            densities[rows] = task.log_density
            masses[rows] = task.ranged({}).log_mass
        return densities, masses

    def _tasks(
        self,
        log_weights: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        rng: np.random.Generator,
    ) -> Iterator[tuple[np.ndarray, _Task]]:
        """Rows in which the same columns are known, and ranged, a few at a time."""
        states = np.where(low == high, _KNOWN, np.isfinite(low) | np.isfinite(high))
        states[:, ~self.varies] = _FREE
        for pattern, rows in alike(states):
            r = int((pattern == _RANGED).sum())
            each = max(CANDIDATES, len(self.means)) * r * r if r > 1 else 1
            step = max(1, _PIECE // max(each, self.means.size))
            for start in range(0, len(rows), step):
                own = rows[start : start + step]
                yield own, _Task(self, pattern, log_weights[own], low[own], high[own], rng)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Of known numbers (n, P), NaN where there are none, in each component: (n, K)."""
        density = np.zeros((len(values), len(self.means)))
        varies = np.flatnonzero(self.varies)
        scaled = np.clip(values[:, varies] / self.scale[varies], -MOST, MOST)
        for pattern, rows in alike(~np.isnan(scaled)):
            known, rest = np.flatnonzero(pattern), np.flatnonzero(~pattern)
            given = self.joint.given(scaled[np.ix_(rows, known)], known, rest)
            density[rows] = given.log_density.T - np.log(self.scale[varies[known]]).sum()
        return density

    @cached_property
    def varies(self) -> np.ndarray:
        """Which columns (P,) vary in any component."""
        return np.asarray((self._variances > 0).any(axis=0))

    @property
    def _variances(self) -> np.ndarray:
        return np.diagonal(self.covariances, axis1=1, axis2=2)

    @cached_property
    def scale(self) -> np.ndarray:
        """The deviations (P,) within components on average; 1 of what does not vary."""
        return np.sqrt(np.where(self.varies, self._variances.mean(axis=0), 1.0))

    @cached_property
    def joint(self) -> JointNormals:
        """The distributions in these units, of the columns that vary."""
        some = np.flatnonzero(self.varies)
        scale = self.scale[some]
        covariances = self.covariances[:, some[:, None], some] / np.outer(scale, scale)
        return JointNormals(self.means[:, some] / scale, covariances)


_FREE, _RANGED, _KNOWN = 0, 1, 2


def alike(states: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The different rows of `states` (n, P), of 0, 1 and 2, and the positions of equal ones."""
    if not len(states):
        return
    packed = np.packbits(np.hstack([states == 1, states == 2]), axis=1)
    room = -packed.shape[1] % 8 or 8 * (not packed.shape[1])
    words = np.ascontiguousarray(np.pad(packed, ((0, 0), (0, room)))).view(np.uint64)
    order = np.lexsort(words.T)
    changes = (words[order][1:] != words[order][:-1]).any(axis=1)
    for rows in np.split(order, np.flatnonzero(changes) + 1):
        yield states[rows[0]], rows


class _Ranged(NamedTuple):
    """Components (n,) and standard normal numbers (n, r) of columns with intervals, in an order
    (r,), whether these numbers are in them, and the probability of all (n,).
    """

    components: np.ndarray
    noise: np.ndarray
    inside: np.ndarray
    order: np.ndarray
    log_mass: np.ndarray


class _Task:
    """Rows in which the same columns are known and the same ones have intervals."""

    def __init__(
        self,
        normals: GivenNormals,
        pattern: np.ndarray,
        log_weights: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        self._normals, self._rng = normals, rng
        varies = np.flatnonzero(normals.varies)
        states, scale = pattern[varies], normals.scale[varies]
        known, ranged, free = (np.flatnonzero(states == s) for s in (_KNOWN, _RANGED, _FREE))
        self._columns = varies[np.concatenate([ranged, free])]
        self._n_ranged = len(ranged)
        x = np.clip(low[:, varies[known]] / scale[known], -MOST, MOST)
        self._given: Conditional = normals.joint.given(x, known, np.concatenate([ranged, free]))
        density = self._given.log_density.T - np.log(scale[known]).sum()
        self._weights = log_weights + density
        own = varies[ranged]
        self._low, self._high = low[:, own] / scale[ranged], high[:, own] / scale[ranged]
        self._ends = low[:, own], high[:, own]

    @property
    def log_density(self) -> np.ndarray:
        """Of what is known, with the weights (n,)."""
        return np.asarray(logsumexp(self._weights, axis=1))

    def ranged(self, elsewhere: Mapping[int, Elsewhere]) -> _Ranged:
        """The components and the numbers that have intervals."""
        n, r = len(self._weights), self._n_ranged
        if not r:
            none = np.zeros((n, 0))
            components = chosen(self._weights, self._rng)[:, 0]
            return _Ranged(components, none, none.astype(bool), np.arange(0), self.log_density)
        alone, both = self._masses(elsewhere)
        shares = self._weights + both.sum(axis=2)
        order = np.argsort(both.mean(axis=(0, 1)), kind="stable")  # the most seldom one first
        asked = log_softmax(shares, axis=1) if r == 1 else self._expected(both, order, elsewhere)
        components = chosen(asked, self._rng, CANDIDATES if r > 1 else 1)
        picked, cases = self._cases(components, alone, both, elsewhere)
        noise, weights = self._sequential(components, cases, order)
        weights -= np.where(cases, picked, 0.0).sum(axis=2)
        weights += np.take_along_axis(shares - asked, components, axis=1)
        best = np.arange(n), chosen(weights, self._rng)[:, 0]
        log_mass = logsumexp(weights, axis=1) - np.log(weights.shape[1])
        return _Ranged(components[best], noise[best], cases[best], order, log_mass)

    def place(self, drawn: Drawn, rows: np.ndarray, elsewhere: Mapping[int, Elsewhere]) -> None:
        """Draw, and put into `drawn` what belongs to these rows."""
        found, r = self.ranged(elsewhere), self._n_ranged
        columns = np.concatenate([found.order, np.arange(r, len(self._columns))])
        noise = self._rng.standard_normal((len(rows), len(columns)))
        noise[:, :r] = found.noise
        values = self._given.means[found.components, np.arange(len(rows))][:, columns]
        used = np.unique(found.components)
        for k, root in zip(used, self._given.roots(used, columns), strict=True):
            own = found.components == k
            values[own] += noise[own] @ root.T
        columns = self._columns[columns]
        values *= self._normals.scale[columns]
        low, high = (end[:, found.order] for end in self._ends)
        inside = found.inside[:, found.order]
        values[:, :r] = np.where(inside, np.clip(values[:, :r], low, high), values[:, :r])
        drawn.components[rows] = found.components
        drawn.values[np.ix_(rows, columns)] = values
        drawn.inside[np.ix_(rows, columns[:r])] = inside
        self._still(drawn, rows, found.components)

    def _still(self, drawn: Drawn, rows: np.ndarray, components: np.ndarray) -> None:
        """What does not vary is its mean."""
        still = np.flatnonzero(~self._normals.varies)
        drawn.values[np.ix_(rows, still)] = self._normals.means[np.ix_(components, still)]

    def _masses(self, elsewhere: Mapping[int, Elsewhere]) -> tuple[np.ndarray, np.ndarray]:
        """Logarithms (n, K, r) of the probability of each interval alone, and with what else the
        number may be.
        """
        r = self._n_ranged
        means = self._given.means[:, :, :r].swapaxes(0, 1)
        deviations = self._given.deviations[:, :r]
        with np.errstate(over="ignore"):
            ends = ((end[:, None] - means) / deviations for end in (self._low, self._high))
            alone = log_mass(*ends)
        both = alone.copy()
        for j, column in enumerate(self._columns[:r]):
            if column in elsewhere:
                outside, within = elsewhere[column]
                both[:, :, j] = np.logaddexp(outside, within + alone[:, :, j])
        return alone, both

    def _expected(
        self, both: np.ndarray, order: np.ndarray, elsewhere: Mapping[int, Elsewhere]
    ) -> np.ndarray:
        """Logarithms (n, K) of the probabilities by which to draw components of candidates."""
        means = self._given.means[:, :, order].swapaxes(0, 1)
        covariances = self._given.covariances[:, order[:, None], order]
        ends = self._low[:, order], self._high[:, order]
        others = [elsewhere.get(int(j)) for j in self._columns[order]]
        total = masses_by_moments(means, covariances, ends, others)
        likely = log_softmax(self._weights + total, axis=1)
        most = log_softmax(self._weights + both.min(axis=2), axis=1)
        return np.asarray(np.logaddexp(likely + np.log1p(-_SELDOM), most + np.log(_SELDOM)))

    def _cases(
        self,
        components: np.ndarray,
        alone: np.ndarray,
        both: np.ndarray,
        elsewhere: Mapping[int, Elsewhere],
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of candidates (n, m): what each interval was taken for (n, m, r), and whether the number
        is in it.
        """
        rows = np.arange(len(components))[:, None]
        picked = alone[rows, components]
        cases = np.ones(picked.shape, dtype=bool)
        for j, column in enumerate(self._columns[: self._n_ranged]):
            if column in elsewhere:
                within = elsewhere[column].inside[rows, components] + picked[:, :, j]
                share = np.exp(within - both[rows, components, j])
                cases[:, :, j] = self._rng.random(share.shape) < share
        return picked, cases

    def _sequential(
        self, components: np.ndarray, cases: np.ndarray, order: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Normal numbers (n, m, r) that keep to the intervals, and the logarithm (n, m) of the
        product of their probabilities.
        """
        n, m, r = cases.shape
        means = self._given.means[components, np.arange(n)[:, None]][:, :, :r]
        used = np.unique(components)
        roots = self._given.roots(used, order)[np.searchsorted(used, components)]
        noise, total = np.zeros((n, m, r)), np.zeros((n, m))
        for i, j in enumerate(order):
            before = (roots[:, :, i, :i] * noise[:, :, :i]).sum(axis=2) + means[:, :, j]
            pivot = np.maximum(roots[:, :, i, i], _TINY)
            with np.errstate(over="ignore"):
                low, high = (
                    np.where(cases[:, :, j], (end[:, None, j] - before) / pivot, none)
                    for end, none in ((self._low, -np.inf), (self._high, np.inf))
                )
            total += np.where(cases[:, :, j], log_mass(low, high), 0.0)
            noise[:, :, i] = np.clip(draw_within(low, high, self._rng), -1 / _TINY, 1 / _TINY)
        return noise, total
