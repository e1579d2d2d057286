"""The API page: every public name stands on it, and what stands on it is there."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from regan import _MOVED
from regan.building import factory
from regan.building.architecture import ArchitecturePart
from regan.constraints import Clipping, Constraint
from regan.layers import Layer
from regan.losses import Loss, Matching
from regan.metrics.evaluation import METRICS
from regan.optimizers import Optimizer
from regan.penalties import ActivityPenalty, GradientPenalty, Penalty
from regan.schedules import Schedule

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "api.rst").read_text()
# in __all__, and not public
INSIDE = {"regan.backends": {"MAX_COPIES", "copies", "write"}}  # of backends and the loop alone


def listed(page):
    """The full names of a page's entries, in summaries and in directives of their own."""
    module = summary = None
    for line in page.splitlines():
        summary = summary and (not line or line.startswith("   "))
        if directive := re.fullmatch(r"\.\. currentmodule:: (\S+)", line):
            module = directive[1]
        elif directive := re.fullmatch(r"\.\. py:data:: (\S+)", line):
            yield f"{module}.{directive[1]}"
        elif line == ".. autosummary::":
            summary = True
        elif summary and re.fullmatch(r"   [A-Za-z_][\w.]*", line):
            yield f"{module}.{line.strip()}"


ENTRIES = list(listed(PAGE))
PACKAGES = sorted(set(re.findall(r"^\.\. (?:currentmodule|automodule):: (\S+)$", PAGE, re.M)))


def test_nothing_is_listed_twice_but_what_models_hold():
    twice = {entry for entry in ENTRIES if ENTRIES.count(entry) > 1}
    assert twice == {"regan.layers.FittedNetwork", "regan.layers.Sparsity"}


@pytest.mark.parametrize("entry", sorted(set(ENTRIES)))
def test_every_entry_can_be_imported(entry):
    where, _, name = entry.rpartition(".")
    if where.startswith("regan.plugins."):  # read, not imported: hosts are not installed here
        path = DOCS.parent / f"{where.replace('.', '/')}.py"
        assert name in [getattr(node, "name", None) for node in ast.parse(path.read_text()).body]
        return
    module = import_module(where)
    assert module.__name__ == where, "an old name of a module"
    assert hasattr(module, name)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_an_entry(package):
    names = set(getattr(import_module(package), "__all__", ())) - {"__version__"}
    inside = INSIDE.get(package, set())
    assert inside <= names
    assert sorted(names - inside - {e.removeprefix(f"{package}.") for e in ENTRIES}) == []


def test_the_checks_have_a_page_of_their_own():
    assert ".. automodule:: regan.testing\n   :members:" in (DOCS / "testing.rst").read_text()


def public_subclasses(base):
    """All classes of regan below a base class, but for private ones."""
    for cls in base.__subclasses__():
        if cls.__module__.startswith("regan.") and not cls.__name__.startswith("_"):
            yield cls
        yield from public_subclasses(cls)


BASES = {
    "regan.layers": Layer,
    "regan.penalties": (Penalty, ActivityPenalty, GradientPenalty),
    "regan.losses": (Loss, Matching),
    "regan.constraints": (Constraint, Clipping),
    "regan.optimizers": Optimizer,
    "regan.schedules": Schedule,
    "regan.building.architecture": ArchitecturePart,
}
# what several share
SHARED = {"MatrixPenalty", "Norm"}


@pytest.mark.parametrize("package", BASES)
def test_no_class_of_a_setting_is_forgotten(package):
    """What has a file has its place at the door of its package, and so on the page."""
    bases = BASES[package] if isinstance(BASES[package], tuple) else (BASES[package],)
    names = {cls.__name__ for base in bases for cls in public_subclasses(base)} - SHARED
    listed_there = {e.rpartition(".")[2] for e in ENTRIES if e.rpartition(".")[0] == package}
    assert names - listed_there == set()


TABLES = {name: table for name, table in vars(factory).items() if isinstance(table, dict)}


@pytest.mark.parametrize("table", [name for name in TABLES if name.isupper()])
def test_no_name_stands_for_a_class_that_is_not_listed(table):
    last = {entry.rpartition(".")[2] for entry in ENTRIES}
    classes = (row if isinstance(row, type) else type(row) for row in TABLES[table].values())
    assert {cls.__name__ for cls in classes} <= last


def test_no_measure_of_a_metric_is_forgotten():
    measures = [getattr(metric.measure, "func", metric.measure) for metric in METRICS.values()]
    assert {f"regan.metrics.{measure.__name__}" for measure in measures} <= {*ENTRIES}


def test_no_host_is_forgotten():
    hosts = {path.stem for path in (DOCS.parent / "regan" / "plugins").glob("*.py")}
    named = {name.split(".")[2] for name in ENTRIES if name.startswith("regan.plugins.")}
    assert hosts - named == {"__init__", "metadata"}
    assert all((DOCS / "plugins" / f"{host}.rst").exists() for host in named)


# Modules that were called otherwise, with what the page listed in them

