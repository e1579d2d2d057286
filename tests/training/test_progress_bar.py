"""Progress bars: names of terms stand there as they are."""

import io

import numpy as np
import pytest
from rich.console import Console

from regan.training.callbacks import ProgressBar
from regan.training.state import Run
from tests.support.user_text import HOSTILE


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_penalties_in_a_progress_bar(name):
    file = io.StringIO()
    bar = ProgressBar(Console(file=file, force_terminal=True, width=2000, color_system=None))
    run = Run(None, 4, constant=False)
    run.history = {f"generator_{name}": [np.zeros(1)]}
    run.latest = lambda: {f"generator_{name}": 0.5}
    bar.on_fit_start(run)
    bar.on_report(run)
    bar.on_fit_end(run)
    if name.isprintable():
        assert f"G {name} 0.5" in file.getvalue()
