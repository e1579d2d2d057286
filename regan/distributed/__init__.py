"""One model trained by several processes: communicators between them, MPI's and NCCL's.

Each process, a *rank*, computes its part of the rows of every minibatch, and the gradients of all
are summed up: the model is the one that a single process would train on whole minibatches.
`communicating` turns it on.
"""

from regan.distributed.base import Communicator, RankError, SingleCommunicator
from regan.distributed.choice import communicating, get_communicator
from regan.distributed.mpi import MPICommunicator
from regan.distributed.nccl import NCCLCommunicator

__all__ = [
    "Communicator",
    "MPICommunicator",
    "NCCLCommunicator",
    "RankError",
    "SingleCommunicator",
    "communicating",
    "get_communicator",
]
