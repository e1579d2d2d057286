"""The data of `modes.py`, and what is measured of rows generated for each.

Every kind of data draws fresh rows for a seed, so training, comparison, held-out and calibration
rows have nothing in common; `Digits` has one table, which it splits. A row is of *high quality*

- on `Modes`: within `radius` of its nearest centre, which holds 98.89 % of a mode in two
  dimensions (3 sigma), and as many of the one-dimensional pair (2.54 sigma);
- on a `Curve`: within 3 sigma of the curve without noise;
- on `Cells`: inside a dark cell.

The *width ratio* is 1 for real rows: the spread of rows of high quality around their mode, or off
their curve, over the spread of real ones; of data without either, the interquartile range along
principal axes (those of 95 % of the variance) over that of real rows, as a geometric mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import KDTree
from sklearn.datasets import load_digits, make_moons, make_swiss_roll

from regan.datasets import make_checkerboard, make_grid, make_ring

NAN = float("nan")


@dataclass(frozen=True)
class Judgement:
    """Of generated rows: which are of high quality, at which mode, and how far from what."""

    good: np.ndarray  # bool (n,)
    mode: np.ndarray  # int (n,)
    offset: np.ndarray | None  # (n, d)


@dataclass(frozen=True)
class Data:
    """What all kinds of data share: so many rows of `maker`, without anything to judge them by."""

    maker: Any
    n_train: int = 5_000
    n_test: int = 10_000
    n_modes: int = 0

    def parts(self, seed: int) -> dict[str, np.ndarray]:
        """Rows to train on, to compare with, as many held out, to calibrate, real ones."""
        sizes = {"train": self.n_train, "test": self.n_test, "holdout": self.n_train}
        sizes |= {"calibration": self.n_train // 10, "real": self.n_test}
        return {
            name: self.maker(n, np.random.RandomState([seed, i]))
            for i, (name, n) in enumerate(sizes.items())
        }

    def judge(self, X: np.ndarray) -> Judgement | None:
        return None

    def modes(self, X: np.ndarray) -> dict[str, float]:
        """Modes reached, share of high quality and reverse KL, of the first 2,500 rows and all."""
        measured = {}
        for n in (2_500, 10_000):
            found = self.judge(X[:n])
            good = NAN if found is None else float(found.good.mean())
            counts = np.zeros(0) if found is None else np.bincount(found.mode[found.good])
            share = counts[counts > 0] / max(counts.sum(), 1)
            entropy = -float((share * np.log(share)).sum())
            many = self.n_modes > 1
            measured |= {
                f"modes_{n}": float(len(share)) if many else NAN,
                f"high_quality_{n}": good,
                f"reverse_kl_{n}": float(np.log(self.n_modes)) - entropy if many else NAN,
            }
        return measured

    def width(self, X: np.ndarray, real: np.ndarray) -> float:
        """The width ratio of X: its spread over that of real rows."""
        ours, theirs = self.judge(X), self.judge(real)
        if ours is None or theirs is None:
            return _range_ratio(X, real)
        if ours.offset is None or not ours.good.any():
            return NAN
        return _spread(ours) / _spread(theirs)


@dataclass(frozen=True)
class Modes(Data):
    """A mixture of equal Gaussians with the same sigma in all directions."""

    centers: Any = None
    radius: float = NAN

    def judge(self, X: np.ndarray) -> Judgement:
        distance, mode = KDTree(self.centers).query(X)
        return Judgement(distance <= self.radius, mode, X)


@dataclass(frozen=True)
class Curve(Data):
    """A curve with noise."""

    points: Any = None
    sigma: float = NAN

    def judge(self, X: np.ndarray) -> Judgement:
        distance = KDTree(self.points).query(X)[0]
        return Judgement(distance <= 3 * self.sigma, np.zeros(len(X), int), distance[:, None])

    def width(self, X: np.ndarray, real: np.ndarray) -> float:
        ours, theirs = (self.judge(rows) for rows in (X, real))
        square = [(found.offset[found.good] ** 2).mean() for found in (ours, theirs)]
        return float(np.sqrt(square[0] / square[1]))


@dataclass(frozen=True)
class Cells(Data):
    """A checkerboard."""

    centers: Any = None
    side: float = NAN

    def judge(self, X: np.ndarray) -> Judgement:
        distance, mode = KDTree(self.centers).query(X, p=np.inf)
        return Judgement(distance <= self.side / 2, mode, None)


@dataclass(frozen=True)
class Digits(Data):
    """8 x 8 digits: 1,300 to train on, 400 to compare with, 97 to calibrate.

    *Real* rows are rows of training, for want of more.
    """

    def parts(self, seed: int) -> dict[str, np.ndarray]:
        X = self.maker()[np.random.RandomState(seed).permutation(1797)]
        train, test = X[:1300], X[1300:1700]
        return {
            "train": train,
            "test": test,
            "holdout": test,
            "calibration": X[1700:],
            "real": train[:400],
        }


def _spread(found: Judgement) -> float:
    """Root mean square of offsets around the mean of their mode, over rows of high quality."""
    mode, offset = found.mode[found.good], found.offset[found.good]
    counts = np.bincount(mode)[:, None]
    sums = np.stack([np.bincount(mode, column) for column in offset.T], axis=1)
    return float(np.sqrt(((offset - (sums / np.maximum(counts, 1))[mode]) ** 2).mean()))


def _range_ratio(X: np.ndarray, real: np.ndarray) -> float:
    variance, axes = np.linalg.eigh(np.cov(real.T))
    share = variance[::-1].cumsum() / variance.sum()
    axes = axes[:, ::-1][:, : np.searchsorted(share, 0.95) + 1]
    ranges = [np.subtract(*np.quantile(rows @ axes, (0.75, 0.25), axis=0)) for rows in (X, real)]
    return float(np.exp(np.log(ranges[0] / ranges[1]).mean()))


def _moons(n: int, rng: Any) -> np.ndarray:
    """Rows of either moon by chance; `make_moons` alone has halves."""
    first = rng.binomial(n, 0.5)
    return make_moons((first, n - first), noise=0.05, random_state=rng)[0]


def _swiss_roll(n: int, rng: Any, noise: float = 0.3) -> np.ndarray:
    return make_swiss_roll(n, noise=noise, random_state=rng)[0][:, [0, 2]]


def _blobs(n: int, rng: Any) -> np.ndarray:
    return BLOBS[rng.randint(5, size=n)] + rng.standard_normal((n, 2))


def _bimodal(n: int, rng: Any) -> np.ndarray:
    return PAIR[rng.randint(2, size=n)] + 0.1 * rng.standard_normal((n, 1))


def _heavy_tails(n: int, rng: Any) -> np.ndarray:
    """Student's t, 3 degrees of freedom, 5 columns, correlations .6 ** distance of columns."""
    root = np.linalg.cholesky(0.6 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5))))
    normal = rng.standard_normal((n, 5)) @ root.T
    return normal / np.sqrt(rng.chisquare(3, size=(n, 1)) / 3)


