"""The names that a type checker accepts are the names that a model takes."""

from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from name_tables import TABLES

from regan import (
    EarlyStopping,
    RegularizedCycleGAN,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedVAE,
)
from regan.backends.registry import BUILT_IN
from regan.layers import Activation
from regan.metrics import METRICS, Scorer, hide_cells, hiding
from regan.objectives import InstanceNoise
from regan.penalties import R1
from regan.schedules import SCHEDULES


def literals(hint):
    """All literal values in a type."""
    if get_origin(hint) is Literal:
        return {*get_args(hint)}
    return {value for part in get_args(hint) for value in literals(part)}


def taken(function, argument):
    """The names that an argument takes by its type."""
    return literals(get_type_hints(function)[argument]) - {"auto"}


def misnamed(tables):
    """Settings whose type has other names than their table."""
    for cls in (RegularizedGAN, RegularizedVAE, RegularizedCycleGAN):
        for setting in tables.keys() & get_type_hints(cls.__init__).keys():
            if taken(cls.__init__, setting) != {*tables[setting]}:
                yield f"{cls.__name__}, {setting}"


def test_settings_of_networks():
    assert list(misnamed(TABLES)) == []


def test_a_name_without_a_type_is_found():
    more = {**TABLES, "loss": {**TABLES["loss"], "logistic": None}}
    assert list(misnamed(more)) == ["RegularizedGAN, loss", "RegularizedCycleGAN, loss"]


@pytest.mark.parametrize(
    ("function", "argument", "known"),
    [
        (Activation.__init__, "function", TABLES["activation"]),
        (R1.__init__, "schedule", SCHEDULES),
        (InstanceNoise.__init__, "schedule", SCHEDULES),
        (EarlyStopping.__init__, "metric", METRICS),
        (Scorer.__init__, "name", METRICS),
        (RegularizedGANCV.__init__, "scoring", METRICS),
        (hide_cells, "how", hiding._CHANCES),
        (RegularizedGAN.__init__, "backend", {*BUILT_IN} - {"auto"}),
    ],
    ids=lambda value: getattr(value, "__qualname__", None) or (value if type(value) is str else ""),
)
def test_arguments_of_other_things(function, argument, known):
    assert taken(function, argument) == {*known}
