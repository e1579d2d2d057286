"""Model files: nothing is lost, nothing damaged is accepted, and loading runs no code."""

import hashlib
import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

import regan
from regan import (
    Callback,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.building import factory
from regan.building.architecture import NoiseSkip, Packing, ResidualConnections
from regan.building.factory import known_classes
from regan.constraints import L1Ball, MaxNonZero, MaxUnits, SpectralNorm, UnitNorm
from regan.constraints.clipping import ClipGlobalNorm, ClipValue
from regan.files.values import Codec
from regan.layers import (
    Activation,
    BatchNorm,
    Dropout,
    FourierFeatures,
    GroupNorm,
    LatentMixture,
    LayerNorm,
    MinibatchStd,
)
from regan.losses import Hinge, Loss, NonSaturating
from regan.losses.matching import MatchFeatures, MatchMoments
from regan.objectives.noise import InstanceNoise
from regan.optimizers import SGD, Adam, ExtraAdam, OptimisticAdam, RMSprop
from regan.penalties import L1, L2, ElasticNet, GroupLasso, Orthogonal
from regan.penalties.activity import L1Activity, L2Activity
from regan.penalties.gradient import DRAGAN, R1, R2, WGANGP, Roth
from regan.schedules import SCHEDULES, CosineSchedule, GeometricSchedule, LinearSchedule
from regan.storage.stored import FileError, Stored
from regan.storage.tensor_file import MODEL
from tests.support.opened_files import contents, forge

CODEC = Codec(known_classes())

MODELS = {
    "defaults": {},
    "no penalties": {"penalty": None, "gradient_penalty": None, "ema_decay": 0},
    "objects": {
        "penalty": ElasticNet(1e-3, l1_ratio=0.3, method="subgradient"),
        "loss": Hinge(),
        "optimizer": Adam(0.5, epsilon=1e-6),
        "gradient_penalty": R1(0.3),
        "activation": Activation("silu"),
        "learning_rate": LinearSchedule(0.1),
    },
    "pairs": {
        "penalty": (L1(1e-3), None),
        "optimizer": (SGD(0.5), "rmsprop"),
        "activation": ("tanh", "gelu"),
        "learning_rate_init": (1e-3, 2e-3),
        "learning_rate": ("constant", LinearSchedule()),
    },
    "lists": {"penalty": ([L1(1e-3), "l2"], []), "gradient_penalty": [R1(0.1), R2(0.2)]},
    "NumPy numbers": {
        "gamma": np.float32(0.25),
        "learning_rate_init": np.float64(1e-3),
        "batch_size": np.int64(16),
        "standardize": np.bool_(True),
        "hidden_layer_sizes": np.array([8, 4]),
        "penalty": L2(np.float64(1e-3)),
    },
    "double, other widths": {
        "dtype": "float64",
        "discriminator_hidden_layer_sizes": [5],
        "standardize": False,
        "optimizer": (RMSprop(0.9, 0.5), "adamw"),
        "n_discriminator_steps": 2,
    },
    "constraints": {
        "constraint": ([SpectralNorm(2.0, 2), "non_negative"], [L1Ball(3.0), MaxNonZero(0.5)]),
    },
    "spectral norm of both": {"constraint": SpectralNorm(), "optimizer": ("adamw", "sgd")},
    "schedules inside penalties": {
        "gradient_penalty": [
            R1(0.1, GeometricSchedule(0.5), interval=2),
            WGANGP(schedule="cosine"),
            DRAGAN(spread=0.1),
            Roth(schedule=LinearSchedule(0.2)),
        ],
        "noise": InstanceNoise(0.2, CosineSchedule(0.1)),
    },
    "parts": {
        "architecture": (
            ["residual", FourierFeatures((1, 3)), LatentMixture(5, 0.2), NoiseSkip()],
            [ResidualConnections(), FourierFeatures([1.5]), MinibatchStd(1e-6), Packing(2)],
        ),
    },
    "batch norm's statistics": {
        "normalization": (BatchNorm(1e-4), LayerNorm()),
        "dropout": (0.1, Dropout(0.3)),
    },
    "norms of groups": {
        "normalization": (GroupNorm(3), GroupNorm(1, 1e-4)),
        "hidden_layer_sizes": (6, 9),
    },
    "batch norm within residual blocks": {
        "normalization": "batch",
        "architecture": "residual",
        "gradient_penalty": None,
    },
    "the other families": {
        "penalty": (GroupLasso(1e-2), [Orthogonal(1e-3), "l2"]),
        "activity_penalty": ([L1Activity(1e-2, "hidden"), L2Activity()], None),
        "matching": [MatchMoments(0.2, order=1), MatchFeatures(), "rows"],
        "clipping": (ClipValue(0.1), ["norm", ClipGlobalNorm(0.5)]),
        "loss": NonSaturating(0.1),
    },
    "looking ahead": {"optimizer": ExtraAdam(0.5), "constraint": (MaxUnits(4), UnitNorm())},
    "optimism": {"optimizer": (OptimisticAdam(), "adam")},
    "conditional": {"conditional": True, "architecture": ["latent_mixture", "noise_skip"]},
    "conditional with spectral norm": {"conditional": True, "constraint": "spectral_norm"},
}
VAES = {
    "defaults": {},
    "objects": {
        "penalty": (L1(1e-3), [GroupLasso(1e-3), Orthogonal(1e-3)]),
        "optimizer": OptimisticAdam(0.5),
        "learning_rate": ("constant", GeometricSchedule(0.1)),
        "beta": np.float64(2.0),
        "decoder_hidden_layer_sizes": [5, 6],
        "clipping": "global_norm",
        "activity_penalty": ("l1", L2Activity(1e-2)),
    },
    "structure": {
        "architecture": ([FourierFeatures((1, 2))], "residual"),
        "normalization": ("batch", LayerNorm(1e-4)),
        "dropout": (Dropout(0.1), None),
        "constraint": ("spectral_norm", ["max_norm", "non_negative"]),
        "dtype": "float64",
    },
    "conditional": {"conditional": True, "normalization": "batch"},
}
GAUSSIANS = {
    "defaults": {},
    "graphical lasso": {"penalty": "l1", "alpha": 0.3},
    "elastic": {"penalty": "elasticnet", "alpha": 0.1, "l1_ratio": 0.3, "standardize": False},
    "maximum likelihood": {"penalty": None},
}
LABELS = np.array(["ant", "bee", "c"])[np.arange(60) % 3]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model"


def assert_same_model(a, b, X):
    for name, fitted in a._fitted().items():
        other = getattr(b, f"{name}_")
        np.testing.assert_array_equal(fitted.theta, other.theta)
        assert fitted.theta.dtype == other.theta.dtype
        assert repr(fitted.layers) == repr(other.layers)
        for one, two in (
            (a._state.optimizers[name], b._state.optimizers[name]),
            (a._state.memories[name], b._state.memories[name]),
        ):
            assert one.keys() == two.keys()
            assert all(np.array_equal(one[key], two[key]) for key in one)
    assert np.array_equal(a.sample(5, random_state=1), b.sample(5, random_state=1))
    assert a.score(X, LABELS) == b.score(X, LABELS)
    assert a.history_.keys() == b.history_.keys()
    for name, values in a.history_.items():
        np.testing.assert_array_equal(values, b.history_[name])
    assert (a.n_iter_, a.n_features_in_) == (b.n_iter_, b.n_features_in_)
    assert a.sparsity_ == b.sparsity_


def learnt(model):
    """The names of attributes that a file has; of rows it says how many only for networks."""
    return vars(model).keys() - {"_n_rows"}


def neural(cls, **changes):
    small = {"hidden_layer_sizes": (8, 8), "latent_dim": 4, "batch_size": 16, "max_iter": 10}
    return cls(**{**small, "random_state": 0, **changes})


ALL = [
    *(pytest.param(RegularizedGAN, changes, id=f"GAN {name}") for name, changes in MODELS.items()),
    *(pytest.param(RegularizedVAE, changes, id=f"VAE {name}") for name, changes in VAES.items()),
]


@pytest.mark.parametrize(("cls", "changes"), ALL)
def test_nothing_is_lost(table, path, cls, changes):
    model = neural(cls, **changes).fit(table, LABELS)
    model.save(path)
    again = regan.load(path)
    assert type(again) is cls
    for name, value in model.get_params(deep=False).items():
        assert CODEC.encode(getattr(again, name), name) == CODEC.encode(value, name)
    assert vars(again).keys() == vars(model).keys()
    assert_same_model(again, model, table)
    assert type(again.sample()) is np.ndarray


@pytest.mark.parametrize(("cls", "changes"), ALL)
@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_a_loaded_model_goes_on_as_the_saved_one(table, path, cls, changes, method):
    model = neural(cls, warm_start=True, **changes).fit(table, LABELS)
    model.save(path)
    again = regan.load(path)
    getattr(model, method)(table, LABELS)
    getattr(again, method)(table, LABELS)
    assert model.n_iter_ > 10
    assert_same_model(again, model, table)


@pytest.mark.parametrize("changes", GAUSSIANS.values(), ids=GAUSSIANS)
def test_a_gaussian_comes_back(table, path, changes):
    model = RegularizedGaussian(random_state=0, **changes).fit(table)
    model.save(path)
    again = regan.load(path)
    assert repr(again) == repr(model)
    assert learnt(again) == learnt(model)
    for name in ("location_", "covariance_", "precision_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    assert (again.sparsity_, again.n_iter_) == (model.sparsity_, model.n_iter_)
    np.testing.assert_array_equal(again.sample(9), model.sample(9))
    np.testing.assert_array_equal(again.score_samples(table), model.score_samples(table))
    assert again.score(table) == model.score(table)
    np.testing.assert_array_equal(again.fit(table).covariance_, model.covariance_)


TABLES = [
    value for name, value in vars(factory).items() if name.isupper() and name != "ACTIVATIONS"
]
CLASSES = {
    cls.__name__: cls
    for table in [*TABLES, SCHEDULES]
    if isinstance(table, type(factory.LOSSES))
    for cls in table.values()
    if isinstance(cls, type)
}


@pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)
def test_every_object_that_a_name_stands_for_can_be_written(cls):
    thing = cls()
    again = CODEC.decode(Stored.parse(json.dumps(CODEC.encode(thing, "thing"))))
    assert type(again) is cls
    assert repr(again) == repr(thing)


def test_saving_twice_writes_the_same(small_gan, table, path, tmp_path):
    gan = small_gan().fit(table)
    gan.save(path)
    regan.load(path).save(tmp_path / "again")
    (tensors, metadata), (again, same) = parts(path), parts(tmp_path / "again")
    assert metadata == same
    assert tensors.keys() == again.keys()
    assert all(np.array_equal(tensors[name], again[name]) for name in tensors)


@pytest.mark.parametrize(
    ("names", "dtypes"),
    [
        (["a", "b", "c"], ["float32", "float64", "float32"]),
        (["height (cm)", "größe", ""], ["float32"] * 3),
        ([3, 1, 2], ["float64"] * 3),
        ([("a", 1), ("a", 2), ("b", 1)], ["float64"] * 3),
    ],
)
def test_frames_come_back(small_gan, table, path, names, dtypes):
    X = pd.DataFrame(table)
    X.columns = names
    X = X.astype(dict(zip(X.columns, dtypes, strict=True)))
    gan = small_gan().fit(X)
    gan.save(path)
    again = regan.load(path)
    pd.testing.assert_frame_equal(again.sample(5), gan.sample(5))
    assert [str(dtype) for dtype in again.sample(2).dtypes] == dtypes
    assert again.score(X) == gan.score(X)
    expected = getattr(gan, "feature_names_in_", None)
    found = getattr(again, "feature_names_in_", None)
    assert (expected is None) == (found is None)
    if expected is not None:
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


def test_a_random_state_goes_on(small_gan, table, path):
    gan = small_gan(random_state=np.random.RandomState(5)).fit(table)
    gan.sample(3)
    gan.save(path)
    again = regan.load(path)
    np.testing.assert_array_equal(again.sample(5), gan.sample(5))
    np.testing.assert_array_equal(again.sample(5), gan.sample(5))
    assert_same_model(again.fit(table), gan.fit(table), table)


def test_constant_columns_stay_constant(small_gan, table, path):
    X = np.c_[table, np.full(60, 0.1)]
    small_gan().fit(X).save(path)
    assert (regan.load(path).sample(9)[:, 3] == 0.1).all()


def test_callbacks_are_not_saved(small_gan, table, path):
    small_gan(callbacks=[Callback(), print]).set_params(callbacks=[Callback()]).fit(table).save(
        path
    )
    assert regan.load(path).callbacks is None


def test_a_diverged_model_can_be_saved(small_gan, table, path):
    gan = small_gan(learning_rate_init=1e30)
    with pytest.raises(regan.DivergenceError):
        gan.fit(table)
    gan.save(path)
    np.testing.assert_array_equal(regan.load(path).sample(3), gan.sample(3))


@pytest.mark.parametrize("kind", [str, os.fspath, lambda p: p])
def test_paths_of_any_kind(small_gan, table, path, kind):
    small_gan().fit(table).save(kind(path))
    regan.load(kind(path))


# What cannot be saved


class MyLoss(Hinge):
    """Somebody else's."""


class MyGAN(RegularizedGAN):
    """Somebody else's too."""


class Hinged(Loss):
    discriminator = Hinge.discriminator
    generator = Hinge.generator


Hinged.__name__ = "Hinge"  # the name alone does not make it ours

FOREIGN = [
    ({"loss": Hinged()}, r"Hinge\(\) has a class with the same name as another"),
    ({"hidden_layer_sizes": range(3, 5)}, r"hidden_layer_sizes=range\(3, 5\) cannot be saved"),
]


@pytest.mark.parametrize(("changes", "message"), FOREIGN, ids=lambda value: repr(value)[:40])
def test_objects_from_elsewhere_are_refused(small_gan, table, path, changes, message):
    gan = small_gan(**changes).fit(table)
    with pytest.raises(TypeError, match=message):
        gan.save(path)
    assert not path.exists()


def test_what_is_of_the_users_own_classes_is_loaded_when_these_are_handed_over(table, path):
    gan = MyGAN(max_iter=2, hidden_layer_sizes=4, loss=MyLoss(), random_state=0).fit(table)
    gan.save(path)
    for classes in ([], [MyLoss], [MyGAN]):
        with pytest.raises(FileError, match=r"class 'My\w+', which is not part of regan: .*pa"):
            regan.load(path, classes=classes)
    again = regan.load(path, classes=[MyGAN, MyLoss])
    assert (type(again), type(again.loss)) == (MyGAN, MyLoss)
    np.testing.assert_array_equal(again.sample(3), gan.sample(3))
    with pytest.raises(ValueError, match="two classes called MyGAN"):
        regan.load(path, classes=[MyGAN, type("MyGAN", (RegularizedGAN,), {})])
    for wrong in ([len], ["MyGAN"], [Path]):
        with pytest.raises(TypeError, match="classes must be a list of"):
            regan.load(path, classes=wrong)


@pytest.mark.parametrize(
    "value",
    [
        {len},
        {1: len},
        {len: 1},
        {"a": {1, MyLoss}},
        np.array([1j]),
        np.array([[len]], dtype=object),
        range(3),
        len,
    ],
)
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(TypeError, match=r"thing=.* cannot be saved to a model file"):
        CODEC.encode([1, (2, value)], "thing")


def test_names_reach_into_objects():
    with pytest.raises(TypeError, match=r"penalty__alpha=range\(0, 1\) cannot be saved"):
        CODEC.encode(L1(range(1)), "penalty")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple),
    max_leaves=10,
)


