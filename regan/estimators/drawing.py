"""Draws of rows that are made part by part, each part by itself and the same as of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Self

import numpy as np

from regan.data.labels import Classes
from regan.estimators.sampling import BLOCK_ROWS, Sampler


@dataclass(frozen=True, eq=False)
class Drawing:
    """Rows from `start` to `stop` of all those that a fitted model makes with one seed.

    Attributes
    ----------
    sampler : Sampler
    seed : int
    stop : int
    start : int
        The first row of a block.
    classes : Classes or None
        What classes are drawn from, of a conditional model.
    given : array of shape (stop - start,) or None
        The positions of classes, if they are not drawn.
    """

    sampler: Sampler
    seed: int
    stop: int
    start: int = 0
    classes: Classes | None = None
    given: np.ndarray | None = None

    @property
    def n_rows(self) -> int:
        """How many rows they are, which may be more than memory can hold."""
        return self.stop - self.start

    @property
    def digest_of_given(self) -> str | None:
        """A SHA-256 of the classes that are given, if they are."""
        if self.given is None:
            return None
        is_one = self.given.strides == (0,)  # one label for all rows, which may be very many
        return sha256((self.given[:1] if is_one else self.given).tobytes()).hexdigest()

    def between(self, start: int, stop: int) -> Self:
        """Some of the rows, by their positions among all; `start` is the first one of a block."""
        given = self.given
        if given is not None:
            given = given[start - self.start : stop - self.start]
        return replace(self, start=start, stop=stop, given=given)

    def rows_of(self, n_cells: int) -> int:
        """How many rows of whole blocks have at most so many cells; of one block at least."""
        return max(1, n_cells // (BLOCK_ROWS * len(self.sampler.reader.names))) * BLOCK_ROWS

    def parts(self, n_cells: int) -> Iterator[Self]:
        """Parts of the rows that have at most so many cells each, or are one block."""
        rows = self.rows_of(n_cells)
        for start in range(self.start, self.stop, rows):
            yield self.between(start, min(start + rows, self.stop))

    def codes(self) -> np.ndarray | None:
        """The positions of the classes of the rows; None without classes."""
        if self.classes is None or self.given is not None:
            return self.given
        rng = np.random.default_rng([self.seed, 7])
        rng.bit_generator.advance(self.start)  # type: ignore[attr-defined]  # one number a row
        return self.classes.draw(self.n_rows, rng)

    def draw(self) -> tuple[np.ndarray, np.ndarray | None]:
        """The rows as numbers, one a cell, and the positions of their classes."""
        codes, first = self.codes(), self.start // BLOCK_ROWS
        return self.sampler.draw(self.n_rows, self.seed, codes, first=first), codes


def check_room(n_rows: int, n_columns: int, dtype: Any = "float64", helps: str = "") -> None:
    """MemoryError if memory does not hold so many rows; helps : what does, beside fewer rows."""
    try:
        np.empty((n_rows, n_columns), dtype=dtype)
    except (MemoryError, ValueError, OverflowError) as error:
        raise MemoryError(
            f"{n_rows:,} rows of {n_columns} columns do not fit into memory: sample fewer rows at "
            f"a time{helps}"
        ) from error
