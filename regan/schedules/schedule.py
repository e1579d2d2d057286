"""Schedules of learning rates and strengths: a factor as a function of training's progress.

What it multiplies is up to its owner: the initial learning rate, the strength of a gradient
penalty, the size of a noise. Every schedule starts at 1 and ends at `final`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import cos, pi
from typing import Any

from sklearn.base import BaseEstimator

from regan.schedules.clock import Clock, Number
from regan.validation import check_real


class Schedule(BaseEstimator, ABC):
    """Base class of schedules of learning rates and strengths."""

    def check(self) -> None:
        """Raise ValueError or TypeError for a hyper-parameter out of range."""

    @abstractmethod
    def factor(self, progress: float) -> float:
        """The factor at `progress`, which runs from 0 at the first update to 1 after the last."""

    def at(self, clock: Clock, scale: float = 1.0) -> Number:
        """`scale` times the factor where training stands."""
        return clock.number(lambda now: scale * self.factor(now.progress))


class ConstantSchedule(Schedule):
    """Constant schedule: the factor is always 1."""

    def factor(self, progress: float) -> float:
        return 1.0

    def at(self, clock: Clock, scale: float = 1.0) -> Number:
        return scale


class LinearSchedule(Schedule):
    """Linear schedule, ``1 - (1 - final) p``.

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
    """Cosine schedule, ``final + (1 - final) (1 + cos(pi p)) / 2``.

    Loshchilov and Hutter, 2017 (arXiv:1608.03983).

    Parameters
    ----------
    final : float in [0, 1], default=0.0
        The factor at the end.
    """

    def factor(self, progress: float) -> float:
        final = float(self.final)
        return final + (1 - final) * 0.5 * (1 + cos(pi * min(progress, 1.0)))


class GeometricSchedule(Schedule):
    """Geometric schedule, ``final^p``: the same ratio over equal shares of training.

    Parameters
    ----------
    final : float in (0, 1], default=0.01
        The factor at the end.
    """

    def __init__(self, final: float = 0.01) -> None:
        self.final = final

    def check(self) -> None:
        check_real(self.final, "final", minimum=0, maximum=1, open_minimum=True)

    def factor(self, progress: float) -> float:
        factor: float = float(self.final) ** min(progress, 1.0)
        return factor


SCHEDULES: Mapping[str, type[Schedule]] = {
    "constant": ConstantSchedule,
    "linear": LinearSchedule,
    "geometric": GeometricSchedule,
    "cosine": CosineSchedule,
}


def resolve_schedule(schedule: Any, name: str) -> Schedule:
    """Return the schedule for a name or an object, after checking its hyper-parameters.

    `name` is the name of the parameter, for messages.
    """
    if isinstance(schedule, str) and schedule in SCHEDULES:
        return SCHEDULES[schedule]()
    if not isinstance(schedule, Schedule):
        error = ValueError if isinstance(schedule, str) else TypeError
        known = ", ".join(SCHEDULES)
        raise error(
            f"{name}={schedule!r} is not known; choose one of: {known}, or an object of Schedule"
        )
    schedule.check()
    return schedule
