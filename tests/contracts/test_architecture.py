"""Rules of the house that a reader should be able to rely on."""

import inspect
import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import regan

ROOT = Path(regan.__file__).parent
MODULES = sorted(
    m.name for m in walk_packages([str(ROOT)], "regan.") if not m.name.endswith("__main__")
)


def sources(*, backends):
    for path in sorted(ROOT.rglob("*.py")):
        if backends or "backends" not in path.relative_to(ROOT).parts:
            yield path


def test_no_module_outside_the_backends_knows_which_backend_it_is_on():
    forbidden = re.compile(
        r"^\s*(import|from) cupy|xp is |\bis_numpy\b|isinstance\(.*Backend\)", re.M
    )
    found = [p.name for p in sources(backends=False) if forbidden.search(p.read_text())]
    assert found == []


@pytest.mark.parametrize("name", MODULES)
def test_every_public_thing_says_what_it_is(name):
    if name.startswith("regan.plugins."):
        pytest.importorskip(name, reason="its host has a tox environment of its own")
    module = import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    for thing_name, thing in vars(module).items():
        mine = getattr(thing, "__module__", None) == name and not thing_name.startswith("_")
        if mine and (inspect.isclass(thing) or inspect.isfunction(thing)):
            assert inspect.getdoc(thing), f"{name}.{thing_name} has no docstring"


def test_the_front_door():
    for name in regan.__all__:
        assert hasattr(regan, name)
    assert "RegularizedGAN" in regan.__all__
