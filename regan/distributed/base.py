"""Communicators, the base class: what ranks of one training say to one another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from regan.backends import Array


class RankError(RuntimeError):
    """Error if another rank failed, or if ranks have different data, settings or versions."""


class Communicator(ABC):
    """Base class of communicators between the ranks of one training.

    All ranks make the same calls in the same order. A subclass has four members: `rank`, `size`,
    `all_reduce` and `broadcast`. A subclass that can report errors also has `fail` and `listen`.
    """

    @property
    @abstractmethod
    def rank(self) -> int:
        """The number of this process, from 0 on."""

    @property
    @abstractmethod
    def size(self) -> int:
        """How many ranks there are."""

    @abstractmethod
    def all_reduce(self, array: Array) -> None:
        """Write the sum over all ranks to `array`, C-contiguous, of the backend or of NumPy.

        It is the same on all ranks, bit for bit.
        """

    @abstractmethod
    def broadcast(self, thing: Any) -> Any:
        """What rank 0 was given, on all ranks: anything that can be pickled."""

    def fail(self, error: BaseException) -> None:  # noqa: B027 - who cannot tell need not
        """Tell the other ranks that this one ends its work with `error`."""

    def listen(self) -> None:  # noqa: B027 - nobody tells
        """Raise a RankError if another rank has told of one, while this one waits for it."""


class SingleCommunicator(Communicator):
    """Communicator of a single process, the default.

    Examples
    --------
    >>> from regan.distributed import SingleCommunicator
    >>> communicator = SingleCommunicator()
    >>> communicator.rank, communicator.size
    (0, 1)
    """

    @property
    def rank(self) -> int:
        return 0

    @property
    def size(self) -> int:
        return 1

    def all_reduce(self, array: Array) -> None:
        """Nothing to add."""

    def broadcast(self, thing: Any) -> Any:
        return thing
