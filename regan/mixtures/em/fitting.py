"""Fits of a mixture of products: from rows to the first components, and to the fitted ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from sklearn.cluster import kmeans_plusplus
from sklearn.metrics import pairwise_distances_argmin

from regan.backends import Backend
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.diagonal import FLOOR, DiagonalNormals
from regan.mixtures.em.expectation import Expectation, Progress, combined
from regan.mixtures.em.full import FullNormals
from regan.mixtures.em.levels import Levels
from regan.mixtures.em.part import Part, Strengths
from regan.mixtures.em.product import ProductMixture
from regan.typing import CovarianceType

COVARIANCES: tuple[CovarianceType, ...] = get_args(CovarianceType)
"""Kinds of covariances within a component."""

_SEEDING_ROWS = 5000
_SEEDING_EACH = 10
_COMMON_ROWS = 5.0
_PIECE = 1024
_LAST = 10
_MOST_WORK = 5e10


@dataclass(frozen=True)
class Design:
    """What a mixture is fitted with, beside the strengths of its penalties.

    Attributes
    ----------
    n_components : int
    covariance_type : {"diag", "full", "low_rank"}
    rank : int
        Of low-rank covariances.
    weight_penalty : {"dirichlet", "entropy"} or None
    weight_strength : float
    batch_size, max_iter : int
    tol : float
    seed : int
    floor : float
        The least variance of diagonal covariances.
    """

    n_components: int
    covariance_type: str = "diag"
    rank: int = 1
    weight_penalty: str | None = None
    weight_strength: float = 0.0
    batch_size: int = 2048
    max_iter: int = 100
    tol: float = 1e-3
    seed: int = 0
    floor: float = FLOOR

    def n_shrunken(self, cells: Cells) -> int:
        """How many columns the shrinkage of a covariance goes with."""
        return 1 if self.covariance_type == "diag" else max(1, cells.values.shape[1])


RowsOf = Callable[[np.ndarray], np.ndarray]
"""Gives how much the rows at some positions (b,) count in each member, (M, b)."""


def fit_population(
    cells: Cells,
    design: Design,
    strengths: Strengths,
    ops: Backend,
    rows_of: RowsOf | None = None,
    filled: Cells | None = None,
) -> tuple[list[ProductMixture], Progress]:
    """Mixtures of the rows of `cells`, one for each strength, and how far their fit has come.

    Components without weight stay.

    rows_of : which rows count in which member; those that do not are held out.
    filled : the same rows with numbers in the place of missing ones, which take a tenth of the time
    where each row lacks others. Most passes are over these, and the last ten over `cells`.
    """
    begun = cells if filled is None else filled
    rng = np.random.default_rng([design.seed, 20])
    parts = _parts(begun, design, strengths, ops)
    k = design.n_components
    uniform = np.full((len(strengths), k), 1 / k)
    em = Expectation(ops, parts, uniform, rows_of, design.weight_penalty, design.weight_strength)
    _seed(em, begun, k, len(strengths), rng)
    progress = em.run(begun, design.batch_size, design.max_iter, design.tol, rng)
    if filled is not None and _work(cells, design) <= _MOST_WORK:
        last = em.run(cells, len(cells), _LAST, design.tol, rng)
        progress = replace(last, n_passes=progress.n_passes + last.n_passes)
    weights = ops.to_numpy(em.weights)
    fitted = [_fitted(parts, weights, cells.sizes, m) for m in range(len(strengths))]
    return fitted, progress


def _work(cells: Cells, design: Design) -> float:
    """About how many multiplications a pass takes for what rows lack."""
    p = cells.values.shape[1]
    each = p**3 if design.covariance_type != "diag" else p
    return float(cells.n_patterns * design.n_components * each)


def _parts(cells: Cells, design: Design, strengths: Strengths, ops: Backend) -> list[Part]:
    parts: list[Part] = []
    if cells.values.shape[1]:
        if design.covariance_type == "diag":
            parts.append(DiagonalNormals(ops, strengths, design.floor))
        else:
            low = design.covariance_type == "low_rank"
            full = FullNormals(ops, strengths, design.rank if low else None)
            full.start(*_common_moments(cells.values, design.n_components))
            parts.append(full)
    if cells.sizes:
        common = _common_shares(cells)
        parts.append(Levels(ops, common, cells.sizes, strengths, cells.n_free))
    return parts


def _common_shares(cells: Cells) -> np.ndarray:
    """The shares (sum L,) of levels among known cells; none is 0."""
    counts = cells.counts() + 0.5
    blocks = np.split(counts, np.cumsum(cells.sizes)[:-1])
    return np.concatenate([block / block.sum() for block in blocks])


def _common_moments(values: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Means (K, P) and covariances (K, P, P) to begin with: variances alone."""
    with np.errstate(all="ignore"):
        mean = np.nan_to_num(np.nanmean(values, axis=0))
        variance = np.nan_to_num(np.nanvar(values, axis=0), nan=1.0)
    covariance = np.diag(np.maximum(variance, 1e-6))
    return np.tile(mean, (k, 1)), np.tile(covariance, (k, 1, 1))


def _seed(em: Expectation, cells: Cells, k: int, members: int, rng: np.random.Generator) -> None:
    """Begin with the rows nearest to centers that lie far apart (k-means++).

    Arthur and Vassilvitskii, 2007. Each component has its own rows, and a few of the common ones.
    """
    n = min(len(cells), max(_SEEDING_ROWS, _SEEDING_EACH * k))
    some = np.sort(rng.permutation(len(cells))[:n])
    rows = cells[some].coordinates()
    centres, _ = kmeans_plusplus(rows, k, random_state=int(rng.integers(2**31)))
    nearest = pairwise_distances_argmin(rows, centres)
    factor, common = len(cells) / n, _COMMON_ROWS / len(cells)
    total = None
    for start in range(0, n, _PIECE):
        index = slice(start, start + _PIECE)
        shares = np.full((members, len(nearest[index]), k), common)
        shares[:, np.arange(shares.shape[1]), nearest[index]] += 1
        weights = em.ops.asarray(factor * shares * em.counting(some[index])[:, :, None])
        own = [p.statistics(p.enter(cells[some[index]]), weights) for p in em.parts]
        total = own if total is None else combined(total, own)
    counts = np.bincount(nearest, minlength=k) * factor + _COMMON_ROWS
    assert total is not None
    em.begin(total, np.tile(counts, (members, 1)))


def _fitted(
    parts: list[Part], weights: np.ndarray, sizes: tuple[int, ...], member: int
) -> ProductMixture:
    """One of the mixtures."""
    arrays: dict[str, np.ndarray] = {}
    for part in parts:
        arrays |= part.export(member)
    k = weights.shape[1]
    means = arrays.get("means", np.empty((k, 0)))
    covariances = arrays.get("covariances", arrays.get("variances", np.empty((k, 0))))
    shares = arrays.get("shares", np.empty((0, k)))
    return ProductMixture(weights[member], means, covariances, shares, sizes)
