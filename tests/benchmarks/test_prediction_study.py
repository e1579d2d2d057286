"""The study `benchmarks/studies/prediction.py`, in small."""

import sys
from pathlib import Path

from click.testing import CliRunner

from regan import RegularizedMixture

FOLDER = Path(__file__).parents[2] / "benchmarks" / "studies"
sys.path.insert(0, str(FOLDER))
import prediction as study  # noqa: E402 - studies are programs beside one another

sys.path.remove(str(FOLDER))


def test_records_and_their_table(tmp_path, monkeypatch):
    small = study.of_regan(RegularizedMixture, n_components=5, alpha=1.0)
    monkeypatch.setitem(study.METHODS, "RegularizedMixture", small)
    path = str(tmp_path / "records.jsonl")
    chosen = ["--tables", "iris", "--tables", "diabetes", "--most", "150", "--splits", "2"]
    chosen += ["--methods", "gradient boosting", "--methods", "RegularizedMixture"]
    run = CliRunner().invoke(study.main, ["run", "--out", path, *chosen])
    assert run.exit_code == 0, run.output
    found = study.read(Path(path))
    assert len(found) == 2 * 2 * 2
    assert min(r["score"] for r in found if r["table"] == "iris") > 0.85
    assert CliRunner().invoke(study.main, ["run", "--out", path, *chosen]).output == ""
    lines = CliRunner().invoke(study.main, ["table", path]).output.splitlines()
    assert lines[:3] == [
        ".. csv-table:: R2 of numbers, accuracy of classes",
        "   :class: study",
        '   :header: "", "iris", "diabetes"',
    ]
    assert [line.split('"')[1] for line in lines[4:6]] == list(study.METHODS)[:2]


def test_a_mean_with_its_error():
    assert study.cell([0.8, 0.9]) == "0.850 (0.050)"
    assert study.cell([0.8]) == "0.800"
    assert study.cell([0.8, float("nan")], 1) == "0.8"
    assert study.cell([]) == ""
