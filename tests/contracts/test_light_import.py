"""What `import regan` does not import: whoever needs it asks for it."""

import json
import subprocess
import sys

import pytest

import regan

NOT_NEEDED = (
    "click",
    "dask",
    "distributed",
    "matplotlib",
    "optuna",
    "polars",
    "regan.cli",
    "regan.dask",
    "regan.displays",
    "regan.plugins",
    "regan.population",
    "regan.report",
    "regan.selection",
    "regan.testing",
    "torch",
)

PROGRAM = f"""
import json, sys
import regan
early = [name for name in {NOT_NEEDED} if name in sys.modules]
from regan import *
print(json.dumps([early, sorted(set(regan.__all__) - set(globals())), regan.displays.__name__]))
"""


def test_import_brings_nothing_that_is_not_needed():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [[], [], "regan.displays"]


def test_what_comes_later_is_there_all_the_same():
    assert set(regan.__all__) <= set(dir(regan))
    assert regan.gan_path is regan.selection.gan_path
    with pytest.raises(AttributeError, match="has no attribute 'something'"):
        regan.something  # noqa: B018
