"""The training loop: what a step does, what a window does, and what happens when values blow up."""

from dataclasses import replace

import numpy as np
import pytest
from games import game, network, player

from regan import DivergenceError
from regan.constraints import MaxNorm, NonNegative, SpectralNorm, UnitNorm, WeightClip
from regan.constraints.clipping import ClipGlobalNorm, ClipValue
from regan.layers import BatchNorm
from regan.layers.draws import Draws
from regan.objectives.batch import Batch
from regan.objectives.noise import InstanceNoise
from regan.optimizers import SGD, Adam, AdamW, ExtraAdam, ExtraSGD, OptimisticAdam
from regan.penalties import L1, L2
from regan.penalties.gradient import R1, R1R2, R2, WGANGP
from regan.schedules import LinearSchedule
from regan.schedules.clock import Clock
from regan.training.callbacks import Callback
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData

X = np.random.default_rng(1).normal(size=(100, 2))


def make(
    ops,
    *,
    rate=1e-2,
    penalty=None,
    optimizer=None,
    schedule=None,
    constraint=None,
    clipping=None,
    gradient=None,
    noise=(),
    labels=0,
    normalization=None,
    **settings,
):
    """A trainer; what concerns one network is the same for both."""
    players = [
        player(
            net,
            penalties=[p for p in [penalty] if p],
            constraints=[c for c in [constraint] if c],
            clipping=[c for c in [clipping] if c],
            optimizer=optimizer,
            rate=rate,
            schedule=schedule,
        )
        for net in (
            network(ops, 3 + labels, [8], 2, normalization=normalization),
            network(ops, 2 + labels, [8], 1, normalization=normalization),
        )
    ]
    gradient = [R1R2(0.1)] if gradient is None else gradient
    more = {"gradient": gradient, "noise": noise, "n_labels": labels}
    objective = game(*players, loss="non_saturating", **more)
    return Trainer(objective, **{"batch_size": 16, "ema_decay": 0.0, **settings})


def train(ops, n_updates, *, state=None, rows=None, **settings):
    trainer = make(ops, **settings)
    run = Run(state or trainer.init(0), n_updates)
    trainer.run(run, TrainingData(ops, X), rows=rows)
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
    for name in ("discriminator", "generator"):
        # the noise is drawn first, and nothing else is drawn here
        given = _Given(noise=rng.standard_normal((1, 16, 3), dtype=np.float64))
        terms, grads = trainer.objective.value_and_grad((name,), thetas, Batch(real, given))
        thetas = {**thetas, name: thetas[name] - 0.1 * grads[name]}
        for term in terms:
            assert run.history[term][0] == pytest.approx(ops64.to_numpy(terms[term]))
        norm = np.linalg.norm(ops64.to_numpy(grads[name]))
        assert run.history[f"{name}_grad_norm"][0] == pytest.approx(norm)
    for name, found in host(ops64, run).thetas.items():
        np.testing.assert_allclose(found, ops64.to_numpy(thetas[name]), rtol=1e-12)


class _Given:
    """Draws that are known before."""

    def __init__(self, **arrays):
        self.arrays = arrays

    def within(self, name, n_blocks=None):
        return self

    def normal(self, name, shape):
        assert self.arrays[name].shape == shape
        return self.arrays[name]


def test_proximal_and_decoupled_steps_follow_the_optimizer(ops64):
    rows, n_weights = np.arange(16).reshape(1, 1, 16), 2 * 8 + 8
    plain = host(ops64, train(ops64, 1, rows=rows, optimizer=AdamW(epsilon=1e-3)))
    d = plain.thetas["discriminator"][:, :n_weights]
    step = plain.optimizers["discriminator"]["step"][:, :n_weights]
    lasso = train(ops64, 1, rows=rows, optimizer=Adam(epsilon=1e-3), penalty=L1(0.5))
    found = host(ops64, lasso).thetas["discriminator"][:, :n_weights]
    np.testing.assert_allclose(
        found, np.sign(d) * np.maximum(np.abs(d) - 0.5 * step, 0), atol=1e-12
    )
    assert lasso.history["discriminator_l1"][0] == pytest.approx(0.5 * np.abs(found).sum())
    decayed = train(ops64, 1, rows=rows, optimizer=AdamW(epsilon=1e-3), penalty=L2(0.5))
    found = host(ops64, decayed).thetas["discriminator"][:, :n_weights]
    np.testing.assert_allclose(found, (1 - 1e-2 * 0.5) * d, atol=1e-12)
    assert decayed.history["discriminator_l2"][0] == pytest.approx(0.25 * (found**2).sum())


