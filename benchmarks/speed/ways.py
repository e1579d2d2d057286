"""Ways to make the step of `cells.py` on the CPU: regan's, torch's and JAX's.

Each says what it needs by failing with `MissingWay` where it is not there. Where torch and JAX take
part, their gradients are compared with regan's first.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cells import ALPHA, GAMMA, RATE, Cell, Ours, largest_error
from turns import environment

TAPE = "REGAN_TAPE"


class MissingWay(Exception):  # noqa: N818 - no error, where something is optional
    """Why a way cannot be taken here."""


@dataclass(frozen=True)
class Way:
    """A way: its name, what makes it for a cell, and the environment in which it is made."""

    name: str
    make: Callable[[Cell, bool], Any]
    environment: Mapping[str, str] = field(default_factory=dict)
    of_regan: bool = False

    def ready(self, cell: Cell, penalised: bool) -> Any:
        """What has `steps`, or `MissingWay`."""
        with environment(**self.environment):
            return self.make(cell, penalised)


def tape_of(ours: Ours) -> str:
    """What updates are replayed from, as a value of the variable."""
    if not ours.recordings:
        return "0"
    try:
        from regan.backends.switch import way_here
    except ImportError:  # of a version with one tape
        return "numpy"
    return str(way_here())


def _regan(cell: Cell, penalised: bool, *, tape: str | None, at_once: bool = True) -> Ours:
    """Steps from a tape that is in use; None: from whichever is the default."""
    ours = Ours(cell, penalised, at_once, "float32")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        ours.steps(3)
    found = tape_of(ours)
    if tape not in (None, found):
        why = "".join(f"; {warning.message}" for warning in told)
        raise MissingWay(f"asked for {TAPE}={tape}, it makes updates as {TAPE}={found} does{why}")
    return ours


def _checked(cell: Cell, penalised: bool, theirs: Any) -> Any:
    largest_error(Ours(cell, penalised, False, "float32"), theirs, cell)
    return theirs


def _torch(cell: Cell, penalised: bool) -> Any:
    try:
        from step_torch import Eager
    except ImportError as error:
        raise MissingWay(f"torch cannot be imported: {error}") from error
    return _checked(cell, penalised, Eager(cell, penalised))


def _compiled(cell: Cell, penalised: bool) -> Any:
    try:
        from step_torch import Compiled
    except ImportError as error:
        raise MissingWay(f"torch cannot be imported: {error}") from error
    found = Compiled(cell, penalised)
    found.check()
    return found


def _jax(cell: Cell, penalised: bool) -> Any:
    try:
        from step_jax import Jitted
    except ImportError as error:
        raise MissingWay(f"JAX cannot be imported: {error}") from error
    constants = {"alpha": ALPHA, "gamma": GAMMA, "rate": RATE}
    return _checked(cell, penalised, Jitted(cell, penalised, "float32", constants))


def _tape(name: str, value: str) -> Way:
    return Way(name, partial(_regan, tape=value), {TAPE: value}, of_regan=True)


WAYS = {
    way.name: way
    for way in (
        _tape("plain", "0"),
        _tape("tape", "numpy"),
        _tape("native", "native"),
        Way("in turn", partial(_regan, tape=None, at_once=False), of_regan=True),
        Way("torch", _torch),
        Way("torch.compile", _compiled),
        Way("JAX", _jax),
    )
}
AT_ONCE = ("plain", "tape", "native")
"""From the slowest on."""