OLD = {
    "activity_penalties": ("L1Activity", "L2Activity", "ActivityPenalty"),
    "architecture": ("Packing", "ResidualConnections", "Blueprint"),
    "clipping": ("ClipValue", "ClipNorm", "ClipGlobalNorm", "Clipping"),
    "fitted": ("FittedNetwork",),
    "gradient_penalties": (
        *("R1", "R2", "R1R2", "ZeroCentredGP", "WGANGP", "DRAGAN", "Roth"),
        *("GradientPenalty", "accumulate"),
    ),
    "layout": ("Layout", "Parameter", "Slot"),
    "matching": ("MatchRows", "MatchMoments", "MatchFeatures", "Matching"),
    "network": ("Network",),
    "noise": ("InstanceNoise",),
    "pruning": ("Sparsity", "dead_units", "prune", "Plan"),
    "tables": ("TableEncoder",),
    "training.batch": ("Batch", "Draws"),
    "training.clock": ("Clock",),
    "training.players": ("Player", "Pair"),
}


@pytest.mark.parametrize("old", OLD)
def test_old_names_of_modules_lead_to_the_new_ones(old):
    module = import_module(f"regan.{old}")
    assert module is import_module(f"regan.{_MOVED[old]}")
    for name in OLD[old]:
        assert any(entry.endswith(f".{name}") for entry in ENTRIES)
        assert hasattr(module, name)


def test_no_module_of_a_package_that_moved_is_imported_twice():
    assert import_module("regan.tables.encoder") is import_module("regan.data.encoder")


def test_all_old_names_of_modules_are_tested():
    assert set(OLD) == set(_MOVED)


# What a reader may search for, and the entry that its first line has to lead to

SEARCHED = {
    "membership inference": "regan.metrics.membership",
    "disclosure": "regan.metrics.disclosure",
    "learning rate": "regan.schedules.Schedule",
    "cosine schedule": "regan.schedules.CosineSchedule",
    "checkpoint": "regan.Checkpoint",
    "early stopping": "regan.EarlyStopping",
    "progress bar": "regan.ProgressBar",
    "callback": "regan.Callback",
    "divergence": "regan.NonFiniteGuard",
    "cross-validation": "regan.RegularizedGANCV",
    "regularization path": "regan.gan_path",
    "variational autoencoder": "regan.RegularizedVAE",
    "generative adversarial network": "regan.RegularizedGAN",
    "graphical lasso": "regan.RegularizedGaussian",
    "mixture model": "regan.RegularizedMixture",
    "latent classes": "regan.RegularizedMixture",
    "missing values": "regan.GenerativeImputer",
    "HTML report": "regan.write_report",
    "CUDA graph": "regan.training.recording.RecordedUpdate",
    "training loop": "regan.training.trainer.Trainer",
    "spectral normalization": "regan.constraints.SpectralNorm",
    "weight clipping": "regan.constraints.WeightClip",
    "max-norm": "regan.constraints.MaxNorm",
    "gradient clipping": "regan.constraints.ClipGlobalNorm",
    "L1 ball": "regan.constraints.L1Ball",
    "weight decay": "regan.penalties.L2",
    "lasso": "regan.penalties.L1",
    "elastic net": "regan.penalties.ElasticNet",
    "group lasso": "regan.penalties.GroupLasso",
    "orthogonal regularization": "regan.penalties.Orthogonal",
    "activity penalty": "regan.penalties.ActivityPenalty",
    "gradient penalty": "regan.penalties.GradientPenalty",
    "WGAN-GP": "regan.penalties.WGANGP",
    "non-saturating": "regan.losses.NonSaturating",
    "hinge loss": "regan.losses.Hinge",
    "Wasserstein loss": "regan.losses.Wasserstein",
    "feature matching": "regan.losses.MatchFeatures",
    "moment matching": "regan.losses.MatchMoments",
    "instance noise": "regan.objectives.InstanceNoise",
    "minibatch": "regan.objectives.Batch",
    "batch normalization": "regan.layers.BatchNorm",
    "layer normalization": "regan.layers.LayerNorm",
    "group normalization": "regan.layers.GroupNorm",
    "dropout": "regan.layers.Dropout",
    "fully connected": "regan.layers.Dense",
    "activation function": "regan.layers.Activation",
    "residual connections": "regan.building.architecture.ResidualConnections",
    "Fourier features": "regan.layers.FourierFeatures",
    "minibatch standard deviation": "regan.layers.MinibatchStd",
    "PacGAN": "regan.building.architecture.Packing",
    "momentum": "regan.optimizers.SGD",
    "RMSprop": "regan.optimizers.RMSprop",
    "Adam": "regan.optimizers.Adam",
    "optimistic Adam": "regan.optimizers.OptimisticAdam",
    "extragradient": "regan.optimizers.ExtraSGD",
    "energy distance": "regan.metrics.energy_distance",
    "maximum mean discrepancy": "regan.metrics.mmd",
    "oversampling": "regan.plugins.imblearn.GANOverSampler",
    "encoder of mixed tables": "regan.data.TableEncoder",
    "training curves": "regan.displays.TrainingDisplay",
    "sparsity": "regan.layers.Sparsity",
}


@pytest.mark.parametrize(("words", "entry"), SEARCHED.items())
def test_a_search_for_the_usual_words_finds_the_entry(words, entry):
    where, _, name = entry.rpartition(".")
    first = inspect.getdoc(getattr(import_module(where), name)).partition("\n\n")[0]
    assert words.lower() in " ".join(first.split()).lower()
    assert entry in ENTRIES
