"""Tables of any columns in files: what is recognised, what is refused, and the way back."""

import datetime
import gzip
import io
import sqlite3
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal

from regan.data.frames.dataframes import as_pandas
from regan.files.described import describe_frame
from regan.files.forms import Options, recognised
from regan.files.frames import read_frame
from regan.files.kinds import Kind
from regan.files.parquet_files import arrow_tables, write_parquet
from regan.files.schema import Schema
from regan.files.sources import TableFile
from regan.files.table_files import table_texts


def read(path, data=None, options=None, told=None, **more):
    """The table in a file with these contents."""
    if data is not None:
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    options = Options() if options is None else options
    tell = (lambda _: None) if told is None else told.append
    file = TableFile.of(path)
    if not file.is_parquet:
        file = recognised(file, options, tell)
    return read_frame(file, options=options, tell=tell, **more)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "d.csv"


# Forms

ROWS = [["name", "price"], ["Zoë", "1.5"], ["Al, Jr", "2.25"], ['say "hi"\nthere', ""]]


def text_of(delimiter, decimal, end="\n", space=""):
    def quoted(cell):
        escaped = cell.replace('"', '""')
        return f'"{escaped}"' if {*cell} & {*'"\n', delimiter} else cell

    rows = [[row[0], row[1].replace(".", decimal)] for row in ROWS]
    return "".join((delimiter + space).join(map(quoted, row)) + end for row in rows)


FORMS = {
    "commas": (text_of(",", ".").encode(), "d.csv"),
    "semicolons": (text_of(";", ",").encode(), "d.csv"),
    "tabs": (text_of("\t", ".").encode(), "d.tsv"),
    "bars": (text_of("|", ",").encode(), "d.txt"),
    "quoted decimal commas": (text_of(",", ",").encode(), "d.csv"),
    "Windows": (text_of(";", ",", "\r\n").encode("cp1252"), "d.csv"),
    "a mark": (text_of(";", ".").encode("utf-8-sig"), "d.csv"),
    "sixteen bits": (text_of("\t", ",").encode("utf-16"), "d.csv"),
    "gzip": (gzip.compress(text_of(",", ".").encode()), "d.csv.gz"),
    "gzip of another name": (gzip.compress(text_of("\t", ".").encode("utf-16")), "d"),
    "blanks": (text_of(",", ".", space=" ").encode(), "d.csv"),
    "Excel": (b"sep=;\r\n" + text_of(";", ",", "\r\n").encode("cp1252"), "d.csv"),
    "Excel, sixteen bits": (("sep=\t\n" + text_of("\t", ",")).encode("utf-16"), "d.csv"),
    "comments": (("# some,\n# of, them,\n" + text_of(",", ".")).encode(), "d.csv"),
}


@pytest.mark.parametrize(("data", "name"), FORMS.values(), ids=FORMS)
def test_forms_are_recognised(tmp_path, data, name):
    found = read(tmp_path / name, data)
    expected = pd.DataFrame({"name": [row[0] for row in ROWS[1:]], "price": [1.5, 2.25, np.nan]})
    assert_frame_equal(found.frame, expected, check_column_type=False)


