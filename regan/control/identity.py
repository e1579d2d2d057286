"""What a run was given: the settings and the data that have to be the same for it to go on."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from regan.data.containers import name_columns
from regan.data.table_scaler import TableScaler
from regan.files.values import Codec

_FREE = ("backend", "callbacks", "verbose", "warm_start")
"""Settings that may change: what is computed stays the same."""


@dataclass(frozen=True)
class Identity:
    """A run's settings and data, in JSON's terms.

    Attributes
    ----------
    model : str
        The class.
    settings : dict of str to list
        For each its value, and how it is shown.
    shape : list of int
        Rows and columns of the data.
    names : list of str
        The columns', as they are shown.
    columns : list of str
        A digest of each column, scaled.
    labels : str or None
        A digest of the class labels.
    start : int
        Updates before the run.
    """

    model: str
    settings: dict[str, list[Any]]
    shape: list[int]
    names: list[str]
    columns: list[str]
    labels: str | None
    start: int

    @classmethod
    def of(
        cls, model: Any, X: np.ndarray, labels: np.ndarray | None, start: int, codec: Codec
    ) -> Self:
        """Of a fit of `model` to scaled rows `X` (n, D) and one-hot `labels` (n, C).

        Of a table of mixed columns the numbers and levels are compared, and not their encoding.
        """
        settings = {
            name: [_comparable(value, name, codec), repr(value)]
            for name, value in model.get_params(deep=False).items()
            if name not in _FREE
        }
        X, holds = _columns(model, X)
        names = getattr(model, "feature_names_in_", range(X.shape[1]))
        return cls(
            type(model).__name__,
            settings,
            list(X.shape),
            [repr(name) for name in names],
            [_digest(column, what) for column, what in zip(X.T, holds, strict=True)],
            None if labels is None else _digest(labels),
            start,
        )

    def export(self) -> dict[str, Any]:
        """As a dict for JSON; ``Identity(**exported)`` is the inverse."""
        return asdict(self)

    def difference(self, now: Identity) -> str | None:
        """What is different `now`, in words; None if nothing is."""
        if self.model != now.model:
            return f"it is of a {self.model}, and this is a {now.model}"
        changed = [n for n, v in now.settings.items() if self.settings.get(n, v)[0] != v[0]]
        if changed:
            was, is_ = (
                " and ".join(f"{n}={identity.settings[n][1]}" for n in changed)
                for identity in (self, now)
            )
            return f"it was made with {was}, and now {is_}"
        if self.shape != now.shape:
            was, is_ = ("{} rows of {} columns".format(*i.shape) for i in (self, now))
            return f"it was made from {was}, and now there are {is_}"
        return self._difference_of_data(now)

    def _difference_of_data(self, now: Identity) -> str | None:
        if self.names != now.names:
            was, is_ = (", ".join(identity.names) for identity in (self, now))
            return f"it was made from the columns {was}, and now these are {is_}"
        other = np.array([a != b for a, b in zip(self.columns, now.columns, strict=True)])
        if other.any():
            where = name_columns(tuple(map(_Shown, self.names)), other)
            return f"it was made from data with other values in {where}"
        if self.labels != now.labels:
            return "it was made from data with other class labels"
        if self.start != now.start:
            return (
                f"it is of a fit that began at update {self.start}, and this one begins at "
                f"{now.start}"
            )
        return None


class _Shown(str):
    """Text that is its own repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _comparable(value: Any, name: str, codec: Codec) -> Any:
    """`value` in JSON's terms; of an object from outside regan what its repr says."""
    if name == "random_state" and not isinstance(value, (int, np.integer)):
        return None  # it has drawn a seed, and the checkpoint holds that
    try:
        return codec.encode(value, name)
    except TypeError:
        shown = repr(value) if isinstance(value, (BaseEstimator, list, tuple, range)) else ""
        return [type(value).__qualname__, shown]


def _columns(model: Any, X: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """One column for each of the data, and in words what it holds beside the values."""
    if not isinstance(model._scaler, TableScaler):
        return X, [""] * X.shape[1]
    encoder = model._scaler.encoder
    levels = [getattr(column, "levels", ()) for column in encoder.columns_]
    found = zip(encoder.dtypes_, levels, strict=True)
    return model._scaler.inverse(X), [f"{dtype} {list(each)}" for dtype, each in found]


def _digest(values: np.ndarray, what: str = "") -> str:
    found = hashlib.sha256(np.ascontiguousarray(values).tobytes())
    found.update(what.encode("utf-8", "surrogatepass"))
    return found.hexdigest()
