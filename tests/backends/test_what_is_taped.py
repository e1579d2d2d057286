"""Whatever a setting may name can be written on a tape: nothing of regan's own refuses it."""

from collections.abc import Mapping

import pytest
import test_combinations
from tapes import by_way
from test_combinations import ESTIMATORS, SMALL
from test_taped_updates import updated

from regan import RegularizedCycleGAN, layers
from regan.backends import get_backend
from regan.building import factory
from regan.building.cycle_spec import Columns, CycleSpec
from regan.building.settings import Settings
from regan.building.specs import Shape, read
from regan.layers import Layer

pytestmark = test_combinations.pytestmark

TABLES = {
    "activation": factory.ACTIVATIONS,
    "activity_penalty": factory.ACTIVITY_PENALTIES,
    "architecture": factory.ARCHITECTURE,
    "clipping": factory.CLIPPING,
    "constraint": factory.CONSTRAINTS,
    "gradient_penalty": factory.GRADIENT_PENALTIES,
    "learning_rate": factory.SCHEDULES,
    "loss": factory.LOSSES,
    "matching": factory.MATCHING,
    "noise": factory.NOISE,
    "normalization": factory.NORMALIZATIONS,
    "optimizer": factory.OPTIMIZERS,
    "penalty": factory.PENALTIES,
}
"""What names there are, by the argument that takes them."""

OF_A_GAN = {"gradient_penalty", "loss", "matching", "noise"}
PARTS_OF_A_VAE = {"residual", "fourier"}

NAMED = [
    (kind, argument, name)
    for kind in ESTIMATORS
    for argument, table in TABLES.items()
    for name in table
    if kind == "gan"
    or (argument not in OF_A_GAN and (argument != "architecture" or name in PARTS_OF_A_VAE))
]

PLAIN, MIXED = Shape(2), Shape(7, n_labels=3, levels=(2, 3), n_offset=2)
"""Columns of numbers, and a table with levels in frames."""


WIDTHS = {"hidden_layer_sizes": (8, 6, 6)}  # groups of units have equal sizes
BESIDE = {"adamw": {"penalty": "l2"}}
"""What has to stand beside a name to give it an effect."""


def build(kind, shape=PLAIN, **settings):
    plain = {"gradient_penalty": None} if kind == "gan" else {}
    model = ESTIMATORS[kind](**{**SMALL, **WIDTHS, **plain, **settings})
    return read(model).bind(get_backend("numpy", "float32"), shape)


def build_named(kind, argument, name):
    return build(kind, **BESIDE.get(name, {}), **{argument: name})


@pytest.fixture(autouse=True)
def by_numpy(monkeypatch):
    """Backends are asked for with a tape, whatever the tests run with."""
    monkeypatch.setenv("REGAN_TAPE", "numpy")


def assert_taped(monkeypatch, objective):
    """Updates are one tape; a warning of what is refused would be an error."""
    _, made = by_way(monkeypatch, "numpy", lambda: updated(objective))
    assert made == 1


def test_every_table_of_names_is_here():
    tables = {name: a for name, a in vars(factory).items() if isinstance(a, Mapping)}
    known = [id(table) for table in (*TABLES.values(), factory.CONSISTENCIES)]
    missing = [name for name, a in tables.items() if name.isupper() and id(a) not in known]
    assert missing == []


@pytest.mark.parametrize(("kind", "argument", "name"), NAMED)
def test_each_name(monkeypatch, kind, argument, name):
    assert_taped(monkeypatch, build_named(kind, argument, name))


@pytest.mark.parametrize("name", factory.CONSISTENCIES)
def test_cycles(monkeypatch, name):
    """Four networks, numbers and a category in each domain."""
    model = RegularizedCycleGAN(
        cycle_consistency=name, identity_strength=0.5, hidden_layer_sizes=(8, 6)
    )
    columns, ops = Columns(4, (2,)), get_backend("numpy", "float32")
    spec = CycleSpec.read(Settings.of(model))
    assert_taped(monkeypatch, spec.bind(ops, columns, columns))


OTHERS = {
    "gan-dropout": ("gan", {"dropout": 0.3}),
    "vae-dropout": ("vae", {"dropout": 0.3}),
    "gan-levels": ("gan", {"shape": MIXED}),
    "vae-levels": ("vae", {"shape": MIXED}),
    "gan-levels-latent_mixture": (
        "gan",
        {"shape": MIXED, "architecture": ("latent_mixture", None)},
    ),
}
"""What takes no names, and layers that only data ask for."""


@pytest.mark.parametrize("label", OTHERS)
def test_others(monkeypatch, label):
    kind, settings = OTHERS[label]
    assert_taped(monkeypatch, build(kind, **settings))


def inside(thing):
    """The classes of all layers in a network or a layer."""
    for value in vars(thing).values():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(one, Layer):
                yield type(one)
                yield from inside(one)


def test_every_layer_is_somewhere_in_them():
    objectives = [build_named(*row) for row in NAMED]
    objectives += [build(kind, **settings) for kind, settings in OTHERS.values()]
    players = [player for objective in objectives for player in objective.players.values()]
    met = {cls for player in players for cls in inside(player.network)}
    known = [cls for cls in vars(layers).values() if isinstance(cls, type)]
    known = [cls for cls in known if issubclass(cls, Layer) and cls is not Layer]
    assert [cls.__name__ for cls in known if cls not in met] == []
