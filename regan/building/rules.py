"""Rules: what ``"auto"`` stands for in the settings of a model, given its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regan.typing import ScheduleName

AUTO = "auto"
_LATENT = 32


@dataclass(frozen=True)
class Facts:
    """What rules know of the data.

    Attributes
    ----------
    n_rows : int
        Rows that a model trains on.
    frames : str or None, default=None
        The kind of frames that it trains in: "local", "principal" or "mixed".
    labelled : bool, default=False
        Whether these have more than one component.
    n_coordinates : int, default=0
        Columns that networks see, levels included.
    n_numbers : int, default=0
        Those that are no levels.
    skips : bool or None, default=None
        Whether the noise goes around the generator that training goes on from; None if it does not
        go on.
    """

    n_rows: int
    frames: str | None = None
    labelled: bool = False
    n_coordinates: int = 0
    n_numbers: int = 0
    skips: bool | None = None


UNKNOWN = Facts(10_000)
"""For settings that are read before there are data."""


def game_rules(facts: Facts) -> dict[str, Any]:
    """Of a GAN; see `RegularizedGAN`.

    In local frames the data are nearly standard normal: what is left to learn is fine, so the
    gradient penalty has to fall; a generator that begins as the identity has a short way to go.
    In mixed frames it begins as a mixture, and what it has to learn is no finer than without.
    Principal components are less regular in clusters, and there is more to learn. Of few rows a
    model makes fewer updates, or it would learn the rows themselves; without frames more columns
    take more.
    """
    n = facts.n_rows
    rules = {
        "max_iter": _passes(n, 1.5 + n / 1000 + facts.n_coordinates / 32),
        "batch_size": 128,
        "learning_rate_init": 3e-3,
        "gamma": 0.3,
        "architecture": None,
        "latent_dim": _LATENT,
    }
    if facts.frames is None:
        return rules
    if facts.frames == "mixed":
        return rules | {
            "max_iter": _mixed_updates(n),
            "architecture": "noise_skip",
            "latent_dim": max(_LATENT, facts.n_numbers),
        }
    if facts.frames == "principal" and facts.labelled:
        return rules | {"max_iter": min(6000, max(20, 2 * n)), "gamma": 1.0}
    return {
        "max_iter": _updates(n),
        "batch_size": 256,
        "learning_rate_init": 1e-3 * min(1.0, n / 1000),
        "gamma": 0.1 if facts.frames == "local" else 0.3,
        "architecture": "noise_skip",
        "latent_dim": max(_LATENT, facts.n_coordinates),
    }


def game_schedule(facts: Facts) -> ScheduleName:
    """How the strength of a zero-centred gradient penalty changes, if ``gamma="auto"``."""
    return "geometric" if facts.frames == "local" else "constant"


def autoencoder_rules(facts: Facts) -> dict[str, Any]:
    """Of a VAE; see `RegularizedVAE`."""
    n = facts.n_rows
    if facts.frames is None:
        return {"max_iter": _passes(n, 3 + n / 1000)}
    if facts.frames == "mixed":
        return {"max_iter": _mixed_updates(n)}
    if facts.frames == "principal":  # of few rows more, or samples are too narrow
        return {"max_iter": _updates(max(n, min(2 * n, 1000)))}
    return {"max_iter": _updates(min(n, 2 * _fewer(n)))}


@dataclass(frozen=True)
class Domains:
    """What rules know of the rows of two domains.

    Attributes
    ----------
    n_rows : int
        Of the larger one.
    n_fewest : int
        Rows of the smaller one.
    n_coordinates : int
        Columns that networks see of the wider one, levels included.
    shared : bool
        Whether some numbers are the same columns in both.
    alike : bool
        Whether both have the same columns.
    levels : bool
        Whether some of these are levels.
    """

    n_rows: int
    n_fewest: int
    n_coordinates: int = 0
    shared: bool = False
    alike: bool = False
    levels: bool = False


def cycle_rules(domains: Domains) -> dict[str, Any]:
    """Of a cycle GAN; see `RegularizedCycleGAN`.

    Where both domains have the same columns, generators begin as the identity of scaled numbers,
    and identity terms keep them from wandering among the maps that fit equally well. Levels have no
    such start, and take stronger ones. Of few rows for each column a discriminator would learn
    single rows, and generators leave a start that is right to please it.
    """
    n = domains.n_rows
    gamma = 200 * domains.n_coordinates / domains.n_fewest
    return {
        "max_iter": _passes(n, 1.5 + n / 1000 + domains.n_coordinates / 32),
        "batch_size": 128,
        "learning_rate_init": 3e-3,
        "gamma": min(30.0, max(0.3, gamma)),
        "architecture": "noise_skip" if domains.shared else None,
        "identity_strength": (0.3 if domains.levels else 0.03) if domains.alike else 0.0,
    }


def _mixed_updates(n_rows: int) -> int:
    """Updates in mixed frames: twice as many as rows, of fewer than 400 fewer; 20 to 4,000."""
    return min(4000, max(20, 2 * _fewer(n_rows)))


def _fewer(n_rows: int) -> int:
    """As many as rows from 400 on, and of fewer rows fewer for each."""
    return n_rows * min(n_rows, 400) // 400


def _updates(n_rows: int) -> int:
    """Updates in frames: as many as rows, from 20 to 3,000."""
    return min(3000, max(20, n_rows))


def _passes(n_rows: int, each: float) -> int:
    """Updates without frames: so many for `each` row, 4 at most; from 100 to 8,000."""
    return min(8000, max(100, int(min(4.0, each) * n_rows)))
