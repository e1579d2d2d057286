"""Names of modules before version 0.1 was released: they lead to where the modules are now."""

from __future__ import annotations

import sys
from importlib import import_module

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


def install() -> None:
    """Make ``import regan.gradient_penalties`` and the like find the modules of today."""
    for old, new in _MOVED.items():
        module = import_module(f"regan.{new}")
        parent, _, name = f"regan.{old}".rpartition(".")
        sys.modules[f"regan.{old}"] = module
        setattr(sys.modules[parent], name, module)
