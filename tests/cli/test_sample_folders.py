"""``regan sample -o folder/``: parts that are the rows of `sample`, and errors in a line."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import regan
from regan import RegularizedGaussian
from regan.cli import main
from regan.estimators.sampling import BLOCK_ROWS
from regan.files.parquet_parts import ParquetParts

N = BLOCK_ROWS + 100


@pytest.fixture
def model(tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"size": rng.normal(size=80), "color": rng.choice(["red", "blue"], 80)})
    path = tmp_path / "model.regan"
    RegularizedGaussian(random_state=0).fit(X).save(path)
    return path


@pytest.fixture(autouse=True)
def files_are_small(monkeypatch):
    monkeypatch.setattr("regan.estimators.view.ROWS_PER_FILE", BLOCK_ROWS)


def run(*arguments, code=0):
    result = CliRunner().invoke(main, ["sample", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def test_a_name_with_a_separator_is_a_folder(model, tmp_path):
    said = run(model, "-n", N, "-o", f"{tmp_path}/new/", "--random-state", 1, "--jobs", 1)
    assert said == f"{N} rows of 2 columns in 2 files written to {tmp_path}/new\n"
    files = sorted((tmp_path / "new").iterdir())
    assert [file.name for file in files] == ["part-00000.parquet", "part-00001.parquet"]
    rows = pd.concat(map(pd.read_parquet, files), ignore_index=True)
    assert rows.equals(regan.load(model).sample(N, random_state=1))
    files[0].unlink()
    said = run(model, "-n", N, "-o", tmp_path / "new", "--random-state", 1, "--jobs", 1)
    assert said.startswith("keeping 1 of 2 files that already exist\n")
    assert files[0].exists()
    said = run(model, "-o", tmp_path / "new", "--random-state", 1, code=1)
    assert f"{files[0]} has other rows than this call would write: " in said
    assert f"they have n_samples={N}, but this call has n_samples=1000" in said


def test_one_file_has_the_types_of_a_folder(model, tmp_path):
    run(model, "-n", N, "-o", f"{tmp_path}/new/", "--jobs", 1)
    run(model, "-n", N, "-o", tmp_path / "new.parquet")
    [part, _], one = sorted((tmp_path / "new").iterdir()), tmp_path / "new.parquet"
    assert pq.read_schema(part).equals(pq.read_schema(one))
    assert pq.read_table(one).equals(pq.read_table(tmp_path / "new"))


def test_what_is_for_one_file_alone(model, tmp_path):
    folder = f"{tmp_path}/new/"
    said = run(model, "-o", folder, "--where", "color=red", code=2)
    assert "--where and --like need an output file" in said
    said = run(model, "-o", tmp_path / "new.csv", "--jobs", 2, code=2)
    assert "--jobs needs an output folder" in said
    assert not (tmp_path / "new").exists()


def test_folders_that_cannot_be_made(model, tmp_path):
    said = run(model, "-o", f"{model}/", code=1)
    assert said == f"Error: {model}: it is a file; name a folder to write files to\n"
    said = run(model, "-o", f"{tmp_path}/none/new/", code=1)
    assert said.startswith(f"Error: there is no folder {tmp_path}/none to write new to")


def test_ctrl_c_says_how_to_go_on(model, tmp_path, monkeypatch):
    write = ParquetParts.write

    def interrupted(self, part, tables, n_tables):
        if part == 1:
            raise KeyboardInterrupt
        write(self, part, tables, n_tables)

    monkeypatch.setattr(ParquetParts, "write", interrupted)
    said = run(model, "-n", N, "-o", f"{tmp_path}/new/", "--jobs", 1, code=130)
    assert said == (
        f"stopped; 1 of 2 files are in {tmp_path}/new. To continue, repeat the same command\n"
    )
