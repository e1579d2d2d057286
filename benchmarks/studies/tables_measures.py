"""What the study of tables measures, in addition to TabDiff's protocol (`tables_tabdiff.py`).

All are of rows that no model has seen, unless they speak of training rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import NearestNeighbors
from tables_data import is_number, levels, numbers

from regan.metrics import precision_coverage

BINS = 10  # of numbers in pairs of columns
FEW = 20  # so many different integers count as levels where pairs may be impossible
NEAR = 2_500  # rows for coverage
JUDGED = 10_000  # rows on either side of a two-sample test
LEARNT, ASKED = 5_000, 2_500  # rows for the columns predicted from the others
MEMBERS = 5_000  # training rows, and held-out ones, that are attacked
BOOSTED, FOREST = 100, 20  # trees
REACHED = 8_000  # real rows that beta-recall asks for, of all
EXPECTED = 100  # rows that a pair of levels has to have, were they independent


def codes(reference: pd.DataFrame, *frames: pd.DataFrame) -> list[np.ndarray]:
    """Numbers as they are, levels as integers; missing cells are NaN."""
    all_of = pd.concat([reference, *frames], ignore_index=True)
    made = {
        name: all_of[name].astype("float64")
        if is_number(reference[name])
        else pd.Series(pd.factorize(all_of[name], sort=True)[0]).replace(-1, np.nan).astype(float)
        for name in reference
    }
    cuts = np.cumsum([len(reference), *map(len, frames)])[:-1]
    return np.split(pd.DataFrame(made).to_numpy(), cuts)


def scaled(reference: pd.DataFrame, *frames: pd.DataFrame) -> list[np.ndarray]:
    """Numbers on the range of the reference, levels one-hot; what is missing is a level."""
    all_of = pd.concat([reference, *frames], ignore_index=True)
    X = all_of[numbers(reference)].astype("float64")
    low, high = X[: len(reference)].min(), X[: len(reference)].max()
    X = (X - low) / (high - low).where(high > low, 1.0)
    flags = X.isna().loc[:, X.isna().any()].astype(float)
    one_hot = pd.get_dummies(all_of[levels(reference)].astype(object), dummy_na=True, dtype=float)
    one_hot = one_hot.loc[:, one_hot.any()]
    filled = X.fillna(X[: len(reference)].median())
    made = np.hstack([filled, flags, one_hot]).astype(np.float32)
    return np.split(made, np.cumsum([len(reference), *map(len, frames)])[:-1])


def shape(real: pd.Series, fake: pd.Series) -> float:
    """1 - Kolmogorov-Smirnov's statistic, or - total variation; what is missing is a value."""
    if not is_number(real):
        return 1 - variation(*(c.astype(object).fillna("") for c in (real, fake)))
    one, other = (np.sort(c.fillna(-np.inf).to_numpy(dtype=np.float64)) for c in (real, fake))
    at = np.concatenate([one, other])
    below = [np.searchsorted(c, at, side="right") / len(c) for c in (one, other)]
    return 1 - float(np.abs(below[0] - below[1]).max())


def variation(real: pd.Series, fake: pd.Series) -> float:
    """The total variation of two distributions of values."""
    shares = [c.value_counts(normalize=True) for c in (real, fake)]
    return float(shares[0].sub(shares[1], fill_value=0.0).abs().sum() / 2)


def shapes(real: pd.DataFrame, fake: pd.DataFrame) -> float:
    return float(np.mean([shape(real[name], fake[name]) for name in real]))


def pairs(real: pd.DataFrame, fake: pd.DataFrame) -> float:
    """The mean of 1 - total variation over pairs of columns, numbers cut at the tenths of real."""
    made = []
    for name in real:
        if is_number(real[name]):
            cuts = np.unique(np.nanquantile(real[name], np.linspace(0, 1, BINS + 1)[1:-1]))
            bins = [np.searchsorted(cuts, f[name].to_numpy()) for f in (real, fake)]
            bins = [
                np.where(f[name].isna(), -1, b) for f, b in zip((real, fake), bins, strict=True)
            ]
        else:
            both = pd.factorize(pd.concat([real[name], fake[name]]))[0]
            bins = np.split(both, [len(real)])
        made.append([b + 1 for b in bins])
    found = []
    for (a, b), (c, d) in combinations(made, 2):
        width = max(c.max(), d.max()) + 1
        found.append(1 - variation(pd.Series(a * width + c), pd.Series(b * width + d)))
    return float(np.mean(found))


