"""Coverage: how much of the data is generated, and which rows are not."""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import Any, Self

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils import check_random_state

from regan.displays.base import Display, outlined, view_of
from regan.metrics import PRDC
from regan.metrics.neighbors import covered_rows, prdc_of
from regan.metrics.pairs import Pair, Sample
from regan.metrics.samples import comparable
from regan.validation import check_int

_ABOVE: dict[str, Any] = {
    "loc": "lower left",
    "bbox_to_anchor": (0, 1),
    "ncols": 2,
    "frameon": False,
    "fontsize": "small",
    "columnspacing": 1.2,
    "handletextpad": 0.4,
}


class CoverageDisplay(Display):
    """Precision, recall, density and coverage, and a map of the real rows that are not covered.

    One random half of the real rows is compared with as many generated rows. For reference, it is
    also compared with the other half of the real rows: a generator cannot be expected to score
    higher than this `floor`. (See `regan.metrics.prdc`.) The map shows the first half on its two
    principal components. A row is covered if a generated row lies in its ball, which reaches to its
    nearest real neighbors. Coverage is the share of covered rows.

    Parameters
    ----------
    measured, floor : PRDC
        Measures of the generated rows, and of the other half of the real rows.
    points : array of shape (n, 2)
        Positions of the real rows on the map.
    covered : bool array of shape (n,)
        Whether each real row is covered.
    shares : tuple of float
        Share of the variance on each axis of the map.

    Attributes
    ----------
    axes_ : array of Axes, of shape (1, 2)
        Axes of the measures and of the map.
    figure_ : Figure
        Figure of the last plot.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.displays import CoverageDisplay
    >>> X, Y = np.random.default_rng(0).normal(size=(2, 500, 2))
    >>> display = CoverageDisplay.from_samples(X, Y[Y[:, 0] > 0])
    >>> display.measured.coverage < 0.7 < display.floor.coverage
    True
    """

    def __init__(
        self,
        *,
        measured: PRDC,
        floor: PRDC,
        points: np.ndarray,
        covered: np.ndarray,
        shares: tuple[float, float],
    ) -> None:
        self.measured, self.floor = measured, floor
        self.points, self.covered, self.shares = points, covered, shares

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any,
        *,
        n_neighbors: int = 5,
        max_rows: int = 2000,
        random_state: Any = 0,
        ax: Any = None,
    ) -> Self:
        """Plot the coverage of `X` by rows that a model generates, without regard to classes.

        Parameters
        ----------
        model : fitted estimator
            Model that generates the rows.
        X : array-like or DataFrame of shape (n, n_features), n >= 20
            Real rows.
        n_neighbors, max_rows, random_state
            See `from_samples`.
        ax
            See `plot`.

        Returns
        -------
        CoverageDisplay
        """
        view = view_of(model, cls.__name__)
        rows = view.read(X, minimum=2)
        rng = check_random_state(random_state)
        n = min(len(rows), check_int(max_rows, "max_rows", minimum=10))
        fake = view.sample(n, int(rng.randint(2**31 - 1)))
        rows, fake = view.comparable(rows, fake)
        limits = {"n_neighbors": n_neighbors, "max_rows": max_rows}
        return cls.from_rows(rows, fake, **limits, random_state=rng, ax=ax)

    @classmethod
    def from_samples(
        cls,
        real: Any,
        fake: Any,
        *,
        n_neighbors: int = 5,
        max_rows: int = 2000,
        random_state: Any = 0,
        ax: Any = None,
    ) -> Self:
        """Plot the coverage of real by fake rows, on the scale of `regan.metrics.evaluate`.

        Parameters
        ----------
        real : array-like of shape (n, D), with n >= 20
            Real rows.
        fake : array-like of shape (m, D), with m >= 10
            Generated rows.
        n_neighbors : int, default=5
            The ball of a row reaches to this neighbor.
        max_rows : int, default=2000
            Largest number of rows that are compared with as many others.
        random_state : int, RandomState or None, default=0
            Seed of the halves.
        ax
            See `plot`.

        Returns
        -------
        CoverageDisplay
        """
        one, other = comparable(real, fake)
        limits = {"n_neighbors": n_neighbors, "max_rows": max_rows}
        return cls.from_rows(one, other, **limits, random_state=random_state, ax=ax)

    @classmethod
    def from_rows(
        cls,
        real: np.ndarray,
        fake: np.ndarray,
        *,
        n_neighbors: int = 5,
        max_rows: int = 2000,
        random_state: Any = 0,
        ax: Any = None,
    ) -> Self:
        """Plot the coverage of real by fake rows whose columns are already on a common scale.

        Parameters
        ----------
        real : array of shape (n, D), with n >= 20
            Real rows.
        fake : array of shape (m, D), with m >= 10
            Generated rows.
        n_neighbors, max_rows, random_state
            See `from_samples`.
        ax
            See `plot`.

        Returns
        -------
        CoverageDisplay
        """
        limits = {"n_neighbors": n_neighbors, "max_rows": max_rows}
        return cls.of_rows(real, fake, **limits, random_state=random_state).plot(ax)

    @classmethod
    def of_rows(
        cls,
        real: np.ndarray,
        fake: np.ndarray,
        *,
        n_neighbors: int = 5,
        max_rows: int = 2000,
        random_state: Any = 0,
    ) -> Self:
        """Like `from_rows`, without plotting."""
        n = min(len(real) // 2, len(fake), check_int(max_rows, "max_rows", minimum=10))
        if n < 10:
            raise ValueError(
                f"{cls.__name__} needs at least 20 real and 10 generated rows, got {len(real)} "
                f"and {len(fake)}"
            )
        rng = check_random_state(random_state)
        real, some = rng.permutation(real), rng.permutation(fake)[:n]
        half, other = real[:n], real[n : 2 * n]
        points, shares = _projected(half)
        sample = Sample(half)
        beside = Pair(sample, Sample(some))
        return cls(
            measured=prdc_of(beside, n_neighbors=n_neighbors),
            floor=prdc_of(Pair(sample, Sample(other)), n_neighbors=n_neighbors),
            points=points,
            covered=covered_rows(beside, n_neighbors=n_neighbors),
            shares=shares,
        )

    def plot(self, ax: Any = None) -> Self:
        bars, plane = self._place(ax)
        names = [field.name for field in fields(PRDC)]
        bars.barh(names, astuple(self.measured), color="C1", height=0.6, label="generated")
        marks = {"ms": 18, "mew": 2.5, "path_effects": outlined("C0")}  # they lie on the bars
        bars.plot(astuple(self.floor), names, "|", color="C0", label="floor", **marks)
        bars.invert_yaxis()
        bars.legend(**_ABOVE, reverse=True)
        for kind, mark, color, size in (("covered", "o", "C0", 8), ("not covered", "x", "C3", 22)):
            rows = self.points[self.covered == (kind == "covered")]
            name = f"{kind} ({len(rows)})"
            plane.scatter(*rows.T, s=size, marker=mark, color=color, alpha=0.7, lw=0.9, label=name)
        plane.legend(**_ABOVE)
        plane.set_xlabel(f"first component of real rows ({self.shares[0]:.0%} of variance)")
        plane.set_ylabel(f"second ({self.shares[1]:.0%})")
        for panel in (bars, plane):
            panel.spines[["top", "right"]].set_visible(False)
        return self

    @property
    def _shape(self) -> tuple[int, int]:
        return 1, 2

    @property
    def _size(self) -> tuple[float, float]:
        return 8.0, 3.8


def _projected(rows: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """`rows` on two principal components, and the shares of variance; 0 where there is none."""
    pca = PCA(min(2, rows.shape[1]))
    with np.errstate(invalid="ignore"):  # 0 / 0 where all rows are equal
        points = pca.fit_transform(rows)
    shares = np.nan_to_num(pca.explained_variance_ratio_)
    missing = 2 - points.shape[1]
    one, two = np.pad(shares, (0, missing)).tolist()
    return np.pad(points, ((0, 0), (0, missing))), (one, two)
