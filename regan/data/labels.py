"""The classes of a conditional model."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import NoneType
from typing import Any, Self

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length

from regan.data.containers import column_names
from regan.data.encoded_rows import EncodedRows
from regan.data.frames.dataframes import columns_of_frame, is_frame, objects
from regan.data.frames.libraries import frame_kind
from regan.data.label_form import LabelForm
from regan.data.literals import read_keys, write_literal
from regan.data.row_names import RowNames
from regan.storage.stored import FileError, Stored
from regan.storage.tensors import Tensors
from regan.validation import check_bool

_DTYPES = re.compile(
    "object|bool|u?int(8|16|32|64)|float(16|32|64)|[<>=|]?[US][1-9][0-9]{0,5}"
    r"|[<>=]?M8\[(\d+)?[a-zA-Z]{1,2}\]|datetime64\[(\d+)?[a-zA-Z]{1,2}\]"
)
_WIDTH = re.compile(r"[<>=|]?[US](\d+)")
_MUCH = 2**24
"""Characters of all labels, with what they are padded by."""
_KINDS = ((bool, np.bool_), (int, np.integer), (float, np.floating))


@dataclass(frozen=True)
class Classes:
    """The labels that a model was trained with.

    Attributes
    ----------
    labels : array of shape (C,)
        Sorted.
    shares : array of shape (C,)
        Their frequencies in the training data.
    form : LabelForm or None
        As what they came, if not as an array or a list.
    """

    labels: np.ndarray
    shares: np.ndarray
    form: LabelForm | None = None

    @classmethod
    def learn(cls, y: np.ndarray, form: LabelForm | None = None) -> Self:
        """From class labels `y` (n,) that `check_labels` has let through."""
        labels, counts = np.unique(y, return_counts=True)
        return cls(labels, counts / len(y), form)

    def wrap(self, codes: np.ndarray) -> Any:
        """The labels at positions `codes` (n,), in the form of the training data."""
        labels = self.labels[codes]
        return labels if self.form is None else self.form.wrap(labels)

    def codes(self, y: Any, n: int) -> np.ndarray:
        """The positions of the labels `y` (n,), or of one label n times.

        Raises ValueError for labels that were not in the training data.
        """
        y = plain_labels(y)
        is_one = np.ndim(y) == 0
        y = np.full(1, y) if is_one else column_or_1d(y)
        if len(y) != n and not is_one:
            raise ValueError(f"y must be one label or {n} labels, got {len(y)}")
        known = {label: i for i, label in enumerate(self.labels.tolist())}
        found = [known.get(label, -1) for label in y.tolist()]
        if -1 in found:
            unseen = sorted({repr(v) for v, i in zip(y.tolist(), found, strict=True) if i < 0})
            raise ValueError(
                f"y has labels that were not in the training data: {', '.join(unseen[:5])}; the "
                f"known labels are {', '.join(map(repr, self.labels.tolist()[:20]))}"
            )
        return np.broadcast_to(np.array(found, dtype=np.int64), n)  # one takes no memory

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """`n` positions with the frequencies of the training data; the first ones whatever n is."""
        edges = np.cumsum(self.shares)[:-1]
        return np.asarray(np.searchsorted(edges, rng.random(n), side="right"))

    def one_hot(self, codes: np.ndarray) -> np.ndarray:
        """Rows (n, C) that are 1 at the class and 0 elsewhere."""
        rows = np.zeros((len(codes), len(self.labels)))
        rows[np.arange(len(codes)), codes] = 1
        return rows

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What a model file has to hold: an array, and values in JSON's terms."""
        dtype = "object" if self.labels.dtype == object else str(self.labels.dtype)
        return {"classes.shares": self.shares}, {
            "labels": write_literal(self.labels.tolist()),
            "dtype": dtype,
            "form": None if self.form is None else self.form.export(),
        }

    @classmethod
    def restore(cls, stored: Stored, tensors: Tensors) -> Self:
        """The inverse of `export`."""
        labels, dtype, form = stored.fields("labels", "dtype", "form")
        shares = tensors.take("classes.shares", (None,), low=0, high=1)
        values, word = read_keys(labels, len(shares)), dtype.text(_DTYPES)
        if not np.isclose(shares.sum(), 1):
            raise FileError("the array classes.shares must sum to 1")
        width = _WIDTH.fullmatch(word)
        if width is not None and int(width[1]) * len(values) > _MUCH:
            dtype.refuse("a dtype that its labels need")
        with labels.building(f"labels of {word}"):
            array = objects(values) if word == "object" else np.array(values, dtype=word)
            if array.tolist() != values:
                labels.refuse(f"labels of {word}")
        own = cls(array, shares, None if form.is_none else LabelForm.restore(form))
        with suppress(ImportError), form.building("form of such labels"):
            own.wrap(np.arange(len(values)))
        return own

    def encoded(self, codes: np.ndarray) -> EncodedRows:
        """The same rows, kept as codes."""
        return EncodedRows.of_classes(codes, len(self.labels))


