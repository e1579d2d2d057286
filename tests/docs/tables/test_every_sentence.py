"""Every sentence of the guide's page on tables is a test, or shown by the code below it.

Whoever writes a sentence there marks a test of this folder with ``@says`` and how it begins.
"""

from collections import Counter
from pathlib import Path

from page_sentences import claims, figures, numbers_of, sentences

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "guide" / "tables.rst"
SHOWN = (  # by the doctest block behind their paragraph, in all that they say
    "Samples have the same columns",
    "In the training data, the weight is missing",
    "The model has learned these shares too",
    "table_encoder_.columns_ gives",
    "The error names the column and the reason",
    "It is a transformer of scikit-learn",
    "So a long tail contains no outliers",
    "Dummy columns, of which",
    "Samples have exactly one true value",
)
FOUND = sentences(PAGE)
MODULES = {module.name: module for module in sorted(HERE.glob("test_said_*.py"))}
CLAIMS = [
    *((beginning, "SHOWN") for beginning in SHOWN),
    *(
        (beginning, f"{name}::{test}")
        for name, module in MODULES.items()
        for beginning, test in claims(module)
    ),
]


def test_sentences_are_tests():
    claimed = tuple(beginning for beginning, _ in CLAIMS)
    free = [each.text for each in FOUND if not each.text.startswith(claimed)]
    assert not free, "no test says:\n" + "\n".join(free)


def test_tests_are_of_sentences():
    """Each beginning is that of one sentence of the page."""
    times = Counter(
        beginning
        for beginning in {beginning for beginning, _ in CLAIMS}
        for each in FOUND
        if each.text.startswith(beginning)
    )
    lost = [f"{who}: {beginning!r}" for beginning, who in CLAIMS if times[beginning] != 1]
    assert not lost, "not on the page, or more than once:\n" + "\n".join(lost)


def test_figures():
    """Those of a sentence stand in a module with a test of it."""
    known = {name: numbers_of(module) for name, module in MODULES.items()}
    wrong = []
    for each in FOUND:
        modules = [
            who.split(":")[0] for beginning, who in CLAIMS if each.text.startswith(beginning)
        ]
        tested = set().union(*(known.get(name, set()) for name in modules))
        wrong += [f"{figure:g}: {each.text}" for figure in figures(each.text) - tested]
    assert not wrong, "no test knows the figure\n" + "\n".join(wrong)


def test_what_is_shown():
    shown = {each.text for each in FOUND if each.is_shown}
    lost = [each for each in SHOWN if not any(text.startswith(each) for text in shown)]
    assert not lost, "no doctest block follows:\n" + "\n".join(lost)
