"""Choice of a mixture by the likelihood of held-out rows: strengths, covariances, components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from regan.backends import Backend
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.fitting import Design, RowsOf, fit_population
from regan.mixtures.em.part import Strengths

MOST_COMPONENTS = 500
"""Components that are tried, at most."""

STRENGTHS = (0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
"""Strengths to choose from, in rows."""

_FOLDS = ((500, 5), (2000, 3))
"""Up to so many rows, cross-validation with so many folds."""

_FEW_ROWS = 2000
_HELD = 0.1
_ROWS_EACH = 5
_PATIENCE = 2
_PASSES, _MANY_PASSES = 10, 40
_COMPARED = 12
_WORTH = 0.05
"""Nats a row by which another kind of covariances has to be better to be followed further."""

_EQUAL = 0.05
_SIZES = (1, 2, 3, 5, 8, 12, 20, 30, 50, 100, 200, MOST_COMPONENTS)


@dataclass(frozen=True)
class Penalization:
    """How one strength becomes those of all penalties.

    Attributes
    ----------
    l1_ratio : float
        The share of L1 in the penalty on offsets; the rest is L2.
    penalized : bool
        Whether there is a penalty on offsets.
    shrinkage : float or None
        Of covariances, in rows; None goes with the strength: as many rows, of full covariances as
        many for each column.
    """

    l1_ratio: float = 1.0
    penalized: bool = True
    shrinkage: float | None = None

    def strengths(self, alphas: Sequence[float], n_each: int) -> Strengths:
        """Those of mixtures with these strengths, whose shrinkage is that of `n_each` columns."""
        alpha = np.array(alphas, dtype=np.float64)
        own = alpha * self.penalized
        rows = alpha * n_each if self.shrinkage is None else np.full(len(alpha), self.shrinkage)
        return Strengths(own * self.l1_ratio, own * (1 - self.l1_ratio), rows)


@dataclass(frozen=True)
class Candidate:
    """A mixture that was tried.

    Attributes
    ----------
    design : Design
    alpha : float
    held : float
        The mean log-likelihood of a held-out row.
    """

    design: Design
    alpha: float
    held: float


@dataclass(frozen=True)
class Choice:
    """What there is to choose from, and how.

    Attributes
    ----------
    penalization : Penalization
    sizes : sequence of int or None
        Numbers of components; None tries 1, 2, 3, 5, 8, ... as long as they help.
    kinds : sequence of str
        Of covariances.
    alphas : sequence of float
        Strengths, increasing.
    """

    penalization: Penalization
    sizes: Sequence[int] | None
    kinds: Sequence[str]
    alphas: Sequence[float]

    @property
    def is_made(self) -> bool:
        """Whether there is nothing to choose."""
        sizes = 0 if self.sizes is None else len(self.sizes)
        return sizes == len(self.kinds) == len(self.alphas) == 1

    def only(self, base: Design) -> Candidate:
        """The one that there is, if nothing is to be chosen."""
        assert self.sizes is not None
        design = replace(base, n_components=self.sizes[0], covariance_type=self.kinds[0])
        return Candidate(design, self.alphas[0], float("nan"))

    def candidates(self, cells: Cells, base: Design, ops: Backend) -> list[Candidate]:
        """All that were tried, each with its likelihood on held-out rows.

        Numbers of components are tried in order, and end where the last two have not helped. With
        12 components or more, one kind of covariances is followed further: the one that takes less
        time, unless another is better by a twentieth of a nat.
        """
        tried: list[Candidate] = []
        kinds, alphas, worse = list(self.kinds), list(self.alphas), 0
        online = base.batch_size < len(cells)
        passes = min(base.max_iter, _PASSES if online else _MANY_PASSES)
        for size in self._sizes(len(cells)):
            best = max(tried, key=_held, default=None)
            own: dict[str, list[Candidate]] = {}
            for kind in kinds:
                design = replace(base, covariance_type=kind, n_components=size, max_iter=passes)
                own[kind] = held_out(cells, design, self.penalization, alphas, ops)
                tried += own[kind]
            worse = 0 if best is None or max(tried, key=_held) is not best else worse + 1
            if worse == _PATIENCE:
                break
            kinds = _worth_following(own) if size >= _COMPARED else kinds
            near = self.alphas.index(max(tried, key=_held).alpha)
            alphas = list(self.alphas[max(0, near - 2) : near + 2])
        return tried

    def _sizes(self, n: int) -> list[int]:
        if self.sizes is not None:
            return list(self.sizes)
        most = max(1, min(MOST_COMPONENTS, n // _ROWS_EACH))
        return [*(size for size in _SIZES if size < most), most]


def best_of(tried: Sequence[Candidate], n: int) -> Candidate:
    """The one with the highest likelihood, or of many rows another one that is as good.

    Of mixtures of more than 2,000 rows within a twentieth of a nat, it is the one with the most
    components and the least strength: what held-out rows cannot tell apart, whole samples can, and
    these are nearer to data. Of fewer rows, that would be nearer to single ones.
    """
    top = max(each.held for each in tried)
    equal = _EQUAL if n > _FEW_ROWS else 0.0
    good = [each for each in tried if each.held >= top - equal]
    return max(good, key=lambda each: (each.design.n_components, -each.alpha, each.held))


def _held(candidate: Candidate) -> float:
    return candidate.held


def _worth_following(own: dict[str, list[Candidate]]) -> list[str]:
    """The first kind, and of the others those that are better by enough; without it, if they are.

    They are in the order of the time that they take.
    """
    first, *others = own
    plain = max(map(_held, own[first]))
    better = [kind for kind in others if max(map(_held, own[kind])) >= plain + _WORTH]
    return better or [first]


def held_out(
    cells: Cells,
    design: Design,
    penalization: Penalization,
    alphas: Sequence[float],
    ops: Backend,
) -> list[Candidate]:
    """Mixtures of one design with several strengths, side by side, and what held-out rows say.

    Up to 500 rows it is cross-validation with five folds, up to 2,000 with three, all of them side
    by side too; of more, a tenth is held out.
    """
    folds, n_folds = _folds(len(cells), design.seed)
    members = [(alpha, fold) for alpha in alphas for fold in range(n_folds)]
    strengths = penalization.strengths([alpha for alpha, _ in members], design.n_shrunken(cells))
    fold_of = np.array([fold for _, fold in members])[:, None]

    def counting(index: np.ndarray) -> np.ndarray:
        return np.asarray(folds[index] != fold_of, dtype=np.float64)

    rows_of: RowsOf = counting
    _, progress = fit_population(cells, design, strengths, ops, rows_of)
    held = progress.held.reshape(len(alphas), n_folds).mean(axis=1)
    return [
        Candidate(design, alpha, float(value)) for alpha, value in zip(alphas, held, strict=True)
    ]


def _folds(n: int, seed: int) -> tuple[np.ndarray, int]:
    """The fold (n,) of each row, and how many are used, from 0."""
    n_folds = next((folds for most, folds in _FOLDS if n <= most), 0)
    parts = min(n_folds or round(1 / _HELD), n)
    folds = np.random.default_rng([seed, 21]).permutation(n) % parts
    return folds, min(n_folds, n) or 1
