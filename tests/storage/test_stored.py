"""Stored values: each reader gives what fits, and refuses all else with its place."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regan.storage.stored import FileError, Stored, of_special, special
from regan.storage.tensors import Tensors

TREE = Stored({"columns": [{"levels": ["a", "b"], "low": 1}], "seed": 3}, "")
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
READERS = {
    "fields": lambda stored: stored.fields("a"),
    "items": lambda stored: stored.items(),
    "text": lambda stored: stored.text(),
    "choice": lambda stored: stored.choice("a", "b"),
    "flag": lambda stored: stored.flag(),
    "integer": lambda stored: stored.integer(0, 10),
    "real": lambda stored: stored.real(0, 1),
    "reals": lambda stored: stored.reals(),
    "increasing": lambda stored: stored.increasing(),
}


def test_places_are_named():
    columns, seed = TREE.fields("columns", "seed")
    (column,) = columns.items(1)
    levels, _ = column.fields("levels", "low")
    assert levels.items()[1].place == "columns[0].levels[1]"
    with pytest.raises(FileError, match=r"^columns\[0\]\.levels must be a number, and is \['a'"):
        levels.real()
    with pytest.raises(FileError, match=r"^seed must be an integer from 4 to 5, and is 3$"):
        seed.integer(4, 5)
    with pytest.raises(
        FileError, match=r"^the configuration is without x and with columns, seed be"
    ):
        TREE.fields("x")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(ANY, st.sampled_from(sorted(READERS)))
def test_whatever_comes_is_read_or_refused(value, reader):
    told = "here "
    try:
        READERS[reader](Stored(value, "here"))
    except FileError as error:
        told = str(error)
    assert told.startswith("here ")
    assert len(told) < 300


@pytest.mark.parametrize(
    ("value", "reader"),
    [
        (True, "integer"),
        (1.0, "integer"),
        (11, "integer"),
        (True, "real"),
        ("1", "real"),
        (2, "real"),
        (float("nan"), "real"),
        (10**400, "real"),
        ([1, True], "reals"),
        ([[1], [2]], "reals"),
        ([1, 10**400], "reals"),
        ([1, 1], "increasing"),
        ([], "increasing"),
        (1, "flag"),
        (["a"], "choice"),
    ],
)
def test_what_only_looks_like_it_is_refused(value, reader):
    with pytest.raises(FileError):
        READERS[reader](Stored(value, "here"))


def test_numbers_come_back():
    for value in (float("nan"), float("inf"), -float("inf")):
        assert repr(of_special(Stored(json.loads(json.dumps(special(value)))))) == repr(value)
    assert special(1.5) is None
    np.testing.assert_array_equal(Stored([1, 2.5]).reals(), [1, 2.5])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON"),
        ("[NaN]", "NaN is no number of JSON"),
        ('{"a": 1, "a": 2}', "an entry occurs twice"),
        ("[" * 10**5, "no JSON"),
        ("[" * 100 + "]" * 100, "nested more than 64 levels deep"),
        ("1" * 5000, "no JSON"),
    ],
)
def test_texts_that_are_refused(text, message):
    with pytest.raises(FileError, match=message):
        Stored.parse(text)


def test_errors_of_building_are_told():
    message = r"^here is no ratio: division by zero"
    with pytest.raises(FileError, match=message), Stored(1, "here").building("ratio"):
        1 / 0  # noqa: B018


ARRAYS = {"a": np.zeros((2, 3)), "b": np.array([1.0, np.nan]), "c.d": np.arange(3)}


@pytest.mark.parametrize(
    ("take", "message"),
    [
        (lambda t: t.take("x", (2,)), "the array x is missing"),
        (lambda t: t.take("a", (2,)), r"a must be of the shape \(2\), not \(2, 3\)"),
        (lambda t: t.take("a", (2, 4)), r"a must be of the shape \(2, 4\)"),
        (lambda t: t.take("a", (2, 3), ("float32",)), "a must be of float32, not float64"),
        (
            lambda t: t.take("a", (2, 3), low=1),
            "a holds values that are not finite or out of range",
        ),
        (lambda t: t.take("b", (2,)), "b holds values that are not finite"),
        (lambda t: t.end(), "the array a belongs to nothing"),
    ],
)
def test_arrays_that_are_refused(take, message):
    with pytest.raises(FileError, match=message):
        take(Tensors(ARRAYS))


def test_arrays_are_taken_once():
    tensors = Tensors(ARRAYS)
    assert tensors.take("a", (2, None)).shape == (2, 3)
    assert np.isnan(tensors.take("b", None, finite=False)[1])
    group = tensors.group("c")
    assert group.names == ["d"]
    tensors.end()
    with pytest.raises(FileError, match="the array a is missing"):
        tensors.take("a", (2, 3))
