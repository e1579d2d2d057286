"""CSV files: headers, indices and row numbers by evidence; what is written is read back."""

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from regan.files.csv_files import read_csv, read_csv_as, read_csvs
from regan.files.csv_lines import number
from regan.files.csv_parts import csv_texts, write_texts
from regan.files.row_numbers import is_index, numbers_rows, unnamed

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=(100, 4))
COUNTS = RNG.integers(0, 200, size=(100, 4))
FLAGS = RNG.integers(0, 2, size=(100, 2))
CODES = RNG.integers(0, 10, size=(100, 2))
RANKS = np.array([RNG.permutation(4) for _ in range(100)])
TIMES = np.column_stack([np.arange(100), np.sin(np.arange(100) / 9)])
CURVES = np.column_stack([np.arange(100) / 10 + j for j in range(3)])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "d.csv"


def read(path, text, **options):
    """Names, values, and what was told."""
    path.write_text(text, encoding="utf-8")
    told = []
    return *read_csv(path, tell=told.append, **options), told


def frame(values, names=None, index=None):
    return pd.DataFrame(values, columns=names, index=index)


# Headers of numbers

HEADERS = {
    "positions": (frame(NORMAL), {}),
    "positions of counts": (frame(COUNTS), {}),
    "positions of codes": (frame(RNG.integers(0, 10, size=(100, 3))), {}),
    "positions of pixels": (frame(RNG.integers(0, 256, size=(50, 64))), {}),
    "positions of constants": (frame(np.zeros((50, 3))), {}),
    "a position": (frame(NORMAL[:, :1]), {}),
    "a position, of two decimals": (frame(NORMAL[:30, :1]), {"float_format": "%.2f"}),
    "positions, shortest": (frame(NORMAL), {"float_format": "%g"}),
    "positions, with exponents": (frame(NORMAL), {"float_format": "%.3e"}),
    "from one": (frame(NORMAL, [1, 2, 3, 4]), {}),
    "some positions": (frame(NORMAL[:, :3], [0, 3, 7]), {}),
    "positions in disorder": (frame(NORMAL[:, :3], [7, 3, 12]), {}),
    "years": (frame(NORMAL, [2019, 2020, 2021, 2022]), {}),
    "years of counts": (frame(COUNTS, [2019, 2020, 2021, 2022]), {}),
    "years with gaps": (frame(COUNTS[:, :3], [2000, 2005, 2015]), {}),
    "wavelengths": (frame(RNG.random((100, 4)), [400.5, 401.0, 401.5, 402.0]), {}),
    "names that pandas made different": (frame(NORMAL, ["0", "1", "0.1", "1.1"]), {}),
}


@pytest.mark.parametrize(("table", "options"), HEADERS.values(), ids=HEADERS)
def test_a_header_of_numbers(path, table, options):
    text = table.to_csv(index=False, **options)
    names, values, (warning, said) = read(path, text)
    assert names == [str(name) for name in table.columns]
    assert len(values) == len(table)
    assert warning.startswith(f"Warning: {path}: the first line ({names[0]}")
    assert warning.endswith("--no-header makes it a row")
    rows = f"{len(table)} rows of {table.shape[1]} column"
    assert said.startswith(f"{path}: {rows}")
    assert f"header {names[0]}" in said
    names, values, _ = read(path, text, header=False)
    assert names is None
    assert len(values) == len(table) + 1


