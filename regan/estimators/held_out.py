"""Strengths of a Gaussian's penalty, and of pooling, by the likelihood of held-out rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from regan.estimators.class_moments import ClassMoments
from regan.estimators.penalised import Penalty

_ROWS = 2000
_FOLDS = 5
_STRENGTHS = np.geomspace(1e-5, 10, 25)[::-1]
_L1_STRENGTHS = np.geomspace(1e-3, 1, 13)[::-1]
_PSEUDO_ROWS = np.array([np.inf, *10.0 ** np.arange(1, -3.25, -0.5)])
_PATIENCE = 2
_SLACK = 1.0
_TOL, _MAX_ITER = 1e-3, 50


@dataclass(frozen=True)
class Fold:
    """Rows to train on and rows held out, with their classes.

    Attributes
    ----------
    moments : ClassMoments
        Of the former.
    held : array of shape (m, D)
        The latter, of classes that have moments.
    codes : array of shape (m,)
    """

    moments: ClassMoments
    held: np.ndarray
    codes: np.ndarray

    def by_class(self) -> Iterator[tuple[int, np.ndarray]]:
        """Each class that is held out, and its rows less the mean of those trained on."""
        for k in np.unique(self.codes):
            yield int(k), self.held[self.codes == k] - self.moments.means[k]


@dataclass(frozen=True)
class HeldOut:
    """Folds of rows, for choosing strengths by likelihood.

    Attributes
    ----------
    folds : list of Fold
    n_columns : int
        How many there were; folds have fewer where there are fewer rows.
    n_trained, n_rows : float and int
        Rows that a fold trains on, and rows that the model will.
    """

    folds: list[Fold]
    n_columns: int
    n_trained: float
    n_rows: int

    @classmethod
    def split(
        cls, rows: Any, codes: np.ndarray, columns: np.ndarray, *, rotated: bool = True
    ) -> Self:
        """Five folds, with equal shares of classes, of at most 2,000 rows (n, D).

        columns : which ones; they are divided by their deviations within classes. rotated : in n
        coordinates where these are fewer, which is all that shrinkage needs.
        """
        rng, n = np.random.default_rng(19), len(rows)
        part = np.sort(rng.permutation(n)[:_ROWS])
        dense, codes = np.asarray(rows[part])[:, columns], codes[part]
        within = _within(dense, codes)
        dense = dense[:, within > 0] / within[within > 0]
        dense = _rotated(dense) if rotated else dense
        order = np.lexsort((rng.random(len(part)), codes))
        fold = np.empty(len(part), dtype=np.int64)
        fold[order] = np.arange(len(part)) % min(_FOLDS, len(part))
        folds = [_fold(dense, codes, fold == i) for i in range(fold.max() + 1)]
        used = [each for each in folds if len(each.held)]
        return cls(used, int((within > 0).sum()), len(part) * (1 - 1 / len(folds)), n)

    def shrinkage(self, pooling: float) -> float:
        """The least strength b of shrinkage whose likelihood is within a standard error of the best
        one, as the differences of rows tell it.
        """
        each = self._likelihoods(pooling, _STRENGTHS)
        best = int(np.argmax(each.sum(axis=1)))
        with np.errstate(invalid="ignore"):  # there may be none that is finite
            behind = each[best] - each
            error = np.sqrt(each.shape[1]) * behind.std(axis=1)
            near = np.flatnonzero(behind.sum(axis=1) <= _SLACK * error)
        chosen = max([best, *near])  # strengths fall
        return float(_STRENGTHS[chosen] * self.n_trained / self.n_rows)

    def pooling(self, b: float | None) -> float:
        """The best share of pooling; b : the strength of shrinkage, None for the best one."""
        strengths = _STRENGTHS if b is None else np.array([b])

        def value(rows: float) -> float:
            return float(self._likelihoods(_share(rows), strengths).sum(axis=1).max())

        return _share(_descend(_PSEUDO_ROWS, value) * self.n_trained / self.n_rows)

    def lasso(self, penalty: Penalty, pooling: float) -> float:
        """The best strength of a penalty with an L1 part."""
        rough = replace(penalty, tol=max(penalty.tol, _TOL), max_iter=_MAX_ITER)

        def value(alpha: float) -> float:
            return sum(_likelihood(fold, rough, alpha, pooling) for fold in self.folds)

        return _descend(_L1_STRENGTHS, value) * float(np.sqrt(self.n_trained / self.n_rows))

    def _likelihoods(self, pooling: float, strengths: np.ndarray) -> np.ndarray:
        """The log likelihoods (B, m) of held-out rows, but for a constant, at each strength b."""
        found = []
        for fold in self.folds:
            mixed = fold.moments.mixed(pooling)
            for k, off in fold.by_class():
                found.append(_shrunk_likelihoods(mixed[k], off, strengths, self.n_columns))
        each = np.hstack(found)
        return np.where(np.isnan(each), -np.inf, each)


def _fold(rows: np.ndarray, codes: np.ndarray, out: np.ndarray) -> Fold:
    """The fold that holds out some rows; those of classes without other rows are left out."""
    there, codes_of_rest = np.unique(codes[~out], return_inverse=True)
    moments = ClassMoments.learn(rows[~out], codes_of_rest, len(there))
    known = out & np.isin(codes, there)
    return Fold(moments, rows[known], np.searchsorted(there, codes[known]))


def _within(rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The deviations (D,) of rows (n, D) within classes (n,)."""
    _, codes = np.unique(codes, return_inverse=True)
    moments = ClassMoments.learn(rows, codes, codes.max() + 1)
    return np.asarray(np.sqrt(np.diag(moments.pooled)))


