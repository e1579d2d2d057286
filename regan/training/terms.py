"""Terms of a training run in words: the values worth watching, as many as there is room for."""

from __future__ import annotations

from collections.abc import Mapping

from regan.validation import shown

_BEST = ("validation_score", "distance")
_SHORT = {"generator_": "G ", "discriminator_": "D "}


def describe(values: Mapping[str, float], room: int | None = None) -> str:
    """One line of the terms worth watching, in short words: as many as `room` characters hold."""
    names = [n for n in values if not n.endswith(("_iter", "grad_norm"))]
    names.sort(key=lambda name: _BEST.index(name) if name in _BEST else len(_BEST))
    line = ""
    for name in names:
        word = f"{_brief(name)} {values[name]:.3g}"
        longer = f"{line}  {word}" if line else word
        if room is None or len(longer) <= room:
            line = longer
    return line


def _brief(name: str) -> str:
    """A term's name, which may be a user's, in one line."""
    for long, short in _SHORT.items():
        name = name.replace(long, short)
    return shown(name)
