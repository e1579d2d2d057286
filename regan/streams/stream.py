"""Streams: rows that are not in memory, for training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from regan.data.encoded_rows import EncodedRows
from regan.data.scaling import Scaler
from regan.data.unscaled_rows import UnscaledRows


class Stream(ABC):
    """Rows that are not in memory, in blocks, with a sample of them that is."""

    scaler: Scaler
    sample: UnscaledRows | EncodedRows | np.ndarray
    sample_positions: np.ndarray
    sample_codes: np.ndarray | None
    buffer_rows: int | None = None

    @abstractmethod
    def __len__(self) -> int:
        """All rows."""

    @property
    @abstractmethod
    def lengths(self) -> np.ndarray:
        """The rows of each block (B,)."""

    @abstractmethod
    def numbers(self, block: int, positions: np.ndarray) -> np.ndarray:
        """The numbers (k, C) at positions (k,) within a block."""

    @abstractmethod
    def codes(self, block: int, positions: np.ndarray) -> np.ndarray | None:
        """Their classes (k,)."""

    @abstractmethod
    def encoded(self, numbers: np.ndarray) -> np.ndarray | EncodedRows:
        """Numbers (k, C) as models train on them."""

    @abstractmethod
    def fingerprint(self) -> dict[str, Any]:
        """What tells these rows from others, in JSON's terms."""
