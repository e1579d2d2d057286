"""The command line: ``regan demo``, ``fit``, ``sample``, ``evaluate``, ``report``, ``backends``."""

from regan.cli.commands import main

__all__ = ["main"]