def _rotated(rows: np.ndarray) -> np.ndarray:
    """Rows (n, D) in n coordinates, if these are fewer: distances and angles stay."""
    n, d = rows.shape
    if d <= n:
        return rows
    values, vectors = np.linalg.eigh(rows @ rows.T)
    return np.asarray(vectors * np.sqrt(values.clip(0)))


def _shrunk_likelihoods(
    covariance: np.ndarray, off: np.ndarray, strengths: np.ndarray, d: int
) -> np.ndarray:
    r"""Log likelihoods (B, m) of rows `off` (m, D) about the mean, but for a constant, by strength.

    With the eigenvalues l of the covariance and the coordinates t of a row along its eigenvectors,
    :math:`-\frac{1}{2} \sum_i (\log e_i + t_i^2 / e_i)`, where
    :math:`e_i = (l_i + b m) / (1 + b)`. Of `d` dimensions; l and t are 0 in those that the
    coordinates lack.
    """
    values, vectors = np.linalg.eigh(covariance)
    lacking = d - len(values)
    m, b = values.sum() / d, strengths[:, None]
    with np.errstate(all="ignore"):
        e = (values.clip(0) + b * m) / (1 + b)
        each = np.log(e).sum(axis=1, keepdims=True) + (1 / e) @ ((off @ vectors) ** 2).T
        if lacking:
            each += lacking * np.log(b * m / (1 + b))
    return np.asarray(-0.5 * each)


def _likelihood(fold: Fold, penalty: Penalty, alpha: float, pooling: float) -> float:
    """The log likelihood of held-out rows, but for a constant; -inf where there is no solution."""
    total, mixed = 0.0, fold.moments.mixed(pooling)
    for k, off in fold.by_class():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a rough solution
            try:
                _, precision, _ = penalty.estimate(mixed[k], alpha, np.ones(len(mixed[k]), bool))
            except ValueError:
                return -np.inf
        some = np.diag(precision) > 0  # a fold may have constant columns
        quadratic = ((off @ precision) * off).sum()
        log_det = np.linalg.slogdet(precision[np.ix_(some, some)])[1]
        total += 0.5 * (len(off) * log_det - quadratic)
    return float(total)


def _share(rows: float) -> float:
    """The share of pooling, by how many rows those of all classes count for, over their number."""
    return 1.0 if np.isinf(rows) else float(rows / (1 + rows))


def _descend(candidates: np.ndarray, value: Callable[[float], float]) -> float:
    """The best of `candidates`, in order, until two in a row are no better."""
    best, highest, behind = float(candidates[0]), -np.inf, 0
    for each in map(float, candidates):
        found = value(each)
        behind = 0 if found > highest else behind + 1
        if found > highest:
            best, highest = each, found
        elif behind == _PATIENCE and np.isfinite(highest):
            break
    return best
