r"""Optimizers on the flat buffer: a configuration, a state, and an update of everything at once.

Each update also writes the step that it took per coordinate, ``state["step"]`` (K, P): the metric
in which proximal penalties act. Updates are elementwise, so K models train as K single ones would.
"""

from regan.optimizers.adam import Adam, AdamW
from regan.optimizers.base import Optimizer, State
from regan.optimizers.extragradient import ExtraAdam, ExtraSGD
from regan.optimizers.optimistic import OptimisticAdam
from regan.optimizers.rmsprop import RMSprop
from regan.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "ExtraAdam",
    "ExtraSGD",
    "OptimisticAdam",
    "Optimizer",
    "RMSprop",
    "State",
]
