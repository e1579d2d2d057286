"""Values that are not finite: in every part of the state, and from whoever has left them there."""

import copy
import pickle
from contextlib import nullcontext

import numpy as np
import pytest
from games import game, network, player

from regan import Callback, Checkpoint, DivergenceError, EarlyStopping, NonFiniteGuard
from regan.constraints import SpectralNorm
from regan.control.checkpoint import FILE_NAME
from regan.layers import BatchNorm
from regan.optimizers import SGD, Adam, ExtraAdam, OptimisticAdam, RMSprop
from regan.storage.tensor_file import CHECKPOINT
from regan.training.divergence import state_not_finite
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData
from tests.support.opened_files import contents

X = np.random.default_rng(1).normal(size=(100, 2))
TERMS = {"average": "moving average", "generator": "parameters", "discriminator": "parameters"}


def make(ops, optimizer, callbacks=()):
    """A trainer whose state has all that a state can have."""
    nets = (network(ops, n, [6], m, normalization=BatchNorm()) for n, m in ((3, 2), (2, 1)))
    players = (
        player(net, optimizer=optimizer, constraints=[SpectralNorm()] if net.n_in == 2 else [])
        for net in nets
    )
    return Trainer(game(*players), batch_size=16, ema_decay=0.9, callbacks=callbacks)


def trained(ops, optimizer=None, callbacks=(), *, state=None, n_updates=4, n_models=1):
    """A run of windows of one update, and the error that ended it."""
    trainer = make(ops, optimizer or Adam(0.5), callbacks)
    run, error = Run(state or trainer.init(0, n_models), n_updates), None
    try:
        trainer.run(run, TrainingData(ops, X))
    except DivergenceError as divergence:
        error = divergence
    return run, error


class Spoil(Callback):
    """Puts a value into an array of the state, at one event of a run."""

    def __init__(self, name="generator", value=np.nan, event="on_step", done=2, times=1):
        self.name, self.value, self.event, self.done = name, value, event, done
        self.left, self.ended = times, 0

    def spoil(self, event, run):
        if event == self.event and run.done == self.done and self.left:
            self.left -= 1
            run.state.arrays()[self.name].reshape(-1)[-1] = self.value

    def on_fit_start(self, run):
        self.spoil("on_fit_start", run)

    def on_step(self, run):
        self.spoil("on_step", run)

    def on_report(self, run):
        self.spoil("on_report", run)

    def on_not_finite(self, run, step, term):
        self.spoil("on_not_finite", run)
        return False

    def on_fit_end(self, run):
        self.ended += 1
        self.spoil("on_fit_end", run)


def host(ops, run):
    return run.state.map(ops.to_numpy).arrays()


def assert_same_state(ops, one, other):
    for name, array in host(ops, other).items():
        np.testing.assert_array_equal(host(ops, one)[name], array, err_msg=name)


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.5), RMSprop(0.9, 0.5), Adam(0.5), OptimisticAdam(0.5), ExtraAdam(0.5)],
    ids=repr,
)
def test_the_whole_state_is_looked_at(optimizer, ops64):
    """A run ends before the update that spoilt it, and another goes on from there."""
    clean, _ = trained(ops64, optimizer, n_updates=1)
    names = host(ops64, clean)
    parts = {name.partition(".")[2].partition(".")[0] for name in names}
    assert parts == {"", "kept", "step", *optimizer.moments}
    for name in names:
        term = TERMS.get(name, "constraint memory" if ".kept." in name else "optimizer state")
        for value in (np.nan, np.inf):
            run, error = trained(ops64, optimizer, [Spoil(name, value)])
            assert (error.step, error.term, error.callback) == (2, term, None)
            assert_same_state(ops64, run, clean)
    again, error = trained(ops64, optimizer, state=run.state, n_updates=2)
    assert error is None
    assert again.state.step == 3


@pytest.mark.parametrize("name", ["generator.v", "discriminator.m", "discriminator.kept.0.u0"])
def test_the_guard_goes_back_for_all_of_it(name, ops64):
    with pytest.warns(UserWarning, match="(state|memory) was not finite at update 3: .* update 2"):
        run, error = trained(ops64, None, [Spoil(name, np.inf, done=3), NonFiniteGuard()])
    assert error is None
    assert (run.done, run.rollbacks) == (4, 1)
    assert state_not_finite(ops64, run.state) is None


def test_what_is_large_is_finite(ops32):
    """The sum of a part may be too large for its dtype."""
    state = trained(ops32, n_updates=1)[0].state
    state.optimizers["generator"]["v"][...] = 3e38
    assert state_not_finite(ops32, state) is None
    state.optimizers["generator"]["v"][0, 3] = np.inf
    assert state_not_finite(ops32, state).term == "optimizer state"


def test_of_a_population_it_says_which(ops64):
    run, error = trained(ops64, None, [Spoil("generator.m")], n_models=3)
    assert error.members.tolist() == [False, False, True]
    assert run.state.step == 1


EVENTS = [("on_fit_start", 0), ("on_report", 1), ("on_report", 4), ("on_fit_end", 4)]