def c2st(real: pd.DataFrame, fake: pd.DataFrame, seed: int = 0) -> float:
    """The AUC of boosting that tells fake from as many real rows, in 3 folds; .5 is best."""
    n = min(len(real), len(fake), JUDGED)
    X = np.vstack(codes(real[:n], fake[:n]))
    y = np.repeat([0, 1], n)
    found = []
    for learn, ask in StratifiedKFold(3, shuffle=True, random_state=seed).split(X, y):
        model = HistGradientBoostingClassifier(
            categorical_features=[not is_number(real[name]) for name in real],
            max_iter=BOOSTED,
            early_stopping=False,
            random_state=seed,
        ).fit(X[learn], y[learn])
        found.append(roc_auc_score(y[ask], model.predict_proba(X[ask])[:, 1]))
    return float(np.mean(found))


def utility(learn: pd.DataFrame, ask: pd.DataFrame, target: str) -> float:
    """AUC, or R^2 of numbers, of boosting that learns the target on `learn`, on `ask`.

    Of several classes, the mean over them of each against the others, by their shares.
    """
    learn, ask = (part.dropna(subset=[target]) for part in (learn, ask))
    X, Z = codes(learn.drop(columns=target), ask.drop(columns=target))
    flags = [not is_number(learn[name]) for name in learn if name != target]
    settings = {"categorical_features": flags, "max_iter": BOOSTED}
    settings |= {"early_stopping": False, "random_state": 0}
    if is_number(learn[target]):
        model = HistGradientBoostingRegressor(**settings).fit(X, learn[target])
        return float(r2_score(ask[target], model.predict(Z)))
    if learn[target].nunique() < 2:
        return 0.5
    model = HistGradientBoostingClassifier(**settings).fit(X, learn[target].astype(str))
    scores = dict(zip(model.classes_, model.predict_proba(Z).T, strict=True))
    shares = ask[target].astype(str).value_counts(normalize=True)
    of_class = [
        roc_auc_score(ask[target].astype(str) == c, scores.get(c, np.zeros(len(Z))))
        for c in shares.index
    ]
    return float(np.dot(shares, of_class))


def predicted(learn: pd.DataFrame, ask: pd.DataFrame) -> float:
    """Every column from the others by a forest, learnt on `learn`: the mean R^2 on `ask`, >= -1.

    Of numbers that of their ranks among all rows, of levels that of all their indicators together.
    """
    learn, ask = learn[:LEARNT], ask[:ASKED]
    X, Z = (np.nan_to_num(part, nan=-1e6) for part in codes(learn, ask))
    found = []
    for j, name in enumerate(learn):
        y, w = (part[name] for part in (learn, ask))
        if is_number(y):
            ranks = rankdata(pd.concat([y, w]).fillna(-np.inf)) / (len(y) + len(w))
            goal, truth = ranks[: len(y)], ranks[len(y) :]
        else:
            indicators = pd.get_dummies(pd.concat([y, w]).astype(object), dummy_na=True).to_numpy(
                float
            )
            goal, truth = indicators[: len(y)], indicators[len(y) :]
        total = ((truth - truth.mean(axis=0)) ** 2).sum()
        if total == 0:
            continue
        others = np.arange(X.shape[1]) != j
        forest = RandomForestRegressor(FOREST, min_samples_leaf=5, max_features=0.5, random_state=0)
        answer = forest.fit(X[:, others], goal.squeeze()).predict(Z[:, others]).reshape(truth.shape)
        found.append(max(1 - ((truth - answer) ** 2).sum() / total, -1.0))
    return float(np.mean(found))


