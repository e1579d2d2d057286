"""Texts of users on a report: they stand there as they are."""

import html.parser

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from regan import RegularizedGaussian, write_report
from regan.displays.base import label
from regan.report.html import _STYLE
from regan.validation import shown
from tests.support.user_text import HOSTILE, WORDS, controls, table


class Cells(html.parser.HTMLParser):
    """The texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = set(), [""]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.texts.append("")

    def handle_data(self, data):
        self.texts[-1] += data


def assert_shown(folder, names, levels, title):
    path = folder / "report.html"
    X = table(names, levels)
    model = RegularizedGaussian(random_state=0).fit(X)
    write_report(model, X, path, columns=names, title=title)
    page = Cells(path.read_bytes().decode())
    assert "script" not in page.tags
    assert {*map(shown, [*names, title])} <= set(page.texts)
    assert not controls("".join(page.texts[1:]).replace(_STYLE, "").replace("\n", "", 1))
    assert any(label(level) in page.texts for level in levels)


# pictures of any texts are with the displays
@pytest.mark.usefixtures("no_pictures")
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # all are without pictures
)
@given(
    names=st.lists(WORDS, min_size=3, max_size=3, unique=True),
    levels=st.lists(WORDS, min_size=1, max_size=4, unique=True),
    title=WORDS,
)
def test_reports_of_any_names_and_levels(tmp_path_factory, names, levels, title):
    assert_shown(tmp_path_factory.mktemp("report"), names, levels, title)


def test_a_report_with_pictures_of_hostile_texts(tmp_path):
    assert_shown(tmp_path, HOSTILE[:3], HOSTILE[4:8], HOSTILE[10])
