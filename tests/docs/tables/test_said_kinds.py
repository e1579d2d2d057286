"""What the guide says of kinds of columns."""

import datetime
import json
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from mixed_tables import any_model
from one_column import (
    column_of,
    made_of,
    of_arrow,
    of_both,
    of_pandas,
    of_polars,
    there_and_back,
    values_of,
    wild,
)
from page_sentences import says

from regan import RegularizedGaussian
from regan.data import ColumnsError, TableEncoder
from regan.data.frames.dataframes import Dtype
from regan.storage.stored import Stored

N = 240
RNG = np.random.default_rng(0)
COUNTS = RNG.integers(0, 90, N)
DAYS = [datetime.date(2026, 1, 1) + datetime.timedelta(days=int(k)) for k in COUNTS]
MOMENTS = [datetime.datetime(2026, 1, 1) + datetime.timedelta(minutes=15 * int(k)) for k in COUNTS]
AWARE = [moment.replace(tzinfo=datetime.UTC) for moment in MOMENTS]
TIMES = [moment.time() for moment in MOMENTS]
SPANS = [moment - MOMENTS[0] for moment in MOMENTS]
PRICES = [Decimal(int(k)) / 4 for k in COUNTS]
WORDS = RNG.choice(["red", "green"], N)
WIDTHS = [f"{sign}nt{bits}" for sign in ("i", "ui") for bits in (8, 16, 32, 64)]

COLUMNS = {
    "number": {
        **{dtype: of_pandas(COUNTS, dtype) for dtype in (*WIDTHS, "float16", "float32", "float64")},
        **{dtype: of_pandas(COUNTS, dtype) for dtype in ("Int8", "UInt64", "Float32")},
        "integers of Arrow": of_arrow(COUNTS, pa.int16()),
        "floats of Arrow": of_both(COUNTS / 4, pa.float32()),
    },
    "large integer": {
        "from 2**60": of_pandas(2**60 + COUNTS**5),
        "of steps": of_pandas(COUNTS * 2**55),
        "least": of_pandas(2**48 + 1 - COUNTS * 2**40),
    },
    "formatted number": {
        "dollars": of_pandas([f"${k / 4 + 5000:,.2f}" for k in COUNTS]),
        "euros": of_pandas([f"{k + 1},50 €" for k in COUNTS]),
        "per cent": of_pandas([f"{k} %" for k in COUNTS]),
        "thousands": of_pandas([f"{1000 * k:,d}" for k in COUNTS]),
    },
    "decimal": {
        "Decimal": of_pandas(PRICES),
        "polars": of_polars(PRICES, pl.Decimal(12, 2)),
        "Arrow": of_arrow(PRICES, pa.decimal128(12, 2)),
    },
    "level": {
        "strings": of_pandas(WORDS),
        "categories": of_pandas(pd.Categorical(COUNTS % 5)),
        "tuples": of_pandas([(int(k) % 3, "a") for k in COUNTS]),
        "intervals": of_pandas(pd.cut(COUNTS, 4)),
        "text of digits": of_pandas(RNG.choice(["007", "012"], N)),
    },
    "boolean": {
        "booleans": of_pandas(COUNTS > 9),
        "nullable": of_pandas(COUNTS > 9, "boolean"),
    },
    "timestamp": {
        **{u: of_pandas(MOMENTS, f"datetime64[{u}]") for u in ("s", "ms", "us", "ns")},
        "a zone": of_pandas(AWARE, "datetime64[ns, UTC]").map(lambda t: t.tz_convert("Asia/Tokyo")),
        "datetime": of_pandas(MOMENTS, object),
        "polars": of_polars(MOMENTS, pl.Datetime("ms")),
        "Arrow": of_arrow(AWARE, pa.timestamp("s", tz="UTC")),
    },
    "date": {
        "objects": of_pandas(DAYS, object),
        "polars": of_polars(DAYS, pl.Date),
        "Arrow": of_arrow(DAYS, pa.date32()),
    },
    "time of day": {
        "objects": of_pandas(TIMES, object),
        "polars": of_polars(TIMES, pl.Time),
        "Arrow": of_arrow(TIMES, pa.time64("us")),
    },
    "duration": {
        "timedelta64": of_pandas(SPANS, "timedelta64[s]"),
        "objects": of_pandas(SPANS, object),
        "polars": of_polars(SPANS, pl.Duration("us")),
        "Arrow": of_arrow(SPANS, pa.duration("ms")),
    },
    "period": {"months": of_pandas(pd.PeriodIndex(DAYS, freq="M"))},
    "empty": {"None": of_pandas([None] * N), "polars": of_polars([None] * N, pl.Float64)},
    "constant": {
        "number": of_pandas([2.5] * N),
        "text": of_pandas(["same"] * N),
        "day": of_polars(DAYS[:1] * N),
    },
}

