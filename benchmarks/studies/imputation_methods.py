"""What fills the gaps in the study of imputation (`imputation.py`): scikit-learn's and regan's.

All are made from a seed, and have ``complete(gaps, n_draws)``, which gives the completed tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - makes the next import work
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.linear_model import BayesianRidge
from sklearn.preprocessing import StandardScaler

import regan

TREES = 50
ROUNDS = 5  # of an iterative imputer, at most
ROUNDS_OF_FORESTS = 3


class Method(Protocol):
    """Fills gaps; `draws` tells whether numbers differ from draw to draw."""

    draws: bool

    def complete(self, gaps: pd.DataFrame, n_draws: int) -> list[pd.DataFrame]: ...


class OfScikit:
    """An imputer of scikit-learn on standardised numbers, and indicators of all levels but one.

    All of them would tell a regression that they sum to one, and nothing else. What it says of them
    are chances, once those below 0 are 0: levels are drawn by them.
    """

    def __init__(self, imputer: Any, seed: int, *, draws: bool = False) -> None:
        self.imputer, self.draws = imputer, draws
        self.rng = np.random.default_rng(seed)

    def complete(self, gaps: pd.DataFrame, n_draws: int) -> list[pd.DataFrame]:
        numbers = gaps.select_dtypes("number")
        levels = {name: gaps[name] for name in gaps if name not in numbers}
        blocks = {name: indicators(column) for name, column in levels.items()}
        matrix = np.hstack([numbers.to_numpy(dtype=float), *blocks.values()])
        scaler = StandardScaler().fit(matrix)
        scaled = scaler.transform(matrix)
        self.imputer.fit(scaled)
        once = None if self.draws else self.imputer.transform(scaled)
        tables = []
        for _ in range(n_draws):
            filled = self.imputer.transform(scaled) if once is None else once
            tables.append(self._table(gaps, numbers, blocks, scaler.inverse_transform(filled)))
        return tables

    def _table(
        self,
        gaps: pd.DataFrame,
        numbers: pd.DataFrame,
        blocks: dict[str, np.ndarray],
        filled: np.ndarray,
    ) -> pd.DataFrame:
        table, start = gaps.copy(), numbers.shape[1]
        plain = pd.DataFrame(filled[:, :start], columns=numbers.columns)
        table[numbers.columns] = numbers.fillna(plain)
        for name, block in blocks.items():
            stop = start + block.shape[1]
            codes = drawn(filled[:, start:stop], self.rng)
            lost, start = gaps[name].isna(), stop
            table.loc[lost, name] = gaps[name].cat.categories[codes[lost]]
        return table


def indicators(column: pd.Series) -> np.ndarray:
    """One column for each category but the first, (n, L - 1); NaN where the cell is missing."""
    codes = column.cat.codes.to_numpy()
    made = np.eye(len(column.cat.categories))[np.maximum(codes, 0), 1:]
    made[codes < 0] = np.nan
    return made


def drawn(others: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A level (n,) for each row of the chances of all but the first, (n, L - 1)."""
    chances = np.column_stack([1 - others.sum(axis=1), others])
    sums = np.cumsum(np.maximum(chances, 1e-9), axis=1)
    return (rng.random(len(sums))[:, None] * sums[:, -1:] > sums).sum(axis=1)


class OfRegan:
    """A generative model, fitted to the table with gaps; `impute` draws what is missing in it."""

    draws = True

    def __init__(self, model: Any, seed: int) -> None:
        self.model, self.seed = model, seed

    def complete(self, gaps: pd.DataFrame, n_draws: int) -> list[pd.DataFrame]:
        self.model.fit(gaps)
        found = self.model.impute(gaps, n_draws=n_draws, random_state=self.seed)
        return found if isinstance(found, list) else [found]


def knn(seed: int) -> OfScikit:
    return OfScikit(KNNImputer(), seed)


def ridge(seed: int) -> OfScikit:
    return OfScikit(IterativeImputer(BayesianRidge(), max_iter=ROUNDS, random_state=seed), seed)


def mice(seed: int) -> OfScikit:
    """Draws from the posterior of each regression, within 4 standard deviations of the mean."""
    imputer = IterativeImputer(
        BayesianRidge(),
        sample_posterior=True,
        max_iter=ROUNDS,
        min_value=-4.0,
        max_value=4.0,
        random_state=np.random.RandomState(seed),  # goes on from draw to draw
    )
    return OfScikit(imputer, seed, draws=True)


def forest(seed: int) -> OfScikit:
    """As MissForest, but of extremely randomized trees, whose errors are smaller in half the time:
    they try the square root of the columns at each split.
    """
    trees = ExtraTreesRegressor(TREES, max_features="sqrt", random_state=seed)
    return OfScikit(IterativeImputer(trees, max_iter=ROUNDS_OF_FORESTS, random_state=seed), seed)


def of_regan(make: Callable[..., Any], **settings: Any) -> Callable[[int], OfRegan]:
    """A maker of one of regan's models, with defaults but for `settings`."""
    return lambda seed: OfRegan(make(random_state=seed, **settings), seed)


SCIKIT: dict[str, Callable[[int], Method]] = {
    "mean": lambda seed: OfScikit(SimpleImputer(), seed),
    "KNN": knn,
    "ridge": ridge,
    "ridge, drawn": mice,
    "forest": forest,
}
REGAN: dict[str, Callable[[int], Method]] = {
    "RegularizedGaussian": of_regan(regan.RegularizedGaussian),
    "RegularizedMixture": of_regan(regan.RegularizedMixture),
    "RegularizedGAN": of_regan(regan.RegularizedGAN, masked=True),
    "RegularizedVAE": of_regan(regan.RegularizedVAE, masked=True),
}
METHODS = SCIKIT | REGAN
