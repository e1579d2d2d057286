"""Learning-rate schedules."""

import pytest

from regan.schedules import ConstantSchedule, CosineSchedule, LinearSchedule


@pytest.mark.parametrize(
    ("schedule", "start", "middle", "end"),
    [
        (ConstantSchedule(), 1, 1, 1),
        (LinearSchedule(), 1, 0.5, 0),
        (LinearSchedule(0.2), 1, 0.6, 0.2),
        (CosineSchedule(), 1, 0.5, 0),
        (CosineSchedule(0.2), 1, 0.6, 0.2),
    ],
    ids=repr,
)
def test_factors(schedule, start, middle, end):
    found = [schedule.factor(p) for p in (0.0, 0.5, 1.0, 1.5)]
    assert found == pytest.approx([start, middle, end, end])


@pytest.mark.parametrize("cls", [LinearSchedule, CosineSchedule])
def test_bad_ends_are_refused(cls):
    with pytest.raises(ValueError, match="final must be a finite number >= 0 and <= 1, got 2"):
        cls(2).check()
