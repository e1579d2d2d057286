"""Checks for your own layers, losses, penalties, constraints, optimizers and backends.

Each check draws its inputs in float64, and returns the largest relative error that it found. If a
result is wrong, it raises an AssertionError that says what differs. ``python -m regan.testing``
runs the checks on all classes of regan.
"""

from regan.testing.backends import check_backend
from regan.testing.constraints import check_constraint
from regan.testing.layers import check_layer, check_network
from regan.testing.losses import check_loss
from regan.testing.objectives import check_objective
from regan.testing.optimizers import check_optimizer
from regan.testing.penalties import check_penalty
from regan.testing.second_order import check_second_order

__all__ = [
    "check_backend",
    "check_constraint",
    "check_layer",
    "check_loss",
    "check_network",
    "check_objective",
    "check_optimizer",
    "check_penalty",
    "check_second_order",
]
