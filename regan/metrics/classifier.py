"""Two samples told apart by a classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.utils import check_random_state

from regan.metrics.samples import as_samples
from regan.validation import check_int


@dataclass(frozen=True)
class ClassifierTest:
    """Classifier two-sample test: how well fake rows are told from real ones."""

    accuracy: float
    auc: float
    p_value: float


def classifier_test(
    real: Any, fake: Any, *, classifier: Any = None, n_splits: int = 5, random_state: Any = 0
) -> ClassifierTest:
    r"""Classifier two-sample test: whether real and fake rows can be told apart.

    A classifier learns to tell them apart and is judged on rows that it has not seen, by
    cross-validation. For equal distributions its accuracy and the area under its curve are 1/2 on
    average.

    Parameters
    ----------
    real : array-like of shape (n, D)
    fake : array-like of shape (m, D)
        Of the longer sample as many rows are drawn as the shorter one has.
    classifier : scikit-learn classifier, optional
        With `predict_proba`; gradient-boosted trees by default.
    n_splits : int, default=5
        Folds; each class needs so many rows.
    random_state : int, RandomState or None, default=0

    Returns
    -------
    ClassifierTest
        `p_value` is that of so high an accuracy if every row were guessed (binomial). Predictions
        of one fold are not quite independent, so take it for an order of magnitude.

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
    real, fake = as_samples(real, fake)
    n_splits = check_int(n_splits, "n_splits", minimum=2)
    rng = check_random_state(random_state)
    n = min(len(real), len(fake))
    if n < n_splits:
        raise ValueError(f"{n_splits} folds need as many rows of each sample, got {n}")
    rows = np.concatenate([a[rng.permutation(len(a))[:n]] for a in (real, fake)])
    is_fake = np.repeat([0, 1], n)
    if classifier is None:
        from sklearn.ensemble import HistGradientBoostingClassifier  # slow to import

        seed = int(rng.randint(2**31 - 1))
        classifier = HistGradientBoostingClassifier(max_iter=50, random_state=seed)
    folds = StratifiedKFold(n_splits, shuffle=True, random_state=rng)
    chance = cross_val_predict(clone(classifier), rows, is_fake, cv=folds, method="predict_proba")[
        :, 1
    ]
    n_right = int(((chance > 0.5) == is_fake).sum())
    p_value = binomtest(n_right, 2 * n, alternative="greater").pvalue
    auc = float(roc_auc_score(is_fake, chance))
    return ClassifierTest(n_right / (2 * n), auc, float(p_value))
