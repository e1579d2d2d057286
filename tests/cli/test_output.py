"""Where the command line writes to, and what it says when it cannot."""

import csv
import os
import stat
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import regan
from regan.cli import main
from regan.files.csv_files import read_csv
from tests.support.user_text import WORDS, controls

SMALL = ["--max-iter", "2", "--set", "hidden_layer_sizes=(4,)", "--random-state", "0"]


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a table of numbers, a mixed one, and a model of each."""
    folder = tmp_path_factory.mktemp("output")
    values = np.random.default_rng(0).normal(size=(40, 2))
    frame = pd.DataFrame(values, columns=["height", "weight"])
    frame.to_csv(folder / "data.csv", index=False)
    regan.RegularizedGaussian(random_state=0).fit(frame).save(folder / "model")
    mixed = frame.assign(kind=["a", "b"] * 20, count=range(40))
    mixed.to_csv(folder / "mixed.csv", index=False)
    regan.RegularizedVAE(max_iter=2, random_state=0).fit(mixed).save(folder / "mixed")
    return folder


def started(*args, **streams):
    """The command as a process."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-W", "error", "-m", "regan", *map(str, args)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, **streams)


# Standard output, devices, pipes, links


@pytest.mark.parametrize("output", ["-", "/dev/stdout"])
@pytest.mark.parametrize("model", ["model", "mixed"])
def test_samples_on_standard_output(place, tmp_path, monkeypatch, model, output):
    monkeypatch.chdir(tmp_path)
    assert run("sample", place / model, "-n", 7, "-o", "file").exit_code == 0
    result = run("sample", place / model, "-n", 7, "-o", output)
    assert result.exit_code == 0, result.output
    assert result.stdout_bytes == (tmp_path / "file").read_bytes()
    assert result.stderr.endswith("written to standard output\n")
    assert os.listdir(tmp_path) == ["file"]


def test_pages_and_models_on_standard_output(place, tmp_path):
    result = run("report", place / "model", place / "data.csv", "-o", "-")
    assert result.stdout.startswith("<!DOCTYPE html>")
    assert result.stdout.endswith("</html>")
    result = run("fit", place / "data.csv", "-o", "-", *SMALL)
    assert result.exit_code == 0, result.output
    (tmp_path / "model").write_bytes(result.stdout_bytes)
    assert regan.load(tmp_path / "model").sample(3).shape == (3, 2)
    assert "saved to standard output" in result.stderr


def test_a_model_is_no_text(place, monkeypatch):
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True)
    result = run("fit", place / "data.csv", "-o", "-", *SMALL)
    assert result.exit_code == 1
    assert "is a terminal, but the result is not text: name a file" in result.stderr


def test_outputs_are_written_as_what_they_are(place, tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    thread = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    thread.start()
    assert run("sample", place / "model", "-n", 3, "-o", pipe).exit_code == 0
    thread.join(10)
    assert got[0].startswith(b"height,weight\r\n")
    secret, link = tmp_path / "secret", tmp_path / "link"
    secret.touch(0o600)
    link.symlink_to("secret")
    for command in (
        ["sample", place / "model"],
        ["fit", place / "data.csv", *SMALL],
        ["demo", "--max-iter", 1],
    ):
        before = secret.read_bytes()
        result = run(*command, "-o", link)
        assert result.exit_code == 0, result.output
        assert secret.read_bytes() != before
    assert run("sample", place / "model", "-o", "/dev/null").exit_code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe", "secret"]


# What cannot be written


UNWRITABLE = {
    "/dev/full": "/dev/full: No space left on device",
    "n" * 300: "nnn: File name too long",
    "data.csv/file": "data.csv/file: Not a directory",
    "loop": "loop: Too many levels of symbolic links",
    "no/file": "there is no folder no to write file to",
    ".": "'.' is a directory",
}
COMMANDS = ("fit", "sample", "report", "demo")


@pytest.mark.parametrize(
    ("command", "output"),
    # a folder is what `sample` may write to
    [(c, o) for c in COMMANDS for o in UNWRITABLE if (c, o) != ("sample", ".")],
)
def test_outputs_that_cannot_be_written(place, tmp_path, monkeypatch, command, output):
    words = UNWRITABLE[output]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "data.csv").write_bytes((place / "data.csv").read_bytes())
    if output != "/dev/full":  # known before any work
        monkeypatch.setattr(regan.RegularizedGAN, "fit", lambda *_: pytest.fail("for nothing"))
        monkeypatch.setattr(
            "regan.cli.commands.load_sampler", lambda *_: pytest.fail("for nothing")
        )
    result = run(
        *{
            "fit": ["fit", "data.csv", *SMALL],
            "sample": ["sample", place / "model"],
            "report": ["report", place / "model", "data.csv"],
            "demo": ["demo", "--max-iter", 1],
        }[command],
        "-o",
        output,
    )
    assert result.exit_code == (2 if output == "." else 1), result.output
    assert isinstance(result.exception, SystemExit)
    assert words in result.stderr
    assert "written to" not in result.stdout
    if (command, output) == ("fit", "/dev/full"):  # the work is not lost
        kept = result.stderr.split("it was saved to ")[1].strip()
        assert kept.startswith(str(tmp_path))
        assert regan.load(kept).sample(3).shape == (3, 2)


