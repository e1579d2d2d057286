"""Schedules of learning rates and strengths: a factor that changes during training.

The factor multiplies the initial learning rate, the strength of a gradient penalty or the size of a
noise. Each schedule starts at 1 and ends at `final`.
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
