"""Distributed training: several processes train one model, by MPI or NCCL.

Each process, a *rank*, computes its part of the rows of each minibatch, and the gradients of all
ranks are summed. The model is the same as if a single process trained on whole minibatches. Enter
`communicating` to train in this way.
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
