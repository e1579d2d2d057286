"""The tables of the study of imputation (`imputation.py`): rows with hidden cells, and others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from sklearn import datasets
from sklearn.model_selection import train_test_split
from tables_data import fetched

from regan.metrics import hide_cells

MOST = 3_000  # rows of a table, drawn anew for each split
TESTED = 0.2  # of the rows, for what learns from imputed ones
TARGET = "target"


@dataclass(frozen=True)
class Split:
    """One draw of a table.

    whole : the rows that lose cells, complete; gaps : the same with hidden cells; test : others,
    complete; classes : whether the target is a level.
    """

    whole: pd.DataFrame
    gaps: pd.DataFrame
    test: pd.DataFrame
    classes: bool


def toy(load: Callable[..., object], *, classes: bool = True) -> Callable[[], pd.DataFrame]:
    """A table of scikit-learn, the target as its last column; classes are levels."""

    def made() -> pd.DataFrame:
        X, y = load(return_X_y=True, as_frame=True)
        X = X.astype("float64")
        return X.assign(**{TARGET: pd.Categorical(y.astype(str)) if classes else y.astype(float)})

    return made


def california() -> pd.DataFrame:
    return fetched.california().rename(columns={"MedHouseVal": TARGET})


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "iris": toy(datasets.load_iris),
    "wine": toy(datasets.load_wine),
    "breast_cancer": toy(datasets.load_breast_cancer),
    "diabetes": toy(datasets.load_diabetes, classes=False),
    "digits": toy(datasets.load_digits),
    "california": california,
}


def split(name: str, seed: int, share: float, how: str, most: int = MOST) -> Split:
    """A fifth of the rows apart, and a share of the cells of the others hidden."""
    table = TABLES[name]()
    if len(table) > most:
        table = table.sample(most, random_state=seed)
    classes = isinstance(table[TARGET].dtype, pd.CategoricalDtype)
    parts = train_test_split(
        table, test_size=TESTED, random_state=seed, stratify=table[TARGET] if classes else None
    )
    whole, test = (part.reset_index(drop=True) for part in parts)
    return Split(whole, hide_cells(whole, share, how, random_state=seed), test, classes)
