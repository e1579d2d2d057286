"""Training sets: rows as networks see them, and what they see them in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from regan.backends import Backend
from regan.building.framing import facts_of, learn_coordinates
from regan.building.rules import Facts
from regan.building.run_spec import RunSpec
from regan.building.specs import Shape
from regan.data.scaling import Scaler
from regan.data.unscaled_rows import UnscaledRows
from regan.mixtures.coordinates import Coordinates, GivenRows, Rows
from regan.training.mask_bank import MaskBank
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData


class Kind(NamedTuple):
    """Kind of training: what models have to share to train together."""

    n_rows: int
    n_held: int
    shape: Shape


@dataclass(frozen=True)
class TrainingSet:
    """Rows for training, as the networks see them.

    Attributes
    ----------
    rows : pair of arrays (n, D) and (n, L)
        The second one are the labels, one-hot, or None.
    coordinates : Coordinates
    seed : int
        What all draws derive from.
    held : pair of arrays or None
        Further rows, which early stopping compares with.
    masks : MaskBank or None
        Of models that complete rows.
    """

    rows: Rows
    coordinates: Coordinates
    seed: int
    held: Rows | None = None
    masks: MaskBank | None = None

    @classmethod
    def learn(
        cls,
        run: RunSpec,
        scaler: Scaler,
        rows: GivenRows,
        seed: int,
        kept: Coordinates | None = None,
    ) -> Self:
        """From rows (n, D) and their classes (n, C): without those that early stopping holds out,
        of which nothing is learnt. A matrix of numbers is in the dtype of training.

        kept : the coordinates of an earlier fit, in which training goes on.
        """
        held, dtype = None, run.dtype
        if run.early_stopping is not None:
            rows, held = run.early_stopping.parts(*rows, seed)
        if isinstance(rows[0], UnscaledRows) and run.frames is not None:
            rows = rows[0].scored(), rows[1]
        coordinates, masks = learn_framing(run, scaler, rows, seed, kept)
        if held is not None:
            held = coordinates.enter(held, seed + 1, dtype)
        return cls(coordinates.enter(rows, seed, dtype), coordinates, seed, held, masks)

    @property
    def kind(self) -> Kind:
        """Sets of one kind have as many rows, as many held-out rows, columns of one shape."""
        n_held = 0 if self.held is None else len(self.held[0])
        return Kind(self.n_rows, n_held, Shape.of(self.coordinates))

    @property
    def n_rows(self) -> int:
        """Rows to train on."""
        return len(self.rows[0])

    @property
    def facts(self) -> Facts:
        """What rules ask of the rows."""
        return facts_of(self.coordinates, self.n_rows)

    def n_resident(self, trainer: Trainer, n_updates: int) -> int:
        """How many rows are in memory at a time: all of them."""
        return self.n_rows + (0 if self.held is None else len(self.held[0]))

    def data(
        self, ops: Backend, trainer: Trainer, start: int, n_updates: int, *, balanced: bool
    ) -> TrainingData:
        """What a run of `n_updates` updates trains on, of which `start` is the first one."""
        masks = None if self.masks is None else [self.masks]
        return TrainingData(ops, *self.rows, balanced=balanced, masks=masks)

    def astype(self, dtype: str) -> TrainingSet:
        """The same with numbers of a dtype."""
        (X, labels), held = self.rows, self.held
        if held is not None:
            held = held[0].astype(dtype), held[1]
        return replace(self, rows=(X.astype(dtype), labels), held=held)


def learn_framing(
    run: RunSpec, scaler: Scaler, rows: GivenRows, seed: int, kept: Coordinates | None
) -> tuple[Coordinates, MaskBank | None]:
    """The coordinates for rows (n, D) with their classes (n, C), and the masks in them, if models
    learn to complete rows; see `TrainingSet.learn`.
    """
    coordinates = kept or learn_coordinates(run.frames, scaler, rows, seed)
    coordinates = replace(coordinates, masked=run.masked)
    return coordinates, MaskBank.learn(coordinates, seed) if run.masked else None
