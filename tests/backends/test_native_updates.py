"""Updates by compiled code are NumPy's up to roundings, and the same bits whenever they are made.

Adam divides a gradient by its size, so of one that is but rounding noise it makes a step as long as
any. With plain descent all agrees to the last digits; with other optimizers in float64, where what
they add to the divisor is much larger than the noise.
"""

import gc
import weakref

import numpy as np
import pytest
import test_combinations
import test_taped_updates as taped
from native_tapes import needs_extension
from tapes import assert_equal_bits, by_way
from test_taped_updates import COMBINED, FITS, SMALL, TINY, learnt, small, table, updated

from regan import Callback, Checkpoint, RegularizedGAN
from regan.backends import get_backend, numpy_backend, recording
from regan.backends.native import members
from regan.backends.native.replay import NativeReplay
from regan.optimizers import SGD
from regan.penalties.gradient import R1, R2

pytestmark = [needs_extension, test_combinations.pytestmark]

NOISY = 1e-7
"""What rounding noise in float64, divided by Adam's 1e-8, may move of a rate."""

both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def last_digits(dtype):
    return 1000 * np.finfo(dtype).eps


def assert_agree(one, other, tolerance):
    """All arrays, of an error relative to the largest entry."""
    assert one.keys() == other.keys()
    for name, value in one.items():
        mine = np.asarray(other[name])
        if name.endswith(".step"):  # what the rate is divided by
            value, mine = 1 / value, 1 / mine
        scale = np.max(np.abs(value[np.isfinite(value)]), initial=0)
        np.testing.assert_allclose(mine, value, 0, tolerance * scale, err_msg=name)


def compared(monkeypatch, train, tolerance, n_tapes=1):
    by_numpy, made = by_way(monkeypatch, "numpy", train)
    compiled, made_compiled = by_way(monkeypatch, "native", train)
    assert made == made_compiled == n_tapes
    assert_agree(by_numpy, compiled, tolerance)
    return compiled


@both_dtypes
@pytest.mark.parametrize(("kind", "seed"), COMBINED)
def test_random_combinations_by_plain_descent(monkeypatch, kind, seed, dtype):
    settings = test_combinations.combination(kind, seed) | {"optimizer": "sgd"}

    def train():
        objective = test_combinations.build(kind, get_backend("numpy", dtype), **settings)
        return updated(objective, n_steps=seed % 3)

    compared(monkeypatch, train, last_digits(dtype))


@pytest.mark.parametrize(("kind", "seed"), COMBINED)
def test_random_combinations(monkeypatch, kind, seed):
    settings = test_combinations.combination(kind, seed)

    def train():
        objective = test_combinations.build(kind, get_backend("numpy", "float64"), **settings)
        return updated(objective, n_steps=seed % 3)

    compared(monkeypatch, train, NOISY)


@pytest.mark.parametrize("name", SMALL)
def test_optimizers_constraints_and_schedules(monkeypatch, name):
    def train():
        return updated(small("float64", **SMALL[name]), n_models=2, n_steps=3)

    compared(monkeypatch, train, NOISY)


@both_dtypes
@pytest.mark.parametrize("name", SMALL)
def test_constraints_and_schedules_by_plain_descent(monkeypatch, name, dtype):
    settings = SMALL[name] | {"optimizer": SGD(0.5)}
    compared(
        monkeypatch,
        lambda: updated(small(dtype, **settings), n_models=2, n_steps=3),
        last_digits(dtype),
    )


def everything_on(label, dtype, factors=(0.5, 1.0, 3.0), **changes):
    kind, settings = test_combinations.TRAININGS[label]
    ops = get_backend("numpy", dtype)
    objective = test_combinations.build(kind, ops, **settings | changes)
    objective = test_combinations.strengthened(objective, np.array(factors))
    return updated(objective, n_models=len(factors), n_steps=2)


