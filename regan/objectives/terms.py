"""Terms of an objective by name: losses and penalties, (K,) each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from regan.backends import Array

Terms: TypeAlias = dict[str, Array]


def add_term(terms: Terms, name: str, value: Array) -> None:
    """Put `value` into `terms`, or add it to what is there under this name."""
    terms[name] = terms[name] + value if name in terms else value


def add_terms(terms: Terms, *parts: Mapping[str, Array]) -> None:
    """The same for all terms of some parts, in their order."""
    for part in parts:
        for name, value in part.items():
            add_term(terms, name, value)


def named(name: str, terms: Mapping[str, Array]) -> Terms:
    """Terms of a player, with its name in front."""
    return {f"{name}_{key}": value for key, value in terms.items()}
