"""What is no table is refused in words: what it is, and what helps."""

import re
from collections import namedtuple
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from mixed_tables import MODELS

from regan.data import TableEncoder
from regan.metrics import closest_records, energy_distance, evaluate

FRAME = pd.DataFrame({"a": [1.0, 2, 3], "b": [2.0, 3, 4]})
MIXED = FRAME.assign(c=["x", "y", "z"])


@dataclass
class Point:
    a: float
    b: str


Pair = namedtuple("Pair", "a b")


class Numbers:
    """Numbers of another library, which become an array."""

    def __init__(self, values):
        self.values = np.asarray(values, dtype=float)
        self.shape = self.values.shape

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype or float)

    def __len__(self):
        return len(self.values)


class DataArray(Numbers):
    coords: ClassVar = {}

    def to_pandas(self):
        return FRAME


class Dataset(dict):
    coords: ClassVar = {}

    def to_dataframe(self):
        return FRAME

    def to_pandas(self):
        raise ValueError


class LazyTable(Numbers):
    columns = ("a", "b")

    def compute(self):
        return FRAME


class StrangeTable(Numbers):
    columns = ("a", "b")


# What is given; what the message says of it, and what helps
WRONG = {
    "records": ([{"a": 1, "b": "x"}] * 3, "a list of dicts, one per row: give pandas.DataFrame(X)"),
    "objects": ([Point(1, "a")] * 3, "a list of Point objects: give pandas.DataFrame(X)"),
    "columns": ({"a": [1, 2], "b": ["x", "y"]}, "a dict of columns: give pandas.DataFrame(X)"),
    "columns by row": ({"a": {0: 1}}, "a dict of columns: give pandas.DataFrame(X)"),
    "one record": ({"a": 1, "b": "x"}, "a dict of single values, which is one row"),
    "nothing inside": ({}, "an empty dict"),
    "tables by name": ({"train": FRAME}, "a dict of tables: give one of them"),
    "a table in a list": ([FRAME], "a list of one DataFrame: give the DataFrame itself, X[0]"),
    "tables": (
        [FRAME, FRAME],
        "a list with a DataFrame inside: give one DataFrame",
    ),
    "rows and labels": ((FRAME, [1, 2, 3]), "a tuple with a DataFrame inside"),
    "records in rows": ([[{"a": 1}]], "a list of lists with dicts inside"),
    "a column": (FRAME["a"], "a Series of pandas, which is one column: give a table of it"),
    "words": (MIXED["c"], "a Series of pandas, which is one column: give a table of it"),
    "a column of polars": (pl.Series([1.0]), "a Series of polars, which is one column"),
    "a column of Arrow": (pa.array([1.0]), "a DoubleArray of pyarrow, which is one column"),
    "categories": (pd.Categorical(["a"]), "a Categorical of pandas, which is one column"),
    "an index": (FRAME.index, "a RangeIndex of pandas, which is one column"),
    "groups": (FRAME.groupby("a"), "a DataFrameGroupBy of pandas: give the DataFrame itself"),
    "a lazy table": (pl.from_pandas(FRAME).lazy(), "a LazyFrame: give X.collect()"),
    "a batch": (
        pa.RecordBatch.from_pylist([{"a": 1.0}]),
        "a RecordBatch of pyarrow: give pyarrow.Table.from_batches([X])",
    ),
    "one dimension of words": (["a", "b"], "one dimension of 2 values, such as 'a' (str)"),
    "rows of many lengths": (
        np.array([[1, 2], [3]], dtype=object),
        "one dimension of 2 values, such as [1, 2] (list)",
    ),
    "a generator": ((row for row in [[1, 2]]), "a generator: give a list of its rows, list(X)"),
    "a set": ({1, 2}, "a set: give a list of its rows, list(X)"),
    "a map": (map(float, [1]), "a map: give a list of its rows, list(X)"),
    "a file": (__file__, "): read the file first, as by pandas.read_csv"),
    "a path": (Path(__file__), "Path("),
    "an array of xarray": (
        DataArray(FRAME),
        "whose coords would be lost: give X.to_pandas()",
    ),
    "a dataset of xarray": (
        Dataset(a=[1.0], b=[2.0]),
        "whose coords would be lost: give X.to_dataframe()",
    ),
    "a table of another library": (
        LazyTable(FRAME),
        "whose columns would be lost: give X.compute()",
    ),
    "a table of nobody": (
        StrangeTable(FRAME),
        "whose columns would be lost: give a DataFrame of pandas with its columns",
    ),
    "nothing": (None, "a NoneType: give the rows"),
    "a number": (3, "an int"),
    "a type": (pd.DataFrame, "a type"),
    "records of NumPy": (
        np.zeros(2, dtype=[("a", int), ("b", "U1")]),
        "records: give pandas.DataFrame(X)",
    ),
}


