"""The command line, as a user types it."""

import csv
import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.image import imread

import regan
from regan.backends.cupy_backend import CupyBackend
from regan.cli import main
from regan.cli.commands import _command
from regan.cli.reading import Reading
from regan.files.csv_files import read_csv
from regan.files.csv_parts import csv_texts, write_texts
from regan.metrics import METRICS, verdicts

GAN = ["--model", "gan"]
SMALL = ["--max-iter", "5", "--set", "hidden_layer_sizes=(8, 8)", "--random-state", "0"]


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


def told(result):
    """What the command said on standard error, beside the model and the progress of training."""
    beside = ("training ", "model: ")
    lines = result.stderr.replace("\n--drop", "; --drop").splitlines()
    return [line for line in lines if not line.startswith(beside)]


@pytest.fixture
def write(tmp_path):
    """A maker of CSV files."""

    def make(text, encoding="utf-8"):
        path = tmp_path / "data.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return make


@pytest.fixture
def data(write):
    rows = np.random.default_rng(0).normal(size=(40, 2)) * [1, 100]
    return write("height,weight\n" + "\n".join(f"{a},{b}" for a, b in rows))


@pytest.fixture
def model(data, tmp_path):
    path = tmp_path / "model"
    result = run("fit", data, "-o", path, *SMALL)
    assert result.exit_code == 0, result.output
    return path


def test_all_summaries_of_commands_fit(monkeypatch):
    lines = run("--help").output.partition("Commands:")[2].split("\n")
    assert len([line for line in lines if line.strip()]) == 8
    assert not any("..." in line for line in lines)


# demo


def test_demo(tmp_path):
    path = tmp_path / "picture.png"
    result = run("demo", "--max-iter", "3", "-o", path)
    assert result.exit_code == 0, result.output
    picture = imread(path)
    assert picture.shape[0] > 400
    assert picture.shape[1] > 600
    assert picture.std() > 0.05  # something is drawn
    words = ("3 updates", "generated", "real", "score", "precision", "coverage", "energy distance")
    for word in words:
        assert word in result.output
    numbers = {
        line.split()[0]: [float(cell) for cell in line.split()[1:]]
        for line in result.output.splitlines()
        if line.split()[:1] in (["generated"], ["real"])
    }
    assert "A score of 1 means" in " ".join(result.output.split())
    assert result.output.endswith("next: regan fit data.csv -o model.regan\n")
    assert numbers["real"][0] > 0.9 > numbers["generated"][0]  # three updates teach nothing


def test_demo_writes_where_it_is_by_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("demo", "--max-iter", "1").exit_code == 0
    assert os.listdir(tmp_path) == ["regan-demo.png"]


def test_demo_writes_the_file_that_it_names(tmp_path):
    path = tmp_path / "picture"
    assert run("demo", "--max-iter", "1", "-o", path).exit_code == 0
    assert os.listdir(tmp_path) == ["picture"]
    assert imread(path, format="png").std() > 0.05


def test_demo_refuses_an_unknown_kind_of_picture_before_it_trains(tmp_path):
    result = run("demo", "--max-iter", "1", "-o", tmp_path / "picture.xyz")
    assert result.exit_code == 1
    assert "regan cannot write a picture as .xyz; use .png" in result.output
    assert "Fitting" not in result.output


# fit and sample


def test_a_model_of_a_dataframe_needs_no_pandas(tmp_path, monkeypatch):
    frame = pd.DataFrame(np.eye(4), columns=list("abcd"))
    regan.RegularizedGAN(max_iter=2, hidden_layer_sizes=4).fit(frame).save(tmp_path / "model")
    monkeypatch.setitem(sys.modules, "pandas", None)
    result = run("sample", tmp_path / "model", "-n", "2", "-o", tmp_path / "new.csv")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "new.csv").read_text().splitlines()[0] == "a,b,c,d"


def test_fit_and_sample(model, tmp_path):
    out = tmp_path / "new.csv"
    result = run("sample", model, "-n", "25", "-o", out, "--random-state", "1")
    assert result.exit_code == 0, result.output
    assert f"25 rows of 2 columns written to {out}" in result.output
    with out.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["height", "weight"]
    values = np.array(rows, dtype=float)
    assert values.shape == (25, 2)
    assert values[:, 1].std() > 10 * values[:, 0].std()
    expected = regan.load(model).sample(25, random_state=1)
    np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize(
    "make",
    [
        lambda: regan.RegularizedGAN(max_iter=2, hidden_layer_sizes=4, conditional=True),
        lambda: regan.RegularizedVAE(max_iter=2, hidden_layer_sizes=4, conditional=True),
        lambda: regan.RegularizedVAE(max_iter=2, hidden_layer_sizes=4),
        lambda: regan.RegularizedGaussian(),
        lambda: regan.RegularizedMixture(2, alpha=1.0, covariance_type="diag", conditional=True),
    ],
)
def test_sample_takes_models_of_all_kinds(tmp_path, make):
    rows = np.random.default_rng(0).normal(size=(20, 3))
    make().fit(rows, np.arange(20) % 2).save(tmp_path / "model")
    out = tmp_path / "new.csv"
    result = run("sample", tmp_path / "model", "-n", "7", "-o", out, "--random-state", "1")
    assert result.exit_code == 0, result.output
    _, values = read_csv(out)
    np.testing.assert_array_equal(values, regan.load(tmp_path / "model").sample(7, random_state=1))


