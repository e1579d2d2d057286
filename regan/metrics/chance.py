"""What chance alone does to the metrics of an evaluation, and what a useless sample reaches.

How much worse than their floor fresh real rows come out was measured: evaluations of n rows and as
many fresh ones, n = 10, 30, 140 and 400, of normal columns (1, 2, 10 and 50), lognormal and mixed
ones, a ring of Gaussians, and the iris, wine, breast cancer and digits data, 574 in all. The
scatter of a metric falls as 1 / sqrt(n), that of the two squared distances as 1 / n in proportion
to the `Scale.spread` of their distances or kernels; the scatter of the other distances is
proportional to the root of spread and mean distance. With few rows, whose scale is uncertain, all
are larger. The factors of `chance_of` are about the 99 % quantiles over these evaluations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from regan.metrics.membership import Membership
from regan.metrics.pairs import Pair, distances

_FACTORS: Mapping[str, float] = {
    "two_sample_score": 0.7,
    "precision": 0.7,
    "recall": 0.5,
    "density": 1.7,
    "coverage": 0.42,
    "energy_distance": 4.3,
    "mmd": 4.4,
    "sliced_wasserstein": 1.5,
    "wasserstein": 1.7,
    "classifier_accuracy": 1.1,
    "distance_ratio": 0.75,
}
_FEW = 20
_SPREAD = 500
REPEATS = 3
"""Over how many random halves the measured metrics were averaged."""
_ONE_IN = 100
_ERRORS = 3.0
_SAME, _APART = 1.0, float(np.exp(-0.5))
"""Kernels of mmd: of equal rows, and of rows at the median distance."""
_RARE = 5.0
_SQUARED = ("energy_distance", "mmd")


@dataclass(frozen=True)
class Scale:
    """What decides how large distances and their scatter are.

    Attributes
    ----------
    n_rows : int
        How many rows of each sample are compared.
    n_columns : int
    length : float
        The mean distance between a real row and a generated one.
    spread, kernel_spread : float
        Of the distances among real rows, and of their kernels in the discrepancy: see
        `spread_of`.
    n_repeats : int
        Over how many random halves a metric is averaged.
    """

    n_rows: int
    n_columns: int
    length: float
    spread: float
    kernel_spread: float
    n_repeats: int

    @classmethod
    def of(cls, pair: Pair, n_repeats: int) -> Scale:
        """Of two samples; of many rows, 500 tell the spread."""
        rows = pair.real.rows
        among = distances(rows[:_SPREAD])
        typical = float(np.median(among[np.triu_indices(len(among), 1)])) or float(among.mean())
        kernels = np.exp(-0.5 * (among / max(typical, np.finfo(float).tiny)) ** 2)
        return cls(
            n_rows=len(rows),
            n_columns=rows.shape[1],
            length=pair.mean_length,
            spread=spread_of(among),
            kernel_spread=spread_of(kernels),
            n_repeats=n_repeats,
        )

    @property
    def projected(self) -> float:
        """The mean distance along a random direction."""
        half = self.n_columns / 2
        return self.length * float(np.exp(gammaln(half) - gammaln(half + 0.5)) / np.sqrt(np.pi))


def spread_of(values: np.ndarray) -> float:
    """The root mean square of a matrix (n, n) less the means of its rows and of its columns.

    Of distances this is the root of the distance variance of Szekely, Rizzo and Bakirov, 2007
    (Annals of Statistics 35). The standard deviation of the energy distance between two samples of
    n rows of one distribution is sqrt(8) / n times it.
    """
    means = values.mean(axis=0)
    return float(np.sqrt(np.mean((values - means - means[:, None] + means.mean()) ** 2)))


def chance_of(name: str, scale: Scale) -> float:
    """How much worse than its floor a metric of fresh rows comes out in 1 of 100 evaluations."""
    n = scale.n_rows
    chance = _FACTORS[name] * (1 + _FEW / n) / (n if name in _SQUARED else np.sqrt(n))
    relative = np.sqrt(scale.spread / scale.length) if scale.length > 0 else 0.0
    units = {
        "energy_distance": scale.spread,
        "mmd": scale.kernel_spread,
        "sliced_wasserstein": relative * scale.projected,
        "wasserstein": relative * scale.length,
    }
    fewer = np.sqrt(max(REPEATS / scale.n_repeats, 1))
    return float(chance * units.get(name, 1.0) * fewer)


def gap_of(name: str, worse: float, floor: float, scale: Scale) -> float:
    """How much worse than its floor a metric is, as a share of the way to a useless sample.

    That has shares of 0, and an accuracy of 1. Distances are those of rows matched at random; of
    squared ones, the energy distance is at most twice the mean distance, and the squared
    discrepancy about 0.8 for two samples of equal rows each. Shares of these have the root taken.
    """
    ways = {
        "classifier_accuracy": 1 - floor,
        "energy_distance": 2 * scale.length,
        "mmd": 2 * (_SAME - _APART),
        "sliced_wasserstein": scale.projected,
        "wasserstein": scale.length,
    }
    gap = share(worse, ways.get(name, abs(floor)))
    return float(np.sqrt(gap)) if name in _SQUARED else gap


def share(worse: float, way: float) -> float:
    """``worse / way``, from 0 to 1."""
    return float(np.clip(worse / way, 0, 1)) if way > 0 else float(worse > 0)


def chance_of_missing(name: str, missing: np.ndarray, n_rows: int) -> float:
    """As `chance_of`, of shares and patterns of missing cells; missing : mask (n, C).

    Of shares, by their variance and over all columns; of patterns, whose total variation one row
    changes by 1 / n, by the bounded differences.
    """
    if name == "missing_patterns":
        return float(np.sqrt(np.log(_ONE_IN) / n_rows))
    shares = np.clip(missing.mean(axis=0), 1 / n_rows, 1 - 1 / n_rows)
    variance = 2 * float((shares * (1 - shares)).max()) / n_rows
    return float(np.sqrt(2 * np.log(2 * missing.shape[1] * _ONE_IN) * variance))


def chance_of_nearer(n_train: int, n_fake: int, n_holdout: int) -> float:
    """As `chance_of`, of ``nearer_to_training``.

    Of 1,080 samples of 1 to 10 normal columns, of 8 to 1,000 rows, 3 were above it.
    """
    return float(np.sqrt(1 / n_train + 1 / n_fake + 1 / n_holdout))


def chances_of_membership(found: Membership) -> dict[str, float]:
    """As `chance_of`, of what membership inference finds: as its warnings, three standard errors.

    Of true positives at few false ones, 5 standard deviations of rare events, which 2 in 1,000
    samples of normal columns exceeded; of repeated rows, what the test against fresh ones says.
    """
    n, h = found.n_train, found.n_holdout
    by_chance = float(np.sqrt((n + h + 1) / (12 * n * h)))
    rare = _RARE * float(np.sqrt((1 / n + 1 / h) / _ONE_IN))
    return {
        "membership_distance": _ERRORS * max(found.distance.std_error, by_chance),
        "membership_density": _ERRORS * max(found.density.std_error, by_chance),
        "true_positives_distance": rare,
        "true_positives_density": rare,
        "nearly_repeated": 0.0 if found.is_repeated else 1.0,
    }
