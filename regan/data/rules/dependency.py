"""Dependencies: columns that are functions of others in all rows of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Dependency:
    """A column that is a function of another one in all rows of the data, and computed from it.

    Attributes
    ----------
    source, target : hashable
        The names of the columns: `target` follows from `source`.
    n_values : int
        How many different values the target had; a missing cell counts as one.
    one_to_one : bool
        Whether the source follows from the target too.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from regan.data import TableEncoder
    >>> town = np.array(["Bonn", "Pisa", "Rome"])[np.arange(99) % 3]
    >>> X = pd.DataFrame({"town": town, "land": np.where(town == "Bonn", "de", "it")})
    >>> encoder = TableEncoder().fit(X)
    >>> print(*encoder.dependencies_)
    land follows from town
    >>> encoder.get_feature_names_out()
    array(['town_Bonn', 'town_Pisa', 'town_Rome'], dtype=object)
    """

    source: Any
    target: Any
    n_values: int
    one_to_one: bool

    def __str__(self) -> str:
        both = ", and the other way round" if self.one_to_one else ""
        return f"{self.target} follows from {self.source}{both}"
