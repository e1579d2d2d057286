"""The tables of the study of tables (`tables.py`), and how each is split."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

_SPEC = spec_from_file_location(
    "fetched_tables", Path(__file__).parents[2] / "examples" / "tables.py"
)  # by its place: the study is called tables as well
fetched = sys.modules["fetched_tables"] = module_from_spec(_SPEC)
_SPEC.loader.exec_module(fetched)
MOST = 50_000  # rows of a table
TESTED = 16_281  # the first rows of adult, those of its test
MAGIC_SEED = 1234  # of the split that TabDiff and TabSyn have


@dataclass(frozen=True)
class Parts:
    """Rows to train on, held-out rows to compare with, and fresh ones that stand for a model's.

    protocol : whether TabDiff's protocol is made as well: train and test are those published.
    """

    train: pd.DataFrame
    held: pd.DataFrame
    fresh: pd.DataFrame
    target: str
    protocol: bool = False

    @property
    def test(self) -> pd.DataFrame:
        """Held-out and fresh rows together."""
        return pd.concat([self.held, self.fresh], ignore_index=True)


@dataclass(frozen=True)
class Table:
    """Where a table comes from, what is predicted, and what is left out: ids and constants."""

    load: Callable[[], pd.DataFrame]
    target: str
    without: tuple[str, ...] = ()
    split: Callable[[pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]] | None = None

    def parts(self, seed: int) -> Parts:
        """A third of the rows, or those published, are for tests: half of them are held out."""
        table = self.load().drop(columns=list(self.without))
        table = table if self.split else table.sample(frac=1.0, random_state=seed)[:MOST]
        cut = -(-2 * len(table) // 3)
        train, test = self.split(table) if self.split else (table[:cut], table[cut:])
        test = test.sample(frac=1.0, random_state=seed)
        half = len(test) // 2
        pieces = (p.reset_index(drop=True) for p in (train, test[:half], test[half:]))
        return Parts(*pieces, self.target, self.split is not None)


def adult_split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The split of its authors: 32,561 rows to train on, and 16,281."""
    return table[TESTED:], table[:TESTED]


def magic_split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """TabSyn's and TabDiff's: 17,117 rows to train on, and 1,902; the first row is lost there."""
    table = table[1:]
    order = np.arange(len(table))
    np.random.RandomState(MAGIC_SEED).shuffle(order)
    cut = int(len(table) * 0.9)
    return table.iloc[order[:cut]], table.iloc[order[cut:]]


TABLES = {
    "adult": Table(fetched.adult, "income", split=adult_split),
    "magic": Table(fetched.magic, "class", split=magic_split),
    "diamonds": Table(fetched.diamonds, "cut"),
    "lending_club": Table(fetched.lending_club, "Class"),
    "credit_data": Table(fetched.credit, "Status"),
    "nassCDS": Table(fetched.nass_cds, "dead", ("caseid",)),
    # the year is 2013, an hour is the others', and 4,000 tail numbers are names
    "flights": Table(fetched.flights, "arr_delay", ("year", "time_hour", "tailnum")),
}


def is_number(column: pd.Series) -> bool:
    return is_numeric_dtype(column) and not is_bool_dtype(column)


def numbers(table: pd.DataFrame) -> list[str]:
    return [name for name in table if is_number(table[name])]


def levels(table: pd.DataFrame) -> list[str]:
    return [name for name in table if not is_number(table[name])]