OTHERS = {
    "R": '"age" "of"\n"a b" 17 "x, y"\n"c" NA "z"\n',
    "R without quotes": "age of\n1 17 x,y\n2 NA z\n",
    "R with commas": '"age","of"\n"1",17,"x, y"\n"2",NA,"z"\n',
    "several blanks": 'age   of\n 17    "x, y"\n  NA   z\n',
    "a database": "age\tof\n17\tx, y\n\\N\tz\n",
    "a comment": "# of 2020\n#age;of\n17;x, y\n;z\n",
    "a comment above numbers": "# of 2020\n17\n",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_files_of_other_programs(path, text):
    told = []
    found = read(path, text, told=told).frame
    assert found.iloc[0].tolist() == [17, *["x, y"] * (found.shape[1] - 1)] or "x,y" in text
    assert (found.iloc[:, 0].isna().tolist() == [False, True]) or len(found) == 1
    assert ("left out as a comment (#)" in told[0]) == (text[0] == "#")


def test_lines_are_counted_from_the_first(path):
    rows = "n  k\n" + "".join(f"{i}  w\n" for i in [*range(30), "x"])
    for text in (f"# about\n# it\n{rows}", "sep=;\n\n" + rows.replace("  ", ";")):
        with pytest.raises(ValueError, match="line 34, column 'n' holds 'x'"):
            read(path, text)
    with pytest.raises(ValueError, match="line 4 has 1 cells instead of 2"):
        read(path, "# about\nn;k\n1;w\n2\n")


def test_numbers_between_blanks(path):
    found = read(path, "weight name\n1.5 Al\n2 Bo\n3 Cy\n", Options(" ")).frame
    assert list(found) == ["weight", "name"]
    assert list(read(path, "weight waist\n1.5 3\n2 4\n").frame) == ["weight", "waist"]
    assert list(read(path, "the name\nAl Yu\nBo Xi\n").frame) == ["the name"]


def test_empty_cells_of_one_column_are_rows(path):
    cells = ["w1", '""', "w2", '""']
    found = read(path, "\n".join(["v", *cells, "\n\n"]), told=(told := [])).frame["v"]
    assert found.isna().tolist() == [False, True] * 2
    assert len(told) == 1
    found = read(path, "v\n\n1\n  \n2\n\n", told=told).frame["v"]
    assert found.tolist() == [pd.NA, 1, pd.NA, 2]
    assert "2 blank lines (the first is line 2) are read as missing cells" in told[1]
    assert len(read(path, "v,w\nx,1\n\n  \ny,2\n").frame) == 2
    days = "".join(f"{1900 + i}-01-01\n" if i % 3 else '""\n' for i in range(90))
    with pytest.raises(ValueError, match="line 92, column 'd' holds 'oops'"):
        read(path, f"d\n{days}oops\n")


def test_forms_are_named(path):
    text = "a b\n1,234 x\n5,678 y\n"
    for decimal, value in ((",", 1.234), (".", 1234)):
        options = Options(" ", decimal, "ascii")
        assert read(path, text, options).frame["a"][0] == value
    for wrong in ({"delimiter": "ab"}, {"decimal": "x"}, {"encoding": "x"}, {"delimiter": '"'}):
        with pytest.raises(ValueError, match=f"--{next(iter(wrong))} "):
            Options(**wrong)
    assert Options("tab").delimiter == "\t"


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("a;b\n1,234;x\n5,678;y\n", 1.234, "comma; with --decimal ."),
        ("a;b\n1.234;x\n", 1.234, "point"),
    ],
)
def test_doubts_about_decimals_are_told(path, text, value, words):
    told = []
    assert read(path, text, told=told).frame["a"][0] == value
    assert "'1" in told[0]
    assert words in told[0]


# Columns