def test_fit_with_regularizers(data, tmp_path):
    settings = ["constraint=max_norm", "architecture=['packing', 'residual']", "dropout=(0.1, 0.2)"]
    settings += ["noise=instance", "matching=moments", "clipping=norm", "normalization=layer"]
    sets = [part for setting in settings for part in ("--set", setting)]
    result = run("fit", data, "-o", tmp_path / "m", *SMALL, "--penalty", "group_lasso", *sets)
    assert result.exit_code == 0, result.output
    gan = regan.load(tmp_path / "m")
    assert (gan.penalty, gan.constraint, gan.dropout) == ("group_lasso", "max_norm", (0.1, 0.2))
    assert gan.architecture == ["packing", "residual"]


def test_fit_says_what_it_did(data, tmp_path):
    result = run("fit", data, "-o", tmp_path / "m", *SMALL)
    assert "40 rows of 2 columns, 5 updates, score on training rows " in result.output
    assert f"saved to {tmp_path / 'm'}" in result.output
    score = float(result.output.split("score on training rows ")[1].split(";")[0])
    _, values = read_csv(data)
    assert score == pytest.approx(regan.load(tmp_path / "m").score(values), abs=1e-3)


MIXTURE = ["--model", "mixture", "--alpha", "1", "--set", "n_components=2", "--random-state", "0"]
OTHERS = {
    "vae": (["--model", "vae", *SMALL], regan.RegularizedVAE, "5 updates"),
    "gaussian": (["--model", "gaussian"], regan.RegularizedGaussian, "a normal distribution"),
    "mixture": (
        [*MIXTURE, "--set", "covariance_type=diag", "--max-iter", "2"],
        regan.RegularizedMixture,
        "2 components, 2 passes",
    ),
}


@pytest.mark.parametrize(("options", "cls", "words"), OTHERS.values(), ids=OTHERS)
def test_fit_of_other_models(data, tmp_path, options, cls, words):
    result = run("fit", data, "-o", tmp_path / "m", *options)
    assert result.exit_code == 0, result.output
    assert f"40 rows of 2 columns, {words}, score " in result.output
    fitted = regan.load(tmp_path / "m")
    assert type(fitted) is cls
    assert run("sample", tmp_path / "m", "-n", "3", "-o", tmp_path / "s.csv").exit_code == 0
    assert (tmp_path / "s.csv").read_text().split()[0] == "height,weight"


REFUSED = {
    "a loss": (["--model", "mixture", "--loss", "hinge"], "--loss is not for a RegularizedMixture"),
    "a backend": (["--model", "gaussian", "--backend", "numpy"], "for --model gan or vae or mixt"),
    "a game": (
        ["--model", "vae", "--gamma", "0.1"],
        "is not for a RegularizedVAE; it is for --mod",
    ),
    "updates": (
        ["--model", "mixture", "--checkpoint", "d"],
        "--checkpoint is not for a Regularized",
    ),
    "seconds": (["--model", "gaussian", "--max-time", "9"], "it is for --model gan or vae"),
    "a setting": (
        ["--model", "mixture", "--set", "depth=3"],
        "RegularizedMixture does not have a parameter 'depth'; choose one of: alpha, ",
    ),
    "another model": (["--model", "diffusion"], "'diffusion' is not one of"),
}


@pytest.mark.parametrize(("options", "words"), REFUSED.values(), ids=REFUSED)
def test_options_of_other_models_are_refused(data, tmp_path, options, words):
    result = run("fit", data, "-o", tmp_path / "m", *options)
    assert result.exit_code in (1, 2)
    assert words in result.output
    assert not (tmp_path / "m").exists()


