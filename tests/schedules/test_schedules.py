"""Schedules of rates, strengths and noise."""

import pytest

from regan.schedules import (
    SCHEDULES,
    ConstantSchedule,
    CosineSchedule,
    GeometricSchedule,
    LinearSchedule,
    resolve_schedule,
)


@pytest.mark.parametrize(
    ("schedule", "start", "middle", "end"),
    [
        (ConstantSchedule(), 1, 1, 1),
        (LinearSchedule(), 1, 0.5, 0),
        (LinearSchedule(0.2), 1, 0.6, 0.2),
        (CosineSchedule(), 1, 0.5, 0),
        (CosineSchedule(0.2), 1, 0.6, 0.2),
        (GeometricSchedule(), 1, 0.1, 0.01),
        (GeometricSchedule(0.25), 1, 0.5, 0.25),
        (GeometricSchedule(1), 1, 1, 1),
    ],
    ids=repr,
)
def test_factors(schedule, start, middle, end):
    schedule.check()
    found = [schedule.factor(p) for p in (0.0, 0.5, 1.0, 1.5)]
    assert found == pytest.approx([start, middle, end, end])
    assert all(isinstance(factor, float) for factor in found)


@pytest.mark.parametrize("cls", [LinearSchedule, CosineSchedule, GeometricSchedule])
@pytest.mark.parametrize("bad", [2, -0.1, float("nan"), "1", None, True])
def test_bad_ends_are_refused(cls, bad):
    with pytest.raises((ValueError, TypeError), match="final must be a"):
        cls(bad).check()


def test_a_geometric_schedule_never_reaches_zero():
    message = "final must be a finite number > 0 and <= 1, got 0"
    with pytest.raises(ValueError, match=message):
        GeometricSchedule(0).check()


@pytest.mark.parametrize("name", SCHEDULES)
def test_names_stand_for_defaults(name):
    assert type(resolve_schedule(name, "schedule")) is SCHEDULES[name]


def test_an_object_stands_for_itself():
    schedule = LinearSchedule(0.3)
    assert resolve_schedule(schedule, "schedule") is schedule


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ("step", ValueError, "noise='step' is not known; choose one of: constant, linear, geom"),
        (0.1, TypeError, r"noise=0\.1 is not known; .* or an object of Schedule"),
        (["linear"], TypeError, "is not known"),
        (CosineSchedule(3), ValueError, "final must be"),
    ],
    ids=repr,
)
def test_what_is_no_schedule_is_refused(bad, error, message):
    with pytest.raises(error, match=message):
        resolve_schedule(bad, "noise")
