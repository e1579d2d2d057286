"""Rows of which some cells are known, in the coordinates of networks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from regan.data.conditions import Evidence
from regan.data.conditions.missing import of_present
from regan.data.encoded_rows import EncodedRows
from regan.mixtures.coordinates import Coordinates
from regan.mixtures.frames import Frames, inverted


@dataclass(frozen=True, eq=False)
class GivenCells:
    """Known cells of rows as networks see them, and rows completed by what networks make.

    Attributes
    ----------
    coordinates : Coordinates
    evidence : Evidence
        On scaled rows, without what stands in the place of missing cells.
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
    evidence: Evidence
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
        present, frames = _present(coordinates, evidence), coordinates.frames
        if frames is None:
            inside, kept, components = present.numbers, None, None
        else:
            components = frames.assign_given(_logs_given(frames, present), rng, classes)
            inside, kept = frames.enter_given(present.numbers, components, rng)
        inside = np.nan_to_num(inside, nan=0.0)
        labels = coordinates.labels(classes, components)
        return cls(coordinates, present, labels, components, inside, kept)

    @property
    def side(self) -> np.ndarray:
        """What the network that makes rows takes beside noise, (n, .)."""
        known = self.evidence.known
        levels = replace(known, plain=np.empty((len(known), 0))).dense()
        shown = np.hstack([~np.isnan(known.plain), known.codes >= 0])
        parts = [self.inside, levels, shown]
        return np.hstack(parts if self.labels is None else [*parts, self.labels.dense()])

    def completed(self, made: np.ndarray) -> np.ndarray:
        """Scaled rows (n, D) with the known cells, from rows (n, .) that the network makes."""
        made = np.array(made, dtype=np.float64)
        r = self.inside.shape[1]
        numbers = made[:, :r]
        if self.kept is None:
            there = ~np.isnan(self.evidence.numbers)
            made[:, :r] = np.where(there, self.inside, numbers)
        else:
            made[:, :r] += self.inside - np.einsum("nr,nrs->ns", numbers, self.kept)
        return self.evidence.kept(self.coordinates.leave(made, self.components))


def _present(coordinates: Coordinates, evidence: Evidence) -> Evidence:
    """Evidence without what stands in the place of missing cells."""
    scaler = coordinates.scaler
    return of_present(evidence, scaler.absent, scaler.lacking)


def _logs_given(frames: Frames, present: Evidence) -> np.ndarray:
    """The logarithm of what is known, and of the levels that are allowed, in each component."""
    logs = frames.log_given(present.known)
    logs += frames.log_allowed(present.allowed, present.sizes)
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
    logs = _logs_given(frames, _present(coordinates, evidence))
    each = np.exp(logs - logs.max(axis=1, keepdims=True)) @ frames.shares.T  # (n, C)
    return inverted(np.cumsum(each * shares, axis=1), rng.random(len(evidence)))
