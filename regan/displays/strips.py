"""Strips behind the range of an axis, in which rows are drawn that lack the column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from regan.data.columns.shown import Ticks
from regan.displays.base import AS_IT_IS

MISSING = "missing"
"""What a strip is called."""

_WIDTH = 0.16
_GAP = 0.04
_FILLED = 0.6
_LABEL = 0.13
"""How much of an axis is kept free before a strip for its name, which is wider than most."""
_SHADE: dict[str, Any] = {"color": "0.5", "alpha": 0.15, "linewidth": 0}


@dataclass(frozen=True)
class Strip:
    """A strip of an axis.

    Attributes
    ----------
    start, end : float
        In the units of the axis.
    """

    start: float
    end: float

    @classmethod
    def behind(cls, high: float, spread: float, ticks: Ticks | None) -> Self:
        """Behind an axis that ends at `high`, with values that spread so far; of levels, as wide
        as one of them.
        """
        spread = spread or 1.0
        if ticks is not None and ticks.edges is not None:
            return cls(max(ticks.edges), max(ticks.edges) + ticks.edges[-1] - ticks.edges[-2])
        return cls(high + _GAP * spread, high + (_GAP + _WIDTH) * spread)

    @property
    def place(self) -> float:
        """The middle."""
        return 0.5 * (self.start + self.end)

    @property
    def edges(self) -> np.ndarray:
        """Those of a bar for all rows in it, (2,)."""
        return self.place + 0.5 * _FILLED * (self.end - self.start) * np.array([-1, 1])

    def fill(self, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Values (n,) with places in the strip for those that are missing, here and there."""
        low, high = self.edges.tolist()
        drawn = rng.uniform(low, high, len(values))
        return np.where(np.isnan(values), drawn, values)

    def draw(self, panel: Any, axis: Any, *, has_names: bool) -> None:
        """Shade it, and write its name on an axis of a panel, whose other ticks have names or are
        numbers.
        """
        is_x = axis is panel.xaxis
        (panel.axvspan if is_x else panel.axhspan)(self.start, self.end, **_SHADE)
        if not has_names:
            first, last = axis.get_view_interval()
            free = self.start - _LABEL * (last - first) * is_x
            axis.set_ticks([tick for tick in axis.get_ticklocs() if first <= tick < free])
        minor = [tick for tick in axis.get_ticklocs(minor=True) if tick < self.start]
        words = [*([""] * len(minor)), MISSING]
        axis.set_ticks([*minor, self.place], words, minor=True, **AS_IT_IS)
