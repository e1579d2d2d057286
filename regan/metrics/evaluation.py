"""All measures side by side: as a table, and as scorers of model selection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from sklearn.utils import check_random_state

from regan.metrics.chance import (
    REPEATS,
    Scale,
    chance_of,
    chance_of_missing,
    chance_of_nearer,
    chances_of_membership,
    gap_of,
    share,
)
from regan.metrics.classifier import classifier_test
from regan.metrics.detection import FALSE_POSITIVES
from regan.metrics.differences import Tables, column_differences, pair_differences
from regan.metrics.distances import (
    energy_distance,
    mmd,
    mmd_of,
    sliced_wasserstein,
    wasserstein,
    wasserstein_of,
)
from regan.metrics.membership import LEAST_HELD_OUT, Membership, membership_of
from regan.metrics.missing import OF_MISSING
from regan.metrics.neighbors import prdc, prdc_of
from regan.metrics.pairs import Pair, Sample, mean_energy
from regan.metrics.privacy import closest_records, distance_ratio_of
from regan.metrics.results import Evaluation
from regan.metrics.rows import Row
from regan.metrics.samples import compared
from regan.metrics.score import open_score, score_of, two_sample_score
from regan.metrics.unseen import check_unseen, seen_in_words
from regan.typing import MetricName, RandomState, TableLike
from regan.validation import check_int, warn_user

_MANY = 20


class Generator(Protocol):
    """A fitted model that can be scored."""

    def _scored_pair(self, X: Any, y: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Rows of `X`, standardized, and as many generated ones."""


@dataclass(frozen=True)
class Metric:
    """A number that a measure of two samples of equal length gives.

    Attributes
    ----------
    measure : callable
        ``measure(real, fake)``.
    greater_is_better : bool
    part : str, optional
        Which attribute of its result; by default the result itself.
    chooses : callable, optional
        What models are chosen by instead of `measure`, where that has a limit.
    """

    measure: Callable[[np.ndarray, np.ndarray], Any]
    greater_is_better: bool
    part: str | None = None
    chooses: Callable[[np.ndarray, np.ndarray], Any] | None = None

    def compare(self, real: np.ndarray, fake: np.ndarray) -> float:
        """What models are chosen by: the more, the better."""
        value = self.of((self.chooses or self.measure)(real, fake))
        return value if self.greater_is_better else -value

    def of(self, result: Any) -> float:
        """The number in a result of `measure`."""
        return float(result if self.part is None else getattr(result, self.part))


METRICS: Mapping[str, Metric] = {
    "two_sample_score": Metric(two_sample_score, True, chooses=open_score),
    "precision": Metric(prdc, True, "precision"),
    "recall": Metric(prdc, True, "recall"),
    "density": Metric(prdc, True, "density"),
    "coverage": Metric(prdc, True, "coverage"),
    "energy_distance": Metric(partial(energy_distance, unbiased=True), False),
    "mmd": Metric(partial(mmd, unbiased=True), False),
    "sliced_wasserstein": Metric(sliced_wasserstein, False),
    "wasserstein": Metric(wasserstein, False),
    "classifier_accuracy": Metric(partial(classifier_test, p_value=False), False, "accuracy"),
    "distance_ratio": Metric(closest_records, True, "distance_ratio"),
}
"""By name; `evaluate` prints them in this order."""


class Scorer:
    """A scorer of scikit-learn for a metric: higher is better, so distances are negated.

    It compares what the model's own `score` compares: at most 2,000 rows of X, standardized as the
    training data were, and as many generated ones, with the labels of a conditional model as
    further columns. The two-sample score is without its limit at 1, so that candidates which reach
    it can be told apart.

    Parameters
    ----------
    name : str
        One of `METRICS`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV, KFold
    >>> from regan import RegularizedGaussian
    >>> from regan.metrics import Scorer
    >>> search = GridSearchCV(
    ...     RegularizedGaussian(random_state=0),
    ...     {"alpha": [0.01, 1.0]},
    ...     scoring=Scorer("energy_distance"),
    ...     cv=KFold(3, shuffle=True, random_state=0),  # iris is sorted by class
    ... ).fit(load_iris().data)
    >>> search.best_params_
    {'alpha': 0.01}
    """

    def __init__(self, name: MetricName) -> None:
        if name not in METRICS:
            raise ValueError(f"{name!r} is no metric; choose one of: {', '.join(METRICS)}")
        self.name = name

    def __call__(self, estimator: Generator, X: Any, y: Any = None) -> float:
        if not hasattr(estimator, "_scored_pair"):
            raise TypeError(
                f"{self!r} scores the generative models of regan, not a "
                f"{type(estimator).__name__}; scaling belongs to the model (standardize=True)"
            )
        return METRICS[self.name].compare(*estimator._scored_pair(X, y))

    def __repr__(self) -> str:
        return f"Scorer({self.name!r})"


