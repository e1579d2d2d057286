"""An empty torchvision for machines where it does not load: synthcity imports it for images.

torchvision has to be built for the very build of PyTorch that is installed. Where it is, this
module does nothing. Import it, or ``pytest -p synthcity_shim``, before synthcity.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class _Empty(ModuleType):
    """A module whose every attribute is a class that cannot be made."""

    __path__: list[str] = []  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": _refuse})


def _refuse(self: Any, *args: Any, **kwargs: Any) -> None:
    raise ImportError(f"torchvision does not load here, and {type(self).__name__} is empty")


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if _is_torchvision(name) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def _is_torchvision(name: str) -> bool:
    return name.split(".")[0] == "torchvision"


def _install() -> None:
    if find_spec("torchvision") is None:
        return
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError):
        for name in filter(_is_torchvision, list(sys.modules)):
            del sys.modules[name]
        sys.meta_path.insert(0, _Finder())


_install()
