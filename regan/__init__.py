"""Regularized generative models for people who live in scikit-learn."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from regan._version import __version__
from regan.control.checkpoint import Checkpoint
from regan.control.early_stopping import EarlyStopping
from regan.control.guard import NonFiniteGuard
from regan.data.conditions import Range
from regan.estimators import (
    GenerativeImputer,
    RegularizedCycleGAN,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
    load,
    updates_within,
)
from regan.storage.stored import FileError
from regan.training.callbacks import Callback
from regan.training.divergence import DivergenceError
from regan.training.progress import ProgressBar

if TYPE_CHECKING:
    from regan.metrics import evaluate
    from regan.report import write_report
    from regan.selection import RegularizedGANCV, gan_path, which_model
    from regan.streams.out_of_core import OutOfCore

# what most programs do not use is imported by those who ask for it
_LATER = {
    "OutOfCore": "streams.out_of_core",
    "RegularizedGANCV": "selection",
    "evaluate": "metrics",
    "gan_path": "selection",
    "which_model": "selection",
    "write_report": "report",
}
_PACKAGES = ("displays", "population", "report", "selection")


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"regan.{name}")
    if name in _LATER:
        value = globals()[name] = getattr(import_module(f"regan.{_LATER[name]}"), name)
        return value
    raise AttributeError(f"module 'regan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_PACKAGES})


# modules that have moved: ``import regan.gradient_penalties`` and the like find those of today
_MOVED = {
    "activity_penalties": "penalties.activity",
    "architecture": "building.architecture",
    "clipping": "constraints.clipping",
    "fitted": "layers.fitted",
    "gradient_penalties": "penalties.gradient",
    "layout": "layers.layout",
    "matching": "losses.matching",
    "network": "layers.network",
    "noise": "objectives.noise",
    "pruning": "layers.pruning",
    "tables": "data",
    "training.batch": "objectives.batch",
    "training.clock": "schedules.clock",
    "training.players": "objectives.players",
}
for _old, _new in _MOVED.items():
    _parent, _, _name = f"regan.{_old}".rpartition(".")
    sys.modules[f"regan.{_old}"] = import_module(f"regan.{_new}")
    setattr(sys.modules[_parent], _name, sys.modules[f"regan.{_old}"])
    for _inner in [name for name in sys.modules if name.startswith(f"regan.{_new}.")]:
        # else a module of a package that moved would be imported a second time under its old name
        sys.modules[_inner.replace(_new, _old, 1)] = sys.modules[_inner]

__all__ = [
    "Callback",
    "Checkpoint",
    "DivergenceError",
    "EarlyStopping",
    "FileError",
    "GenerativeImputer",
    "NonFiniteGuard",
    "OutOfCore",
    "ProgressBar",
    "Range",
    "RegularizedCycleGAN",
    "RegularizedGAN",
    "RegularizedGANCV",
    "RegularizedGaussian",
    "RegularizedMixture",
    "RegularizedVAE",
    "__version__",
    "evaluate",
    "gan_path",
    "load",
    "updates_within",
    "which_model",
    "write_report",
]