@pytest.mark.parametrize("n_models", [1, 2])
@pytest.mark.parametrize("name", ["discriminator", "generator.v", "average"])
@pytest.mark.parametrize(("event", "done"), EVENTS)
def test_what_a_callback_leaves_is_looked_at(event, done, name, n_models, ops64):
    """The state is that before it, the error names it, and the others are called as ever."""
    spoil, other = Spoil(name, np.nan, event, done), Spoil("", done=-1)
    run, error = trained(ops64, None, [other, spoil, other], n_models=n_models)
    assert (error.callback, error.step, run.state.step) == ("Spoil", done, done)
    assert error.members.tolist() == [False] * (n_models - 1) + [True]
    assert f"the callback Spoil left values that are not finite in the {error.term}"
    assert other.ended == (0 if event == "on_fit_start" else 2)
    assert len(run.history.get("generator_loss", ())) == done

    class Stop(Callback):
        def on_report(self, run):
            if run.done == done:
                run.stop()

    trainer = make(ops64, Adam(0.5), [Stop()])
    expected = Run(trainer.init(0, n_models), 4)
    if done:
        trainer.run(expected, TrainingData(ops64, X))
    assert_same_state(ops64, run, expected)


def test_a_callback_may_spoil_what_it_is_asked_to_mend(ops64):
    class Mend(Callback):
        def on_not_finite(self, run, step, term):
            run.state.average[...] = np.nan
            return True

    run, error = trained(ops64, None, [Spoil(), Mend()])
    assert (error.callback, error.term, run.state.step) == ("Mend", "moving average", 1)
    assert_same_state(ops64, run, trained(ops64, n_updates=1)[0])


def test_the_error_that_ended_a_run_says_more(ops64):
    """And what follows it is taken back as well."""
    run, error = trained(ops64, None, [Spoil(), Spoil(event="on_fit_end", done=1)])
    assert error.callback is None
    assert_same_state(ops64, run, trained(ops64, n_updates=1)[0])


def test_a_state_that_is_not_finite_is_not_gone_on_from(ops64):
    state = trained(ops64, n_updates=1)[0].state
    state.memories["discriminator"]["0.v0"][...] = np.nan
    with pytest.raises(
        ValueError, match=r"cannot continue, because the constraint memory of the model"
    ):
        trained(ops64, state=state)


def test_the_message_names_a_function(small_gan):
    def shift(run):
        run.state.thetas["generator"] *= np.inf

    gan = small_gan(callbacks=[shift])
    message = "the callback shift left values that are not finite in the parameters after update 1"
    with pytest.raises(DivergenceError, match=message) as caught:
        gan.fit(X)
    assert np.isfinite(gan.sample(9)).all()
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.callback) == (str(caught.value), "shift")


@pytest.mark.parametrize("event", ["on_step", "on_report", "on_fit_end"])
@pytest.mark.parametrize("guard", [False, True])
@pytest.mark.parametrize("name", ["generator.v", "discriminator.kept.0.u0", "average"])
def test_a_kept_model_can_go_on(small_gan, name, guard, event):
    spoil = Spoil(name, np.nan, event, done=8 if event == "on_fit_end" else 5, times=99)
    callbacks = [spoil, *([NonFiniteGuard(max_rollbacks=1)] if guard else [])]
    gan = small_gan(
        constraint=(None, "spectral_norm"), max_iter=8, callbacks=callbacks, warm_start=True
    )
    told = (
        pytest.warns(UserWarning, match="training returned to update")
        if guard and event == "on_step"
        else nullcontext()
    )
    with told, pytest.raises(DivergenceError):
        gan.fit(X)
    assert all(np.isfinite(a).all() for a in gan._state.arrays().values())
    assert gan.n_iter_ == len(gan.history_["generator_loss"])
    rows = gan.sample(5)
    gan.set_params(callbacks=None)
    for further in (copy.deepcopy(gan).partial_fit(X), gan.fit(X)):
        assert np.isfinite(further.sample(5)).all()
        assert (further.sample(5) != rows).any()


def test_nothing_of_it_is_saved(small_gan, tmp_path):
    """A checkpoint behind a callback that spoils the state holds what was there before."""
    callbacks = [Spoil("generator", event="on_report", done=5), Checkpoint(tmp_path, every=1)]
    with pytest.raises(DivergenceError, match="the callback Spoil"):
        small_gan(callbacks=callbacks, max_iter=8).fit(X)
    configuration, tensors = contents(tmp_path / FILE_NAME, CHECKPOINT)
    assert configuration["run"]["done"] == 5
    for name, array in tensors.items():
        if name.startswith("state"):
            assert np.isfinite(array).all()
    goes_on = Checkpoint(tmp_path, every=1, resume=True)
    whole, resumed = (
        small_gan(callbacks=[c], max_iter=8).fit(X).sample(9)
        for c in (Checkpoint(tmp_path / "other"), goes_on)
    )
    np.testing.assert_array_equal(resumed, whole)


def test_beside_early_stopping(small_gan):
    stopping = EarlyStopping(n_iter_no_change=50)
    gan = small_gan(callbacks=[Spoil("average", event="on_report", done=6)], max_iter=8)
    with pytest.raises(DivergenceError, match="the callback Spoil"):
        gan.set_params(early_stopping=stopping).fit(np.tile(X, (2, 1)))
    assert gan.n_iter_ == 6
    assert np.isfinite(gan.sample(9)).all()
