"""The command line with tables of any columns: from a file to samples, measures and a report."""

import gzip
import json
import os
from importlib import import_module

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import regan
from regan.cli import main
from regan.cli.reading import Reading
from regan.estimators.sampling import BLOCK_ROWS
from regan.files.frames import read_frame
from regan.files.sources import TableFile

START = pd.Timestamp("2019-01-01")
SMALL = ["--max-iter", "5", "--set", "hidden_layer_sizes=(8, 8)", "--random-state", "0"]


def run(*args, code=0):
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 60
    frame = pd.DataFrame(
        {
            "age": pd.array(rng.integers(17, 91, n), dtype="Int64"),
            "price": np.round(rng.normal(100, 30, n), 2),
            "city": rng.choice(["Rome", "Oslo", "Bonn"], n),
            "zip": rng.choice(["007", "012", "100"], n),
            "member": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "joined": START + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            "seen": START + pd.to_timedelta(rng.integers(1, 10**6, n), unit="min"),
        }
    )
    keep = frame[["zip"]]
    return frame.mask(rng.random(frame.shape) < 0.1).assign(zip=keep["zip"])


def write_nationally(table, path):
    days = table["joined"].dt.strftime("%d.%m.%Y")
    times = table["seen"].dt.strftime("%d.%m.%Y %H:%M")
    table.assign(joined=days, seen=times).to_csv(path, index=False, sep=";", decimal=",")


FILES = {
    "csv": ("d.csv", lambda t, path: t.to_csv(path, index=False)),
    "national": ("d;.csv", write_nationally),
    "tsv.gz": ("d.tsv.gz", lambda t, path: t.to_csv(path, index=False, sep="\t")),
    "parquet": ("d.parquet", lambda t, path: t.to_parquet(path)),
}


@pytest.fixture(scope="module")
def fitted(table, tmp_path_factory):
    """A folder with the table in files of all kinds, and a model of each."""
    folder, said = tmp_path_factory.mktemp("tables"), []
    for key, (name, write) in FILES.items():
        write(table, folder / name)
        said.append(run("fit", folder / name, "-o", folder / key, *SMALL).stderr)
    return folder, said


def test_files_of_all_kinds_say_the_same(table, fitted):
    folder, said = fitted
    lost = f"{100 * table['city'].isna().mean():.0f} % missing"
    for (name, _), told in zip(FILES.values(), said, strict=True):
        first, second, *_ = told.splitlines()
        assert first == f"{folder / name}: 60 rows of 7 columns, header {', '.join(table)}"
        assert second.startswith("age: integer ")
        assert "; joined: date 2019-01-" in second
        assert "; seen: timestamp 2019-01-0" in second
        assert f"; city: 3 levels ({lost}); zip: 3 levels; member: boolean, " in second
    rows = [regan.load(folder / key).sample(20, random_state=0) for key in FILES]
    for other in rows[1:]:
        pd.testing.assert_frame_equal(other, rows[0])


def test_samples_in_files_of_all_kinds(fitted):
    folder, _ = fitted
    for name in ("s.csv", "s.csv.gz", "s.tsv", "s.parquet"):
        run("sample", folder / "csv", "-n", 50, "-o", folder / name, "--random-state", 1)
    text = (folder / "s.csv").read_text()
    assert gzip.decompress((folder / "s.csv.gz").read_bytes()).decode() == text
    assert (folder / "s.tsv").read_text() == text.replace(",", "\t")
    made = regan.load(folder / "csv").sample(50, random_state=1)
    assert pq.ParquetFile(folder / "s.parquet").schema_arrow.names == list(made)
    for name in ("s.csv", "s.parquet"):
        file = TableFile.of(folder / name)
        pd.testing.assert_frame_equal(read_frame(file).frame, made, check_column_type=False)


def test_measures_of_mixed_files(fitted):
    folder, _ = fitted
    run("sample", folder / "csv", "-n", 50, "-o", folder / "s.csv", "--random-state", 1)
    run("sample", folder / "csv", "-n", 50, "-o", folder / "s.parquet", "--random-state", 1)
    result = run("evaluate", folder / "d;.csv", folder / "s.parquet", "--max-rows", 10)
    assert "coverage" in result.stdout
    pairs = (("d;.csv", "s.parquet"), ("d.parquet", "s.csv"), ("d.csv", "s.csv"))
    first, *others = [Reading().tables(folder / a, folder / b, None)[0] for a, b in pairs]
    for other in others:
        for one, table in zip(first, other, strict=True):
            pd.testing.assert_frame_equal(one, table)
    model = regan.load(folder / "csv")
    _, rows = Reading().like_model(model, folder / "csv", folder / "d;.csv")
    for name in ("d.tsv.gz", "d.parquet"):  # as reports read them
        _, same = Reading().like_model(model, folder / "csv", folder / name)
        pd.testing.assert_frame_equal(same, rows, check_dtype=False)
    assert np.isfinite(model.score(rows))