def test_samples_repeat_with_an_int(model, tmp_path):
    paths = [tmp_path / name for name in "ab"]
    for path in paths:
        assert run("sample", model, "-n", "3", "-o", path).exit_code == 0  # the model's own seed
    assert paths[0].read_text() == paths[1].read_text()
    assert run("sample", model, "-n", "3", "-o", paths[1], "--random-state", "9").exit_code == 0
    assert paths[0].read_text() != paths[1].read_text()


OPTIONS = {
    "penalty": (["--penalty", "l1", "--alpha", "1e-3"], {"penalty": "l1", "alpha": 1e-3}),
    "no penalty": (["--penalty", "none"], {"penalty": None}),
    "elastic net": (
        ["--penalty", "elasticnet", "--l1-ratio", "0.2"],
        {"penalty": "elasticnet", "l1_ratio": 0.2},
    ),
    "loss": (["--loss", "hinge"], {"loss": "hinge"}),
    "gradient penalty": (
        ["--gradient-penalty", "r1", "--gamma", "0.7"],
        {"gradient_penalty": "r1", "gamma": 0.7},
    ),
    "no gradient penalty": (["--gradient-penalty", "none"], {"gradient_penalty": None}),
    "backend": (["--backend", "numpy"], {"backend": "numpy"}),
    "a setting": (["--set", "ema_decay=0.9"], {"ema_decay": 0.9}),
    "several settings": (
        ["--set", "optimizer=adamw", "--set", "beta_1=(0.5, 0.0)", "--set", "standardize=False"],
        {"optimizer": "adamw", "beta_1": (0.5, 0.0), "standardize": False},
    ),
    "a pair of names": (["--set", "penalty=('l1', None)"], {"penalty": ("l1", None)}),
    "a list of names": (["--set", "penalty=['l1', 'l2']"], {"penalty": ["l1", "l2"]}),
}


@pytest.mark.parametrize(("options", "expected"), OPTIONS.values(), ids=OPTIONS)
def test_options_reach_the_estimator(data, tmp_path, options, expected):
    result = run("fit", data, "-o", tmp_path / "m", *GAN, *SMALL, *options)
    assert result.exit_code == 0, result.output
    found = regan.load(tmp_path / "m").get_params(deep=False)
    expected = {"max_iter": 5, "hidden_layer_sizes": (8, 8), "random_state": 0, **expected}
    given = {"verbose": 1, **expected}  # all else is the estimator's own default
    assert found == {**regan.RegularizedGAN().get_params(deep=False), **given}


def test_a_file_without_a_header(write, tmp_path):
    path = write("1,2\n3,4\n5,7\n")
    assert run("fit", path, "-o", tmp_path / "m", *SMALL).exit_code == 0
    assert run("sample", tmp_path / "m", "-n", "2", "-o", tmp_path / "new.csv").exit_code == 0
    lines = (tmp_path / "new.csv").read_text().splitlines()
    assert len(lines) == 2
    assert [float(cell) for cell in lines[0].split(",")]


@pytest.mark.parametrize("order", [[], ["--header"], ["--no-header"]])
def test_a_header_of_numbers(write, tmp_path, no_pictures, order):
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 3)))
    path = write(rows.to_csv(index=False))
    result = run("fit", path, "-o", tmp_path / "m", *SMALL, *order)
    assert result.exit_code == 0, result.output
    n, named = (51, "no header") if order == ["--no-header"] else (50, "header 0, 1, 2")
    *warned, said, columns = told(result)
    assert columns.startswith("0: number ")
    assert said == f"{path}: {n} rows of 3 columns, {named}"
    assert [line.startswith("Warning: ") for line in warned] == [True] * (order == [])
    assert f"{n} rows of 3 columns, 5 updates" in result.stdout
    assert run("sample", tmp_path / "m", "-o", tmp_path / "s.csv").exit_code == 0
    header = (tmp_path / "s.csv").read_text().splitlines()[0]
    assert (header == "0,1,2") == (n == 50)
    result = run("evaluate", path, tmp_path / "s.csv", "--max-rows", 20, *order)
    assert result.exit_code == 0, result.output
    assert f"{tmp_path / 's.csv'}: 1000 rows of 3 columns, {named}" in result.stderr
    result = run("report", tmp_path / "m", path, "-o", tmp_path / "r.html", *order)
    assert result.exit_code == 0, result.output
    assert f"{path}: {n} rows of 3 columns, {named}" in result.stderr
    assert f"and {n} rows of 3 columns" in result.stdout


