"""Identifiers, and numbers or dates stored as text, are told by name; others are learnt."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_tables import MODELS

from regan.data import ColumnsError, TableEncoder
from regan.data.faults import ColumnWarning
from regan.metrics import evaluate

quick = settings(deadline=None, max_examples=8, derandomize=True)
seeds = st.integers(0, 2**32 - 1)

IDENTIFIERS = {
    "mail": lambda r, n: [
        f"{name}{i}@example.org" for i, name in enumerate(r.choice(["a", "b"], n))
    ],
    "a few mails": lambda r, n: r.choice([f"u{i}@example.org" for i in range(5)], n),
    "names": lambda r, n: [
        f"{a} {b}" for a, b in zip(r.integers(10**6, size=n), range(n), strict=True)
    ],
    "codes": lambda r, n: [f"{v:016x}" for v in r.integers(2**62, size=n)],
    "rows": lambda r, n: np.arange(n),
    "shuffled rows": lambda r, n: r.permutation(n) + 1000,
    "a part of the rows": lambda r, n: np.sort(r.permutation(3 * n // 2)[:n]),
    "customer_id": lambda r, n: r.integers(10**6, 10**9, n),
    "orderId": lambda r, n: r.permutation(10**6)[:n],
}
FREE = {
    "salary": lambda r, n: r.normal(50_000, 20_000, n).astype(int),
    "year": lambda r, n: r.integers(1950, 2020, n),
    "age": lambda r, n: r.integers(0, 99, n),
    "amount": lambda r, n: np.cumsum(r.normal(size=n)),
    "paid": lambda r, n: r.permutation(10**6)[:n],
    "price_index": lambda r, n: r.permutation(10**4)[:n],
    "sorted": lambda r, n: np.sort(r.normal(50_000, 20_000, n).astype(int)),
    "calendar": lambda r, n: 1720 + np.arange(n),
    "postcode": lambda r, n: r.choice([str(i) for i in range(10_000, 19_000, 100)], n),
    "edition": lambda r, n: r.choice(["1.0", "1.5", "3.10"], n),
    "city": lambda r, n: r.choice([f"city {i}" for i in range(40)], n),
    "zip": lambda r, n: r.choice([f"{i:05d}" for i in range(0, 4000, 100)], n),
    "grade": lambda r, n: r.choice(["1", "2", "3"], n),
    "date": lambda r, n: r.choice([f"2020-01-{i:02d}" for i in range(1, 20)], n),
    "version": lambda r, n: r.choice([f"{i}.2.{j}" for i in range(6) for j in range(6)], n),
    "address": lambda r, n: r.choice([f"10.0.{i}.2024" for i in range(40)], n),
    "month": lambda r, n: r.choice([f"{y}-{m:02d}" for y in (2020, 2021) for m in range(1, 13)], n),
    "part": lambda r, n: r.choice(
        [f"{i}-{j}-2024" for i in range(20, 26) for j in range(13, 19)], n
    ),
    "day of year": lambda r, n: r.choice([f"{i}/2024" for i in range(1, 40)], n),
}


def table(name, make, seed, n):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: make(rng, n), "v": rng.normal(size=n)}).assign(k="a")


@pytest.mark.parametrize("name", IDENTIFIERS)
@quick
@given(seeds, st.sampled_from([100, 300]))
def test_identifiers_are_refused(name, seed, n):
    X = table(name, IDENTIFIERS[name], seed, n)
    helps = r"standardize=TableEncoder\(ids='sequence'\) \(from regan\.data\)"
    with pytest.raises(ValueError, match=rf"column '{name}' holds identifiers .* {helps}"):
        TableEncoder().fit(X)
    assert TableEncoder(ids="keep", max_levels=1000).fit(X).columns_[0].name == name
    named = TableEncoder(categorical=[name], max_levels=1000).fit(X)
    assert named.columns_[0].n_levels == X[name].nunique()


@pytest.mark.parametrize("name", FREE)
@quick
@given(seeds, st.sampled_from([100, 300]))
def test_what_is_no_identifier_is_learnt_without_a_word(name, seed, n):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TableEncoder().fit(table(name, FREE[name], seed, n))


def repeated(name, n_different):
    """A table with a column of texts that occur twice each."""
    rng = np.random.default_rng(0)
    cells = [f"{i % 7}:{i}" for i in range(n_different)] * 2
    return pd.DataFrame({name: cells, "v": rng.normal(size=len(cells))})


@pytest.mark.parametrize("name", ["caseid", "Case ID", "caseID", "uuid"])
def test_more_texts_than_levels_called_an_id_are_identifiers(name):
    X = repeated(name, 30)
    with pytest.raises(ValueError, match="30 different values in 60 rows, named like an id"):
        TableEncoder(max_levels=29).fit(X)
    assert TableEncoder(max_levels=30).fit(X).columns_[0].words == "30 levels"
    numbered = TableEncoder(max_levels=29, ids="sequence", pool="other").fit(X)
    assert numbered.columns_[0].words.startswith("identifiers, numbered anew")


def test_more_texts_than_levels_called_otherwise_are_pooled():
    X = repeated("tail", 30)
    message = r"has 30 levels in 60 rows, more than max_levels=29: .*standardize=TableEncoder\("
    with pytest.raises(ValueError, match=message):
        TableEncoder(max_levels=29, ids="sequence").fit(X)
    pooled = TableEncoder(max_levels=29, ids="sequence", pool="other").fit(X)
    assert pooled.columns_[0].n_levels == 29


def test_few_rows_are_no_evidence():
    years = pd.DataFrame({"year": np.arange(1970, 2020), "who": ["a", "b"] * 25})
    TableEncoder().fit(years)
    TableEncoder().fit(pd.DataFrame({"who": [f"person {i}" for i in range(19)], "n": range(19)}))


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_models_refuse_identifiers_and_stay_as_they_were(make):
    X = table("mail", IDENTIFIERS["mail"], 0, 100)
    model = make().fit(X[["v", "k"]])
    before = dict(vars(model))
    with pytest.raises(ValueError, match="column 'mail' holds identifiers"):
        model.fit(X)
    assert vars(model) == before
    kept = make(standardize=TableEncoder(ids="keep")).fit(X)
    assert set(kept.sample(20)["mail"]) <= set(X["mail"])


def test_measures_compare_tables_with_identifiers():
    X = table("mail", IDENTIFIERS["mail"], 0, 100)
    with pytest.warns(UserWarning, match="leaves out the column 'mail'"):
        assert evaluate(X, X.iloc[::-1])[0].value > 0.5


NUMBERS = {
    "plain": lambda v: f"{v:.2f}",
    "money": lambda v: f"${v:.1f}" if v > 5000 else f"${v:,.2f}",
    "comma": lambda v: f"{v:.2f}".replace(".", ","),
    "percent": lambda v: f"{v:.1f}%" if v > 5000 else f"{v:.1f} %",
    "spaces": lambda v: f" {v:.3f} ",
    "exponent": lambda v: f"{v:.3e}",
}


@pytest.mark.parametrize("write", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("blank", [None, "", "N/A"])
@pytest.mark.parametrize(("n", "different"), [(200, 200), (700, 700), (400, 100)])
def test_numbers_stored_as_text_are_told(write, blank, n, different):
    rng = np.random.default_rng(0)
    values = [write(v) for v in rng.choice(np.abs(rng.normal(5000, 2000, different)), n)]
    if blank is not None:
        values[3] = blank
    X = pd.DataFrame({"price": values, "v": rng.normal(size=n)})
    message = r"column 'price' holds numbers stored as text, such as '.+'.*: .*pandas\.to_numeric"
    if len(set(values)) > 0.9 * n or len(set(values)) > 500:
        with pytest.raises(ValueError, match=message):
            TableEncoder().fit(X)
    else:
        with pytest.warns(UserWarning, match=message):
            TableEncoder().fit(X)
    TableEncoder(categorical=["price"], max_levels=1000).fit(X)  # without a word


DATES = {
    "ISO": "%Y-%m-%d",
    "day first": "%d/%m/%Y",
    "month first": "%m/%d/%Y",
    "points": "%d.%m.%Y",
    "short": "%m/%d/%y",
    "in words": "%b %d, %Y",
    "of Oracle": "%d-%b-%Y",
    "timestamps": "%Y-%m-%d %H:%M:%S",
    "with T and a zone": "%Y-%m-%dT%H:%M:%SZ",
    "half days": "%d/%m/%Y %I:%M %p",
}
TABLES = {
    "pandas": pd.DataFrame,
    "polars": pl.from_pandas,
    "pyarrow": pa.Table.from_pandas,
}


def dates_as_text(form, n, different):
    rng = np.random.default_rng(0)
    days = pd.date_range("2021-01-01", periods=different, freq="30h").strftime(form)
    X = pd.DataFrame({"signup": rng.permutation(np.resize(days, n)), "v": rng.normal(size=n)})
    X.loc[3, "signup"] = None
    return X


@pytest.mark.parametrize("form", DATES.values(), ids=DATES)
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_dates_stored_as_text_are_told(form, table):
    message = r"column 'signup' holds dates stored as text, such as '.+'.*: .*pandas\.to_datetime"
    X = dates_as_text(form, 400, 60)
    with pytest.warns(ColumnWarning, match=message):
        TableEncoder().fit(table(X))
    TableEncoder(categorical=["signup"]).fit(table(X))  # without a word
    single = table(dates_as_text(form, 90, 90))
    for ids in ("refuse", "sequence"):
        with pytest.raises(ColumnsError, match=message):
            TableEncoder(ids=ids).fit(single)
    numbered = TableEncoder(ids={"signup": "sequence"}).fit(single)
    assert numbered.columns_[0].present.kind == "sequence"