@settings(max_examples=50, deadline=None)
@given(PLAIN)
def test_plain_values_come_back(value):
    again = CODEC.decode(Stored.parse(json.dumps(CODEC.encode(value, "value"))))
    assert again == value
    assert repr(again) == repr(value)  # 1, 1.0 and True differ, and so do lists and tuples


# Damage


@pytest.fixture(scope="module")
def small_file(small_gan, tmp_path_factory):
    """A model file of some kilobytes, and what it samples."""
    X = np.random.default_rng(0).normal(size=(20, 2))
    gan = small_gan(hidden_layer_sizes=2, latent_dim=1, max_iter=2, penalty=L1(1e-3)).fit(X)
    path = tmp_path_factory.mktemp("models") / "model"
    gan.save(path)
    return path.read_bytes(), gan


def check_damaged(data, gan, path):
    """A file is refused with a ValueError, or it is the very model."""
    path.write_bytes(data)
    again = message = None
    try:
        again = regan.load(path)
    except ValueError as error:
        message = str(error)
    if again is None:
        assert str(path) in message
        return False
    assert repr(again) == repr(gan)
    np.testing.assert_array_equal(again.sample(3), gan.sample(3))
    np.testing.assert_array_equal(again.discriminator_.theta, gan.discriminator_.theta)
    return True