def test_columns_that_number_rows_are_no_measure(tmp_path, capsys):
    real, fake, typed = (tmp_path / name for name in ("d.csv", "s.csv", "s.parquet"))
    frame = pd.DataFrame({"id": range(1, 31), "word": ["u", "v", "w"] * 10, "n": [1.5, 2, 2] * 10})
    frame.to_csv(real, index=False)
    frame[["word", "n"]].to_csv(fake, index=False)
    frame[["word", "n"]].to_parquet(typed)
    for other in (fake, typed):
        for table in Reading().tables(real, other, real)[0]:
            assert list(table) == ["word", "n"]
    told = capsys.readouterr().err
    assert "numbers the rows" not in told  # it is left out anyway
    assert "not compared: id" in told
    assert [list(table) for table in Reading().tables(fake, real, None)[0]] == [["word", "n"]] * 2
    assert "id" in Reading().tables(real, real, None)[0][1]
    schema = tmp_path / "s.json"
    kinds = {"id": {"kind": "identifier"}, "word": {"kind": "level"}, "n": {"kind": "number"}}
    schema.write_text(json.dumps({"regan_schema": 1, "columns": kinds}))
    for table in Reading(schema=schema).tables(real, real, None)[0]:
        assert list(table) == ["word", "n"]
    assert "identifiers, which are numbered anew" in capsys.readouterr().err
    frame.to_csv(fake, index=False, header=False)
    kinds = {str(j): kind for j, kind in enumerate(kinds.values())}
    schema.write_text(json.dumps({"regan_schema": 1, "columns": kinds}))
    for table in Reading(header=False, schema=schema).tables(fake, fake, None)[0]:
        assert list(table) == [0, 1]


def test_text_of_very_many_levels_is_pooled_by_name(tmp_path):
    data, model, made = tmp_path / "d.csv", tmp_path / "m", tmp_path / "s.csv"
    planes = np.concatenate([np.arange(600), np.repeat(np.arange(50), 12)])
    pd.DataFrame({"plane": [f"N{i}x" for i in planes], "v": planes % 7}).to_csv(data, index=False)
    refused = run("fit", data, "-o", model, *SMALL, code=1).output
    assert "more than max_levels=500: --pool other learns the most frequent" in refused
    assert "--drop plane leaves it out" in refused
    run("fit", data, "-o", model, *SMALL, "--pool", "some other")
    run("sample", model, "-n", 200, "-o", made)
    assert "some other," in made.read_text()
    run("evaluate", data, made, "--max-rows", 50)
    gan, rows = Reading().like_model(regan.load(model), model, data)
    assert set(rows["plane"]) == set(gan.table_encoder_.columns_[0].levels)
    numbers = tmp_path / "n.csv"
    numbers.write_text("a,b\n" + "".join(f"{i}.5,{i % 7}\n" for i in range(30)))
    told = run("fit", numbers, "-o", model, *SMALL, "--pool", "other").stderr
    assert f"Warning: --pool has no effect: {numbers} has only numbers" in told
    twice = ("--pool", "other", "--set", "standardize=False")
    assert "leave out --set standardize" in run("fit", data, "-o", model, *twice, code=2).output