def test_a_file_with_an_index_and_row_numbers(write, tmp_path, no_pictures):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"id": range(50), "a": rng.normal(size=50), "b": rng.poisson(2, 50)})
    path = write(table.to_csv())
    result = run("fit", path, "-o", tmp_path / "m", *SMALL)
    said, warning, columns = told(result)
    assert columns.startswith("id: integer 0..49; a: number ")
    assert "50 rows of 3 columns, header id, a, b; the first column has no name and is le" in said
    assert warning.endswith("carries no information; --drop id leaves it out")
    result = run("fit", path, "-o", tmp_path / "m", *SMALL, "--drop", "id")
    assert "left out as the index; without id" in result.stderr
    assert "50 rows of 2 columns, 5 updates" in result.stdout
    assert run("sample", tmp_path / "m", "-o", tmp_path / "s.csv").exit_code == 0
    for order in ((path, tmp_path / "s.csv"), (tmp_path / "s.csv", path)):
        result = run("evaluate", *order, "--max-rows", 20)  # the same files, without another word
        assert result.exit_code == 0, result.output
        assert f"{path}: 50 rows of 2 columns, header a, b; the first column" in result.stderr
    result = run("report", tmp_path / "m", path, "-o", tmp_path / "r.html")
    assert result.exit_code == 0, result.output
    assert result.stderr.endswith("left out as the index; without id\n")
    result = run("evaluate", path, tmp_path / "s.csv", "--drop", "c")
    assert "data.csv has no column 'c' to drop: the columns are '', id, a, b" in result.stderr


def test_a_column_is_left_out_by_position(write, tmp_path, no_pictures):
    rows = np.column_stack([np.arange(50), np.random.default_rng(0).normal(size=(50, 2))])
    path = write(pd.DataFrame(rows).astype({0: int}).to_csv(index=False, header=False))
    result = run("fit", path, "-o", tmp_path / "m", *SMALL, "--drop", "0")
    assert told(result)[0] == f"{path}: 50 rows of 2 columns, no header; without 0"
    assert run("sample", tmp_path / "m", "-o", tmp_path / "s.csv").exit_code == 0
    for command in (
        ["evaluate", path, tmp_path / "s.csv", "--max-rows", 20],
        ["report", tmp_path / "m", path, "-o", tmp_path / "r.html"],
    ):
        assert run(*command).exit_code == 1
        result = run(*command, "--drop", "0")
        assert result.exit_code == 0, result.output


def test_the_command_that_goes_on_reads_alike():
    reading = Reading(True, ("an id", "b"), na=("?",), delimiter=";", schema=Path("s.json"))
    words = _command(Path("d.csv"), {"output": "m"}, (), reading)
    options = "'--drop=an id' --drop=b --header '--na=?' '--delimiter=;' --schema=s.json"
    assert words == f"regan fit d.csv --output=m {options} --resume"
    assert "--no-header" in _command(Path("d.csv"), {}, (), Reading(False))
    assert "header" not in _command(Path("d.csv"), {}, (), Reading())