def evaluate(
    real: TableLike,
    fake: TableLike,
    *,
    holdout: TableLike | None = None,
    max_rows: int = 2000,
    n_repeats: int = 3,
    random_state: RandomState = 0,
) -> Evaluation:
    """Evaluation by every metric, compared with what two halves of the real rows reach.

    Columns are scaled as for the `score` of a model with default settings that was fitted to
    `real`: numbers are standardized, or replaced by normal scores of their ranks where a column has
    long tails. Levels are one-hot columns. Most measures depend on the number of rows, so both
    comparisons take equally many: one half of `real` is compared with as many generated rows, and
    with the other half. Values are means over random halves, except ``"wasserstein"`` and
    ``"classifier_accuracy"``, which take longest and are computed for the first halves only.

    Cells of DataFrames may be missing, and no row is left out: a missing cell is one more level of
    its column. Two further rows of the result then compare missing cells alone:
    ``"missing_shares"``, the largest difference between the shares of missing cells of a column,
    and ``"missing_patterns"``, the total variation between the sets of cells that are missing
    together in a row.

    Columns of identifiers, which `fit` refuses by default, are left out, with a warning.

    Of text with more than 500 levels, the 499 most frequent ones in `real` are compared, and all
    others count as one level.

    Parameters
    ----------
    real : array-like of shape (n, D), with n >= 20
        Real rows: held-out ones, or with `holdout` the rows that the generator was fitted to.
    fake : array-like of shape (m, D), with m >= 10
        Generated rows.
    holdout : array-like of shape (h, D), optional
        Real rows that the generator was not fitted to, if it was fitted to `real`. They add metrics
        of memorization: ``"nearer_to_training"`` (see `closest_records`) and, for 8 rows or more,
        the results of membership inference (see `membership`), with a warning if these are beyond
        chance: the areas under the curve ``"membership_distance"`` and ``"membership_density"``,
        the true positives at 1 % false ones ``"true_positives_distance"`` and
        ``"true_positives_density"``, and the share of training rows that are
        ``"nearly_repeated"``. An error is raised if all rows of `holdout` are rows of `real`, and
        a warning is given if over a tenth of them are, beyond chance.
    max_rows : int, default=2000
        At most so many rows are compared with as many. Membership inference uses so many rows, and
        20 times as many generated ones.
    n_repeats : int, default=3
        Number of random halves.
    random_state : int, RandomState or None, default=0
        Seed of the random halves.

    Returns
    -------
    Evaluation
        A list of `Row`. Its `verdict` says in words how good the generated rows are and which
        columns and pairs of columns differ most; its `to_frame` gives a DataFrame, and notebooks
        show it with colors.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import evaluate
    >>> real, fake = np.random.default_rng(0).normal(size=(2, 200, 2))
    >>> verdict = evaluate(real, fake + [0, 2]).verdict
    >>> verdict.level
    3
    >>> print(verdict.quality.partition(". ")[0])
    The generated rows are far off the real rows
    """
    samples = compared(real, fake, holdout)
    rows_real, rows_fake, unseen = samples.scaled
    of_real, of_fake = samples.missing[:2]
    check_unseen(rows_real, rows_fake, unseen)
    rng = check_random_state(random_state)
    rows = evaluate_rows(
        rows_real,
        rows_fake,
        unseen,
        missing=(of_real, of_fake),
        max_rows=max_rows,
        n_repeats=n_repeats,
        random_state=rng,
    )
    warned: tuple[str, ...] = ()
    if (found := membership_within(rows_real, rows_fake, unseen, max_rows, rng)) is not None:
        rows, warned = [*rows, *rows_of(found)], found.warnings
    seen = seen_in_words(rows_real, unseen)
    for sentence in filter(None, (seen, *warned)):
        warn_user(sentence)
    tables = Tables.of(samples.numbers[0], samples.numbers[1], samples.names, samples.encoder)
    return evaluation_of(rows, tables, warned, seen, samples.left_out)


def evaluation_of(
    rows: Sequence[Row],
    tables: Tables,
    warned: Sequence[str],
    seen: str,
    left_out: Sequence[Any] = (),
) -> Evaluation:
    """The rows of an evaluation with the differences of two tables; others : see `Evaluation`."""
    return Evaluation(
        rows,
        columns=column_differences(tables),
        pairs=pair_differences(tables),
        warned=warned,
        seen=seen,
        n_rows=(len(tables.real), len(tables.fake)),
        left_out=left_out,
    )


def membership_within(
    real: np.ndarray, fake: np.ndarray, holdout: np.ndarray | None, max_rows: int, rng: Any
) -> Membership | None:
    """`membership` of at most `max_rows` rows on a common scale; None of fewer than 8 held out."""
    if holdout is None or len(holdout) < LEAST_HELD_OUT:
        return None
    some = fake[rng.permutation(len(fake))[: _MANY * max_rows]]
    return membership_of(real, some, holdout, max_rows=max_rows, random_state=rng)


