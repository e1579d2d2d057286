"""The HTML report: a fitted model compared with its data, on one page."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from sklearn.utils import check_random_state

from regan.data.columns.shown import Shown
from regan.data.containers import has_names
from regan.data.faults import about
from regan.displays import CoverageDisplay, Display, SamplesDisplay, TrainingDisplay
from regan.displays.base import names_of, view_of
from regan.estimators.base import GenerativeModel
from regan.estimators.gaussian import RegularizedGaussian
from regan.estimators.mixture import RegularizedMixture
from regan.estimators.view import ModelView
from regan.metrics import Disclosure
from regan.metrics.differences import Tables
from regan.metrics.disclosure import disclosure_of
from regan.metrics.evaluation import evaluate_rows, evaluation_of, membership_within, rows_of
from regan.metrics.unseen import check_unseen, seen_in_words
from regan.report.compared import columns_compared, missing_cells, pairs_compared
from regan.report.details import settings, sparsity, summaries, versions
from regan.report.html import element, page, picture, section
from regan.report.judged import metrics_of, verdict_of
from regan.report.privacy import disclosed, memorized, not_tested
from regan.storage.atomic import try_out, write_atomically
from regan.validation import warn_user

_DPI = 150
_MAX_ROWS = 2000
_MANY = 20000
_BRIGHT = ("#8ccbff", "#ffbf80", "#5fd38a", "#ff7b72", "#b794f6", "#c9a18f", "#f29bd4", "#aaaaaa")
"""Colors on dark pages, the first two of which are those of the style's real and generated rows."""
_CLEAR = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "none")


