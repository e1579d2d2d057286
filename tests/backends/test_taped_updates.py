"""An update by a tape is the update that Python makes, to the bit, whatever is switched on."""

import gc
import weakref

import numpy as np
import pandas as pd
import pytest
import test_combinations
from games import game, network, player
from tapes import assert_equal_bits, both_ways

from regan import (
    Callback,
    Checkpoint,
    EarlyStopping,
    NonFiniteGuard,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedVAE,
)
from regan.backends import get_backend, numpy_backend
from regan.backends.tape import replay
from regan.building import factory
from regan.losses.adversarial import Hinge
from regan.objectives.noise import InstanceNoise
from regan.optimizers import Optimizer
from regan.penalties import L1
from regan.penalties.gradient import R1, R2
from regan.schedules import CosineSchedule, LinearSchedule
from regan.training.recording import Updates
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData

pytestmark = test_combinations.pytestmark

N_UPDATES = 3


def updated(objective, n_models=1, n_steps=1, n_updates=N_UPDATES, sets=None, balanced=False):
    """The state and the terms after a few updates."""
    ops, rng = objective.ops, np.random.default_rng(5)
    X = rng.standard_normal((40, objective.n_features) if sets is None else (2, 40, 2))
    n_labels = objective.n_labels
    labels = np.eye(n_labels)[rng.integers(n_labels, size=X.shape[:-1])] if n_labels else None
    trainer = Trainer(objective, batch_size=6, ema_decay=0.999, n_discriminator_steps=n_steps)
    run = Run(trainer.init(0, n_models), n_updates)
    data = TrainingData(ops, X, labels, sets, balanced=balanced)
    updates = Updates(trainer, run, data, n_updates)
    updates.begin_window()
    with np.errstate(all="ignore"), ops.recycling():
        values = [updates.advance(i / n_updates, None) for i in range(n_updates)]
    updates.close()
    terms = np.stack([terms for _, terms in values])
    return {**run.state.arrays(), **dict(zip(values[0][0], terms.swapaxes(0, 1), strict=True))}


COMBINED = [*(("gan", seed) for seed in range(8)), *(("vae", seed) for seed in range(4))]


@pytest.mark.parametrize(("kind", "seed"), COMBINED)
def test_random_combinations(monkeypatch, kind, seed):
    dtype, n_steps = ("float32", "float64")[seed % 2], seed % 3

    def train():
        settings = test_combinations.combination(kind, seed)
        objective = test_combinations.build(kind, get_backend("numpy", dtype), **settings)
        return updated(objective, n_steps=n_steps)

    plain, taped, made = both_ways(monkeypatch, train)
    assert_equal_bits(plain, taped)
    assert made == 1


@pytest.mark.parametrize("label", ["gan", "gan-projections", "vae-extragradient"])
def test_populations_with_everything_on(monkeypatch, label):
    kind, settings = test_combinations.TRAININGS[label]

    def train():
        objective = test_combinations.build(kind, get_backend("numpy", "float32"), **settings)
        objective = test_combinations.strengthened(objective, np.array([0.5, 1.0, 3.0]))
        return updated(objective, n_models=3, n_steps=2)

    plain, taped, made = both_ways(monkeypatch, train)
    assert_equal_bits(plain, taped)
    assert made >= 1


def small(dtype="float32", gradient=(), noise=(), **settings):
    ops = get_backend("numpy", dtype)
    networks = network(ops, 3, [6, 5], 2, "leaky_relu"), network(ops, 2, [6], 1, "leaky_relu")
    players = (player(net, **settings) for net in networks)
    return game(*players, gradient=gradient, noise=noise)


SMALL = {
    **{
        f"optimizer {n}": {"optimizer": c(), "penalties": [L1(0.05)]}
        for n, c in factory.OPTIMIZERS.items()
    },
    **{n: {"constraints": [c()]} for n, c in factory.CONSTRAINTS.items()},
    "rates of members": {"rate": np.array([[1e-2], [3e-3]]), "schedule": CosineSchedule()},
    "schedules": {"schedule": LinearSchedule(), "noise": [InstanceNoise(0.3)]},
}


@pytest.mark.parametrize("name", SMALL)
def test_optimizers_constraints_and_schedules(monkeypatch, name):
    plain, taped, made = both_ways(
        monkeypatch, lambda: updated(small(**SMALL[name]), n_models=2, n_steps=3)
    )
    assert_equal_bits(plain, taped)
    assert made == 1