@pytest.mark.parametrize(("X", "said"), WRONG.values(), ids=WRONG)
def test_what_it_is_and_what_helps(X, said):
    matrix, table = MODELS["gaussian"]().fit(FRAME), MODELS["gaussian"]().fit(MIXED)
    for call in (MODELS["gan"]().fit, matrix.score, table.score):
        with pytest.raises(TypeError, match=re.escape(said)):
            call(X)
    with pytest.raises(TypeError, match="a TableEncoder takes a DataFrame of pandas, polars or py"):
        TableEncoder().fit(X)
    said = said.replace("X", "the second sample")
    for real in (FRAME, MIXED, FRAME.to_numpy()):
        for measure in (energy_distance, closest_records, evaluate):
            with pytest.raises(TypeError, match=re.escape(said)):
                measure(real, X)


ROWS = {
    "rows with words": [["a", 1.0], ["b", 2.0]],
    "named rows": [Pair("a", 1.0)] * 3,
    "an array of words": np.array([["a", "b"]]),
    "columns in a list": [MIXED["c"], MIXED["c"]],
}


@pytest.mark.parametrize("X", ROWS.values(), ids=ROWS)
def test_rows_with_words_want_a_frame(X):
    helps = r"column 0 holds '\w' \(str\).*: the argument must .*as by pandas.DataFrame\(rows\)"
    with pytest.raises(TypeError, match=helps):
        MODELS["gan"]().fit(X)
    with pytest.raises(TypeError, match=r"(?s)'\w' \(str\) .*: the second sample must be a"):
        energy_distance(np.eye(2), X)


def test_images_want_to_be_rows():
    with pytest.raises(ValueError, match=r"shape \(4, 3, 2\).* give X.reshape\(len\(X\), -1\)"):
        MODELS["gan"]().fit(np.zeros((4, 3, 2)))


def test_arrays_of_other_libraries_are_arrays():
    """What has numbers alone, as tensors have, becomes an array of NumPy, as in scikit-learn."""
    X = np.random.default_rng(0).normal(size=(20, 2))
    rows = MODELS["gaussian"]().fit(Numbers(X)).sample(3, 0)
    assert type(rows) is np.ndarray
    np.testing.assert_array_equal(rows, MODELS["gaussian"]().fit(X).sample(3, 0))


def test_xarray_itself():
    xarray = pytest.importorskip("xarray", reason="xarray is not among what the tests install")
    X = xarray.DataArray(FRAME.to_numpy(), dims=("row", "name"), coords={"name": ["a", "b"]})
    with pytest.raises(TypeError, match=r"whose coords .* give X\.to_pandas\(\)"):
        MODELS["gaussian"]().fit(X)
    assert list(MODELS["gaussian"]().fit(X.to_pandas()).sample(2).columns) == ["a", "b"]
    with pytest.raises(TypeError, match=r"whose coords .* give X\.to_dataframe\(\)"):
        MODELS["gaussian"]().fit(FRAME.to_xarray())
