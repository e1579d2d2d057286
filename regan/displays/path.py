"""Regularization path of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from regan.displays.base import AS_IT_IS, Display, add_legend
from regan.validation import shown

_SETTINGS = ("alpha", "gamma", "l1_ratio")  # in the order in which they are taken for the axis
_SOLID_AND_DASHED = ("-", "--")


class PathDisplay(Display):
    """Regularization path of a search: score, sparsity and norm against the strength.

    The horizontal axis is the strength: `alpha` if it varies, otherwise `gamma`, otherwise
    `l1_ratio`; for pairs, the first part that varies. The axis is logarithmic, and linear near 0 if
    a strength is 0. There is one line for each combination of the other settings. The band around
    the score is one standard deviation over the folds. Crosses at the bottom are candidates without
    a score. Hollow points are candidates that successive halving dropped, with their score at that
    time.

    Parameters
    ----------
    path : mapping of str to array of shape (n_candidates,)
        ``alpha``, ``l1_ratio``, ``gamma``: numbers, or pairs of numbers for the two networks.
        ``mean_test_score``, ``std_test_score``, and for each network ``generator_sparsity``,
        ``generator_norm`` and so on, NaN if a candidate has no value. ``n_updates`` is optional: it
        is the number of updates planned for each candidate, and candidates with fewer updates than
        others were dropped.
    best : mapping of str to number or pair, default=None
        Settings of the chosen candidate.

    Attributes
    ----------
    strength : str
        Setting on the horizontal axis.
    lines : dict of str to array of int
        Candidates of each line by the name of the line, in the order of their strength.
    chosen : int or None
        Position of the candidate with the settings `best`.
    dropped : bool array of shape (n_candidates,)
        Whether each candidate was dropped before the end of training.
    axes_ : array of Axes, of shape (1, panels)
        Axes of the score, and of sparsity and norm if `path` has them.
    figure_ : Figure
        Figure of the last plot.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.displays import PathDisplay
    >>> path = {
    ...     "alpha": np.array([0.1, 0.01]),
    ...     "mean_test_score": np.array([0.4, 0.8]),
    ...     "std_test_score": np.array([0.1, 0.05]),
    ... }
    >>> display = PathDisplay(path=path, best={"alpha": 0.01}).plot()
    >>> display.strength, display.chosen
    ('alpha', 1)
    """

    def __init__(self, *, path: Mapping[str, Any], best: Mapping[str, Any] | None = None) -> None:
        self.path, self.best = path, best
        _check(path)
        self.networks = [k.removesuffix("_norm") for k in path if k.endswith("_norm")]
        self.networks = self.networks or [
            k.removesuffix("_sparsity") for k in path if k.endswith("_sparsity")
        ]
        settings = _numbers(path, self.networks)
        varying = [name for name, values in settings.items() if len(np.unique(values)) > 1]
        self.strength = (varying or list(settings))[0]
        self.x = settings[self.strength]
        others = {n: settings[n] for n in varying if not _follows(settings[n], self.x)}
        self.lines = _lines(self.x, others)
        updates = np.asarray(path.get("n_updates", np.zeros(len(self.x))))
        self.dropped = updates < updates.max()
        self.chosen = None if best is None else _find(path, best)

    @classmethod
    def from_estimator(cls, search: Any, *, ax: Any = None) -> Self:
        """Plot the path of a fitted search.

        Parameters
        ----------
        search : fitted RegularizedGANCV
            Search, or another object with ``path_`` and the chosen ``alpha_``, ``l1_ratio_`` and
            ``gamma_``.
        ax
            See `plot`.

        Returns
        -------
        PathDisplay
        """
        if not hasattr(search, "path_"):
            if hasattr(search, "fit") and hasattr(search, "get_params"):
                check_is_fitted(search)
            raise TypeError(
                f"{cls.__name__} needs a search with a path_, such as RegularizedGANCV; a "
                f"{type(search).__name__} has none"
            )
        names = [n for n in _SETTINGS if n in search.path_ and hasattr(search, f"{n}_")]
        best = {name: getattr(search, f"{name}_") for name in names}
        return cls(path=search.path_, best=best or None).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        axes = iter(self._place(ax))
        for name in self._panels:
            panel = next(axes)
            if name == "score":
                self._draw_scores(panel)
            else:
                self._draw_networks(panel, name)
            self._set_axis(panel)
            panel.set_title(name, fontsize="medium")
            panel.spines[["top", "right"]].set_visible(False)
            add_legend(panel, fontsize="small", frameon=False)
        return self

    @property
    def _panels(self) -> list[str]:
        measured = [n for n in ("sparsity", "norm") if any(k.endswith(f"_{n}") for k in self.path)]
        return ["score", *measured]

    @property
    def _shape(self) -> tuple[int, int]:
        return 1, len(self._panels)

    @property
    def _size(self) -> tuple[float, float]:
        return 1.2 + 3.4 * self._shape[1], 3.4

    def _draw_scores(self, panel: Any) -> None:
        score, std = (np.asarray(self.path[f"{n}_test_score"], float) for n in ("mean", "std"))
        for name, index in self.lines.items():
            known = index[np.isfinite(score[index]) & ~self.dropped[index]]
            (line,) = panel.plot(self.x[known], score[known], ".-", label=name or None)
            low, high = score[known] - std[known], score[known] + std[known]
            panel.fill_between(self.x[known], low, high, color=line.get_color(), alpha=0.15, lw=0)
        self._draw_dropped(panel, score, "dropped early")
        if (lost := ~np.isfinite(score)).any():
            below = panel.get_xaxis_transform()
            y = np.full(lost.sum(), 0.03)
            panel.plot(self.x[lost], y, "x", color="0.5", transform=below, label="no score")
        self._mark(panel, score, "chosen")

    def _draw_networks(self, panel: Any, what: str) -> None:
        """A line for each combination, and for each network."""
        for j, network in enumerate(self.networks):
            absent = np.full(len(self.x), np.nan)
            values = np.asarray(self.path.get(f"{network}_{what}", absent), dtype=np.float64)
            for i, index in enumerate(self.lines.values()):
                known = index[np.isfinite(values[index]) & ~self.dropped[index]]
                style = {"linestyle": _SOLID_AND_DASHED[j % 2], "color": f"C{i % 10}"}
                name = network if i == 0 else None
                panel.plot(self.x[known], values[known], marker=".", label=name, **style)
            self._draw_dropped(panel, values, None)
            self._mark(panel, values, None)

    def _draw_dropped(self, panel: Any, values: np.ndarray, label: str | None) -> None:
        if self.dropped.any():
            points = self.x[self.dropped], values[self.dropped]
            panel.plot(*points, "o", color="0.5", mfc="none", label=label)

    def _mark(self, panel: Any, values: np.ndarray, label: str | None) -> None:
        """Mark the chosen candidate."""
        if self.chosen is not None:
            point = self.x[self.chosen], values[self.chosen]
            panel.plot(*point, "*", color="C3", markersize=13, label=label)

    def _set_axis(self, panel: Any) -> None:
        panel.set_xlabel(shown(self.strength), **AS_IT_IS)
        positive = self.x[self.x > 0]
        if self.strength.endswith("l1_ratio") or not positive.size:
            return
        if positive.size == self.x.size:
            panel.set_xscale("log")
        else:
            panel.set_xscale("symlog", linthresh=positive.min(), linscale=0.5)


def _check(path: Mapping[str, Any]) -> None:
    """ValueError if something is missing, or not as long as the rest."""
    if missing := [n for n in ("mean_test_score", "std_test_score") if n not in path]:
        raise ValueError(f"path lacks {' and '.join(missing)}; it has {_listed(path)}")
    if not any(name in path for name in _SETTINGS):
        raise ValueError(f"path needs one of {', '.join(_SETTINGS)}; it has {_listed(path)}")
    lengths = {name: len(values) for name, values in path.items()}
    if len(set(lengths.values())) > 1 or not max(lengths.values()):
        raise ValueError(f"path must hold arrays of one length, at least 1, got {lengths}")


def _listed(path: Mapping[str, Any]) -> str:
    return shown(", ".join(path)) or "nothing"


def _numbers(path: Mapping[str, Any], networks: list[str]) -> dict[str, np.ndarray]:
    """The settings as float arrays (n,); those of two networks, where they differ, apart."""
    columns = {}
    for name in (n for n in _SETTINGS if n in path):
        pairs = np.array([_pair(value) for value in path[name]])  # (n, 2)
        if np.array_equal(pairs[:, 0], pairs[:, 1], equal_nan=True):
            columns[name] = pairs[:, 0]
        else:
            names = networks if len(networks) == 2 else ["first", "second"]
            columns |= {f"{n} {name}": pairs[:, j] for j, n in enumerate(names)}
    return columns


def _pair(value: Any) -> np.ndarray:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), 2)


def _follows(values: np.ndarray, x: np.ndarray) -> bool:
    """Whether there is one value only at each x, so that it needs no line of its own."""
    return len(np.unique(np.column_stack([x, values]), axis=0)) == len(np.unique(x))


def _lines(x: np.ndarray, others: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    if not others:
        return {"": np.argsort(x, kind="stable")}
    rows, member = np.unique(np.column_stack(list(others.values())), axis=0, return_inverse=True)
    lines = {}
    for i, row in enumerate(rows):
        index = np.flatnonzero(member.ravel() == i)
        name = ", ".join(f"{n} {value:g}" for n, value in zip(others, row, strict=True))
        lines[name] = index[np.argsort(x[index], kind="stable")]
    return lines


def _find(path: Mapping[str, Any], best: Mapping[str, Any]) -> int:
    """The candidate with the settings `best`; of several, the first with a score."""
    same = np.ones(len(path["mean_test_score"]), dtype=bool)
    for name, value in best.items():
        if name not in path:
            raise ValueError(f"best has {name!r}, but path has only {_listed(path)}")
        same &= [np.array_equal(_pair(v), _pair(value), equal_nan=True) for v in path[name]]
    candidates = np.flatnonzero(same)
    if not candidates.size:
        raise ValueError(f"no candidate of path has the settings best={dict(best)}")
    scored = candidates[np.isfinite(np.asarray(path["mean_test_score"], dtype=float)[candidates])]
    return int(scored[0] if scored.size else candidates[0])
