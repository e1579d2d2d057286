"""``regan fit`` on a rank: rank 0 alone writes and speaks. Other commands are refused there."""

import numpy as np
import pytest
from click.testing import CliRunner

from regan.cli import main, ranks
from regan.control.checkpoint import Writer
from regan.distributed import SingleCommunicator

WORDS = ["--model", "gan", "--max-iter", "3", "--set", "hidden_layer_sizes=4"]


class Rank(SingleCommunicator):
    """Rank 0 alone, or rank 1 of 2 where rank 0 finds and says the same."""

    def __init__(self, rank):
        self.number, self.failed = rank, None

    @property
    def rank(self):
        return self.number

    @property
    def size(self):
        return self.number + 1

    def all_reduce(self, array):
        if len(array) == self.size:  # a place for each rank
            array[0] = array[-1]
        else:
            array *= self.size

    def fail(self, error):
        self.failed = error


@pytest.fixture
def fit(tmp_path, monkeypatch):
    """Runs the command on a rank, in an environment where mpiexec has started two."""
    table, output = tmp_path / "table.csv", tmp_path / "model.regan"
    np.savetxt(table, np.random.default_rng(0).normal(size=(40, 2)), delimiter=",")
    communicating = ranks.communicating
    monkeypatch.setenv("PMI_SIZE", "2")

    def run(rank, *more):
        asked = []

        def on_rank(name):
            asked.append(name)
            return communicating(rank)

        monkeypatch.setattr(ranks, "communicating", on_rank)
        result = CliRunner().invoke(main, ["fit", str(table), "-o", str(output), *WORDS, *more])
        return result, output.exists(), asked

    return run


def test_rank_0_writes_and_speaks(fit):
    result, written, asked = fit(Rank(0))
    assert (result.exit_code, written, asked) == (0, True, ["mpi"] * 2)  # arguments, and the rest
    assert "3 updates" in result.stdout
    assert "training 3/3" in result.stderr


def test_other_ranks_do_neither(fit):
    rank = Rank(1)
    result, written, _ = fit(rank, "--alpha", "0.1", "--penalty", "none")
    assert (result.exit_code, written) == (0, False), rank.failed
    assert result.output == ""


def test_an_error_of_another_rank_goes_to_rank_0(fit):
    rank = Rank(1)
    result, _, _ = fit(rank, "--set", "batch_size=-3")
    assert (result.exit_code, result.output) == (1, "")
    assert "batch_size" in str(rank.failed)
    result, _, _ = fit(rank, "--max-iter", "many")
    assert (result.exit_code, result.output) == (1, "")
    assert "many" in str(rank.failed)
    result, _, _ = fit(Rank(0), "--set", "batch_size=-3")
    assert result.exit_code == 1
    assert "Error: batch_size" in result.output


def test_the_environment_may_name_another_communicator(fit, monkeypatch):
    monkeypatch.setenv("REGAN_COMMUNICATOR", "nccl")
    assert fit(Rank(0))[2] == ["nccl"] * 2


def test_without_mpiexec_nothing_is_asked_for(fit, monkeypatch):
    monkeypatch.delenv("PMI_SIZE")
    result, written, asked = fit(Rank(0))
    assert (result.exit_code, written, asked) == (0, True, [])


def test_how_to_go_on_names_the_ranks(fit, tmp_path, monkeypatch):
    def interrupted(self, run):
        raise KeyboardInterrupt(self._checkpoint.advice())

    monkeypatch.setattr(Writer, "on_report", interrupted)
    result, _, _ = fit(Rank(0), "--checkpoint", str(tmp_path / "runs"))
    assert result.exit_code == 130
    assert "mpiexec -n 2 regan fit " in result.stderr
    result, _, _ = fit(Rank(1), "--checkpoint", str(tmp_path / "runs"))
    assert (result.exit_code, result.output) == (130, "")


@pytest.mark.parametrize("name", sorted({*main.commands} - {"fit"}))
def test_other_commands_are_for_one_process(name, fit, tmp_path, monkeypatch):
    fit(Rank(0))
    model, table, output = (str(tmp_path / each) for each in ("model.regan", "table.csv", "out"))
    words = {
        "demo": ["-o", output, "--max-iter", "1"],
        "sample": [model, "-o", output, "-n", "5"],
        "impute": [model, table, "-o", output],
        "schema": [table, "-o", output],
        "evaluate": [table, table],
        "report": [model, table, "-o", output],
        "backends": [],
    }[name]
    result = CliRunner().invoke(main, [name, *words])
    assert result.exit_code == 1
    assert f"Error: regan {name} runs in one process, but mpiexec started 2" in result.stderr
    assert not (tmp_path / "out").exists()
    assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_ranks_that_have_different_work_are_not_refused(fit, tmp_path, monkeypatch):
    fit(Rank(0))
    monkeypatch.setenv("REGAN_COMMUNICATOR", "single")
    words = ["sample", str(tmp_path / "model.regan"), "-o", str(tmp_path / "rows.csv"), "-n", "5"]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert (tmp_path / "rows.csv").exists()