def test_each_phase_has_its_tape(monkeypatch):
    gradient = [R1(0.5, interval=2), R2(0.5, "cosine", interval=3)]
    plain, taped, made = both_ways(
        monkeypatch, lambda: updated(small(gradient=gradient), n_steps=2, n_updates=8)
    )
    assert_equal_bits(plain, taped)
    assert made == 3  # updates 01, 23 and 45 of the discriminator


@pytest.mark.parametrize("balanced", [False, True])
def test_members_have_rows_of_their_own(monkeypatch, balanced):
    settings = {"labels": 3, "gradient_penalty": "r1"}

    def train():
        objective = test_combinations.build("gan", get_backend("numpy", "float32"), **settings)
        return updated(objective, n_models=3, sets=[1, 0, 1], balanced=balanced)

    plain, taped, made = both_ways(monkeypatch, train)
    assert_equal_bits(plain, taped)
    assert made == 1


# Fits

TINY = {"max_iter": 7, "hidden_layer_sizes": 5, "batch_size": 16, "random_state": 0}


def table(n=60):
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(n, 2))
    return pd.DataFrame(
        {
            "a": numbers[:, 0],
            "b": np.where(numbers[:, 1] < -1, np.nan, numbers[:, 1]),
            "c": pd.Categorical(rng.choice(["x", "y", "z"], n)),
            "d": rng.integers(0, 4, n),
        }
    )


class Poison(Callback):
    def on_step(self, run):
        if run.state.step == 4 and run.rollbacks == 0:
            run.state.thetas["generator"][...] = np.inf


def learnt(model):
    """What a fit has learnt, as arrays."""
    names = [
        name for name in vars(model) if name.endswith("_") and hasattr(vars(model)[name], "theta")
    ]
    assert names
    thetas = {name: getattr(model, name).theta for name in names}
    return {**thetas, **{k: np.array(v) for k, v in model.history_.items()}}


def guarded():
    gan = RegularizedGAN(**TINY, callbacks=[Poison(), NonFiniteGuard()])
    with pytest.warns(UserWarning, match="returned to update 3"):
        return gan.fit(table()[["a"]])


