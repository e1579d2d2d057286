"""Cells that a model never generates lower the score, and a warning names them."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from regan import RegularizedGaussian
from regan.data import TableEncoder
from regan.data.faults import ColumnWarning

N = 200


def table(seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "x": rng.normal(size=N),
            "city": rng.choice(["Bonn", "Lyon"], N),
            "plan": rng.choice(["a", "b"], N),
            "gaps": np.where(rng.random(N) < 0.2, np.nan, rng.normal(size=N)),
        }
    )


@pytest.fixture(scope="module")
def model():
    return RegularizedGaussian(random_state=0).fit(table())


@pytest.mark.parametrize("library", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_new_levels(model, library):
    X = table(1)
    X.loc[5:9, "city"] = "Metz"
    message = (
        r"column 'city' has 'Metz', not in the training data, in 5 of 200 rows .*: the model "
        "never generates such cells, so they lower the score"
    )
    with pytest.warns(ColumnWarning, match=message):
        model.score(library(X))
    X.loc[20, "city"] = "Nice"
    with pytest.warns(ColumnWarning, match="'city' has 'Metz' and 1 other value, not in the tr"):
        model.score(library(X))


def test_missing_cells_where_none_was(model):
    X = table(1)
    X.loc[5:7, "x"] = None
    message = r"'x' has missing cells, and had none in the training data, in 3 of 200 rows"
    with pytest.warns(ColumnWarning, match=message):
        model.score(X)


def test_a_rare_level_and_what_training_had(model):
    X = table(1)
    X.loc[5, "city"] = "Metz"
    X.loc[5:60, "gaps"] = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.score(X)
        model.score(table())


def test_arrays():
    X = table().drop(columns="gaps")
    model = RegularizedGaussian(standardize=TableEncoder()).fit(X.to_numpy(object))
    X["city"] = "Metz"
    with pytest.warns(ColumnWarning, match="column 1 has 'Metz', not in the training data"):
        assert model.score(X.to_numpy(object)) < 0
