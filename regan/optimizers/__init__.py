r"""Optimizers for the flat array of all parameters of a network.

Each update also writes its step size for each coordinate, ``state["step"]`` (K, P). This is the
metric in which proximal penalties act. Updates are elementwise, so K models train as K single
models would.
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
