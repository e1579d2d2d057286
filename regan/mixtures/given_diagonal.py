"""Independent numbers of mixtures of normal distributions, given some of them and intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from regan.mixtures.drawn import Drawn, Elsewhere, chosen
from regan.mixtures.truncated import draw_within, log_mass

_PIECE = 2**21
_MOST = 1e6
_LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class GivenDiagonal:
    """Mixtures of K normal distributions whose P columns are independent within a component.

    Given a component, an interval is that of one truncated normal variable, so that all is exact.

    Attributes
    ----------
    means, variances : arrays of shape (K, P)
    """

    means: np.ndarray
    variances: np.ndarray

    def draw(
        self,
        log_weights: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        rng: np.random.Generator,
        elsewhere: Mapping[int, Elsewhere] | None = None,
    ) -> Drawn:
        """As `GivenNormals.draw`."""
        drawn = Drawn.empty(*low.shape)
        step = max(1, _PIECE // len(self.means))
        for start in range(0, len(low), step):
            rows = slice(start, start + step)
            own = {j: Elsewhere(*(a[rows] for a in e)) for j, e in (elsewhere or {}).items()}
            self._place(drawn, rows, log_weights[rows], low[rows], high[rows], rng, own)
        return drawn

    def _place(
        self,
        drawn: Drawn,
        rows: slice,
        weights: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        rng: np.random.Generator,
        elsewhere: Mapping[int, Elsewhere],
    ) -> None:
        """Draw some rows, and put them into `drawn`."""
        known = low == high
        ranged = ~known & (np.isfinite(low) | np.isfinite(high))
        weights = weights + self._log_density(np.where(known, low, np.nan))
        deviations = np.sqrt(self.variances)
        columns = [int(j) for j in np.flatnonzero(ranged.any(axis=0))]
        for j in columns:
            own = np.flatnonzero(ranged[:, j])
            mass = log_mass(*self._ends(low, high, own, j))
            if j in elsewhere:
                mass = np.logaddexp(elsewhere[j].outside[own], elsewhere[j].inside[own] + mass)
            weights[own] += mass
        components = chosen(weights, rng)[:, 0]
        values = self.means[components] + deviations[components] * rng.standard_normal(low.shape)
        inside = drawn.inside[rows]
        for j in columns:
            own = np.flatnonzero(ranged[:, j])
            k = components[own]
            a, b = (end[np.arange(len(own)), k] for end in self._ends(low, high, own, j))
            if j in elsewhere:
                outside, within = (e[own, k] for e in elsewhere[j])
                share = np.exp(within - np.logaddexp(outside - log_mass(a, b), within))
                inside[own, j] = there = rng.random(len(own)) < share
                own, k, a, b = own[there], k[there], a[there], b[there]
            noise = draw_within(a, b, rng)
            drawn_here = self.means[k, j] + deviations[k, j] * noise
            values[own, j] = np.clip(drawn_here, low[own, j], high[own, j])
        values[known] = low[known]
        drawn.components[rows], drawn.values[rows] = components, values

    def _ends(
        self, low: np.ndarray, high: np.ndarray, rows: np.ndarray, j: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Ends of intervals of one column in deviations from the means, (n, K)."""
        with np.errstate(over="ignore"):
            a, b = (
                (end[rows, j, None] - self.means[:, j]) / np.sqrt(self.variances[:, j])
                for end in (low, high)
            )
        return a, b

    def _log_density(self, values: np.ndarray) -> np.ndarray:
        """Of known numbers (n, P), NaN where there are none: (n, K)."""
        known = ~np.isnan(values)
        x = np.clip(np.where(known, values, 0.0), -_MOST, _MOST)
        slope = self.means / self.variances
        constant = -0.5 * (self.means * slope + np.log(self.variances) + _LOG_2PI)
        density = known @ constant.T + x @ slope.T - (0.5 * x * x) @ (1 / self.variances).T
        return np.asarray(density)
