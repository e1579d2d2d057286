"""The training loop: what a step does, what a window does, and what happens when values blow up."""

import numpy as np
import pytest

from regan import DivergenceError, factory
from regan.callbacks import Callback
from regan.gradient_penalties import R1R2
from regan.layers import Activation
from regan.objective import Objective
from regan.optimizers import SGD, Adam, AdamW
from regan.penalties import L1, L2
from regan.players import Pair
from regan.schedules import ConstantSchedule, LinearSchedule
from regan.state import Run
from regan.trainer import Trainer

X = np.random.default_rng(1).normal(size=(100, 2))


def make(ops, *, rate=1e-2, penalty=None, optimizer=None, schedule=None, **settings):
    networks = (
        factory.make_network(ops, 3, [8], 2, Activation("tanh")),
        factory.make_network(ops, 2, [8], 1, Activation("tanh")),
    )
    optimizer = optimizer or Adam()
    penalties = tuple(
        [p.bind(ops, n.layout, decoupled=optimizer.decoupled) for p in [penalty] if p]
        for n in networks
    )
    loss = factory.LOSSES["non_saturating"]()
    objective = Objective(*networks, loss, [R1R2(0.1).bind(ops)], penalties)
    schedule = schedule or ConstantSchedule()
    settings = {"batch_size": 16, "ema_decay": 0.0, **settings}
    return Trainer(objective, (optimizer,) * 2, (rate, rate), (schedule,) * 2, **settings)


def train(ops, n_updates, *, state=None, rows=None, **settings):
    trainer = make(ops, **settings)
    run = Run(state or trainer.init(0), n_updates)
    trainer.run(run, ops.asarray(X), rows)
    return run


def host(ops, run):
    return run.state.map(ops.to_numpy)


def test_one_update_by_hand(ops64):
    """One discriminator step, then one generator step on the new discriminator, with given rows."""
    rows = np.arange(16).reshape(1, 1, 16)
    run = train(ops64, 1, rows=rows, rate=0.1, optimizer=SGD(), penalty=L2(0.3))
    trainer = make(ops64, rate=0.1, optimizer=SGD(), penalty=L2(0.3))
    thetas = trainer.init(0).thetas
    rng = ops64.rng(np.random.SeedSequence([0, 1, 0]))
    real = ops64.asarray(X[:16])[None]
    for i, player in ((1, "discriminator"), (0, "generator")):
        noise = rng.standard_normal((1, 16, 3), dtype=np.float64)
        terms, grad = trainer.objective.value_and_grad(player, thetas, real, noise)
        moved = list(thetas)
        moved[i] = thetas[i] - 0.1 * grad
        thetas = Pair(*moved)
        assert run.history[f"{player}_loss"][0] == pytest.approx(ops64.to_numpy(terms["loss"]))
        norm = np.linalg.norm(ops64.to_numpy(grad))
        assert run.history[f"{player}_grad_norm"][0] == pytest.approx(norm)
    for found, expected in zip(host(ops64, run).thetas, thetas, strict=True):
        np.testing.assert_allclose(found, ops64.to_numpy(expected), rtol=1e-12)


def test_proximal_and_decoupled_steps_follow_the_optimizer(ops64):
    rows, n_weights = np.arange(16).reshape(1, 1, 16), 2 * 8 + 8
    plain = host(ops64, train(ops64, 1, rows=rows, optimizer=AdamW(epsilon=1e-3)))
    d = plain.thetas.discriminator[:, :n_weights]
    step = plain.optimizers[1]["step"][:, :n_weights]
    lasso = train(ops64, 1, rows=rows, optimizer=Adam(epsilon=1e-3), penalty=L1(0.5))
    found = host(ops64, lasso).thetas.discriminator[:, :n_weights]
    np.testing.assert_allclose(
        found, np.sign(d) * np.maximum(np.abs(d) - 0.5 * step, 0), atol=1e-12
    )
    assert lasso.history["discriminator_l1"][0] == pytest.approx(0.5 * np.abs(found).sum())
    decayed = train(ops64, 1, rows=rows, optimizer=AdamW(epsilon=1e-3), penalty=L2(0.5))
    found = host(ops64, decayed).thetas.discriminator[:, :n_weights]
    np.testing.assert_allclose(found, (1 - 1e-2 * 0.5) * d, atol=1e-12)
    assert decayed.history["discriminator_l2"][0] == pytest.approx(0.25 * (found**2).sum())


def test_several_discriminator_steps(ops64):
    one, three = (train(ops64, 4, n_discriminator_steps=n) for n in (1, 3))
    assert host(ops64, one).optimizers[1]["t"] == 4
    assert host(ops64, three).optimizers[1]["t"] == 12
    assert host(ops64, three).optimizers[0]["t"] == 4
    assert len(three.history["discriminator_loss"]) == 4