def export_classes(classes: Classes | None) -> tuple[dict[str, np.ndarray], dict[str, Any] | None]:
    """What a model file has to hold of classes, if there are any; see `Classes.export`."""
    return ({}, None) if classes is None else classes.export()


def restore_classes(stored: Stored, tensors: Tensors) -> Classes | None:
    """The inverse of `export_classes`."""
    return None if stored.is_none else Classes.restore(stored, tensors)


def far_apart(labels: np.ndarray, n_columns: int) -> np.ndarray:
    """One-hot `labels` (., C) as columns beside `n_columns` of data, to measure distances in.

    Two classes are then as far apart as two independent rows, whose columns are standardized:
    the squared distance of these is twice the number of columns.
    """
    columns: np.ndarray = np.sqrt(n_columns) * labels
    return columns


BALANCED = "balanced"
"""The setting by which minibatches have every class equally often."""


def check_conditional(value: Any) -> bool | str:
    """The setting `conditional`: whether to train on classes, or "balanced"."""
    if isinstance(value, str) and value == BALANCED:
        return value
    return check_bool(value, "conditional", f" or {BALANCED!r}")


def check_labels(y: Any, X: Any) -> np.ndarray:
    """The class labels `y` as an array (n,), one for every row of `X`.

    Raises ValueError or TypeError for what cannot be class labels: several columns, real numbers,
    missing values, labels of types that have no common order.
    """
    if y is None:
        raise ValueError(
            "requires y to be passed, but the target y is None: conditional=True trains on class "
            "labels; give y, or set conditional=False"
        )
    y = plain_labels(y)
    check_consistent_length(X, y)
    given = list(y) if isinstance(y, (list, tuple)) else None  # NumPy makes strings of numbers
    y = column_or_1d(y, warn=True)
    labels = y.tolist() if given is None else given
    missing = np.array([*map(_is_missing, labels)], dtype=bool)
    if missing.any():
        where = RowNames.of(X).some(missing)
        raise ValueError(
            f"Input y contains NaN, infinity or None in {where}: every row needs a class label"
        )
    texts = np.array([isinstance(label, str) for label in labels], dtype=bool)
    if texts.any() and not texts.all():
        names, pair = RowNames.of(X), sorted([int(texts.argmax()), int(texts.argmin())])
        found = [f"{labels[i]!r} ({type(labels[i]).__name__}) in {names.one(i)}" for i in pair]
        raise TypeError(
            f"y holds labels of different types, which have no order: {' and '.join(found)}. "
            "Convert all to one type"
        )
    if y.dtype == object:
        y = _as_array(y.tolist())
    try:
        check_classification_targets(y)
    except ValueError as error:
        raise ValueError(f"conditional=True needs class labels in y: {error}") from error
    return np.asarray(y)


def plain_labels(y: Any) -> Any:
    """Labels of any library as NumPy's: integers, booleans and strings stay what they are.

    So do those of dtypes that pandas has and NumPy has not, with missing ones as None or NA.
    TypeError for what holds no labels. All else stays as it is.
    """
    if isinstance(y, (Mapping, set, frozenset)) or (
        isinstance(y, (list, tuple)) and any(isinstance(label, Mapping) for label in y)
    ):
        raise TypeError(
            f"y must be one label for each row, a list, an array or one column, got a "
            f"{type(y).__name__}{' of dicts' if isinstance(y, (list, tuple)) else ''}"
        )
    if is_frame(y):
        columns = columns_of_frame(y)
        if len(columns) != 1:
            raise ValueError(
                f"y must be one column of class labels, got {len(columns)}: {column_names(y)}"
            )
        if frame_kind(y) != "pandas" or not isinstance(columns[0].dtype, np.dtype):
            y = columns[0]
    whose, dtype = type(y).__module__.partition(".")[0], getattr(y, "dtype", None)
    if whose == "polars":
        return _as_array(y.to_list()) if hasattr(y, "to_list") else y
    if whose == "pyarrow":
        return _as_array(y.to_pylist()) if hasattr(y, "to_pylist") else y
    if whose == "pandas" and np.ndim(y) == 1 and not isinstance(dtype, (np.dtype, NoneType)):
        return _as_array(list(y))
    return y


def _as_array(labels: list[Any]) -> np.ndarray:
    """Labels of one of NumPy's kinds in an array of it, all others as objects."""
    kinds = {type(label) for label in labels}
    if any(all(issubclass(kind, one) for kind in kinds) for one in _KINDS):
        return np.array(labels)
    return objects(labels)


def _is_missing(label: Any) -> bool:
    """NaN, an infinity, None, or what pandas has for them."""
    if isinstance(label, float):
        return not math.isfinite(label)
    return label is None or type(label).__name__ in ("NAType", "NaTType")
