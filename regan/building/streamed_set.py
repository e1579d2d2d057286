"""Training sets whose rows are not in memory: a stream, and what is learnt of its sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np

from regan.backends import Backend
from regan.building.framing import facts_of
from regan.building.rules import Facts
from regan.building.run_spec import RunSpec
from regan.building.training_set import TrainingSet, learn_framing
from regan.data.encoded_rows import codes_of
from regan.data.scaling import Scaler
from regan.data.unscaled_rows import UnscaledRows
from regan.mixtures.coordinates import Coordinates, GivenRows, Matrix, Rows, some_of
from regan.streams.stream import Stream
from regan.training.buffer_size import BufferSize
from regan.training.entered_rows import EnteredRows
from regan.training.mask_bank import MaskBank
from regan.training.memory import data_bytes
from regan.training.refills import Refills
from regan.training.streamed_data import StreamedData
from regan.training.trainer import Trainer, window_length

FitRows: TypeAlias = tuple[Matrix | UnscaledRows | Stream, Matrix | None]
"""Rows (n, D) and their labels (n, C); or a stream, and the labels of its sample."""


@dataclass(frozen=True)
class StreamedSet:
    """Rows for training of a stream, and what they are seen in: the counterpart of `TrainingSet`.

    Coordinates are learnt of the stream's sample of rows, and early stopping holds out a share of
    that sample.

    Attributes
    ----------
    rows : EnteredRows
    refills : Refills
    coordinates : Coordinates
    seed : int
    held : pair of arrays or None
    masks : MaskBank or None
    """

    rows: EnteredRows
    refills: Refills
    coordinates: Coordinates
    seed: int
    held: Rows | None = None
    masks: MaskBank | None = None

    @classmethod
    def learn(
        cls,
        run: RunSpec,
        scaler: Scaler,
        rows: tuple[Stream, Matrix | None],
        seed: int,
        kept: Coordinates | None = None,
    ) -> Self:
        """From a stream, and the classes (m, C) of its sample; see `TrainingSet.learn`."""
        stream, labels = rows
        given: GivenRows = stream.sample, labels
        lacking, held = None, np.empty(0, dtype=np.int64)
        if run.early_stopping is not None:
            codes = None if labels is None else codes_of(labels)
            train, apart = run.early_stopping.split(len(stream.sample), codes, seed)
            given, lacking = (some_of(given, where) for where in (train, apart))
            held = stream.sample_positions[apart]
        if isinstance(given[0], UnscaledRows):
            given = given[0].scored(), given[1]
        coordinates, masks = learn_framing(run, scaler, given, seed, kept)
        return cls(
            EnteredRows(stream, given, coordinates.in_pieces(given[0]), run.dtype, seed),
            Refills(stream.lengths, held, seed),
            coordinates,
            seed,
            None if lacking is None else coordinates.enter(lacking, seed + 1, run.dtype),
            masks,
        )

    @property
    def n_rows(self) -> int:
        """Rows to train on."""
        return self.refills.n_rows

    @property
    def facts(self) -> Facts:
        """What rules ask of the rows."""
        return facts_of(self.coordinates, self.n_rows)

    def size(self, trainer: Trainer, n_updates: int) -> BufferSize:
        """The size of the buffer for so many updates."""
        stream, length = self.rows.stream, window_length(n_updates)
        return BufferSize.fitting(
            self.n_rows,
            row_bytes=data_bytes(trainer, 1, self.coordinates.scaler.levels),
            block_rows=float(len(stream) / len(stream.lengths)),
            drawn=length * trainer.n_minibatches * trainer.batch_size,
            n_windows=-(-n_updates // length),
            most_rows=stream.buffer_rows,
        )

    def n_resident(self, trainer: Trainer, n_updates: int) -> int:
        """How many rows are in memory at a time."""
        return self.size(trainer, n_updates).n_rows + len(self.rows.stream.sample)

    def data(
        self, ops: Backend, trainer: Trainer, start: int, n_updates: int, *, balanced: bool
    ) -> StreamedData:
        """What a run of `n_updates` updates trains on, of which `start` is the first one."""
        return StreamedData(
            ops,
            self.rows,
            self.refills,
            self.size(trainer, n_updates),
            start=start,
            length=window_length(n_updates),
            balanced=balanced,
            masks=None if self.masks is None else [self.masks],
        )


def learn_set(
    run: RunSpec, scaler: Scaler, rows: FitRows, seed: int, kept: Coordinates | None
) -> TrainingSet | StreamedSet:
    """The training set of rows, wherever they are; see `TrainingSet.learn`."""
    X, labels = rows
    if isinstance(X, Stream):
        return StreamedSet.learn(run, scaler, (X, labels), seed, kept)
    return TrainingSet.learn(run, scaler, (X, labels), seed, kept)
