"""Texts of users, as pages, pictures and terminals show them."""

import pytest
from hypothesis import given, settings

from regan.training.terms import describe
from regan.validation import shown, warn_user
from tests.support.user_text import HOSTILE, WORDS, controls

SHOWN = {
    "\x1b[31m\x00": r"\x1b[31m\x00",
    "two\nlines\tand\ra return": r"two\nlines\tand\ra return",
    "\x7f \x9b \x85": r"\x7f \x9b \x85",
    "\u202eabc\u2066 \u200f \u2028": r"\u202eabc\u2066 \u200f \u2028",
    "half \ud800 \udcff": r"half \ud800 \udcff",
    "\ufeffname\u200b": r"\ufeffname\u200b",
}


@pytest.mark.parametrize(("text", "expected"), SHOWN.items(), ids=map(repr, SHOWN))
def test_what_controls_is_escaped(text, expected):
    assert shown(text) == expected
    assert shown(expected) == expected  # twice is once


@pytest.mark.parametrize(
    "text", ["", "größe", "שלום עולם", "漢字\u3000", "👩‍👩‍👧", "می‌خواهم", r"\frac", "a\u00a0b"]
)
def test_what_writing_needs_stays(text):
    assert shown(text) == text


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=WORDS)
def test_nothing_that_is_shown_controls(text):
    assert not controls(shown(text))
    assert not controls(shown(text, lines=True).replace("\n", "").replace("\t", ""))
    shown(text).encode()


def test_warnings_and_progress_show_names_escaped():
    for text in HOSTILE:
        with pytest.warns(UserWarning, match="is odd") as caught:
            warn_user(f"the column {text} is odd")
        assert not controls(str(caught[0].message).replace("\n", "").replace("\t", ""))
        assert not controls(describe({text: 1.0}))
