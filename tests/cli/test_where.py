"""Samples under conditions that are typed, or that a file has."""

import io

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import regan
from regan.cli import main
from regan.estimators import view as views

N = 200


def run(*args, code=0):
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def said(*args):
    """The one line of an error."""
    result = run("sample", *args, "-o", "-", code=1)
    assert result.stdout == ""
    *told, line = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert not any("Error" in each for each in told)
    return line.removeprefix("Error: ")


def rows(*args):
    """What is written to standard output, as text."""
    result = run("sample", *args, "-o", "-", "--random-state", 0)
    return pd.read_csv(io.StringIO(result.stdout), dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with models of a mixed table, of numbers, and of an array."""
    folder, rng = tmp_path_factory.mktemp("where"), np.random.default_rng(0)
    age = rng.integers(18, 80, N)
    table = pd.DataFrame(
        {
            "age": age,
            "price": np.round(age + rng.normal(50, 5, N), 1),
            "city": rng.choice(["Lyon", "Nice", "a|b", "1..2"], N),
            "zip": rng.choice(["007", "012"], N),
            "member": rng.random(N) < 0.5,
            "joined": pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 900, N), "D"),
            "a>=b": np.where(rng.random(N) < 0.3, np.nan, rng.normal(size=N)),
            "grade": pd.Categorical(rng.choice(["low", "mid", "top"], N), ordered=True),
        }
    )
    regan.RegularizedMixture(random_state=0).fit(table).save(folder / "mixed")
    numbers = table[["age", "price"]].astype(float)
    regan.RegularizedGaussian(random_state=0).fit(numbers).save(folder / "numbers")
    regan.RegularizedMixture(random_state=0).fit(numbers.to_numpy()).save(folder / "array")
    regan.RegularizedVAE(max_iter=5, random_state=0).fit(numbers * 1.1).save(folder / "vae")
    return folder


HELD = [
    (["city=Lyon"], lambda t: t["city"] == "Lyon"),
    (["city=Lyon|Nice"], lambda t: t["city"].isin(["Lyon", "Nice"])),
    (["city=a|b"], lambda t: t["city"] == "a|b"),
    (['city="a|b"|Lyon'], lambda t: t["city"].isin(["a|b", "Lyon"])),
    (["city=1..2"], lambda t: t["city"] == "1..2"),
    (["zip=007"], lambda t: t["zip"] == "007"),
    (["age>=60"], lambda t: t["age"].astype(int) >= 60),
    (["age > 60", "age<65"], lambda t: t["age"].astype(int).isin([61, 62, 63, 64])),
    (["age>60.5", "age<=62"], lambda t: t["age"].astype(int).isin([61, 62])),
    (["age=60..62"], lambda t: t["age"].astype(int).isin([60, 61, 62])),
    (["age=..20"], lambda t: t["age"].astype(int) <= 20),
    (["age=30|40"], lambda t: t["age"].isin(["30", "40"])),
    (["age=30|40", "age>35"], lambda t: t["age"] == "40"),
    (["price=100.5"], lambda t: t["price"] == "100.5"),
    (["price>100", "price<100.3"], lambda t: t["price"].isin(["100.1", "100.2"])),
    (["member=true"], lambda t: t["member"] == "True"),
    (["joined>=2020-01-01", "joined<=2020-03-01"], lambda t: t["joined"].between(*DAYS)),
    (["joined=2020-01-01..2020-03-01"], lambda t: t["joined"].between(*DAYS)),
    (["a>=b is missing"], lambda t: t["a>=b"] == ""),
    (["a>=b="], lambda t: t["a>=b"] == ""),
    (["a>=b is not missing"], lambda t: t["a>=b"] != ""),
    (['"a>=b">=0'], lambda t: t["a>=b"].astype(float) >= 0),
    (["a>=b>=0"], lambda t: t["a>=b"].astype(float) >= 0),
    (["grade>=mid"], lambda t: t["grade"].isin(["mid", "top"])),
    (["city=Nice", "member=False"], lambda t: (t["city"] + t["member"]) == "NiceFalse"),
]
DAYS = "2020-01-01", "2020-03-01"


@pytest.mark.parametrize(("wheres", "held"), HELD, ids=[" ".join(each) for each, _ in HELD])
def test_conditions_hold_in_all_rows(folder, wheres, held):
    table = rows(folder / "mixed", "-n", 40, *(w for each in wheres for w in ("--where", each)))
    assert len(table) == 40
    assert held(table).all()


def test_samples_are_those_of_the_model(folder, tmp_path):
    args = ("-n", 30, "--random-state", 3, "--where", "city=Lyon", "--where", "age>=60")
    run("sample", folder / "mixed", "-o", tmp_path / "s.parquet", *args)
    conditions = {"city": "Lyon", "age": regan.Range(60)}
    made = regan.load(folder / "mixed").sample(30, random_state=3, conditions=conditions)
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "s.parquet"), made, check_dtype=False, check_categorical=False
    )


def test_numbers_alone(folder):
    table = rows(folder / "numbers", "-n", 20, "--where", "age=40", "--where", "price<=90")
    assert (table["age"] == "40").all()
    assert (table["price"].astype(float) <= 90).all()
    text = run("sample", folder / "array", "-n", 20, "-o", "-", "--where", "0>70").stdout
    assert (np.loadtxt(io.StringIO(text), delimiter=",")[:, 0] >= 71).all()


def test_parts_are_bounded_and_differ(folder, monkeypatch):
    monkeypatch.setattr(views, "_PART_CELLS", 80)  # 10 rows of 8 columns
    table = rows(folder / "mixed", "-n", 25, "--where", "city=Lyon")
    assert len(table) == 25
    assert (table["city"] == "Lyon").all()
    assert len(table.drop_duplicates()) > 20
    again = rows(folder / "mixed", "-n", 25, "--where", "city=Lyon")
    pd.testing.assert_frame_equal(again, table)


WRONG = [
    (["town=Lyon"], "--where: the training data had no column 'town'. The columns are 'age'"),
    (["citi=Lyon"], "did you mean 'city'?"),
    (
        ["city=Paris"],
        "--where city=Paris: column 'city' holds 'Paris', a level that the model does",
    ),
    (["city=Lyon|Paris"], "holds 'Paris', a level that the model does not know"),
    (["city"], "--where city: expected a column, a sign and a value, such as city=Lyon"),
    (["age"], "quote a condition with > < | or a blank, for the shell takes these signs itself"),
    (["age=old"], "--where age=old: column 'age' cannot be 'old': its values are whole numbers"),
    (["age>="], "--where 'age>=': expected a value after the sign"),
    (["age=30.5"], "--where: column 'age' cannot be 30.5: it holds whole numbers"),
    (["age>=95"], "--where: column 'age' cannot be in 95..: the training data range from 18 to 79"),
    (["age=95"], "--where: column 'age' cannot be 95: the training data range from 18 to 79"),
    (["city>=Lyon"], "column 'city' has no order, so >= cannot be used: name its values"),
    (["city is missing"], "column 'city' had no missing cells in the training data"),
    (["joined>2020-01-01"], "known only for whole numbers and decimals: use >="),
    (["a>=b<0"], "known only for whole numbers and decimals: use <="),
    (["joined=2020-02-30"], "column 'joined' holds '2020-02-30'"),
    (["age>=60", "age<50"], "--where 'age>=60' and --where 'age<50': no value of column 'age'"),
    (["city=Lyon", "city=Nice"], "--where city=Lyon and --where city=Nice: no value of column 'ci"),
    (["a>=b is missing", '"a>=b">=0'], "no value of column 'a>=b' fulfills all of them"),
]


@pytest.mark.parametrize(("wheres", "words"), WRONG, ids=[" ".join(each) for each, _ in WRONG])
def test_conditions_that_cannot_hold(folder, wheres, words):
    assert words in said(folder / "mixed", *(w for each in wheres for w in ("--where", each)))


def test_models_that_cannot_be_given_numbers(folder):
    told = said(folder / "vae", "-n", 5, "--where", "price=81.37")
    assert told.startswith("--where: column 'price' is numeric")
    assert "`regan fit --model mixture` fits a model that can draw cells given any cells" in told
    assert "`regan fit --masked` (a GAN or VAE)" in told


def test_what_is_too_rare_is_an_error_in_a_line(folder, monkeypatch, tmp_path):
    monkeypatch.setattr("regan.estimators.conditioned.MOST_IN_VAIN", 1000)
    (tmp_path / "out.csv").write_text("before")
    wheres = ("--where", "age<=21", "--where", "price>=140")
    result = run("sample", folder / "vae", "-n", 5, *wheres, "-o", tmp_path / "out.csv", code=1)
    assert result.stderr.startswith("Error: --where: ")
    assert "do not fulfill" in result.stderr
    assert "140.." in result.stderr  # as it is typed
    assert len(result.stderr.splitlines()) == 1
    assert (tmp_path / "out.csv").read_text() == "before"


# Conditions in a file


def test_a_row_of_conditions_each(folder, tmp_path):
    path = tmp_path / "like.csv"
    path.write_text("city;joined;price\nLyon;;\n;31.01.2020;\n;;100,5\nNice;NA;NA\n")
    table = rows(folder / "mixed", "--like", path, "-n", 2)
    assert len(table) == 8
    assert (table["city"][[0, 1]] == "Lyon").all()
    assert (table["joined"][[2, 3]] == "2020-01-31").all()
    assert (table["price"][[4, 5]] == "100.5").all()
    assert (table["city"][[6, 7]] == "Nice").all()
    assert len(rows(folder / "mixed", "--like", path)) == 4


def test_parts_of_a_file_of_conditions(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(views, "_PART_CELLS", 80)
    path = tmp_path / "like.csv"
    path.write_text("age,city\n" + "".join(f"{age},\n" for age in range(20, 45)))
    for n in (1, 3, 12):
        table = rows(folder / "mixed", "--like", path, "-n", n)
        assert table["age"].tolist() == [str(age) for age in range(20, 45) for _ in range(n)]


def test_files_of_conditions_beside_numbers_alone(folder, tmp_path):
    (tmp_path / "like.csv").write_text("price,age\n,40\n100.5,\n")
    table = rows(folder / "numbers", "--like", tmp_path / "like.csv")
    assert table["age"][0] == "40"
    assert table["price"][1] == "100.5"
    (tmp_path / "array.csv").write_text("40,\n,100.5\n")
    text = run("sample", folder / "array", "-o", "-", "--like", tmp_path / "array.csv").stdout
    values = np.loadtxt(io.StringIO(text), delimiter=",")
    assert values[[0, 1], [0, 1]].tolist() == [40, 100.5]


def test_parquet_of_conditions(folder, tmp_path):
    frame = pd.DataFrame({"age": pd.array([40, None], "Int64"), "city": [None, "Lyon"]})
    frame.to_parquet(tmp_path / "like.parquet")
    table = rows(folder / "mixed", "--like", tmp_path / "like.parquet")
    assert table["age"][0] == "40"
    assert table["city"][1] == "Lyon"


UNLIKE = [
    ("town,age\nLyon,\n", "mixed has no column town; --drop NAME leaves a column out"),
    ("city,age\nLyon,\nParis,\n", "holds 'Paris', a level that the model does not know, in line 3"),
    (
        "city,age\nLyon,\nLyon,95\n",
        "like.csv: column 'age' cannot be 95.0 in line 3: the training data range",
    ),
    ("age,city\n40,Lyon\nold,Lyon\n", "column 'age' holds 'old', which is no"),
    ("town,street\nLyon,x\n", "lacks columns of"),
]


@pytest.mark.parametrize(("text", "words"), UNLIKE, ids=[words for _, words in UNLIKE])
def test_files_that_are_no_conditions(folder, tmp_path, text, words):
    (tmp_path / "like.csv").write_text(text)
    assert words in said(folder / "mixed", "--like", tmp_path / "like.csv")


def test_options_that_do_not_go_together(folder, tmp_path):
    like = tmp_path / "like.csv"
    like.write_text("age,city\n40,\n")
    both = run("sample", folder / "mixed", "-o", "-", "--like", like, "--where", "age=40", code=2)
    assert "--like and --where cannot be combined" in both.stderr
    alone = run("sample", folder / "mixed", "-o", "-", "--na", "x", code=2)
    assert "--na=x is an option for reading a table: it needs --like" in alone.stderr
    kept = run("sample", folder / "mixed", "-o", like, "--like", like, code=1)
    assert "would be overwritten" in kept.stderr
