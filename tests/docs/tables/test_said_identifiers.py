"""What the guide says of identifiers, free text and rare levels, and of what is refused."""

import re
from fractions import Fraction
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from dask import dataframe as dask
from mixed_tables import MODELS
from one_column import column_of, made_of, of_pandas, there_and_back, values_of, wild
from page_sentences import says

from regan import RegularizedGaussian
from regan.data import ColumnsError, TableEncoder

N = 120
RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=N)
ROWS = RNG.permutation(N) + 1000
MAILS = [f"{i % 20}@example.org" for i in range(N)]
CUSTOMERS = [f"c{i // 3}" for i in range(N)]
CASES = [f"c{i // 3}" for i in range(3 * 501)]

IDENTIFIERS = {
    "nine in ten differ": ("x", [f"p{i % 108}" for i in range(N)], True),
    "fewer differ": ("x", [f"p{i % 106}" for i in range(N)], False),
    "e-mail addresses": ("x", MAILS, True),
    "numbers by their range": ("x", ROWS[:100], True),
    "of fewer than 100 rows": ("x", ROWS[:99], False),
    "numbers by their name": ("customer_id", ROWS[:99] * 997, True),
    "of another name": ("customers", ROWS[:99] * 997, False),
    "a name, but not unique": ("customer_id", ROWS // 2 * 997, False),
    "501 texts called an id": ("caseid", CASES, True),
    "500 texts called an id": ("caseid", CASES[3:], False),
}


@pytest.mark.parametrize(("name", "values", "told"), IDENTIFIERS.values(), ids=IDENTIFIERS)
@says(
    "text in which nine of ten rows or more differ",
    "e-mail addresses;",
    "text with more than 500 different values",
    "integers that are almost all different",
)
def test_what_identifiers_are(name, values, told):
    X = pd.DataFrame({name: values})
    if not told:
        TableEncoder().fit(X)
        return
    with pytest.raises(ColumnsError, match=f"column '{name}' holds identifiers"):
        TableEncoder().fit(X)


@says(
    "A model would learn identifiers like any other value",
    "So regan refuses columns of identifiers",
)
def test_identifiers_would_be_given_out():
    with pytest.raises(ColumnsError):
        RegularizedGaussian().fit(of_pandas(MAILS))
    assert set(made_of(of_pandas(MAILS), ids="keep")) == set(MAILS)


@says("You can drop the column, or let regan number")
def test_dropped_or_numbered():
    X = of_pandas(MAILS).assign(y=NUMBERS)
    with pytest.raises(ColumnsError) as refused:
        RegularizedGaussian().fit(X)
    RegularizedGaussian().fit(X.drop(columns=refused.value.columns))
    model = RegularizedGaussian(standardize=TableEncoder(ids="sequence"), random_state=0).fit(X)
    assert model.sample(3)["x"].tolist() == ["x_1", "x_2", "x_3"]


@says(
    'ids="keep" lets the model learn',
    "To learn single columns as levels",
)
def test_kept():
    X = pd.DataFrame({"mail": MAILS, "row": ROWS})
    kinds = {
        name: [column.kind for column in TableEncoder(**settings).fit(X).columns_]
        for name, settings in {
            "keep": {"ids": "keep"},
            "categorical": {"categorical": ["row"], "ids": {"mail": "keep"}},
        }.items()
    }
    assert kinds == {"keep": ["level", "number"], "categorical": ["level", "level"]}


@says('ids={"customer": "sequence"} numbers a column')
def test_columns_that_look_like_no_identifiers():
    assert column_of(of_pandas(CUSTOMERS)).kind == "level"
    numbered = wild(of_pandas(CUSTOMERS), n=9, ids={"x": "sequence"})
    assert len(set(values_of(numbered))) == 9


@says(
    "regan refuses a column with more than 500 levels",
    "max_levels changes this limit",
)
def test_free_text():
    X = of_pandas([f"t{i % 501}" for i in range(1000)])
    with pytest.raises(ColumnsError, match="column 'x' has 501 levels in 1000 rows"):
        column_of(X)
    assert column_of(X[X["x"] != "t7"]).n_levels == 500
    assert column_of(X, max_levels=501).n_levels == 501
    pooled = column_of(of_pandas(list("aaabbbbcde")), max_levels=3, pool="other")
    assert pooled.levels.tolist() == ["a", "b", "other"]


@says("Without pool, regan keeps every level")
def test_rare_levels():
    X = of_pandas(["often"] * 999 + ["once"])
    assert values_of(there_and_back(X))[-1] == "once"


@says(
    "Numbers that are stored as text become levels",
    "A warning then names the column and the remedy",
)
def test_numbers_as_text():
    X = of_pandas([f"{k % 30 / 4:.2f}" for k in range(N)])
    message = (
        r"column 'x' holds numbers stored as text, such as '0.00', so each .*pandas\.to_numeric"
    )
    with pytest.warns(UserWarning, match=message):
        assert column_of(X).n_levels == 30


@says("The same holds for dates that are stored as text")
def test_dates_as_text():
    days = pd.date_range("2026-01-01", periods=30).strftime("%d/%m/%Y")
    text = of_pandas(np.resize(days, N)).to_csv(index=False)
    X = pd.read_csv(StringIO(text))
    message = r"column 'x' holds dates stored as text, such as '01/01/2026', .*pandas\.to_datetime"
    with pytest.warns(UserWarning, match=message):
        assert column_of(X).n_levels == 30
    X["x"] = pd.to_datetime(X["x"], format="%d/%m/%Y")
    assert column_of(X).kind == "timestamp"


# What is refused

REFUSED = {
    "infinite": ([np.inf, *NUMBERS[1:]], "inf"),
    "far apart": ([0, 2**48 + 1, *range(N - 2)], r"range beyond 2\*\*48"),
    "levels": ([f"t{i}" for i in range(60)] * 2, "60 levels in 120 rows, more than max_levels=50"),
    "identifiers": (MAILS, "identifiers"),
    "lists": ([[1]] * N, "type list"),
    "dicts": ([{"a": 1}] * N, "type dict"),
    "complex": (NUMBERS * 1j, "Complex data not supported"),
    "several types": (
        [pd.Timestamp("2026-01-01"), "soon"] * (N // 2),
        r"'soon' \(str\) in 60 of 120 rows \(the first are rows 1, 3 and 5\)",
    ),
    "zones": (
        [pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2026-01-01")] * (N // 2),
        "another time zone or none",
    ),
    "fractions": ([Fraction(1, 3)] * N, "Fraction"),
    "objects": ([re.compile("a"), re.compile("b")] * (N // 2), "Pattern"),
}


@says(
    "An error names all columns that cannot be used",
    "infinite values, and integers that span",
    "more than max_levels levels",
    "lists, dicts and complex",
    "values of several types, and timestamps",
    "If single cells are the cause",
    "objects that a model file could not store",
    "X.drop(columns=error.columns) is",
)
def test_what_is_refused():
    X = pd.DataFrame({"good": NUMBERS, **{name: values for name, (values, _) in REFUSED.items()}})
    with pytest.raises(ColumnsError) as error:
        RegularizedGaussian(standardize=TableEncoder(max_levels=50)).fit(X)
    assert error.value.columns.keys() == REFUSED.keys()
    for name, (_, reason) in REFUSED.items():
        assert re.search(reason, error.value.columns[name])
        assert repr(name) in str(error.value)
    assert list(X.drop(columns=error.value.columns)) == ["good"]


@says("Integers mixed with floating-point numbers")
def test_integers_beside_floating_numbers():
    X = of_pandas([1, 2.5, 3] * (N // 3), object)
    assert column_of(X).kind == "number"
    assert values_of(there_and_back(X)) == X["x"].tolist()


@says("A column with values of other types")
def test_declared_levels():
    X = of_pandas([1, "one"] * (N // 2), object)
    with pytest.raises(ColumnsError, match=r"'one' \(str\) in 60 of 120 rows"):
        column_of(X)
    for table, settings in ((X.astype("category"), {}), (X, {"categorical": ["x"]})):
        assert column_of(table, **settings).n_levels == 2
        assert values_of(there_and_back(table, **settings)) == [1, "one"] * (N // 2)


NO_TABLES = {
    "records": [{"a": 1, "b": "x"}] * N,
    "columns": {"a": [1, 2] * N, "b": ["x", "y"] * N},
    "rows": [[1.5, "x"], [2.5, "y"]] * N,
}


@pytest.mark.parametrize("rows", NO_TABLES.values(), ids=NO_TABLES)
@says("Lists of dicts, dicts of columns and lists of rows with strings")
def test_no_tables(rows):
    with pytest.raises(TypeError, match=r"pandas\.DataFrame\((X|rows)\)"):
        MODELS["gaussian"]().fit(rows)
    TableEncoder().fit(pd.DataFrame(rows))


class Tensor:
    """Numbers of another library; `coords` are the names of those of xarray."""

    def __init__(self, values):
        self.values, self.shape = values, values.shape

    def __array__(self, dtype=None, copy=None):
        return self.values

    def __len__(self):
        return len(self.values)


class DataArray(Tensor):
    coords = ("a", "b")

    def to_pandas(self):
        return pd.DataFrame(self.values)


@says(
    "Tables and arrays of some other libraries",
    "The error then names the method",
    "Arrays without names",
)
def test_other_libraries():
    rows = RNG.normal(size=(N, 2))
    frame = dask.from_pandas(pd.DataFrame(rows, columns=["a", "b"]), npartitions=1)
    for X, helps in ((frame, r"X\.compute\(\)"), (DataArray(rows), r"X\.to_pandas\(\)")):
        with pytest.raises(TypeError, match=f"would be lost: give {helps}"):
            MODELS["gaussian"]().fit(X)
    assert type(MODELS["gaussian"]().fit(Tensor(rows)).sample(3)) is np.ndarray