def test_a_schema_is_written_and_given(table, tmp_path):
    data, schema, model = tmp_path / "d.csv", tmp_path / "schema.json", tmp_path / "m"
    plain = table.drop(columns=["joined", "seen"])
    named = plain.assign(name=[f"n{i}" for i in range(60)], day="01/02/2019", drop="x" * 9)
    named.loc[7, "day"] = "03/04/2019"
    named.to_csv(data, index=False, sep=";")
    result = run("schema", data, "-o", schema, "--drop", "drop")
    assert "age: integer " in result.stderr
    assert "column 'day' holds dates whose day and month cannot be distinguished" in result.stderr
    assert result.stdout == f"schema of 7 columns written to {schema}\n"
    given = json.loads(schema.read_text())
    assert given["columns"]["drop"] == {"kind": "drop"}
    assert given["columns"]["day"] == {"kind": "level"}
    del given["columns"]["day"], given["columns"]["price"]
    schema.write_text(json.dumps(given))
    assert "lacks the column price, day" in run("schema", data, "--schema", schema, code=1).output
    given["columns"] |= {"day": {"kind": "drop"}, "price": {"kind": "drop"}}
    assert given["columns"]["name"] == {"kind": "identifier"}
    schema.write_text(json.dumps(given))
    assert "name leaves it out" in run("fit", data, "-o", model, *SMALL, code=1).output
    run("fit", data, "-o", model, *SMALL, "--schema", schema)
    made = tmp_path / "s.csv"
    run("sample", model, "-n", 50, "-o", made)
    assert made.read_text().splitlines()[0] == "age,city,zip,member,name"
    _, rows = Reading(schema=schema).like_model(regan.load(model), model, data)
    assert list(rows) == ["age", "city", "zip", "member", "name"]
    real, fake = Reading(schema=schema, drop=("name",)).tables(data, made, None)[0]
    assert list(real) == list(fake) == ["age", "city", "zip", "member"]
    assert "would be overwritten" in run("schema", data, "-o", data, code=1).output
    assert run("schema", data).stdout == ""


def test_money_comes_back_as_it_was_written(tmp_path):
    data, model, made, schema = (tmp_path / name for name in ("d.csv", "m", "s.csv", "s.json"))
    rng, lines = np.random.default_rng(0), []
    for i in range(60):
        paid = f'"-${i % 7}.50"' if i % 5 == 0 else f'"${rng.integers(10**6) / 100:,.2f}"'
        lines.append(f"{paid},{rng.integers(100)} %,{['N/A', '', '1', '2'][i % 4]}\n")
    data.write_text("paid,share,n\n" + "".join(lines))
    told = run("schema", data, "-o", schema).stderr
    assert "paid: formatted number -$6.50..$9," in told
    run("fit", data, "-o", model, *SMALL)
    for name in ("s.csv", "s.parquet"):
        run("sample", model, "-n", 50, "-o", tmp_path / name, "--random-state", 0)
    texts = pd.read_csv(made)
    assert texts["paid"].str.fullmatch(r"-?\$\d{1,3}(,\d{3})?\.\d\d").all()
    assert texts["share"].str.fullmatch(r"\d\d? %").all()
    rows = [
        Reading().like_model(regan.load(model), model, tmp_path / name)[1]
        for name in ("s.csv", "s.parquet")
    ]
    pd.testing.assert_frame_equal(*rows, check_dtype=False)
    real, fake = Reading().tables(data, made, None)[0]
    assert real["paid"].str.startswith(("$", "-$")).all()
    assert len(fake) == 50
    given = json.loads(schema.read_text())
    assert given["columns"]["share"] == {"kind": "formatted number"}
    given["columns"]["share"] = {"kind": "level"}
    schema.write_text(json.dumps(given))
    run("fit", data, "-o", model, *SMALL, "--schema", schema)
    kinds = [column.present.kind for column in regan.load(model).table_encoder_.columns_]
    assert kinds == ["formatted number", "level", "number"]
    data.write_text("paid,share,n\n$1,2 %,\n" + "".join(lines))
    refused = run("fit", data, "-o", model, "--schema", schema, code=1).output
    assert "line 3, column 'paid' holds '-$0.50', which is not a number" in refused


def test_options_name_what_is_not_recognised(tmp_path):
    data, model = tmp_path / "d.txt", tmp_path / "m"
    rows = "".join(f"{i % 7},{i % 10}00 w{i % 3}\n" for i in range(40))
    data.write_text(f"x word\n{rows}-9 w1\n")
    options = ["--delimiter", " ", "--decimal", ",", "--na", "-9", "--encoding", "latin-1"]
    told = run("fit", data, "-o", model, *SMALL, *options).stderr
    assert "x: number 0..6.7 (2 % missing); word: 3 levels" in told
    assert "--delimiter" in run("fit", data, "-o", model, "--delimiter", "ab", code=1).output


def test_a_run_on_a_table_goes_on(table, tmp_path):
    data, model, folder = tmp_path / "d.csv", tmp_path / "m", tmp_path / "run"
    table.to_csv(data, index=False)
    command = ["fit", data, "-o", model, *SMALL, "--checkpoint", folder, "--every", 2, "--resume"]
    run(*command)
    first = regan.load(model).sample(9, random_state=0)
    run(*command)
    pd.testing.assert_frame_equal(regan.load(model).sample(9, random_state=0), first)
    table.rename(columns={"city": "town"}).to_csv(data, index=False)
    assert "'city'" in run(*command, code=1).output


