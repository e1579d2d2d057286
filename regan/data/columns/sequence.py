"""Sequences: identifiers that are numbered anew, of which a model learns nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.identifiers import are_integers, tell_identifiers
from regan.data.frames.dataframes import objects
from regan.storage.stored import Stored

_NUMBERED = re.compile(r"([^\d]*)(\d+)")
_MOST_DIGITS = 15


@dataclass(frozen=True)
class SequenceColumn(Column):
    """Identifiers, none of which is learned: rows of samples are numbered from 1.

    Text is what all identifiers begin with, if they are that and a number, and the number with at
    least as many digits as they have; else the name of the column and the number.

    Attributes
    ----------
    text : bool
        Whether they are text, and not integers.
    prefix : str
    digits : int
        How many digits a number in a text has at least.
    """

    text: bool
    prefix: str
    digits: int

    kind = "sequence"
    group = "identifier"
    holds = instead = "identifiers"
    summary = None
    is_learnt = False

    @property
    def labels(self) -> list[str]:
        return []

    @property
    def words(self) -> str:
        return f"identifiers, numbered anew as {self.write(np.ones(1))[0]}"

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        if settings.ids != "sequence" or settings.level or settings.named:
            return False
        return settings.numbered or tell_identifiers(cells, settings.max_levels) is not None

    @classmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        plain = cells.categories is None and not cells.is_boolean and bool not in cells.types
        if plain and (are_integers(cells) or cells.is_float):
            return cls(cells.name, False, "", 1)
        if not plain or not cells.types <= {str}:
            raise TypeError(
                f"column {cells.name!r} holds {cells.dtype}, which cannot be numbered anew: "
                "identifiers are integers or strings, so convert it by astype(str)"
            )
        matches = [_NUMBERED.fullmatch(value) for value in cells.values]
        prefixes = {None if match is None else match[1] for match in matches}
        if None in prefixes or len(prefixes) > 1:
            return cls(cells.name, True, f"{cells.name}_", 1)
        widths = [len(match[2]) for match in matches if match is not None]
        return cls(cells.name, True, str(prefixes.pop()), min(*widths, _MOST_DIGITS))

    def takes(self, kind: type[Column]) -> bool:
        return not kind.takes_missing  # whatever they are, they mean nothing

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        return np.asarray(np.arange(1.0, len(cells.series) + 1))

    def write(self, numbers: np.ndarray) -> np.ndarray:
        integers: np.ndarray = np.rint(numbers).astype(np.int64)
        if not self.text:
            return integers
        return objects([f"{self.prefix}{number:0{self.digits}d}" for number in integers.tolist()])

    def renumbered(self, numbers: np.ndarray, first: int) -> np.ndarray:
        return np.asarray(first + self.decode(numbers))

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        return self.write(np.arange(1.0, len(texts) + 1))

    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        return np.empty((len(numbers), 0))

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        return np.empty((len(numbers), 0))

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        return np.asarray(np.arange(1.0, len(encoded) + 1))

    def export(self) -> dict[str, Any]:
        return {"text": self.text, "prefix": self.prefix, "digits": self.digits}

    @classmethod
    def restore(cls, name: Any, stored: Stored) -> Self:
        text, prefix, digits = stored.fields("text", "prefix", "digits")
        return cls(name, text.flag(), prefix.text(), digits.integer(1, _MOST_DIGITS))

    @property
    def extremes(self) -> np.ndarray:
        return np.array([1.0])
