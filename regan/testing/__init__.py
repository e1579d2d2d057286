"""Checks for whoever writes a layer, a loss, a penalty, an optimizer or a backend.

Each check draws its own inputs in float64, raises AssertionError with what differs, and returns the
largest relative error it saw. ``python -m regan.testing`` runs them over all that regan has.
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