def nearest(X: np.ndarray, Z: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances of rows of Z from their k nearest of X, and which these are."""
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X).kneighbors(Z)


def alpha_beta(X: np.ndarray, Y: np.ndarray) -> tuple[float, float]:
    r"""Alpha-precision and beta-recall of rows Y, by means and quantiles as synthcity has them.

    With S the 30 levels between 0 and 1, 1 - sum_s |s - curve(s)| / sum_s s. For alpha the curve is
    the share of Y within the s-quantile of distances of X from its mean; for beta the share of rows
    of X that are no farther from Y than from another row of X, and whose nearest in Y lies within
    the s-quantile of the distances of such rows from the mean of Y. The first 8,000 rows of X,
    which have no order, stand for all. Alaa et al., 2022 (arXiv:2102.08921).
    """
    steps = np.linspace(0, 1, 30)
    center = X.mean(axis=0)
    radii = np.quantile(np.linalg.norm(X - center, axis=1), steps)
    out = np.linalg.norm(Y - center, axis=1)
    precision = np.array([(out <= radius).mean() for radius in radii])
    some = X[:REACHED]
    far, at = nearest(Y, some, 1)
    near = far[:, 0] <= nearest(X, some, 2)[0][:, 1]
    out = np.linalg.norm(Y[at[:, 0]] - Y.mean(axis=0), axis=1)
    recall = np.array([(near & (out <= radius)).mean() for radius in np.quantile(out, steps)])
    alpha, beta = (1 - np.abs(steps - curve).sum() / steps.sum() for curve in (precision, recall))
    return float(alpha), float(beta)


def rare(train: pd.DataFrame, fake: pd.DataFrame) -> float:
    """Of levels with .2 to 1 % of the training rows, the share that are among the fake rows."""
    kept = []
    for name in levels(train):
        shares = train[name].value_counts(normalize=True)
        seldom = shares.index[(shares >= 0.002) & (shares <= 0.01)]
        kept += list(np.isin(seldom.astype(str), fake[name].dropna().astype(str).unique()))
    return float(np.mean(kept)) if kept else np.nan


def written(table: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Cells as text, the same for 1 and 1.0, and for every kind of missing cell."""
    text = {
        name: table[name].astype("float64") if is_number(like[name]) else table[name].astype(object)
        for name in table
    }
    return pd.DataFrame({name: c.astype(object).fillna("").astype(str) for name, c in text.items()})


def impossible_pairs(train: pd.DataFrame) -> Iterator[tuple[str, str, set[tuple[str, str]]]]:
    """Columns and pairs of levels that no training row has, though at least 100 were expected."""
    whole = [n for n in numbers(train) if train[n].nunique() <= FEW and not (train[n] % 1).any()]
    table = written(train[[*levels(train), *whole]], train)
    for a, b in combinations(table, 2):
        counts = pd.crosstab(table[a], table[b])
        expected = np.outer(counts.sum(axis=1), counts.sum()) / len(table)
        rows, columns = np.nonzero((counts.to_numpy() == 0) & (expected >= EXPECTED))
        yield a, b, set(zip(counts.index[rows], counts.columns[columns], strict=True))


def impossible(train: pd.DataFrame, fake: pd.DataFrame) -> float:
    """The share of fake rows with an impossible pair, in %."""
    bad = np.zeros(len(fake), dtype=bool)
    for a, b, found in impossible_pairs(train):
        if found:
            bad |= pd.MultiIndex.from_frame(written(fake[[a, b]], train)).isin(found)
    return 100 * float(bad.mean())


def membership(train: pd.DataFrame, held: pd.DataFrame, fake: pd.DataFrame) -> float:
    """The AUC of telling training rows from as many held-out ones by their nearest fake row."""
    n = min(len(train), len(held), MEMBERS)
    _, members, others, Y = scaled(train, train[:n], held[:n], fake)
    far = nearest(Y, np.vstack([members, others]), 1)[0][:, 0]
    return float(roc_auc_score(np.repeat([1, 0], n), -far))


def measures(
    train: pd.DataFrame,
    held: pd.DataFrame,
    fake: pd.DataFrame,
    target: str,
    learn: pd.DataFrame | None = None,
) -> dict[str, float]:
    """All of our protocol.

    learn : rows that predictors learn from and that rare levels are looked for in; default: fake.
    """
    learn = fake if learn is None else learn
    few = fake[: len(held)]
    X, Y = scaled(train, held, few)[1:]
    near = slice(NEAR)
    return {
        "shapes": shapes(held, few),
        "pairs": pairs(held, few),
        "c2st": c2st(held, few),
        "utility": utility(learn, held, target),
        "columns": predicted(learn, held),
        "coverage": precision_coverage(X[near], Y[near]).coverage,
        "beta": alpha_beta(X, Y)[1],
        "rare": rare(train, learn),
        "membership": membership(train, held, fake),
        "impossible": impossible(train, fake),
    }
