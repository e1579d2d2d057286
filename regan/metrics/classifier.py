"""Classifier two-sample test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import hypergeom
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import check_random_state

from regan.metrics.samples import as_samples
from regan.typing import RandomState, TableLike
from regan.validation import check_bool, check_int


@dataclass(frozen=True)
class ClassifierTest:
    """Classifier two-sample test: accuracy, AUC and p-value, as `classifier_test` returns them."""

    accuracy: float
    auc: float
    p_value: float


def classifier_test(
    real: TableLike,
    fake: TableLike,
    *,
    classifier: Any = None,
    n_splits: int = 5,
    p_value: bool = True,
    random_state: RandomState = 0,
) -> ClassifierTest:
    r"""Classifier two-sample test: how well a classifier separates real from generated rows.

    A classifier learns to separate the two samples, and cross-validation measures how well it does
    on rows that it has not seen. For equal distributions, its accuracy and the area under its ROC
    curve are 1/2 on average.

    Parameters
    ----------
    real : array-like of shape (n, D)
    fake : array-like of shape (m, D)
        If one sample is longer, as many rows of it are drawn as the shorter one has.
    classifier : scikit-learn classifier, optional
        A classifier with `predict_proba`; gradient-boosted trees by default.
    n_splits : int, default=5
        The number of folds. Each sample needs at least as many rows.
    p_value : bool, default=True
        False sets the p-value to NaN, and saves two of seven fits.
    random_state : int, RandomState or None, default=0

    Returns
    -------
    ClassifierTest
        With `accuracy`, `auc` and `p_value`. For equal distributions, `p_value` is at most p with
        probability at most p, for any number of rows.

    Notes
    -----
    The folds of a cross-validation depend on each other, so their accuracy has no simple p-value.
    For the p-value, the classifier learns from the first half of the folds and predicts the next
    fold, then each following fold from all folds before it. In each fold it labels as many rows
    fake as are fake, those with the highest probabilities. If the distributions are equal, the
    labels are in random order, whatever the folds before hold. The number of correct labels is then
    hypergeometric, and independent of the other folds. The p-value is the probability of at least
    this many correct labels in all of these folds.

    References
    ----------
    Lopez-Paz and Oquab, 2017 (arXiv:1610.06545).

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import classifier_test
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(2, 200, 2))
    >>> classifier_test(X, Y + 2).accuracy > 0.8 > classifier_test(X, Y).accuracy
    True
    """
    one, other = as_samples(real, fake)
    n_splits = check_int(n_splits, "n_splits", minimum=2)
    rng = check_random_state(random_state)
    n = min(len(one), len(other))
    if n < n_splits:
        raise ValueError(f"n_splits={n_splits} needs as many rows of each sample, got {n}")
    rows = np.concatenate([a[rng.permutation(len(a))[:n]] for a in (one, other)])
    is_fake = np.repeat([0, 1], n)
    if classifier is None:
        from sklearn.ensemble import HistGradientBoostingClassifier  # slow to import

        seed = int(rng.randint(2**31 - 1))
        classifier = HistGradientBoostingClassifier(max_iter=50, random_state=seed)
        rows = rows[:, _divisible(rows, classifier.min_samples_leaf)]
    splits = StratifiedKFold(n_splits, shuffle=True, random_state=rng).split(rows, is_fake)
    folds = [test for _, test in splits]

    def chances(test: np.ndarray, learnt_from: list[np.ndarray]) -> np.ndarray:
        train = np.sort(np.concatenate(learnt_from))
        fitted = clone(classifier).fit(rows[train], is_fake[train])
        return np.asarray(fitted.predict_proba(rows[test])[:, 1])

    chance = np.empty(2 * n)
    for i, test in enumerate(folds):
        chance[test] = chances(test, folds[:i] + folds[i + 1 :])
    accuracy = float(((chance > 0.5) == is_fake).mean())
    auc = float(roc_auc_score(is_fake, chance))
    if not check_bool(p_value, "p_value"):
        return ClassifierTest(accuracy, auc, float("nan"))
    first = n_splits // 2
    one_by_one = [chances(folds[i], folds[:i]) for i in range(first, n_splits - 1)]
    truths = [is_fake[fold] for fold in folds[first:]]
    return ClassifierTest(accuracy, auc, _p_value([*one_by_one, chance[folds[-1]]], truths))


def _divisible(rows: np.ndarray, n_leaf: int) -> np.ndarray:
    """The columns (d,) that trees can split with at least `n_leaf` rows (n, D) on either side.

    The others, mostly those of rare levels, are in no tree, and cost as much time as any.
    """
    n = len(rows)
    if n < 2 * n_leaf:
        return np.arange(1)
    ends = np.partition(rows, (n_leaf - 1, n - n_leaf), axis=0)
    divisible = np.flatnonzero(ends[n_leaf - 1] < ends[n - n_leaf])
    return divisible if divisible.size else np.arange(1)


def _p_value(chances: list[np.ndarray], truths: list[np.ndarray]) -> float:
    """The probability of so many right names, from chances (t,) and truths (t,) of each fold."""
    n_right, by_chance = 0, np.ones(1)
    for chance, is_fake in zip(chances, truths, strict=True):
        n_fake = int(is_fake.sum())
        named = np.lexsort([is_fake, -chance])[:n_fake]  # of equally likely ones, real rows
        n_right += int(is_fake[named].sum())
        exact = hypergeom.pmf(np.arange(n_fake + 1), len(is_fake), n_fake, n_fake)
        by_chance = np.convolve(by_chance, exact)
    return float(min(by_chance[n_right:].sum(), 1.0))
