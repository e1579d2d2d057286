"""Tables of one column ``x``, in every library."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from regan import RegularizedGaussian
from regan.data import TableEncoder


def of_pandas(values, dtype=None):
    return pd.DataFrame({"x": pd.Series(values, dtype=dtype)})


def of_polars(values, dtype=None):
    return pl.DataFrame({"x": pl.Series(values, dtype=dtype)})


def of_arrow(values, dtype=None):
    return pa.table({"x": pa.array(values, dtype)})


def of_both(values, dtype=None):
    """A column of Arrow in pandas."""
    return of_arrow(values, dtype).to_pandas(types_mapper=pd.ArrowDtype)


def values_of(X):
    return X["x"].to_pylist() if isinstance(X, pa.Table) else X["x"].to_list()


def column_of(X, **settings):
    """What an encoder learns of the column."""
    return TableEncoder(**settings).fit(X).columns_[0]


def made_of(X, n=400, **settings):
    """Values of samples of a Gaussian."""
    encoder = TableEncoder(**settings)
    return values_of(RegularizedGaussian(standardize=encoder, random_state=0).fit(X).sample(n))


def there_and_back(X, **settings):
    """The table that comes back from the matrix of a table."""
    encoder = TableEncoder(**settings).fit(X)
    return encoder.inverse_transform(encoder.transform(X))


def wild(X, n=400, **settings):
    """The table of a matrix such as no model makes."""
    encoder = TableEncoder(**settings).fit(X)
    matrix = np.random.default_rng(0).normal(size=(n, encoder.width)) * 3
    matrix[:2] = [[np.inf], [-np.inf]]
    return encoder.inverse_transform(matrix)