def test_whole_numbers_of_a_model_are_written_as_whole(tmp_path, no_pictures):
    X = pd.DataFrame({"flag": [True, False] * 20, "n": range(40), "price": 0.25, "same": 3.0})
    regan.RegularizedVAE(max_iter=2, hidden_layer_sizes=4).fit(X).save(tmp_path / "m")
    assert run("sample", tmp_path / "m", "-n", "30", "-o", tmp_path / "s.csv").exit_code == 0
    with (tmp_path / "s.csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    assert all(row["n"].isdecimal() for row in cells)
    assert {row["price"] for row in cells} == {"0.25"}
    assert {row["same"] for row in cells} == {"3"}
    result = run("report", tmp_path / "m", tmp_path / "s.csv", "-o", tmp_path / "r.html")
    assert result.exit_code == 0, result.output
    result = run("report", tmp_path / "m", tmp_path / "s.csv", "--no-header")
    assert "--no-header cannot be used here: the columns of" in result.stderr


# What goes wrong is told in one line

BAD = {
    "a missing file": (["fit", "nowhere.csv", "-o", "m"], 2, "File 'nowhere.csv' does not exist"),
    "no output": (["fit", "DATA"], 2, "Missing option '-o' / '--output'"),
    "a missing folder": (["fit", "DATA", "-o", "no/m"], 1, "there is no folder no to write m to"),
    "an unknown penalty": (["fit", "DATA", "-o", "m", "--penalty", "l0"], 2, "'l0' is not one of"),
    "an unknown loss": (["fit", "DATA", "-o", "m", "--loss", "x"], 2, "'x' is not one of"),
    "a negative alpha": (
        ["fit", "DATA", "-o", "m", "--alpha", "-1"],
        1,
        "Error: alpha must be a finite number >= 0, got -1.0",
    ),
    "no updates": (["fit", "DATA", "-o", "m", "--max-iter", "0"], 1, "max_iter must be an integer"),
    "an unknown setting": (
        ["fit", "DATA", "-o", "m", "--set", "depth=3"],
        1,
        "Error: --set depth=3: no model has a parameter 'depth'; choose one of: activation, ",
    ),
    "a setting without a value": (
        ["fit", "DATA", "-o", "m", "--set", "ema_decay"],
        1,
        "Error: --set ema_decay: expected NAME=VALUE",
    ),
    "a bad value": (
        ["fit", "DATA", "-o", "m", *GAN, "--set", "batch_size=many"],
        1,
        "Error: batch_size must be an integer or 'auto', got 'many'",
    ),
    "a regularizer of another name": (
        ["fit", "DATA", "-o", "m", "--set", "constraint=spectral"],
        1,
        "Error: constraint='spectral' is not known; choose one of: spectral_norm, weight_clip",
    ),
    "classes without a way to give them": (
        ["fit", "DATA", "-o", "m", "--set", "conditional=True"],
        1,
        "Error: requires y to be passed",
    ),
    "code as a value": (
        ["fit", "DATA", "-o", "m", *GAN, "--set", "latent_dim=__import__('os').getpid()"],
        1,
        "Error: latent_dim must be an integer or 'auto', got",
    ),
    "an unknown backend": (
        ["fit", "DATA", "-o", "m", "--backend", "abacus"],
        1,
        "Error: backend='abacus' names no backend; choose one of: numpy, cupy",
    ),
    "divergence": (
        ["fit", "DATA", "-o", "m", "--set", "learning_rate_init=1e30"],
        1,
        "Error: training diverged",
    ),
    "no model": (["sample", "nowhere", "-o", "x.csv"], 2, "File 'nowhere' does not exist"),
    "another file": (
        ["sample", "DATA", "-o", "x.csv"],
        1,
        "data.csv is a text file, and no regan model",
    ),
    "a table that is none": (
        ["sample", "DATA", "-o", "x.XLSX"],
        1,
        "x.XLSX would not be a .xlsx file: regan writes CSV (.csv), TSV",
    ),
    "compressed JSON": (["impute", "DATA", "-o", "x.json.gz"], 1, "not be a .json.gz file: regan"),
    "compressed Parquet": (["impute", "DATA", "-o", "x.pq.gz"], 1, "not be a .pq.gz file: regan"),
    "no output of a sample": (["sample", "DATA"], 2, "or give -o - for standard output"),
    "a setting almost": (
        ["fit", "DATA", "-o", "m", "--set", "latent_dims=3"],
        1,
        "no model has a parameter 'latent_dims'; did you mean latent_dim?",
    ),
    "no rows": (["sample", "DATA", "-n", "0", "-o", "x.csv"], 2, "0 is not in the range x>=1"),
    "a folder for samples": (["sample", "DATA", "-o", "no/x.csv"], 1, "there is no folder no"),
    "a folder for the demo": (
        ["demo", "-o", "no/x.png"],
        1,
        "there is no folder no to write x.png",
    ),
    "an unknown command": (["train"], 2, "No such command 'train'"),
}


@pytest.mark.parametrize(("args", "code", "message"), BAD.values(), ids=BAD)
def test_mistakes(data, tmp_path, monkeypatch, args, code, message):
    monkeypatch.chdir(tmp_path)
    result = run(*[data if arg == "DATA" else arg for arg in args])
    assert result.exit_code == code, result.output
    assert message in result.output
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)
    assert os.listdir(tmp_path) == ["data.csv"]


def test_a_missing_folder_is_told_before_training(data, tmp_path, monkeypatch):
    monkeypatch.setattr(regan.RegularizedGAN, "fit", lambda *_: pytest.fail("minutes for nothing"))
    result = run("fit", data, "-o", tmp_path / "no" / "m", *SMALL)
    assert "there is no folder" in result.output


def test_no_input_is_overwritten(data, tmp_path):
    before = data.read_text()
    result = run("fit", data, "-o", data, *SMALL)
    assert result.exit_code == 1
    assert "is an input and would be overwritten: name another output file" in result.output
    assert data.read_text() == before
    model = tmp_path / "model.regan"
    assert run("fit", data, "-o", model, *SMALL).exit_code == 0
    for command in (["sample", model], ["report", model, data]):
        assert "would be overwritten" in run(*command, "-o", model).output
    assert "would be overwritten" in run("report", model, data, "-o", data).output
    folder = tmp_path / "run"
    folder.mkdir()
    result = run("fit", data, "-o", folder / "checkpoint.regan", "--checkpoint", folder, *SMALL)
    assert "would be overwritten" in result.output


