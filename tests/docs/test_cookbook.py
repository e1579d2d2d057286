"""Each recipe of the cookbook runs alone, after the program that the page says to run first."""

import doctest
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "cookbook.rst"
FIRST, *RECIPES = re.split(r"\n(?=[^\n]+\n-{4,}\n)", PAGE.read_text(encoding="utf-8"))


def title(recipe):
    return recipe.partition("\n")[0]


def failures(recipe):
    """What the runner of doctests reports of the first program and a recipe."""
    program = doctest.DocTestParser().get_doctest(FIRST + recipe, {}, title(recipe), None, 0)
    said = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    doctest.DocTestRunner(optionflags=flags).run(program, out=said.append)
    return "".join(said)


def test_the_page_says_what_to_run_first():
    assert "**Run this first.**" in FIRST
    assert len(RECIPES) > 10


@pytest.mark.parametrize("recipe", RECIPES, ids=title)
def test_recipe_runs_alone(recipe):
    if "to_parquet" in recipe:
        pytest.importorskip("pyarrow")
    if "imblearn" in recipe:
        pytest.importorskip("imblearn")
    assert not failures(recipe)


def test_a_name_of_another_recipe_is_found():
    assert "NameError" in failures("Alone\n-----\n\n>>> mixture.sample(2)\n")
