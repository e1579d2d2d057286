"""Processes that mpiexec starts: they train one model, and none is left waiting for another."""

import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import mpi_program
import numpy as np
import pytest

import regan
from regan import RegularizedGAN

ROOT = Path(__file__).parents[2]
BESIDE = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
MPIEXEC = shutil.which("mpiexec", path=BESIDE)

pytestmark = [
    pytest.mark.mpi,
    pytest.mark.skipif(not (MPIEXEC and find_spec("mpi4py")), reason="needs mpi4py and mpiexec"),
]


def start(*words, n=2, **options):
    """mpiexec with so many ranks of Python."""
    return subprocess.Popen(
        [MPIEXEC, "-n", str(n), sys.executable, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.fspath(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def done(process):
    """Exit status, and what was told; a rank that waits for ever is an error."""
    try:
        out, err = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, err


def run(what, folder, **options):
    return done(start(ROOT / "tests" / "support" / "mpi_program.py", what, folder, **options))


def cli(*words):
    return done(start("-m", "regan", *words))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_protocol(tmp_path, n):
    status, _, err = run("protocol", tmp_path, n=n)
    assert status == 0, err


@pytest.mark.parametrize(("what", "n_updates"), [("train", 50), ("long", 200)])
def test_two_ranks_train_what_one_process_does(tmp_path, what, n_updates):
    status, _, err = run(what, tmp_path)
    assert status == 0, err
    one = RegularizedGAN(**{**mpi_program.SETTINGS, "max_iter": n_updates}).fit(mpi_program.X)
    first, second = (dict(np.load(tmp_path / f"{rank}.npz")) for rank in range(2))
    for name, theta in {**one._state.thetas, **one.history_}.items():
        np.testing.assert_allclose(first[name], theta, rtol=1e-6, atol=1e-6, err_msg=name)
    for name, array in first.items():
        np.testing.assert_array_equal(second[name], array, err_msg=name)


def test_an_error_on_one_rank_ends_the_other(tmp_path):
    status, _, err = run("fail", tmp_path)
    assert status != 0
    assert "RankError: rank 1 failed: MemoryError: no room" in err
    assert not list(tmp_path.iterdir())


def test_a_rank_that_is_killed_ends_the_other(tmp_path):
    """By mpiexec, which names the process."""
    status, out, err = run("kill", tmp_path)
    assert status != 0
    assert "signal 9" in out + err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("how", "said"),
    [("error", "rank 1 failed: MemoryError: no room"), ("exit", "rank 1 has ended")],
)
def test_a_rank_that_ends_outside_of_fits_ends_the_other(how, said):
    status, _, err = run("ended", how)
    assert status != 0
    assert f"RankError: {said}" in err


def test_other_settings_on_one_rank(tmp_path):
    status, _, err = run("differ", tmp_path)
    assert status != 0
    text = "RankError: rank 1 got different input from rank 0: gamma is 0.3"
    assert err.count(text) == 2


def test_after_an_error_of_all_ranks_they_go_on(tmp_path):
    status, _, err = run("again", tmp_path)
    assert status == 0, err
    assert (tmp_path / "0.txt").read_text() == "ValueError: alone"
    assert (tmp_path / "1.txt").read_text() == "RankError: rank 0 failed: ValueError: alone"
    assert (tmp_path / "1.npz").exists()


def test_errors_that_are_caught_leave_no_rank_waiting(tmp_path):
    status, _, err = run("unlike", tmp_path)
    assert status == 0, err
    first = "ValueError ValueError RankError fitted ValueError RankError fitted"
    second = "ValueError RankError ValueError fitted ValueError ValueError fitted"
    assert (tmp_path / "0.txt").read_text().replace("ColumnsError", "ValueError") == first
    assert (tmp_path / "1.txt").read_text().replace("ColumnsError", "ValueError") == second
    assert same_models(tmp_path)


def test_an_error_that_is_raised_by_another_name_is_one(tmp_path):
    """And one that comes up while it is handled is another."""
    status, _, err = run("wrapped", tmp_path)
    assert status == 0, err
    assert (tmp_path / "0.txt").read_text() == "ColumnsError"
    assert (tmp_path / "1.txt").read_text() == "RankError"
    assert same_models(tmp_path)


def test_after_an_error_of_one_rank_a_checkpoint_is_resumed(tmp_path):
    status, _, err = run("resumed", tmp_path)
    assert status == 0, err
    assert [(tmp_path / f"{rank}.txt").read_text() for rank in range(2)] == [
        "RankError",
        "MemoryError",
    ]
    assert same_models(tmp_path)
    one = RegularizedGAN(**{**mpi_program.SETTINGS, "max_iter": 200}).fit(mpi_program.X)
    found = np.load(tmp_path / "0.npz")
    for name, theta in one._state.thetas.items():
        np.testing.assert_allclose(found[name], theta, rtol=1e-6, atol=1e-6, err_msg=name)


def test_a_rank_that_has_failed_and_ends_is_not_waited_for(tmp_path):
    status, _, err = run("gone", tmp_path)
    assert status != 0
    assert "RankError: rank 0 has ended" in err


def same_models(folder):
    """Whether both ranks have the same model."""
    first, second = (dict(np.load(folder / f"{rank}.npz")) for rank in range(2))
    same = [np.array_equal(second[name], array, equal_nan=True) for name, array in first.items()]
    return all(same) and len(first) == len(second)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    np.savetxt(path, mpi_program.X, delimiter=",", header="a,b,c", comments="")
    return path


def test_the_command_line_trains_one_model(tmp_path, table):
    output = tmp_path / "model.regan"
    words = ["--model", "gan", "--max-iter", "120", "--random-state", "0", "--set", "batch_size=24"]
    status, out, err = cli("fit", table, "-o", output, *words, "--set", "dtype=float64")
    assert status == 0, err
    assert out.count("saved to") == 1
    assert err.count("header a, b, c") == 1
    assert err.count(" 120/120 ") == 1
    X = np.loadtxt(table, delimiter=",", skiprows=1)
    settings = {"max_iter": 120, "random_state": 0, "batch_size": 24, "dtype": "float64"}
    expected = RegularizedGAN(**settings).fit(X)
    found = regan.load(output)
    np.testing.assert_allclose(found.generator_.theta, expected.generator_.theta, atol=1e-6)


def test_the_command_line_tells_an_error_once(tmp_path, table):
    output = tmp_path / "model.regan"
    words = ["--model", "gan", "--set", "batch_size=33"]
    status, out, err = cli("fit", table, "-o", output, *words)
    assert status == 1
    assert (out + err).count("Error") == 1
    assert "Error: a minibatch of batch_size=33 rows" in err
    assert not output.exists()


def test_a_file_that_one_rank_does_not_find(tmp_path, table):
    """Each rank has a folder of its own, as a machine has."""
    (tmp_path / "0").mkdir()
    table.rename(tmp_path / "0" / "table.csv")
    inside = "import os, sys; os.chdir(sys.argv.pop(1) + '/' + os.environ['PMI_RANK'])"
    (tmp_path / "1").mkdir()
    program = f"{inside}; from regan.cli import main; main()"
    words = ["fit", "table.csv", "-o", "model.regan", "--model", "gan"]
    status, out, err = done(start("-c", program, tmp_path, *words))
    assert status == 1
    assert (out + err).count("Error") == 1
    assert "Error: rank 1 failed: BadParameter: File 'table.csv' does not exist" in err


def test_other_commands_are_refused(tmp_path, table):
    model, output = tmp_path / "model.regan", tmp_path / "rows.csv"
    RegularizedGAN(**{**mpi_program.SETTINGS, "max_iter": 1}).fit(mpi_program.X).save(model)
    status, _, err = cli("sample", model, "-o", output)
    assert status != 0
    assert "regan sample runs in one process, but mpiexec started 2" in err
    assert not output.exists()


def test_ctrl_c_keeps_the_model_so_far(tmp_path, table):
    output = tmp_path / "model.regan"
    words = ["--model", "gan", "--max-iter", "20000", "--set", "hidden_layer_sizes=8"]
    process = start("-m", "regan", "fit", table, "-o", output, *words, "--set", "batch_size=24")
    for line in process.stderr:
        if "/20000 " in line:
            break
    process.send_signal(signal.SIGINT)
    status, _, err = done(process)
    assert status == 128 + signal.SIGINT
    assert err.count("the model so far is saved to") == 1
    assert 0 < regan.load(output).n_iter_ < 20000