def test_several_discriminator_steps(ops64):
    one, three = (train(ops64, 4, n_discriminator_steps=n) for n in (1, 3))
    assert host(ops64, one).optimizers["discriminator"]["t"] == 4
    assert host(ops64, three).optimizers["discriminator"]["t"] == 12
    assert host(ops64, three).optimizers["generator"]["t"] == 4
    assert len(three.history["discriminator_loss"]) == 4


def test_the_average_follows_the_generator(ops64):
    seen = []

    class Record(Callback):
        def on_step(self, run):
            seen.append(ops64.to_numpy(run.state.thetas["generator"]))

    run = train(ops64, 12, ema_decay=0.5, callbacks=[Record()])
    average = ops64.to_numpy(make(ops64).init(0).thetas["generator"])
    for t, theta in enumerate(seen, start=1):
        decay = min(0.5, t / (9 + t))
        average = decay * average + (1 - decay) * theta
    np.testing.assert_allclose(host(ops64, run).average, average, rtol=1e-10)
    off = host(ops64, train(ops64, 12, ema_decay=0.0))
    np.testing.assert_array_equal(off.average, off.thetas["generator"])


def test_schedules_act(ops64):
    rows = np.zeros((2, 1, 16), dtype=int)
    settings = {"rows": rows, "optimizer": SGD()}
    falling = train(ops64, 2, schedule=LinearSchedule(), **settings)
    first, second = (
        host(ops64, train(ops64, n, **{**settings, "rows": rows[:n]})).thetas["discriminator"]
        for n in (1, 2)
    )
    half = host(ops64, falling).thetas["discriminator"] - first
    np.testing.assert_allclose(half, (second - first) / 2, rtol=2e-2)


@pytest.mark.parametrize("optimizer", [Adam(0.5), OptimisticAdam(), ExtraAdam(0.5)], ids=repr)
@pytest.mark.parametrize("n_steps", [0, 1, 3])
def test_asking_the_clock_changes_nothing(ops64, monkeypatch, optimizer, n_steps):
    """Every number may be asked for again, at this time and at others, and is the same again."""
    settings = {
        "optimizer": optimizer,
        "schedule": LinearSchedule(),
        "n_discriminator_steps": n_steps,
        "gradient": [R1(0.5, "cosine", interval=2)],
        "noise": [InstanceNoise(0.3)],
        "ema_decay": 0.9,
    }
    once = train(ops64, 6, **settings)
    numbers, asked = Clock.numbers, []

    def again_and_again(clock, f):
        values = numbers(clock, f)
        for progress, step in ((0.9, 40), (0.1, 2), (clock.progress, clock.step)):
            again = numbers(Clock(progress, clock.rate, step), f)
        assert again == values
        asked.append(values)
        return again

    monkeypatch.setattr(Clock, "numbers", again_and_again)
    often = train(ops64, 6, **settings)
    assert asked
    counts = [{n: own["t"] for n, own in r.state.optimizers.items()} for r in (once, often)]
    assert counts[0] == counts[1]
    assert once.state.step == often.state.step == 6
    for name, theta in host(ops64, once).thetas.items():
        np.testing.assert_array_equal(host(ops64, often).thetas[name], theta)
    np.testing.assert_array_equal(host(ops64, often).average, host(ops64, once).average)