CALLED = {
    "number": "(number|integer) ",
    "large integer": "integer ",
    "formatted number": r"number .*\d.*\.\.[$\d]",
    "decimal": "decimal ",
    "level": r"\d levels$",
    "boolean": "boolean$",
    "timestamp": "timestamp ",
    "date": "date ",
    "time of day": "time of day ",
    "duration": "duration ",
    "period": "period of M ",
    "empty": "all missing$",
    "constant": "(number|date), always|1 level$",
}


def every(*kinds):
    """A table of each column of these kinds, and the kind."""
    cases = [(kind, name, X) for kind in kinds for name, X in COLUMNS[kind].items()]
    ids = [f"{kind}: {name}" for kind, name, _ in cases]
    return pytest.mark.parametrize(("kind", "X"), [(kind, X) for kind, _, X in cases], ids=ids)


def written(number):
    """A number below 10,000 in three ways: of dollars, per cent and euros."""
    dollars = f"${number:,.2f}"
    return [dollars, f"{number:.0f} %", f"{dollars[1:].translate(str.maketrans(',.', '.,'))} €"]


@pytest.mark.parametrize("j", range(3))
@says("formatted number: the same format")
def test_ways_of_writing(j):
    numbers = (5581.50, 94, 1234.50)
    assert [written(number)[k] for k, number in enumerate(numbers)] == [
        "$5,581.50",
        "94 %",
        "1.234,50 €",
    ]
    texts = [written(number)[j] for number in (*numbers, *COUNTS)]
    X = of_pandas(texts)
    assert column_of(X).kind == "formatted number"
    assert values_of(there_and_back(X)) == texts


@any_model
@says("You can fit all four models")
@says("Samples have the names, the order")
def test_every_model(make):
    X = pd.DataFrame(
        {
            "number": COUNTS / 7,
            "kind": pd.Categorical(WORDS, ["red", "green", "blue"], ordered=True),
            "day": pd.to_datetime(DAYS),
            "count": pd.array(COUNTS, dtype="UInt8"),
        }
    ).mask(RNG.random((N, 4)) < 0.1)
    made = make().fit(X).sample(50)
    assert list(made) == list(X)
    assert (made.dtypes == X.dtypes).all()
    assert made["kind"].dtype.categories.tolist() == ["red", "green", "blue"]


