"""HTML representation of fitted estimators: scikit-learn's diagram, and a table of the fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from regan.data.columns.shown import Shown
from regan.data.encoder import TableEncoder
from regan.validation import quietly, shown

_TABLE = "margin: 0.5em 0; border-collapse: collapse; color: inherit"
_CELL = "padding: 0.15em 1.2em 0.15em 0; text-align: left; color: inherit; white-space: pre-wrap"


class SummaryMixin(BaseEstimator):
    """An estimator that shows what its fit led to below scikit-learn's diagram of it.

    Notebooks ask for ``_repr_mimebundle_``, others for ``_repr_html_``. Both are extended, and how
    scikit-learn makes the diagram is left to it. A table has no colors of its own, so that it is
    readable on dark pages.
    """

    def _fit_summary(self) -> dict[str, str]:
        """What the fit led to, by what it is called; nothing that would have to be computed."""
        raise NotImplementedError

    @property
    def _shown_within(self) -> SummaryMixin | None:
        """The fitted model that it holds, whose entries come behind its own."""
        return None

    @property
    def _repr_html_(self) -> Callable[[], str]:
        diagram = super()._repr_html_  # an AttributeError where the setting is text

        def with_summary() -> str:
            with quietly():  # scikit-learn reads all properties, also those that sampling asks for
                return f"{diagram()}{self._summary_html()}"

        return with_summary

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        with quietly():
            bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)
            if "text/html" in bundle:
                bundle["text/html"] += self._summary_html()
        return bundle

    def _summary_html(self) -> str:
        """The table; nothing before a fit."""
        try:
            check_is_fitted(self)
        except NotFittedError:
            return ""
        within = self._shown_within
        return table_of(self._fit_summary() | ({} if within is None else within._fit_summary()))


def table_of(entries: Mapping[str, str]) -> str:
    """Texts by name as a table in HTML, escaped."""
    rows = "".join(
        f'<tr><th scope="row" style="{_CELL}">{_text(name)}</th>'
        f'<td style="{_CELL}">{_text(entry)}</td></tr>'
        for name, entry in entries.items()
    )
    return f'<table class="regan-summary" style="{_TABLE}">{rows}</table>'


def columns_in_words(encoder: TableEncoder | None, n_columns: int) -> str:
    """How many columns of each kind a table has; without an encoder all are numbers.

    Examples
    --------
    >>> columns_in_words(None, 4)
    '4 (4 numeric)'
    """
    if encoder is None:
        return f"{n_columns:,} ({n_columns:,} {Shown.group})"
    groups = Counter(column.present.group for column in encoder.columns_)
    kinds = [f"{n:,} {group}" for group, n in groups.most_common()]
    n_missing = sum(column.present is not column for column in encoder.columns_)
    if n_missing:
        kinds.append(f"missing cells in {n_missing:,}")
    return f"{len(encoder.columns_):,} ({', '.join(kinds)})"


def _text(text: str) -> str:
    return escape(shown(text))
