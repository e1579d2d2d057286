"""Callbacks between updates, and a look at the state that each of them leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from regan.backends import Backend
from regan.training.callbacks import Callback, FunctionCallback
from regan.training.divergence import DivergenceError, state_not_finite
from regan.training.state import Run


def call_hooks(
    ops: Backend,
    callbacks: Sequence[Callback],
    event: str,
    run: Run,
    restore: Callable[[], Any],
    *arguments: Any,
) -> list[Any]:
    """Call the method `event` of all callbacks; what they answer.

    Whoever leaves a value in the state that is not finite has it taken back by `restore`, and the
    others are called nevertheless: what they have opened they have to close.

    Raises
    ------
    DivergenceError
        If one of them did, for the first of them.
    """
    answers, error = [], None
    for callback in callbacks:
        answers.append(getattr(callback, event)(run, *arguments))
        if (bad := state_not_finite(ops, run.state)) is None:
            continue
        restore()
        counts = run.state.step, bad.term, run.rollbacks, run.rate
        error = error or DivergenceError(*counts, bad.members, _name(callback))
    if error is not None:
        raise error
    return answers


def _name(callback: Callback) -> str:
    named = callback.function if isinstance(callback, FunctionCallback) else type(callback)
    return str(getattr(named, "__name__", named))
