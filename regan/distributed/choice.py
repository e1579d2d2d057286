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
    """Train a GAN or VAE on several processes (ranks): a context for `fit`.

    Each rank computes its part of the rows of each minibatch.

    All ranks call `fit` or `partial_fit` of a `RegularizedGAN` or `RegularizedVAE` with the same
    data and settings, which regan checks. Then all ranks have the same model. The context does not
    affect other models, such as `RegularizedMixture` and `RegularizedCycleGAN`: each rank fits its
    own; with the same `random_state` these are equal. Outside of the context, each process trains
    its own model, unless the environment variable ``REGAN_COMMUNICATOR`` has one of the names
    below. ``mpiexec -n 4 regan fit`` needs neither.

    Parameters
    ----------
    communicator : {"mpi", "nccl", "single"} or Communicator, default="mpi"
        "single" trains a model on this rank alone, even if ``REGAN_COMMUNICATOR`` is set.

    Raises
    ------
    RankError
        If another rank has failed; the message names it. If ranks have different data, settings or
        versions. An error that leaves the context or `fit` ends the fit of the other ranks with
        this error. If all ranks catch their errors, they continue with the next fit. If a rank is
        killed, mpiexec names the process when it ends the others.
    ValueError
        If ranks cannot take equally many rows of `batch_size`, the size of a whole minibatch. If
        a setting is not a mean over rows: batch norm, the minibatch standard deviation,
        ``matching`` of "moments" and "features", and ``gradient_penalty="dragan"``.

    Notes
    -----
    All ranks draw the random numbers of whole minibatches, as one process would, and take their
    rows. One all-reduce between two recorded parts of an update sums the gradients and the values
    of `history_`; everything else is the same on all ranks. In float64, the model is that of one
    process up to rounding.

    Rank 0 writes checkpoints, warns and shows the progress. Callbacks run on all ranks. Ctrl-C acts
    at the end of a window. Ranks on one machine need a core each: set ``OMP_NUM_THREADS`` to 1, or
    to the number of cores for each rank.

    Examples
    --------
    With one rank, the result is the same as without the context:

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
    """Return the communicator that a fit would use here.

    Processes that Python has started, for example for a search, are not ranks.
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
        raise ValueError(f"{asked} is not a communicator; choose one of: {', '.join(_KINDS)}")
    return name


@cache  # each MPICommunicator is a duplicate, of which there are not many
def _made(name: str) -> Communicator:
    return _KINDS[name]()
