"""The random numbers of one update, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from regan.backends import Array, Backend


class Part(NamedTuple):
    """The part of a minibatch that one of several ranks computes: rows [r N / s, (r + 1) N / s).

    Attributes
    ----------
    rank : int
        r, from 0 on.
    size : int
        s, how many ranks share the rows.
    """

    rank: int
    size: int

    def of(self, rows: Array) -> Array:
        """The part of the last axis of `rows`, which `size` divides."""
        if self.size == 1:
            return rows
        n = rows.shape[-1] // self.size
        return rows[..., self.rank * n : (self.rank + 1) * n]


WHOLE = Part(0, 1)


class Draws:
    """Random numbers of one update, by name: drawn on first use, then kept.

    A second call with the same name returns the same numbers. So an objective is a pure function of
    parameters and draws, and finite differences of it are valid. All models of a population share
    the numbers: shapes start with a population axis of length 1.

    Parameters
    ----------
    ops : Backend
    rng : generator of that backend
    part : Part, optional
        The part of the rows that calls return; by default all rows. Numbers are always drawn for
        all rows, axis 1 of a shape, so ranks draw the same numbers as a single process. An axis 1
        of length 1 is for all rows.

    Examples
    --------
    >>> from regan.backends import get_backend
    >>> ops = get_backend("numpy")
    >>> draws = Draws(ops, ops.rng(0))
    >>> mask = draws.within("discriminator").uniform("mask", (1, 4, 2))
    >>> draws.within("discriminator").uniform("mask", (1, 4, 2)) is mask
    True
    """

    def __init__(self, ops: Backend, rng: Any, part: Part = WHOLE) -> None:
        self._ops, self._rng, self._part = ops, rng, part
        self._prefix, self._blocks = "", 1
        self._kept: dict[str, Array] = {}

    def within(self, name: str, n_blocks: int | None = None) -> Draws:
        """The same draws, with names of their own below `name`.

        n_blocks : of so many minibatches, one behind the other; by default as here.
        """
        inner = Draws(self._ops, self._rng, self._part)
        inner._prefix, inner._kept = f"{self._prefix}{name}.", self._kept
        inner._blocks = self._blocks if n_blocks is None else n_blocks
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
            self._kept[name] = self._drawn(shape, draw)
        kept = self._kept[name]
        if kept.shape != shape:
            raise ValueError(f"{name} was drawn with shape {kept.shape}, and now needs {shape}")
        return kept

    def _drawn(self, shape: tuple[int, ...], draw: Callable[..., Array]) -> Array:
        """Numbers for all rows, and this part of them."""
        (rank, size), n = self._part, shape[1]
        if size == 1 or n == 1:
            return draw(shape, dtype=self._ops.dtype)
        members, _, *rest = shape
        whole = draw((members, n * size, *rest), dtype=self._ops.dtype)
        blocks = whole.reshape(members, self._blocks, size, n // self._blocks, *rest)
        return blocks[:, :, rank].reshape(shape)
