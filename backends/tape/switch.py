"""Which way updates run on the CPU: ``REGAN_TAPE``, else the fastest that there is here."""

from __future__ import annotations

import os
from typing import Literal, TypeAlias

from regan.validation import warn_user_once

SWITCH = "REGAN_TAPE"
"""The environment variable that names one of `WAYS`."""

Way: TypeAlias = Literal["0", "numpy", "native"]

WAYS: tuple[Way, ...] = ("0", "numpy", "native")
"""Updates as Python makes them; a tape replayed by NumPy; a tape replayed by compiled code."""

_NOT_BUILT = "this version of regan has no compiled replay"


def asked_way() -> Way:
    """The way that the environment asks for, or the default. ValueError for what is none."""
    value = os.environ.get(SWITCH) or "numpy"
    for way in WAYS:
        if way == value:
            return way
    raise ValueError(
        f"{SWITCH}={value} names no way to run updates; choose one of: {', '.join(WAYS)}"
    )


def way_here() -> Way:
    """The way that is taken; where the one asked for is not to be had, that is said once."""
    way = asked_way()
    if way != "native":
        return way
    warn_user_once(f"{SWITCH}=native falls back to NumPy's replay: {_NOT_BUILT}")
    return "numpy"


def arithmetic() -> str:
    """What computes updates on the CPU: NumPy, to the same bits with a tape or without one."""
    return "NumPy"


def describe_updates() -> str:
    """The way that is taken here, and why, in a sentence."""
    way, chosen = asked_way(), os.environ.get(SWITCH)
    reason = f"{SWITCH}={chosen}" if chosen else f"the default; {_NOT_BUILT}"
    if way == "native":
        way, reason = "numpy", f"{reason}, but {_NOT_BUILT}"
    words = {
        "0": "run as Python makes them",
        "numpy": "are written down once and replayed by NumPy",
    }
    return f"On the CPU, updates {words[way]} ({reason})."
