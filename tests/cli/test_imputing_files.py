"""Files whose missing cells are filled, all others as they were written."""

import csv
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import regan
from regan.cli import main
from regan.files.cell_texts import CellTexts
from regan.files.cells import read_cells
from regan.files.forms import Options, recognised
from regan.files.kinds import Kind
from regan.files.raw_cells import RawCells
from regan.files.sources import TableFile

N = 120


def run(*args, code=0):
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def said(*args):
    """The one line of an error."""
    result = run("impute", *args, code=1)
    assert result.stdout == ""
    line = result.stderr.splitlines()[-1]
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    age = rng.integers(18, 80, N)
    return pd.DataFrame(
        {
            "age": pd.array(age, dtype="Int64"),
            "price": np.round(age + rng.normal(50, 5, N), 1),
            "city": rng.choice(["Lyon", "Nice", "Aix, P."], N),
            "member": pd.array(rng.random(N) < 0.5, dtype="boolean"),
            "joined": pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 900, N), "D"),
        }
    )


@pytest.fixture(scope="module")
def gaps(table):
    return table.mask(np.random.default_rng(1).random(table.shape) < 0.2)


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory):
    """A folder with a model of a mixed table, and models of numbers."""
    folder = tmp_path_factory.mktemp("impute")
    regan.RegularizedMixture(random_state=0).fit(table).save(folder / "mixed")
    numbers = table[["age", "price"]].astype(float)
    regan.RegularizedGaussian(random_state=0).fit(numbers).save(folder / "numbers")
    regan.RegularizedGaussian(random_state=0).fit(numbers.to_numpy()).save(folder / "array")
    regan.RegularizedGAN(max_iter=2, random_state=0).fit(numbers).save(folder / "gan")
    regan.RegularizedGAN(max_iter=2, masked=True, random_state=0).fit(numbers).save(
        folder / "masked"
    )
    return folder


def write_plainly(gaps, path):
    gaps.to_csv(path, index=False)


def write_nationally(gaps, path):
    texts = gaps.assign(
        joined=gaps["joined"].dt.strftime("%d.%m.%Y"),
        member=gaps["member"].map({True: "yes", False: "no"}),
        price=gaps["price"].map("{:.2f}".format, na_action="ignore").str.replace(".", ","),
    )
    texts.insert(1, "note", [f"n;{i}" for i in range(len(texts))])
    texts.to_csv(path, index=False, sep=";", na_rep="NA", lineterminator="\r\n", encoding="utf-16")


def write_as_r_does(gaps, path):
    rows = [f"r{i}" for i in range(len(gaps))]
    gaps.set_axis(rows).to_csv(path, na_rep="NA", quoting=csv.QUOTE_NONNUMERIC)
    names, *lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(["# from R\n", names.removeprefix('"",'), *lines]))


WRITERS = {"plain": write_plainly, "national": write_nationally, "r": write_as_r_does}


def cells_of(text, delimiter):
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.parametrize("with_model", [True, False])
@pytest.mark.parametrize("form", WRITERS)
def test_cells_that_are_there_stay_letter_by_letter(folder, gaps, tmp_path, form, with_model):
    path, out = tmp_path / "gaps.csv", tmp_path / "filled.csv"
    WRITERS[form](gaps, path)
    model = [folder / "mixed"] if with_model else []
    if form == "national" and with_model:  # yes and no are words there, unless a schema says more
        schema = tmp_path / "schema.json"
        run("schema", path, "-o", schema)
        schema.write_text(schema.read_text().replace(*SAID))
        model += ["--schema", schema]
    run("impute", *model, path, "-o", out, "--random-state", 0)
    sign = ";" if form == "national" else ","
    before = path.read_bytes().decode("utf-16" if form == "national" else "utf-8")
    after = out.read_bytes().decode()
    assert after.splitlines()[0] == before.splitlines()[0]
    assert after.count("\r") == before.count("\r")
    kept = [[cell in ("", "NA") for cell in row] for row in cells_of(before, sign)]
    pairs = zip(cells_of(before, sign), cells_of(after, sign), kept, strict=True)
    n = 0
    for one, other, lost in pairs:
        for cell, new, is_lost in zip(one, other, lost, strict=True):
            n += is_lost
            assert new not in ("", "NA") if is_lost else new == cell
    assert n == gaps.isna().sum().sum()


SAID = '"member": {"kind": "level"', '"member": {"kind": "boolean"'


