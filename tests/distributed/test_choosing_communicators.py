"""Which communicator a fit has, and how many ranks a launcher says that it has started."""

import threading

import pytest
from joblib import Parallel, delayed
from thread_ranks import ThreadRanks

from regan.distributed import (
    MPICommunicator,
    SingleCommunicator,
    communicating,
    get_communicator,
    mpi,
)
from regan.distributed.choice import ENVIRONMENT_VARIABLE, one_fit
from regan.distributed.launch import launched_ranks

LAUNCHERS = (
    "PMI_SIZE",
    "PMI_RANK",
    "OMPI_COMM_WORLD_SIZE",
    "MV2_COMM_WORLD_SIZE",
    "PMIX_RANK",
    "SLURM_STEP_NUM_TASKS",
    "SLURM_NTASKS",
    ENVIRONMENT_VARIABLE,
)


@pytest.fixture(autouse=True)
def outside(monkeypatch):
    """No launcher has started this process."""
    for name in LAUNCHERS:
        monkeypatch.delenv(name, raising=False)


def test_nothing_is_shared_unless_it_is_asked_for(monkeypatch):
    monkeypatch.setenv("PMI_SIZE", "4")  # a rank of a program that fits models of its own
    assert get_communicator().size == 1


def test_a_context_says_it_for_this_thread_alone():
    mine, seen = SingleCommunicator(), []
    with communicating(mine) as inner:
        assert inner is mine is get_communicator()
        other = threading.Thread(target=lambda: seen.append(get_communicator()))
        other.start()
        other.join()
        with communicating("single") as nothing:
            assert nothing is get_communicator() is not mine
        assert get_communicator() is mine
    assert get_communicator() is not mine
    assert seen[0] is not mine


def test_the_environment_says_it_too(monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "single")
    assert get_communicator().size == 1
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "carrier pigeons")
    message = "REGAN_COMMUNICATOR=carrier pigeons is not a communicator; choose one of: single, mpi"
    with pytest.raises(ValueError, match=message):
        get_communicator()


def test_processes_of_a_search_are_no_ranks(monkeypatch):
    """They inherit the environment."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "mpi")
    sizes = Parallel(n_jobs=2)(delayed(communicator_size)() for _ in range(2))
    assert sizes == [1, 1]


def communicator_size():
    return get_communicator().size


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("mp", ValueError, "communicator='mp' is not a communicator; choose one of: single, mpi, "),
        (None, TypeError, "communicator must be a name or a Communicator, got None"),
        (SingleCommunicator, TypeError, "must be a name or a Communicator, got <class"),
    ],
)
def test_a_wrong_name_is_refused(given, error, message):
    with pytest.raises(error, match=message), communicating(given):
        pass


@pytest.mark.parametrize(
    ("environment", "n"),
    [
        ({}, 1),
        ({"PMI_SIZE": "4", "PMI_RANK": "1"}, 4),
        ({"OMPI_COMM_WORLD_SIZE": "3"}, 3),
        ({"MV2_COMM_WORLD_SIZE": "2"}, 2),
        ({"SLURM_STEP_NUM_TASKS": "8", "PMIX_RANK": "0"}, 8),
        ({"SLURM_STEP_NUM_TASKS": "8"}, 1),
        ({"SLURM_NTASKS": "8", "PMI_RANK": "0"}, 1),
        ({"PMI_SIZE": "many"}, 1),
    ],
)
def test_what_launchers_say(monkeypatch, environment, n):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert launched_ranks() == n


def test_without_mpi4py_it_says_what_to_install(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(mpi, "import_module", missing)
    with pytest.raises(ImportError, match=r"No module named.*pip install mpi4py mpich$"):
        MPICommunicator()


@pytest.mark.parametrize("context", [communicating, one_fit])
def test_an_error_in_a_context_ends_the_other_ranks(context):
    def work(communicator):
        with communicating(communicator), context() if context is one_fit else context("single"):
            if communicator.rank == 1:
                raise MemoryError("all of it")
            communicator.broadcast("never heard")

    first, second = ThreadRanks(2).run(work)
    assert "rank 1 failed: MemoryError('all of it')" in str(first)
    assert isinstance(second, MemoryError)