@pytest.mark.parametrize("label", ["gan-projections", "vae-extragradient"])
def test_populations_with_everything_on(monkeypatch, label):
    compared(monkeypatch, lambda: everything_on(label, "float64"), NOISY)


@pytest.mark.parametrize("label", ["gan-projections", "vae"])
def test_populations_with_everything_on_by_plain_descent(monkeypatch, label):
    compared(
        monkeypatch,
        lambda: everything_on(label, "float32", optimizer="sgd"),
        last_digits("float32"),
    )


def test_each_phase_has_its_tape(monkeypatch):
    gradient = [R1(0.5, interval=2), R2(0.5, "cosine", interval=3)]
    settings = {"optimizer": SGD(0.5), "gradient": gradient}
    compared(
        monkeypatch,
        lambda: updated(small(**settings), n_steps=2, n_updates=8),
        last_digits("float32"),
        n_tapes=3,
    )


@pytest.mark.parametrize("balanced", [False, True])
def test_members_have_rows_of_their_own(monkeypatch, balanced):
    settings = {"labels": 3, "gradient_penalty": "r1", "optimizer": "sgd"}

    def train():
        objective = test_combinations.build("gan", get_backend("numpy", "float32"), **settings)
        return updated(objective, n_models=3, sets=[1, 0, 1], balanced=balanced)

    compared(monkeypatch, train, last_digits("float32"))


# To the bit


@pytest.mark.parametrize(
    ("label", "dtype"),
    [("gan-projections", "float32"), ("vae", "float64")],
)
def test_a_member_is_the_model_alone_however_many_threads_there_are(monkeypatch, label, dtype):
    factors, made = (0.5, 1.0, 3.0), []

    class Counted(NativeReplay):
        def __init__(self, tape, extension, threads):
            made.append(threads)
            super().__init__(tape, extension, threads)

    monkeypatch.setattr(recording, "NativeReplay", Counted)
    monkeypatch.setattr(members, "_WORTH", 1)
    found = {}
    for n_threads in (1, 2, 3):
        monkeypatch.setattr(recording, "threads_allowed", lambda n=n_threads: n)
        found[n_threads], _ = by_way(monkeypatch, "native", lambda: everything_on(label, dtype))
    assert set(made) == {1, 2, 3}
    for other in (2, 3):
        assert_equal_bits(found[1], found[other])
    for k, factor in enumerate(factors):
        alone, _ = by_way(
            monkeypatch, "native", lambda factor=factor: everything_on(label, dtype, [factor])
        )
        for name, value in alone.items():
            together = found[1][name]
            own = together[k] if len(together) == len(factors) == 3 and len(value) == 1 else None
            own = together[:, k] if own is None else own
            np.testing.assert_array_equal(own, value.reshape(own.shape), err_msg=name)


@pytest.mark.parametrize("name", FITS)
def test_fits_are_repeated_to_the_bit(monkeypatch, name):
    first, made = by_way(monkeypatch, "native", lambda: learnt(FITS[name]()))
    again, _ = by_way(monkeypatch, "native", lambda: learnt(FITS[name]()))
    assert made
    assert_equal_bits(first, again)


@pytest.mark.parametrize("name", FITS)
def test_fits_are_those_of_numpy(monkeypatch, name):
    monkeypatch.setitem(TINY, "optimizer", "sgd")
    by_numpy, made = by_way(monkeypatch, "numpy", lambda: learnt(FITS[name]()))
    compiled, made_compiled = by_way(monkeypatch, "native", lambda: learnt(FITS[name]()))
    assert made == made_compiled > 0
    assert_agree(by_numpy, compiled, last_digits("float32"))


# Checkpoints


class StopAt(Callback):
    """Interrupts a fit after so many updates."""

    def __init__(self, done):
        self.done = done

    def on_report(self, run):
        if run.done == self.done:
            raise KeyboardInterrupt


def interrupted(folder, done):
    callbacks = [Checkpoint(folder, every=1), StopAt(done)]
    with pytest.raises(KeyboardInterrupt):
        RegularizedGAN(**TINY, callbacks=callbacks).fit(table())


