"""Names of columns that a misspelled name may mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any


def did_you_mean(lost: Iterable[Any], names: Sequence[Any]) -> str:
    """A question that proposes the closest of `names` for each of the lost ones; "" for none.

    Examples
    --------
    >>> did_you_mean(["chekin"], ["checkin", "checkout"])
    "did you mean 'checkin'?"
    """
    by_word = {str(own): own for own in names}
    near = [match for name in lost for match in get_close_matches(str(name), [*by_word], n=1)]
    found = ", ".join(dict.fromkeys(repr(by_word[match]) for match in near))
    return f"did you mean {found}?" if found else ""