def test_the_file_itself_is_accepted(small_file, path):
    assert check_damaged(*small_file, path)


def test_changed_bytes(small_file, path):
    """Every 23rd byte, so that all parts of the file are met, changed in two ways."""
    data, gan = small_file
    accepted = 0
    for place in range(0, len(data), 23):
        for mask in (1 << place % 8, 0xFF):
            changed = bytearray(data)
            changed[place] ^= mask
            accepted += check_damaged(bytes(changed), gan, path)
    assert accepted < 20  # blanks that pad the header


def test_cut_files(small_file, path):
    data, gan = small_file
    for end in [*range(0, len(data), 97), len(data) - 1]:
        assert not check_damaged(data[:end], gan, path)


@settings(max_examples=200, deadline=None)
@given(edit=st.data())
def test_random_damage(small_file, tmp_path_factory, edit):
    data, gan = small_file
    start = edit.draw(st.integers(0, len(data)))
    end = edit.draw(st.integers(start, min(len(data), start + 50)))
    changed = data[:start] + edit.draw(st.binary(max_size=50)) + data[end:]
    check_damaged(changed, gan, tmp_path_factory.getbasetemp() / "damaged")


def parts(path):
    """The arrays and the configuration of a model file."""
    with safe_open(path, framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def write(path, tensors, metadata):
    save_file(tensors, path, metadata=metadata)


@pytest.fixture
def saved(small_file, path):
    path.write_bytes(small_file[0])
    return path


def test_forging_without_a_change_is_accepted(saved, small_file):
    forge(saved, MODEL, lambda configuration, tensors: None)
    assert check_damaged(saved.read_bytes(), small_file[1], saved)


def test_exchanged_arrays_are_refused(saved):
    """As likely as any damage: safetensors alone would not notice."""
    tensors, metadata = parts(saved)
    a, b = "state.generator.m", "state.generator.v"
    assert (tensors[a] != tensors[b]).any()
    write(saved, {**tensors, a: tensors[b], b: tensors[a]}, metadata)
    with pytest.raises(ValueError, match="is damaged: its contents do not match their SHA-256"):
        regan.load(saved)


def test_a_foreign_file_is_refused(path):
    write(path, {"weight": np.eye(3)}, {"format": "pt"})
    with pytest.raises(
        ValueError, match="is no regan model: it is a safetensors file of another kind"
    ):
        regan.load(path)
    write(path, {"weight": np.eye(3)}, None)
    with pytest.raises(ValueError, match="of another kind"):
        regan.load(path)
    path.write_bytes(b"\x80\x04K\x01.")  # a pickle
    with pytest.raises(ValueError, match="is damaged or is no regan model"):
        regan.load(path)


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir()], ids=["missing", "a folder"])
def test_a_missing_file(path, make):
    make(path)
    with pytest.raises(FileNotFoundError, match=f"there is no model file {path}"):
        regan.load(path)


