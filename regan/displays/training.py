"""Training curves of a fitted model."""

from __future__ import annotations

from itertools import cycle
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from regan.displays.base import AS_IT_IS, Display, add_legend, view_of
from regan.estimators import RegularizedCycleGAN
from regan.validation import check_int, shown

_STRETCHES = 1000
_COLORS = {
    "generator": "C1",
    "discriminator": "C0",
    "decoder": "C1",
    "encoder": "C0",
    "inverse_generator": "C6",
    "inverse_discriminator": "C9",
}
_OTHERS = ("C2", "C3", "C4", "C5")
_FEW_TERMS = 6
_LINES = ("-", "--", ":", "-.")
_TITLES = {
    "distance": "distance to the data",
    "validation_score": "validation score",
}


class TrainingDisplay(Display):
    """Training curves: losses, penalties, norms of gradients and distances over the updates.

    Terms with a value for each update are noisy, so they are plotted as a thin line with a running
    mean. Terms that are measured at intervals, such as the distance to the data, are plotted as
    points. The axis covers 99 % of the values. It is logarithmic if the means span more than two
    orders of magnitude. Each network has the same color in all panels.

    Parameters
    ----------
    history : dict of str to array
        The ``history_`` of a fitted model. A term has one entry for each update, NaN if it was not
        measured.

    Attributes
    ----------
    panels : dict of str to list of str
        Terms of each panel, by the title of the panel.
    axes_ : array of Axes, of shape (rows, 2)
        Axes of the panels, in this order. If their number is odd, the last axes are empty.
    figure_ : Figure
        Figure of the last plot.

    Examples
    --------
    >>> import numpy as np
    >>> from regan import RegularizedGAN
    >>> from regan.displays import TrainingDisplay
    >>> gan = RegularizedGAN(max_iter=20, random_state=0).fit(np.eye(4))
    >>> display = TrainingDisplay.from_estimator(gan)
    >>> list(display.panels)[:2]
    ['losses', 'penalties']
    """

    def __init__(self, *, history: dict[str, np.ndarray]) -> None:
        self.history = history
        self.panels = _panels(history)
        if not self.panels:
            raise ValueError(
                "history has no terms: fit the model first. (A model that was saved with "
                "sampler_only=True has no history.)"
            )

    @classmethod
    def from_estimator(cls, model: Any, *, window: int | None = None, ax: Any = None) -> Self:
        """Plot the training curves of a fitted GAN, VAE or cycle GAN.

        Parameters
        ----------
        model : fitted estimator
            Model with a ``history_``, or a search, whose best estimator is shown.
        window, ax
            See `plot`.

        Returns
        -------
        TrainingDisplay

        Raises
        ------
        TypeError
            If the model has no history, such as `RegularizedGaussian`.
        """
        model = getattr(model, "best_estimator_", model)
        if isinstance(model, RegularizedCycleGAN):
            check_is_fitted(model)
        else:
            view_of(model, cls.__name__)
        if not hasattr(model, "history_"):
            raise TypeError(
                f"a {type(model).__name__} has no history of training: use {cls.__name__} with "
                "RegularizedGAN, RegularizedVAE or RegularizedCycleGAN"
            )
        return cls(history=model.history_).plot(ax, window=window)

    def plot(self, ax: Any = None, *, window: int | None = None) -> Self:
        """Plot on new or on given axes.

        Parameters
        ----------
        ax : Axes, or array of Axes, default=None
            One `Axes` is divided into the panels. An array has one `Axes` for each panel, including
            an empty one. None creates a new figure.
        window : int, default=None
            Number of updates in the running mean. None takes 1/40 of all updates, at most 250.

        Returns
        -------
        self
        """
        if window is not None:
            window = check_int(window, "window", minimum=1)
        axes = self._place(ax)
        for panel, (title, names) in zip(axes, self.panels.items(), strict=False):
            if _is_measured(names[0], self.history[names[0]]):
                self._draw_measured(panel, names[0])
            else:
                styles = _styles(names)
                drawn = [_draw_noisy(panel, n, self.history[n], window, styles[n]) for n in names]
                _set_scale(panel, *map(np.concatenate, zip(*drawn, strict=True)))
                many = len(names) > _FEW_TERMS
                size = "xx-small" if many else "small"
                add_legend(panel, fontsize=size, frameon=False, ncols=2 if many else 1)
            panel.set_title(shown(title), fontsize="medium", **AS_IT_IS)
            panel.set_xlabel("update")
            panel.spines[["top", "right"]].set_visible(False)
        for panel in axes[len(self.panels) :]:
            panel.set_axis_off()
        return self

    def _draw_measured(self, panel: Any, name: str) -> None:
        values = np.asarray(self.history[name])
        at = np.flatnonzero(np.isfinite(values))
        panel.plot(at + 1, values[at], ".-", color=_OTHERS[0])
        if name == "distance":
            panel.set_ylim(bottom=0)

    @property
    def _shape(self) -> tuple[int, int]:
        return -(-len(self.panels) // 2), 2

    @property
    def _size(self) -> tuple[float, float]:
        return 8.0, 2.8 * self._shape[0]


def _panels(history: dict[str, np.ndarray]) -> dict[str, list[str]]:
    """The terms of each panel."""
    names = [n for n, values in history.items() if len(values)]
    measured = [n for n in names if _is_measured(n, history[n])]
    terms = [n for n in names if n not in measured]
    losses = [n for n in terms if n.endswith("_loss") or n in ("reconstruction", "kl")]
    norms = [n for n in terms if n.endswith("_grad_norm")]
    rest = [n for n in terms if n not in losses and n not in norms]
    panels = {"losses": losses, "penalties": rest, "gradient norms": norms}
    panels |= {_TITLES.get(name, _short(name)): [name] for name in measured}
    return {title: names for title, names in panels.items() if names}


def _is_measured(name: str, values: np.ndarray) -> bool:
    """Whether a term is measured now and then, and not at every update of some stretch."""
    known = np.flatnonzero(np.isfinite(values))
    return name in _TITLES or bool(len(known) > 1 and 2 * len(known) <= np.ptp(known))


def _styles(names: list[str]) -> dict[str, dict[str, Any]]:
    """How to draw the terms of a panel: the colour is that of the network, wherever it is.

    A second term of one network has another line, one of no network a colour of its own.
    """
    styles: dict[str, dict[str, Any]] = {}
    others = cycle(_OTHERS)
    of = dict.fromkeys(_COLORS, 0)
    for name in names:
        network = next((own for own in of if name.startswith(f"{own}_")), None)
        if network is not None:
            line = _LINES[of[network] % len(_LINES)]
            styles[name] = {"color": _COLORS[network], "linestyle": line}
            of[network] += 1
        else:
            styles[name] = {"color": next(others), "linestyle": "-"}
    return styles


def _short(name: str) -> str:
    return name.removesuffix("_loss").removesuffix("_grad_norm").replace("_", " ")


def _draw_noisy(
    panel: Any, name: str, values: np.ndarray, window: int | None, style: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a term; its values, and their running mean."""
    values = np.asarray(values, dtype=np.float64)
    mean = running_mean(values, window or int(np.clip(len(values) // 40, 1, 250)))
    steps = extremes(values)
    panel.plot(steps + 1, values[steps], linewidth=0.5, alpha=0.35, color=style["color"])
    steps = extremes(mean)
    panel.plot(steps + 1, mean[steps], label=_short(name), **style)
    return values, mean


def running_mean(values: np.ndarray, width: int) -> np.ndarray:
    """The mean of the finite ones among the `width` values around each; NaN where there are none.

    At both ends only those on one side are missing.
    """
    n, known = len(values), np.isfinite(values)
    width = min(width, 2 * n)
    here, ones = slice((width - 1) // 2, (width - 1) // 2 + n), np.ones(width)
    total = np.convolve(np.where(known, values, 0.0), ones)[here]
    count = np.convolve(known.astype(float), ones)[here]
    mean = np.full(n, np.nan)
    np.divide(total, count, out=mean, where=count > 0.5)
    return mean


def extremes(values: np.ndarray) -> np.ndarray:
    """Positions of at most 2,000 values that draw the same line.

    Of more values these are the least and the largest one of each of 1,000 stretches.
    """
    positions = np.arange(len(values))
    if len(values) <= 2 * _STRETCHES:
        return positions
    least = np.where(np.isfinite(values), values, np.inf)
    largest = np.where(np.isfinite(values), values, -np.inf)
    pieces = np.array_split(positions, _STRETCHES)
    ends = [(p[least[p].argmin()], p[largest[p].argmax()]) for p in pieces]
    return np.unique(ends)


def _set_scale(panel: Any, values: np.ndarray, means: np.ndarray) -> None:
    """Cut off what is far from the rest; a logarithmic axis if means span two decades."""
    values, means = values[np.isfinite(values)], means[np.isfinite(means)]
    if not means.size:
        return
    if means.min() > 0 and means.max() > 100 * means.min():
        panel.set_yscale("log")
        return
    low, high = np.percentile(values, [0.5, 99.5])
    low, high = min(low, means.min()), max(high, means.max())
    if high > low:
        panel.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