def test_what_is_filled_is_written_as_the_rest_of_its_column(folder, gaps, tmp_path):
    path = tmp_path / "gaps.csv"
    write_nationally(gaps, path)
    text = run("impute", path, "-o", "-", "--random-state", 0).stdout
    filled = pd.read_csv(io.StringIO(text), sep=";", dtype=str)
    assert filled["price"].str.fullmatch(r"\d+,\d\d").all()
    assert filled["age"].str.fullmatch(r"\d+").all()
    assert filled["joined"].str.fullmatch(r"\d\d\.\d\d\.20\d\d").all()
    assert set(filled["member"]) == {"yes", "no"}
    assert set(filled["city"]) == {"Lyon", "Nice", "Aix, P."}


def test_draws_are_those_of_the_model(folder, gaps, tmp_path):
    path = tmp_path / "gaps.csv"
    gaps.to_csv(path, index=False)
    run("impute", folder / "mixed", path, "-o", tmp_path / "f.csv.gz", "--draws", 3, *SEED)
    tables = regan.load(folder / "mixed").impute(gaps, n_draws=3, random_state=5)
    for i, table in enumerate(tables, 1):
        filled = pd.read_csv(tmp_path / f"f-{i}.csv.gz", parse_dates=["joined"])
        pd.testing.assert_frame_equal(filled, table, check_dtype=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *(f"f-{i}.csv.gz" for i in (1, 2, 3)),
        "gaps.csv",
    ]


SEED = ("--random-state", 5)


def test_parquet(folder, gaps, tmp_path):
    path, out = tmp_path / "gaps.parquet", tmp_path / "filled.parquet"
    cents = pa.array([None, *range(1, N)], pa.int64()).cast(pa.decimal128(30, 2))
    table = pa.Table.from_pandas(gaps.assign(city=gaps["city"].astype("category")))
    pq.write_table(table.append_column("cents", cents), path)
    result = run("impute", folder / "mixed", path, "-o", out, *SEED)
    assert f"{gaps.isna().sum().sum()} missing cells of 5 columns filled" in result.stdout
    before, after = pq.read_table(path), pq.read_table(out)
    assert after.schema.equals(before.schema, check_metadata=True)
    assert after.column("cents").equals(before.column("cents"))
    made = regan.load(folder / "mixed").impute(gaps, random_state=5)
    filled = after.to_pandas().drop(columns="cents").astype({"city": made["city"].dtype})
    pd.testing.assert_frame_equal(filled, made, check_dtype=False)
    run("impute", path, "-o", out, "--drop", "cents")
    assert pq.read_table(out).drop_columns("cents").to_pandas().notna().all(axis=None)