def test_a_list_instead_of_a_configuration(saved):
    write(saved, {}, {"regan": "[]", "sha256": hashlib.sha256(b"[]").hexdigest()})
    with pytest.raises(ValueError, match="is no regan model"):
        regan.load(saved)


def test_loading_unpickles_nothing(monkeypatch, small_file, saved):
    import builtins
    import pickle

    def refuse(*args, **kwargs):
        raise AssertionError("code from a file")

    for module, name in (
        (pickle, "loads"),
        (pickle, "load"),
        (builtins, "eval"),
        (builtins, "exec"),
    ):
        monkeypatch.setattr(module, name, refuse)
    monkeypatch.setattr(pickle, "Unpickler", refuse)
    assert repr(regan.load(saved)) == repr(small_file[1])


def test_the_file_holds_readable_text_and_no_pickle(small_file):
    data, _ = small_file
    assert b'\\"class\\": \\"RegularizedGAN\\"' in data
    for opcode in (b"cregan", b"csklearn", b"\x80\x04\x95", b"\x80\x05\x95"):
        assert opcode not in data


# Writing


def test_a_failure_while_writing_leaves_the_old_file(
    monkeypatch, small_gan, table, saved, small_file
):
    def fail(*_):
        raise OSError("no space left")

    gan = small_gan().fit(table)
    for name in ("fsync", "replace"):
        with monkeypatch.context() as broken:
            broken.setattr(os, name, fail)
            with pytest.raises(OSError, match="no space left"):
                gan.save(saved)
        assert saved.read_bytes() == small_file[0]
        assert os.listdir(saved.parent) == [saved.name]
    gan.save(saved)
    assert saved.read_bytes() != small_file[0]
    assert os.listdir(saved.parent) == [saved.name]