TIME = datetime.time
COLUMNS = {
    "integers": (["17", "+5", "-3"], [17, 5, -3], "int64"),
    "integers, some missing": (["17", "", "3"], [17, pd.NA, 3], "Int64"),
    "large integers": ([str(2**60), "1", "NA"], [2**60, 1, pd.NA], "Int64"),
    "larger ones": ([str(2**63), "1", "2"], [2**63, 1, 2], "uint64"),
    "numbers": (["1.5", "2", "nan"], [1.5, 2, np.nan], "float64"),
    "exponents": (["1e3", "-2.5E-1", "?"], [1e3, -0.25, np.nan], "float64"),
    "thousands": (["1,234,567.5", "999", ""], [1234567.5, 999, np.nan], "float64"),
    "whole thousands": (["1'234", "5", "6"], [1234, 5, 6], "int64"),
    "leading zeros": (["007", "12", "3"], ["007", "12", "3"], "str"),
    "words": (["x", " y", ""], ["x", " y", np.nan], "str"),
    "of more than 64 bits": ([str(2**64), "1", "2"], [str(2**64), "1", "2"], "str"),
    "booleans": (["true", "FALSE", "True"], [True, False, True], "bool"),
    "booleans, some missing": (["true", "", "None"], [True, pd.NA, pd.NA], "boolean"),
    "yes and no": (["yes", "no", "yes"], ["yes", "no", "yes"], "str"),
    "nothing": (["", "", ""], [np.nan] * 3, "float64"),
    "dates": (["2019-01-31", "", "1910-12-01"], ["2019-01-31", None, "1910-12-01"], "date"),
    "dates with dots": (
        ["31.1.2019", "1.12.1910", "-"],
        ["2019-01-31", "1910-12-01", None],
        "date",
    ),
    "days first": (["13/01/2019", "02/01/2019", ""], ["2019-01-13", "2019-01-02", None], "date"),
    "months first": (["01/13/2019", "02/01/2019", ""], ["2019-01-13", "2019-02-01", None], "date"),
    "one day of each": (
        ["03/03/2019", "04/04/2019", ""],
        ["2019-03-03", "2019-04-04", None],
        "date",
    ),
    "either first": (["01/02/2019", "03/04/2019", ""], ["01/02/2019", "03/04/2019", np.nan], "str"),
    "months in words": (
        ["3-Jan-2020", "30-Dec-1999", ""],
        ["2020-01-03", "1999-12-30", None],
        "date",
    ),
    "no such day": (["2019-02-30", "2019-02-01", "x"], ["2019-02-30", "2019-02-01", "x"], "str"),
    "dates without dashes": (
        ["20190131", "20190201", "20190203"],
        [20190131, 20190201, 20190203],
        "int64",
    ),
    "timestamps": (
        ["2019-01-31 10:30:00", "2019-02-01", "2019-02-01T00:00:00.25"],
        ["2019-01-31 10:30", "2019-02-01", "2019-02-01 00:00:00.25"],
        "date",
    ),
    "national timestamps": (
        ["31.1.2019 8:05", "1.2.2019 17:30", ""],
        ["2019-01-31 08:05", "2019-02-01 17:30", None],
        "date",
    ),
    "noon": (
        ["1/31/2019 5:30 PM", "1/2/2019 12:00 AM", ""],
        ["2019-01-31 17:30", "2019-01-02", None],
        "date",
    ),
    "a zone": (
        ["2019-01-31T10:00Z", "2019-01-31T10:00+00:00", ""],
        ["2019-01-31 10:00Z"] * 2 + [None],
        "date",
    ),
    "zones": (
        ["2019-01-31T10:00+01:00", "2019-07-01T10:00+02:00", ""],
        ["2019-01-31 09:00Z", "2019-07-01 08:00Z", None],
        "date",
    ),
    "zones of hours": (
        ["2024-08-11 15:31:00+00", "2024-08-11 15:31:00.123456+02", "2024-02-11 15:31:00-05"],
        ["2024-08-11 15:31Z", "2024-08-11 13:31:00.123456Z", "2024-02-11 20:31Z"],
        "date",
    ),
    "times": (["9:30", "23:59:59.5", ""], [TIME(9, 30), TIME(23, 59, 59, 500000), None], "object"),
    "spans": (["1 days 02:00:00", "0 days", ""], ["26h", "0h", None], "span"),
    "hours": (["25:00:00", "1:30:00", ""], ["25h", "90min", None], "span"),
}


@pytest.mark.parametrize(("cells", "values", "dtype"), COLUMNS.values(), ids=COLUMNS)
def test_columns_are_recognised(path, cells, values, dtype):
    table = pd.DataFrame({"other": ["u", "v", "w"], "x": cells})
    found = read(path, table.to_csv(index=False)).frame["x"]
    if dtype == "date":
        expected = pd.Series(pd.to_datetime(values, format="ISO8601"))
        assert str(found.dtype).startswith("datetime64")
    elif dtype == "span":
        expected = pd.Series(pd.to_timedelta(values))
    else:
        expected = pd.Series(values, dtype=dtype)
    assert_series_equal(
        found, expected, check_names=False, check_dtype=dtype not in ("date", "span")
    )


def test_zones_of_some_times_alone(path):
    told = []
    text = "x,w\n2019-01-31T10:00Z,a\n2019-01-31T10:00,b\n2019-02-01,c\n"
    assert read(path, text, told=told).kinds["x"].kind == "level"
    assert "column 'x' holds times with and without a time zone" in told[0]
    schema = Schema({"x": Kind("timestamp"), "w": Kind("level")})
    with pytest.raises(ValueError, match=r"line 3, column 'x' holds .* which has no time zone"):
        read(path, text, schema=schema)


def test_columns_that_hardly_should_be_read_are_told(path):
    told = []
    rows = "".join(f"{i % 2}.5,{i},w{i % 3}\n" for i in range(12))
    found = read(path, f",id,word\n{rows}", told=told)
    assert list(found.frame) == ["", "id", "word"]
    assert "column '' has no name but does not look like an index" in told[-2]
    assert "column 'id' numbers the rows (0 to 11, each once)" in told[-1]


