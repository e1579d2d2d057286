"""Top cells: how probable the first cell of a column is, if it is a value like those below it."""

from __future__ import annotations

import re

import numpy as np

_OTHERWISE = 1e-3  # of a whole number, where a program has written decimals even of others
_DIGITS = 6
_SEVERAL = 8


class TopCell:
    """A cell of the first line, and what is below it: texts, and values (n,)."""

    def __init__(self, cell: str, texts: list[str], values: np.ndarray) -> None:
        self.value: float = float(cell)
        self.values: np.ndarray = values[np.isfinite(values)]
        self.text: bool = len(self.values) < len(values) / 2
        self.once: float = 1 / (len(values) + 1)
        self.continues: bool = not self.text and _continues(self.value, self.values)
        self.writing: float = 1.0 if self.continues else self._writing(cell, texts)
        values = self.values
        self.outside: bool = self.text or not values.min() <= self.value <= values.max()

    def _writing(self, cell: str, texts: list[str]) -> float:
        """The chance that one row writes its number like this."""
        if self.text:
            return self.once
        alike = sum(is_pointed(text) == is_pointed(cell) for text in texts)
        if alike:
            return (alike + 1) / (len(texts) + 1)
        if is_pointed(cell):
            return self.once
        decimals = [len(text.strip().partition(".")[2]) for text in texts]
        chances = [self.once]
        if np.median(decimals) >= _DIGITS or any(map(_keeps_zeros, texts)):
            chances.append(_OTHERWISE)
        if len(set(decimals)) == 1:  # no zero was left out at the end, of which each tenth is one
            chances.append(0.9 ** len(texts))
        return min(chances)

    def place(self, *, exact: bool) -> float:
        """The chance that the value of one row is where this one is.

        exact : whether a value inside the range counts too, for it was to be expected as a name.
        """
        if self.continues:
            return 1.0
        if self.outside:
            return self.once
        repeated = len(np.unique(self.values)) <= len(self.values) / 2
        if not (repeated or exact):
            return 1.0
        return float(np.sum(self.values == self.value) + 1) * self.once


def _continues(value: float, values: np.ndarray) -> bool:
    """Whether the values go on from `value`, as in a list of times or in a smooth curve."""
    if len(values) < 2:
        return False
    steps = np.diff(values)
    gap = values[0] - value
    if gap == steps[0] != 0 and (steps == steps[0]).all():
        return True
    if len(values) < _SEVERAL:
        return False
    if (gap >= 0 and (steps >= 0).all()) or (gap <= 0 and (steps <= 0).all()):
        return bool(abs(gap) <= np.abs(steps).max())
    typical = np.median(np.abs(steps))
    spread = np.subtract(*np.percentile(values, [75, 25]))
    return bool(typical < 0.25 * spread and abs(gap) <= 5 * typical)


def is_pointed(text: str) -> bool:
    """Whether a number is written with a decimal point or an exponent."""
    return any(sign in text for sign in ".eE")


def _keeps_zeros(text: str) -> bool:
    """Whether a zero is written that could be left out behind the point."""
    return re.search(r"\.\d*0\s*$", text) is not None