@every(*COLUMNS)
@says(
    "Samples contain no value that the column",
    "number, integer: floating-point numbers and",
    "number, integer: within the range",
    "large integer: integers beyond 2**48",
    "large integer: exact integers",
    "formatted number: strings that are all numbers",
    "decimal: decimal.Decimal",
    "level: strings, categories",
    "level: levels that occur",
    "A level is one of the values",
    "boolean: booleans, also nullable",
    "boolean: booleans of",
    "date, timestamp: datetime64",
    "date, timestamp: within the range",
    "time of day, duration, period: datetime.time",
    "time of day, duration, period: as for dates",
    "constant, empty: the same value",
    "constant, empty: unchanged",
)
def test_columns_of_every_kind(kind, X):
    """They are of their kind; whatever is made has its type and is in the range of the data."""
    column, real = column_of(X), values_of(X)
    assert re.match(CALLED[kind], column.words)
    again = TableEncoder.restore(Stored.parse(json.dumps(TableEncoder().fit(X).export())))
    assert (again.columns_[0].words, again.dtypes_[0]) == (column.words, Dtype.of("x", X["x"]))
    made = values_of(wild(X))
    assert {type(value) for value in made} == {type(value) for value in real}
    if kind in ("level", "boolean", "constant"):
        assert set(made) == set(real)
    elif kind == "empty":
        assert column.present.kind == "empty"
        assert made == [None] * len(made)
    else:
        assert min(made) == min(real)
        assert max(made) == max(real)
        assert len(set(made)) > 2
    if kind in ("timestamp", "time of day", "duration"):  # whole quarters of an hour
        texts = [str(value) for value in made]
        assert {re.search(r":(\d\d):00", text)[1] for text in texts} == {"00", "15", "30", "45"}


@says("large integer: integers beyond 2**48")
def test_large_integers_of_too_many_steps():
    with pytest.raises(ColumnsError, match=r"range beyond 2\*\*48"):
        column_of(of_pandas([0, 2**48 + 1, *range(50)]))
    assert column_of(of_pandas([0, 2**48 + 2, *range(0, 100, 2)])).kind == "large integer"


STEPS = {
    "whole": (COUNTS, 1),
    "cents": (COUNTS / 100, 0.01),
    "halves": (COUNTS / 2, 0.5),
    "thousands": (COUNTS * 1000.0, 1000),
}


@pytest.mark.parametrize(("numbers", "step"), STEPS.values(), ids=STEPS)
@says(
    "number, integer: Integers are whole",
    "number, integer: Numbers have the decimals",
    "number, integer: Frequent values",
)
def test_decimals_and_steps(numbers, step):
    made = np.array(values_of(wild(of_pandas(numbers))))
    np.testing.assert_array_equal(made, np.round(np.rint(made / step) * step, 2))


@says(
    "number, integer: Integers are whole",
    "number, integer: Numbers have the decimals",
    "number, integer: Frequent values",
)
def test_frequent_values():
    numbers = np.where(np.arange(500) % 5 < 2, 0, RNG.lognormal(size=500))
    assert np.mean(np.array(made_of(of_pandas(numbers), 4000)) == 0) == pytest.approx(0.4, abs=0.03)


@says("decimal: exact decimals")
@pytest.mark.parametrize("X", COLUMNS["decimal"].values(), ids=COLUMNS["decimal"])
def test_places_of_decimals(X):
    assert {value.as_tuple().exponent for value in values_of(wild(X))} == {-2}


@says('level: "007" stays text', "level: strings, categories")
def test_levels():
    assert set(values_of(wild(COLUMNS["level"]["text of digits"]))) == {"007", "012"}
    cut = COLUMNS["level"]["intervals"]
    assert wild(cut)["x"].dtype == cut["x"].dtype
    assert column_of(of_pandas(COUNTS % 20)).n_levels == 20


@says("identifier: e-mail addresses", "identifier: refused")
@pytest.mark.parametrize(
    "values", [[f"{i}@example.org" for i in range(N)], range(N), [f"p{i}" for i in range(N)]]
)
def test_identifiers(values):
    with pytest.raises(ColumnsError, match="column 'x' holds identifiers"):
        column_of(of_pandas(values))
    assert len(set(values_of(wild(of_pandas(values), ids="sequence")))) == 400
    assert column_of(of_pandas(values), ids="keep").name == "x"


@says("regan treats an array as a matrix")
def test_matrices():
    for X in (pd.DataFrame({"a": COUNTS / 7, "b": COUNTS / 9}), np.stack([COUNTS, COUNTS], axis=1)):
        assert not hasattr(RegularizedGaussian().fit(X), "table_encoder_")
    assert hasattr(RegularizedGaussian().fit(of_pandas([1.5, np.nan] * 9)), "table_encoder_")
