"""Which communicator a fit has: that of `communicating`, else ``REGAN_COMMUNICATOR``, else none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
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
    """A context in which `fit` trains one model on all ranks, each with its part of minibatches.

    Every rank calls `fit` with the same data and the same settings, and has the same model then.
    An error that leaves the context ends the other ranks too.

    Parameters
    ----------
    communicator : {"mpi", "nccl", "single"} or Communicator, default="mpi"
        "single" is for a model of this rank alone, whatever ``REGAN_COMMUNICATOR`` says.

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
    """The communicator that a fit would have here."""
    current = _CURRENT.get()
    if current is not None:
        return current
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
