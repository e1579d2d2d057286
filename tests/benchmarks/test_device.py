"""Measurements on a device, `benchmarks/speed/device.py`: a rehearsal, and what may go wrong."""

import json
from pathlib import Path
from time import perf_counter

import pytest

SPEED = Path(__file__).parents[2] / "benchmarks" / "speed"


@pytest.fixture
def device(monkeypatch):
    monkeypatch.syspath_prepend(SPEED)
    import device

    return device


def test_a_rehearsal_fills_the_page(device, monkeypatch, tmp_path):
    """On the stand-in; that it conforms is asked in `tests/backends`."""
    import device_parts

    monkeypatch.setattr(device_parts, "check_backend", lambda name: 1e-8)
    found = device.rehearse(tmp_path, (), device.BUDGET)
    assert json.loads((tmp_path / "device.json").read_text()) == found
    parts = {part["name"]: part for part in found["parts"]}
    for name in ("conformance", "step, float32", "step, TF32", "population", "fit and sample"):
        assert parts[name]["rows"]
    for part in parts.values():
        assert not part["failed"]
        assert not part["left out"]
    (row,) = parts["step, float32"]["rows"]
    assert row["failed"] == {}
    assert row["us"].keys() >= {"recorded", "kernel by kernel", "in turn"}
    page = (tmp_path / "device.md").read_text()
    assert "A rehearsal on the stand-in" in page
    assert "| 2, 2, 4, 8 | R1 + R2 |" in page


def test_the_tests_are_counted(device, monkeypatch, tmp_path):
    import device_suite

    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_few.py").write_text(
        "import pytest\n"
        "def test_good(): pass\n"
        "def test_bad(): assert 1 == 2\n"
        "@pytest.mark.skip\ndef test_not(): pass\n"
    )
    (tmp_path / "tests" / "test_lacks.py").write_text("import not_a_module\n")
    monkeypatch.setattr(device_suite, "ROOT", tmp_path)
    names, log = ("test_lacks.py", "test_few.py"), tmp_path / "suite.log"
    monkeypatch.setattr(device_suite, "find_spec", lambda name: None)  # one process
    found = device_suite.run(names, 600.0, log, stand_in=False)
    assert not found["cut off"]
    assert found["counts"] == {"passed": 1, "failed": 1, "skipped": 1, "error": 1}
    assert list(found["failures"]) == ["tests/test_lacks.py", "tests/test_few.py::test_bad"]
    assert "assert 1 == 2" in found["failures"]["tests/test_few.py::test_bad"]
    assert device_suite.run(names, 0.0, log, stand_in=False)["cut off"]


def test_of_tests_that_are_cut_off_what_ended_stays(device, tmp_path):
    import device_suite

    (tmp_path / "some.jsonl").write_text('["passed", "a", ""]\n["failed", "b", "why"]\n["pas')
    found = device_suite.summary(tmp_path / "some.jsonl")
    assert found == {"counts": {"passed": 1, "failed": 1}, "failures": {"b": "why"}}


def test_what_fails_is_told_and_the_rest_goes_on(device):
    def row(without, x):
        if x == 2:
            raise ValueError("two")
        return {"x": x, "without": set(without), "failed": {"side": "lost"} if x == 1 else {}}

    cases = {"one": (1,), "two": (2,), "three": (3,)}
    part = device.Part("some", 1.0, cases, row)
    found = device.done(part, perf_counter() + 60, here=True)
    assert [r["x"] for r in found["rows"]] == [1, 3]
    assert [r["without"] for r in found["rows"]] == [set(), {"side"}]
    assert list(found["failed"]) == ["two"]
    assert found["failed"]["two"].endswith("ValueError: two")
    late = device.done(part, perf_counter() - 1, here=True)
    assert late["left out"] == list(cases)


def test_ways_that_are_not_there_say_why(device):
    import comparison
    import ways
    from cells import Cell

    def missing(cell, penalised):
        raise ways.MissingWay("nobody has it")

    cell = Cell(2, 2, 4, 8)
    sides = comparison.Comparison(["plain", "absent"], 1, 1e-3, perf_counter)
    ways.WAYS["absent"] = ways.Way("absent", missing)
    try:
        table = sides.table([cell], True)
    finally:
        del ways.WAYS["absent"]
    assert sides.missing == {"absent": "nobody has it"}
    assert "| 2, 2, 4, 8 |" in table