@pytest.mark.parametrize(
    ("optimizer", "n_steps", "counts"),
    [(Adam(), 0, (1, 1)), (Adam(), 3, (1, 3)), (ExtraAdam(), 3, (2, 2))],
    ids=repr,
)
def test_an_update_counts_when_it_is_counted(ops64, optimizer, n_steps, counts):
    trainer = make(ops64, optimizer=optimizer, n_discriminator_steps=n_steps)
    state, data, rng = trainer.init(0), TrainingData(ops64, X), ops64.rng(0)

    def numbers():
        return state.step, tuple(own["t"] for own in state.optimizers.values())

    for made in range(2):
        before = numbers()
        trainer.update(state, data, rng, Clock(step=state.step))
        assert numbers() == before
        trainer.count(state)
        assert numbers() == (made + 1, tuple((made + 1) * n for n in counts))


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
    for name, theta in host(ops64, whole).thetas.items():
        np.testing.assert_array_equal(theta, host(ops64, again).thetas[name])


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
            run.state.thetas[self.player][0, 0] = self.value


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
        trainer.run(run, TrainingData(ops64, X))
    assert run.state.step == run.done == len(run.history["generator_loss"]) == seen_at - 1
    clean = make(ops64)
    expected = Run(clean.init(0), 400)

    class Stop(Callback):
        def on_step(self, run):
            if run.done == seen_at - 1:
                self.kept = run.state.map(lambda a: a.copy())
                run.stop()

    stop = Stop()
    clean.callbacks = [stop]
    clean.run(expected, TrainingData(ops64, X))
    for name, theta in host(ops64, run).thetas.items():
        kept = ops64.to_numpy(stop.kept.thetas[name])
        np.testing.assert_allclose(theta, kept, rtol=1e-12)


def test_divergence_at_the_first_update_keeps_the_start(ops64):
    trainer = make(ops64, optimizer=SGD(), rate=1e308, penalty=L2(1e3))
    run = Run(trainer.init(0), 400)
    with pytest.raises(DivergenceError):
        trainer.run(run, TrainingData(ops64, X))
    assert run.state.step == run.done < 3
    for theta in run.state.thetas.values():
        assert np.isfinite(ops64.to_numpy(theta)).all()


def test_the_distance_is_taken_at_every_report(ops64):
    run = train(ops64, 80)
    assert [int(step[0]) for step in run.history["distance_iter"]] == list(range(2, 81, 2))
    assert (np.array(run.history["distance"]) > 0).all()


# What belongs to an update beside the gradient and the optimizer


def test_clipping_comes_before_the_optimizer(ops64):
    rows = np.arange(16).reshape(1, 1, 16)
    settings = {"rows": rows, "optimizer": SGD(), "rate": 1.0}
    start = make(ops64).init(0).thetas["discriminator"]
    start = ops64.to_numpy(start)

    def step(clipping):
        run = train(ops64, 1, clipping=clipping, **settings)
        return host(ops64, run).thetas["discriminator"] - start, run.history

    plain, history = step(None)
    small = np.abs(plain).max() / 2
    by_value, _ = step(ClipValue(small))
    np.testing.assert_allclose(by_value, np.clip(plain, -small, small), atol=1e-15)
    by_norm, clipped = step(ClipGlobalNorm(small))
    np.testing.assert_allclose(by_norm, plain * small / np.linalg.norm(plain), atol=1e-15)
    # the norm that is reported is that of the gradient, not of what is left of it
    assert clipped["discriminator_grad_norm"] == history["discriminator_grad_norm"]


def test_constraints_hold_after_every_update_and_before_the_first(ops64):
    trainer = make(ops64, constraint=MaxNorm(0.1), penalty=L1(1e-3))
    player_ = trainer.objective.players["discriminator"]
    (constraint,) = player_.constraints
    found = []

    class Record(Callback):
        def on_fit_start(self, run):
            self.on_step(run)

        def on_step(self, run):
            theta = run.state.thetas["discriminator"]
            found.append(float(ops64.to_numpy(constraint.violation(theta)).max()))

    trainer.callbacks = [Record()]
    trainer.run(Run(trainer.init(0), 10), TrainingData(ops64, X))
    assert len(found) == 11
    assert max(found) <= 1e-12