def test_words_without_a_header(tmp_path):
    data, model, made = tmp_path / "d.csv", tmp_path / "m", tmp_path / "s.csv"
    data.write_text("".join(f"w{i % 3},{i / 7}\n" for i in range(40)))
    told = run("fit", data, "-o", model, *SMALL).stderr
    assert "40 rows of 2 columns, no header\n0: 3 levels; 1: number 0..5.57143" in told
    run("sample", model, "-n", 30, "-o", made)
    assert made.read_text()[0] == "w"
    assert [len(rows) for rows in Reading().tables(data, made, data)[0]] == [40, 30, 40]
    assert len(Reading().like_model(regan.load(model), model, data)[1]) == 40


def test_numbers_in_parquet(tmp_path):
    data, model = tmp_path / "d.parquet", tmp_path / "m"
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), columns=["a", "b"])
    rows.to_parquet(data)
    rows.to_csv(tmp_path / "d.csv", index=False)
    run("fit", tmp_path / "d.csv", "-o", model, *SMALL)
    _, same = Reading().like_model(regan.load(model), model, data)
    np.testing.assert_array_equal(same, rows)
    for name in ("s.parquet", "s.csv"):
        run("sample", model, "-n", 40, "-o", tmp_path / name, "--random-state", 0)
    made = pd.read_parquet(tmp_path / "s.parquet")
    pd.testing.assert_frame_equal(made, pd.read_csv(tmp_path / "s.csv"))
    _, fake = Reading().tables(data, tmp_path / "s.csv", None)[0]
    pd.testing.assert_frame_equal(fake, made, check_column_type=False)
    run("fit", data, "-o", model, *SMALL)


