"""Texts that users may have in names, levels and titles, and a table with them."""

import unicodedata

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
    "half \ud800 of a pair",
    "\x9b31m \x85 \u2028 \ufeff \u2066 \x7f",
    "long " * 60,
]
# all of Unicode, and what is read often
WORDS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.sampled_from("$\\{}^_%&<>[]'\" ax")),
    st.text(st.characters()),
)


def controls(text):
    """Whether a text has anything that a terminal or a page would obey, or that has no encoding."""
    turns = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    kinds = {"Cc", "Cs", "Zl", "Zp"}
    return any(
        unicodedata.category(c) in kinds or unicodedata.bidirectional(c) in turns for c in text
    )


def table(names, levels):
    """36 rows of a number, levels and an integer."""
    rng = np.random.default_rng(0)
    column = pd.Series([*levels, *levels, *levels] * 12, dtype=object).iloc[:36]
    X = pd.DataFrame({0: rng.normal(size=36), 1: column, 2: rng.permutation(36)})
    X.columns = pd.Index(names, dtype=object)
    return X
