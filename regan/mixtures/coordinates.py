"""Coordinates that networks train in: scaled columns, in frames if there are any, and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from regan.data.encoded_rows import EncodedRows, as_codes, codes_of
from regan.data.labels import far_apart
from regan.data.lacking import blocks_of
from regan.data.scaling import Scaler
from regan.data.unscaled_rows import UnscaledRows, scaled
from regan.mixtures.frames import Frames

Matrix: TypeAlias = np.ndarray | EncodedRows
"""A matrix, or what stands for one of a table."""

Rows: TypeAlias = tuple[Matrix, "Matrix | None"]
"""Rows (n, D), and their labels (n, L), one-hot, or None."""

GivenRows: TypeAlias = tuple["Matrix | UnscaledRows", "Matrix | None"]
"""The same before they are scaled, where they are numbers alone."""


@dataclass(frozen=True)
class Coordinates:
    """Coordinates that networks train in, and the way back.

    Labels are one-hot columns: those of the classes, if a model is conditional, then those of the
    components, if there are frames with more than one.

    Attributes
    ----------
    scaler : Scaler
    n_classes : int, default=0
        C, of a conditional model.
    frames : Frames or None, default=None
        Of the columns of numbers, which come before the levels.
    masked : bool, default=False
        Whether networks learn to complete rows: they take further columns then.
    """

    scaler: Scaler
    n_classes: int = 0
    frames: Frames | None = None
    masked: bool = False

    @property
    def n_components(self) -> int:
        """The components that labels tell apart; 0 if there is nothing to tell."""
        k = 0 if self.frames is None else self.frames.n_components
        return k if k > 1 else 0

    @property
    def n_labels(self) -> int:
        """L."""
        return self.n_classes + self.n_components

    @property
    def offsets(self) -> np.ndarray | None:
        """What networks add to logits of levels in each component, (K, sum L), if anything."""
        return None if self.frames is None or not self.n_components else self.frames.level_logits

    @property
    def n_numbers(self) -> int:
        """P, the columns that are no levels."""
        return self.scaler.n_columns - sum(self.scaler.levels)

    @property
    def n_columns(self) -> int:
        """D, the columns that networks see."""
        r = self.n_numbers if self.frames is None else self.frames.n_coordinates
        return r + sum(self.scaler.levels)

    @property
    def n_cells(self) -> int:
        """H, the cells of which networks are told whether they are known; 0 if they are not."""
        return self.n_numbers + len(self.scaler.levels) if self.masked else 0

    @property
    def n_told(self) -> int:
        """What networks take beside whole rows."""
        return self.n_cells + self.n_labels

    @property
    def n_side(self) -> int:
        """What the network that makes rows takes beside noise."""
        return self.n_told + (self.n_columns if self.masked else 0)

    def whole(self, labels: Matrix | None, n: int) -> np.ndarray | None:
        """What networks take beside whole rows (n, .): labels, and that no cell is known."""
        return _behind(self.n_cells, labels, n)

    def nothing_known(self, labels: Matrix | None, n: int) -> np.ndarray | None:
        """What the network that makes rows takes beside noise (n, .), where nothing is known."""
        return _behind(self.n_side - self.n_labels, labels, n)

    @property
    def cells(self) -> tuple[np.ndarray, np.ndarray]:
        """Which columns of networks (H, D) are known with a cell, but for numbers in frames with
        axes, and which levels (D, H) say that a cell is missing.
        """
        columns = np.zeros((self.n_cells, self.n_columns))
        lost = np.zeros((self.n_columns, self.n_cells))
        first, p = self.n_columns - sum(self.scaler.levels), self.n_numbers
        blocks = blocks_of(self.scaler.levels, first)
        if self.frames is None or not self.frames.is_oblique:
            columns[:p, :p] = np.eye(p)
        for b, block in enumerate(blocks):
            columns[p + b, block] = 1
        for cell, said in enumerate([*self.scaler.absent, *self.scaler.lacking]):
            if said is not None:
                lost[[blocks[said.block].start + code for code in said.codes], cell] = 1
        return columns, lost

    def enter(
        self, rows: GivenRows, seed: int, dtype: Any = np.float64, at: Sequence[int] = ()
    ) -> Rows:
        """Rows (n, D) and their classes (n, C) as the networks see them.

        dtype : that matrices of numbers are to have; others keep theirs; at : what else draws
        follow from, where there are other rows beside these.
        """
        X, classes = rows
        if self.frames is None:
            return scaled(X, dtype), classes
        if isinstance(X, EncodedRows):
            dtype = X.dtype
        u, components = self.frames.enter_rows(X, np.random.default_rng([seed, 12, *at]), dtype)
        return (
            replace(X, plain=u) if isinstance(X, EncodedRows) else u,
            self.labels(None if classes is None else codes_of(classes), components),
        )

    def in_pieces(self, rows: Matrix | UnscaledRows) -> Coordinates:
        """The same for rows that enter a few at a time, of which `rows` (n, D) are a sample."""
        if self.frames is None or not self.frames.spreads_ties:
            return self
        whole = scaled(rows)
        numbers = whole.plain if isinstance(whole, EncodedRows) else whole
        return replace(self, frames=self.frames.with_ties_of(numbers))

    def leave(self, rows: np.ndarray, components: np.ndarray | None) -> np.ndarray:
        """Scaled rows (n, D) from those that the networks make in these components (n,)."""
        if self.frames is None:
            return rows
        if components is None:
            components = np.zeros(len(rows), dtype=np.int64)
        r = self.frames.n_coordinates
        left = self.frames.leave(rows[:, :r], components)
        return left if r == rows.shape[1] else np.hstack([left, rows[:, r:]])

    def draw(
        self, n: int, classes: np.ndarray | None, rng: np.random.Generator
    ) -> tuple[Matrix | None, np.ndarray | None]:
        """Labels (n, L) of new rows of these classes (n,), if any, and their components (n,)."""
        if self.frames is None or not self.n_components:
            return self.labels(classes, None), None
        components = self.frames.draw(n, rng, classes)
        return self.labels(classes, components), components

    def standardized(self, rows: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Rows of networks (n, D) with their labels (n, L), as scores compare them.

        The classes are further columns; components are not.
        """
        components = None
        if labels is not None and self.n_components:
            components = labels[:, self.n_classes :].argmax(axis=1)
        compared = self.scaler.as_standardized(self.leave(rows.astype(np.float64), components))
        if labels is None or not self.n_classes:
            return compared
        return np.hstack([compared, far_apart(labels[:, : self.n_classes], self.scaler.n_columns)])

    def labels(
        self, classes: np.ndarray | None, components: np.ndarray | None
    ) -> EncodedRows | None:
        """Labels (n, L) of rows of these classes (n,) and components (n,), if there are any."""
        told = [
            (codes, size)
            for codes, size in ((classes, self.n_classes), (components, self.n_components))
            if codes is not None and size
        ]
        if not told:
            return None
        codes, sizes = zip(*told, strict=True)
        return EncodedRows(
            np.empty((len(codes[0]), 0)), as_codes(np.stack(codes, axis=1), sizes), sizes
        )


def some_of(rows: GivenRows, where: np.ndarray) -> GivenRows:
    """The rows at these positions, and their labels."""
    X, labels = rows
    return X[where], None if labels is None else labels[where]


def _behind(n_columns: int, labels: Matrix | None, n: int) -> np.ndarray | None:
    """Labels (n, L) behind so many columns of zeros; None if there is neither."""
    own = None if labels is None else np.asarray(labels)
    if not n_columns:
        return own
    zeros = np.zeros((n, n_columns))
    return zeros if own is None else np.hstack([zeros, own])
