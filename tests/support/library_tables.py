"""Tables of other libraries than pandas, with a column of every dtype that people have."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

N = 60
WHOLE = (
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128),
    *(pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64),
)


def of_polars(n=N, seed=0):
    """A DataFrame of polars."""
    rng = np.random.default_rng(seed)
    counts, words = rng.poisson(3, n), rng.choice(["low", "mid", "high"], n)
    whole = {str(dtype): pl.Series(counts).cast(dtype) for dtype in WHOLE}
    return pl.DataFrame(
        {
            "double": 170 + rng.normal(size=n),
            "single": pl.Series(rng.normal(size=n)).cast(pl.Float32),
            **whole,
            "flag": rng.random(n) < 0.4,
            "text": words,
            "category": pl.Series(words).cast(pl.Categorical()),
            "enum": pl.Series(words).cast(pl.Enum(["none", "low", "mid", "high"])),
            "one": "same",
        }
    )


def of_arrow(n=N, seed=0):
    """A Table of pyarrow."""
    rng = np.random.default_rng(seed)
    counts, words = rng.poisson(3, n), rng.choice(["low", "mid", "high"], n).tolist()
    coded = pa.dictionary(pa.int8(), pa.string(), ordered=True)
    whole = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
    return pa.table(
        {
            "double": 170 + rng.normal(size=n),
            "single": rng.normal(size=n).astype("float32"),
            **{name: pa.array(counts.astype(name)) for name in whole},
            "flag": rng.random(n) < 0.4,
            "text": words,
            "large text": pa.array(words, type=pa.large_string()),
            "dictionary": pa.array(words, type=coded),
            "numbered": pa.array(counts).dictionary_encode(),
        }
    )


def of_pandas(n=N, seed=0):
    """A DataFrame of pandas whose columns are Arrow's, or strings that are."""
    X = of_arrow(n, seed).to_pandas(types_mapper=pd.ArrowDtype)
    words = X["text"].tolist()
    return X.assign(
        storage=pd.array(words, dtype="string[pyarrow]"),
        python=pd.array(words, dtype="string[python]"),
        levels=X["text"].astype("category"),
    )


def of_nullable(n=N, seed=0):
    """A DataFrame of pandas with the dtypes that pandas has beside NumPy's."""
    return of_arrow(n, seed).select(["double", "int8", "flag", "text"]).to_pandas().convert_dtypes()


TABLES = {"polars": of_polars, "pyarrow": of_arrow, "arrow": of_pandas, "nullable": of_nullable}


def schema(X):
    """Names and dtypes, in order."""
    if isinstance(X, pd.DataFrame):
        return list(zip(X.columns, X.dtypes, strict=True))
    return (
        list(zip(X.schema.names(), X.schema.dtypes(), strict=True))
        if isinstance(X, pl.DataFrame)
        else list(zip(X.schema.names, X.schema.types, strict=True))
    )


def columns_reversed(X):
    """The same table with its columns the other way round."""
    names = list(X.column_names if isinstance(X, pa.Table) else X.columns)[::-1]
    return X[names] if isinstance(X, pd.DataFrame) else X.select(names)