def test_spectral_norms_follow_the_weights(ops64):
    """One power iteration an update: what the passes see has norm 1, a little behind."""
    trainer = make(ops64, constraint=SpectralNorm(), rate=1e-3)
    run = Run(trainer.init(0), 100)
    trainer.run(run, TrainingData(ops64, X))
    player_ = trainer.objective.players["discriminator"]
    theta, memory = (
        run.state.thetas["discriminator"],
        run.state.memories["discriminator"],
    )
    seen = player_.constraints.effective(theta, memory)
    for slot in player_.network.layout.matrices:
        W = ops64.to_numpy(player_.network.layout.view(seen, slot))[0]
        assert np.linalg.norm(W, 2) == pytest.approx(1, abs=1e-3)


def test_evaluation_sees_what_the_passes_see(ops64):
    trainer = make(ops64, constraint=SpectralNorm())
    run = Run(trainer.init(0), 5)
    trainer.run(run, TrainingData(ops64, X))
    probe = trainer.evaluation.probe(run.state, TrainingData(ops64, X), 50)
    seen = trainer.evaluation.thetas(run.state, probe)
    theta, name = run.state.thetas["discriminator"], "discriminator"  # the other is averaged
    constraints = trainer.objective.players[name].constraints
    passes = constraints.effective(theta, run.state.memories[name])
    np.testing.assert_array_equal(ops64.to_numpy(seen[name]), ops64.to_numpy(passes))
    assert not np.array_equal(ops64.to_numpy(seen[name]), ops64.to_numpy(theta))


@pytest.mark.parametrize(
    "constraint", [WeightClip(0.05), NonNegative(), UnitNorm(), SpectralNorm()], ids=repr
)
def test_constraints_hold_for_the_average(constraint, ops64):
    """Also where the average remembers a time before them, and where their set is not convex."""
    free = train(ops64, 30, rate=0.05, ema_decay=0.99)
    trainer = make(ops64, constraint=constraint, rate=0.05, ema_decay=0.99)
    bound = trainer.objective.players["generator"].constraints
    rng = np.random.default_rng(0)
    memories = {
        n: p.constraints.init(free.state.thetas[n], rng)
        for n, p in trainer.objective.players.items()
    }
    run = Run(replace(free.state, memories=memories), 3)
    trainer.run(run, TrainingData(ops64, X))
    probe = trainer.evaluation.probe(run.state, TrainingData(ops64, X), 50)
    theta = trainer.evaluation.thetas(run.state, probe)["generator"]
    if isinstance(constraint, SpectralNorm):
        layout = trainer.objective.networks["generator"].layout
        tops = [
            np.linalg.svd(ops64.to_numpy(layout.view(theta, s))[0])[1][0] for s in layout.matrices
        ]
        np.testing.assert_allclose(tops, 1, rtol=1e-2)
    else:
        (only,) = bound
        assert ops64.to_numpy(only.violation(theta)).max() < 1e-12


def test_decoupled_decay_follows_the_schedule(ops64):
    """At the end of a linear schedule nothing decays any more."""
    settings = {"penalty": L2(0.5), "optimizer": AdamW(), "rate": 0.1, "schedule": LinearSchedule()}
    trainer = make(ops64, **settings)
    player_ = trainer.objective.players["generator"]
    for progress, left in ((0.0, 0.95), (0.5, 0.975), (1.0, 1.0)):
        state = trainer.init(0)
        theta, grad = state.thetas["generator"], ops64.zeros(state.thetas["generator"].shape)
        before = ops64.to_numpy(player_.weights(theta))
        player_.update(theta, grad, state.optimizers["generator"], {}, Clock(progress))
        np.testing.assert_allclose(ops64.to_numpy(player_.weights(theta)), left * before)


