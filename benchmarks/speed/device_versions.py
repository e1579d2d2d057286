"""What a device was measured with: card, driver, CUDA, libraries; None: it cannot be told."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import regan


def versions() -> dict[str, Any]:
    """By name."""
    asked: dict[str, Callable[[], Any]] = {
        "card": lambda: _smi("name"),
        "memory": lambda: _smi("memory.total"),
        "driver": lambda: _smi("driver_version"),
        "CUDA of the driver": lambda: _cuda("driverGetVersion"),
        "CUDA of CuPy": lambda: _cuda("runtimeGetVersion"),
        "CuPy": lambda: __import__("cupy").__version__,
        "torch": lambda: version("torch"),
        "CUDA of torch": _cuda_of_torch,
        "numpy": lambda: version("numpy"),
        "scikit-learn": lambda: version("scikit-learn"),
        "python": platform.python_version,
        "regan": lambda: regan.__version__,
    }
    return {name: _told(ask) for name, ask in asked.items()}


def _told(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Exception:  # not installed, or broken in its own way
        return None


def _smi(field: str) -> str:
    command = ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.splitlines()[0].strip()


def _cuda_of_torch() -> str:
    """Without an import, which takes seconds."""
    spec = find_spec("torch")
    (folder,) = spec.submodule_search_locations if spec else ()
    found = re.search(r"^cuda.*'(.*)'", (Path(folder) / "version.py").read_text(), re.M)
    return found[1] if found else "none"


def _cuda(function: str) -> str:
    import cupy

    number = getattr(cupy.cuda.runtime, function)()
    return f"{number // 1000}.{number % 1000 // 10}"
