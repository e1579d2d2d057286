"""``regan fit`` of folders of Parquet, and of Parquet beyond what is read into memory."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import regan
from regan.cli import main


def run(*words):
    return CliRunner().invoke(main, list(map(str, words)))


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "parts").mkdir()
    for i in range(3):
        frame = pd.DataFrame(
            {
                "amount": rng.lognormal(3, 1, 300),
                "word": rng.choice(["a", "b"], 300),
                "rest": rng.normal(size=300),
            }
        )
        frame.to_parquet(tmp_path / "parts" / f"{i}.parquet", index=False)
    return tmp_path / "parts"


@pytest.mark.parametrize("words", [(), ("--model", "gaussian")])
def test_a_folder_is_one_table(words, folder, tmp_path):
    model = tmp_path / "m.regan"
    done = run("fit", folder, "-o", model, "--random-state", 0, *words)
    assert done.exit_code == 0, done.output
    assert f"{folder}: 900 rows of 3 columns, read in parts" in done.output
    assert list(regan.load(model).sample(2).columns) == ["amount", "word", "rest"]


def test_columns_are_left_out(folder, tmp_path):
    model = tmp_path / "m.regan"
    done = run("fit", folder, "-o", model, "--model", "gaussian", "--drop", "rest")
    assert done.exit_code == 0, done.output
    assert list(regan.load(model).sample(2).columns) == ["amount", "word"]
    done = run("fit", folder, "-o", model, "--drop", "lost")
    assert done.exit_code != 0
    assert "has no column 'lost' to leave out" in done.output


def test_a_large_file_is_read_a_part_at_a_time(folder, tmp_path, monkeypatch):
    path = folder / "0.parquet"
    done = run("fit", path, "-o", tmp_path / "m.regan", "--model", "gaussian")
    assert "read in parts" not in done.output
    monkeypatch.setattr("regan.streams.recognition.IN_MEMORY_BYTES", 100)
    done = run("fit", path, "-o", tmp_path / "m.regan", "--model", "gaussian")
    assert done.exit_code == 0, done.output
    assert f"{path}: 300 rows of 3 columns, read in parts" in done.output


def test_what_is_for_text_is_refused(folder, tmp_path):
    done = run("fit", folder, "-o", tmp_path / "m.regan", "--na", "x")
    assert done.exit_code == 2
    assert "--na is an option for tables that are read into memory" in done.output


def test_a_folder_of_other_files_is_refused(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "t.csv").write_text("a,b\n1,2\n")
    done = run("fit", tmp_path / "d", "-o", tmp_path / "m.regan")
    assert done.exit_code != 0
    assert str(tmp_path / "d") in done.output


def test_identifiers_are_told_with_the_file_and_what_helps(folder, tmp_path):
    frame = pd.read_parquet(folder / "1.parquet")
    for i in range(3):
        frame.assign(id=range(300 * i, 300 * i + 300)).to_parquet(folder / f"{i}.parquet")
    done = run("fit", folder, "-o", tmp_path / "m.regan", "--model", "gaussian")
    assert done.exit_code != 0
    assert "column 'id' holds identifiers" in done.output
    assert "--drop id leaves it out" in done.output
    done = run("fit", folder, "-o", tmp_path / "m.regan", "--model", "gaussian", "--ids", "keep")
    assert done.exit_code == 0, done.output
