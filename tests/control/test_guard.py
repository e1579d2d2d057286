"""The guard: where a run goes back to, what it changes, and when it gives up."""

import pickle

import numpy as np
import pytest
from games import game, network, player
from sklearn.base import clone

from regan import Callback, DivergenceError, NonFiniteGuard, RegularizedGAN
from regan.optimizers import SGD
from regan.schedules import LinearSchedule
from regan.schedules.clock import Clock
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData

X = np.random.default_rng(1).normal(size=(100, 2))


class Poison(Callback):
    """Makes a network infinite at an update, so many times in a run."""

    def __init__(self, step=25, times=1, name="generator"):
        self.step, self.times, self.name = step, times, name

    def on_step(self, run):
        if run.state.step == self.step and run.rollbacks < self.times:
            run.state.thetas[self.name][...] = np.inf


def trained(ops, *callbacks, n_updates=80, n_models=1, rate=1e-2, **settings):
    """A run of a small game."""
    nets = network(ops, 3, [8], 2), network(ops, 2, [8], 1)
    players = [player(net, rate=rate, **settings) for net in nets]
    trainer = Trainer(game(*players), batch_size=16, ema_decay=0.999, callbacks=callbacks)
    run = Run(trainer.init(0, n_models), n_updates)
    trainer.run(run, TrainingData(ops, X))
    return run


def host(ops, run):
    return run.state.map(ops.to_numpy).arrays()


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_the_run_goes_back_to_the_window_and_on_with_a_lower_rate(ops64, name):
    """As if the rate had been lower from there on; windows have two updates."""

    class Lower(Callback):
        def on_report(self, run):
            if run.done == 24:
                run.rate = 0.25

    with pytest.warns(UserWarning, match="was not finite at update") as caught:
        run = trained(ops64, Poison(25, 1, name), NonFiniteGuard(factor=0.25), n_updates=80)
    assert len(caught) == 1
    assert (run.done, run.state.step, run.rollbacks, run.rate) == (80, 80, 1, 0.25)
    expected = trained(ops64, Lower(), n_updates=80)
    assert all(len(values) == 80 for term, values in run.history.items() if term.endswith("loss"))
    for key, values in expected.history.items():
        np.testing.assert_array_equal(run.history[key], values)
    for key, array in host(ops64, expected).items():
        np.testing.assert_array_equal(host(ops64, run)[key], array)


@pytest.mark.parametrize("schedule", [None, LinearSchedule()])
@pytest.mark.parametrize("rate", [1e-2, np.array([[1e-2], [3e-2]])], ids=["one", "two"])
def test_the_rate_of_a_run_multiplies_every_learning_rate(ops64, schedule, rate):
    settings = {"optimizer": SGD(), "schedule": schedule, "n_models": np.size(rate)}

    class Rate(Callback):
        def on_fit_start(self, run):
            run.rate = 0.5

    one, half = (
        trained(ops64, *callbacks, n_updates=3, rate=r, **settings)
        for callbacks, r in (([Rate()], rate), ([], rate * 0.5))
    )
    for key, array in host(ops64, half).items():
        np.testing.assert_allclose(host(ops64, one)[key], array, rtol=1e-12, atol=1e-15)


def test_a_clock_has_a_rate():
    assert Clock().rate == 1.0
    assert Clock(0.5, 0.25).rate == 0.25


def test_every_roll_back_is_told_with_the_new_rates(small_gan):
    gan = small_gan(
        max_iter=80,
        learning_rate_init=(3e-3, 1e-2),
        callbacks=[Poison(25, 3), NonFiniteGuard()],
    )
    with pytest.warns(UserWarning, match="not finite at update") as caught:
        gan.fit(X)
    assert [str(w.message).partition(": ")[2] for w in caught] == [
        "training returned to update 24, and the learning rates are now "
        f"{rates}; rollback {i} of at most 3)"
        for i, rates in (
            (1, "0.5 times the given rates (generator 0.0015, discriminator 0.005"),
            (2, "0.25 times the given rates (generator 0.00075, discriminator 0.0025"),
            (3, "0.125 times the given rates (generator 0.000375, discriminator 0.00125"),
        )
    ]
    assert {w.filename for w in caught} == {__file__}
    assert gan.n_iter_ == 80
    assert np.isfinite(gan.sample(20)).all()


def test_a_population_is_told_its_range(ops64):
    rate = np.array([[1e-3], [4e-3]])
    with pytest.warns(UserWarning, match=r"\(generator 0.0005 to 0.002, discriminator 0.0005 to"):
        trained(ops64, Poison(), NonFiniteGuard(), n_models=2, rate=rate, n_updates=40)


