"""Tables of polars, of pyarrow, and of pandas with columns of Arrow: in and out."""

import datetime
import decimal
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from library_tables import TABLES, N, columns_reversed, of_polars, schema
from mixed_tables import MODELS, any_model

import regan
from regan import RegularizedGANCV, write_report
from regan.cli import main
from regan.data import TableEncoder
from regan.data.frames import libraries

any_library = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


@any_library
def test_the_encoder_gives_a_table_back(table):
    X = table()
    encoder = TableEncoder("standard").fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    assert type(back) is type(X)
    assert schema(back) == schema(X)
    for old, new in zip(*map(rows_of, (X, back)), strict=True):
        for name, value in old.items():
            if isinstance(value, float):
                assert new[name] == pytest.approx(value, rel=1e-6, abs=1e-6)
            else:
                assert (type(new[name]), new[name]) == (type(value), value)


def rows_of(X):
    """A table as a list of dicts of Python's values."""
    if isinstance(X, pd.DataFrame):
        return X.astype(object).to_dict("records")
    return X.to_dicts() if isinstance(X, pl.DataFrame) else X.to_pylist()


@any_model
@any_library
def test_samples_are_of_the_same_library_and_dtypes(table, make, tmp_path):
    X = table()
    model = make().fit(X)
    made = model.sample(20)
    assert type(made) is type(X)
    assert schema(made) == schema(X)
    assert list(model.feature_names_in_) == [name for name, _ in schema(X)]
    assert np.isfinite(model.score(X))
    if hasattr(model, "partial_fit"):
        assert schema(model.partial_fit(X).sample(3)) == schema(X)
        made = model.sample(20)
    model.save(tmp_path / "model.regan")
    assert regan.load(tmp_path / "model.regan").sample(20).equals(made)


@any_model
@pytest.mark.parametrize("table", [TABLES["polars"], TABLES["pyarrow"]], ids=["polars", "pyarrow"])
def test_frames_of_floats_alone_stay_matrices(table, make, tmp_path):
    X = table().select(["double", "single"])
    model = make(standardize=False).fit(X)
    assert not hasattr(model, "table_encoder_")
    made = model.sample(9)
    assert type(made) is type(X)
    assert schema(made) == schema(X)
    model.save(tmp_path / "model.regan")
    assert schema(regan.load(tmp_path / "model.regan").sample(9)) == schema(X)
    with pytest.raises(
        ValueError, match=r"the columns of X are \['single', 'double'\]|feature nam"
    ):
        model.score(columns_reversed(X))


def test_the_order_of_an_enum_is_that_of_its_levels():
    encoder = TableEncoder().fit(of_polars().select("enum", "text", "category"))
    assert [list(column.levels) for column in encoder.columns_] == [
        ["low", "mid", "high"],
        ["high", "low", "mid"],
        ["high", "low", "mid"],
    ]


def test_categories_with_a_name_of_their_own(tmp_path):
    own = pl.Categorical(pl.Categories("sizes", namespace="shop", physical=pl.UInt8))
    X = pl.DataFrame({"size": pl.Series(["s", "m"] * 20).cast(own), "n": range(40)})
    model = MODELS["gaussian"]().fit(X)
    model.save(tmp_path / "model.regan")
    assert regan.load(tmp_path / "model.regan").sample(5).schema == X.schema


def test_rows_of_another_library_are_compared_by_name_and_value():
    X = of_polars().select("double", "Int64", "flag", "text")
    model = MODELS["gan"]().fit(X)
    scores = {model.score(other) for other in (X, X.to_arrow(), pd.DataFrame(X.to_dicts()))}
    assert len(scores) == 1