def resumed(folder):
    return RegularizedGAN(**TINY, callbacks=[Checkpoint(folder, resume=True)]).fit(table())


@pytest.mark.parametrize("done", range(1, TINY["max_iter"]))
def test_a_fit_that_goes_on_is_the_whole_one(monkeypatch, tmp_path, done):
    """Also where fewer updates are left than a tape is worth."""
    monkeypatch.setenv("REGAN_TAPE", "native")
    monkeypatch.setattr(numpy_backend, "WORTH", 5)
    whole = learnt(RegularizedGAN(**TINY).fit(table()))
    interrupted(tmp_path, done)
    assert_equal_bits(whole, learnt(resumed(tmp_path)))


@pytest.mark.parametrize(("first", "second"), [("native", "numpy"), ("0", "native")])
def test_a_checkpoint_of_another_way_goes_on_with_a_warning(monkeypatch, tmp_path, first, second):
    monkeypatch.setattr(numpy_backend, "WORTH", 2)
    monkeypatch.setenv("REGAN_TAPE", first)
    interrupted(tmp_path, 4)
    monkeypatch.setenv("REGAN_TAPE", second)
    with pytest.warns(UserWarning, match="what updates run on was .* and is now "):
        model = resumed(tmp_path)
    assert model.n_iter_ == TINY["max_iter"]
    assert all(np.isfinite(value).all() for value in learnt(model).values())


# What happens between updates, and what does not fit on a tape


def test_an_array_may_be_exchanged(monkeypatch):
    monkeypatch.setitem(TINY, "optimizer", "sgd")
    compared(
        monkeypatch,
        lambda: taped.fit_with(taped.Exchange(5), 12),
        last_digits("float32"),
        n_tapes=3,
    )


def test_who_exchanges_arrays_at_each_update_gets_the_plain_one(monkeypatch):
    monkeypatch.setitem(TINY, "optimizer", "sgd")

    def train():
        with pytest.warns(UserWarning, match="no longer records updates .*: 3 times withi") as told:
            found = taped.fit_with(taped.Exchange(1), 12)
        assert len(told) == 1
        return found

    compared(monkeypatch, train, last_digits("float32"), n_tapes=3)


def test_an_objective_of_changing_shapes_gets_the_plain_update(monkeypatch):
    def train():
        gan = RegularizedGAN(loss=taped.OfTheLargest(), **TINY)
        return learnt(gan.fit(table()[["a"]]))

    plain, _ = by_way(monkeypatch, "0", train)
    with pytest.warns(UserWarning, match="cannot be written down .*shapes depend on values"):
        compiled, made = by_way(monkeypatch, "native", train)
    assert made == 0
    assert_equal_bits(plain, compiled)


# Memory


def test_a_tape_of_one_model_takes_less_than_the_plain_update_computes_in(monkeypatch):
    """And what it takes is given back without Python's collector of cycles."""
    tapes, arenas = [], []
    made, init = NativeReplay.__init__, numpy_backend.Arena.__init__

    def replaying(self, *given):
        made(self, *given)
        tapes.append((weakref.ref(self), self.n_bytes))

    def lending(self, dtype):
        init(self, dtype)
        arenas.append(self)

    def train():
        return updated(small(gradient=[R1(0.5)]), n_steps=1)

    monkeypatch.setattr(NativeReplay, "__init__", replaying)
    monkeypatch.setattr(numpy_backend.Arena, "__init__", lending)
    gc.collect()
    gc.disable()
    try:
        by_way(monkeypatch, "0", train)
        plain = arenas[0]
        by_way(monkeypatch, "native", train)
        ((alive, taken),) = tapes
        lent = sum(a.nbytes for arrays in plain._rounds.values() for a in arrays)
        assert taken < 0.8 * lent
        assert alive() is None
    finally:
        gc.enable()
