"""Updates that are recorded and repeated are the updates that they were recorded from."""

import gc
import weakref

import numpy as np
import pytest
import strict_cupy
import test_combinations
from games import game, network, player

from regan import Callback, EarlyStopping, NonFiniteGuard, RegularizedGAN
from regan.backends import cuda_graph, get_backend
from regan.building import factory
from regan.distributed import SingleCommunicator
from regan.objectives.noise import InstanceNoise
from regan.optimizers import SGD, Adam, ExtraSGD, RMSprop
from regan.penalties import L1
from regan.penalties.gradient import R1, R2
from regan.schedules import CosineSchedule, LinearSchedule, Schedule
from regan.schedules.clock import Clock
from regan.training.divergence import DivergenceError
from regan.training.recording import RecordedUpdate
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData

pytestmark = test_combinations.pytestmark


@pytest.fixture
def cupy(monkeypatch):
    strict_cupy.install(monkeypatch)
    yield
    from regan.backends import cupy_backend

    cupy_backend._compile.cache_clear()


def both_ways(monkeypatch, train):
    """What `train()` gives kernel by kernel and recorded, and how many updates were repeated."""
    results = []
    for switch in ("0", "1"):
        monkeypatch.setenv("REGAN_CUDA_GRAPHS", switch)
        strict_cupy.LAUNCHES.graphs = 0
        results.append(train())
        assert (strict_cupy.LAUNCHES.graphs > 0) == (switch == "1")
    return (*results, strict_cupy.LAUNCHES.graphs)


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        assert a.keys() == b.keys()
        for name, value in a.items():
            assert np.isfinite(value).all() or name in ("distance", "validation_score")
            np.testing.assert_allclose(b[name], value, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("label", test_combinations.TRAININGS)
def test_trainings_with_everything_on(cupy, monkeypatch, label):
    kind, settings = test_combinations.TRAININGS[label]

    def train():
        objective = test_combinations.build(kind, get_backend("cupy", "float64"), **settings)
        objective = test_combinations.strengthened(objective, np.array([1.0, 3.0]))
        return test_combinations.train(objective, 2, n_updates=10)

    eager, recorded, repeated = both_ways(monkeypatch, train)
    assert_same(eager, recorded)
    # a lazy penalty acts at every second update: two kinds of updates unless all are of one
    assert repeated in (8, 9)


def small_training(
    n_updates=11,
    n_models=1,
    n_steps=2,
    dtype="float64",
    gradient=(),
    noise=(),
    start=lambda state: None,
    callbacks=(),
    communicator=None,
    **settings,
):
    ops = get_backend("cupy", dtype)
    networks = network(ops, 3, [6, 5], 2), network(ops, 2, [6], 1)
    objective = game(*(player(net, **settings) for net in networks), gradient=gradient, noise=noise)
    trainer = Trainer(
        objective,
        batch_size=8,
        ema_decay=0.999,
        n_discriminator_steps=n_steps,
        callbacks=callbacks,
        communicator=communicator,
    )
    run = Run(trainer.init(0, n_models), n_updates)
    start(run.state)
    trainer.run(run, TrainingData(ops, np.random.default_rng(0).normal(size=(40, 2))))
    state, counts = run.state.map(ops.to_numpy), {}
    for name, optimizer in state.optimizers.items():
        counts |= {f"{name}.{key}": np.array(value) for key, value in optimizer.items()}
    return {**state.thetas, "average": state.average, **counts, "step": np.array(state.step)}, {
        name: np.array(rows) for name, rows in run.history.items()
    }


@pytest.mark.parametrize("n_steps", [0, 1, 3])
@pytest.mark.parametrize("name", factory.OPTIMIZERS)
def test_optimizers_count_on(cupy, monkeypatch, name, n_steps):
    def train():
        return small_training(
            optimizer=factory.OPTIMIZERS[name](), schedule=LinearSchedule(), n_steps=n_steps
        )

    eager, recorded, repeated = both_ways(monkeypatch, train)
    assert_same(eager, recorded)
    assert repeated == 10


class Echo(SingleCommunicator):
    """Rank 0 of 2, whose other half finds what this one finds."""

    size = 2

    def all_reduce(self, array):
        array *= 2


@pytest.mark.parametrize(
    ("settings", "n_parts"),
    [
        ({"n_steps": 0, "penalties": [L1(0.05)]}, 2),
        ({"n_steps": 1, "schedule": LinearSchedule()}, 3),
        ({"n_steps": 2, "gradient": [R1(0.3), R2(0.3)]}, 4),
    ],
    ids=str,
)
def test_each_part_of_an_update_of_several_ranks_is_recorded(cupy, monkeypatch, settings, n_parts):
    def train():
        return small_training(communicator=Echo(), n_models=2, **settings)

    eager, recorded, repeated = both_ways(monkeypatch, train)
    assert_same(eager, recorded)
    assert repeated == 10 * n_parts


@pytest.mark.parametrize("optimizer", [SGD(0.9), RMSprop(0.99, 0.9), ExtraSGD(0.5)], ids=repr)
def test_the_step_under_momentum_counts_on(cupy, monkeypatch, optimizer):
    """Proximal penalties take it, and it depends on how many gradients there were."""

    def train():
        return small_training(optimizer=optimizer, penalties=[L1(0.05)], n_steps=1, n_models=2)

    eager, recorded, repeated = both_ways(monkeypatch, train)
    assert_same(eager, recorded)
    assert repeated == 10
    assert (eager[0]["generator"] == 0).any()


@pytest.mark.parametrize("name", factory.CONSTRAINTS)
def test_constraints_keep_their_memory(cupy, monkeypatch, name):
    eager, recorded, repeated = both_ways(
        monkeypatch, lambda: small_training(constraints=[factory.CONSTRAINTS[name]()], n_models=2)
    )
    assert_same(eager, recorded)
    assert repeated == 10


def test_rates_by_member_follow_their_schedule(cupy, monkeypatch):
    rates = np.array([[1e-2], [3e-3]])
    eager, recorded, _ = both_ways(
        monkeypatch, lambda: small_training(rate=rates, schedule=CosineSchedule(), n_models=2)
    )
    assert_same(eager, recorded)


@pytest.mark.parametrize("n_steps", [0, 2])
def test_lazy_penalties_have_a_recording_for_each_phase(cupy, monkeypatch, n_steps):
    gradient = [R1(0.5, interval=2), R2(0.5, "cosine", interval=3)]
    eager, recorded, repeated = both_ways(
        monkeypatch, lambda: small_training(20, n_steps=n_steps, gradient=gradient)
    )
    assert_same(eager, recorded)
    # the discriminator's updates, one at a time (4 kinds) or in pairs (01, 23, 45: 3 kinds)
    phases = {0: 4, 2: 3}[n_steps]
    assert repeated == 20 - phases


def test_more_than_a_few_phases_are_not_all_recorded(cupy, monkeypatch):
    gradient = [R1(0.5, interval=5), R2(0.5, interval=7)]
    eager, recorded, repeated = both_ways(
        monkeypatch, lambda: small_training(70, n_steps=2, gradient=gradient)
    )
    assert_same(eager, recorded)
    assert 30 < repeated < 65


def test_which_phases_are_recorded_does_not_depend_on_where_a_run_begins(cupy, monkeypatch):
    """A run that goes on from a checkpoint records what the whole run records."""
    repeated, repeat = [], RecordedUpdate.repeat

    def listen(self, clock):
        repeated.append(clock.step)
        return repeat(self, clock)

    monkeypatch.setattr(RecordedUpdate, "repeat", listen)
    gradient = [R1(0.5, interval=5), R2(0.5, interval=7)]
    of_run = []
    for first in (0, 13, 20):

        def start(state, first=first):
            state.step = first

        small_training(140 - first, gradient=gradient, start=start)
        of_run.append({step for step in repeated if step >= 70})
        repeated.clear()
    assert 30 < len(of_run[0]) < 65
    assert of_run[0] == of_run[1] == of_run[2]


class Doubling(Schedule):
    """A schedule of a user's own, with a NumPy number."""

    def factor(self, progress):
        return np.float64(2.0 if progress > 0.5 else 1.0)


def test_schedules_of_ones_own(cupy, monkeypatch):
    for dtype in ("float32", "float64"):
        eager, recorded, _ = both_ways(
            monkeypatch,
            lambda dtype=dtype: small_training(
                schedule=Doubling(),
                dtype=dtype,
                rate=np.array([[1e-2]]),
                noise=[InstanceNoise(0.3, Doubling())],
            ),
        )
        if dtype == "float64":
            assert_same(eager, recorded)
    plain, _ = small_training(noise=[InstanceNoise(0.3, "constant")])
    assert not np.allclose(plain["generator"], recorded[0]["generator"], rtol=1e-3)


def test_a_fit_waits_no_more_and_asks_once_an_update(cupy, monkeypatch):
    X = np.random.default_rng(0).normal(size=(50, 3))

    def fit():
        gan = RegularizedGAN(backend="cupy", max_iter=80, hidden_layer_sizes=4, random_state=0)
        gan.set_params(dtype="float64", learning_rate="cosine")
        strict_cupy.WAITS.count = 0
        gan.fit(X)
        waits.append(strict_cupy.WAITS.count)
        arrays = {"rows": gan.sample(20, random_state=0), "theta": gan.generator_.theta}
        return arrays, {k: np.array(v) for k, v in gan.history_.items()}

    waits = []
    eager, recorded, repeated = both_ways(monkeypatch, fit)
    assert_same(eager, recorded)
    assert waits[0] == waits[1]
    assert repeated == 79


@pytest.mark.parametrize(
    ("settings", "kernels", "products"),
    [
        ({}, 75, 32),
        ({"gradient_penalty": None}, 62, 27),
        ({"penalty": "l1"}, 77, 30),
        ({"n_discriminator_steps": 1}, 101, 44),
    ],
)
def test_how_many_kernels_an_update_has(cupy, monkeypatch, settings, kernels, products):
    """The numbers in docs/performance.rst."""
    captured, names = cuda_graph._captured, []

    def listen(stream, work):
        strict_cupy.LAUNCHES.names.clear()
        graph = captured(stream, work)
        names.extend(strict_cupy.LAUNCHES.names)
        return graph

    monkeypatch.setattr(cuda_graph, "_captured", listen)
    settings = {"penalty": "l2", "alpha": 1e-4, "hidden_layer_sizes": (8, 8), **settings}
    X = np.random.default_rng(0).normal(size=(50, 3))
    RegularizedGAN(backend="cupy", max_iter=10, frames=None, **settings).fit(X)
    assert names.count("gemm") == products
    assert len(names) == kernels, sorted(names)


def test_what_is_recorded_is_given_back(cupy, monkeypatch):
    """Without waiting for Python's collector of cycles."""
    closed, close = [], cuda_graph.Recording.close

    def listen(self):
        close(self)
        closed.append(weakref.ref(self))

    monkeypatch.setattr(cuda_graph.Recording, "close", listen)
    gc.collect()
    gc.disable()
    try:
        small_training(gradient=[R1(0.5, interval=2)], n_steps=1)
        assert [reference() for reference in closed] == [None, None]
    finally:
        gc.enable()
    assert strict_cupy.POOLS == {"made": 2, "freed": 2}


def test_a_callback_may_exchange_an_array(cupy, monkeypatch):
    from regan.training.callbacks import Callback

    class Exchange(Callback):
        def on_step(self, run):
            if run.state.step == 60:
                theta = run.state.thetas["generator"]
                run.state.thetas["generator"] = theta * 0.5

    X = np.random.default_rng(0).normal(size=(50, 3))

    def fit():
        gan = RegularizedGAN(backend="cupy", max_iter=100, hidden_layer_sizes=4, random_state=0)
        gan.set_params(dtype="float64", callbacks=[Exchange()]).fit(X)
        return {"theta": gan.generator_.theta}, {k: np.array(v) for k, v in gan.history_.items()}

    eager, recorded, repeated = both_ways(monkeypatch, fit)
    assert_same(eager, recorded)
    assert repeated == 98


def test_a_callback_may_set_a_count(cupy, monkeypatch):
    """Of an optimizer, or of the updates: what is recorded counts on from there."""

    class Reset(Callback):
        def on_step(self, run):
            if run.done == 6:
                run.state.optimizers["generator"]["t"] = 0

    def train():
        return small_training(optimizer=Adam(0.9, 0.999), callbacks=[Reset()])

    eager, recorded, repeated = both_ways(monkeypatch, train)
    assert_same(eager, recorded)
    assert recorded[0]["generator.t"] == 11 - 6
    assert repeated == 9


def test_callbacks_see_every_update(cupy):
    from regan.training.callbacks import Callback

    class Seen(Callback):
        def __init__(self):
            self.steps, self.weights = [], []

        def on_step(self, run):
            self.steps.append(run.state.step)
            self.weights.append(run.state.thetas["generator"].get().sum())

    seen = Seen()
    X = np.random.default_rng(0).normal(size=(50, 3))
    RegularizedGAN(
        backend="cupy", max_iter=100, hidden_layer_sizes=4, random_state=0, callbacks=[seen]
    ).fit(X)
    assert seen.steps == [*range(1, 101)]
    assert len(set(seen.weights)) == 100


def test_a_divergence_is_found_and_played_again(cupy, monkeypatch):
    def train():
        ops = get_backend("cupy", "float64")
        networks = network(ops, 3, [6], 2, "relu"), network(ops, 2, [6], 1, "relu")
        players = [player(net, rate=10.0, optimizer=SGD()) for net in networks]
        trainer = Trainer(game(*players, loss="wasserstein"), batch_size=8, ema_decay=0.999)
        run = Run(trainer.init(0), 200)
        with pytest.raises(DivergenceError) as caught:
            trainer.run(run, TrainingData(ops, np.random.default_rng(0).normal(size=(40, 2))))
        state = run.state.map(ops.to_numpy)
        return {**state.thetas, "step": np.array([state.step, caught.value.step])}, {}

    eager, recorded, _ = both_ways(monkeypatch, train)
    assert_same(eager, recorded)


def test_a_roll_back_is_recorded_again_with_the_lower_rate(cupy, monkeypatch):
    """Early stopping keeps its copies on the device beside it."""
    X = np.random.default_rng(0).normal(size=(80, 3))

    class Poison(Callback):
        def on_step(self, run):
            if run.state.step == 7 and run.rollbacks < 3:
                run.state.thetas["generator"][...] = np.inf

    def fit():
        gan = RegularizedGAN(
            backend="cupy",
            dtype="float64",
            max_iter=12,
            hidden_layer_sizes=4,
            batch_size=8,
            learning_rate="constant",
            early_stopping=EarlyStopping(0.2, eval_every=4),
            callbacks=[Poison(), NonFiniteGuard()],
            random_state=0,
        )
        with pytest.warns(UserWarning, match="returned to update 6"):
            gan.fit(X)
        arrays = {"theta": gan.generator_.theta, "best": np.array(gan.best_iter_)}
        return arrays, gan.history_

    eager, recorded, repeated = both_ways(monkeypatch, fit)
    assert_same(eager, recorded)
    assert repeated == 12 + 3 - 4  # one update is made four times, and each time recorded anew


def test_short_runs_and_given_rows_are_not_recorded(cupy):
    small_training(9)
    assert strict_cupy.LAUNCHES.graphs == 0
    X = np.random.default_rng(0).normal(size=(200, 3))
    RegularizedGAN(backend="cupy", hidden_layer_sizes=4, batch_size=8).partial_fit(X)
    assert strict_cupy.LAUNCHES.graphs == 0


def test_what_cannot_be_recorded_runs_kernel_by_kernel(cupy):
    class ReadsItsLoss(factory.LOSSES["hinge"]):
        def generator(self, ops, real, fake):
            value, slope = super().generator(ops, real, fake)
            return value, slope * (1.0 if float(value[0]) < 1e9 else 0.5)

    X = np.random.default_rng(0).normal(size=(50, 3))
    settings = {"max_iter": 40, "hidden_layer_sizes": 4, "random_state": 0, "dtype": "float64"}
    gan = RegularizedGAN(backend="cupy", loss=ReadsItsLoss(), **settings)
    with pytest.warns(UserWarning, match="cannot be recorded in a CUDA graph.*synchronous API"):
        gan.fit(X)
    assert strict_cupy.LAUNCHES.graphs == 0
    same = RegularizedGAN(backend="cupy", loss="hinge", **settings).fit(X)
    np.testing.assert_allclose(gan.generator_.theta, same.generator_.theta, rtol=1e-9)


@pytest.mark.parametrize("n_steps", [0, 3])
def test_fresh_optimizers_count_from_the_start(cupy, monkeypatch, n_steps):
    """In a state that has made updates before: their counts are not the step."""

    def start(state):
        state.step = 37
        state.optimizers["discriminator"]["t"] = 5

    eager, recorded, _ = both_ways(
        monkeypatch,
        lambda: small_training(optimizer=Adam(0.9, 0.999), n_steps=n_steps, start=start),
    )
    assert_same(eager, recorded)
    counts = [int(recorded[0][name]) for name in ("step", "generator.t", "discriminator.t")]
    assert counts == [37 + 11, 11, 5 + 11 * max(1, n_steps)]


def test_a_recording_can_be_repeated_at_any_time(cupy):
    """Also for what counts by itself: its numbers follow from the time, not from the calls."""
    ops = get_backend("cupy", "float64")

    def update(clock):
        own = clock.counting(10 + 2 * clock.step, pace=2)
        first, second = (
            clock.counting(own.step + i, pace=2).number(lambda now: now.step) for i in (0, 1)
        )
        return ("all",), first + 1000 * second + 1e6 * clock.number(lambda now: now.step)

    recorded = RecordedUpdate(ops, update, Clock(step=4))
    found = [recorded.values, *(recorded.repeat(Clock(step=step)) for step in (9, 5, 5))]
    expected = [4_019_018, 9_029_028, 5_021_020, 5_021_020]
    assert [values.get().item() for _, values in found] == expected


def test_a_recorded_number_is_asked_for_again(cupy):
    """And what does not ask is as it was: the stand-in really repeats and does not call again."""
    ops = get_backend("cupy", "float64")
    total, calls = ops.zeros((1, 1)), []

    def update(clock):
        calls.append(clock)
        number = clock.number(lambda now: 10 * now.progress)
        more, less = clock.numbers(lambda now: (now.progress, -now.progress))
        total[...] += number + more + less
        return ("total",), total * 1

    recorded = RecordedUpdate(ops, update, Clock(1.0))
    assert recorded.repeats
    assert recorded.values[1].get().item() == 10
    for progress, expected in ((2.0, 30), (3.0, 60)):
        names, values = recorded.repeat(Clock(progress))
        assert names == ("total",)
        assert values.get().item() == expected
    assert len(calls) == 2
    assert update(Clock(4.0))[1].get().item() == 100


def test_every_float32_update_stays_float32(cupy):
    arrays, _ = small_training(dtype="float32", schedule=LinearSchedule())
    assert arrays["generator"].dtype == arrays["average"].dtype == np.float32
