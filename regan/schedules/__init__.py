"""Schedules of learning rates and strengths: a factor as a function of training's progress.

What it multiplies is up to its owner: the initial learning rate, the strength of a gradient
penalty, the size of a noise. Every schedule starts at 1 and ends at `final`.
"""

from regan.schedules.clock import Clock, Number
from regan.schedules.schedule import (
    SCHEDULES,
    ConstantSchedule,
    CosineSchedule,
    GeometricSchedule,
    LinearSchedule,
    Schedule,
    resolve_schedule,
)

__all__ = [
    "SCHEDULES",
    "Clock",
    "ConstantSchedule",
    "CosineSchedule",
    "GeometricSchedule",
    "LinearSchedule",
    "Number",
    "Schedule",
    "resolve_schedule",
]
