"""What the guide says of files, other libraries and the index."""

import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner
from library_tables import TABLES, columns_reversed, schema
from mixed_tables import MODELS
from one_column import of_arrow, of_polars, there_and_back, values_of, wild
from page_sentences import says

import regan
from regan import RegularizedGaussian, write_report
from regan.cli import main
from regan.data import ColumnsError, TableEncoder
from regan.data.frames import libraries
from regan.data.labels import plain_labels
from regan.displays import SamplesDisplay
from regan.metrics import Evaluation

N = 60
RNG = np.random.default_rng(0)
SMALL = pl.DataFrame(
    {
        "x": RNG.normal(size=N),
        "flag": RNG.random(N) < 0.4,
        "word": RNG.choice(["a", "b"], N),
        "day": pl.Series(RNG.integers(0, 90, N)).cast(pl.Int32).cast(pl.Date),
    }
)
FORMS = {
    "polars": SMALL,
    "pyarrow": SMALL.to_arrow(),
    "pandas": SMALL.to_pandas().assign(day=SMALL["day"].to_list()),
}
any_form = pytest.mark.parametrize("form", FORMS)

# Files


def run(*arguments):
    result = CliRunner().invoke(main, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return result.stderr


@says(
    "regan fit, evaluate and report read tables",
    "regan fit prints the kind",
)
def test_files(tmp_path, no_pictures, monkeypatch):
    frame = FORMS["pandas"].assign(gap=RNG.integers(0, 9, N)).astype({"gap": "Int64"})
    frame.loc[:5, "gap"] = pd.NA
    names = ("d.csv", "d.tsv", "d.csv.gz", "d.parquet")
    files = [tmp_path / name for name in names]
    for file in files:
        if file.suffix == ".parquet":
            frame.to_parquet(file)
        else:
            frame.to_csv(file, index=False, sep="\t" if file.suffix == ".tsv" else ",")
        small = ["--max-iter", 2, "--set", "hidden_layer_sizes=8"]
        told = run("fit", file, "-o", tmp_path / "m", *small)
        assert all(f"{name}: " in told for name in frame)
        assert "day: date 1970-01-" in told
        run("sample", tmp_path / "m", "-n", 30, "-o", tmp_path / f"s-{file.name}")
        run("report", tmp_path / "m", file, "-o", tmp_path / "r.html")
    compared = []  # measures take seconds
    monkeypatch.setattr(
        regan.metrics, "evaluate", lambda *tables, **_: compared.extend(tables) or Evaluation()
    )
    for name in names:
        run("evaluate", files[0], tmp_path / f"s-{name}")
    assert [list(table) for table in compared] == [list(frame)] * 8


# Libraries


@any_form
@says("You can use DataFrames of polars")
def test_libraries(form):
    model = MODELS["gaussian"]().fit(FORMS[form])
    assert [column.words for column in model.table_encoder_.columns_] == [
        column.words for column in TableEncoder().fit(FORMS["pandas"]).columns_
    ]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@says(
    "Samples then belong to the same library",
    "The same holds for columns of pandas",
)
def test_samples_are_of_the_same_library(table):
    X = table()
    made = wild(X)
    assert type(made) is type(X)
    assert schema(made) == schema(X)


@any_form
@says("What regan refuses in a table of pandas")
def test_what_is_refused(form):
    X = SMALL.with_columns(x=pl.Series([np.inf] * N), word=pl.Series([f"w{i}" for i in range(N)]))
    other = {"polars": X, "pyarrow": X.to_arrow(), "pandas": X.to_pandas()}[form]
    with pytest.raises(ColumnsError) as error:
        TableEncoder().fit(other)
    assert error.value.columns.keys() == {"x", "word"}


@pytest.mark.parametrize("make", [of_polars, of_arrow], ids=["polars", "Arrow"])
@says(
    "Missing cells of polars and Arrow are null",
    "In a column of floating-point numbers with NaN",
)
def test_null_and_nan(make):
    nan = float("nan")
    for values in ([1.5, None, 2.25], [1.5, nan, 2.25], ["a", None, "b"], [True, None, False]):
        back = values_of(there_and_back(make(values * 20)))
        assert repr(back) == repr(values * 20)


def absent(name):
    """Import a library, as if there were no pandas."""
    if name == "pandas":
        raise ModuleNotFoundError("No module named 'pandas'", name=name)
    return sys.modules[name]


@says(
    "regan reads mixed tables of all libraries",
    "A table of polars with floating-point numbers",
)
def test_without_pandas(monkeypatch):
    monkeypatch.setattr(libraries, "import_module", absent)
    with pytest.raises(ImportError, match="and pandas is missing: pip install pandas"):
        MODELS["gaussian"]().fit(SMALL)
    assert MODELS["gaussian"]().fit(SMALL[["x"]]).sample(3).schema == SMALL[["x"]].schema


@says("A model that was fitted to a table of one library can score")
def test_other_libraries():
    model = MODELS["gan"]().fit(FORMS["pandas"])
    assert len({model.score(X) for X in FORMS.values()}) == 1
    for X in FORMS.values():
        model.partial_fit(X)


@says("score and partial_fit require the columns")
@says("Reports and displays find columns by name")
def test_the_order_of_columns(tmp_path, no_pictures):
    pytest.importorskip("matplotlib")
    model, other = MODELS["vae"]().fit(SMALL), columns_reversed(SMALL)
    for call in (model.score, model.partial_fit):
        with pytest.raises(ValueError, match="same order as they were in fit"):
            call(other)
    for X, name in ((SMALL, "a"), (other, "b")):
        write_report(model, X, tmp_path / name)
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()
    displays = [
        SamplesDisplay.from_estimator(model, X, columns=["x", "flag"]) for X in (SMALL, other)
    ]
    np.testing.assert_array_equal(displays[0].real, displays[1].real)


LABELS = {
    "integers of pandas": pd.Series([1, 2, 3] * 20, name="kind", dtype="Int8"),
    "categories": pd.Series([True, False] * 30, name="kind", dtype="category"),
    "strings of pandas": pd.Series(["b", "a"] * 30, name="kind", dtype="string"),
    "strings of polars": pl.Series("kind", ["b", "a"] * 30),
    "booleans of Arrow": pa.array([True, False] * 30),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@says(
    "The class labels of a conditional model may be a column",
    "Integers, booleans and strings keep",
    "sample(n, return_y=True) returns rows",
)
def test_labels(labels):
    model = MODELS["gan"](conditional=True, max_iter=1).fit(SMALL[["x"]].to_numpy(), labels)
    for each in (model.classes_, model.sample_labels(5)):
        assert {type(label) for label in each.tolist()} == {
            type(v) for v in plain_labels(labels).tolist()
        }
    rows, made = model.sample(5, return_y=True)
    assert rows.shape == (5, 1)
    assert type(made) is type(labels)
    for attribute in ("dtype", "name", "type"):
        assert getattr(made, attribute, None) == getattr(labels, attribute, None)


# The index

INDICES = {
    "a name": (pd.RangeIndex(N, name="customer"), True),
    "texts": ([f"r{i}" for i in range(N)], True),
    "dates": (pd.date_range("2026", periods=N), True),
    "integers": (np.arange(N) * 3, False),
}


@pytest.mark.parametrize(("index", "told"), INDICES.values(), ids=INDICES)
@says(
    "Models do not learn the index",
    "A warning says so if the index",
)
def test_the_index(index, told, recwarn):
    X = FORMS["pandas"].set_axis(index)
    made = RegularizedGaussian(random_state=0).fit(X).sample(3)
    assert made.index.tolist() == [0, 1, 2]
    assert list(made) == list(X)
    warned = [str(each.message) for each in recwarn]
    assert len(warned) == told
    assert all("not learn the index of X, " in each for each in warned)


@says("To keep the index, make it a column")
def test_an_index_as_a_column():
    X = FORMS["pandas"].set_axis(pd.Index(["u", "v"] * 30, name="side")).reset_index()
    made = RegularizedGaussian(random_state=0).fit(X).sample(9)
    assert set(made["side"]) <= {"u", "v"}
