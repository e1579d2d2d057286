"""TabDiff's protocol (Shi et al., 2025, arXiv:2410.20626), as Scassola et al. measure by it
(2026, arXiv:2603.23016, their repository april-tools/tabpc), and the rows that they publish.

It needs sdmetrics 0.24.0 and xgboost: later versions of sdmetrics leave pairs out that have no
association, and what they call trend is another number.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import ParameterGrid, StratifiedKFold
from tables_data import Parts, is_number
from tables_measures import alpha_beta

GRID = {"min_child_weight": [1, 10], "max_depth": [5, 10, 20], "gamma": [0.0, 1.0]}
TREES = 10, 50, 100
# means of several runs; seconds are those of a GPU
PUBLISHED = {
    "adult": {
        "CTGAN": (0.8087, 0.7581, 0.0, 0.8623, 0.7539, 0.1313, 3798),
        "TVAE": (0.7619, 0.6664, 0.0, 0.8710, 0.6233, 0.1221, 1310),
        "STaSy": (0.8915, 0.8526, 0.3425, 0.9058, 0.8872, 0.3454, 6527),
        "TabSyn": (0.9921, 0.9795, 0.7942, 0.9104, 0.9902, 0.4796, 3083),
        "TabDiff": (0.9932, 0.9846, 0.8409, 0.9130, 0.9861, 0.5255, 11605),
        "independent columns": (0.9961, 0.9251, 0.0160, 0.5159, 0.9568, 0.0769, 1.1),
        "mixture of products": (0.9924, 0.9814, 0.7727, 0.9022, 0.9915, 0.4692, 60),
        "TabPC": (0.9942, 0.9856, 0.8554, 0.9162, 0.9961, 0.4995, 272),
    },
    "magic": {
        "CTGAN": (0.9443, 0.9445, 0.1034, 0.8823, 0.9040, 0.1588, 1797),
        "TVAE": (0.9540, 0.9531, 0.2981, 0.9181, 0.9684, 0.3631, 835),
        "STaSy": (0.8817, 0.9399, 0.5221, 0.9320, 0.9362, 0.4387, 4949),
        "TabSyn": (0.9902, 0.9918, 0.7602, 0.9370, 0.9938, 0.4775, 2271),
        "TabDiff": (0.9920, 0.9916, 0.7732, 0.9358, 0.9939, 0.4799, 11643),
        "independent columns": (0.9938, 0.8696, 0.0052, 0.5124, 0.8612, 0.0196, 0.5),
        "mixture of products": (0.9840, 0.9789, 0.6258, 0.9284, 0.9654, 0.4926, 15),
        "TabPC": (0.9902, 0.9830, 0.8602, 0.9324, 0.9948, 0.5047, 39),
    },
}


def common(table: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Numbers as float64, levels as objects."""
    dtypes = {name: "float64" if is_number(like[name]) else object for name in like}
    return table.reset_index(drop=True).astype(dtypes)


def one_hot(*frames: pd.DataFrame) -> list[np.ndarray]:
    made = pd.get_dummies(pd.concat(frames, ignore_index=True), dtype="float32")
    return np.split(made.to_numpy("float32"), np.cumsum([len(f) for f in frames])[:-1])


def quality(train: pd.DataFrame, fake: pd.DataFrame) -> tuple[float, float]:
    """Column shapes and pair trends of sdmetrics' quality report."""
    from sdmetrics.reports.single_table import QualityReport

    kinds = {n: "numerical" if is_number(train[n]) else "categorical" for n in train}
    metadata = {"columns": {name: {"sdtype": kind} for name, kind in kinds.items()}}
    report = QualityReport()
    report.generate(train, fake, metadata, verbose=False)
    scores = report.get_properties().set_index("Property")["Score"]
    return float(scores["Column Shapes"]), float(scores["Column Pair Trends"])


def c2st(train: pd.DataFrame, fake: pd.DataFrame, seed: int) -> float:
    """1 - mean over 3 folds of max(2 AUC - 1, 0), of XGBoost's defaults; 1 is best."""
    from xgboost import XGBClassifier

    X = np.vstack(one_hot(train, fake))
    y = np.repeat([1, 0], [len(train), len(fake)])
    found = []
    for learn, ask in StratifiedKFold(3, shuffle=True, random_state=seed).split(X, y):
        model = XGBClassifier(eval_metric="logloss", random_state=0, n_jobs=1)
        score = model.fit(X[learn], y[learn]).predict_proba(X[ask])[:, 1]
        found.append(max(2 * roc_auc_score(y[ask], score) - 1, 0.0))
    return 1 - float(np.mean(found))


def mle(fake: pd.DataFrame, test: pd.DataFrame, target: str, seed: int) -> float:
    """The AUC on test rows of XGBoost that learnt on fake ones.

    Of 36 settings that one which is best on a ninth of the fake rows, learnt on the others.
    """
    from xgboost import XGBClassifier

    X, Z = one_hot(fake.drop(columns=target), test.drop(columns=target))
    positive = max(test[target])
    y, w = (np.asarray(part[target] == positive, dtype=int) for part in (fake, test))
    if len(np.unique(y)) < 2:
        return 0.5
    order = np.random.default_rng(seed).permutation(len(X))
    ask, learn = np.split(order, [len(X) // 9])
    best = -np.inf, 0.5
    for setting in ParameterGrid(GRID):
        model = XGBClassifier(
            n_estimators=max(TREES), tree_method="hist", n_jobs=1, random_state=0, **setting
        ).fit(X[learn], y[learn])
        for n in TREES:  # a fit of 10 trees is the first 10 of one of 100
            some = {"iteration_range": (0, n)}
            valid, final = (
                float(roc_auc_score(truth, model.predict_proba(rows, **some)[:, 1]))
                for truth, rows in ((y[ask], X[ask]), (w, Z))
            )
            best = max(best, (valid, final), key=lambda pair: pair[0])
    return best[1]


def alpha_and_beta(train: pd.DataFrame, fake: pd.DataFrame) -> tuple[float, float]:
    """On the ranges of training rows, without the last level of the target, as published."""
    X, Y = one_hot(train, fake)
    low, span = X.min(axis=0), np.ptp(X, axis=0)
    span[span == 0] = 1
    return alpha_beta(*((part - low)[:, :-1] / span[:-1] for part in (X, Y)))


def protocol(parts: Parts, fake: pd.DataFrame, seed: int) -> dict[str, float]:
    """All measures of as many fake rows as there are training rows."""
    train, test = (common(part, parts.train) for part in (parts.train, parts.test))
    fake = common(fake, parts.train)
    shape, trend = quality(train, fake)
    alpha, beta = alpha_and_beta(train, fake)
    return {
        "shape": shape,
        "trend": trend,
        "c2st": c2st(train, fake, seed),
        "mle": mle(fake, test, parts.target, seed),
        "alpha": alpha,
        "beta": beta,
    }


def protocol_of_real(parts: Parts, seed: int) -> dict[str, float]:
    """The same of test rows.

    The predictor learns on training rows, and alpha and beta are those of as many training rows as
    there are test rows.
    """
    train, test = (common(part, parts.train) for part in (parts.train, parts.test))
    shape, trend = quality(train, test)
    n = min(len(train), len(test))
    some = train.sample(n, random_state=seed).reset_index(drop=True)
    alpha, beta = alpha_and_beta(some, test[:n])
    return {
        "shape": shape,
        "trend": trend,
        "c2st": c2st(train, test, seed),
        "mle": mle(train, test, parts.target, seed),
        "alpha": alpha,
        "beta": beta,
    }
