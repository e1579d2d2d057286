"""The command line: ``regan demo``, ``fit``, ``sample``, ``schema``, ``evaluate`` and so on."""

from regan.cli.commands import main

__all__ = ["main"]
