"""Bad cells: every error names the column, how many rows there are, and the first of them."""

import datetime
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from regan import RegularizedGAN, RegularizedGaussian
from regan.data import ColumnsError, Inequality, TableEncoder
from regan.metrics import evaluate

N = 40
RNG = np.random.default_rng(0)
DAY = datetime.date(2026, 1, 1)


def objects(usual, *others):
    """A column with `others` from row 5 on, behind one missing cell."""
    return pd.Series([None, *[usual] * 4, *others, *[usual] * (N - 5 - len(others))], dtype=object)


# The cells of a column, and what the error says of it
MIXED = {
    "text beside numbers": (
        objects(1, "q"),
        "holds 'q' (str) in 1 of 40 rows (row 5), and 1",
    ),
    "numbers beside text": (objects("q", 2, 1.5), "holds 2 (int) in 2 of 40 rows (rows 5 and 6)"),
    "booleans beside numbers": (objects(0, True), "holds True (bool) in 1 of 40 rows (row 5), and"),
    "decimals beside numbers": (
        objects(Decimal(1), 2.5),
        "2.5 (float) in 1 of 40 rows (row 5",
    ),
    "dates beside text": (objects(DAY, "soon"), "holds 'soon' (str) in 1 of 40 rows (row 5), and"),
    "bytes beside text": (objects("a", b"a"), "holds b'a' (bytes) in 1 of 40 rows (row 5), and"),
    "a large integer": (objects(0.5, 2**60 + 1), "holds 1152921504606846977 among float"),
    "lists": (objects("q", [1]), "holds objects of the type list in 1 of 40 rows (row 5): convert"),
    "dicts": (objects("q", {}), "holds objects of the type dict in 1 of 40 rows (row 5): convert"),
    "lists inside": (objects((1,), (1, [2])), "objects of the type tuple in 1 of 40 rows (row 5)"),
    "infinite": (objects(0.5, np.inf, 1), "contains inf in column 'x', in 1 of 40 rows (row 5)"),
    "infinite decimals": (
        objects(Decimal(1), Decimal("inf")),
        "inf in column 'x', in 1 of 40",
    ),
    "huge": (objects(0.5, -1e300), "overflow the dtype in column 'x', in 1 of 40 rows (row 5)"),
}


@pytest.fixture(scope="module")
def good():
    return pd.DataFrame({"v": RNG.normal(size=N), "c": ["a", "b"] * (N // 2), "x": 0.0})


@pytest.mark.parametrize(("cells", "message"), MIXED.values(), ids=MIXED)
def test_bad_cells_are_named(good, cells, message):
    for model in (TableEncoder(), RegularizedGaussian()):
        with pytest.raises(ColumnsError, match=re.escape(message)) as caught:
            model.fit(good.assign(x=cells))
        assert list(caught.value.columns) == ["x"]


@pytest.mark.parametrize("library", [pl.from_pandas, pa.Table.from_pandas], ids=["polars", "arrow"])
def test_in_tables_of_any_library(good, library):
    X, encoder = good.assign(x=objects(0.5, np.inf)), TableEncoder().fit(good)
    with pytest.raises(ColumnsError, match=r"inf in column 'x', in 1 of 40 rows \(row 5\)"):
        TableEncoder().fit(library(X.astype({"x": float})))
    with pytest.raises(
        ColumnsError, match=r"'z', in 1 of 40 rows \(row 7\): the known levels are 'a', 'b'"
    ):
        encoder.transform(library(good.assign(c=good["c"].mask(good.index == 7, "z"))))
    with pytest.raises(ColumnsError, match=r"NaN in column 'c', in 1 of 40 rows \(row 7\)"):
        encoder.transform(library(good.assign(c=good["c"].mask(good.index == 7))))
    lists = {"v": [1.0, 2.0, 3.0], "x": [None, [1], [2]]}
    with pytest.raises(ColumnsError, match=r"'x' holds .* list in 2 of 3 rows \(rows 1 and 2\)"):
        TableEncoder().fit(pl.DataFrame(lists) if library is pl.from_pandas else pa.table(lists))


def test_labels_of_the_index_stand_beside_positions(good):
    rows = good.assign(x=[*range(9), np.inf, *range(9, 39)])[good.index % 3 == 0]
    with pytest.raises(ColumnsError, match=r"in 1 of 14 rows \(row 3 \[index 9\]\): impute"):
        RegularizedGaussian().fit(rows)
    named = good.set_axis([f"r{i}" for i in range(N)])
    with pytest.raises(ValueError, match=r"40 of 40 rows \(.* 0 \[index 'r0'\], 1 \[index 'r1'\]"):
        TableEncoder(rules=[Inequality("v", "x")]).fit(named.assign(v=1.0))
    with pytest.raises(ColumnsError, match=r"^the second sample: column 'c' holds 3 .* \(row 7\)"):
        evaluate(good, good.assign(c=good["c"].astype(object).mask(good.index == 7, 3)))


def test_where_training_goes_on(good):
    gan = RegularizedGAN(max_iter=1, hidden_layer_sizes=4).fit(good.assign(x=np.arange(N) ** 2))
    with pytest.raises(ColumnsError, match=r"'x' held integers .* 0.5 now in 1 of 40 .* \(row 7\)"):
        gan.partial_fit(good.assign(x=[*range(7), 0.5, *range(8, N)]))


def test_what_stays_as_it_is(good):
    declared = good.assign(x=objects("q", 2, 1.5).astype("category"))
    mixed = good.assign(x=objects("q", 2, 1.5))
    numbers = good.assign(x=pd.Series([1, np.int64(2), 2.5, np.float32(0.5)] * 10, dtype=object))
    for X, encoder in (
        (declared, TableEncoder()),
        (mixed, TableEncoder(categorical=["x"])),
        (numbers, TableEncoder()),
    ):
        back = encoder.inverse_transform(encoder.fit_transform(X))
        assert back["x"].isna().tolist() == X["x"].isna().tolist()
        assert back["x"].dropna().tolist() == X["x"].dropna().tolist()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1, 2], [1, 2], [1]], "row 2 has the length 1, and row 0 the length 2"),
        ([[1, 2], {"a": 1}], "row 1 is {'a': 1} (dict)"),
        ([[1, 2], [1, [2]]], "column 1 holds [2] (list) in row 1"),
    ],
)
def test_rows_that_are_none(rows, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        RegularizedGaussian().fit(rows)


def test_labels_of_classes(good):
    gan, X = RegularizedGAN(conditional=True), good[["v", "x"]]
    with pytest.raises(ValueError, match=r"None in 1 of 40 rows \(row 7\): every row needs"):
        gan.fit(X, [*"aaaaaaa", None, *"b" * 32])
    with pytest.raises(TypeError, match=r"'a' \(str\) in row 0 and 3 \(int\) in row 7"):
        gan.fit(X, [*"aaaaaaa", 3, *"b" * 32])