def test_ambiguous_dates_are_told(path):
    told = []
    read(path, "a,b\nx,01/02/2019\ny,03/04/2019\n", told=told)
    assert "column 'b' holds dates whose day and month cannot be distinguished" in told[0]
    assert '"format": "%d/%m/%Y"' in told[0]
    told.clear()
    read(path, "a,b\nx,1-Feb-03\ny,13-Apr-99\n", told=told)
    assert "column 'b' holds dates whose years have two digits, such as '1-Feb-03'" in told[0]


@pytest.mark.parametrize("form", ["%y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%y-%m-%d", "%d.%m.%y"])
def test_years_of_two_digits_are_told(path, form):
    days = pd.date_range("2023-02-25", periods=30).strftime(form)
    read(path, "d,w\n" + "".join(f"{day},x\n" for day in days), told=(told := []))
    assert "column 'd' holds dates whose years have two digits" in told[0]
    assert f'"{form}"' in told[0]


def test_days_without_separators_are_told(path):
    days = pd.date_range("2023-12-25", periods=30)
    text = "d,w\n" + "".join(f"{day:%Y%m%d},x\n" for day in days)
    told = []
    assert read(path, text, told=told).kinds["d"].kind == "integer"
    assert "column 'd' holds integers that look like dates, such as 20231225" in told[0]
    told.clear()
    schema = Schema({"d": Kind("date", "%Y%m%d"), "w": Kind("level")})
    assert read(path, schema=schema, told=told).frame["d"].tolist() == days.tolist()
    assert len(told) == 1
    told.clear()
    read(path, text + "20231301,x\n", told=told)
    assert len(told) == 1  # no 13th month


def test_numbers_with_a_plus(path):
    assert read(path, "t,n\n+493012,+1\n,-1\n+493013,+2\n").frame["t"].tolist()[0] == "+493012"
    assert read(path).frame["n"].tolist() == [1, -1, 2]


def test_words_for_missing_cells(path):
    """Among words they are levels, unless the file has them among numbers as well."""
    told, text = [], "region,size\nNA,1\nEU,2\nNone,3\n"
    assert read(path, text, told=told).frame["region"].tolist() == ["NA", "EU", "None"]
    word = "'NA' is read as a level in column 'region': --na NA reads it as missing"
    assert any(word in sentence for sentence in told)
    assert read(path, text, Options(na=("NA",))).frame["region"].isna().tolist() == [
        True,
        False,
        False,
    ]
    told.clear()
    found = read(path, "region,size\nNA,1\nEU,NA\nNone,3\n", told=told).frame
    assert found.isna().to_numpy().tolist() == [[True, False], [False, True], [False, False]]
    assert any("'NA' is read as a missing cell in column 'region'" in s for s in told)
    found = read(path, "a,b\n?,x\ny,?\n", told=told).frame
    assert found.isna().to_numpy().tolist() == [[True, False], [False, True]]
    assert any("'?' is read as a missing cell in columns 'a', 'b'" in s for s in told)
    found = read(path, "a,b\n-99,x\n3,y\n", Options(na=("-99",))).frame
    assert found["a"].isna().tolist() == [True, False]


HEADERS = {
    "words alone": ("name,city\nBob,Rome\nAnn,Oslo\n", ["name", "city"]),
    "a word that comes again": ("5.1,setosa\n4.9,setosa\n3,virginica\n", None),
    "a word and numbers": ("Bob,23,Rome\nAnn,31,Rome\nJoe,7,Oslo\n", None),
    "a name among its values": ("name,x\nBob,x\nAnn,y\n", ["name", "x"]),
    "a date among dates": ("1/2/2019,,x\n,5,y\n3/2/2019,7,z\n4/2/2019,,w\n", None),
    "dates above numbers": ("2019-01-01,city\n5,Rome\n7,Oslo\n", ["2019-01-01", "city"]),
    "years": ("land,2019,2020\nIT,5,\nFR,6,x\n", ["land", "2019", "2020"]),
    "an index": (",name\n0,Bob\n1,Ann\n", ["name"]),
    "an index of words": (",size\na,x\nb,y\n", ["size"]),
    "a column of no name at the end": ("a,b,\nx,2,\ny,4,\n", ["a", "b"]),
    "blanks": (" a , b\nx,2\n", ["a", "b"]),
}


