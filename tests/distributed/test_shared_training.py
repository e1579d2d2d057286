"""Ranks with parts of every minibatch train what one process trains on whole ones."""

import numpy as np
import pytest
from name_tables import TABLES
from thread_ranks import ThreadRanks

from regan import RegularizedGAN, RegularizedVAE
from regan.distributed import communicating
from regan.training.recording import RecordedUpdate

X = np.random.default_rng(1).normal(size=(120, 3)) @ [[1, 0, 4], [0.5, 0.1, 0], [0, 0, 9]]
LABELS = np.arange(120) % 3
REFUSED = {
    ("normalization", "batch"): "BatchNorm.* uses statistics of a whole minibatch",
    ("architecture", "minibatch_std"): "MinibatchStd.* uses statistics of a whole minibatch",
    ("gradient_penalty", "dragan"): "gradient_penalty=DRAGAN.* is not a mean over the rows",
    ("matching", "moments"): "matching=MatchMoments.* is not a mean over the rows",
    ("matching", "features"): "matching=MatchFeatures.* is not a mean over the rows",
}
MODELS = {"gan": RegularizedGAN, "vae": RegularizedVAE}
SMALL = {
    "hidden_layer_sizes": (8, 8),
    "latent_dim": 4,
    "batch_size": 24,
    "max_iter": 50,
    "dtype": "float64",
    "frames": None,
    "random_state": 0,
}

pytestmark = [
    pytest.mark.filterwarnings("ignore:BatchNorm in the"),
    pytest.mark.filterwarnings("ignore:.*has no effect"),
]


def fitted(communicator="single", kind="gan", y=None, **settings):
    with communicating(communicator):
        return MODELS[kind](**{**SMALL, **settings}).fit(X, y)


def on_ranks(size=2, **settings):
    """What a fit by so many ranks gives on each of them; an error is raised."""
    found = ThreadRanks(size).run(lambda communicator: fitted(communicator, **settings))
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return found


def assert_same(one, ranks, tolerance=1e-6):
    for model in ranks:
        for name, theta in one._state.thetas.items():
            np.testing.assert_allclose(model._state.thetas[name], theta, rtol=0, atol=tolerance)
        assert model.history_.keys() == one.history_.keys()
        for name, values in one.history_.items():
            found = model.history_[name]
            np.testing.assert_allclose(found, values, rtol=1e-6, atol=tolerance, err_msg=name)
    first, *others = ranks
    for model in others:  # to the last bit, or they drift apart
        for name, array in first._state.arrays().items():
            np.testing.assert_array_equal(model._state.arrays()[name], array)


def taken(cls, setting):
    """The names that a setting of a model takes: all but parts of the other's networks."""
    for name, thing in TABLES[setting].items():
        if setting != "architecture" or {*thing.networks} & {*cls.networks}:
            yield name


CASES = [
    (kind, setting, name)
    for kind, cls in MODELS.items()
    for setting in TABLES
    if hasattr(cls(), setting)
    for name in taken(cls, setting)
]


@pytest.mark.parametrize(("kind", "setting", "name"), CASES)
def test_every_name_of_every_setting(kind, setting, name):
    """Either two ranks train what one does, or they refuse it and name the setting."""
    settings = {"kind": kind, "max_iter": 12, setting: name}
    if setting == "architecture" and name == "packing":
        settings["batch_size"] = 24
    if (message := REFUSED.get((setting, name))) is not None:
        with pytest.raises(ValueError, match=message):
            on_ranks(**settings)
        return
    assert_same(fitted(**settings), on_ranks(**settings))


TRAININGS = [
    {},
    {"kind": "vae"},
    {"n_discriminator_steps": 1},
    {"n_discriminator_steps": 3, "dropout": 0.2, "alpha": 0.01},
    {"optimizer": "extra_adam", "noise": "instance"},
    {"gradient_penalty": "wgan_gp", "architecture": "packing"},
    {"y": LABELS, "conditional": True},
    {"y": LABELS, "conditional": "balanced", "n_discriminator_steps": 2},
    {"masked": True, "frames": 2},
    {"kind": "vae", "masked": True, "dropout": 0.1},
    {"early_stopping": True},
]


@pytest.mark.parametrize("settings", TRAININGS, ids=str)
def test_fifty_updates(settings):
    assert_same(fitted(**settings), on_ranks(**settings))


def test_fifty_updates_of_three_ranks():
    settings = {"n_discriminator_steps": 1, "dropout": 0.1, "gradient_penalty": "wgan_gp"}
    assert_same(fitted(**settings), on_ranks(3, **settings))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 25}, "2 ranks cannot share .* batch_size=25 rows .* batch_size=24"),
        ({"batch_size": 2}, "at least two. Set batch_size=4"),
        (
            {"batch_size": 22, "architecture": "packing"},
            "whole packs of 2 rows, at least two. Set batch_size=20",
        ),
    ],
)
def test_batches_that_do_not_divide_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        on_ranks(**settings)


def test_updates_are_recorded_between_the_sums(monkeypatch):
    """In parts, each of which is repeated, and two sums an update."""
    repeated, repeat = [], RecordedUpdate.repeat

    def listen(self, clock, **options):
        repeated.append(self)
        return repeat(self, clock, **options)

    monkeypatch.setattr(RecordedUpdate, "repeat", listen)
    monkeypatch.setenv("REGAN_TAPE", "numpy")
    ranks = ThreadRanks(2)
    found = ranks.run(
        lambda communicator: fitted(communicator, max_iter=120, n_discriminator_steps=1)
    )
    assert {type(each) for each in found} == {RegularizedGAN}
    assert len({*map(id, repeated)}) == 2 * 3
    assert len(repeated) == 2 * 3 * 119


def test_a_model_of_one_rank_is_that_without_any():
    plain = RegularizedGAN(**SMALL).fit(X)
    (alone,) = on_ranks(1)
    for name, array in plain._state.arrays().items():
        np.testing.assert_array_equal(alone._state.arrays()[name], array)


def test_one_pass_over_the_rows():
    """Batches are rounded up to what all ranks can share."""

    def passes(communicator="single", batch_size=24):
        model = RegularizedGAN(**{**SMALL, "batch_size": batch_size})
        with communicating(communicator):
            return model.partial_fit(X).partial_fit(X)

    assert_same(passes(), ThreadRanks(2).run(passes))
    shared = ThreadRanks(2).run(lambda communicator: passes(communicator, 50))
    assert [model.n_iter_ for model in shared] == [6, 6]


def test_going_on_from_a_fit():
    def twice(communicator="single"):
        with communicating(communicator):
            model = RegularizedGAN(**{**SMALL, "warm_start": True, "max_iter": 20})
            return model.fit(X).fit(X)

    assert_same(twice(), ThreadRanks(2).run(twice))
