"""Learning-rate schedules: the factor on the initial rate as a function of training's progress."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import cos, pi

from sklearn.base import BaseEstimator

from regan.validation import check_real


class Schedule(BaseEstimator, ABC):
    """A function of the share of updates done."""

    def check(self) -> None:
        """Raise ValueError or TypeError for a hyper-parameter out of range."""

    @abstractmethod
    def factor(self, progress: float) -> float:
        """The factor at `progress`, which runs from 0 at the first update to 1 after the last."""


class ConstantSchedule(Schedule):
    """The initial rate throughout."""

    def factor(self, progress: float) -> float:
        return 1.0


class LinearSchedule(Schedule):
    """``1 - (1 - final) p``.

    Parameters
    ----------
    final : float in [0, 1], default=0.0
        The factor at the end.
    """

    def __init__(self, final: float = 0.0) -> None:
        self.final = final

    def check(self) -> None:
        check_real(self.final, "final", minimum=0, maximum=1)

    def factor(self, progress: float) -> float:
        return 1 - (1 - float(self.final)) * min(progress, 1.0)


class CosineSchedule(LinearSchedule):
    """``final + (1 - final) (1 + cos(pi p)) / 2``; Loshchilov and Hutter, 2017 (arXiv:1608.03983).

    Parameters
    ----------
    final : float in [0, 1], default=0.0
        The factor at the end.
    """

    def factor(self, progress: float) -> float:
        final = float(self.final)
        return final + (1 - final) * 0.5 * (1 + cos(pi * min(progress, 1.0)))