def test_the_average_follows_the_generator(ops64):
    seen = []

    class Record(Callback):
        def on_step(self, run):
            seen.append(ops64.to_numpy(run.state.thetas.generator))

    run = train(ops64, 12, ema_decay=0.5, callbacks=[Record()])
    average = ops64.to_numpy(make(ops64).init(0).thetas.generator)
    for t, theta in enumerate(seen, start=1):
        decay = min(0.5, t / (9 + t))
        average = decay * average + (1 - decay) * theta
    np.testing.assert_allclose(host(ops64, run).average, average, rtol=1e-10)
    off = host(ops64, train(ops64, 12, ema_decay=0.0))
    np.testing.assert_array_equal(off.average, off.thetas.generator)


def test_schedules_act(ops64):
    rows = np.zeros((2, 1, 16), dtype=int)
    settings = {"rows": rows, "optimizer": SGD()}
    falling = train(ops64, 2, schedule=LinearSchedule(), **settings)
    first, second = (
        host(ops64, train(ops64, n, **{**settings, "rows": rows[:n]})).thetas.discriminator
        for n in (1, 2)
    )
    half = host(ops64, falling).thetas.discriminator - first
    np.testing.assert_allclose(half, (second - first) / 2, rtol=2e-2)


def test_windows_do_not_depend_on_what_came_before_them(ops64):
    """A run that goes on from a copied state ends where the uninterrupted one does."""
    whole = train(ops64, 80)  # 40 windows of 2
    kept = []

    class Keep(Callback):
        def on_report(self, run):
            if run.done == 40:
                kept.append(run.state.map(lambda a: a.copy()))

    train(ops64, 80, callbacks=[Keep()])
    rest = train(ops64, 40, state=kept[0])  # 40 windows of 1: other windows, other draws
    assert rest.state.step == whole.state.step == 80
    again = train(ops64, 80)
    for a, b in zip(host(ops64, whole).thetas, host(ops64, again).thetas, strict=True):
        np.testing.assert_array_equal(a, b)


def test_callbacks_in_order(ops64):
    events = []

    class Log(Callback):
        def on_fit_start(self, run):
            events.append("start")

        def on_step(self, run):
            events.append("step")

        def on_report(self, run):
            events.append("report")
            assert len(run.history["generator_loss"]) == run.done

        def on_fit_end(self, run):
            events.append("end")

    train(ops64, 3, callbacks=[Log()])
    assert events == ["start", *("step", "report") * 3, "end"]


def test_stop_ends_the_run_at_the_window(ops64):
    class Stop(Callback):
        def on_report(self, run):
            if run.done >= 5:
                run.stop()

    run = train(ops64, 50, callbacks=[Stop()])
    assert run.done == run.state.step == len(run.history["generator_loss"]) == 5


class _Poison(Callback):
    """Puts a value into the parameters after a given update."""

    def __init__(self, player, value, step):
        self.player, self.value, self.step = player, value, step

    def on_step(self, run):
        if run.done == self.step:
            getattr(run.state.thetas, self.player)[0, 0] = self.value


@pytest.mark.parametrize(
    ("player", "value", "after", "term", "seen_at"),
    [
        ("generator", float("nan"), 21, "discriminator_loss", 22),
        ("discriminator", float("nan"), 21, "discriminator_loss", 22),
        ("discriminator", float("inf"), 21, "discriminator_r1", 22),  # tanh(inf) is finite
        ("generator", float("nan"), 20, "parameters", 20),
        ("discriminator", float("inf"), 20, "parameters", 20),
        ("discriminator", float("nan"), 1, "discriminator_loss", 2),
    ],
)
def test_divergence_names_step_and_term_and_keeps_the_last_finite_state(
    ops64, player, value, after, term, seen_at
):
    """Windows have 10 updates; a value put in is met in the next update, or at the end."""
    trainer = make(ops64, callbacks=[_Poison(player, value, after)])
    run = Run(trainer.init(0), 400)
    with pytest.raises(DivergenceError, match=f"{term} was not finite at update {seen_at}"):
        trainer.run(run, ops64.asarray(X))
    assert run.state.step == run.done == len(run.history["generator_loss"]) == seen_at - 1
    clean = make(ops64)
    expected = Run(clean.init(0), 400)

    class Stop(Callback):
        def on_step(self, run):
            if run.done == seen_at - 1:
                self.kept = run.state.map(lambda a: a.copy())

    stop = Stop()
    clean.callbacks = [stop]
    clean.run(expected, ops64.asarray(X))
    for a, b in zip(run.state.thetas, stop.kept.thetas, strict=True):
        np.testing.assert_allclose(ops64.to_numpy(a), ops64.to_numpy(b), rtol=1e-12)


def test_divergence_at_the_first_update_keeps_the_start(ops64):
    trainer = make(ops64, optimizer=SGD(), rate=1e308, penalty=L2(1e3))
    run = Run(trainer.init(0), 400)
    with pytest.raises(DivergenceError):
        trainer.run(run, ops64.asarray(X))
    assert run.state.step == run.done < 3
    for theta in run.state.thetas:
        assert np.isfinite(ops64.to_numpy(theta)).all()


def test_the_distance_is_taken_at_every_report(ops64):
    run = train(ops64, 80)
    assert [int(step[0]) for step in run.history["distance_iter"]] == list(range(2, 81, 2))
    assert (np.array(run.history["distance"]) > 0).all()