def test_numbers_alone(folder, tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("x,price,age\na,1.50e2,\nb,,40.0\nc, 95.00,\n")
    for model in ("numbers", "masked"):
        lines = run("impute", folder / model, path, "-o", "-").stdout.splitlines()
        assert [line.split(",")[0] for line in lines] == ["x", "a", "b", "c"]
        assert lines[1].startswith("a,1.50e2,")
        assert lines[2].endswith(",40.0")
        assert lines[3].startswith("c, 95.00,")
        assert all(line.split(",")[1] and line.split(",")[2] for line in lines)
    path.write_text("40,\n,99.5\n")
    lines = run("impute", folder / "array", path, "-o", "-").stdout.splitlines()
    assert lines[0].startswith("40,")
    assert lines[1].endswith(",99.5")
    assert not lines[1].startswith(",")


def test_words_for_missing_cells(folder, tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("age,price\n-9,95\n40,-9\n30,80\n")
    text = run("impute", folder / "numbers", path, "-o", "-", "--na", "-9").stdout
    assert "-9" not in text.split("\n")[1].split(",")
    assert "-9" not in text.split("\n")[2].split(",")


def test_nothing_is_missing(folder, table, tmp_path):
    path = tmp_path / "g.csv"
    table.to_csv(path, index=False)
    result = run("impute", folder / "mixed", path, "-o", tmp_path / "f.csv")
    assert "0 missing cells of 0 columns filled" in result.stdout
    assert (tmp_path / "f.csv").read_bytes() == path.read_bytes()


def test_new_levels_and_numbers_stay(folder, gaps, tmp_path):
    path = tmp_path / "g.csv"
    new = gaps.head(4).assign(city=["Paris", "Lyon", None, "Metz"], age=[200, 30, 40, None])
    new.to_csv(path, index=False)
    result = run("impute", folder / "mixed", path, "-o", "-")
    filled = pd.read_csv(io.StringIO(result.stdout))
    assert filled["city"][[0, 1, 3]].tolist() == ["Paris", "Lyon", "Metz"]
    assert filled["age"][:3].tolist() == [200, 30, 40]
    assert filled.notna().all(axis=None)
    told = "column 'city' has levels that the model does not know in 2 of 4 rows (lines 2 and 5)"
    assert told in result.stderr
    assert (
        "column 'age' has values outside of the range 18..79 of the model in 1 of 4 rows (line 2)"
        in (result.stderr)
    )


def test_identifiers_and_empty_columns_stay(gaps, tmp_path):
    path = tmp_path / "g.csv"
    ids = [None, None, *range(1000, 1000 + N - 2)]
    gaps.assign(user_id=pd.array(ids, "Int64"), empty=None).to_csv(path, index=False)
    result = run("impute", path, "-o", tmp_path / "f.csv")
    filled = pd.read_csv(tmp_path / "f.csv", dtype=str)
    assert filled["user_id"].isna().sum() == 2
    assert filled["empty"].isna().all()
    assert filled[list(gaps)].notna().all(axis=None)
    assert "missing cells of user_id, empty are not filled" in result.stderr
    text = run("impute", path, "-o", "-", "--drop", "age", "--drop", "user_id").stdout
    kept = pd.read_csv(io.StringIO(text), dtype=str)
    before = pd.read_csv(path, dtype=str)
    for name in ("age", "user_id"):
        pd.testing.assert_series_equal(kept[name], before[name])


def test_text_of_many_levels_can_be_left_out(gaps, tmp_path):
    path = tmp_path / "g.csv"
    many = pd.concat([gaps] * 10, ignore_index=True)
    many.insert(0, "name", [f"n{i // 2}" for i in range(len(many))])
    many.to_csv(path, index=False)
    told = run("impute", path, "-o", "-", code=1).stderr
    assert "column 'name' has 600 levels" in told
    assert "--drop name leaves it out" in told
    assert "--pool" not in told
    many.head(60).to_csv(path, index=False)
    run("impute", path, "-o", tmp_path / "f.csv", "--drop", "name")


def test_models_that_cannot_be_given_numbers(folder, tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("age,price\n40,\n")
    told = said(folder / "gan", path, "-o", "-")
    assert "numbers, such as those of column 'age', and this RegularizedGAN cannot" in told
    assert "`regan fit --model mixture`" in told
    assert "`regan fit --masked`" in told


WRONG = {
    "columns": ("age,town\n40,\n", "lacks columns of"),
    "cells": ("age,price\n40,\nold,99\n", "column 'age' holds 'old', which is not a finite number"),
    "line": ("age,price\n40,\nold,99\n", "in line 3"),
    "header": ("age,price\n", "the file has a header but no rows"),
    "lengths": ("age,price\n40\n", "line 2 has 1 cells instead of 2"),
}


@pytest.mark.parametrize("case", WRONG)
def test_files_that_do_not_fit(folder, tmp_path, case):
    text, words = WRONG[case]
    (tmp_path / "g.csv").write_text(text)
    assert words in said(folder / "numbers", tmp_path / "g.csv", "-o", tmp_path / "f.csv")
    assert not (tmp_path / "f.csv").exists()


def test_arguments_that_do_not_go_together(folder, gaps, tmp_path):
    path = tmp_path / "g.csv"
    gaps.to_csv(path, index=False)
    assert "is a model: name a file with missing cells after i" in said(folder / "mixed", "-o", "-")
    assert "--draws writes several files" in said(path, "-o", "-", "--draws", 2)
    assert "would be overwritten" in said(path, "-o", path)
    assert "would be Parquet" in said(path, "-o", tmp_path / "f.parquet")
    assert "no regan model" in said(path, path, "-o", "-")
    three = run("impute", path, path, path, "-o", "-", code=2)
    assert "expected a model and a file" in three.stderr
    (tmp_path / "one.csv").write_text("a,b\n1,\n")
    assert "has one row" in said(tmp_path / "one.csv", "-o", "-")


def test_fit_masked(table, tmp_path):
    path = tmp_path / "d.csv"
    table[["age", "price"]].to_csv(path, index=False)
    small = ("--max-iter", 2, "--set", "hidden_layer_sizes=(8,)")
    run("fit", path, "-o", tmp_path / "m", "--masked", "--model", "vae", *small)
    assert regan.load(tmp_path / "m").masked is True
    run("fit", path, "-o", tmp_path / "m", "--model", "vae", *small)
    assert regan.load(tmp_path / "m").masked is False
    for model in ("mixture", "gaussian"):
        result = run("fit", path, "-o", tmp_path / "m", "--masked", "--model", model, code=2)
        assert "this model can draw any cells without it" in " ".join(result.stderr.split())
    twice = run("fit", path, "-o", tmp_path / "m", "--masked", "--set", "masked=True", code=2)
    assert "masked: given both" in twice.stderr


# Cells as they are written


TEXTS = {
    "plain": "a,b\n1,x\n2,\n",
    "no end": "a,b\n1,\n2,",
    "quotes": 'a,"b,""c"""\n1,"x\ny"\n"2",""\n',
    "windows": "a;b\r\n1;x\r\n\r\n2;\r\n",
    "blank lines": "\na,b\n\n1,x\n   \n2,y\n\n",
    "spaced": "a, b, c\n1, , x\n2, 3, y\n",
    "excel": "sep=;\na;b\n1;2\n",
    "comments": "# one\n# two\na,b\n1,2\n",
    "one column": "a\n1\n\n2\n\n",
    "runs": "a   b   c\n1   2   3\n 4  5   6\n",
    "r": '"a","b"\n"1",2,3\n"2",4,5\n',
    "r blanks": 'a b\n1 2 3\n"x y" 4 5\n',
    "tabs": "a\tb\n1\t\n\t2\n",
}


def raw_of(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    return RawCells.of(recognised(TableFile.of(path), Options()))


@pytest.mark.parametrize("case", TEXTS)
def test_texts_are_cut_and_joined(tmp_path, case):
    raw = raw_of(tmp_path, TEXTS[case])
    assert raw.text({}) == TEXTS[case]
    n = 4 if case == "one column" else 3 if case not in ("excel", "comments") else 2
    assert len(raw.rows) == n
    row = n - 1
    changed = raw.text({(row, 0): "new"})
    assert changed != TEXTS[case]
    assert raw_of(tmp_path, changed).value(row, 0) == "new"


LETTERS = st.text(st.sampled_from('ab1 ,;"\n\t|.'), max_size=5)


@given(
    st.integers(2, 4).flatmap(lambda n: st.lists(st.tuples(*[LETTERS] * n), max_size=6)),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(",;\t|"),
)
@settings(max_examples=100, deadline=None)
def test_cells_are_those_that_are_read(tmp_path_factory, rows, quoting, end, sign):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    header = [f"column{j}" for j in range(len(rows[0]) if rows else 2)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=sign, quoting=quoting, lineterminator=end)
        writer.writerows([header, header, *rows])
    file = recognised(TableFile.of(path), Options(delimiter=sign))
    cells, raw = read_cells(file, True).cells, RawCells.of(file)
    assert raw.text({}).encode() == path.read_bytes()
    found = [[raw.value(i, j) for j in range(len(header))] for i in range(len(raw.rows))]
    assert found == [header, *cells.to_numpy().tolist()]


def test_cells_that_need_quotes(tmp_path):
    raw = raw_of(tmp_path, "a,b\n1,\n2,x\n")
    for value in ("x,y", 'say "x"', "two\nlines", "plain"):
        again = raw_of(tmp_path, raw.text({(1, 1): value}))
        assert again.value(1, 1) == value
    assert raw.text({(1, 1): "x"}, quoted=[1]) == 'a,b\n1,"x"\n2,x\n'


STYLES = [
    (["1.50", "2.25"], Kind("number"), ".", 3.0, "3.00"),
    (["1.50", "2.25"], Kind("number"), ".", 3.125, "3.125"),
    (["1.5", "2"], Kind("number"), ".", 3.0, "3"),
    (["1,5"], Kind("number"), ",", 2.25, "2,25"),
    (["1'234"], Kind("integer", thousands="'"), ".", 1234567, "1'234'567"),
    (["1.234,5"], Kind("number", thousands="."), ",", -1234.5, "-1.234,5"),
    (["TRUE"], Kind("boolean"), ".", False, "FALSE"),
    (["no"], Kind("boolean"), ".", True, "yes"),
    (["0"], Kind("boolean"), ".", True, "1"),
    ([], Kind("boolean"), ".", True, "True"),
    ([], Kind("number"), ".", pd.Timestamp("2020-01-31"), "2020-01-31"),
    (["2020-01-31"], Kind("date"), ".", pd.Timestamp("2020-01-31"), "2020-01-31"),
    (["31.1.2020"], Kind("date", "%d.%m.%Y"), ".", pd.Timestamp("2020-01-31"), "31.01.2020"),
    (["2020-01-31T10:00:00"], Kind("timestamp"), ".", pd.Timestamp("2020-01-31"), T := "T"),
    (["2020-01-31 10:00"], Kind("timestamp"), ".", pd.Timestamp("2020-01-31 09:30"), "M"),
    (["x"], Kind("level"), ".", "y, z", "y, z"),
]
FULL = {"T": "2020-01-31T00:00:00", "M": "2020-01-31 09:30"}


@pytest.mark.parametrize(("texts", "kind", "decimal", "value", "text"), STYLES)
def test_values_in_the_way_of_a_column(texts, kind, decimal, value, text):
    written = CellTexts.of(texts, kind, decimal).written([value])
    assert written == [FULL.get(text, text)]