def test_a_missing_folder_is_named(small_gan, table, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere to write model to"):
        small_gan().fit(table).save(tmp_path / "nowhere" / "model")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_others_may_read_the_file_if_the_user_lets_them(small_gan, table, path):
    before = os.umask(0o022)
    try:
        small_gan().fit(table).save(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644


# For sampling alone


def values_of(path):
    """All numbers in a model file: of its arrays, and of its configuration."""
    configuration, tensors = contents(path, MODEL)
    text = json.dumps(configuration)
    numbers = [float(word) for word in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", text)]
    return {*numbers, *np.concatenate([a.ravel() for a in tensors.values()]).tolist()}


def skewed(n=300):
    rng = np.random.default_rng(3)
    numbers = {"a": rng.lognormal(size=n), "b": rng.gamma(2.0, size=n)}
    return pd.DataFrame({**numbers, "c": rng.choice(["x", "y"], n)})


@pytest.mark.parametrize(
    "cls", [RegularizedGAN, RegularizedVAE, RegularizedGaussian, RegularizedMixture]
)
@pytest.mark.parametrize("columns", [["a", "b"], ["a", "b", "c"]], ids=["numbers", "table"])
def test_a_file_for_sampling_holds_no_row_and_no_number_of_one(path, cls, columns, no_scores):
    X = skewed()[columns]
    settings = {"max_iter": 20, "hidden_layer_sizes": 8}
    settings = settings if hasattr(cls(), "hidden_layer_sizes") else {}
    settings |= {"n_components": 2, "alpha": 1.0} if cls is RegularizedMixture else {}
    model = cls(random_state=0, standardize="quantile", **settings).fit(X)
    own = {*X["a"], *X["b"]}
    model.save(path)
    whole = values_of(path)
    model.save(path, sampler_only=True)
    assert len(own & whole) > 100  # the search does find them
    assert not own & values_of(path)
    again = regan.load(path)
    one, two = (m.sample(4000, random_state=1)[["a", "b"]] for m in (model, again))
    assert np.abs((one - two) / X[["a", "b"]].std()).median().max() < 0.05
    assert again.score(X) == pytest.approx(model.score(X), abs=0.05)
    again.save(path)
    pd.testing.assert_frame_equal(regan.load(path).sample(9), again.sample(9))
    if cls is RegularizedVAE:
        regan.write_report(again, X, page := path.with_suffix(".html"))
        assert ">Samples<" in page.read_text()
        assert ">Training<" not in page.read_text()


@pytest.mark.parametrize("cls", [RegularizedGAN, RegularizedVAE])
def test_a_file_for_sampling_has_one_network_and_does_not_go_on(table, path, cls):
    model = neural(cls, conditional=True, warm_start=True).fit(table, LABELS)
    model.save(path, sampler_only=True)
    configuration, tensors = contents(path, MODEL)
    sampler = cls.spec_class.objective_class.sampler
    assert [*configuration["fitted"]["learnt"]["networks"]] == [sampler]
    frames = [f"frames.{name}" for name in ("means", "covariances", "weights", "shares")]
    assert sorted(tensors) == sorted(
        [
            "classes.shares",
            f"fitted.{sampler}",
            "ranks.quantiles",
            *frames,
            *(name for name in tensors if "scaler" in name),
        ]
    )
    again = regan.load(path)
    np.testing.assert_array_equal(again.sample(5, y="ant"), model.sample(5, y="ant"))
    assert (again.n_iter_, again.history_) == (model.n_iter_, {})
    assert [*again.sparsity_] == [sampler]
    for going_on in (again.partial_fit, again.fit, lambda *_: again.prune()):
        with pytest.raises(ValueError, match="saved with sampler_only=True"):
            going_on(table, LABELS)
    again.set_params(warm_start=False).fit(table, LABELS)  # but it can begin again
    assert_same_model(again, neural(cls, conditional=True).fit(table, LABELS), table)


def test_no_file_holds_a_training_row(table, path):
    for model in (
        neural(RegularizedGAN),
        RegularizedGaussian(random_state=0),
        RegularizedMixture(2, alpha=1.0, random_state=0),
    ):
        model.fit(table).save(path)
        held = values_of(path)
        inner = table[((table > table.min(axis=0)) & (table < table.max(axis=0))).all(axis=1)]
        assert not held & {*inner.ravel().tolist()}


def test_a_backend_of_a_plugin_is_not_named_by_files(table, path):
    gan = neural(RegularizedGAN, backend="numpy").fit(table)
    gan.save(path)
    assert regan.load(path).backend == "numpy"
    gan.set_params(backend="somebodys").save(path)
    assert regan.load(path).backend is None


def test_what_cannot_be_loaded_is_not_written(table, path):
    gan = neural(RegularizedGAN).fit(table)
    gan.generator_.theta[0, 0] = np.nan
    with pytest.raises(
        FileError, match=r"fitted\.generator holds values that are not finite|generator"
    ):
        gan.save(path)
    assert not path.exists()
