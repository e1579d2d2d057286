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

# plotting, CUDA and the hosts of plugins
HEAVY = ("matplotlib", "cupy", "imblearn")

PROGRAM = f"""
import json, sys, warnings
import regan
early = [name for name in {NOT_NEEDED} if name in sys.modules]
import regan.plugins
heavy = [name for name in {HEAVY} if name in sys.modules]
warnings.simplefilter("ignore")
from regan import *
missing = sorted(set(regan.__all__) - set(globals()))
print(json.dumps([early, heavy, missing, regan.displays.__name__]))
"""


def test_import_brings_nothing_that_is_not_needed():
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], [], [], "regan.displays"]
    assert done.stderr == ""


def test_what_comes_later_is_there_all_the_same():
    assert set(regan.__all__) <= set(dir(regan))
    assert regan.gan_path is regan.selection.gan_path
    with pytest.raises(AttributeError, match="has no attribute 'something'"):
        regan.something  # noqa: B018
