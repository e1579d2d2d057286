"""Real rows beside generated ones."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils import check_random_state

from regan.data.columns.shown import Shown, Ticks
from regan.data.containers import column_names, name_columns
from regan.data.labels import check_labels
from regan.displays.base import (
    AS_IT_IS,
    Display,
    add_legend,
    columns_of,
    for_text,
    label,
    label_all,
    names_of,
    view_of,
)
from regan.displays.strips import Strip
from regan.metrics.samples import as_arrays, as_numbers, names_of_samples
from regan.validation import check_int

_COLUMNS = 4
_BINS = 30
_PANEL = 1.6
"""Inches of a panel, if there are no many names beside it."""
_LARGEST = 6.0
_NAME = 0.13
"""Inches of a panel for each name beside it."""
_LINE = 0.095
_LETTER = 0.06  # inches of a small one
"""Inches that a name takes at least."""
_TICKS = 60
"""More places are not marked one by one."""
_AT_LENGTH = 4
"""More names stand upright."""
_COLORS = ("C0", "C1")  # of real and generated rows


class SamplesDisplay(Display):
    """Real and generated rows in one plot: a scatter matrix, or images.

    The scatter matrix has real rows below the diagonal, generated rows above it, and both marginal
    distributions on it. Axes have the common range of real and generated rows. If cells of a column
    are missing, a strip next to the range shows the rows in which they are missing. Marginals are
    shares of all rows. Images have the gray levels of the real images.

    Parameters
    ----------
    real, fake : array of shape (n, D)
        Rows to plot; of a table, only the columns to plot. Missing cells are NaN.
    names : list of str, default=None
        Names of the columns.
    ticks : dict of int to Ticks, default=None
        Tick labels of columns that are not plain numbers, such as codes of levels, by position.
    image_shape : tuple of int, default=None
        Height and width, and 3 for colors, if rows are images.

    Attributes
    ----------
    axes_ : array of Axes, of shape (D, D); of shape (1, 2) for images
        Axes of the panels.
    figure_ : Figure
        Figure of the last plot.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from regan import RegularizedGaussian
    >>> from regan.displays import SamplesDisplay
    >>> X = load_iris(as_frame=True).data
    >>> gaussian = RegularizedGaussian(random_state=0).fit(X)
    >>> display = SamplesDisplay.from_estimator(gaussian, X, columns=["petal length (cm)", 3])
    >>> display.real.shape, display.names
    ((150, 2), ['petal length (cm)', 'petal width (cm)'])
    """

    def __init__(
        self,
        *,
        real: np.ndarray,
        fake: np.ndarray,
        names: Sequence[str] | None = None,
        ticks: Mapping[int, Ticks] | None = None,
        image_shape: tuple[int, ...] | None = None,
    ) -> None:
        self.real, self.fake = as_arrays(real, fake, missing=True)
        self.ticks = dict(ticks or {})
        self.names = label_all(tuple(range(self.real.shape[1]) if names is None else names))
        self.image_shape = image_shape
        if len(self.names) != self.real.shape[1]:
            raise ValueError(
                f"names must have one name for each of the {self.real.shape[1]} columns, got "
                f"{names!r}"
            )
        if image_shape is not None:
            _check_image_shape(image_shape, self.real.shape[1])

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any,
        y: Any = None,
        *,
        n_samples: int | None = None,
        columns: Iterable[Any] | None = None,
        image_shape: tuple[int, ...] | None = None,
        random_state: Any = 0,
        ax: Any = None,
    ) -> Self:
        """Plot rows of `X` and as many rows that a model generates.

        Parameters
        ----------
        model : fitted estimator
            Model that generates the rows.
        X : array-like or DataFrame of shape (n, n_features), n >= 2
            Real rows.
        y : array-like of shape (n,), default=None
            Classes of the rows, for a conditional model. Each class then has as many generated as
            real rows, and images are sorted by class. None draws classes with their frequencies in
            the training data. Other models ignore `y`.
        n_samples : int, default=None
            Largest number of real rows, chosen at random. None takes 500 rows, or 64 images.
        columns : list of names or positions, default=None
            Columns of a table to plot, any number of them. None takes the first 4 columns that are
            not constant.
        image_shape : tuple of int, default=None
            ``(height, width)`` or ``(height, width, 3)`` if rows are images.
        random_state : int, RandomState or None, default=0
            Seed of the choice of rows, and of the generated rows.
        ax
            See `plot`.

        Returns
        -------
        SamplesDisplay
        """
        options: dict[str, Any] = {"n_samples": n_samples, "columns": columns}
        options |= {"image_shape": image_shape, "random_state": random_state}
        return cls.of_estimator(model, X, y, **options).plot(ax)

    @classmethod
    def of_estimator(
        cls,
        model: Any,
        X: Any,
        y: Any = None,
        *,
        n_samples: int | None = None,
        columns: Iterable[Any] | None = None,
        image_shape: tuple[int, ...] | None = None,
        random_state: Any = 0,
    ) -> Self:
        """Like `from_estimator`, without plotting."""
        view = view_of(model, cls.__name__)
        X = view.arranged(X)
        rows = view.read(X, minimum=2)
        names = label_all(names_of(view, X))
        index, seed = _choose(len(rows), n_samples, image_shape, random_state)
        labels = {}
        if y is not None and view.is_conditional:
            classes = check_labels(y, X)
            if image_shape is not None:
                index = index[np.argsort(classes[index], kind="stable")]
            labels["y"] = classes[index]
        fake = np.asarray(view.sample(len(index), seed, **labels), dtype=np.float64)
        known = column_names(X), view.names
        shown = view.columns(rows[index], fake)
        return cls._of(rows[index], fake, names, known, columns, image_shape, shown)

    @classmethod
    def from_samples(
        cls,
        real: Any,
        fake: Any,
        *,
        n_samples: int | None = None,
        columns: Iterable[Any] | None = None,
        image_shape: tuple[int, ...] | None = None,
        random_state: Any = 0,
        ax: Any = None,
    ) -> Self:
        """Plot the same number of rows of two samples.

        Parameters
        ----------
        real, fake : array-like or DataFrame of shapes (n, D) and (m, D)
            Real and generated rows.
        n_samples, columns, image_shape, random_state
            See `from_estimator`.
        ax
            See `plot`.

        Returns
        -------
        SamplesDisplay
        """
        known = names_of_samples(real, fake)
        encoder, (real, fake) = as_numbers(real, fake)
        index, seed = _choose(len(real), n_samples, image_shape, random_state)
        n = min(len(index), len(fake))
        other = np.random.default_rng(seed).permutation(len(fake))[:n]
        names, shown = label_all(known), columns_of(encoder, len(known))
        real, fake = real[index[:n]], fake[other]
        return cls._of(real, fake, names, (known,), columns, image_shape, shown).plot(ax)

    @classmethod
    def _of(
        cls,
        real: np.ndarray,
        fake: np.ndarray,
        names: list[str],
        known: Sequence[Sequence[Any]],
        columns: Iterable[Any] | None,
        image_shape: tuple[int, ...] | None,
        shown: Sequence[Shown],
    ) -> Self:
        """Of the `columns`, which may be called by any of their `known` names."""
        if image_shape is not None:
            if columns is not None:
                raise ValueError(
                    "columns is for tables, and image_shape says that rows are images: leave one "
                    "of them out"
                )
            return cls(real=real, fake=fake, names=names, image_shape=image_shape)
        if columns is None:
            pairs = zip(shown, real.T, strict=True)
            varying = np.flatnonzero(
                [each.summary is not None and len(np.unique(v)) > 1 for each, v in pairs]
            )
            places = list(varying[:_COLUMNS] if varying.size else range(len(names))[:_COLUMNS])
        else:
            places = _positions(columns, known, len(names))
        real, fake = real[:, places], fake[:, places]
        ends = [ends_of(values) for values in np.vstack([real, fake]).T]
        ticks = [shown[j].ticks(*ends[i]) for i, j in enumerate(places)]
        return cls(
            real=real,
            fake=fake,
            names=[names[j] for j in places],
            ticks={i: each for i, each in enumerate(ticks) if each is not None},
        )

    def plot(self, ax: Any = None, *, cmap: str = "gray_r") -> Self:
        """Plot on new or on given axes.

        Parameters
        ----------
        ax : Axes, or array of Axes, default=None
            One `Axes` is divided into the panels. An array has one `Axes` for each panel. None
            creates a new figure.
        cmap : str, default="gray_r"
            Color map of images without colors.

        Returns
        -------
        self
        """
        self._place(ax)
        if self.image_shape is not None:
            self._draw_images(cmap)
        else:
            self._draw_matrix()
        return self

    @property
    def _shape(self) -> tuple[int, int]:
        d = len(self.names)
        return (d, d) if self.image_shape is None else (1, 2)

    @property
    def _size(self) -> tuple[float, float]:
        if self.image_shape is not None:
            return 8.0, 4.4
        sides = sum(self._sides)
        return 2 + sides, 1.6 + sides

    @property
    def _ratios(self) -> dict[str, list[float]]:
        if self.image_shape is not None:
            return {}
        return {"width_ratios": self._sides, "height_ratios": self._sides}

    @property
    def _sides(self) -> list[float]:
        """How wide and high the panels of each column are, in inches: more where it has names."""
        missing = np.isnan(self.real).any(axis=0) | np.isnan(self.fake).any(axis=0)
        names = [len(self.ticks.get(j, Ticks()).names) + lost for j, lost in enumerate(missing)]
        return [min(max(_PANEL, _NAME * n), _LARGEST) for n in names]

    def _draw_matrix(self) -> None:
        d = len(self.names)
        real, fake = self._spread_out(self.real), self._spread_out(self.fake)
        ends = np.array([ends_of(values) for values in np.vstack([real, fake]).T])
        spread = np.ptp(ends, axis=1)
        margin = np.where(spread > 0, 0.04 * spread, 0.5 + 0.01 * np.abs(ends[:, 0]))
        low, high = ends[:, 0] - margin, ends[:, 1] + margin
        strips = self._strips(high, spread)
        rng = np.random.default_rng(1)  # others than those of `_spread_out`
        for j, strip in strips.items():
            for rows in (real, fake):
                rows[:, j] = strip.fill(rows[:, j], rng)
        limits = [(low[j], strips[j].end if j in strips else high[j]) for j in range(d)]
        for (i, j), panel in np.ndenumerate(self.axes_):
            panel.set_xlim(*limits[j])
            if i == j:
                edges = np.linspace(low[i], high[i], _BINS + 1)
                self._draw_marginals(panel, i, edges, strips.get(i))
            else:
                rows, color = (real, _COLORS[0]) if i > j else (fake, _COLORS[1])
                panel.scatter(rows[:, j], rows[:, i], s=4, alpha=0.5, color=color, linewidths=0)
                panel.set_ylim(*limits[i])
            sides = {"labelbottom": i == d - 1, "labelleft": 0 == j < i}
            panel.tick_params(which="both", labelsize="x-small", **sides)
            panel.locator_params(nbins=4)
            for place, axis in ((j, panel.xaxis), (i, panel.yaxis)):
                if axis is panel.yaxis and i == j:
                    continue
                names = self._name_ticks(panel, axis, place)
                if place in strips:
                    strips[place].draw(panel, axis, has_names=bool(names))
                if axis is panel.xaxis and (
                    len(names) + (place in strips) > _AT_LENGTH
                    or self._are_long(panel, axis, names)
                ):
                    panel.tick_params("x", which="both", labelrotation=90)
        for j, name in enumerate(self.names):
            self.axes_[d - 1, j].set_xlabel(name, fontsize="small", **AS_IT_IS)
            self.axes_[j, 0].set_ylabel(name, fontsize="small", **AS_IT_IS)
        # no legend over one of several panels: it would be as wide as the text
        if d == 1:
            add_legend(self.axes_[0, 0], fontsize="small", frameon=False)
            return
        first, last = self.axes_[0, 0], self.axes_[0, -1]
        of_real, of_made = ({"color": for_text(color), "fontsize": "medium"} for color in _COLORS)
        first.set_title("real, below", loc="left", **of_real)
        last.set_title("generated, above", loc="right", **of_made)

    def _spread_out(self, rows: np.ndarray) -> np.ndarray:
        """Rows whose codes lie about their places, so that equal ones do not hide one another."""
        rng, rows = np.random.default_rng(0), rows.copy()
        for j, ticks in self.ticks.items():
            if ticks.jitter:
                rows[:, j] += rng.uniform(-ticks.jitter, ticks.jitter, len(rows))
        return rows

    def _strips(self, high: np.ndarray, spread: np.ndarray) -> dict[int, Strip]:
        """Those of columns with missing cells, by position; high, spread : of axes without."""
        missing = np.isnan(self.real).any(axis=0) | np.isnan(self.fake).any(axis=0)
        return {
            int(j): Strip.behind(high[j], spread[j], self.ticks.get(int(j)))
            for j in np.flatnonzero(missing)
        }

    def _name_ticks(self, panel: Any, axis: Any, place: int) -> list[str]:
        """Put the names of a column on an axis: all of them, or as many as do not overlap."""
        ticks = self.ticks.get(place, Ticks())
        if not ticks.names:
            return []
        step = -(-len(ticks.names) // int(self._room(panel, axis) / _LINE))
        names = [label(name) for name in ticks.names[::step]]
        axis.set_ticks(ticks.places[::step], names, **AS_IT_IS)
        if len(ticks.places) <= _TICKS:
            axis.set_ticks(ticks.places, minor=True)
        return names

    def _are_long(self, panel: Any, axis: Any, names: list[str]) -> bool:
        """Whether names, with a blank between them, are longer than an axis."""
        letters = len(names) * (1 + max(map(len, names), default=0))
        return bool(letters * _LETTER > self._room(panel, axis))

    def _room(self, panel: Any, axis: Any) -> float:
        """About how many inches an axis has, before the layout is made."""
        width, height = self.figure_.get_size_inches()
        place = panel.get_position()
        room = place.width * width if axis is panel.xaxis else place.height * height
        return max(float(room), _LINE)

    def _draw_marginals(self, panel: Any, j: int, edges: np.ndarray, strip: Strip | None) -> None:
        """The shares of rows in bins, of both samples, and of those that lack the column."""
        samples = (self.real, self.fake)
        ticks = self.ticks.get(j, Ticks())
        edges = edges if ticks.edges is None else np.array(ticks.edges)
        for rows, color, name in zip(samples, _COLORS, ("real", "generated"), strict=True):
            missing = np.isnan(rows[:, j])
            counts, _ = np.histogram(rows[~missing, j], edges)
            panel.stairs(counts / len(rows), edges, color=color, label=name)
            if strip is not None:
                panel.stairs([missing.mean()], strip.edges, color=color)
        panel.set_yticks([])

    def _draw_images(self, cmap: str) -> None:
        low, high = ends_of(self.real)
        for panel, rows, title in zip(
            self.axes_.flat, (self.real, self.fake), ("real", "generated"), strict=True
        ):
            images = rows.reshape(len(rows), *self.image_shape)  # type: ignore[misc]
            if images.ndim == 4:
                panel.imshow(mosaic((images - low) / ((high - low) or 1.0)))
            else:
                panel.imshow(mosaic(images), cmap=cmap, vmin=low, vmax=high)
            left, right = panel.get_xlim()
            panel.set_xlim(left - 0.02 * (right - left), right + 0.02 * (right - left))  # apart
            panel.set_title(title, fontsize="medium")
            panel.set_axis_off()


def mosaic(images: np.ndarray) -> np.ndarray:
    """Images (n, H, W) or (n, H, W, 3) as one, about square, with a blank line between them.

    What is blank is NaN, or, in colours from 0 to 1, transparent.
    """
    n, height, width = images.shape[:3]
    if images.ndim == 4:
        images = np.concatenate([images, np.ones((n, height, width, 1))], axis=-1).clip(0, 1)
    side = int(np.ceil(np.sqrt(n)))
    blank = np.nan if images.ndim == 3 else 0.0
    tiles = np.full((side * side, height + 1, width + 1, *images.shape[3:]), blank)
    tiles[:n, :height, :width] = images
    tiles = tiles.reshape(side, side, *tiles.shape[1:]).swapaxes(1, 2)
    tiles = tiles[: -(-n // side)]
    whole = tiles.reshape(len(tiles) * (height + 1), side * (width + 1), *images.shape[3:])
    return whole[:-1, :-1]


def ends_of(values: np.ndarray) -> tuple[float, float]:
    """The least and the largest of values, NaN apart; 0 and 0 where there is nothing else."""
    there = values[~np.isnan(values)]
    return (float(there.min()), float(there.max())) if there.size else (0.0, 0.0)


def _choose(
    n: int, n_samples: int | None, image_shape: Any, random_state: Any
) -> tuple[np.ndarray, int]:
    """Which of `n` rows, and a seed for others."""
    if n_samples is None:
        n_samples = 500 if image_shape is None else 64
    n_samples = check_int(n_samples, "n_samples", minimum=1)
    rng = check_random_state(random_state)
    return rng.permutation(n)[:n_samples], int(rng.randint(2**31 - 1))


def _positions(columns: Any, known: Sequence[Sequence[Any]], n: int) -> list[int]:
    """The positions of `columns`, each a name or a position."""
    if isinstance(columns, str) or not np.iterable(columns) or not len(columns := list(columns)):
        raise ValueError(f"columns must be a list of column names or positions, got {columns!r}")
    if lists := [c for c in columns if not isinstance(c, Hashable)]:
        raise TypeError(f"columns must hold column names or positions, got {lists[0]!r}")
    places = {j: j for j in range(n)}
    for names in reversed(known):
        places |= {name: j for j, name in enumerate(names)}
    if unknown := [c for c in columns if c not in places]:
        some = name_columns(tuple(known[0]), np.ones(n, dtype=bool))
        raise ValueError(f"columns={columns!r}: {unknown[0]!r} is not among the {some}")
    return [places[c] for c in columns]


def _check_image_shape(shape: Any, n_features: int) -> None:
    sides = [check_int(side, "image_shape", minimum=1) for side in np.atleast_1d(shape).tolist()]
    if len(sides) not in (2, 3) or sides[2:] not in ([], [3]):
        raise ValueError(
            f"image_shape must be (height, width), or (height, width, 3) for colors, got {shape!r}"
        )
    if np.prod(sides) != n_features:
        raise ValueError(
            f"image_shape={shape!r} has {np.prod(sides)} pixels, but rows have {n_features} columns"
        )
