"""A metric of an evaluation: its value, what fresh real rows reach, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass

from regan.metrics.verdicts import MEANINGS, OF_PRIVACY, SIGNS, WORDS, level_of


@dataclass(frozen=True)
class Row:
    """One line of an evaluation.

    Attributes
    ----------
    name : str
    value : float
        Of generated rows compared with real ones.
    floor : float
        Of one half of the real rows compared with the other: what a perfect generator reaches. Of
        metrics that detect memorization, the value of fresh rows.
    greater_is_better : bool
    chance : float
        How much worse than the floor a perfect generator may come out: in 99 of 100 evaluations it
        does not come out worse.
    gap : float
        The share of the way from the floor to a useless sample, from 0 to 1.
    """

    name: str
    value: float
    floor: float
    greater_is_better: bool
    chance: float = 0.0
    gap: float = 0.0

    @property
    def level(self) -> int:
        """From 0, as good as fresh real rows, to 3, far off; see `regan.metrics.verdicts`."""
        sign = 1 if self.greater_is_better else -1
        return level_of(sign * (self.floor - self.value), self.chance, self.gap)

    @property
    def verdict(self) -> str:
        """The same in words."""
        return (SIGNS if self.name in OF_PRIVACY else WORDS)[self.level]

    @property
    def meaning(self) -> str:
        """What the metric measures, and how to read it."""
        return MEANINGS.get(self.name, "")
