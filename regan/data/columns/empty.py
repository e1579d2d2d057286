"""Empty columns: every cell is missing, in the data and in samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.missing import Marked, mark_of, read_mark
from regan.data.faults import refused
from regan.storage.stored import Stored


@dataclass(frozen=True)
class EmptyColumn(Column):
    """Cells that are all missing: no column of the matrix.

    Attributes
    ----------
    mark : str
        What missing cells are among objects; see `regan.data.columns.missing`.
    """

    mark: str

    kind = "empty"
    group = "empty"
    holds = "missing cells alone"
    instead = "missing cells alone"
    takes_missing = True
    takes_new = True
    is_learnt = False

    @property
    def labels(self) -> list[str]:
        return []

    @property
    def words(self) -> str:
        return "all missing"

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        return bool(cells.missing.all())

    @classmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        return cls(cells.name, mark_of(cells))

    def takes(self, kind: type[Column]) -> bool:
        return True  # `read` tells what is there

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        if not cells.missing.all() and not unseen:
            what = "had no values in the training data, and has some now"
            raise refused(self.name, what, "leave them out, or fit again", ~cells.missing)
        return np.where(cells.missing, np.nan, 0.0)  # any value is as good as another

    def write(self, numbers: np.ndarray) -> np.ndarray:
        return Marked(self.mark).blank(len(numbers))

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        if full := [text for text in texts if text]:
            raise ValueError(f"holds {full[0]!r}, and had no values in the training data")
        return self.write(np.full(len(texts), np.nan))

    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        return np.empty((len(numbers), 0))

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        return np.empty((len(numbers), 0))

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        return np.full(len(encoded), np.nan)

    def export(self) -> dict[str, Any]:
        return {"mark": self.mark}

    @classmethod
    def restore(cls, name: Any, stored: Stored) -> Self:
        return cls(name, read_mark(stored.fields("mark")[0]))

    @property
    def extremes(self) -> np.ndarray:
        return np.array([np.nan])