def write_report(
    model: GenerativeModel,
    X: Any,
    path: str | os.PathLike[str],
    *,
    holdout: Any = None,
    columns: Iterable[Any] | None = None,
    image_shape: tuple[int, ...] | None = None,
    title: str | None = None,
    random_state: Any = 0,
) -> None:
    """Write an HTML report about a fitted model: verdict, scores, pictures, settings.

    The page is one file that loads nothing from elsewhere and runs no scripts. A verdict in words
    comes first. Every metric follows, with what it measures, the value that two halves of `X`
    reach, on the scale of the model's own `score`, and a verdict; then the distributions of all
    columns, the pairs of columns whose association differs most, and missing cells. `Evaluation`
    has the same comparisons without a page.

    `CoverageDisplay`, `SamplesDisplay` and, for models of two networks, `TrainingDisplay` come
    next; then settings, sparsity, and summaries of all columns. At most 2,000 rows are generated,
    and compared with as many; measures take levels as one-hot columns.

    The page says which values that are unique in `X` are given out (`regan.metrics.disclosure`),
    without naming any. With `holdout` it says whether training rows are memorized
    (`regan.metrics.membership`), which takes up to 20,000 generated rows; a warning says so too.

    Parameters
    ----------
    model : fitted estimator
    X : array-like or DataFrame of shape (n_samples, n_features), n_samples >= 20
        The rows that the model was fitted on.
    path : str or path
        The file to write.
    holdout : array-like or DataFrame, default=None
        Rows that training has not seen, to detect memorization.
    columns : list of names or positions, default=None
        Those of the scatter matrix; see `SamplesDisplay.from_estimator`.
    image_shape : tuple of int, default=None
        ``(height, width)`` or ``(height, width, 3)`` if rows are images.
    title : str, default=None
        The heading; None takes the name of the class.
    random_state : int, RandomState or None, default=0
        What is generated, and which rows are compared.

    Raises
    ------
    ValueError, TypeError
        For rows that the model cannot take, or settings that do not fit them.
    OSError
        If `path` cannot be written, before anything is computed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from regan import RegularizedGaussian, write_report
    >>> X = load_iris().data[:60, 2:]
    >>> gaussian = RegularizedGaussian(random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "report.html"
    ...     write_report(gaussian, X, path, title="Iris")
    ...     "<h1>Iris</h1>" in path.read_text(encoding="utf-8")
    True
    """
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title must be a string or None, got {title!r}")
    path = _path_of(model, X, path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file to write the report to")
    try_out(path)
    view = view_of(model, "a report")
    model, X = view.model, view.arranged(X)
    rows = view.read(X, minimum=2)
    if holdout is not None:
        with about("holdout"):
            holdout = view.read(view.arranged(holdout, "holdout"))
    rng = check_random_state(random_state)
    seeds = rng.randint(2**31 - 1, size=3).tolist()
    fake = view.sample(min(len(rows), _MAX_ROWS if holdout is None else _MANY), seeds[0])
    samples = _samples(model, X, columns, image_shape, seeds[1])
    one, other, *rest = view.comparable(rows, fake, *([] if holdout is None else [holdout]))
    missing = np.isnan(rows), np.isnan(fake)
    unseen = rest[0] if rest else None
    check_unseen(one, other, unseen)
    scores = evaluate_rows(
        one, other, unseen, missing=missing, max_rows=_MAX_ROWS, random_state=rng
    )
    words, shown = _words(names_of(view, X)), view.columns(rows, fake)
    remembered = membership_within(one, other, unseen, _MAX_ROWS, rng)
    warned = remembered.warnings if remembered else ()
    seen = seen_in_words(one, unseen)
    for sentence in filter(None, (seen, *warned)):
        warn_user(sentence)
    found = evaluation_of(
        [*scores, *(rows_of(remembered) if remembered else ())],
        Tables.of(rows, fake, words, view.encoder),
        warned,
        seen,
    )
    given_out = _repeated(words, shown, rows, fake)
    title = type(model).__name__ if title is None else title
    text = page(
        title,
        element("h1", title),
        _summary(view, rows, fake),
        verdict_of(found, given_out),
        metrics_of(found),
        columns_compared(found, shown, rows, fake),
        *pairs_compared(found, shown, rows, fake),
        *missing_cells(words, rows, fake),
        memorized(remembered, seen) if remembered else not_tested(unseen is not None),
        disclosed(given_out),
        _coverage(one, other, seeds[2]),
        samples,
        *_training(model),
        settings(model),
        *sparsity(model),
        summaries(words, shown, rows, fake),
        versions(),
    )
    write_atomically(path, text.encode())


def _path_of(model: Any, X: Any, path: Any) -> Path:
    """The path; TypeError for arguments in another order, or a path in the place of a model."""
    paths = (str, os.PathLike)
    if isinstance(path, paths) and not isinstance(model, paths):
        return Path(path)
    if isinstance(path, paths):
        what = f"got the path {os.fspath(model)!r} as the model: load it with regan.load first"
    else:
        kinds = ", ".join(type(each).__name__ for each in (model, X, path))
        what = f"got {kinds}"
    raise TypeError(f"expected write_report(model, X, path) in this order, {what}")


def _summary(view: ModelView, rows: np.ndarray, fake: np.ndarray) -> Element:
    model: Any = view.model
    n, d = rows.shape
    classes = ""
    if view.is_conditional:
        classes = " It generates by class; the comparisons below are of rows alone."
    return element(
        "p",
        f"{type(model).__name__}{_trained(model)}, compared with {n} rows of "
        f"{d} column{'s' if d > 1 else ''}."
        f"{classes}{_missing_in_words(rows, fake)}",
        id="summary",
    )


def _missing_in_words(rows: np.ndarray, fake: np.ndarray) -> str:
    """What there is to say of missing cells; nothing where there are none."""
    missing = [np.isnan(cells) for cells in (rows, fake)]
    some = sum(mask.any(axis=0) for mask in missing)
    if not some.any():
        return ""
    real, made = (mask.mean() for mask in missing)
    return (
        f" Cells are missing in {int((some > 0).sum())} of the columns, {real:.1%} of all real and "
        f"{made:.1%} of all generated cells; a missing cell is compared as one more level of its "
        "column."
    )


def _trained(model: Any) -> str:
    """How far the fit went: a mixture passes over the rows, and a Gaussian has one formula."""
    n = model.n_iter_
    if isinstance(model, RegularizedGaussian):
        return ""
    if isinstance(model, RegularizedMixture):
        return f" after {n} pass{'es' * (n != 1)} over the rows"
    return f" after {n} update{'s' * (n != 1)}"


def _words(names: tuple[Any, ...]) -> list[str]:
    """What to call columns."""
    return [str(name) if has_names(names) else f"column {name}" for name in names]


def _repeated(
    words: Sequence[str], columns: Sequence[Shown], rows: np.ndarray, fake: np.ndarray
) -> Disclosure:
    """Replicated uniques of the columns that are learnt: others number rows anew."""
    learnt = [j for j, column in enumerate(columns) if column.summary is not None]
    return disclosure_of(rows[:, learnt], fake[:, learnt], [words[j] for j in learnt])


def _coverage(rows: np.ndarray, fake: np.ndarray, seed: int) -> Element:
    how = {"max_rows": _MAX_ROWS, "random_state": seed}
    return section(
        "Coverage",
        _picture(
            CoverageDisplay.of_rows(rows, fake, **how),
            "Precision, recall, density and coverage; a map of the real rows, covered or not",
        ),
        element(
            "p",
            "Precision: generated rows near to real ones. Recall: real rows near to generated "
            "ones. Density: how many real rows a generated one is near to. Coverage: real rows "
            "that a generated one comes near to. This is one random half of the real rows; the "
            "table has means over several, but for wasserstein and classifier_accuracy.",
        ),
    )


def _samples(model: GenerativeModel, X: Any, columns: Any, image_shape: Any, seed: int) -> Element:
    shown = {"columns": columns, "image_shape": image_shape, "random_state": seed}
    text = "Real rows beside generated rows"
    return section(
        "Samples",
        _picture(SamplesDisplay.of_estimator(model, X, **shown), text),
    )


def _training(model: GenerativeModel) -> list[Element]:
    if not getattr(model, "history_", None):  # a file for sampling alone leaves it out
        return []
    text = "Losses, penalties, norms of gradients and the distance to the data over the updates"
    return [section("Training", _picture(TrainingDisplay(history=model.history_), text))]


def _picture(display: Display, text: str) -> Element:
    """A display for light and for dark pages."""
    from cycler import cycler
    from matplotlib import style

    pngs: list[bytes] = []
    places: list[Any] = []  # of axes, which all themes have in common
    bright: Any = {"axes.prop_cycle": cycler(color=_BRIGHT)}
    for theme in ([], ["dark_background", bright]):
        with style.context(["default", *theme, _CLEAR]), warnings.catch_warnings():
            # a name may need letters that the font lacks; the table of columns has them all
            for message in ("Glyph .* missing from", "Matplotlib currently does not support"):
                warnings.filterwarnings("ignore", message=message)
            png, places = _drawn(display, places)
            pngs.append(png)
    light, dark = pngs
    return picture(light, dark, text, display._size[0])


def _drawn(display: Display, places: Sequence[Any]) -> tuple[bytes, list[Any]]:
    """A display as PNG, and the places of its axes, which are found unless they are given."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=display._size, dpi=_DPI)
    figure.set_layout_engine("none" if places else "constrained")
    display.plot(figure.add_subplot())
    for panel, place in zip(figure.axes, places, strict=bool(places)):
        panel.set_position(place)
    file = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(file)  # once, where `Figure.savefig` draws twice
    return file.getvalue(), [panel.get_position() for panel in figure.axes]
