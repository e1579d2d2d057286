"""``python -m regan`` is ``regan``."""

from regan.cli import main

main(prog_name="regan")
