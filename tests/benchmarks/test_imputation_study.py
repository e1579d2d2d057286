"""The studies `benchmarks/studies/imputation.py` and `conditions.py`, in small."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from regan import Range

FOLDER = Path(__file__).parents[2] / "benchmarks" / "studies"
sys.path.insert(0, str(FOLDER))
import conditions as conditioning  # noqa: E402 - studies are programs beside one another
import conditions_data  # noqa: E402 - as above
import imputation as study  # noqa: E402 - as above
import imputation_data as data  # noqa: E402 - as above
import imputation_methods as methods  # noqa: E402 - as above

sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Two splits of iris and diabetes by what needs no forest."""
    path = tmp_path_factory.mktemp("study") / "records.jsonl"
    chosen = [("--tables", "iris"), ("--tables", "diabetes"), ("--methods", "complete")]
    chosen += [("--methods", name) for name in ("mean", "KNN", "ridge, drawn")]
    words = ["run", "--out", str(path), "--splits", "2", "--most", "150"]
    words += [word for pair in chosen for word in pair]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(methods, "ROUNDS", 2)
        patch.setattr(study, "LEARNT", 1)
        patch.setattr(study, "TREES", 10)
        run = CliRunner().invoke(study.main, words)
        assert run.exit_code == 0, run.output
        before = path.read_text()
        again = CliRunner().invoke(study.main, words)
    assert again.output == ""
    assert path.read_text() == before
    return path


def test_a_record_for_each_table_method_and_split(records):
    found = study.read(records)
    assert len(found) == 2 * 4 * 2
    assert {r["n"] for r in found} == {120}
    for table in ("iris", "diabetes"):
        errors = {
            name: np.mean([*study.values(found, table, name, "mae").values()])
            for name in ("mean", "KNN", "ridge, drawn")
        }
        assert errors["KNN"] < errors["mean"]
        assert errors["ridge, drawn"] < errors["mean"]
        assert study.values(found, table, "KNN", "coverage") == {}
        assert all(
            0.7 < v < 1 for v in study.values(found, table, "ridge, drawn", "coverage").values()
        )
    loss = {n: study.values(found, "iris", n, "log_loss")[0] for n in ("mean", "KNN")}
    assert loss["KNN"] < 0.5 < 1 < loss["mean"]
    assert min(study.values(found, "iris", "complete", "utility").values()) > 0.85


def test_tables_and_where_methods_win(records):
    told = CliRunner().invoke(study.main, ["table", str(records)])
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert lines[:3] == [
        f".. csv-table:: {study.TITLES['mae']}",
        "   :class: study",
        '   :header: "", "iris", "diabetes"',
    ]
    assert [line.split('"')[1] for line in lines[4:7]] == ["mean", "KNN", "ridge, drawn"]
    words = ["wins", str(records), "--methods", "KNN", "--others", "mean", "--measures", "mae"]
    told = CliRunner().invoke(study.main, words)
    assert told.output.splitlines()[0] == "mae, KNN compared with mean:"
    assert told.output.splitlines()[1].startswith("  iris: ahead, +0.1")


def test_ahead_and_behind_by_two_standard_errors():
    about = {"table": "iris", "split": 0}
    records = [
        about | {"method": name, "split": split, "mae": value + 0.01 * split}
        for name, value in (("a", 0.2), ("b", 0.1))
        for split in range(3)
    ]
    (line,) = study.beside(records, "mae", "a", "b")
    assert line == "iris: behind, -0.1000 (0.0000), 1.91 of it"
    (line,) = study.beside(records, "mae", "a", "a")
    assert line.startswith("iris: level")


def test_a_split_has_gaps_in_the_rows_to_learn_from_alone():
    parts = data.split("iris", 0, 0.3, "by value", 100)
    assert (len(parts.whole), len(parts.test)) == (80, 20)
    assert parts.gaps.isna().to_numpy().sum() == round(0.3 * 80 * 5)
    assert not parts.test.isna().any(axis=None)
    assert list(parts.whole) == list(parts.gaps)
    assert not parts.whole.merge(parts.test).shape[0] > 3  # iris has a few rows twice


class Stub:
    """A model that completes a table with the first visible value of each column."""

    def fit(self, table):
        self.first = table.apply(lambda column: column.dropna().iloc[0])
        return self

    def impute(self, table, n_draws=1, random_state=None):
        assert random_state == 7
        made = [table.fillna(self.first.to_dict()) for _ in range(n_draws)]
        return made if n_draws > 1 else made[0]


def test_what_imputes_as_the_models_of_regan_do():
    parts = data.split("iris", 0, 0.2, "at random", 60)
    for n in (1, 20):
        tables = methods.OfRegan(Stub(), 7).complete(parts.gaps, n)
        assert len(tables) == n
        assert study.measured(parts, tables)["mae"] > 0.1
    assert set(methods.REGAN) <= set(study.ALL)


def test_levels_are_drawn_by_their_chances():
    others = np.array([[0.0, 1.0]] * 4 + [[0.5, 0.0]] * 2000)
    codes = methods.drawn(others, np.random.default_rng(0))
    assert (codes[:4] == 2).all()
    assert set(codes[4:]) == {0, 1}
    assert codes[4:].mean() == pytest.approx(0.5, abs=0.05)
    column = pd.Series(pd.Categorical(["u", None, "w"], ["u", "v", "w"]))
    np.testing.assert_array_equal(methods.indicators(column), [[0, 0], [np.nan, np.nan], [0, 1]])


def test_rows_that_fulfil_conditions():
    table = pd.DataFrame({"v": [1.0, 2.0, 3.0, np.nan], "k": ["a", "b", "c", None]})
    for conditions, expected in (
        ({"v": Range(2, None)}, [0, 1, 1, 0]),
        ({"v": Range(None, 2), "k": ["b", "c"]}, [0, 1, 0, 0]),
        ({"k": "c"}, [0, 0, 1, 0]),
        ({"k": None}, [0, 0, 0, 1]),
    ):
        assert conditions_data.holds(table, conditions).astype(int).tolist() == expected


def test_every_condition_on_the_toys_has_rows_enough():
    for name in ("ring", "grid", "moons"):
        _, held = conditions_data.TABLES[name](0)
        for conditions in conditions_data.CONDITIONS[name].values():
            assert conditions_data.holds(held, conditions).sum() >= conditioning.FEWEST


def test_real_rows_are_not_told_from_real_ones_and_others_are(monkeypatch):
    monkeypatch.setattr(conditions_data, "TRAINED", 3_000)
    monkeypatch.setattr(conditions_data, "HELD", 3_000)
    monkeypatch.setattr(conditioning, "MOST", 500)
    found = [*conditioning.floors("moons", 0)]
    assert all(abs(r["auc"] - 0.5) < 0.08 for r in found if r["auc"] is not None)
    train, held = conditions_data.TABLES["moons"](0)
    inside = held[conditions_data.holds(held, {"component": "c1"})]
    assert conditioning.auc(inside, train, 0) > 0.7
    assert conditioning.auc(inside[:499], train, 0) is None
    records = [r | {"auc": 0.5} for r in json.loads(json.dumps(found))]
    records += [r | {"model": "RegularizedVAE", "way": "asked", "held": 1.0} for r in records]
    *_, line, _ = conditioning.lines(records, "moons")
    assert line == '   "c0, on the right", "0.500", "0.500", "100.0"'