def test_the_look_ahead_is_clipped_and_projected(ops64):
    trainer = make(
        ops64,
        optimizer=ExtraSGD(),
        rate=1.0,
        clipping=ClipGlobalNorm(1e-3),
        constraint=MaxNorm(0.5),
        gradient=[],
    )
    player_ = trainer.objective.players["generator"]
    state = trainer.init(0)
    theta = state.thetas["generator"]
    grad = ops64.asarray(np.ones(theta.shape))
    memory = state.optimizers["generator"]
    ahead = ops64.to_numpy(player_.look_ahead(theta, grad, memory, Clock()))
    assert 0 < np.linalg.norm(ahead - ops64.to_numpy(theta)) <= 1e-3 + 1e-12
    (only,) = player_.constraints
    far = theta * 4.0
    ahead = player_.look_ahead(far, grad, memory, Clock())
    assert ops64.to_numpy(only.violation(ahead)).max() < 1e-12


@pytest.mark.parametrize("n_rows", [3, 200])
def test_what_a_batch_norm_needs_is_that_of_many_generated_rows(n_rows, ops64):
    """Whatever rows the call saw: the hidden means of fresh samples, by the fitted parameters."""
    trainer = make(ops64, normalization=BatchNorm(), batch_size=3)
    run = Run(trainer.init(0), 4)
    data = TrainingData(ops64, X[:n_rows])
    trainer.run(run, data)
    theta = trainer.evaluation.thetas(run.state, trainer.evaluation.probe(run.state, data, 50))[
        "generator"
    ]
    net = trainer.objective.networks["generator"]
    norm = next(i for i, layer in enumerate(net.layers) if isinstance(layer, BatchNorm))
    noise = ops64.asarray(np.random.default_rng(5).standard_normal((1, 20_000, net.n_in)))
    _, caches = net.forward(net.split(theta), noise)
    x = ops64.to_numpy(caches[norm]["input"])
    params = net.split(theta)[norm]
    mean, var = ops64.to_numpy(params["mean"]), ops64.to_numpy(params["var"])
    assert np.abs(mean - x.mean(axis=1)).max() < 0.15 * x.std()
    np.testing.assert_allclose(var, x.var(axis=1), rtol=0.2)


def test_a_few_rows_leave_the_discriminator_as_the_last_fit_left_it(ops64):
    trainer = make(ops64, normalization=BatchNorm(), gradient=[])
    run = Run(trainer.init(0), 4)
    trainer.run(run, TrainingData(ops64, X))
    n = trainer.objective.networks["discriminator"].layout.n_trained

    def fixed(n_rows):
        probe = trainer.evaluation.probe(run.state, TrainingData(ops64, X[:n_rows]), 200)
        return ops64.to_numpy(trainer.evaluation.thetas(run.state, probe)["discriminator"])[:, n:]

    calibrated = fixed(200)
    np.testing.assert_array_equal(fixed(2), calibrated)
    assert not np.array_equal(fixed(70), calibrated)


def test_the_average_keeps_exact_zeros(ops64):
    trainer = make(ops64, penalty=L1(0.3), ema_decay=0.9)
    run = Run(trainer.init(0), 40)
    trainer.run(run, TrainingData(ops64, X))
    probe = trainer.evaluation.probe(run.state, TrainingData(ops64, X), 50)
    theta = ops64.to_numpy(run.state.thetas["generator"])
    sampled = ops64.to_numpy(trainer.evaluation.thetas(run.state, probe)["generator"])
    assert 0 < (theta == 0).mean() < 1
    np.testing.assert_array_equal(sampled[theta == 0], 0)
    assert (ops64.to_numpy(run.state.average)[theta == 0] != 0).any()


def test_extragradient_updates_both_at_once_from_where_a_step_would_lead(ops64):
    rows = np.arange(16).reshape(1, 1, 16)
    settings = {"rows": rows, "rate": 0.1, "gradient": []}
    run = train(ops64, 1, optimizer=ExtraSGD(), **settings)
    trainer = make(ops64, rate=0.1, optimizer=ExtraSGD(), gradient=[])
    assert trainer.plan == [("generator", "discriminator")]
    thetas, objective = trainer.init(0).thetas, trainer.objective
    rng = ops64.rng(np.random.SeedSequence([0, 1, 0]))
    real, ahead = ops64.asarray(X[:16])[None], thetas
    for _ in range(2):
        batch = Batch(real, Draws(ops64, rng))
        _, grads = objective.value_and_grad(objective.names, ahead, batch)
        ahead = {name: thetas[name] - 0.1 * grad for name, grad in grads.items()}
    for name, found in host(ops64, run).thetas.items():
        np.testing.assert_allclose(found, ops64.to_numpy(ahead[name]), rtol=1e-12)