@any_library
def test_a_search_and_a_conditional_model(table):
    X, y = table(), pl.Series(["a", "b"] * (N // 2))
    model = MODELS["gan"](conditional=True)
    search = RegularizedGANCV(model, alphas=[1e-3], cv=2).fit(X, y)
    assert schema(search.sample(3)) == schema(X)
    assert search.classes_.tolist() == ["a", "b"]


@any_library
def test_a_file_a_page_and_the_command_line(table, tmp_path, request):
    X = table()
    if type(X).__module__.partition(".")[0] != "pyarrow":  # of polars and pandas: below, elsewhere
        request.getfixturevalue("no_pictures")
    model, files = MODELS["gaussian"]().fit(X), {n: str(tmp_path / n) for n in ("m", "x.csv", "r")}
    model.save(files["m"])
    done = CliRunner().invoke(main, ["sample", files["m"], "-n", "30", "-o", files["x.csv"]])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["report", files["m"], files["x.csv"], "-o", files["r"]])
    assert done.exit_code == 0, done.output


def test_a_page_with_columns_in_another_order(tmp_path):
    X = of_polars().select("double", "text")
    model = MODELS["gaussian"]().fit(X)
    pages = [tmp_path / "one.html", tmp_path / "other.html"]
    for path, each in zip(pages, (X, columns_reversed(X)), strict=True):
        write_report(model, each[:-15], path, holdout=columns_reversed(each)[-15:])
    assert pages[0].read_text() == pages[1].read_text()
    with pytest.raises(ValueError, match="holdout lacks column 'text': give the same columns"):
        write_report(model, X, pages[0], holdout=X.drop("text"))


DAY = datetime.date(2026, 1, 1)
BAD = {
    "lists": ([[1, 2]], TypeError, "objects of the type list"),
    "structs": ([{"a": 1}], TypeError, "objects of the type dict"),
    "decimals": ([decimal.Decimal("1e-20")], ValueError, "decimals of more than 15 digits"),
    "inf": ([1.5, float("inf")], ValueError, "inf in column 'bad'"),
    "identifiers": ([2**60, 1, 4], ValueError, r"holds integers in a range beyond 2\*\*48"),
}


@pytest.mark.parametrize(("values", "error", "message"), BAD.values(), ids=BAD)
def test_what_is_refused_is_named(values, error, message):
    n = N // len(values)
    tables = [
        of_polars().select("double", "flag").with_columns(bad=pl.Series(values * n)),
        pa.table({"good": ["a", "b"] * (N // 2), "bad": pa.array(values * n)}),
    ]
    tables.append(tables[1].to_pandas(types_mapper=pd.ArrowDtype))
    for X in tables:
        for model in (TableEncoder(), MODELS["gan"]()):
            with pytest.raises(error, match=rf"column 'bad'.*{message}|{message}"):
                model.fit(X)


MISSING = {
    "dates": [DAY, None],
    "stamps": [datetime.datetime(2026, 1, 1), None],
    "times": [datetime.time(3), None],
    "spans": [datetime.timedelta(3), None],
    "nothing": [None],
    "integers": [1, None],
    "numbers": [1.5, None],
    "strings": ["a", None],
    "booleans": [True, None, False],
    "decimals": [decimal.Decimal("1.50"), None, decimal.Decimal("-2.25")],
    "large integers": [2**60, None, 2**60 + 7],
}


@pytest.mark.parametrize("values", MISSING.values(), ids=MISSING)
def test_missing_cells_come_back(values):
    n = N // len(values)
    tables = [
        of_polars().select("double", "flag").with_columns(some=pl.Series(values * n)),
        pa.table({"good": ["a", "b"] * (N // 2), "some": pa.array(values * n)}),
    ]
    tables.append(tables[1].to_pandas(types_mapper=pd.ArrowDtype))
    for X in tables:
        encoder = TableEncoder().fit(X)
        assert encoder.inverse_transform(encoder.transform(X)).equals(X)


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["a", "b"])], ids=str)
def test_categories_with_missing_cells(dtype):
    X = pl.DataFrame({"some": pl.Series(["a", None, "b"] * 20).cast(dtype)})
    encoder = TableEncoder().fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    assert back.equals(X)
    assert back.schema == X.schema


def test_two_columns_of_one_name():
    X = pa.table([pa.array([1, 2]), pa.array([3, 4])], names=["a", "a"])
    with pytest.raises(ValueError, match="X has 2 columns 'a': column names must differ"):
        MODELS["gaussian"]().fit(X)


@pytest.mark.parametrize("missing", ["pandas", "polars"])
def test_what_is_not_installed_is_named(missing, monkeypatch):
    X = of_polars().select("double", "flag")
    model = MODELS["gaussian"]().fit(X)
    matrix = MODELS["gaussian"]().fit(X.select("double"))

    def absent(name):
        if name == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return sys.modules[name]

    monkeypatch.setattr(libraries, "import_module", absent)
    with pytest.raises(ImportError, match=f"and {missing} is missing: pip install {missing}"):
        model.sample(3) if missing == "polars" else model.fit(X)
    if missing == "pandas":
        assert schema(matrix.fit(X.select("double")).sample(3)) == [("double", pl.Float64)]


# Random tables

CELLS = {
    "floats": (st.floats(-1e3, 1e3, width=32), [pl.Float32, pl.Float64]),
    "integers": (st.integers(0, 100), [pl.Int8, pl.UInt8, pl.Int32, pl.UInt64, pl.Int64]),
    "booleans": (st.booleans(), [pl.Boolean]),
    "strings": (st.sampled_from("abc"), [pl.String, pl.Categorical(), pl.Enum(list("zcba"))]),
}


@st.composite
def any_frames(draw):
    names = draw(st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=5, unique=True))
    columns = {}
    for name in names:
        cells, dtypes = CELLS[draw(st.sampled_from(sorted(CELLS)))]
        values = draw(st.lists(cells, min_size=8, max_size=8))
        if isinstance(values[0], float):  # a spread that is lost in rounding is refused
            values = [round(value, 2) for value in values]
        columns[name] = pl.Series(values).cast(draw(st.sampled_from(dtypes)))
    return pl.DataFrame(columns)


@settings(deadline=None, max_examples=15, derandomize=True)
@given(any_frames())
def test_any_table_comes_back_in_every_library(X):
    arrow = X.to_arrow()
    for each in (X, arrow, arrow.to_pandas(), arrow.to_pandas(types_mapper=pd.ArrowDtype)):
        made = MODELS["gaussian"]().fit(each).sample(5)
        assert type(made) is type(each)
        assert schema(made) == schema(each)
