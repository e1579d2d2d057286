"""Workers end when the process that wants their results was killed."""

import multiprocessing
import os
import signal
import subprocess
import sys
from time import sleep

import pytest
from interrupted import children, search

from regan.training import orphans

SECONDS = 60  # at most; it takes one


@pytest.mark.skipif(os.name != "posix", reason="forks")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_workers_of_a_search_end_with_it(number):
    """What they hold, an end of a pipe, is closed when the last of them has ended."""
    listening, told = multiprocessing.Pipe(duplex=False)
    child = children().Process(target=search, args=(told,))
    child.start()
    told.close()
    workers = {listening.recv(), listening.recv()}
    assert len(workers - {child.pid}) == 2
    os.kill(child.pid, number)
    child.join()
    assert listening.poll(SECONDS)
    with pytest.raises(EOFError):
        listening.recv()


def in_a_worker(told):
    told.send((orphans.is_worker(), orphans.parent_is_there()()))


@pytest.mark.parametrize("daemon", [True, False])
def test_daemonic_processes_are_workers_and_others_are_not(daemon):
    assert not orphans.is_worker()
    listening, told = multiprocessing.Pipe(duplex=False)
    child = children().Process(target=in_a_worker, args=(told,), daemon=daemon)
    child.start()
    assert listening.recv() == (daemon, True)
    child.join()


def test_a_process_that_ended_does_not_run():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not orphans._runs(ended.pid)
    assert orphans._runs(os.getpid())


SCRIPT = """
import os
from pathlib import Path

import numpy as np
from sklearn.model_selection import cross_val_score

from regan import Callback, RegularizedGAN

class Tell(Callback):
    def on_fit_start(self, run):
        Path(FOLDER, str(os.getpid())).touch()

X = np.random.default_rng(0).normal(size=(200, 2))
gan = RegularizedGAN(max_iter=10**7, callbacks=[Tell()])
cross_val_score(gan, X, cv=2, n_jobs=2)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_workers_of_loky_end_too(number, tmp_path):
    """They inherit the standard error, which is closed when the last of them has ended."""
    script = SCRIPT.replace("FOLDER", repr(os.fspath(tmp_path)))
    child = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    while len(list(tmp_path.iterdir())) < 2 and child.poll() is None:
        sleep(0.1)
    child.send_signal(number)
    child.communicate(timeout=SECONDS)
    assert child.returncode == -number