def test_a_setting_that_is_given_twice(data, tmp_path):
    result = run("fit", data, "-o", tmp_path / "m", "--max-iter", 5, "--set", "max_iter=7")
    assert result.exit_code == 2
    assert "max_iter: given both as an option and by --set" in result.output


TABLES = {
    "empty": ("", "data.csv: the file is empty"),
    "blank lines": ("\n\n\n", "data.csv: the file is empty"),
    "header only": ("a,b\n", "data.csv: the file has a header but no rows"),
    "inf": ("a,b\n1,-inf\n2,3", "line 2, column 'b' holds '-inf', which is not a finite number"),
    "short line": ("a,b,c\n1,2,3\n4,5\n", "line 3 has 2 cells instead of 3"),
    "short line of words": ("a,b,c\n1,2,x\n4,5\n", "line 3 has 2 cells instead of 3"),
    "long line": ("a,b\n1,2\n4,5,6\n", "line 3 has 3 cells instead of 2"),
    "long line of words": ("a,b\nx,2\n\n4,5,6\n", "line 4 has 3 cells instead of 2"),
    "long line after blanks": ("1,2\n\n\n4,5,6\n", "line 4 has 3 cells instead of 2"),
    "one row": ("a,b\n1,2\n", "data.csv has one row"),
    "columns of one name": ("a,b,a\n1,2,3\n4,5,6\n", "the column 'a' appears 2 times"),
    "words of one name": ("a,b,a\n1,2,x\n4,5,y\n", "the column 'a' appears 2 times"),
    "a word among numbers": (
        "a\n" + "".join(f"{i}\n" for i in range(40)) + "unknown\n",
        "line 42, column 'a' holds 'unknown', which is not a finite number; --na WORD reads a word",
    ),
    "identifiers": (
        "name,x\n" + "".join(f"n{i},{i % 7}\n" for i in range(40)),
        "--drop name leaves it out, and a --schema sets how to read it",
    ),
}


@pytest.mark.parametrize(("text", "message"), TABLES.values(), ids=TABLES)
def test_bad_tables(write, tmp_path, text, message):
    result = run("fit", write(text), "-o", tmp_path / "m", *SMALL)
    assert result.exit_code == 1
    *said, error = told(result)
    assert error.startswith("Error: ")
    assert message in error
    read = message == "data.csv has one row" or message.startswith("--drop")
    assert len(said) == 2 * read
    assert result.stdout == ""
    assert not (tmp_path / "m").exists()


WORDS = {
    "missing cell": ("a,b\n1,2\n3,\n5,6\n", "line 3, column 'b' is empty"),
    "blank cell": ("a,b\n1,2\n  ,4\n", "line 3, column 'a' is empty"),
    "text cell": ("a,b\n1,2\n3,4\n5,tall\n", "line 4, column 'b' holds 'tall', which is not a fin"),
    "text without a header": (
        "1,2\n3,x\n",
        "line 2, column 2 holds 'x', which is not a finite number",
    ),
    "missing without a header": ("1,,3\n4,5,6\n", "line 1, column 2 is empty"),
    "nan": ("a,b\n1,2\n3,nan\n", "line 3, column 'b' holds 'nan', which is not a finite number"),
    "NA": ("a,b\n1,2\n3,NA\n", "line 3, column 'b' holds 'NA'"),
    "a date": ("day,x\n2026-01-01,2\n", "line 2, column 'day' holds '2026-01-01'"),
    "after a quoted line break": ('"a\nb",c\n1,2\n3,x\n', "line 4, column 'c' holds 'x'"),
}


@pytest.mark.parametrize(("text", "message"), WORDS.values(), ids=WORDS)
def test_tables_that_need_pandas(write, tmp_path, monkeypatch, text, message):
    monkeypatch.setitem(sys.modules, "pandas", None)
    result = run("fit", write(text), "-o", tmp_path / "m", *SMALL)
    assert result.exit_code == 1
    *said, error, advice = result.stderr.splitlines()
    assert error.startswith("Error: ")
    assert message in error
    assert "pip install pandas" in advice
    assert not said
    with pytest.raises(ValueError, match="line"):
        read_csv(write(text))


@pytest.mark.parametrize("text", ["a;b\n1;2\n", 'a,b\n"1,5",2\n'])
def test_plain_csv_alone_is_read_without_a_form(write, text):
    with pytest.raises(ValueError, match="which is not a finite number"):
        read_csv(write(text))


def test_a_file_in_an_older_encoding(write, tmp_path):
    result = run("fit", write("größe,b\n1,2\n3,4\n", "latin-1"), "-o", tmp_path / "m", *SMALL)
    assert result.exit_code == 0
    assert "data.csv: the text is not UTF-8 and is read as cp1252" in result.stderr
    assert "header größe, b" in result.stderr