def rows_of(found: Membership) -> list[Row]:
    """Lines of an evaluation."""
    attacks = {"distance": found.distance, "density": found.density}
    expected = found.n_expected / found.n_train
    values = {
        **{f"membership_{name}": (each.auc, 0.5) for name, each in attacks.items()},
        **{
            f"true_positives_{name}": (each.true_positives, FALSE_POSITIVES)
            for name, each in attacks.items()
        },
        "nearly_repeated": (found.n_repeated / found.n_train, expected),
    }
    chances = chances_of_membership(found)
    return [
        Row(name, value, floor, False, chances[name], share(value - floor, 1 - floor))
        for name, (value, floor) in values.items()
    ]


def evaluate_rows(
    real: np.ndarray,
    fake: np.ndarray,
    holdout: np.ndarray | None,
    *,
    missing: tuple[np.ndarray, np.ndarray],
    max_rows: int = 2000,
    n_repeats: int = 3,
    random_state: Any = 0,
) -> list[Row]:
    """As `evaluate`, of rows (n, D), (m, D), (h, D) that are on a common scale already.

    missing : which cells of the first two tables are, masks (n, C) and (m, C).
    """
    n = min(len(real) // 2, len(fake), check_int(max_rows, "max_rows", minimum=10))
    if n < 10:
        raise ValueError(
            f"an evaluation needs at least 20 real and 10 generated rows, got {len(real)} and "
            f"{len(fake)}"
        )
    rng = check_random_state(random_state)
    of_fake = np.random.default_rng(rng.randint(2**31 - 1))  # halves do not depend on fake rows
    of_missing = OF_MISSING if any(mask.any() for mask in missing) else {}
    values: dict[str, list[tuple[float, float]]] = {name: [] for name in [*METRICS, *of_missing]}
    n_repeats = check_int(n_repeats, "n_repeats", minimum=1)
    for repeat in range(n_repeats):
        order, among_fake = rng.permutation(len(real)), of_fake.permutation(len(fake))[:n]
        among, beside = order[:n], order[n : 2 * n]
        sample = Sample(real[among])
        names = [name for name in METRICS if not (repeat and name in _ONCE)]
        pair = Pair(sample, Sample(fake[among_fake]))
        found = _all(names, pair)
        floor = _all(names, Pair(sample, Sample(real[beside])))
        for name, measure in of_missing.items():
            half = missing[0][among]
            found[name] = measure(half, missing[1][among_fake])
            floor[name] = measure(half, missing[0][beside])
        for name in found:
            values[name].append((found[name], floor[name]))
    rows = []
    scale = Scale.of(pair, n_repeats)
    for name, pairs in values.items():
        value, best = (float(np.mean(part)) for part in zip(*pairs, strict=True))
        if name in METRICS:
            greater = METRICS[name].greater_is_better
            of = replace(scale, n_repeats=REPEATS if name in _ONCE else n_repeats)
            gap = gap_of(name, best - value if greater else value - best, best, of)
            rows.append(Row(name, value, best, greater, chance_of(name, of), gap))
        else:
            chance = chance_of_missing(name, missing[0], n)
            rows.append(Row(name, value, best, False, chance, share(value - best, 1 - best)))
    if holdout is not None:
        some = of_fake.permutation(fake)[:max_rows]
        nearer = closest_records(real, some, holdout).nearer_to_training
        chance = chance_of_nearer(len(real), len(some), len(holdout))
        rows.append(Row("nearer_to_training", nearer, 0.5, False, chance, share(nearer - 0.5, 0.5)))
    return rows


_OF_PAIRS: Mapping[str, Callable[[Pair], float]] = {
    "two_sample_score": score_of,
    "energy_distance": partial(mean_energy, unbiased=True),
    "mmd": partial(mmd_of, unbiased=True),
    "wasserstein": wasserstein_of,
    "distance_ratio": distance_ratio_of,
}
"""Metrics by name that have the distances between rows in common, which take longer than they."""

_ONCE = ("wasserstein", "classifier_accuracy")
"""Those that are measured on the first halves alone: they take longest."""


def _all(names: Sequence[str], pair: Pair) -> dict[str, float]:
    """Metrics by name; what several are parts of is measured once."""
    of_neighbors = prdc_of(pair)
    found = {}
    for name in names:
        metric = METRICS[name]
        if metric.measure is prdc:
            found[name] = metric.of(of_neighbors)
        elif name in _OF_PAIRS:
            found[name] = _OF_PAIRS[name](pair)
        else:
            found[name] = metric.of(metric.measure(pair.real.rows, pair.fake.rows))
    return found
