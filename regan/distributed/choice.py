"""Which communicator a fit has: that of `communicating`, else ``REGAN_COMMUNICATOR``, else none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from multiprocessing import parent_process
from typing import Any

from regan.distributed.base import Communicator, SingleCommunicator
from regan.distributed.mpi import MPICommunicator
from regan.distributed.nccl import NCCLCommunicator

ENVIRONMENT_VARIABLE = "REGAN_COMMUNICATOR"
_KINDS: dict[str, type[Communicator]] = {
    "single": SingleCommunicator,
    "mpi": MPICommunicator,
    "nccl": NCCLCommunicator,
}
_CURRENT: ContextVar[Communicator | None] = ContextVar("communicator", default=None)


@contextmanager
def communicating(communicator: Any = "mpi") -> Iterator[Communicator]:
    """A context in which `fit` of a GAN or VAE trains one model on all ranks, together.

    Each rank computes its part of the rows of every minibatch.

    Every rank calls `fit` or `partial_fit` of a `RegularizedGAN` or `RegularizedVAE` with the same
    data and the same settings, which is checked, and has the same model then. All other models,
    such as `RegularizedGaussian` and `RegularizedMixture`, each rank fits on its own as without
    the context; give them a `random_state` for the same one on all ranks. Outside the context a
    fit is that of its process alone, unless the environment variable ``REGAN_COMMUNICATOR`` has
    one of the names below; ``mpiexec -n 4 regan fit`` needs neither.

    Parameters
    ----------
    communicator : {"mpi", "nccl", "single"} or Communicator, default="mpi"
        "single" is for a model of this rank alone, whatever ``REGAN_COMMUNICATOR`` says.

    Raises
    ------
    RankError
        If another rank has failed, in words that name it, or if ranks have other data, settings or
        versions. An error that leaves the context, or `fit`, ends the fit of the other ranks so.
        If all catch theirs, they go on with the next fit. Of a rank that is killed mpiexec names
        the process when it ends the others.
    ValueError
        For `batch_size`, which is that of a whole minibatch, if ranks cannot take equally many rows
        of it, and for what is no mean over rows: batch norm, the minibatch standard deviation,
        ``matching`` of "moments" and "features", and ``gradient_penalty="dragan"``.

    Notes
    -----
    All ranks draw what one process would draw for whole minibatches, and take their rows of it. The
    gradients of a turn, and the values of `history_`, are summed up at once, in one all-reduce
    between two recorded parts of an update; all else is the same on every rank. In float64 the
    model is that of one process to rounding.

    Rank 0 writes checkpoints, warns and shows how far training is. Callbacks run on every rank.
    Ctrl-C is obeyed at the end of a window. Ranks on one machine want a core each: set
    ``OMP_NUM_THREADS=1``, or as many as there are cores for each.

    Examples
    --------
    With one rank everything is as without it:

    >>> import numpy as np
    >>> from regan import RegularizedGAN
    >>> from regan.distributed import SingleCommunicator, communicating
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> with communicating(SingleCommunicator()) as ranks:
    ...     gan = RegularizedGAN(max_iter=5, random_state=0).fit(X)
    >>> ranks.size, gan.n_iter_
    (1, 5)
    """
    if not isinstance(communicator, Communicator):
        communicator = _made(_checked(communicator, f"communicator={communicator!r}"))
    token = _CURRENT.set(communicator)
    try:
        yield communicator
    except BaseException as error:
        communicator.fail(error)
        raise
    finally:
        _CURRENT.reset(token)


def get_communicator() -> Communicator:
    """The communicator that a fit would have here.

    Processes that Python has started, for a search for instance, are no ranks.
    """
    current = _CURRENT.get()
    if current is not None:
        return current
    if parent_process() is not None:
        return _made("single")
    name = os.environ.get(ENVIRONMENT_VARIABLE) or "single"
    return _made(_checked(name, f"{ENVIRONMENT_VARIABLE}={name}"))


@contextmanager
def one_fit() -> Iterator[Communicator]:
    """A context for what all ranks do together: an error in it ends the other ranks too."""
    communicator = get_communicator()
    try:
        yield communicator
    except BaseException as error:
        communicator.fail(error)
        raise


def _checked(name: Any, asked: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"communicator must be a name or a Communicator, got {name!r}")
    if name not in _KINDS:
        raise ValueError(f"{asked} names no communicator; choose one of: {', '.join(_KINDS)}")
    return name


@cache  # each MPICommunicator is a duplicate, of which there are not many
def _made(name: str) -> Communicator:
    return _KINDS[name]()
