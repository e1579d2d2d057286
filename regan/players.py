"""The two players of the game, and one thing for each of them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Player = Literal["generator", "discriminator"]
PLAYERS: tuple[Player, Player] = ("generator", "discriminator")


class Pair(NamedTuple):
    """One thing for each player: a network, its parameters, its optimizer, ..."""

    generator: Any
    discriminator: Any
