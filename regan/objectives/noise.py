"""Instance noise on all rows that the discriminator sees."""

from __future__ import annotations

from copy import copy
from typing import Self

from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.objectives.batch import Batch
from regan.schedules import Schedule, resolve_schedule
from regan.typing import ScheduleName
from regan.validation import check_real


class InstanceNoise(BaseEstimator):
    r"""Instance noise: normal noise on all rows that the discriminator sees, real or generated.

    .. math:: x + \sigma\, s(p)\, \epsilon, \qquad \epsilon \sim N(0, I)

    with the schedule s over the progress p of training. With noise, real and generated rows
    overlap, which keeps the scores of the discriminator smooth. Sonderby et al., 2017
    (arXiv:1610.04490); Arjovsky and Bottou, 2017 (arXiv:1701.04862).

    Parameters
    ----------
    sigma : float, default=0.3
        The standard deviation at the start, non-negative, in the units of training (standardized
        columns by default).
    schedule : {"constant", "linear", "geometric", "cosine"} or Schedule, default="linear"
        How the noise falls; linear and cosine end at 0.
    """

    def __init__(self, sigma: float = 0.3, schedule: ScheduleName | Schedule = "linear") -> None:
        self.sigma = sigma
        self.schedule = schedule

    def bind(self, ops: Backend) -> Self:
        """A checked copy for training."""
        bound = copy(self)
        bound._sigma = check_real(self.sigma, "sigma", minimum=0)
        bound._schedule = resolve_schedule(self.schedule, "schedule")
        return bound

    def add(self, rows: Array, name: str, batch: Batch) -> Array:
        """`rows` (K, N, D) with noise; the draws are those called `name`."""
        sigma = self._schedule.at(batch.clock, self._sigma)
        noise = batch.draws.within("instance_noise").normal(name, (1, *rows.shape[1:]))
        return rows + sigma * noise
