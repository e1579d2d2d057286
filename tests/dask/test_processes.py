"""Fits on a cluster of processes, which `tox -e dask` runs."""

import os
import re
import signal

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from mixed_tables import mixed

import regan.dask
from regan import RegularizedGAN
from regan.dask import DaskRegularizedGAN

pytestmark = pytest.mark.dask

SETTINGS = {"batch_size": 32, "random_state": 0, "max_iter": 200}


def table():
    """Eight hundred rows of many kinds."""
    return mixed(800).drop(columns=["either", "python"])  # Dask has no such columns


def parts():
    return dd.from_pandas(table(), npartitions=8)


def fitted(client, **settings):
    return DaskRegularizedGAN(client, **{**SETTINGS, **settings}).fit(parts()).to_local()


def same(one, other):
    """Whether two models are the same, bit by bit."""
    states = [model._state.arrays() for model in (one, other)]
    return one.history_.keys() == other.history_.keys() and all(
        np.array_equal(a[name], b[name], equal_nan=True)
        for a, b in (states, [model.history_ for model in (one, other)])
        for name in a
    )


def test_one_shard_is_the_model_of_one_process(processes):
    assert same(fitted(processes, n_shards=1), RegularizedGAN(**SETTINGS).fit(table()))


def test_the_same_model_again_and_with_other_workers(processes):
    first = fitted(processes)
    assert same(first, fitted(processes))
    assert same(fitted(processes, n_shards=3), fitted(processes, n_shards=3))
    assert not same(first, fitted(processes, random_state=1))


@pytest.mark.parametrize("conditional", [False, True])
def test_a_lost_worker_changes_nothing(processes, conditional):
    """A worker is killed between two rounds: its shard is made anew, from the last average."""
    y = "color" if conditional else None
    settings = {**SETTINGS, "conditional": conditional}
    undisturbed = DaskRegularizedGAN(processes, **settings).fit(parts(), y).to_local()
    killed = []

    def kill(run):
        if run.done == 50:
            (worker,) = sorted(processes.nthreads())[:1]
            killed.append(processes.run(os.getpid, workers=[worker])[worker])
            os.kill(killed[0], signal.SIGKILL)

    disturbed = DaskRegularizedGAN(processes, callbacks=[kill], **settings).fit(parts(), y)
    assert len(killed) == 1
    assert killed[0] not in processes.run(os.getpid).values()
    assert same(undisturbed, disturbed.to_local())


def test_a_worker_that_is_lost_at_work_changes_nothing(processes):
    undisturbed = fitted(processes)
    pids = processes.run(os.getpid)
    processes.submit(_kill_later, sorted(pids.values())[0], 1.0, pure=False)
    assert same(undisturbed, fitted(processes))


def _kill_later(pid, seconds):
    from threading import Timer

    Timer(seconds, os.kill, (pid, signal.SIGKILL)).start()


def test_samples_are_made_by_the_workers(processes, monkeypatch):
    monkeypatch.setattr(regan.dask.sampling, "PARTITION_CELLS", 1)
    model = DaskRegularizedGAN(processes, **SETTINGS).fit(parts())
    rows = model.sample(20_000, random_state=3)
    assert rows.npartitions == 5
    expected = model.to_local().sample(20_000, random_state=3)
    pd.testing.assert_frame_equal(rows.compute(), expected)
    pd.testing.assert_frame_equal(rows.partitions[2].compute(), expected[8192:12288])


def test_a_worker_with_another_version_is_named(processes):
    worker = sorted(processes.nthreads())[1]
    processes.run(_pretend, workers=[worker])
    with pytest.raises(RuntimeError, match=rf"{re.escape(worker)} has 0\.0\.0"):
        fitted(processes)


def _pretend():
    from regan import _version

    _version.__version__ = "0.0.0"


# what Dask calls of pandas
@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_the_example_in_the_docstring(processes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parts().to_parquet("rows/")
    _, _, code = DaskRegularizedGAN.__doc__.partition(".. code-block:: python\n")
    lines = [line.removeprefix(" " * 8) for line in code.splitlines()]
    program = "\n".join(line for line in lines if not line.startswith("client ="))
    program = program.replace("10**9", "10_000").replace("random_state=0", "max_iter=100")
    exec(program, {"client": processes})
    assert len(dd.read_parquet("samples/")) == 10_000
    assert regan.load("model").sample(3).shape == (3, 15)