@pytest.mark.parametrize(("text", "names"), HEADERS.values(), ids=HEADERS)
def test_headers_and_indices(path, text, names):
    found = read(path, text)
    assert found.has_header == (names is not None)
    assert list(found.frame.columns) == (names or [*range(found.frame.shape[1])])


# What is refused

GOOD = "".join(f"{i},2019-01-{i % 28 + 1:02},w{i % 3}\n" for i in range(60))
BAD = {
    "empty": ("", "the file is empty"),
    "a header alone": ("a,b\n", "a header but no rows"),
    "a short line": ("a,b,c\nx,2,3\n\ny,4\n", "line 4 has 2 cells instead of 3"),
    "a long line": ('a,b\n"x\ny",2\ny,4,5\n', "line 4 has 3 cells instead of 2"),
    "a short line far down": ("a,b\nx,2\n" + "x,2\n" * 1010 + "x\nx,2\n", "line 1013 has 1 cells"),
    "an open quote": (
        'a,b\n"x\ny",2\nx,"y\nx,2\n',
        "d.csv: the quote that opens in line 4 is never closed",
    ),
    "a long cell": (
        f'a,b\nx,2\nx,"{"y" * 140_000}"\nx,3\n',
        "d.csv: the row that begins in line 3: it has a cell of more than 131,072 characters",
    ),
    "one name twice": ("a,b,a\nx,2,3\n", "the column 'a' appears 2 times"),
    "a word among numbers": (f"a,b,c\n{GOOD}x,2019-01-01,w1\n", "line 62, column 'a' holds 'x'"),
    "infinite": ("a,b\n1,x\ninf,y\n", "line 3, column 'a' holds 'inf', which is not a finite numb"),
    "no such day": (
        f"a,b,c\n{GOOD}61,2019-02-30,w1\n",
        "line 62, column 'b' holds '2019-02-30', which is not a date or time",
    ),
    "a month too many": (
        "a\n" + "".join(f"13/{i % 12 + 1:02}/{1990 + i}\n" for i in range(30)) + "13/13/2019\n",
        "line 32, column 'a' holds '13/13/2019', which is not a date or time",
    ),
    "a word among dates": (
        f"a,b,c\n{GOOD}61,later,w1\n",
        "line 62, column 'b' holds 'later', which is not a date or time",
    ),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "d.csv is not a table in text or Parquet, but a pictu"),
    "a workbook": (b"PK\x03\x04\x14", "but an Excel workbook or another zip archive: save the sh"),
    "records": ('{"a": 1, "b": "x"}\n' * 9, "d.csv is not a table in text or Parquet, but JSON: s"),
    "much JSON": ('{"data": [\n' + '  [1, "x"],\n' * 1010 + "[]]}", "but JSON: save its records"),
    "a page": ("\n<!doctype html>\n<p>1</p>\n", "but HTML or XML: save the table in it as CSV"),
    "elements": ("<rows>\n<row>1,2</row>\n</rows>", "but HTML or XML"),
    "zeros": (bytes(3000), "is not text in UTF-8: many of its bytes are zero"),
    "junk": (bytes(range(1, 256)) * 9, "is not text: it has bytes that do not occur in text"),
    "damaged gzip": (gzip.compress(b"a,b\nx,1\n" * 99)[:-20], "d.csv is damaged: "),
    "half a Parquet file": (b"PAR1abcdefgh", "d.csv is not a Parquet file: "),
}


@pytest.mark.parametrize(("data", "message"), BAD.values(), ids=BAD)
def test_files_that_are_refused(path, data, message):
    with pytest.raises(ValueError, match=message):
        read(path, data)


def test_a_database_is_no_table(path):
    database = sqlite3.connect(path)
    database.execute("create table t (a)")
    database.close()
    with pytest.raises(ValueError, match="a SQLite database: export the table as CSV"):
        read(path)


def test_all_bad_columns_are_told(path):
    table = pd.DataFrame({name: [*range(40), "x"] for name in "abc"})
    with pytest.raises(ValueError, match="3 columns have cells of another kind") as error:
        read(path, table.to_csv(index=False))
    assert str(error.value).count("line 42, column") == 3


