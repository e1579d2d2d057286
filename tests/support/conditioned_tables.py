"""Tables and small models of them, for tests of conditions and of imputation."""

import numpy as np
import pandas as pd

from regan import RegularizedMixture
from regan.data import Inequality, Sum, TableEncoder

N = 800
SMALL = {"hidden_layer_sizes": 8, "max_iter": 5, "batch_size": 32, "random_state": 0}


def table(seed=0):
    """Levels, whole numbers, numbers of which some are missing, dates, and grades."""
    rng = np.random.default_rng(seed)
    city = rng.choice(["Bonn", "Lyon", "Nice"], N, p=[0.2, 0.5, 0.3])
    age = np.clip(rng.normal(np.where(city == "Nice", 60, 40), 10), 18, 90).round().astype(int)
    return pd.DataFrame(
        {
            "city": city,
            "age": age,
            "paid": np.where(rng.random(N) < 0.2, np.nan, rng.gamma(2.0, age)),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1000, N), "D"),
            "grade": pd.Categorical(
                rng.choice(["low", "mid", "high"], N), ["low", "mid", "high"], ordered=True
            ),
        }
    )


def mixture(**changes):
    """A small mixture, which is given known cells."""
    settings = {"n_components": 3, "alpha": 1.0, "covariance_type": "diag", "random_state": 0}
    return RegularizedMixture(**{**settings, **changes})


def ruled(seed=0):
    """Columns that are bound to each other, by rules and otherwise."""
    rng = np.random.default_rng(seed)
    a, b = rng.gamma(2, 10, N).round(2), rng.gamma(3, 10, N).round(2)
    which = rng.choice(4, N)
    start = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 600, N), "D")
    X = pd.DataFrame(
        {
            "start": start,
            "end": start + pd.to_timedelta(rng.integers(0, 60, N), "D"),
            "a": a,
            "b": b,
            "total": (a + b).round(2),
            "town": np.array(["Lyon", "Nice", "Bonn", "Rome"])[which],
            "land": np.array(["F", "F", "D", "I"])[which],
            "x": rng.normal(size=N),
        }
    )
    X["y"] = 1 - 3 * X.x
    X["old"] = np.where(X.x > 0.5, "yes", "no")
    return X


def mixture_under_rules():
    """A mixture fitted to `ruled`, under its rules."""
    rules = [Inequality("start", "end"), Sum(["a", "b"], "total")]
    return mixture(standardize=TableEncoder(rules=rules)).fit(ruled())