def test_codes_that_look_like_numbers(tmp_path, monkeypatch):
    data = tmp_path / "d.csv"
    data.write_text("zip,x\n" + "".join(f"00{i % 5},{i % 11}\n" for i in range(40)))
    run("fit", data, "-o", tmp_path / "m", *SMALL)
    run("sample", tmp_path / "m", "-n", 9, "-o", tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_text().splitlines()[1][:2] == "00"
    monkeypatch.setattr("regan.cli.reading.pandas", lambda: import_module("no_pandas"))
    told = run("fit", data, "-o", tmp_path / "m", *SMALL).stderr
    assert "cannot hold these columns exactly: 'zip'" in told


def test_empty_cells_of_one_column_are_rows(tmp_path):
    data, model, made = tmp_path / "d.csv", tmp_path / "m", tmp_path / "s.csv"
    data.write_text("v\n" + "".join(f"{i % 7}\n" if i % 5 > 1 else '""\n' for i in range(60)))
    assert "v: integer 0..6 (40 % missing)" in run("schema", data).output
    assert "60 rows of 1 column" in run("fit", data, "-o", model, *SMALL).stderr
    run("sample", model, "-n", 60, "-o", made)
    assert f"{made.name}: 60 rows" in run("evaluate", data, made).output.replace("\n", "")


def test_numbers_are_told_for_what_they_are(tmp_path):
    data = tmp_path / "d.csv"
    days = pd.date_range("2023-12-25", periods=30)
    data.write_text("d,n\n" + "".join(f"{day:%Y%m%d},{day.day % 5}\n" for day in days))
    words = "column 'd' holds integers that look like dates"
    assert words in run("fit", data, "-o", tmp_path / "m", *SMALL).stderr
    data.write_text("t,n\n" + "".join(f"+4930123{i % 9},{i % 5}\n" for i in range(30)))
    assert "t: 9 levels; n: integer" in run("fit", data, "-o", tmp_path / "m", *SMALL).stderr


def test_a_pipe(table):
    reader, writer = os.pipe()
    os.write(writer, gzip.compress(table.to_csv(index=False).encode()))
    os.close(writer)
    assert "zip: 3 levels" in run("schema", f"/dev/fd/{reader}").stderr
    os.close(reader)


def test_identifiers_are_numbered_anew_or_kept_where_asked_for(tmp_path):
    data, words, schema = tmp_path / "d.csv", tmp_path / "w.csv", tmp_path / "s.json"
    names = [f"P{i:03d}" for i in range(120, 0, -1)]
    numbers = pd.DataFrame({"id": range(120), "age": [20, 30, 40, 50] * 30})
    numbers.to_csv(data, index=False)  # numbers alone, which are an array without the option
    numbers.assign(id=names).to_csv(words, index=False)
    for file, first in ((data, 1), (words, "P001")):
        told = run("fit", file, "-o", tmp_path / "m", "--ids", "sequence", *SMALL).stderr
        assert "id: 120 identifiers; age: integer 20..50" in told
        assert regan.load(tmp_path / "m").sample(2)["id"].iloc[0] == first
    run("fit", words, "-o", tmp_path / "m", "--ids", "keep", *SMALL)
    assert set(regan.load(tmp_path / "m").sample(50)["id"]) <= set(names)
    run("schema", words, "-o", schema)
    for more in (["--schema", schema], ["--set", "standardize=True"]):
        refused = run("fit", words, "-o", tmp_path / "m", "--ids", "keep", *more, code=2).stderr
        assert "--ids" in refused.splitlines()[-1]


@pytest.mark.parametrize("command", ["fit", "schema"])
def test_a_column_that_a_rule_needs_is_not_left_out(command, tmp_path):
    data, schema, out = tmp_path / "d.csv", tmp_path / "s.json", tmp_path / "out"
    data.write_text("a,b,c\n" + "".join(f"{i},{i + i % 3},w{i % 2}\n" for i in range(30)))
    run("schema", data, "-o", schema)
    rules = [{"rule": "Inequality", "low": "a", "high": "b"}]
    schema.write_text(json.dumps(json.loads(schema.read_text()) | {"rules": rules}))
    more = SMALL if command == "fit" else []
    words = [command, data, "-o", out, "--schema", schema, *more]
    told = run(*words, "--drop", "b", code=2).stderr
    assert "--drop b: the rule Inequality('a', 'b') in --schema needs this column" in told
    run(*words)
    assert out.exists()


def test_an_identifier_of_a_schema_is_never_given_out(tmp_path, monkeypatch):
    """Nor one that repeats, as of customers with several orders, which looks like no identifier."""
    rng = np.random.default_rng(0)
    orders = pd.DataFrame(
        {"customer": rng.integers(70_000, 70_020, 60), "paid": rng.normal(size=60)}
    )
    orders["city"] = rng.choice(["Rome", "Oslo"], 60)
    data, schema, made = tmp_path / "d.csv", tmp_path / "s.json", tmp_path / "made.csv"
    orders.to_csv(data, index=False)
    run("schema", data, "-o", schema)
    given = json.loads(schema.read_text())
    given["columns"]["customer"] = {"kind": "identifier"}
    schema.write_text(json.dumps(given))
    run("fit", data, "-o", tmp_path / "m", "--schema", schema, *SMALL)
    monkeypatch.setattr("regan.estimators.base._PART_CELLS", 1)
    n = BLOCK_ROWS + 50  # in two parts, through which rows are numbered
    run("sample", tmp_path / "m", "-n", n, "-o", made)
    assert pd.read_csv(made)["customer"].tolist() == list(range(1, n + 1))


@pytest.mark.filterwarnings("ignore:the comparison leaves out")
def test_no_warning_of_row_numbers_where_ids_are_dealt_with(tmp_path):
    data = tmp_path / "d.csv"
    rows = {"id": range(1, 41), "word": ["u", "v"] * 20, "n": np.linspace(0, 1.17, 40)}
    frame = pd.DataFrame(rows)
    frame.loc[3, "n"] = np.nan
    frame.to_csv(data, index=False)
    fit = ["fit", str(data), "-o", str(tmp_path / "m"), "--model", "gaussian"]
    for args, told in (
        ([*fit, "--ids", "keep"], True),
        ([*fit, "--ids", "sequence"], False),
        (["evaluate", str(data), str(data)], False),
        (["impute", str(data), "-o", str(tmp_path / "x.csv")], False),
    ):
        result = CliRunner().invoke(main, args)
        assert result.exit_code == 0, result.output
        assert ("column 'id' numbers the rows" in result.output) == told, args


def test_a_model_in_the_place_of_a_table(tmp_path):
    model = str(tmp_path / "m")
    regan.RegularizedGaussian().fit(np.eye(4)).save(model)
    result = CliRunner().invoke(main, ["fit", model, "-o", str(tmp_path / "n")])
    assert result.exit_code == 1
    assert "is not a table in text or Parquet, but a model or checkpoint of regan" in result.output