@pytest.mark.parametrize("text", ["[a],{b}\n1,x\n2,y\n", "<a>,<NA>\n1,x\n2,y\n"])
def test_tables_that_begin_like_other_texts(path, text):
    assert read(path, text).frame.shape == (2, 2)


def test_what_hardly_is_a_table_is_told(path):
    told = []
    lines = [f"Then there was line {i} of the story" for i in range(30)]
    read(path, "\n".join(lines), told=told)
    assert "one column of long texts that are nearly all different, so it may not be a t" in told[0]
    told.clear()
    read(path, "a,b\n1,x\n2,y\n", Options(delimiter=";"), told)
    assert "';' does not occur, but ',' divides all lines into the same number of cells" in told[0]
    told.clear()
    for text, sign in (("a,b\n1,x\n2,y\n", ","), ("a\nx z\ny z\n", ";")):
        read(path, text, Options(delimiter=sign), told)
    assert len(told) == 2  # what was read


# Files of one table


def table(rng, n=40):
    frame = pd.DataFrame(
        {
            "n": pd.array(rng.integers(-5, 90, n), dtype="Int64"),
            "x": rng.normal(size=n),
            "word": rng.choice(["a", "b;c", 'say "x"', "007"], n),
            "day": pd.to_datetime("2001-02-03")
            + pd.to_timedelta(rng.integers(0, 999, n), unit="D"),
            "at": pd.to_datetime("2001-02-03")
            + pd.to_timedelta(rng.integers(0, 10**8, n), unit="s"),
            "yes": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "clock": [TIME(h, 5) for h in rng.integers(0, 24, n)],
            "span": pd.to_timedelta(rng.integers(0, 10**6, n), unit="s"),
        }
    )
    frame = frame.mask(rng.random(frame.shape) < 0.2)
    clock = [None if pd.isna(time) else time for time in frame["clock"]]
    return frame.assign(clock=pd.Series(clock, dtype=object))


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.parquet"])
def test_what_is_written_is_read_alike(tmp_path, name):
    from regan.files.csv_parts import delimiter_of, write_texts

    path, frame = tmp_path / name, table(np.random.default_rng(0))
    parts = [frame.iloc[:15], frame.iloc[15:]]
    if name == "t.parquet":
        write_parquet(path, arrow_tables(parts, list(frame)))
        assert pq.ParquetFile(path).num_row_groups == 2
    else:
        write_texts(path, table_texts(parts, delimiter=delimiter_of(path)))
    found = read(path)
    frames = [as_pandas(found.frame), frame]
    alike = [each.assign(word=each["word"].fillna("")) for each in frames]
    assert_frame_equal(*alike, check_dtype=False, check_column_type=False)
    assert [kind.kind for kind in found.kinds.values()] == [
        *("integer", "number", "level", "date", "timestamp", "boolean", "time", "duration")
    ]
    words = describe_frame(found)
    assert words.startswith("n: integer -5..")
    assert "; word: 4 levels (" in words
    assert "; day: date 2001-" in words


def test_times_are_written_from_the_first_one_on():
    days = pd.to_datetime(
        pd.Series(["2001-02-03", "2001-02-03 04:05", "2001-02-03"]), format="ISO8601"
    )
    parts = [days.iloc[[i]].to_frame("t") for i in range(3)]
    assert [text.splitlines()[-1] for text in table_texts(parts)] == [
        *("2001-02-03", "2001-02-03 04:05:00", "2001-02-03 00:00:00")
    ]


def test_parquet_as_pandas_and_arrow_write_it(tmp_path):
    path, told = tmp_path / "t.parquet", []
    index = pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}, index=["r", "s"])
    index.to_parquet(path)
    assert list(read(path, told=told).frame) == ["a", "b"]
    assert told[0].endswith("the first column has no name and is left out as the index")
    index.rename_axis("key").to_parquet(path)
    assert list(read(path).frame) == ["a", "b", "key"]
    of_arrow = pa.table(
        {
            "day": pa.array([datetime.date(2001, 2, 3), None]),
            "price": pa.array([Decimal("1.25"), None]),
            "small": pa.array([1, None], pa.int8()),
            "none": pa.nulls(2),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
        }
    )
    pq.write_table(of_arrow, path)
    found = read(path).frame
    words = [str(dtype) for dtype in found.dtypes]
    assert words[:2] == ["date32[day][pyarrow]", "decimal128(3, 2)[pyarrow]"]
    assert words[2:4] == ["Int8", "null[pyarrow]"]
    pq.write_table(pa.table({"a": [1], "b": [[1, 2]]}), path)
    with pytest.raises(ValueError, match=r"column 'b' has the type list<.*--drop b leaves"):
        read(path)
    assert list(read(path, drop=["b"]).frame) == ["a"]
    with pytest.raises(ValueError, match="has no column 'c' to drop"):
        read(path, drop=["b", "c"])
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    with pytest.raises(ValueError, match="the table has no rows"):
        read(path)


