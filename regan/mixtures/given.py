"""Rows of which some cells are known, in the coordinates of networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from regan.data.conditions import Evidence
from regan.data.encoded_rows import EncodedRows
from regan.mixtures.coordinates import Coordinates
from regan.mixtures.frames import inverted


@dataclass(frozen=True, eq=False)
class GivenCells:
    """Known cells of rows as networks see them, and rows completed by what networks make.

    Attributes
    ----------
    coordinates : Coordinates
    known : EncodedRows
        Scaled numbers, NaN where unknown, and levels, -1 where unknown.
    labels : EncodedRows or None
        The labels (n, L) that networks take: classes, and components, which are drawn given the
        known cells.
    components : int array of shape (n,) or None
    inside : array of shape (n, R)
        What is known of the coordinates, 0 elsewhere.
    kept : array of shape (n, R, R) or None
        By which map; see `regan.objectives.masked.Masked`.
    """

    coordinates: Coordinates
    known: EncodedRows
    labels: EncodedRows | None
    components: np.ndarray | None
    inside: np.ndarray
    kept: np.ndarray | None

    @classmethod
    def of(
        cls,
        coordinates: Coordinates,
        evidence: Evidence,
        classes: np.ndarray | None,
        rng: np.random.Generator,
    ) -> Self:
        """From evidence on scaled rows, and their classes (n,), if there are any."""
        known, frames = coordinates.there(evidence.known), coordinates.frames
        if frames is None:
            inside, kept, components = known.plain, None, None
        else:
            logs = _logs_given(coordinates, evidence)
            components = frames.assign_given(logs, rng, classes)
            inside, kept = frames.enter_given(known.plain, components, rng)
        inside = np.nan_to_num(inside, nan=0.0)
        labels = coordinates.labels(classes, components)
        return cls(coordinates, known, labels, components, inside, kept)

    @property
    def side(self) -> np.ndarray:
        """What the network that makes rows takes beside noise, (n, .)."""
        levels = EncodedRows(np.empty((len(self.known), 0)), self.known.codes, self.known.sizes)
        shown = np.hstack([~np.isnan(self.known.plain), self.known.codes >= 0])
        parts = [self.inside, levels.dense(), shown]
        return np.hstack(parts if self.labels is None else [*parts, self.labels.dense()])

    def completed(self, made: np.ndarray) -> np.ndarray:
        """Scaled rows (n, D) with the known cells, from rows (n, .) that the network makes."""
        made = np.array(made, dtype=np.float64)
        r = self.inside.shape[1]
        numbers, there = made[:, :r], ~np.isnan(self.known.plain)
        if self.kept is None:
            made[:, :r] = np.where(there, self.inside, numbers)
        else:
            made[:, :r] += self.inside - np.einsum("nr,nrs->ns", numbers, self.kept)
        return self.given(self.coordinates.leave(made, self.components))

    def given(self, rows: np.ndarray) -> np.ndarray:
        """Scaled rows (n, D) with the known numbers and levels in their places."""
        p, known = self.known.plain.shape[1], self.known
        there = ~np.isnan(known.plain)
        rows[:, :p][there] = known.plain[there]
        start = p
        for b, size in enumerate(known.sizes):
            own = known.codes[:, b]
            rows[own >= 0, start : start + size] = 0
            some = np.flatnonzero(own >= 0)
            rows[some, start + own[some]] = 1
            start += size
        return rows


def _logs_given(coordinates: Coordinates, evidence: Evidence) -> np.ndarray:
    """The logarithm of what is known, and of the levels that are allowed, in each component."""
    frames = coordinates.frames
    assert frames is not None
    logs = frames.log_given(coordinates.there(evidence.known))
    logs += frames.log_allowed(evidence.allowed, evidence.sizes)
    return logs


def classes_given(
    coordinates: Coordinates, evidence: Evidence, shares: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    r"""The classes (n,) of rows, drawn given their known cells by the mixture of the frames.

    :math:`p(c \mid x) \propto p(c) \sum_k p(k \mid c)\, p_k(x)`, with the densities of the
    known cells in each component.

    shares : of the classes (C,).
    """
    frames = coordinates.frames
    assert frames is not None
    logs = _logs_given(coordinates, evidence)
    each = np.exp(logs - logs.max(axis=1, keepdims=True)) @ frames.shares.T  # (n, C)
    return inverted(np.cumsum(each * shares, axis=1), rng.random(len(evidence)))