FITS = {
    "table": lambda: RegularizedGAN(**TINY).fit(table()),
    "no frames": lambda: RegularizedGAN(**TINY, frames=None).fit(table()),
    "table of a VAE": lambda: RegularizedVAE(**TINY).fit(table()),
    "labels": lambda: RegularizedGAN(**TINY, conditional=True).fit(
        table()[["a", "d"]], table()["c"]
    ),
    "early stopping": lambda: RegularizedGAN(
        **TINY, early_stopping=EarlyStopping(0.3, eval_every=2)
    ).fit(table()),
    "guard": guarded,
    "strengths": lambda: (
        RegularizedGANCV(
            RegularizedGAN("l2", **TINY), alphas=[0.01, 1.0], cv=2, scoring="energy_distance"
        )
        .fit(table()[["a", "b"]])
        .best_estimator_
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_fits(monkeypatch, name):
    plain, taped, made = both_ways(monkeypatch, lambda: learnt(FITS[name]()))
    assert_equal_bits(plain, taped)
    assert made


def test_a_checkpoint_of_one_way_goes_on_by_the_other(monkeypatch, tmp_path):
    monkeypatch.setattr(numpy_backend, "WORTH", 2)
    X = table()

    class Stop(Callback):
        def on_report(self, run):
            if run.done == 4:
                raise KeyboardInterrupt

    def fit(way, **settings):
        monkeypatch.setenv("REGAN_TAPE", way)
        return RegularizedGAN(**TINY, **settings).fit(X)

    whole = learnt(fit("numpy"))
    for first, second in (("0", "numpy"), ("numpy", "0")):
        folder = tmp_path / first
        with pytest.raises(KeyboardInterrupt):
            fit(first, callbacks=[Checkpoint(folder, every=1), Stop()])
        resumed = fit(second, callbacks=[Checkpoint(folder, resume=True)])
        assert_equal_bits(whole, learnt(resumed))


# What happens between updates, and what does not fit on a tape


class Exchange(Callback):
    """Puts another array of the same values into the state, at some updates."""

    def __init__(self, every):
        self.every = every

    def on_step(self, run):
        if run.done % self.every == 0:
            run.state.thetas["generator"] = run.state.thetas["generator"] * 0.5


def fit_with(callback, n_updates):
    settings = {**TINY, "max_iter": n_updates, "callbacks": [callback]}
    return learnt(RegularizedGAN(**settings).fit(table()[["a"]]))


def test_an_array_may_be_exchanged(monkeypatch):
    plain, taped, made = both_ways(monkeypatch, lambda: fit_with(Exchange(5), 12))
    assert_equal_bits(plain, taped)
    assert made == 3


def test_who_exchanges_arrays_at_each_update_gets_the_plain_one(monkeypatch):
    def fit():
        if not found:
            found.append(fit_with(Exchange(1), 12))
            return found[0]
        with pytest.warns(UserWarning, match="no longer records updates .*: 3 times withi") as told:
            found.append(fit_with(Exchange(1), 12))
        assert len(told) == 1
        return found[1]

    found = []
    plain, taped, made = both_ways(monkeypatch, fit)
    assert_equal_bits(plain, taped)
    assert made == 3


class OfTheLargest(Hinge):
    """A loss whose shapes depend on values."""

    def generator(self, ops, real, fake):
        value, slope = super().generator(ops, real, fake)
        return value * 0 + fake[fake > fake.mean()].sum(), slope


def test_an_objective_of_changing_shapes_gets_the_plain_update(monkeypatch):
    with pytest.warns(
        UserWarning, match="cannot be written down .*shapes depend on values"
    ) as told:
        plain, taped, made = both_ways(
            monkeypatch,
            lambda: learnt(RegularizedGAN(loss=OfTheLargest(), **TINY).fit(table()[["a"]])),
        )
    assert len(told) == 1
    assert_equal_bits(plain, taped)
    assert made == 0


class Uneven(Optimizer):
    """Steps of half the length where the gradient is not positive."""

    def apply(self, ops, grad, state, theta, lr):
        rates = ops.xp.where(grad > 0, lr, 0.5 * lr)
        state["step"][...] = rates
        theta -= rates * grad


class Counting(Optimizer):
    """Its steps depend on their number, by a whole one."""

    def corrections(self, t):
        return (float(t),)

    def apply(self, ops, grad, state, theta, lr, t):
        assert isinstance(lr, float)
        state["step"][...] = lr
        theta -= lr * (1 + +(t // 2) % 2) * grad


class Rounding(Counting):
    """The same by a question that no tape can answer."""

    def apply(self, ops, grad, state, theta, lr, t):
        state["step"][...] = lr
        theta -= lr * (1 + round(t / 2) % 2) * grad


class Formatting(Optimizer):
    def apply(self, ops, grad, state, theta, lr):
        state["step"][...] = ops.xp.full(theta.shape, lr)
        theta -= float(f"{lr:.2g}") * grad


class Arrays(Optimizer):
    def apply(self, ops, grad, state, theta, lr):
        state["step"][...] = lr
        theta -= (ops.xp.floor(1000 * ops.xp.array([lr, 1])) / 1000).sum() * grad


class Failing(Optimizer):
    """An update that only plain numbers can make."""

    def apply(self, ops, grad, state, theta, lr):
        if type(lr) is not float:
            raise TypeError("no float")
        state["step"][...] = lr
        theta -= lr * grad


@pytest.mark.parametrize(
    ("optimizer", "taped"),
    [(Uneven, 1), (Counting, 1), (Rounding, 0), (Formatting, 0), (Arrays, 0), (Failing, 0)],
)
@pytest.mark.filterwarnings("ignore:updates cannot be written down")
def test_numbers_of_the_clock_are_floats(monkeypatch, optimizer, taped):
    settings = {**TINY, "optimizer": optimizer(), "learning_rate": "cosine"}
    plain, found, made = both_ways(
        monkeypatch, lambda: learnt(RegularizedGAN(**settings).fit(table()[["a"]]))
    )
    assert_equal_bits(plain, found)
    assert made == taped


# Memory


def test_a_tape_takes_less_than_the_plain_update_computes_in(monkeypatch):
    """And what it takes is given back without Python's collector of cycles."""
    tapes, arenas = [], []
    made, init = replay.Replay.__init__, numpy_backend.Arena.__init__

    def replaying(self, tape):
        made(self, tape)
        tapes.append((weakref.ref(self), self.n_bytes))

    def lending(self, dtype):
        init(self, dtype)
        arenas.append(self)

    monkeypatch.setattr(replay.Replay, "__init__", replaying)
    monkeypatch.setattr(numpy_backend.Arena, "__init__", lending)
    gc.collect()
    gc.disable()
    try:
        both_ways(monkeypatch, lambda: updated(small(gradient=[R1(0.5)]), n_steps=1))
        (alive, taken), plain = tapes[0], arenas[0]
        lent = sum(a.nbytes for arrays in plain._rounds.values() for a in arrays)
        assert taken < 0.8 * lent
        assert alive() is None
    finally:
        gc.enable()
