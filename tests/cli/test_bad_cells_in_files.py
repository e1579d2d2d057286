"""Errors of the command line name file, column and line, and advise options instead of Python."""

import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from regan.cli import main
from regan.cli.advice import Source, in_terms_of
from regan.data.faults import ColumnsError, refused
from regan.data.row_names import RowNames

N = 40
SMALL = ["--max-iter", "1", "--set", "hidden_layer_sizes=4"]
PYTHON = r"TableEncoder|X\.drop|pandas\.|astype|categorical=|max_levels in"


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


def error(*args):
    """The message of a command that fails, without advice for Python."""
    result = run(*args)
    assert result.exit_code in (1, 2), result.output
    message = result.output[result.output.index("Error: ") :]
    assert not re.search(PYTHON, message)
    return message


@pytest.fixture(scope="module")
def good():
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 90, N), "D")
    return pd.DataFrame({"v": rng.normal(size=N), "c": ["a", "b"] * (N // 2), "d": days})


@pytest.fixture(scope="module")
def folder(good, tmp_path_factory):
    """A table in two files, and models of it and of its numbers."""
    folder = tmp_path_factory.mktemp("files")
    good.to_csv(folder / "good.csv", index=False)
    good.to_parquet(folder / "good.parquet")
    good[["v"]].assign(w=good["v"] / 2).to_csv(folder / "numbers.csv", index=False)
    for name in ("good", "numbers"):
        made = run("fit", folder / f"{name}.csv", "-o", folder / f"{name}.regan", *SMALL)
        assert made.exit_code == 0, made.output
    return folder


def spoil(good, column, value):
    return good.assign(**{column: good[column].astype(object).mask(good.index == 7, value)})


# What is in row 7 of a column; what `report` says
REPORT = {
    "text among numbers": ("v", "x", "column 'v' holds 'x', which is no finite number, in line 9"),
    "a level": ("c", "z", "column 'c' holds 'z', a level that the model does not know, in line 9"),
    "a date": ("d", "31.01.2026", "column 'd' holds '31.01.2026', which is not a date"),
    "a huge number": (
        "v",
        1e300,
        "overflow the dtype in column 'v', in 1 of 40 rows (line 9)",
    ),
}


@pytest.mark.parametrize(("column", "value", "message"), REPORT.values(), ids=REPORT)
def test_a_report_names_the_line(good, folder, column, value, message):
    path, out = folder / "bad.csv", folder / "r.html"
    spoil(good, column, value).to_csv(path, index=False)
    told = error("report", folder / "good.regan", path, "-o", out)
    assert message in told
    assert str(path) in told
    assert "fitted with --schema or --na, give the same options" in told or value == 1e300


def test_other_commands_name_file_and_row(good, folder):
    bad = folder / "bad.parquet"
    good.assign(v=good["v"].mask(good.index == 7, np.inf)).to_parquet(bad)
    what = f"{bad} contains inf in column 'v', in 1 of 40 rows (row 7): leave out these rows\n"
    for command in (
        ("fit", bad, "-o", folder / "m", *SMALL),
        ("evaluate", folder / "good.parquet", bad),
    ):
        assert f"{what}--drop v leaves it out, and a --schema" in error(*command)
    held_out = ("--holdout", bad, "-o", folder / "r.html")
    assert what in error("report", folder / "good.regan", folder / "good.parquet", *held_out)
    good.assign(v="x").to_parquet(bad)
    told = error("report", folder / "good.regan", bad, "-o", folder / "r.html")
    assert "column 'v' held numbers in the training data, and holds" in told
    assert "set the kind of the column in a --schema" in told


def test_models_of_numbers(good, folder):
    path, model = folder / "bad.csv", folder / "numbers.regan"
    spoil(good[["v"]].assign(w=0.5), "w", "1.234,5").to_csv(path, index=False)
    told = error("report", model, path, "-o", folder / "r.html")
    assert "line 9, column 'w' holds '1.234,5', which is not a finite number\nif the model " in told
    path = folder / "bad.parquet"
    good[["v"]].assign(w=np.where(good.index == 7, np.nan, 0.5)).to_parquet(path)
    told = error("report", model, path, "-o", folder / "r.html")
    assert "NaN in column 'w', in 1 of 40 rows (row 7): leave out these rows, or fit the" in told
    good[["v"]].assign(w="x").to_parquet(path)
    told = error("report", model, path, "-o", folder / "r.html")
    assert "column 'w' is read as level, but" in told


@pytest.mark.filterwarnings("always:column 'price'")
def test_columns_that_a_fit_refuses(good, folder):
    path = folder / "bad.csv"
    mails = [f"{i}@example.org" for i in range(N)]
    prices = [f"${i % 30}.50" if i % 2 else f"{i % 30}.50 $" for i in range(N)]
    good.assign(mail=mails, price=prices).to_csv(path, index=False)
    result = run("fit", path, "-o", folder / "m", *SMALL)
    assert "'price' holds numbers stored as text, such as '$1.50', so each" in result.output
    assert "remove currency signs and separators, or set the kind" in result.output
    assert not re.search(PYTHON, result.output)
    assert "column 'mail' holds identifiers (e-mail addresses)" in result.output
    assert "--ids sequence numbers the rows" in result.output
    told = error("fit", folder / "good.csv", "-o", folder / "m", "--set", "standardize=False")
    assert "--set standardize=False needs a file of numbers only" in told
    path.write_text("v,w\n1,2\n")
    assert f"{path} has one row" in error("fit", path, "-o", folder / "m", *SMALL)


def test_a_position_gets_the_name_that_the_file_has(tmp_path):
    source = Source(tmp_path, RowNames(line=lambda row: row + 2), ["a", "b"])
    fault = refused(1, "is odd", "convert it", np.array([False, True]))
    with (
        pytest.raises(ValueError, match=r"column 'b' is odd in 1 of 2 rows \(line 3\): convert it"),
        in_terms_of(source),
    ):
        raise ColumnsError("", fault.faults)
