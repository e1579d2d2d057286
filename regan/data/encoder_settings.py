"""Settings of a `TableEncoder` in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regan.data.columns.base import IDS
from regan.data.literals import read_key, write_literal
from regan.data.scaling import SCALINGS
from regan.storage.stored import Stored


def write_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an encoder in JSON's terms."""
    numeric, categorical = settings["numeric"], settings["categorical"]
    plain = {
        **settings,
        "numeric": [*map(list, numeric.items())] if isinstance(numeric, Mapping) else numeric,
        "categorical": None if categorical is None else list(categorical),
    }
    return {name: write_literal(value) for name, value in plain.items()}


def read_settings(stored: Stored) -> dict[str, Any]:
    """The inverse of `write_settings`."""
    names = ("numeric", "categorical", "max_levels", "pool", "max_integer_levels", "ids")
    numeric, categorical, most, pool, most_integers, ids = stored.fields(*names)
    if isinstance(numeric.value, list):
        pairs = [pair.items(2) for pair in numeric.items()]
        scalings: Any = {read_key(name): each.choice(*SCALINGS) for name, each in pairs}
    else:
        scalings = numeric.choice(*SCALINGS)
    listed = None if categorical.is_none else [read_key(name) for name in categorical.items()]
    few = None if most_integers.is_none else most_integers.integer()
    other = None if pool.is_none else pool.text()
    values = (scalings, listed, most.integer(1), other, few, ids.choice(*IDS))
    return dict(zip(names, values, strict=True))