READABLE = {
    "plain": ("a,b\n1,2\n3,4.5\n", ["a", "b"]),
    "no header": ("1,2\n3,4.5\n", None),
    "no last line break": ("a,b\n1,2\n3,4.5", ["a", "b"]),
    "quoted": ('"a","b, c"\n"1","2"\n3,"4.5"\n', ["a", "b, c"]),
    "a byte-order mark": ("\ufeffa,b\n1,2\n3,4.5\n", ["a", "b"]),
    "a byte-order mark without a header": ("\ufeff1,2\n3,4.5\n", None),
    "Windows": ("a,b\r\n1,2\r\n3,4.5\r\n", ["a", "b"]),
    "blanks": (" a , b \n 1 , 2\n3 ,4.5 \n", ["a", "b"]),
    "blank lines": ("\na,b\n\n1,2\n   \n3,4.5\n\n", ["a", "b"]),
    "exponents": ("a,b\n1e0,+2E0\n3.,45e-1\n", ["a", "b"]),
    "an index": (",b,c\n0,1,2\n1,3,4.5\n", ["b", "c"]),
    "a number as a name": ("1,b\n1,2\n3,4.5\n", ["1", "b"]),
    "a line break in a name": ('"a\nb",c\n1,2\n3,4.5\n', ["a\nb", "c"]),
    "a sign in a name": ("#a,b\n1,2\n3,4.5\n", ["#a", "b"]),
}


@pytest.mark.parametrize(("text", "header"), READABLE.values(), ids=READABLE)
def test_readable_tables(write, text, header):
    found, values = read_csv(write(text))
    assert found == header
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, [[1, 2], [3, 4.5]])


def test_one_column(write):
    header, values = read_csv(write("a\n1\n2\n"))
    assert header == ["a"]
    np.testing.assert_array_equal(values, [[1], [2]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_written_numbers_are_read_back_exactly(tmp_path, dtype):
    values = np.random.default_rng(0).normal(size=(50, 3)).astype(dtype) * 1e-7
    write_texts(tmp_path / "x.csv", csv_texts(["a", 'quote " and, comma', "ü"], [values]))
    header, again = read_csv(tmp_path / "x.csv")
    assert header == ["a", 'quote " and, comma', "ü"]
    np.testing.assert_array_equal(again.astype(dtype), values)


# backends


def test_backends_says_why_not(monkeypatch):
    monkeypatch.setattr(CupyBackend, "missing", classmethod(lambda cls: "there is no device"))
    result = run("backends")
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.output.splitlines() if line.strip()}
    assert "yes" in lines["numpy"]
    assert "no " in lines["cupy"]
    assert "there is no device" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ("", 0, " (the default"),  # which is compiled code where that was built
        ("0", 0, "On the CPU, updates run as Python makes them (REGAN_TAPE=0)"),
        ("numpy", 0, "are written down once and replayed by NumPy (REGAN_TAPE=numpy)"),
        ("fast", 1, "Error: REGAN_TAPE=fast names no way to run updates; choose one of: 0, numpy"),
    ],
)
def test_backends_says_how_updates_run(monkeypatch, value, code, message):
    monkeypatch.setenv("REGAN_TAPE", value)
    result = run("backends")
    assert (result.exit_code, message in result.output) == (code, True), result.output


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ("numpy", 0, "saved to"),
        ("cupy", 1, "Error: REGAN_BACKEND=cupy cannot be used here: there is no device"),
        ("abacus", 1, "Error: REGAN_BACKEND=abacus names no backend; choose one of: numpy, cupy"),
    ],
)
def test_the_environment_chooses_the_backend(monkeypatch, data, tmp_path, value, code, message):
    monkeypatch.setattr(CupyBackend, "missing", classmethod(lambda cls: "there is no device"))
    monkeypatch.setenv("REGAN_BACKEND", value)
    result = run("fit", data, "-o", tmp_path / "m", *SMALL)
    assert (result.exit_code, message in result.output) == (code, True), result.output


@pytest.mark.filterwarnings("default")
def test_auto_warns_once_and_goes_on(monkeypatch, data, tmp_path):
    monkeypatch.setattr(CupyBackend, "missing", classmethod(lambda cls: "there is no device"))
    monkeypatch.setenv("REGAN_BACKEND", "auto")
    result = run("fit", data, "-o", tmp_path / "m", *SMALL)
    assert result.exit_code == 0, result.output
    read, columns, warning = told(result)
    assert read == f"{data}: 40 rows of 2 columns, header height, weight"
    assert columns.startswith("height: number -")
    assert warning == "Warning: REGAN_BACKEND=auto falls back to NumPy: there is no device"


