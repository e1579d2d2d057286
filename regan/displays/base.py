"""Displays, the base class: where they draw, whom they ask, what they call columns."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from regan.data import TableEncoder
from regan.data.columns.shown import Shown
from regan.data.containers import column_names, has_names
from regan.estimators.base import GenerativeModel
from regan.estimators.cycle.gan import RegularizedCycleGAN
from regan.estimators.view import ModelView
from regan.validation import shown

AS_IT_IS: Mapping[str, Any] = {"parse_math": False, "usetex": False}
"""Properties of a text in a picture which comes from users: matplotlib reads no formulas in it."""

_LONGEST = 24
_INK = 0.3
_LUMA = (0.299, 0.587, 0.114)  # how light red, green and blue are to an eye
_EDGE = 5.0
_UNNAMED = re.compile(r"(_child\d+|_nolegend_)?")  # what matplotlib calls what nobody has named


class Display(ABC):
    """Base class of displays: a plot with one or more panels.

    A subclass keeps the data of the plot in attributes, defines the grid of panels (`_shape`) and
    its size in inches (`_size`), and plots on the axes that `_place` creates.

    Attributes
    ----------
    figure_ : Figure
        Figure of the last plot.
    axes_ : array of Axes, of shape (rows, columns)
        Axes of the panels.
    """

    figure_: Any
    axes_: np.ndarray

    @property
    @abstractmethod
    def _shape(self) -> tuple[int, int]:
        """Rows and columns of panels."""

    @property
    @abstractmethod
    def _size(self) -> tuple[float, float]:
        """Width and height in inches."""

    @property
    def _ratios(self) -> dict[str, list[float]]:
        """How the widths and heights of panels compare, if they are not all equal."""
        return {}

    @abstractmethod
    def plot(self, ax: Any = None) -> Self:
        """Plot on new or on given axes.

        Parameters
        ----------
        ax : Axes, or array of Axes, default=None
            One `Axes` is divided into the panels. An array has one `Axes` for each panel. None
            creates a new figure.

        Returns
        -------
        self
        """

    def _place(self, ax: Any) -> np.ndarray:
        """Set `figure_` and `axes_`; the axes as a flat array."""
        axes: np.ndarray
        if ax is None:
            pyplot = _pyplot(type(self).__name__)
            figure = pyplot.figure(figsize=self._size, layout="constrained")
            axes = figure.subplots(*self._shape, squeeze=False, **self._ratios)
        elif np.ndim(ax) == 0:
            axes = self._divide(ax)
        else:
            axes = np.asarray(ax, dtype=object)
            if axes.size != np.prod(self._shape):
                raise ValueError(
                    f"{type(self).__name__} has {np.prod(self._shape)} panels, but ax has "
                    f"{axes.size} axes: pass one axes for each panel, or a single one to divide"
                )
            axes = axes.reshape(self._shape)
        self.axes_, self.figure_ = axes, axes.flat[0].figure
        flat: np.ndarray = axes.ravel()
        return flat

    def _divide(self, ax: Any) -> np.ndarray:
        """The panels in the place of `ax`."""
        if self._shape == (1, 1):
            return np.array([[ax]], dtype=object)
        place = getattr(ax, "get_subplotspec", lambda: None)()
        if place is None:
            raise ValueError(
                f"{type(self).__name__} has {np.prod(self._shape)} panels, and only axes in a "
                f"grid of subplots can be divided: pass such axes, or an array of axes; got {ax!r}"
            )
        ax.set_axis_off()
        panels: np.ndarray = place.subgridspec(*self._shape, **self._ratios).subplots(squeeze=False)
        return panels


def view_of(model: Any, who: str) -> ModelView:
    """A fitted model, or of a search that one which it has chosen, as displays see it.

    TypeError or NotFittedError if there is nothing that a display, or `who` else, could ask.
    """
    model = getattr(model, "best_estimator_", model)
    if not isinstance(model, GenerativeModel):
        maps = ", which maps rows and generates none" * isinstance(model, RegularizedCycleGAN)
        raise TypeError(f"{who} needs a model of regan, got a {type(model).__name__}{maps}")
    check_is_fitted(model)
    return ModelView(model)


def names_of(view: ModelView, X: Any) -> tuple[Any, ...]:
    """The names of the columns of `X`, or else of the training data; or their positions."""
    names = column_names(X)
    return names if has_names(names) else tuple(view.names)


def columns_of(encoder: TableEncoder | None, n: int) -> Sequence[Shown]:
    """How the columns of an encoder's table are shown; without one, `n` of plain numbers."""
    return [Shown()] * n if encoder is None else encoder.columns_


def label_all(names: tuple[Any, ...]) -> list[str]:
    """What to write for column names; positions become "column 0" and so on."""
    if not has_names(names):
        return [f"column {name}" for name in names]
    return [label(name) for name in names]


def label(name: Any) -> str:
    """`name` in one line of at most 24 characters that any font can be asked for."""
    text = " ".join(map(str, name)) if isinstance(name, tuple) else str(name)
    text = shown(" ".join(text.split()))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def for_text(color: Any) -> tuple[float, ...]:
    """`color` mixed with that of texts, in which a text is readable on light and on dark pages.

    Of a style's colors some are light enough for lines alone.
    """
    from matplotlib import rcParams
    from matplotlib.colors import to_rgb

    mixed = (1 - _INK) * np.array(to_rgb(color)) + _INK * np.array(to_rgb(rcParams["text.color"]))
    return tuple(mixed.tolist())


def outlined(color: Any) -> list[Any]:
    """Path effects of a mark in `color` that lies on others: an edge, dark around a light color."""
    from matplotlib.colors import to_rgb
    from matplotlib.patheffects import Normal, Stroke

    is_light = np.dot(to_rgb(color), _LUMA) > 0.5
    return [Stroke(linewidth=_EDGE, foreground="black" if is_light else "white"), Normal()]


def add_legend(panel: Any, **style: Any) -> None:
    """A legend of what has a label in `panel`, whatever the label; nothing where nothing has one.

    matplotlib leaves out labels that begin with an underscore, and reads formulas in others.
    """
    drawn = [*panel.lines, *panel.patches, *panel.collections]
    named = {artist: artist.get_label() for artist in drawn}
    named = {artist: name for artist, name in named.items() if not _UNNAMED.fullmatch(name)}
    if named:
        legend = panel.legend(list(named), [""] * len(named), **style)
        for text, name in zip(legend.get_texts(), named.values(), strict=True):
            text.set(text=shown(name), **AS_IT_IS)


def _pyplot(name: str) -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            f"{name} needs matplotlib, which is not installed: pip install matplotlib"
        ) from error
    return pyplot