def test_after_the_last_roll_back_it_is_an_error_that_says_so(small_gan):
    callbacks = [Poison(25, 99), NonFiniteGuard(factor=0.1, max_rollbacks=2)]
    gan = small_gan(max_iter=80, callbacks=callbacks)
    message = (
        r"not finite at update 26, after 2 rollbacks and with 0.01 times the given learning "
        r"rates\. The model keeps the last finite parameters"
    )
    with (
        pytest.warns(UserWarning, match="was not finite") as caught,
        pytest.raises(DivergenceError, match=message) as error,
    ):
        gan.fit(X)
    assert len(caught) == 2
    assert (error.value.rollbacks, error.value.rate) == (2, pytest.approx(0.01))
    assert gan.n_iter_ == len(gan.history_["generator_loss"]) == 25  # all that was finite
    assert np.isfinite(gan.sample(20)).all()
    again = pickle.loads(pickle.dumps(error.value))
    assert str(again) == str(error.value)
    assert vars(again) == vars(error.value)


def test_one_roll_back_is_told_as_one():
    assert "after 1 rollback and with" in str(DivergenceError(5, "parameters", 1, 0.5))


def test_it_mends_a_rate_that_is_too_high():
    """Not by a stand-in: plain gradient descent blows up, and does not at a tenth of the rate."""
    settings = {
        "optimizer": "sgd", "learning_rate_init": 3.0, "hidden_layer_sizes": 16, "max_iter": 400,
        "random_state": 0,
    }  # fmt: skip
    with pytest.raises(DivergenceError):
        RegularizedGAN(**settings).fit(X)
    with pytest.warns(UserWarning, match="training returned to update 0"):
        gan = RegularizedGAN(**settings, callbacks=[NonFiniteGuard(0.1)]).fit(X)
    assert gan.n_iter_ == 400
    assert np.isfinite(gan.sample(100)).all()


def test_where_all_is_finite_it_changes_nothing(small_gan):
    one, two = (small_gan(callbacks=c).fit(X) for c in (None, [NonFiniteGuard()]))
    np.testing.assert_array_equal(one.generator_.theta, two.generator_.theta)


def test_every_fit_counts_anew(small_gan):
    gan = small_gan(max_iter=40, warm_start=True, callbacks=[Poison(5), NonFiniteGuard(0.5, 1)])
    with pytest.warns(UserWarning, match="rollback 1 of at most 1"):
        gan.fit(X)
    gan.set_params(callbacks=[Poison(45), gan.callbacks[1]])
    with pytest.warns(UserWarning, match="now 0.5 times the given rates .* rollback 1 of at most"):
        gan.fit(X)
    assert gan.n_iter_ == 80


def test_one_pass_has_a_guard_too(small_gan):
    """The rows of the pass are the same after a rollback."""
    seen = []

    class Rows(Callback):
        def on_step(self, run):
            seen.append(run.done)

    gan = small_gan(batch_size=20, callbacks=[Poison(3), NonFiniteGuard(), Rows()])
    with pytest.warns(UserWarning, match="training returned to update 2"):
        gan.partial_fit(X)
    assert gan.n_iter_ == 5
    assert seen == [1, 2, 3, 3, 4, 5]


def test_any_callback_may_go_on(small_gan):
    """And all are asked."""
    asked = []

    class Mend(Callback):
        def __init__(self, answer):
            self.answer = answer

        def on_not_finite(self, run, step, term):
            asked.append((step, term, run.state.step, run.done))
            run.rollbacks += self.answer
            return self.answer

    small_gan(max_iter=80, callbacks=[Poison(25), Mend(True), Mend(False)]).fit(X)
    assert asked == [(26, asked[0][1], 24, 24)] * 2
    assert Callback().on_not_finite(None, 1, "parameters") is False


BAD = [
    (NonFiniteGuard(1.0), ValueError, r"factor of NonFiniteGuard must be .* > 0 and < 1, got 1.0"),
    (NonFiniteGuard(0), ValueError, r"factor of NonFiniteGuard must be .* > 0 and < 1, got 0"),
    (NonFiniteGuard("half"), TypeError, r"factor of NonFiniteGuard must be a real number"),
    (NonFiniteGuard(0.5, 0), ValueError, r"max_rollbacks of NonFiniteGuard .* >= 1, got 0"),
    (NonFiniteGuard(0.5, 2.5), TypeError, r"max_rollbacks of NonFiniteGuard must be an integer"),
]


@pytest.mark.parametrize(("guard", "error", "message"), BAD, ids=repr)
def test_bad_settings(small_gan, guard, error, message):
    gan = small_gan(callbacks=[guard])
    with pytest.raises(error, match=message):
        gan.fit(X)
    assert not hasattr(gan, "generator_")


def test_it_is_copied_with_its_model(small_gan):
    copied = clone(small_gan(callbacks=[NonFiniteGuard(0.1, 7)])).callbacks[0]
    assert (copied.factor, copied.max_rollbacks) == (0.1, 7)