# The command itself


@pytest.mark.parametrize(
    "command", ["demo", "fit", "sample", "schema", "evaluate", "report", "backends"]
)
def test_help(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {command}")


def test_version():
    assert run("--version").output == f"regan, version {regan.__version__}\n"


def test_python_m_regan(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["python", "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("regan", run_name="__main__")
    out = capsys.readouterr()
    assert not end.value.code
    assert out.err == ""
    assert out.out.startswith("Usage: regan ")
    for command in ("demo", "fit", "sample", "schema", "evaluate", "report", "backends"):
        assert f"  {command} " in out.out


# evaluate


@pytest.fixture
def table(tmp_path):
    """A maker of CSV files with two columns."""

    def make(name, header, n=60, scale=1.0, seed=0):
        values = np.random.default_rng(seed).normal(size=(n, 2)) * [scale, 100 * scale]
        write_texts(tmp_path / name, csv_texts(header, [values]))
        return tmp_path / name

    return make


def values_of(result):
    assert result.exit_code == 0, result.output
    table = result.stdout.partition("\n\n")[0]  # the verdict is below it
    lines = [line.split() for line in table.splitlines()[1:]]
    return {name: (float(value), float(floor)) for name, value, floor, *_ in lines}


def test_evaluate(table):
    real = table("real.csv", ["a", "b"])
    good = values_of(run("evaluate", real, table("good.csv", ["a", "b"], seed=1)))
    bad = values_of(run("evaluate", real, table("bad.csv", ["a", "b"], scale=9, seed=1)))
    assert list(good) == list(METRICS)
    assert bad["wasserstein"][0] > 3 * good["wasserstein"][0]
    assert bad["wasserstein"][1] == good["wasserstein"][1]
    assert bad["precision"][0] < 0.5 < good["precision"][0]


def test_evaluate_ends_with_a_verdict(table):
    real = table("real.csv", ["a", "b"])
    for name, scale, words in (("good", 1.0, "are as good as"), ("bad", 9.0, "are far off the")):
        result = run("evaluate", real, table(f"{name}.csv", ["a", "b"], scale=scale, seed=1))
        quality, privacy = result.stdout.partition("\n\n")[2].splitlines()
        assert quality.startswith(f"The generated rows {words}")
        assert privacy.startswith("Memorization was not tested")


@pytest.mark.filterwarnings("default")
def test_evaluate_with_rows_that_training_has_not_seen(table):
    real = table("real.csv", None)
    result = run("evaluate", real, real, "--holdout", table("other.csv", None, seed=2))
    found = values_of(result)
    assert "Warning: 60 of 60 training rows are nearly repeated" in result.stderr
    assert found["membership_distance"] == (1.0, 0.5)
    assert found["nearer_to_training"] == (1.0, 0.5)
    assert "precision" in found


def test_evaluate_has_a_verdict_on_each_metric(table):
    real = table("real.csv", ["a", "b"])
    result = run("evaluate", real, table("bad.csv", ["a", "b"], scale=9, seed=1))
    header, *lines = result.stdout.partition("\n\n")[0].splitlines()
    assert header.split() == ["metric", "generated", "floor", "better", "verdict"]
    assert {" ".join(line.split()[4:]) for line in lines} <= {*verdicts.WORDS, *verdicts.SIGNS}
    assert any(line.rstrip().endswith("far off") for line in lines)


def test_evaluate_refuses_training_rows_as_held_out_rows(table):
    real, fake = table("real.csv", ["a", "b"]), table("fake.csv", ["a", "b"], seed=1)
    result = run("evaluate", real, fake, "--holdout", real)
    assert result.exit_code == 1
    assert "Error: all 60 rows of the holdout are also rows of the first table" in result.output


def test_evaluate_finds_columns_by_name(table, tmp_path):
    real = table("real.csv", ["a", "b"])
    names, values = read_csv(real)
    write_texts(tmp_path / "turned.csv", csv_texts(names[::-1], [values[:, ::-1]]))
    one, other = (run("evaluate", real, file) for file in (real, tmp_path / "turned.csv"))
    assert values_of(one) == values_of(other)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["a", "c"], "it lacks b and has c in addition"),
        (None, "Give --header or --no-header for both"),
    ],
)
def test_evaluate_other_columns(table, header, message):
    result = run("evaluate", table("real.csv", ["a", "b"]), table("fake.csv", header))
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())


def test_evaluate_too_few_rows(table):
    result = run("evaluate", table("real.csv", None), table("fake.csv", None, n=9))
    assert result.exit_code == 1
    assert "10 generated rows, got 60 and 9" in result.output
