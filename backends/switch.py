"""Which way updates run on the CPU: ``REGAN_TAPE``, else the fastest that there is here."""

from __future__ import annotations

import os
from typing import Literal, TypeAlias

from regan.backends.native.loading import broken, extension, missing
from regan.validation import warn_user_once

SWITCH = "REGAN_TAPE"
"""The environment variable that names one of `WAYS`."""

Way: TypeAlias = Literal["0", "numpy", "native"]

WAYS: tuple[Way, ...] = ("0", "numpy", "native")
"""Updates as Python makes them; a tape replayed by NumPy; a tape replayed by compiled code."""

_WORDS: dict[Way, str] = {
    "0": "run as Python makes them",
    "numpy": "are written down once and replayed by NumPy",
    "native": "are written down once and replayed by compiled code",
}


def asked_way() -> Way | None:
    """The way that the environment asks for, if any. ValueError for what is none."""
    value = os.environ.get(SWITCH)
    if not value:
        return None
    for way in WAYS:
        if way == value:
            return way
    raise ValueError(
        f"{SWITCH}={value} names no way to run updates; choose one of: {', '.join(WAYS)}"
    )


def way_here() -> Way:
    """The way that is taken; where one is asked for that is not to be had, that is said once, and
    so is an extension that does not work.
    """
    way = asked_way()
    if way in (None, "native") and missing() is not None:
        if way is not None:
            warn_user_once(f"{SWITCH}=native falls back to NumPy's replay: {missing()}")
        elif broken():
            warn_user_once(f"updates are replayed by NumPy, more slowly: {missing()}")
        return "numpy"
    return way or "native"


def arithmetic() -> str:
    """What computes updates on the CPU.

    NumPy gives the same bits with a tape or without one, and compiled code gives its own.
    """
    compiled = extension() if way_here() == "native" else None
    return "NumPy" if compiled is None else f"compiled kernels ({compiled.instruction_set})"


def describe_updates() -> str:
    """Say in a sentence how updates run on this machine, and why."""
    asked, why, compiled = asked_way(), missing(), extension()
    way = asked or "native"
    reason = f"{SWITCH}={asked}" if asked else "the default"
    if way == "native" and compiled is None:
        way = "numpy"
        reason = f"{reason}, but {why}" if asked else f"the default, for {why}"
    if way == "native" and compiled is not None:
        reason += f"; for {compiled.instruction_set}"
    return f"On the CPU, updates {_WORDS[way]} ({reason})."
