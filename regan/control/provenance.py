"""Provenance of a run: what its bits depend on beside settings and data."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy

from regan.backends.blas_threads import blas, is_of
from regan.backends.switch import arithmetic, way_here
from regan.storage.stored import Stored

_WORDS = {
    "machine": "the machine",
    "numpy": "NumPy",
    "scipy": "SciPy",
    "simd": "the instruction set",
    "blas": "BLAS",
    "blas_kernel": "the kernel of BLAS",
    "blas_threads": "the number of threads of BLAS",
    "arithmetic": "what updates run on",
}


def provenance() -> dict[str, str | int]:
    """Versions, instruction set, BLAS and its threads, the way of updates, of this process now."""
    library = _blas()
    return {
        "machine": platform.machine(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "simd": _instruction_set(),
        "blas": f"{library.get('internal_api', 'unknown')} {library.get('version') or ''}".strip(),
        "blas_kernel": str(library.get("architecture", "unknown")),
        "blas_threads": int(library.get("num_threads") or 1),
        "arithmetic": arithmetic(),
    }


def read_provenance(stored: Stored) -> dict[str, str | int]:
    """The same from a file."""
    entries = dict(zip(_WORDS, stored.fields(*_WORDS), strict=True))
    threads = entries.pop("blas_threads").integer(1)
    return {**{name: entry.text() for name, entry in entries.items()}, "blas_threads": threads}


def differences(was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What is different `now`, in words; empty if nothing is."""
    return "; ".join(
        f"{words} was {was[name]!r} and is now {now[name]!r}"
        for name, words in _WORDS.items()
        if was[name] != now[name]
    )


def _blas() -> Mapping[str, Any]:
    """The library that updates multiply with: NumPy's, or SciPy's if they are compiled."""
    libraries, owner = blas().info(), "scipy" if way_here() == "native" else "numpy"
    own = [one for one in libraries if is_of(one["filepath"], owner)]
    first: Mapping[str, Any] = (own or libraries or [{}])[0]
    return first


def _instruction_set() -> str:
    """The extensions that NumPy has code for and this machine has."""
    config: Any = np.show_config(mode="dicts")
    return " ".join(sorted(config.get("SIMD Extensions", {}).get("found", [])))
