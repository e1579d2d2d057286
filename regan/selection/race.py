"""Candidates on their way, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import FitFailedWarning

from regan.population import Member
from regan.training.divergence import DivergenceError
from regan.validation import check_int, warn_user


def rungs(halving: Any, n_candidates: int, n_updates: int) -> list[tuple[int, int]]:
    """Up to which update candidates train, and how many of them: one pair for each rung."""
    if halving is None:
        return [(n_updates, n_candidates)]
    factor = check_int(halving, "halving", minimum=2)
    counts = [n_candidates]
    while counts[-1] > 1:
        counts.append(-(-counts[-1] // factor))
    counts = counts[:-1] if len(counts) > 1 else counts  # the last ones race to the end
    n = len(counts)
    return [(max(1, n_updates // factor ** (n - 1 - i)), k) for i, k in enumerate(counts)]


class Race:
    """Race of candidates: the standing of each at the last rung that it has come to.

    Parameters
    ----------
    n_candidates, n_splits : int

    Attributes
    ----------
    scores, fit_seconds, score_seconds : array of shape (n_candidates, n_splits)
    measures : dict of str to array of shape (n_candidates, n_splits)
        See `regan.selection.tables.measures`.
    n_updates : int array of shape (n_candidates,)
        Up to which update each was to train.
    errors : list of DivergenceError
    """

    scores: np.ndarray
    fit_seconds: np.ndarray
    score_seconds: np.ndarray

    def __init__(self, n_candidates: int, n_splits: int) -> None:
        shape = n_candidates, n_splits
        self.scores, self.fit_seconds, self.score_seconds = np.full((3, *shape), np.nan)
        self.measures: dict[str, np.ndarray] = {}
        self.errors: list[DivergenceError] = []
        self.n_updates: np.ndarray = np.zeros(n_candidates, dtype=np.int64)

    @property
    def means(self) -> np.ndarray:
        """Mean scores (n_candidates,); NaN where a model diverged."""
        return np.asarray(self.scores.mean(axis=1))

    @property
    def n_iter(self) -> np.ndarray:
        """Updates made, by the fold that made fewest, (n_candidates,)."""
        return np.asarray(self.measures["n_iter"].min(axis=1), dtype=np.int64)

    @property
    def ranks(self) -> np.ndarray:
        """1 for the best candidate, (n_candidates,).

        Who came further is better than all others, and who has no score is behind all.
        """
        unknown = np.isnan(self.means)
        means = np.where(unknown, 0.0, self.means)
        columns = unknown, -self.n_updates, -means
        keys = list(zip(*(column.tolist() for column in columns), strict=True))
        return np.array([1 + sum(other < key for other in keys) for key in keys])

    def entries(self, members: Sequence[Member], n_left: int) -> list[Member]:
        """The models of the best candidates, at most `n_left`, without those that diverged."""
        failed = {member.candidate for member in members if member.error is not None}
        running = {member.candidate for member in members} - failed
        ranks = self.ranks
        best = sorted(running, key=lambda i: (ranks[i], i))[:n_left]
        return [member for member in members if member.candidate in best]

    def note(self, members: Sequence[Member], until: int) -> None:
        """Take down where `members` stand, after they were to train up to update `until`."""
        for member in members:
            place = member.candidate, member.set
            self.scores[place], self.score_seconds[place] = member.score, member.score_seconds
            self.fit_seconds[place] = member.seconds
            for name, value in member.measures.items():
                table = self.measures.setdefault(name, np.full_like(self.scores, np.nan))
                table[place] = value
            self.n_updates[member.candidate] = until
        self.errors += [member.error for member in members if member.error is not None]

    def check(self) -> None:
        """Raise an error if no candidate has a score; warn of those that have none."""
        failed = int(np.isnan(self.means).sum())
        why = f"{self.errors[0]}" if self.errors else "scoring returned NaN"
        if failed == len(self.scores):
            raise self.errors[0] if self.errors else ValueError(f"no candidate has a score: {why}")
        if failed:
            told = f"{failed} of {len(self.scores)} candidates have no score: {why}"
            warn_user(told, FitFailedWarning)
