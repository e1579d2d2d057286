"""Dependencies: columns that are functions of others, in all rows of the data or nearly all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Dependency:
    """Functional dependency: a column that follows from another column.

    If it holds in all rows of the data, regan computes the column in generated rows. If it holds
    in nearly all rows, the model also learns the exceptions.

    Attributes
    ----------
    source, target : hashable
        The names of the columns: `target` follows from `source`.
    n_values : int
        How many different values the target had; a missing cell counts as one.
    one_to_one : bool
        Whether the source follows from the target too.
    share : float
        The share of rows in which the target has the value that is most frequent for the value
        of the source; 1 if this holds in all rows.

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
    share: float = 1.0

    def __str__(self) -> str:
        if self.share < 1.0:
            percent = min(100 * self.share, 99.9)
            return f"{self.target} follows from {self.source} in {percent:.1f} % of the rows"
        both = ", and the other way round" if self.one_to_one else ""
        return f"{self.target} follows from {self.source}{both}"
