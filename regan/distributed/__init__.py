"""One model trained by several processes: communicators between them, MPI's and NCCL's.

Each process, a *rank*, computes its part of the rows of every minibatch, and the gradients of all
are summed up: the model is the one that a single process would train on whole minibatches.
"""

from regan.distributed.base import Communicator, RankError, SingleCommunicator
from regan.distributed.choice import (
    ENVIRONMENT_VARIABLE,
    communicating,
    get_communicator,
    one_fit,
)
from regan.distributed.launch import launched_ranks
from regan.distributed.mpi import MPICommunicator
from regan.distributed.nccl import NCCLCommunicator

__all__ = [
    "ENVIRONMENT_VARIABLE",
    "Communicator",
    "MPICommunicator",
    "NCCLCommunicator",
    "RankError",
    "SingleCommunicator",
    "communicating",
    "get_communicator",
    "launched_ranks",
    "one_fit",
]
