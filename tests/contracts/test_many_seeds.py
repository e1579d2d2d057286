"""What takes minutes: run by ``tox -e slow``."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from regan import RegularizedGAN
from regan.datasets import make_ring
from regan.metrics import mode_report

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_defaults_reach_every_mode_of_the_ring(seed):
    X, _, centers = make_ring(20_000, random_state=0)
    gan = RegularizedGAN(random_state=seed).fit(X)
    report = mode_report(gan.sample(10_000, random_state=seed), centers, 0.01)
    assert report.n_modes == 8
    assert report.high_quality > 0.4
    assert report.reverse_kl < 0.1


@pytest.mark.slow
def test_the_first_command_of_the_readme_in_a_fresh_environment(tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "pip install . && regan demo" in readme
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    scripts = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    path = os.pathsep.join([str(scripts), os.environ["PATH"]])
    subprocess.run(
        "pip install -q . && regan demo",
        shell=True,
        cwd=clone,
        env={**os.environ, "PATH": path},
        check=True,
    )
    assert (clone / "regan-demo.png").stat().st_size > 10_000
    shutil.rmtree(clone)