def _gaussian(n: int, rng: Any) -> np.ndarray:
    """20 columns, a fixed rotation of factors with standard deviations 1 to 1 / sqrt(20)."""
    turn = np.linalg.qr(np.random.RandomState(0).standard_normal((20, 20)))[0]
    return rng.standard_normal((n, 20)) / np.sqrt(np.arange(1, 21)) @ turn


BLOBS = np.array([[0.0, 0.0], [7.0, 2.0], [-6.0, 5.0], [-4.0, -7.0], [6.0, -6.0]])
PAIR = np.array([[-1.0], [1.0]])
_HALF = np.linspace(0, np.pi, 10_000)
_MOONS = np.concatenate(
    [np.c_[np.cos(_HALF), np.sin(_HALF)], np.c_[1 - np.cos(_HALF), 0.5 - np.sin(_HALF)]]
)
_ROLL = 1.5 * np.pi * (1 + 2 * np.linspace(0, 1, 20_000))

DATA: dict[str, Data] = {
    "ring": Modes(
        lambda n, rng: make_ring(n, random_state=rng)[0],
        n_train=100_000, n_modes=8, centers=make_ring(1)[2], radius=0.03,
    ),
    "grid": Modes(
        lambda n, rng: make_grid(n, random_state=rng)[0],
        n_train=100_000, n_modes=25, centers=make_grid(1)[2], radius=0.15,
    ),
    "checkerboard": Cells(
        lambda n, rng: make_checkerboard(n, random_state=rng)[0],
        n_modes=8, centers=make_checkerboard(1)[2], side=1.0,
    ),
    "moons": Curve(_moons, points=_MOONS, sigma=0.05),
    "swiss roll": Curve(
        _swiss_roll, points=np.c_[_ROLL * np.cos(_ROLL), _ROLL * np.sin(_ROLL)], sigma=0.3
    ),
    "blobs": Modes(_blobs, n_modes=5, centers=BLOBS, radius=3.0),
    "bimodal": Modes(_bimodal, n_modes=2, centers=PAIR, radius=0.254),
    "heavy tails": Data(_heavy_tails),
    "Gaussian": Data(_gaussian),
    "digits": Digits(lambda: load_digits().data, n_train=1_300, n_test=400),
}  # fmt: skip
