"""What ranks cannot share: batches that do not divide, and terms that are no means over rows."""

from __future__ import annotations

from collections.abc import Iterator

from regan.objectives import Objective


def check_shared(objective: Objective, batch_size: int, size: int) -> None:
    """ValueError if `size` ranks, each with a part of the rows, would train another model."""
    pac = objective.pac
    each = size * pac
    if batch_size % each or batch_size < 2 * each:
        packs = f" whole packs of {pac} rows, at least two" if pac > 1 else " rows, at least two"
        near = max(2, batch_size // each) * each
        raise ValueError(
            f"{size} ranks cannot share a minibatch of batch_size={batch_size} rows (which is at "
            f"most the number of rows): each rank takes the same number of{packs}. Set "
            f"batch_size={near}, or start another number of ranks"
        )
    if (what := next(coupling(objective), None)) is not None:
        raise ValueError(
            f"{what}, but each of the {size} ranks has only a part of its rows: change the "
            "setting, or train on one process"
        )


def coupling(objective: Objective) -> Iterator[str]:
    """What looks at a whole minibatch, with the setting that asks for it, in words."""
    for name, network in objective.networks.items():
        for layer in network.layers:
            if layer.couples_samples:
                setting = "normalization or architecture"
                yield f"{layer!r} of the {name} ({setting}) uses statistics of a whole minibatch"
        for penalty in objective.players[name].activity_penalties:
            if penalty.couples_samples:
                yield f"activity_penalty={penalty!r} is not a mean over the rows of a minibatch"
    for setting, things in objective.terms_of_rows().items():
        for thing in things:
            if thing.couples_samples:
                yield f"{setting}={thing!r} is not a mean over the rows of a minibatch"
