"""Ranks of one fit: what they have to have in common, and what they decide together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple
from zlib import crc32

from regan._version import __version__
from regan.backends import Backend
from regan.control.identity import Identity
from regan.control.provenance import provenance
from regan.distributed.agreement import any_rank, texts
from regan.distributed.base import Communicator, RankError
from regan.training.callbacks import Callback
from regan.training.state import Run

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_NAMED = 3


class Fact(NamedTuple):
    """What all ranks have to have in common: as text, or its digest if it is not `shown`."""

    text: str
    shown: bool = True


Facts = Mapping[str, Fact]
"""By what they are called in messages."""


def facts_of(identity: Identity, ops: Backend) -> dict[str, Fact]:
    """What a fit depends on: version, settings, data, and what computes."""
    n_rows, n_columns = identity.shape
    facts = {
        "the model": Fact(identity.model),
        "the version of regan": Fact(__version__),
        "the backend": Fact(ops.name),
        **{name: Fact(_ADDRESS.sub("", text)) for name, text in identity.settings.items()},
        "the number of rows": Fact(str(n_rows)),
        "the number of columns": Fact(str(n_columns)),
        "the names of columns": Fact(", ".join(identity.names)),
        "the labels": Fact(identity.labels or "", shown=False),
        "what is known of all rows": Fact(identity.stream or "", shown=False),
        "the number of updates before": Fact(str(identity.start)),
    }
    for name, digest in zip(identity.names, identity.columns, strict=True):
        facts[f"column {name}"] = Fact(digest, shown=False)
    return facts | {f"{name} of the machine": Fact(str(v)) for name, v in provenance().items()}


def check_same(communicator: Communicator, facts: Facts) -> None:
    """RankError on every rank, which names it, if one has other facts than rank 0."""
    first: Facts = communicator.broadcast(facts)
    found = "; ".join(islice(_differences(first, facts), _NAMED))
    for rank, text in enumerate(texts(communicator, found)):
        if text:
            raise RankError(
                f"rank {rank} got different input from rank 0: {text}. Give all ranks of a fit "
                "the same data, settings and versions"
            )


def _differences(first: Facts, own: Facts) -> Iterator[str]:
    nothing = Fact("nothing")
    for name in dict.fromkeys([*first, *own]):
        there, here = first.get(name, nothing), own.get(name, nothing)
        if there.text != here.text:
            said = f"is {here.text}, and {there.text} on rank 0"
            yield f"{name} {said}" if there.shown and here.shown else f"{name} holds other values"


class Agreement(Callback):
    """Lets all ranks stop where one of them does, and sees that they have one model.

    Parameters
    ----------
    communicator : Communicator
    ops : Backend
    """

    def __init__(self, communicator: Communicator, ops: Backend) -> None:
        self._communicator, self._ops = communicator, ops

    def on_report(self, run: Run) -> None:
        run.stopped = any_rank(self._communicator, run.stopped)
        first, *others = texts(self._communicator, self._digest(run))
        for rank, found in enumerate(others, start=1):
            if found != first:
                raise RankError(
                    f"rank {rank} has other parameters or rates than rank 0 at update {run.done}: "
                    "callbacks must make the same changes on all ranks, and all machines must "
                    "compute the same results"
                )

    def _digest(self, run: Run) -> str:
        """What training goes on from, in short."""
        found = 0
        for array in run.state.arrays().values():
            found = crc32(self._ops.to_numpy(array).data, found)
        return f"{found:x} {run.rate!r}"
