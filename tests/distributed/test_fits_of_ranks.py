"""What ranks of a fit have in common, decide together and leave to rank 0."""

import signal
import warnings

import numpy as np
import pytest
from test_shared_training import SMALL, X, fitted
from thread_ranks import ThreadRanks

from regan import Callback, Checkpoint, DivergenceError, NonFiniteGuard, RegularizedGAN
from regan.backends import get_backend
from regan.control import ranks as control_ranks
from regan.control.signals import Interruption
from regan.distributed import RankError, communicating, get_communicator
from regan.estimators.timing import updates_within


def errors(work, size=2):
    found = ThreadRanks(size).run(work)
    assert all(isinstance(each, BaseException) for each in found), found
    return found


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda rank: ({"alpha": 0.1 * rank}, X), "alpha is 0.1, and 0.0 on rank 0"),
        (lambda rank: ({"random_state": rank}, X), "random_state is 1, and 0 on rank 0"),
        (lambda rank: ({"max_iter": 9 + rank}, X), "max_iter is 10, and 9 on rank 0"),
        (lambda rank: ({}, X[rank:]), "the number of rows is 119, and 120 on rank 0"),
        (lambda rank: ({}, X + [0, rank, 0]), "column 1 holds other values"),
        (lambda rank: ({}, X[:, rank:]), "the number of columns is 2, and 3 on rank 0"),
    ],
)
def test_other_settings_or_data_are_an_error_on_every_rank(given, words):
    def work(communicator):
        settings, rows = given(communicator.rank)
        with communicating(communicator):
            RegularizedGAN(**{**SMALL, **settings}).fit(rows)

    for error in errors(work):
        assert isinstance(error, RankError)
        assert f"rank 1 got different input from rank 0: {words}" in str(error)


def test_other_versions_and_machines_are_one_too(monkeypatch):
    def work(communicator):
        facts = {"the version of regan": control_ranks.Fact("0.2" if communicator.rank else "0.1")}
        control_ranks.check_same(communicator, facts)

    for error in errors(work):
        assert "rank 1 got different input from rank 0: the version of regan is 0.2" in str(error)
    identity = control_ranks.Identity("A", {}, {}, [1, 1], ["'x'"], ["digest"], None, 0)
    facts = control_ranks.facts_of(identity, get_backend("numpy"))
    assert {"the version of regan", "the backend", "numpy of the machine"} <= facts.keys()


@pytest.mark.parametrize("random_state", [None, np.random.RandomState])
def test_without_a_seed_ranks_have_that_of_rank_0(random_state):
    def work(communicator):
        state = random_state and random_state(communicator.rank)
        return fitted(communicator, random_state=state, max_iter=5)

    first, second = ThreadRanks(2).run(work)
    assert first._seed == second._seed
    np.testing.assert_array_equal(first.generator_.theta, second.generator_.theta)


class OnRank(Callback):
    """Does something at a window's end, on one rank."""

    def __init__(self, rank, act, at=10):
        self.rank, self.act, self.at = rank, act, at

    def on_report(self, run):
        if get_communicator().rank == self.rank and run.done >= self.at:
            self.act(run)


def test_all_stop_where_one_does():
    stop = OnRank(1, lambda run: run.stop())
    found = ThreadRanks(2).run(lambda c: fitted(c, callbacks=[stop]))
    assert [model.n_iter_ for model in found] == [10, 10]


def test_what_one_rank_alone_changes_is_an_error():
    def slower(run):
        run.rate = 0.5

    def other(run):
        run.state.thetas["generator"][...] += 1e-9

    for change in (slower, other):
        for error in errors(lambda c, change=change: fitted(c, callbacks=[OnRank(1, change)])):
            assert isinstance(error, RankError)
            assert "rank 1 has other parameters or rates than rank 0 at update 10" in str(error)
        same = [OnRank(0, change), OnRank(1, change)]
        first, second = ThreadRanks(2).run(lambda c, same=same: fitted(c, callbacks=same))
        np.testing.assert_array_equal(first.generator_.theta, second.generator_.theta)


def test_an_error_on_one_rank_ends_the_others_and_is_named():
    def fail(run):
        raise MemoryError("17 GiB")

    first, second = errors(lambda c: fitted(c, callbacks=[OnRank(1, fail)]))
    assert isinstance(first, RankError)
    assert "rank 1 failed: MemoryError('17 GiB')" in str(first)
    assert isinstance(second, MemoryError)


def test_data_that_one_rank_cannot_read_end_the_others():
    def work(communicator):
        with communicating(communicator):
            RegularizedGAN(**SMALL).fit(np.full((9, 2), np.inf) if communicator.rank else X)

    first, second = errors(work)
    assert isinstance(first, RankError)
    assert isinstance(second, ValueError)


def test_divergence_is_met_by_all_and_the_guard_helps_all():
    settings = {"optimizer": "sgd", "learning_rate_init": 3.0, "max_iter": 400}
    for error in errors(lambda c: fitted(c, **settings)):
        assert isinstance(error, DivergenceError)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        guarded = {**settings, "callbacks": [NonFiniteGuard(factor=0.1)]}
        first, second = ThreadRanks(2).run(lambda c: fitted(c, **guarded))
    assert len([w for w in caught if "learning rates are now" in str(w.message)]) == 1  # rank 0's
    np.testing.assert_array_equal(first.generator_.theta, second.generator_.theta)


class StoppedError(Exception):
    pass


def test_rank_0_writes_checkpoints_and_all_go_on_from_them(tmp_path):
    def stop(run):
        raise StoppedError

    def work(communicator, *callbacks, resume=False):
        folder = tmp_path if communicator.rank == 0 else tmp_path / "no" / "such"
        checkpoint = Checkpoint(folder, every=1, resume=resume)
        return fitted(communicator, callbacks=[checkpoint, *callbacks])

    stops = [OnRank(0, stop, 20), OnRank(1, stop, 20)]
    for error in errors(lambda c: work(c, *stops)):
        assert isinstance(error, StoppedError)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.regan"]
    seen = []

    class See(Callback):
        def on_fit_start(self, run):
            seen.append(run.done)

    again = ThreadRanks(2).run(lambda c: work(c, See(), resume=True))
    assert seen == [19, 19]
    whole = ThreadRanks(2).run(fitted)
    for model in again:
        for name, array in whole[0]._state.arrays().items():
            np.testing.assert_array_equal(model._state.arrays()[name], array)


def test_a_signal_of_one_rank_is_heard_by_all():
    def work(communicator):
        interruption = Interruption()
        if communicator.rank == 1:
            interruption.heard = signal.SIGTERM
        interruption.agree(communicator)
        return interruption.heard

    assert ThreadRanks(2).run(work) == [signal.SIGTERM] * 2
    assert ThreadRanks(2).run(lambda c: Interruption().agree(c)) == [None] * 2


def test_updates_within_a_time_are_those_of_rank_0():
    def work(communicator):
        with communicating(communicator):
            model = RegularizedGAN(**{**SMALL, "max_iter": 7})
            return updates_within(model, X, seconds=3600)

    assert ThreadRanks(2).run(work) == [7, 7]


def test_rank_0_alone_warns_and_shows_how_far_training_is(capsys):
    settings = {"verbose": 1, "max_iter": 4, "alpha": 0.3, "penalty": None}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ThreadRanks(2).run(lambda c: fitted(c, **settings))
    assert len([w for w in caught if "alpha=0.3 has no effect" in str(w.message)]) == 1
    lines = capsys.readouterr()
    assert (lines.out + lines.err).count(" 4/4 ") == 1
