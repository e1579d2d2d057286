"""Names with a prefix: groups of entries in one flat dict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

_Value = TypeVar("_Value")


def with_prefix(prefix: Any, values: Mapping[str, _Value]) -> dict[str, _Value]:
    """The entries of a group, each name with its prefix in front.

    Examples
    --------
    >>> with_prefix("state", {"average": 1})
    {'state.average': 1}
    """
    return {f"{prefix}.{name}": value for name, value in values.items()}


def without_prefix(prefix: Any, values: Mapping[str, _Value]) -> dict[str, _Value]:
    """The inverse: the entries of one group, under their own names.

    Examples
    --------
    >>> without_prefix("state", {"state.average": 1, "history.distance": 2})
    {'average': 1}
    """
    front = f"{prefix}."
    return {k.removeprefix(front): value for k, value in values.items() if k.startswith(front)}
