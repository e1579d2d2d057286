"""Masks of minibatches: which cells are shown of which rows, whoever makes the updates."""

import numpy as np
import pandas as pd
import pytest
from tapes import assert_equal_bits, both_ways

from regan import Checkpoint, RegularizedGAN, RegularizedVAE
from regan.backends import get_backend
from regan.building.framing import learn_coordinates
from regan.data.reader import Reader
from regan.layers.draws import Draws
from regan.mixtures.coordinates import Coordinates
from regan.population import make_members
from regan.population.shard import advance
from regan.training.mask_bank import WHOLE, MaskBank
from regan.training.training_data import TrainingData

MODELS = {"gan": RegularizedGAN, "vae": RegularizedVAE}


def numbers(n=120, d=3):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n, d)) @ (np.eye(d) + 0.5)
    X[: n // 2] += 6
    return X


def mixed(n=120):
    rng = np.random.default_rng(4)
    a = rng.normal(size=n)
    return pd.DataFrame(
        {
            "a": np.where(rng.random(n) < 0.3, np.nan, a),
            "b": rng.choice(["x", "y", "z"], n),
            "c": a + rng.normal(size=n),
        }
    )


def wide(n=260):
    rng = np.random.default_rng(5)
    return rng.normal(size=(n, 4)) @ rng.normal(size=(4, 40)) + 0.1 * rng.normal(size=(n, 40))


TABLES = {"local": numbers, "mixed": mixed, "principal": wide, None: numbers}


def settings(kind, table):
    small = {"hidden_layer_sizes": (8, 8), "max_iter": 24, "random_state": 0}
    return {**small, "masked": True, "frames": None if table is None else "auto"}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", MODELS)
def test_kinds_of_frames(kind, table):
    model = MODELS[kind](**settings(kind, table)).fit(TABLES[table]())
    assert (model.frames_ and model.frames_._frames.kind) == table
    assert np.isfinite(model.history_["distance"][-1])


# Which cells are shown


def coordinates(X, frames="auto"):
    reader, rows = Reader.learn(RegularizedGAN(), X, True)
    scaled = reader.scaler.forward(rows)
    found = learn_coordinates(frames, reader.scaler, (scaled, None), 0)
    return Coordinates(reader.scaler, 0, found.frames, masked=True), scaled


def masked_rows(X, frames="auto", n=4000):
    own, scaled = coordinates(X, frames)
    ops, rng = get_backend("numpy", "float64"), np.random.default_rng(0)
    rows, labels = own.enter((scaled, None), 0)
    data = TrainingData(ops, rows, labels, masks=[MaskBank.learn(own, 0)])
    where = rng.integers(len(X), size=n)
    real, _ = data.take(where)
    return own, real, data.masked(where, real, Draws(ops, ops.rng(0)))


def test_half_of_the_rows_are_whole_and_others_show_any_share():
    _, _, masked = masked_rows(numbers(d=8))
    shown = masked.shown[0]
    share = shown.mean(axis=1)
    whole = (share == 0).mean()
    nothing = WHOLE + (1 - WHOLE) / 9  # the chance that none of 8 is shown at a uniform rate
    assert whole == pytest.approx(nothing, abs=0.04)
    counts = np.bincount(shown.sum(axis=1).astype(int), minlength=9)[1:] / len(shown)
    np.testing.assert_allclose(counts, (1 - WHOLE) / 9, atol=0.025)


def test_a_missing_number_is_never_shown():
    own, real, masked = masked_rows(mixed())
    names = own.scaler.encoder.labels
    missing = real[0, :, names.index("a_missing")] == 1
    a = names.index("a")
    assert missing.any()
    assert masked.shown[0, :, a].any()
    assert not masked.shown[0, missing, a].any()
    assert not masked.columns[0, missing, a].any()


def test_levels_of_a_block_are_shown_together():
    own, _, masked = masked_rows(mixed())
    block = masked.columns[0][:, [own.scaler.encoder.labels.index(f"b_{x}") for x in "xyz"]]
    assert block.any()
    assert (block == block[:, :1]).all()
    which = own.scaler.levels.index(3)
    np.testing.assert_array_equal(block[:, 0], masked.shown[0][:, own.n_numbers + which])


@pytest.mark.parametrize("table", ["local", "principal"])
def test_known_columns_stay_when_rows_in_frames_are_completed(table):
    X = TABLES[table]()
    own, real, masked = masked_rows(X, n=200)
    made = np.random.default_rng(1).standard_normal(real.shape)
    completed = masked.complete(get_backend("numpy", "float64"), real, made)[0]
    # of these rows the components are as in the data: the axes of any tell what became of columns
    frames = own.frames
    for k in range(frames.n_components):
        kept = frames.kept(masked.shown[0] == 1, np.full(200, k))
        mine = np.isclose(kept, masked.kept[0]).all(axis=(1, 2))
        columns = frames.axes_in(np.full(200, k))
        off = np.einsum("nr,nrp->np", completed - real[0], columns)[mine]
        shown = masked.shown[0][mine] == 1
        assert shown.any()
        scale = np.einsum("nr,nrp->np", made[0] - real[0], columns)[mine]
        limit = 1e-9 if table == "local" else 0.35
        assert np.abs(off[shown]).mean() <= limit * np.abs(scale[shown]).mean()
        assert np.abs(off[~shown]).mean() > 0.1


def test_regression_of_principal_coordinates():
    """The shorter way, in coordinates, is that in columns."""
    frames = coordinates(wide())[0].frames
    rng = np.random.default_rng(0)
    k = rng.integers(frames.n_components, size=5)
    axes = frames.axes_in(k) * (rng.random((5, 1, frames.n_columns)) < 0.5)
    for B, V, gain in zip(axes, frames.variances[k], frames.gains(axes, k), strict=True):
        noise = frames.lost * np.eye(frames.n_columns)
        long = np.linalg.solve(B.T @ np.diag(V) @ B + noise, B.T @ np.diag(V))
        np.testing.assert_allclose(gain, long, atol=1e-8)


# Updates


def learnt(model):
    arrays = model._state.arrays()
    return arrays | {f"history {name}": rows for name, rows in model.history_.items()}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", MODELS)
def test_recorded_updates_are_those_of_python(monkeypatch, kind, table):
    X = TABLES[table]()

    def train():
        return learnt(MODELS[kind](**settings(kind, table)).fit(X))

    plain, taped, made = both_ways(monkeypatch, train)
    assert_equal_bits(plain, taped)
    assert made == 1


@pytest.mark.parametrize("table", ["local", "mixed"])
def test_members_of_a_population_see_masks_of_their_own_rows(table):
    X, given = TABLES[table](), settings("gan", table)
    gan = RegularizedGAN(**given | {"frames": 2, "dtype": "float64"})
    sets, members = {}, []
    for number, part in enumerate((X[:60], X[60:])):
        sets[number], own = make_members(
            gan, [{"alpha": 1e-3}, {"alpha": 1e-2}], part, None, 0, number
        )
        members += own
    together = advance(members, sets, 24)
    for member in together:
        (alone,) = advance(
            [m for m in members if (m.set, m.candidate) == (member.set, member.candidate)], sets, 24
        )
        assert_equal_bits(learnt(member.fitted), learnt(alone.fitted))


@pytest.mark.parametrize("table", ["local", "mixed"])
def test_a_run_that_is_resumed_shows_the_same_cells(tmp_path, table):
    X, given = TABLES[table](), settings("gan", table)
    whole = RegularizedGAN(**given).fit(X)

    def stop(run):
        if run.done >= 12:
            raise KeyboardInterrupt

    first = RegularizedGAN(**given, callbacks=[Checkpoint(tmp_path, every=6), stop])
    with pytest.raises(KeyboardInterrupt):
        first.fit(X)
    resumed = RegularizedGAN(**given, callbacks=[Checkpoint(tmp_path, every=6, resume=True)])
    for name, value in learnt(resumed.fit(X)).items():
        np.testing.assert_array_equal(value, learnt(whole)[name], err_msg=name)


def test_training_goes_on_only_as_it_began():
    X = numbers()
    gan = RegularizedGAN(**settings("gan", "local"), warm_start=True).fit(X)
    gan.fit(X)
    assert gan.n_iter_ == 48
    with pytest.raises(ValueError, match="masked"):
        gan.set_params(masked=False).fit(X)
