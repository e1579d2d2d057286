"""A report in a browser: run by ``tox -e browser``."""

import re

import browser
import numpy as np
import pandas as pd
import pytest

import regan
from regan.metrics import METRICS
from regan.metrics.verdicts import WORDS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.PATH is None,
        reason=f"none of {', '.join(browser.NAMES)} is on the PATH of a POSIX system",
    ),
]

IMAGES = "[...document.images].map(i => [i.naturalWidth, i.naturalHeight, i.currentSrc.length])"
NAMES = ["height <b>", "<script>alert(1)</script>", 'a "quoted" & name', "漢字", "a" * 300]
POLICY = re.compile('<meta http-equiv="Content-Security-Policy"[^>]*>')


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 5)), columns=NAMES)
    X, unseen = X[:60], X[60:]
    gan = regan.RegularizedGAN("l1", hidden_layer_sizes=8, max_iter=40, random_state=0).fit(X)
    regan.write_report(gan, X, path, holdout=unseen, title="<i>Ampersand & co</i>")
    return path


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser.Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("width", [390, 1200], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report(chromium, report, scheme, width):
    visit = chromium.visit(report, scheme=scheme, width=width)
    assert visit.requests == []
    assert visit.errors == []
    images = chromium.evaluate(IMAGES)
    assert len(images) == 3
    assert all(w > 600 and h > 300 for w, h, _ in images), images
    cells = "[...document.querySelectorAll('#scores tbody th')].map(cell => cell.innerText)"
    assert chromium.evaluate(cells)[: len(METRICS) + 1] == [*METRICS, "nearer_to_training"]
    assert chromium.evaluate("document.querySelector('h1').innerText") == "<i>Ampersand & co</i>"
    # nothing is wider than the window: tables and pictures scroll by themselves
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width
    color = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (color == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("width", [390, 1200], ids=["phone", "desk"])
def test_the_verdict_is_seen_first(chromium, report, width):
    chromium.visit(report, width=width)
    headings = "[...document.querySelectorAll('h1, h2')].map(h => h.innerText)"
    assert chromium.evaluate(headings)[:3] == ["<i>Ampersand & co</i>", "Verdict", "Metrics"]
    place = "document.querySelector('#verdict .card').getBoundingClientRect()"
    assert chromium.evaluate(f"{place}.top") < 400
    assert chromium.evaluate(f"{place}.right") <= width
    words = chromium.evaluate("document.querySelector('#verdict .badge').innerText")
    assert words in WORDS[1:]  # of 40 updates


@pytest.mark.parametrize("width", [390, 1200], ids=["phone", "desk"])
def test_small_pictures_are_as_wide_as_their_place(chromium, report, width):
    chromium.visit(report, width=width)
    chromium.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width
    places = "[...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect())"
    sizes = chromium.evaluate(f"{places}.map(box => [box.width, box.height, box.right])")
    assert len(sizes) == 5 + 2 * 6  # of all columns, and of six pairs
    assert all(w >= 100 and h >= 40 and right <= width for w, h, right in sizes), sizes
    untold = "[...document.querySelectorAll('svg')].filter(s => !s.querySelector('title')).length"
    assert chromium.evaluate(untold) == 0
    assert chromium.evaluate("[...document.images].filter(i => !i.alt).length") == 0
    # the metrics need no scrolling
    metrics = "document.getElementById('scores').parentElement"
    assert chromium.evaluate(f"{metrics}.scrollWidth <= {metrics}.clientWidth")


def test_pictures_follow_the_scheme(chromium, report):
    sources = []
    for scheme in ("light", "dark"):
        chromium.visit(report, scheme=scheme)
        sources.append(chromium.evaluate("[...document.images].map(i => i.currentSrc)"))
    assert all(light != dark for light, dark in zip(*sources, strict=True))


def test_names_are_text(chromium, report):
    chromium.visit(report)
    chromium.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    cells = "[...document.querySelectorAll('#columns tbody tr')].map(r => r.cells[0].innerText)"
    assert chromium.evaluate(cells) == NAMES
    assert chromium.evaluate("document.querySelectorAll('script, b, i').length") == 0
    assert chromium.evaluate("document.documentElement.scrollWidth") <= 1200


# What the test above would notice

SPOILT = {
    "a script": (lambda page: page + "<script>1</script>", "errors"),
    "an error of a script": (
        lambda page: POLICY.sub("", page) + "<script>none()</script>",
        "errors",
    ),
    "a picture from elsewhere": (lambda page: page + "<img src='http://127.0.0.1:9/x'>", "errors"),
    "the same without the policy": (
        lambda page: POLICY.sub("", page) + "<img src='http://127.0.0.1:9/x'>",
        "requests",
    ),
}


@pytest.mark.parametrize(("spoil", "where"), SPOILT.values(), ids=SPOILT)
def test_a_spoilt_report_is_noticed(chromium, report, tmp_path, spoil, where):
    path = tmp_path / "spoilt.html"
    path.write_text(spoil(report.read_text(encoding="utf-8")), encoding="utf-8")
    assert getattr(chromium.visit(path), where)


def test_a_damaged_picture_is_noticed(chromium, report, tmp_path):
    path = tmp_path / "spoilt.html"
    text = report.read_text(encoding="utf-8")
    path.write_text(text.replace("base64,iVBOR", "base64,iVBOQ"), encoding="utf-8")
    chromium.visit(path)
    assert [width for width, _, _ in chromium.evaluate(IMAGES)] == [0, 0, 0]