@pytest.mark.parametrize("n_steps", [1, 3])
def test_a_lazy_penalty_counts_the_updates_of_the_discriminator(ops64, n_steps):
    """Every third one; the history has it as 0 elsewhere, under the same name."""
    run = train(ops64, 6, n_discriminator_steps=n_steps, gradient=[R1(0.1, interval=3)], rate=1e-4)
    acted = [float(v[0]) > 0 for v in run.history["discriminator_r1"]]
    # with three steps, the history has their mean, and one of them acts
    assert acted == ([True, False, False] * 2 if n_steps == 1 else [True] * 6)


def test_the_history_tells_lazy_penalties_apart(ops64):
    """Windows of one length with updates of several kinds: each value under its own name."""
    gradient = [R1(0.1), R2(0.1, interval=2), WGANGP(0.1, interval=3)]
    run = train(ops64, 240, gradient=gradient, rate=1e-4)  # windows of 6
    for name, interval in (("r1", 1), ("r2", 2), ("wgan_gp", 3)):
        acted = [float(v[0]) > 0 for v in run.history[f"discriminator_{name}"]]
        assert acted == [i % interval == 0 for i in range(240)], name


def test_lazy_counting_goes_on_with_the_state(ops64):
    gradient = [R1(0.1, interval=3)]
    first = train(ops64, 4, gradient=gradient)
    rest = train(ops64, 3, state=first.state, gradient=gradient)
    acted = [float(v[0]) > 0 for v in rest.history["discriminator_r1"]]
    assert acted == [False, False, True]  # updates 4, 5 and 6


def test_instance_noise_falls_to_nothing(ops64):
    """At the end of its schedule the update is that without noise, draw for draw elsewhere."""
    settings = {"rate": 0.1, "optimizer": SGD()}
    with_, without = (make(ops64, noise=n, **settings) for n in ([InstanceNoise(0.5)], ()))
    thetas = with_.init(0).thetas
    real, gaps = ops64.asarray(X[:16])[None], []
    for progress in (0.0, 0.5, 1.0):
        grads = []
        for trainer in (with_, without):
            batch = Batch(real, Draws(ops64, ops64.rng(3)), None, Clock(progress))
            _, found = trainer.objective.value_and_grad(("discriminator",), thetas, batch)
            grads.append(ops64.to_numpy(found["discriminator"]))
        gaps.append(np.abs(grads[0] - grads[1]).max())
    assert gaps[0] > gaps[1] > gaps[2] == 0


def test_labels_go_with_their_rows(ops64):
    """Rows of class c are c; the discriminator never meets another pair."""
    classes = np.arange(100) % 2
    rows, labels = np.repeat(classes[:, None], 2, axis=1).astype(float), np.eye(2)[classes]
    seen = []
    trainer = make(ops64, labels=2)

    class Spy(type(trainer.objective)):
        def value_and_grad(self, players, thetas, batch, memories=None):
            pairs = ops64.to_numpy(batch.real)[0, :, 0], ops64.to_numpy(batch.labels)[0, :, 1]
            seen.append(pairs)
            return super().value_and_grad(players, thetas, batch, memories)

    trainer.objective.__class__ = Spy
    trainer.run(Run(trainer.init(0), 3), TrainingData(ops64, rows, labels))
    assert len(seen) == 6
    for row, label in seen:
        np.testing.assert_array_equal(row, label)
        assert set(row) == {0, 1}


def test_weights_are_clipped_from_the_start(ops64):
    state = make(ops64, constraint=WeightClip(0.01)).init(0)
    n_weights = 3 * 8 + 8 * 2
    assert np.abs(ops64.to_numpy(state.thetas["generator"]))[:, :n_weights].max() == 0.01