def test_a_model_that_can_be_kept_nowhere(place, tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("regan.storage.tensor_file.write_atomically", full)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    result = run("fit", place / "data.csv", "-o", tmp_path / "m", *SMALL)
    assert result.exit_code == 1
    assert "(" + str(tmp_path / "m") + ": No space left on device)" in result.stderr
    assert "it could not be saved elsewhere either" in result.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("model", ["model", "mixed"])
@pytest.mark.parametrize("n", [10**15, 10**40])
def test_more_rows_than_the_disk_holds(place, tmp_path, model, n):
    result = run("sample", place / model, "-n", n, "-o", tmp_path / "x.csv")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "x.csv: it would take about " in result.stderr
    assert "its disk has only " in result.stderr
    assert os.listdir(tmp_path) == []


def test_a_reader_that_has_enough(place):
    args = ["sample", place / "model", "-n", 10**15, "-o", "-"]
    with started(*args, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"height,weight\r\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.parametrize("args", [["backends"], ["sample", "MODEL", "-n", 5, "-o", "-"]])
def test_standard_output_that_is_full(place, args):
    args = [place / "model" if arg == "MODEL" else arg for arg in args]
    with open("/dev/full", "wb") as full, started(*args, stdout=full) as process:
        errors = process.stderr.read().decode()
    assert process.returncode == 1
    assert errors.startswith("Error: ")
    assert errors.endswith("No space left on device\n")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(("output", "code"), [("x.csv", 0), ("nothing/x.csv", 1)])
def test_without_standard_output(place, tmp_path, monkeypatch, output, code):
    """Closed, by ``>&-``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as end:
        main(["sample", str(place / "model"), "-o", output])
    assert end.value.code == code


def test_terminals_without_letters(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner(charset="ascii")
    result = runner.invoke(main, ["sample", str(place / "model"), "-o", "größe.csv"])
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("written to gr\\xf6\\xdfe.csv\n")


# What cannot be read

BAD = {
    "missing": (None, 2, "File 'bad' does not exist"),
    "a folder": ("folder", 2, "File 'bad' is a directory"),
    "empty": (b"", 1, "bad"),
    "junk": (bytes(range(256)) * 9, 1, "bad"),
    "zeros": (bytes(5000), 1, "bad"),
    "an open quote": (b'height,weight\n"1', 1, "bad"),
    "a loop": ("loop", 2, "File 'bad' does not exist"),
}


@pytest.mark.parametrize(("contents", "code", "words"), BAD.values(), ids=BAD)
def test_inputs_that_cannot_be_read(place, tmp_path, monkeypatch, contents, code, words):
    monkeypatch.chdir(tmp_path)
    if contents == "folder":
        (tmp_path / "bad").mkdir()
    elif contents == "loop":
        (tmp_path / "bad").symlink_to("bad")
    elif contents is not None:
        (tmp_path / "bad").write_bytes(contents)
    data, model = place / "data.csv", place / "model"
    for command in (
        ["fit", "bad", "-o", "out", *SMALL],
        ["sample", "bad", "-o", "out"],
        ["evaluate", "bad", data],
        ["evaluate", data, "bad"],
        ["evaluate", data, data, "--holdout", "bad"],
        ["report", "bad", data, "-o", "out"],
        ["report", model, "bad", "-o", "out"],
        ["report", place / "mixed", "bad", "-o", "out"],
        ["report", model, data, "--holdout", "bad", "-o", "out"],
    ):
        expected = code, words
        if contents == "folder" and command[0] == "fit":  # which takes folders of Parquet
            expected = 1, "bad is a folder without Parquet files"
        result = run(*command)
        assert result.exit_code == expected[0], (command, result.output)
        assert isinstance(result.exception, SystemExit)
        assert expected[1] in result.stderr.splitlines()[-1], command
    assert not (tmp_path / "out").exists()


def test_what_may_not_be_read(place, monkeypatch):
    def forbidden(*args, **kwargs):
        raise PermissionError(13, "Permission denied", "data.csv")

    monkeypatch.setattr("regan.files.csv_files.read_lines", forbidden)
    result = run("evaluate", place / "data.csv", place / "data.csv")
    assert result.exit_code == 1
    assert result.stderr == "Error: data.csv: Permission denied\n"


# Columns that are called otherwise


def test_renamed_columns_do_not_go_on(tmp_path):
    rows = "\n".join(f"{a},{b}" for a, b in np.random.default_rng(0).normal(size=(20, 2)))
    path, folder = tmp_path / "data.csv", tmp_path / "run"
    command = ["fit", path, "-o", tmp_path / "m", *SMALL, "--checkpoint", folder, "--resume"]
    path.write_text(f"a,b\n{rows}")
    assert run(*command).exit_code == 0
    for header, words in (
        ("a,c\n", "written for the columns 'b', and the data now have 'c'"),
        ("b,a\n", "written for the columns 'a', 'b', and the data now have 'b', 'a'"),
        ("", "written for the columns 'a', 'b', and the data now have 0, 1"),
    ):
        path.write_text(header + rows)
        result = run(*command)
        assert result.exit_code == 1
        assert words in result.stderr
    path.write_text(f"a,b\n{rows}")
    assert run(*command).exit_code == 0


# Texts of users


@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
@given(names=st.lists(WORDS, min_size=2, max_size=3, unique_by=str.strip))
def test_no_name_reaches_the_terminal(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("names")
    names = [name.encode("utf-8", "replace").decode() for name in names] + ["plain"]
    values = np.random.default_rng(0).normal(size=(30, len(names)))
    frame = pd.DataFrame(values, columns=pd.Index(names, dtype=object))
    regan.RegularizedGaussian(random_state=0).fit(frame).save(folder / "model")
    data = folder / "data.csv"
    frame.iloc[:, 1:].to_csv(folder / "other.csv", index=False)
    outputs = [  # most of them complain
        run("sample", folder / "model", "-n", 30, "-o", data),
        run("fit", data, "-o", folder / "gan", *SMALL, "--header"),
        run("fit", data, "-o", folder / "gan", *SMALL, "--drop", names[0] + "x"),
        run("evaluate", data, folder / "other.csv", "--header"),
        run("report", folder / "model", folder / "other.csv", "--header"),
        run("sample", names[0] + "x", "-o", names[0] + "x"),
        run(names[0] + "x"),
    ]
    for result in outputs:
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert not controls(result.output.replace("\n", "").replace("\t", ""))
    with data.open(newline="", encoding="utf-8") as file:  # data stay what they are
        assert next(csv.reader(file)) == names


@pytest.mark.filterwarnings("default")
def test_halves_of_surrogate_pairs(tmp_path):
    names = pd.Index(["\udcff", "b"], dtype=object)
    frame = pd.DataFrame({0: pd.Series(["\ud800", "x"] * 10, dtype=object), 1: np.arange(20.0)})
    frame.columns = names
    regan.RegularizedVAE(max_iter=2, random_state=0).fit(frame).save(tmp_path / "model")
    result = run("sample", tmp_path / "model", "-n", 20, "-o", tmp_path / "s.csv")
    assert result.exit_code == 0, result.output
    assert result.stderr.count(r"are written as \ud800 and the like") == 1
    cells = (tmp_path / "s.csv").read_text(encoding="utf-8")
    assert cells.startswith("\\udcff,b\n")
    assert "\\ud800," in cells


def test_hostile_names_of_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("a,b\n1,2\n3,4\n5,7\n")
    for name in ("\x1b[31m.csv", "two\nlines.csv", "\udcff.csv"):
        os.rename("data.csv", name)
        result = run("fit", name, "-o", name + ".regan", *SMALL)
        assert result.exit_code == 0, result.output
        assert not controls(result.output.replace("\n", ""))
        os.rename(name, "data.csv")


def test_numbers_keep_their_form_over_parts(tmp_path):
    from regan.files.csv_parts import csv_texts

    parts = [np.array([[1.0, 2.0]]), np.array([[1.5, 3.0]]), np.array([[2.0, 4.0]])]
    assert list(csv_texts(["a", "b"], parts)) == ["a,b\r\n1,2\r\n", "1.5,3\r\n", "2.0,4\r\n"]
    (tmp_path / "x.csv").write_text("".join(csv_texts(["a", "b"], parts)))
    np.testing.assert_array_equal(read_csv(tmp_path / "x.csv")[1], np.concatenate(parts))


@pytest.mark.parametrize("n", [2, 5, 19, 20])
def test_a_fit_to_few_rows_is_told(tmp_path, n):
    values = np.random.default_rng(0).normal(size=(n, 2))
    pd.DataFrame(values, columns=["a", "b"]).to_csv(tmp_path / "d.csv", index=False)
    result = run("fit", tmp_path / "d.csv", "-o", tmp_path / "m", "--model", "gaussian")
    assert result.exit_code == 0
    told = f"has only {n} rows: a model can do little more than repeat them, and a high score"
    assert (told in result.stderr) == (n < 20)