CUT = pd.cut(pd.Series([1.0, np.nan, 3.0]), 2)
NO_TYPE = {
    "intervals": (CUT, ["(0.998, 2.0]", None, "(2.0, 3.0]"]),
    "periods": (
        pd.Series(pd.PeriodIndex(["2020-01", None, "2020-02"], freq="M")).astype("category"),
        ["2020-01", None, "2020-02"],
    ),
    "large integers": (
        pd.Series([10**30, None, 7], dtype=object),
        ["1" + "0" * 30, None, "7"],
    ),
}


@pytest.mark.parametrize(("series", "words"), NO_TYPE.values(), ids=NO_TYPE)
def test_what_parquet_has_no_type_for_is_text(path, series, words):
    write_parquet(path, arrow_tables([series.to_frame()] * 2, ["x"]))
    assert pq.read_table(path)["x"].to_pylist() == words * 2


def test_parts_of_two_types_are_refused(path):
    parts = [pd.DataFrame({"x": pd.Series([n], dtype=object)}) for n in (7, 10**30)]
    with pytest.raises(ValueError, match="column 'x' has the type int64 in the first rows"):
        write_parquet(path, arrow_tables(parts, ["x"]))


def test_long_decimals_in_parquet_are_the_nearest_numbers(path):
    cells = [Decimal(n) / 100 for n in range(10**9, 10**9 + 300)]
    typed = pa.array([*cells, None], pa.decimal128(38, 18))
    pq.write_table(pa.table({"price": typed}), path)
    assert read(path).frame["price"].tolist()[:-1] == [float(cell) for cell in cells]


def test_another_file_is_read_like_the_first(tmp_path):
    real = read(tmp_path / "r.csv", "n;x;day;word\n1;1,5;03.02.2001;7\n;2,5;13.02.2001;x\n")
    like = {"like": real}
    fake = read(tmp_path / "f.csv", "word,day,x,n,more\n7,2001-02-03,1.5,2.5,1\n8,,2,,1\n", **like)
    assert list(fake.frame) == list(real.frame)
    assert fake.frame["word"].tolist() == ["7", "8"]
    assert fake.frame["day"].dtype == real.frame["day"].dtype
    with pytest.raises(
        ValueError, match=r"line 3, column 'x' holds 'y', which is not a finite number"
    ):
        read(tmp_path / "f.csv", "word,day,x,n\n7,2001-02-03,1.5,2\n8,,y,\n", **like)
    with pytest.raises(ValueError, match=r"lacks columns of .*: day, word"):
        read(tmp_path / "f.csv", "x,n\n1,2\n", **like)
    typed = pd.DataFrame({"n": [1.0], "x": [1], "day": ["2001-02-03"], "word": [7]})
    typed.to_parquet(tmp_path / "f.parquet")
    fake = read(tmp_path / "f.parquet", **like).frame
    assert fake["word"].tolist() == ["7"]
    assert str(fake["day"].dtype).startswith("datetime64")


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=4)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    words=st.lists(WORDS.filter(str.strip), min_size=3, max_size=6),
    name=WORDS.filter(str.strip),
    numbers=st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    decimal=st.sampled_from(".,"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_words_come_back(tmp_path, words, name, numbers, delimiter, decimal, encoding):
    frame = pd.DataFrame({"k": [f"k{w}" for w in words], f"n{name.strip()}": numbers[: len(words)]})
    text = io.StringIO()
    frame.to_csv(text, index=False, sep=delimiter, decimal=decimal, quoting=2)
    options = Options(delimiter, decimal)
    found = read(tmp_path / "h.csv", text.getvalue().encode(encoding), options, header=True).frame
    assert_frame_equal(found, frame, check_dtype=False, check_column_type=False)
