"""Texts of users on a report: they stand there as they are."""

import html.parser

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from regan import RegularizedGaussian, write_report
from regan.displays.base import label
from regan.report.html import _STYLE
from regan.validation import shown
from tests.support.user_text import WORDS, controls, table


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


@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    names=st.lists(WORDS, min_size=3, max_size=3, unique=True),
    levels=st.lists(WORDS, min_size=1, max_size=4, unique=True),
    title=WORDS,
)
def test_reports_of_any_names_and_levels(tmp_path_factory, names, levels, title):
    path = tmp_path_factory.mktemp("report") / "report.html"
    X = table(names, levels)
    model = RegularizedGaussian(random_state=0).fit(X)
    write_report(model, X, path, columns=names, title=title)
    page = Cells(path.read_bytes().decode())
    assert "script" not in page.tags
    assert {*map(shown, [*names, title])} <= set(page.texts)
    assert not controls("".join(page.texts[1:]).replace(_STYLE, "").replace("\n", "", 1))
    assert any(label(level) in page.texts for level in levels)
