"""Files that a report reads otherwise than the fit has read them."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from regan import load
from regan.cli import main
from regan.cli.reading import Reading
from regan.cli.unlike import values_beyond
from regan.estimators.view import ModelView

SCHEMA = """{"regan_schema": 1, "columns": {
    "code": {"kind": "integer", "na": ["-99"]},
    "day": {"kind": "date", "na": ["1900-01-01"]},
    "price": {"kind": "formatted number", "na": ["$0.00"]},
    "kind": {"kind": "level"}}}"""


def run(*args):
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Data in which words for missing cells look like values, and a model that knows them."""
    folder = tmp_path_factory.mktemp("files")
    i = np.arange(60)
    days = (pd.Timestamp("2026-01-01") + pd.to_timedelta(i % 50, "D")).astype(str)
    data = {"code": i % 50 + 1, "day": days, "price": [f"${k % 9 + 1}.50" for k in i]}
    frame = pd.DataFrame(data | {"kind": [*"abc"] * 20}).astype(object)
    frame.loc[i % 7 == 3, "code"] = -99
    frame.loc[i % 20 == 4, "day"] = "1900-01-01"
    frame.loc[i == 7, "price"] = "$0.00"
    frame.to_csv(folder / "d.csv", index=False)
    (folder / "s.json").write_text(SCHEMA)
    small = ["--max-iter", "1", "--set", "hidden_layer_sizes=4", "--schema", folder / "s.json"]
    run("fit", folder / "d.csv", "-o", folder / "m.regan", *small)
    return folder


def told(folder, name="d.csv", **options):
    """What a report says of a file before it is written."""
    gan, rows = Reading(**options).like_model(load(folder / "m.regan"), folder, folder / name)
    names = Reading(**options).source(folder / name, gan).rows
    return "\n".join(values_beyond(ModelView(gan), rows, names))


def test_values_beyond_those_of_a_model(folder):
    words = told(folder)
    first = "(the first are lines 5, 12 and 19)"
    assert f"outside of the range 1..50 of the model in 9 of 60 rows {first}: -99; if" in words
    assert "if the model was fitted with --schema or --na, give the same options (--na -99" in words
    assert "column 'day' has values outside of the range 2026-01-01..2026-02-19 of the mod" in words
    assert "outside of the range $1.50..$9.50 of the model in 1 of 60 rows (line 9): $0.00" in words
    assert "--na '$0.00' reads" in words
    assert told(folder, schema=folder / "s.json") == ""
    assert "column 'code'" not in told(folder, na=("-99",))
    frame = pd.read_csv(folder / "d.csv")
    frame["code"] = frame["code"].mask(frame.index == 3, 51)
    frame["kind"] = frame["kind"].mask(frame.index == 5, "z")
    frame.assign(day=pd.to_datetime(frame["day"])).to_parquet(folder / "d.parquet")
    words = told(folder, "d.parquet")
    assert "column 'kind' has levels that the model does not know in 1 of 60 rows (row 5)" in words
    assert "rows 3, 10 and 17): -99 and 1 other value" in words


def test_a_report_tells_of_them(folder):
    words = ("report", folder / "m.regan", folder / "d.csv", "-o", folder / "r.html")
    wrong = ("--image-shape", "no")  # for a report takes seconds
    result = CliRunner().invoke(main, [*map(str, words), *wrong])
    assert f"Warning: {folder / 'd.csv'}: column 'code' has values outside of the " in result.output


def test_a_number_for_missing_cells_in_a_file_of_numbers(folder):
    path = folder / "numbers.csv"
    path.write_text("a,b\n1,0.5\n-99,1.5\n3,2.5\n")
    reading = Reading(na=("-99",))
    assert reading.table(path)[1]["a"].isna().tolist() == [False, True, False]
    real, fake = reading.tables(path, path, None)[0]
    assert real["a"].isna().tolist() == fake["a"].isna().tolist() == [False, True, False]
    assert isinstance(Reading(na=("none",)).table(path)[1], np.ndarray)
