"""Faults of columns: all of a table are named at once, each with its reason."""

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regan import RegularizedGAN, RegularizedGaussian, RegularizedVAE
from regan.data import ColumnsError, TableEncoder
from regan.data.faults import ColumnWarning
from regan.files.csv_files import read_csv
from regan.files.table_files import read_table
from regan.metrics import evaluate

N = 60
RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=N)
GOOD = {
    "number": NUMBERS,
    "gaps": np.where(np.arange(N) % 9, NUMBERS, np.nan),
    "empty": np.full(N, np.nan),
    "blank": ["a", "b", None] * (N // 3),
    "color": ["red", "blue"] * (N // 2),
    "count": np.arange(N) ** 2 % 47,
    "flag": [True, False, False] * (N // 3),
}
BAD = {
    "inf": (np.r_[np.inf, NUMBERS[1:]], r"contains inf in 1 of 60 rows \(row 0\)"),
    "huge": (NUMBERS * 1e200, "holds values whose squares overflow"),
    "tiny": (NUMBERS * 1e-200, "has a variance that overflows or underflows"),
    "key_id": (np.arange(N) + 7, "holds identifiers"),
    "mail": ([f"{i}@example.org" for i in range(N)], "holds identifiers"),
    "when": (
        [pd.Timestamp(2026, 1, 1), "soon"] * (N // 2),
        r"holds 'soon' \(str\) in 30 of 60 rows \(the first are rows 1, 3 and 5\), and",
    ),
    "lists": ([[1]] * N, r"objects of the type list in 60 of 60 rows"),
    "mixed": (
        [1, "a", True] * (N // 3),
        r"holds 1 \(int\) in 20 of 60 rows \(.*\), and|holds 'a' \(str\) in 20 of 60",
    ),
    "complex": (NUMBERS * 1j, "holds complex128"),
    "large": (RNG.integers(-(2**62), 2**62, N), "integers in a range beyond"),
    "price": ([f"${i}.50" if i % 2 else f"{i}.50 $" for i in range(N)], "numbers stored as text"),
}
MODELS = {
    "gan": RegularizedGAN(hidden_layer_sizes=4, max_iter=2),
    "vae": RegularizedVAE(hidden_layer_sizes=4, max_iter=2),
    "gaussian": RegularizedGaussian(),
}
pytestmark = pytest.mark.filterwarnings("ignore:column 'price' holds numbers stored as text")


def table(*names):
    return pd.DataFrame({**GOOD, **{name: BAD[name][0] for name in names}})


def reasons(*names):
    return {name: BAD[name][1] for name in names}


def check(error, expected):
    """Every column is named, with its reason, in the message and in `columns`."""
    assert error.columns.keys() == expected.keys()
    for name, reason in expected.items():
        assert re.search(reason, error.columns[name])
        assert repr(name) in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.columns) == (str(error), error.columns)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_all_columns_are_named_by_fit(model):
    with pytest.raises(ColumnsError, match=f"^X has {len(BAD)} columns that cannot be used\n") as e:
        model.fit(table(*BAD))
    check(e.value, reasons(*BAD))
    model.fit(table(*BAD).drop(columns=e.value.columns))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(sorted(BAD)), unique=True, min_size=1), st.randoms())
def test_whatever_they_are_and_wherever_they_stand(names, random):
    order = [*GOOD, *names]
    random.shuffle(order)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ColumnsError) as e:
            TableEncoder().fit(table(*names)[order])
    check(e.value, reasons(*names))
    assert isinstance(e.value, ValueError)
    assert isinstance(e.value, TypeError)


def test_a_column_with_missing_cells_is_looked_at_otherwise_too():
    X = pd.DataFrame({**GOOD, "user_id": np.where(np.arange(N) % 9, np.arange(N), np.nan)})
    with pytest.raises(ColumnsError, match="column 'user_id' holds identifiers") as e:
        TableEncoder().fit(X)
    check(e.value, {"user_id": "^holds identifiers"})


@pytest.mark.parametrize("form", ["array", "frame", "objects"])
def test_of_numbers_alone(form):
    X = np.tile(NUMBERS[:, None], 7)
    X[3, 1], X[4:6, 2], X[:, 3], X[:, 4] = np.nan, np.inf, X[:, 3] * 1e200, X[:, 4] * 1e-200
    names = range(7)
    if form == "frame":
        names = list("abcdefg")
        X = pd.DataFrame(X, columns=names)
    expected = [
        "contains NaN",
        r"contains inf in 2 of 60 rows \(rows 4 and 5\)",
        "squares overflow",
        "variance",
    ]
    if form == "objects":
        X = X.astype(object)
        X[:, 5] = "word"
        expected[2:] = ["never asked"] * 2
    for model in MODELS.values():
        with pytest.raises(ColumnsError) as e:
            model.fit(X)
        if form == "objects":
            check(e.value, {1: expected[0], 2: expected[1], 5: r"holds 'word' \(str\)"})
        else:
            wrong = dict(zip(names[1:5], expected, strict=True))
            if form == "frame":  # whose missing cells are learnt
                del wrong["b"]
            check(e.value, wrong)


def test_many_columns_are_a_readable_message():
    X = pd.DataFrame({f"c{i}": [f"{i} {j}" for j in range(N)] for i in range(200)})
    with pytest.raises(ColumnsError, match="X has 200 columns") as e:
        TableEncoder().fit(X)
    assert len(e.value.columns) == 200
    assert len(str(e.value)) < 1000
    assert "'c39' and 160 more (`columns` of this error lists all): each holds ident" in str(
        e.value
    )
    good = pd.DataFrame({f"c{i}": np.arange(N) % 50 for i in range(200)})
    encoder = TableEncoder().fit(good)
    good = good.astype(float)
    good.iloc[0] = np.nan  # cells of one kind have one sentence
    with pytest.raises(ColumnsError, match=r"and 195 more, in 1 of 60 rows \(row 0\): imp") as e:
        encoder.transform(good)
    assert len(e.value.columns) == 200
    different = pd.DataFrame({f"c{i}": [[i]] * i + [{i}] * (N - i) for i in range(1, 9)})
    different["n"] = np.where(np.arange(N) < 3, np.inf, NUMBERS)
    with pytest.raises(ColumnsError, match="9 columns") as e:
        TableEncoder().fit(different)
    assert len(str(e.value).splitlines()) <= 4


def other():
    """A table that a model of `GOOD` cannot go on with, and why not."""
    X = pd.DataFrame(GOOD)
    X["number"] = np.r_[np.nan, NUMBERS[1:]]
    X["color"] = ["red", "green"] * (N // 2)
    X["count"] = X["count"] + 0.5
    return X, {
        "number": "contains NaN",
        "color": "not in the training data: 'green', in 30 of 60 rows",
        "count": "held integers in the training data, and holds 0.5 now in 60 of 60 rows",
    }


@pytest.mark.parametrize("name", ["gan", "vae"])
def test_all_columns_are_named_where_training_goes_on(name):
    model = MODELS[name].fit(pd.DataFrame(GOOD))
    X, expected = other()
    with pytest.raises(ColumnsError, match="X has 3 columns that cannot be used") as e:
        model.partial_fit(X)
    check(e.value, expected)
    X["count"] = "many"
    with pytest.raises(ColumnsError) as e:
        model.score(X)
    assert set(e.value.columns) == {"count"}


def test_all_columns_are_named_by_measures():
    bad = table("complex", "inf", "when")
    with pytest.raises(ColumnsError, match="the first sample has 3 columns that") as e:
        evaluate(bad, bad)
    check(e.value, reasons("complex", "inf", "when"))
    numbers = np.tile(NUMBERS[:, None], 4)
    spoilt = numbers.copy()
    spoilt[0, 1], spoilt[1, 2] = np.nan, np.inf
    with pytest.raises(ColumnsError, match="the second sample has 2 columns that") as e:
        evaluate(numbers, spoilt)
    check(e.value, {1: "contains NaN", 2: "contains inf"})


def test_all_columns_of_a_file_are_named(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("a,city,b,c\n1,rome,2,3\n4,oslo,,5\n6,bonn,7,nan\n")
    with pytest.raises(ValueError, match="3 columns have cells that are not numbers; --drop city"):
        read_csv(path)
    path.write_text("a,city name,b\n1,rome,x\n4,oslo,y\n")
    with pytest.raises(ValueError, match="--drop 'city name' --drop b leaves the columns out\n- l"):
        read_csv(path)
    encoder = TableEncoder().fit(pd.DataFrame(GOOD))
    pd.DataFrame(GOOD).assign(number="x", color="puce").to_csv(path, index=False)
    with pytest.raises(ColumnsError, match=r"d\.csv has 2 columns that cannot be used") as e:
        read_table(path, encoder, path)
    check(e.value, {"number": "holds 'x', which is no finite", "color": "holds 'puce', a level"})


def test_names_that_occur_twice_are_all_told():
    X = pd.DataFrame(np.eye(5), columns=list("aabbc"))
    with pytest.raises(ValueError, match="X has 2 columns 'a' and 2 columns 'b': column names"):
        RegularizedGAN().fit(X)


def test_a_warning_that_became_an_error_leaves_a_process():
    X = pd.DataFrame({"price": [f"{k / 4:.2f}" for k in range(N)]})
    with pytest.warns(ColumnWarning) as told:
        TableEncoder(ids="keep").fit(X)
    again = pickle.loads(pickle.dumps(told[0].message))
    assert (str(again), again.fault.name) == (str(told[0].message), "price")