ROWS = {
    "numbers": (frame(NORMAL), False),
    "counts": (frame(COUNTS), False),
    "flags from 0, 1": (frame(np.vstack([[0, 1], FLAGS])), True),
    "codes from 0, 1": (frame(np.vstack([[0, 1], CODES])), True),
    "flags from 0": (frame(np.vstack([[0], FLAGS[:, :1]])), False),
    "ranks from 0, 1, 2, 3": (frame(np.vstack([[0, 1, 2, 3], RANKS])), True),
    "times": (frame(TIMES).astype({0: int}), False),
    "sorted counts from 0": (frame(np.append(0, np.sort(COUNTS[:, 0] + 1))), False),
    "a large row": (frame(np.vstack([[900, 500, 1300], COUNTS[:, :3] // 20])), True),
    "baseline": (frame(np.vstack([[0, 0, 0], COUNTS[:, :3] + 1])), False),
    "one-hot": (frame(np.eye(3, dtype=int)[[1, 0, 2, 1, 2, 0, 1, 0] * 5]), False),
    "one row": (frame([[0, 1, 2]]), False),
    "years of birth and death": (frame([[1879, 1955], [1643, 1727], [1777, 1855]] * 9), False),
}


@pytest.mark.parametrize(("table", "doubt"), ROWS.values(), ids=ROWS)
def test_a_row_of_numbers(path, table, doubt):
    """In doubt a line is a row, and that is said."""
    text = table.to_csv(index=False, header=False)
    names, values, told = read(path, text)
    assert names is None
    np.testing.assert_array_equal(values, table)
    assert any("may be a header; --header makes it one" in line for line in told) == doubt
    assert any(f"{len(table)} row" in line and "no header" in line for line in told)


def test_a_curve_from_whole_numbers_is_no_header(path):
    lines = [",".join(f"{value:g}" for value in row) for row in CURVES]
    assert lines[0] == "0,1,2"
    names, values, told = read(path, "\n".join(lines))
    assert names is None
    np.testing.assert_allclose(values, CURVES)
    assert "may be a header" in told[0]


def test_two_columns_of_one_number(path):
    twice = pd.concat([frame(NORMAL[:, :2]), frame(NORMAL[:, 2:])], axis=1)
    with pytest.raises(ValueError, match="the column '0' appears 2 times"):
        read(path, twice.to_csv(index=False))
    assert len(read(path, twice.to_csv(index=False), header=False)[1]) == 101


FIRST_LINES = {
    "a missing cell is no name": ("1.5,NA,3\n1,2,3\n", "line 1, column 2 holds 'NA'"),
    "another": ("1.5,?,3\n1,2,3\n", "line 1, column 2 holds '\\?'"),
    "an empty one": (",5.1,3.2\n4.2,1,2\n4.9,2,2\n4.1,2,3\n", "line 1, column 1 is empty"),
    "no names at all": (",\n1,2\n", "line 1, column 1 is empty"),
    "semicolons": ("a;b\n1,5;2,5\n", "3 cells instead of 1; columns are separated by commas"),
    "row names without a name": ("a,b\n1,2,3\n", "their column needs a name in the header too"),
    "text in a column": ("a,b\n1,x\n2,y\n", "'x', which is not a finite number; --drop b leaves"),
}


@pytest.mark.parametrize(("text", "message"), FIRST_LINES.values(), ids=FIRST_LINES)
def test_lines_that_are_refused(path, text, message):
    with pytest.raises(ValueError, match=message):
        read(path, text)


def test_a_line_of_measurements_and_one_word_is_told(path):
    names, _, told = read(path, "5.1,2.0,tall\n1,2,3\n3,4,5\n")
    assert names == ["5.1", "2.0", "tall"]
    assert "'tall' is not a number" in told[0]


def test_numbers_as_python_alone_writes_them_are_names(path):
    assert number("1_1") is None
    names, values, _ = read(path, "1_1,1_2\n1,2\n3,4\n")
    assert names == ["1_1", "1_2"]
    assert values.shape == (2, 2)


def test_a_header_that_is_asked_for(path):
    names, values, told = read(path, "0,1\n1,0\n0,0\n", header=True)
    assert names == ["0", "1"]
    assert told == [f"{path}: 2 rows of 2 columns, header 0, 1"]
    assert values.tolist() == [[1, 0], [0, 0]]
    with pytest.raises(ValueError, match="line 1, column 1 holds 'a'"):
        read(path, "a,b\n1,2\n", header=False)
    with pytest.raises(ValueError, match="the file has a header but no rows"):
        read(path, "0,1\n", header=True)


# Indices

AB = frame(NORMAL[:20, :2], ["a", "b"])
INDICES = {
    "row numbers": AB,
    "shuffled": AB.sample(frac=1, random_state=0),
    "filtered": AB[AB["a"] > 0],
    "drawn again": AB.sample(frac=1, replace=True, random_state=0),
    "stacked": pd.concat([AB, AB, AB]),
    "words": AB.set_index(pd.Index([f"row {i}" for i in range(20)])),
    "dates": AB.set_index(pd.date_range("2026-01-01", periods=20)),
    "times": AB.set_index(np.arange(20) / 10),
    "two levels": pd.concat({"x": AB, "y": AB}),
    "written twice": frame(NORMAL[:20, :2], ["a", "b"], pd.RangeIndex(20, name="Unnamed: 0")),
    "written three times": AB.assign(**{"Unnamed: 0": range(20)})[["Unnamed: 0", "a", "b"]],
    "numbers as names": frame(NORMAL[:20, :2]),
    "other numbers as names": frame(NORMAL[:20, :2], [3, 1], [f"r{i}" for i in range(20)]),
    "two levels and numbers": frame(np.ones((6, 2)), index=[[1, 1, 2, 2, 3, 3], [0, 1] * 3]),
}


@pytest.mark.parametrize("table", INDICES.values(), ids=INDICES)
def test_an_index_is_no_column(path, table):
    names, values, told = read(path, table.to_csv())
    kept = table.drop(columns="Unnamed: 0", errors="ignore")
    assert names == [str(name) for name in kept.columns]
    np.testing.assert_array_equal(values, kept)
    (said,) = told
    assert "left out as the index" in said
    np.testing.assert_array_equal(read_csv_as(path, names[::-1], path), kept.iloc[:, ::-1])
    (again,) = read_csvs([path])
    np.testing.assert_array_equal(again, kept)


@pytest.mark.parametrize("first", [np.arange(30) % 3, np.sin(np.arange(30)), [0, 1] * 15])
def test_a_column_without_a_name_that_is_no_index(path, first):
    text = frame(np.column_stack([first, np.arange(30) % 7]), ["", "a"]).to_csv(index=False)
    names, values, told = read(path, text.replace('""', ""))
    assert names == ["", "a"]
    np.testing.assert_array_equal(values[:, 0], first)
    assert "has no name but does not look like an index" in told[1]
    assert read(path, text, drop=[""])[0] == ["a"]


def test_no_index_is_guessed_without_a_header(path):
    names, values, told = read(path, AB.to_csv(header=False))
    assert names is None
    assert values.shape == (20, 3)
    assert "column 0 (from 0) numbers the rows (0 to 19, each once)" in told[1]
    names, values, told = read(path, AB.to_csv(header=False), drop=["0"])
    np.testing.assert_array_equal(values, AB)
    assert told == [f"{path}: 20 rows of 2 columns, no header; without 0"]


def test_unnamed_columns():
    assert unnamed(["", "Unnamed: 0.1", "a", ""]) == [0, 1]
    assert unnamed(["Unnamed", "a"]) == []
    assert is_index(np.full(3, np.nan))
    assert not is_index(np.array([1.0, np.nan, 1.0]))


# Row numbers


@pytest.mark.parametrize("order", ["sorted", "shuffled", "a part"])
def test_row_numbers_with_a_name(path, order):
    table = AB.reset_index(names="id")
    if order != "sorted":
        table = table.sample(frac=0.75 if order == "a part" else 1, random_state=0)
    names, _, told = read(path, table.to_csv(index=False))
    assert names == ["id", "a", "b"]
    assert "column 'id' numbers the rows" in told[1]
    assert "--drop id leaves it out" in told[1]
    names, values, told = read(path, table.to_csv(index=False), drop=["id"])
    assert names == ["a", "b"]
    np.testing.assert_array_equal(values, table[names])
    assert told == [f"{path}: {len(table)} rows of 2 columns, header a, b; without id"]


@pytest.mark.parametrize(
    "values", [np.arange(9), np.arange(20) * 3, np.arange(20) / 2, np.arange(20) % 19, NORMAL[:, 0]]
)
def test_what_does_not_number_rows(values):
    assert not numbers_rows(np.asarray(values, dtype=float))


def test_dropped_columns_may_hold_anything(path):
    text = "id,a\nx,1\n,2\nz,3\n"
    names, values, _ = read(path, text, drop=["id"])
    assert names == ["a"]
    assert values.tolist() == [[1], [2], [3]]
    with pytest.raises(ValueError, match="no column 'c' to drop: the columns are id, a"):
        read(path, text, drop=["c"])
    with pytest.raises(ValueError, match="all columns are left out"):
        read(path, text, drop=["id", "a"])
    with pytest.raises(ValueError, match="called by position: 0, 1"):
        read(path, "1,2\n3,5\n", drop=["a"])


# Several files


def files(tmp_path, *tables):
    paths = [tmp_path / f"{i}.csv" for i in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        path.write_text(table if isinstance(table, str) else table.to_csv(index=False))
    return paths


def test_row_numbers_that_one_file_lacks_are_not_compared(tmp_path):
    paths = files(tmp_path, AB.reset_index(names="id"), AB[["b", "a"]])
    told = []
    for order in (paths, paths[::-1]):
        one, other = read_csvs(order, tell=told.append)
        np.testing.assert_array_equal(one, other)
    assert told[0] == f"{paths[0]}: 20 rows of 2 columns, header a, b; without id"
    with pytest.raises(ValueError, match="it lacks c; --drop NAME compares without a column"):
        read_csvs(files(tmp_path, AB.assign(c=AB["a"]), AB))
    values, _ = read_csvs(files(tmp_path, AB.assign(c="x"), AB), drop=["c"])
    np.testing.assert_array_equal(values, AB)
    with pytest.raises(ValueError, match="no column 'd' to drop"):
        read_csvs(files(tmp_path, AB, AB), drop=["d"])


def test_columns_that_were_left_out_by_position(tmp_path):
    a, b = (frame(each).to_csv(header=False, index=False) for each in (NORMAL, NORMAL[:, 1:]))
    one, other = read_csvs(files(tmp_path, a, b), drop=["0"])
    np.testing.assert_array_equal(one, other)


def test_names_of_one_file_are_names_in_the_next(tmp_path):
    """Generated rows may look like their header when the real ones do not."""
    paths = files(tmp_path, frame(COUNTS), frame(np.tile(np.arange(4), (9, 1))))
    _, values = read_csvs(paths)
    assert values.shape == (9, 4)
    assert read_csv_as(paths[1], list("3210"), paths[0]).tolist() == [[3, 2, 1, 0]] * 9
    (tmp_path / "rows.csv").write_text(frame(NORMAL).to_csv(index=False, header=False))
    with pytest.raises(ValueError, match=r"only one of them has a header. Give --header or"):
        read_csvs([paths[0], tmp_path / "rows.csv"])


def test_columns_beyond_those_of_a_model(tmp_path):
    (path,) = files(tmp_path, AB.assign(c="text"))
    told = []
    values = read_csv_as(path, ["b", "a"], tmp_path / "model", tell=told.append)
    np.testing.assert_array_equal(values, AB[["b", "a"]])
    assert told == [f"{path}: 20 rows of 2 columns, header b, a; without c"]
    with pytest.raises(ValueError, match="it lacks d and has b, c in addition"):
        read_csv_as(path, ["a", "d"], tmp_path / "model")


# Writing


def test_whole_numbers_are_written_as_whole(path):
    values = np.array([[3, 12.5, -0.0, 1e300, 2.0**53], [-4, 12.35, 7, 1e300, 0]])
    write_texts(path, csv_texts(list("abcde"), [values]))
    assert path.read_text().splitlines() == [
        "a,b,c,d,e",
        "3,12.5,0,1e+300,9007199254740992.0",
        "-4,12.35,7,1e+300,0.0",
    ]
    write_texts(path, csv_texts(None, [np.array([[0.1, 2]], dtype=np.float32)]))
    assert path.read_text() == "0.1,2\n"
    write_texts(path, csv_texts(None, [np.array([[1, 2]])]))
    assert path.read_text() == "1,2\n"


# Whatever tables there are

TEXT = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], codec="utf-8"), min_size=1)
WORDS = TEXT.filter(lambda x: x == x.strip() and number(x) is None and not unnamed([x]))
NUMERALS = st.integers(-10, 3000).map(str) | st.floats(0, 1e3).map(lambda x: str(round(x, 1)))
FORMATS = st.fixed_dictionaries(
    {
        "float_format": st.sampled_from([None, "%.2f", "%g", "%.6e"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)


@st.composite
def tables(draw, names, min_rows=2):
    n, seed = draw(st.integers(min_rows, 60)), draw(st.integers(0, 2**32 - 1))
    columns = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    rng = np.random.default_rng(seed)
    kinds = [
        rng.normal(size=n) * 10.0 ** rng.integers(-3, 6),
        rng.integers(-50, 50, n),
        rng.poisson(1, n),
        np.full(n, 3.0),
        rng.lognormal(0, 2, n),
    ]
    drawn = draw(st.lists(st.sampled_from(range(5)), min_size=len(columns), max_size=len(columns)))
    table = pd.DataFrame({name: kinds[k] for name, k in zip(columns, drawn, strict=True)})
    indices = [
        pd.RangeIndex(n),
        pd.Index(rng.permutation(n)),
        pd.Index(rng.choice(10 * n, n, replace=False)),
        pd.Index([f"r{i}" for i in range(n)]),
    ]
    return table.set_index(indices[draw(st.integers(0, 3))])


def written(table, options):
    """What the cells mean, once they are written."""
    form = options["float_format"]
    if form is None:
        return table.to_numpy(dtype=float)
    return table.map(lambda x: float(form % x) if isinstance(x, float) else x).to_numpy(dtype=float)


PROPERTY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@PROPERTY
@given(table=tables(WORDS), options=FORMATS, index=st.booleans())
def test_named_tables_come_back(path, table, options, index):
    names, values, _ = read(path, table.to_csv(index=index, **options))
    assert names == list(table.columns)
    np.testing.assert_array_equal(values, written(table, options))


@PROPERTY
@given(table=tables(NUMERALS), options=FORMATS, index=st.booleans())
def test_tables_named_by_numbers_come_back_or_the_doubt_is_told(path, table, options, index):
    text = table.to_csv(index=index, **options)
    expected = written(table, options)
    names, values, _ = read(path, text, header=True)
    assert names == list(table.columns)
    np.testing.assert_array_equal(values, expected)
    names, values, told = read(path, text)
    assert index <= (names is not None)  # a cell without a name settles it
    if names is not None:
        assert names == list(table.columns)
        np.testing.assert_array_equal(values, expected)
    else:  # no row is lost
        np.testing.assert_array_equal(values, [list(map(float, table.columns)), *expected])
        assert any("no header" in line for line in told)


@PROPERTY
@given(table=tables(WORDS, min_rows=30), options=FORMATS, index=st.booleans())
def test_arrays_come_back(path, table, options, index):
    """Tables that pandas numbers the columns of, with real numbers among them."""
    real = table.select_dtypes("float").loc[:, lambda t: t.nunique() > 1]
    assume(real.shape[1] > 0 and options["float_format"] != "%g")  # which writes some as whole
    real.columns = range(real.shape[1])
    names, values, _ = read(path, real.to_csv(index=index, **options))
    assert names == [str(j) for j in range(real.shape[1])]
    np.testing.assert_array_equal(values, written(real, options))


@PROPERTY
@given(table=tables(WORDS), options=FORMATS)
def test_tables_without_a_header_come_back(path, table, options):
    names, values, _ = read(path, table.to_csv(index=False, header=False, **options))
    assert names is None
    np.testing.assert_array_equal(values, written(table, options))
