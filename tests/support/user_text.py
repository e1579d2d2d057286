"""Texts that users may have in names, levels and titles, and a table with them."""

import numpy as np
import pandas as pd
from hypothesis import strategies as st

HOSTILE = [
    "$x_{",
    "<$50k and $99k",
    r"\frac{$1$",
    "_hidden",
    "^ _ {} {0} %s %(x)d 100 %",
    "&amp;<script>alert('\"')</script>",
    "[red]x[/blue] :smile:",
    "two\nlines\tand\ra return",
    "",
    "😀 漢字 שלום \u202e",
    "\x00\x1b[31m",
    "long " * 60,
]
# all of Unicode but for halves of a pair, which pandas refuses in strings; and what is read often
WORDS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.sampled_from("$\\{}^_%&<>[]'\" ax")),
    st.text(st.characters(exclude_categories=["Cs"])),
)


def table(names, levels):
    """36 rows of a number, levels and an integer."""
    rng = np.random.default_rng(0)
    column = pd.Series([*levels, *levels, *levels] * 12, dtype=object).iloc[:36]
    X = pd.DataFrame({0: rng.normal(size=36), 1: column, 2: rng.permutation(36)})
    X.columns = pd.Index(names, dtype=object)
    return X
