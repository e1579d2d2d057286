"""Schemas: written, edited, given, and refused where they do not fit."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from regan.cli import main
from regan.data import TableEncoder
from regan.files.forms import Options, recognised
from regan.files.frames import read_frame
from regan.files.schema import read_schema, write_schema
from regan.files.sources import TableFile
from regan.files.table_files import read_table

TEXT = "id;age;grade;when;zip;note\n1;17;low;01/02/2019;7;x\n2;NA;high;03/04/2019;8;y\n"
GIVEN = {
    "id": {"kind": "identifier"},
    "age": {"kind": "number"},
    "grade": {"kind": "ordered", "levels": ["low", "middle", "high"]},
    "when": {"kind": "date", "format": "%m/%d/%Y"},
    "zip": {"kind": "level"},
    "note": {"kind": "drop"},
}


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text(TEXT)
    return path


@pytest.fixture
def schema_of(tmp_path):
    """The maker of a schema file."""

    def make(columns=GIVEN, file=None, **more):
        path = tmp_path / "s.json"
        given = {"regan_schema": 1, "file": file or {"na": ["NA"]}, "columns": columns, **more}
        path.write_text(json.dumps(given))
        return path

    return make


def read(path, schema=None, **options):
    file = TableFile.of(path)
    if not file.is_parquet:
        own = Options(**options)
        file = recognised(file, own if schema is None else schema.completed(own))
    return read_frame(file, schema=schema)


def test_a_schema_that_was_written_reads_alike(data, tmp_path):
    table = read(data)
    path = tmp_path / "s.json"
    text = write_schema(table.kinds, table.form, table.has_header)
    path.write_text(text)
    assert json.loads(text)["file"]["delimiter"] == ";"
    assert list(json.loads(text)["columns"]) == ["id", "age", "grade", "when", "zip", "note"]
    again = read(data, read_schema(path))
    pd.testing.assert_frame_equal(again.frame, table.frame)
    assert write_schema(again.kinds, again.form, again.has_header) == text


def test_a_schema_that_was_edited(data, schema_of):
    found = read(data, read_schema(schema_of())).frame
    assert list(found) == ["id", "age", "grade", "when", "zip"]
    assert found["id"].tolist() == [1, 2]
    assert found["age"].dtype == float
    assert found["age"].isna().tolist() == [False, True]
    assert found["grade"].cat.categories.tolist() == ["low", "middle", "high"]
    assert found["grade"].cat.ordered
    assert found["when"].dt.month.tolist() == [1, 3]
    assert found["zip"].tolist() == ["7", "8"]


def test_a_schema_survives_being_written_again(data, schema_of, tmp_path):
    columns = {
        **GIVEN,
        "id": {"kind": "integer", "thousands": "'"},
        "age": {"kind": "number", "na": ["-99"]},
        "zip": {"kind": "level", "na": ["?"]},
        "gone": {"kind": "drop"},
    }
    rules = [
        {"rule": "Inequality", "low": "id", "high": "age", "strict": True},
        {"rule": "FixedCombinations", "columns": ["grade", "zip"]},
        {"rule": "Sum", "parts": ["id", "age"], "constant": 3},
    ]
    file = {"delimiter": ";", "decimal": ".", "encoding": "utf-8", "header": True, "na": ["NA"]}
    given, again = schema_of(columns, file, rules=rules), tmp_path / "again.json"
    words = ["schema", data, "--schema", given, "-o", again]
    result = CliRunner().invoke(main, [*map(str, words)])
    assert result.exit_code == 0, result.output
    assert json.loads(again.read_text()) == json.loads(given.read_text())
    assert str(read_schema(again).rules) == str(read_schema(given).rules)
    lost = CliRunner().invoke(main, [*map(str, words), "--drop", "age"])
    assert "--drop age: the rule Inequality('id', 'age', strict=True) in --schema ne" in lost.output
    frame = pd.DataFrame(
        {"id": [1], "age": [2.5], "grade": "low", "when": "01/02/2019", "zip": "7"}
    )
    frame.to_parquet(tmp_path / "d.parquet")
    words[1] = tmp_path / "d.parquet"
    result = CliRunner().invoke(main, [*map(str, words)])
    assert result.exit_code == 0, result.output
    assert json.loads(again.read_text()) == json.loads(given.read_text())


def test_a_schema_for_parquet(data, schema_of, tmp_path):
    path = tmp_path / "d.parquet"
    read(data).frame.to_parquet(path)
    found = read(path, read_schema(schema_of({**GIVEN, "age": {"kind": "integer"}}))).frame
    assert list(found) == ["id", "age", "grade", "when", "zip"]
    assert found["grade"].cat.ordered
    assert found["when"].dt.month.tolist() == [1, 3]
    assert found["zip"].tolist() == ["7", "8"]
    wrong = read_schema(schema_of({**GIVEN, "zip": {"kind": "boolean"}}))
    with pytest.raises(ValueError, match="row 0, column 'zip' holds '7', which is not true or fal"):
        read(path, wrong)


def test_a_schema_for_the_columns_of_a_model_in_parquet(schema_of, tmp_path):
    path, grades = tmp_path / "d.parquet", ["low", "high", "middle"]
    frame = pd.DataFrame({"grade": grades, "code": ["1", "2", "3"], "raw": [[1]] * 3})
    frame.to_parquet(path)
    kinds = {"grade": GIVEN["grade"], "code": {"kind": "number"}, "raw": {"kind": "drop"}}
    schema = read_schema(schema_of(kinds))
    fitted = read_frame(TableFile.of(path), schema=schema).frame
    rows = read_table(path, TableEncoder().fit(fitted), Path("m.regan"), schema=schema)
    pd.testing.assert_frame_equal(rows, fitted, check_column_type=False)


def test_all_kinds(tmp_path, schema_of):
    path = tmp_path / "d.csv"
    path.write_text("b,t,s,d,n\nyes,9h30,P1D,2019-02,1.234\nno,10h15,,2019-03,5\n")
    columns = {
        "b": {"kind": "boolean"},
        "t": {"kind": "time", "format": "%Hh%M"},
        "s": {"kind": "duration"},
        "d": {"kind": "date", "format": "%Y-%m"},
        "n": {"kind": "integer", "thousands": "."},
    }
    found = read(path, read_schema(schema_of(columns, {"decimal": ","}))).frame
    assert found["b"].tolist() == [True, False]
    assert [str(time) for time in found["t"]] == ["09:30:00", "10:15:00"]
    assert found["s"].dt.days.tolist()[0] == 1
    assert found["d"].dt.month.tolist() == [2, 3]
    assert found["n"].tolist() == [1234, 5]


def test_rules_between_columns(data, schema_of):
    more = {"rule": "Increasing", "columns": ["age", "id"]}
    rules = [{"rule": "Inequality", "low": "id", "high": "age", "strict": True}, more]
    encoder = read(data, read_schema(schema_of(rules=rules))).encoder_settings
    assert encoder["ids"] == {"id": "sequence"}
    assert str(encoder["rules"]) == (
        "[Inequality('id', 'age', strict=True), Increasing(['age', 'id'])]"
    )


def test_rules_between_columns_without_names(tmp_path, schema_of):
    path = tmp_path / "d.csv"
    path.write_text("1,2,P1\n3,4,P2\n")
    columns = {"0": {"kind": "number"}, "1": {"kind": "number"}, "2": {"kind": "identifier"}}
    rules = [{"rule": "Sum", "parts": ["0", "1"], "constant": 3}]
    found = read(path, read_schema(schema_of(columns, {"header": False}, rules=rules)))
    assert found.encoder_settings["ids"] == {2: "sequence"}
    assert found.encoder_settings["rules"][0].names == [0, 1]


UNFIT = {
    "a cell of another kind": (
        {**GIVEN, "grade": {"kind": "ordered", "levels": ["low"]}},
        "line 3, column 'grade' holds 'high', which is not one of its levels",
    ),
    "another form": (
        {**GIVEN, "when": {"kind": "date", "format": "%d.%m.%Y"}},
        "line 2, column 'when' holds '01/02/2019', which is not a date in the form %d.%m.%Y",
    ),
    "a column too few": (
        {"age": {"kind": "number"}},
        "lacks the column id, grade, when, zip",
    ),
    "a column too many": ({**GIVEN, "more": {"kind": "level"}}, "it has no column more; its colum"),
}


@pytest.mark.parametrize(("columns", "message"), UNFIT.values(), ids=UNFIT)
def test_schemas_that_do_not_fit(data, schema_of, columns, message):
    with pytest.raises(ValueError, match=message):
        read(data, read_schema(schema_of(columns)))


def test_other_forms_than_that_of_a_schema_are_for_samples_alone(tmp_path, schema_of):
    """Where a schema says a form, ISO 8601 is another one, and the message advises no schema."""
    path, iso = tmp_path / "d.csv", tmp_path / "iso.csv"
    path.write_text("d,t\n31.01.2019,12h30\n01.02.2019,13h30\n")
    iso.write_text("d,t\n2019-01-31,12:30\n2019-02-01,13:30\n")
    columns = {
        "d": {"kind": "date", "format": "%d.%m.%Y"},
        "t": {"kind": "time", "format": "%Hh%M"},
    }
    schema = read_schema(schema_of(columns))
    real = read(path, schema)
    samples = read_frame(recognised(TableFile.of(iso), Options()), like=real)
    pd.testing.assert_frame_equal(samples.frame, real.frame)
    with pytest.raises(ValueError, match="2 columns have cells of another kind; --na") as caught:
        read(iso, schema)
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("as missing, and --drop NAME leaves a column out")
    form = "which is not a date in the form %d.%m.%Y"
    assert lines[1] == f"- line 2, column 'd' holds '2019-01-31', {form}"
    assert lines[2] == "- line 2, column 't' holds '12:30', which is not a time in the form %Hh%M"


COLUMNS = {"a": {"kind": "number"}, "b": {"kind": "drop"}}


def with_rule(**rule):
    return {"regan_schema": 1, "columns": COLUMNS, "rules": [rule]}


NONE = {
    "no rule": (with_rule(rule="Less"), "rules.0..rule must be one of FixedCombinations, Incr"),
    "a rule of a column that is left out": (
        with_rule(rule="Inequality", low="a", high="b"),
        "columns of the schema, which has none called 'b'",
    ),
    "a rule of lists": (with_rule(rule="Inequality", low=["a"], high="a"), r"none called \['a'\]"),
    "a rule that makes no sense": (
        with_rule(rule="Inequality", low="a", high="a"),
        "rules.0. is no rule: low and high are the same column",
    ),
    "half a rule": (with_rule(rule="Inequality", low="a"), "rules.0. must be a mapping with high"),
    "a rule with more": (with_rule(rule="Positive", columns=["a"], x=1), "rules.0..x must be left"),
    "rules of no kind": ({"regan_schema": 1, "columns": {}, "rules": {}}, "rules must be a list"),
    "a list": ([], "must be a mapping"),
    "no columns": ({"regan_schema": 1}, "with columns"),
    "another version": ({"regan_schema": 2, "columns": {}}, "regan_schema must be an integer"),
    "another entry": ({"regan_schema": 1, "columns": {}, "x": 1}, "x must be left out: what is kn"),
    "an unknown kind": (
        {"regan_schema": 1, "columns": {"a": {"kind": "float"}}},
        "columns.a.kind must be one of number, integer, level",
    ),
    "no kind": ({"regan_schema": 1, "columns": {"a": {}}}, "columns.a must be a mapping with kind"),
    "a form of numbers": (
        {"regan_schema": 1, "columns": {"a": {"kind": "number", "format": "%d"}}},
        "columns.a.format must be left out beside the kind number",
    ),
    "a form that is none": (
        {"regan_schema": 1, "columns": {"a": {"kind": "date", "format": "%Q"}}},
        "columns.a.format is no format as in strptime: 'Q' is a bad directive in format '%Q'",
    ),
    "a form of times that is none": (
        {"regan_schema": 1, "columns": {"a": {"kind": "time", "format": "%H:%"}}},
        "columns.a.format is no format as in strptime: stray %",
    ),
    "a form without directives": (
        {"regan_schema": 1, "columns": {"a": {"kind": "timestamp", "format": "mixed"}}},
        "columns.a.format is no format as in strptime: it has no directive",
    ),
    "no levels": (
        {"regan_schema": 1, "columns": {"a": {"kind": "ordered"}}},
        'columns.a must be a mapping with "levels"',
    ),
    "a delimiter of two": (
        {"regan_schema": 1, "columns": {}, "file": {"delimiter": "ab"}},
        "file is no description of a file: --delimiter ab: expected one character",
    ),
}


@pytest.mark.parametrize(("value", "message"), NONE.values(), ids=NONE)
def test_what_is_no_schema(tmp_path, value, message):
    path = tmp_path / "s.json"
    path.write_text(json.dumps(value))
    with pytest.raises(ValueError, match=f"s.json is no schema: .*{message}"):
        read_schema(path)


def test_text_that_is_no_schema(tmp_path):
    path = tmp_path / "s.json"
    for data in (b"{", b"\xff\xfe", b'{"columns": {"a": {}, "a": {}}}'):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="is no schema"):
            read_schema(path)


@pytest.mark.parametrize(
    "kind", ["number", "integer", "level", "boolean", "date", "time", "duration"]
)
def test_columns_without_cells(tmp_path, schema_of, kind):
    path = tmp_path / "d.csv"
    path.write_text("a,b\nx,\ny,NA\n")
    found = read(path, read_schema(schema_of({"a": {"kind": "level"}, "b": {"kind": kind}})))
    assert found.frame["b"].isna().all()
