"""The random numbers of one update, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from regan.backends import Array, Backend


class Draws:
    """The random numbers of one update, by name: drawn on first use, then kept.

    Whoever asks twice gets the same numbers, so an objective is a pure function of parameters and
    draws, and its finite differences make sense. All models of a population share them: shapes
    start with a population axis of length 1.

    Parameters
    ----------
    ops : Backend
    rng : generator of that backend

    Examples
    --------
    >>> from regan.backends import get_backend
    >>> ops = get_backend("numpy")
    >>> draws = Draws(ops, ops.rng(0))
    >>> mask = draws.within("discriminator").uniform("mask", (1, 4, 2))
    >>> draws.within("discriminator").uniform("mask", (1, 4, 2)) is mask
    True
    """

    def __init__(self, ops: Backend, rng: Any) -> None:
        self._ops, self._rng = ops, rng
        self._prefix = ""
        self._kept: dict[str, Array] = {}

    def within(self, name: str) -> Draws:
        """The same draws, with names of their own below `name`."""
        inner = Draws(self._ops, self._rng)
        inner._prefix, inner._kept = f"{self._prefix}{name}.", self._kept
        return inner

    def normal(self, name: str, shape: tuple[int, ...]) -> Array:
        """Standard normal numbers."""
        return self._keep(name, shape, self._rng.standard_normal)

    def uniform(self, name: str, shape: tuple[int, ...]) -> Array:
        """Uniform numbers in [0, 1)."""
        return self._keep(name, shape, self._rng.random)

    def _keep(self, name: str, shape: tuple[int, ...], draw: Callable[..., Array]) -> Array:
        name = self._prefix + name
        if name not in self._kept:
            self._kept[name] = draw(shape, dtype=self._ops.dtype)
        kept = self._kept[name]
        if kept.shape != shape:
            raise ValueError(f"{name} was drawn with shape {kept.shape}, and now needs {shape}")
        return kept
