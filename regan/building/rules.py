"""Rules: what ``"auto"`` stands for in the settings of a model, given its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

AUTO = "auto"
_MOST_UPDATES, _FEWEST_UPDATES = 3000, 60
_MANY_ROWS = 1000


@dataclass(frozen=True)
class Facts:
    """What rules know of the data.

    Attributes
    ----------
    n_rows : int
        Rows that a model trains on.
    n_columns : int
        D, the columns that its networks see.
    framed : bool
        Whether these are coordinates in local frames.
    """

    n_rows: int
    n_columns: int
    framed: bool


UNKNOWN = Facts(10_000, 2, framed=False)
"""For settings that are read before there are data."""


def game_rules(facts: Facts) -> dict[str, Any]:
    """Of a GAN; see `RegularizedGAN`.

    In frames the data are nearly standard normal: what is left to learn is fine, so the gradient
    penalty has to fall; a generator that begins as the identity has a short way to go. Of less than
    1,000 rows it would learn the rows themselves, so it makes fewer updates under a stronger
    penalty.
    """
    if not facts.framed:
        return {
            "max_iter": 8000,
            "batch_size": 128,
            "learning_rate_init": 3e-3,
            "gamma": 0.3,
            "architecture": None,
        }
    n = facts.n_rows
    return {
        "max_iter": min(_MOST_UPDATES, max(_FEWEST_UPDATES, _MOST_UPDATES * n**2 // _MANY_ROWS**2)),
        "batch_size": 256,
        "learning_rate_init": 1e-3,
        "gamma": min(1.0, max(0.1, 100 / n)),
        "architecture": "noise_skip",
    }


def game_schedule(facts: Facts) -> str:
    """How the strength of a zero-centred gradient penalty changes, if ``gamma="auto"``."""
    return "geometric" if facts.framed else "constant"


def autoencoder_rules(facts: Facts) -> dict[str, Any]:
    """Of a VAE; see `RegularizedVAE`."""
    return {"max_iter": 3000 if facts.framed else 8000}
