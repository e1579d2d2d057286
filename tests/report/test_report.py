"""Reports: what is on the page, and that it stands alone."""

import base64
import html
import html.parser
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure
from matplotlib.image import imread
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression

import regan
import regan.report.contents
from regan.cli import main
from regan.files.csv_parts import csv_texts, write_texts
from regan.metrics import METRICS, disclosure, evaluate, membership
from regan.metrics.samples import comparable
from regan.report.html import element, picture

NAMES = ["a <b>", "</style><script>alert(1)</script>", "漢字 & $x_{", "d\"'"]
VOID = {"meta", "img", "source", "br", "wbr"}


class Page(html.parser.HTMLParser):
    """The elements of a page: texts of cells by table, tags, attributes, and whether they close."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.attributes, self.tags, self.open = {}, [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.rows = self.tables[dict(attrs)["id"]] = []
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def pictures(self):
        """The PNGs, in the order of the page."""
        start = "data:image/png;base64,"
        data = [v for k, v in self.attributes if k in ("src", "srcset")]
        assert all(value.startswith(start) for value in data)
        return [base64.b64decode(value.removeprefix(start)) for value in data]


def rows_of(seed, n):
    rows = np.random.default_rng(seed).normal([5, 0, 0, 0], [1, 10, 0.1, 1], size=(n, 4))
    return pd.DataFrame(rows, columns=NAMES)


UNSEEN = rows_of(1, 10)


@pytest.fixture(scope="module")
def frame():
    return rows_of(0, 40)


@pytest.fixture(scope="module")
def gan(frame, small_gan):
    return small_gan(penalty=("l1", None), alpha=0.02, max_iter=60).fit(frame)


@pytest.fixture(scope="module")
def text(gan, frame, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    # a picture has boxes for letters beyond its font, and formulas as they are written
    shown = {"columns": NAMES[1:3], "title": "Mine & <yours>"}
    regan.write_report(gan, frame, path, holdout=UNSEEN, **shown)
    return path.read_text(encoding="utf-8")


def test_a_report_stands_alone(text):
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>\n<html")
    assert not {"script", "link", "iframe", "b", "yours"} & set(page.tags)
    assert not re.search(r"https?:|url\(|@import|\son\w+=", text)
    attributes = dict(page.attributes)
    assert attributes["content"].startswith("width=device-width")
    policies = [v for k, v in page.attributes if k == "content"]
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in policies
    assert "<title>Mine &amp; &lt;yours&gt;</title>" in text
    assert "<h1>Mine &amp; &lt;yours&gt;</h1>" in text
    assert "RegularizedGAN after 60 updates, compared with 40 rows of 4 columns." in text


def test_the_pictures_of_a_report(text):
    pictures = Page(text).pictures()
    assert len(pictures) == 6  # three, for dark pages and for light ones
    for dark, light in zip(pictures[::2], pictures[1::2], strict=True):
        on_dark, on_light = (imread(io.BytesIO(png)) for png in (dark, light))
        assert on_dark.shape == on_light.shape
        assert on_light.shape[1] > 700
        ink = [image[image[..., 3] > 0.9][:, :3].mean() for image in (on_dark, on_light)]
        assert ink[0] > ink[1] + 0.2  # the page shows through, and letters are seen on it
        assert (on_light[..., 3] == 0).mean() > 0.5


def test_the_tables_of_a_report(text, gan, frame):
    tables = Page(text).tables
    header, *lines = tables["scores"]
    assert header == ["metric", "generated", "floor", "better"]
    scores, meanings = lines[::2], lines[1::2]
    assert [row[0] for row in scores[: len(METRICS)]] == [*METRICS]
    rng = np.random.RandomState(0)
    seeds = rng.randint(2**31 - 1, size=3)
    fake = gan.sample(40, int(seeds[0]))
    expected = evaluate(frame, fake, holdout=UNSEEN, random_state=rng)
    for row, found in zip(expected, scores, strict=True):
        assert found[1:3] == [f"{row.value:z.3f}", f"{row.floor:z.3f}"]
        assert found[3] == ("higher" if row.greater_is_better else "lower")
    for row, (meaning,) in zip(expected, meanings, strict=True):
        assert meaning == f"{row.verdict} {row.meaning}"

    values = gan.get_params(deep=False)
    defaults = regan.RegularizedGAN().get_params(deep=False)
    changed = {row[0]: row[1:] for row in tables["settings"][1:]}
    same = dict(tables["defaults"][1:])
    assert changed["penalty"] == ["('l1', None)", "'l2'"]
    assert changed.keys() == {k for k in values if values[k] != defaults[k]}
    assert same == {k: repr(v) for k, v in values.items() if k not in changed}

    zeros = gan.sparsity_["generator"].zeros
    assert zeros > 0
    assert [row[:2] for row in tables["sparsity"][1:]] == [
        ["generator", f"{zeros:.1%}"],
        ["discriminator", "0.0%"],
    ]

    columns = tables["columns"][1:]
    assert [row[0] for row in columns] == NAMES
    assert [row[1] for row in columns] == [f"{mean:.4g}" for mean in frame.mean()]
    assert [row[4] for row in columns] == [f"{s:.4g}" for s in fake.to_numpy().std(axis=0)]
    assert f"regan {regan.__version__}, Python " in text


def test_a_verdict_comes_first(text, gan, frame):
    rng = np.random.RandomState(0)
    fake = gan.sample(40, int(rng.randint(2**31 - 1, size=3)[0]))
    verdict = evaluate(frame, fake, holdout=UNSEEN, random_state=rng).verdict
    first = text.partition('<section id="verdict">')[2].partition("</section>")[0]
    assert text.index('id="verdict"') < text.index('id="scores"')
    assert f"<p>{html.escape(verdict.quality, quote=False)}</p>" in first
    assert f"<p>{html.escape(verdict.privacy, quote=False)} Generated rows repeat" in first
    assert re.findall(r'class="card (\w+)"', first) == [f"level{verdict.level}", "level2"]


def test_all_columns_and_the_worst_pairs_are_drawn(text, gan, frame):
    fake = gan.sample(40, int(np.random.RandomState(0).randint(2**31 - 1, size=3)[0]))
    found = evaluate(frame, fake, n_repeats=1)
    columns = text.partition("<h2>Columns</h2>")[2].partition("</section>")[0]
    names = re.findall(r"<figcaption><strong>(.*?)</strong> (\d\.\d\d)", columns)
    assert [(html.unescape(name), value) for name, value in names] == [
        (each.name, f"{each.distance:.2f}") for each in found.columns
    ]
    pairs = text.partition("<h2>Pairs of columns</h2>")[2].partition("</section>")[0]
    assert pairs.count("<figure") == 6  # of 4 columns
    assert pairs.count("<svg") == 12
    assert text.count("<svg") == text.count('role="img"><title>') == 16
    assert [row[:3] for row in Page(text).tables["pairs"][1:]] == [
        [each.name, f"{each.real:z.2f}", f"{each.fake:z.2f}"] for each in found.pairs
    ]


def test_many_columns_are_folded(tmp_path, no_pictures):
    rows = np.random.default_rng(0).normal(size=(30, 60))
    regan.write_report(regan.RegularizedGaussian().fit(rows), rows, path := tmp_path / "page.html")
    text = path.read_text()
    columns = text.partition("<h2>Columns</h2>")[2].partition("</section>")[0]
    assert columns.count("<figure") == 60
    assert columns.partition("<details>")[0].count("<figure") == 24
    assert "<summary>36 more columns</summary>" in columns
    assert "Whether training rows are memorized was not tested, for no rows were held out" in text


def test_one_column_has_no_pairs(tmp_path, no_pictures):
    rows = np.random.default_rng(0).normal(size=(30, 1))
    regan.write_report(regan.RegularizedGaussian().fit(rows), rows, path := tmp_path / "page.html")
    text = path.read_text()
    assert "Pairs of columns" not in text
    assert "compared with 30 rows of 1 column." in text


def test_levels_gaps_and_constants_are_drawn(tmp_path, no_pictures):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "town": rng.choice([f"town <{i}>" for i in range(9)], 85),
            "pay": np.where(rng.random(85) < 0.3, np.nan, rng.normal(size=85)),
            "none": np.full(85, np.nan),
            "one": np.ones(85),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 99, 85), "D"),
        }
    )
    frame, few = frame[:80], frame[80:]
    model = regan.RegularizedGaussian(random_state=0).fit(frame)
    regan.write_report(model, frame, path := tmp_path / "page.html", holdout=few)
    text = path.read_text()
    Page(text)
    assert "nan" not in text.lower()
    assert "town &lt;" in text
    assert ">4 others</text>" in text
    assert "Rows in a gray strip lack the column." in text
    assert "for fewer than 8 rows were held out" in text
    rows = {row[0]: row[1:] for row in Page(text).tables["missing"][1:]}
    assert rows["none"] == ["100.0%", "100.0%", "+0.0 points"]
    assert rows["pay"][0] == f"{frame['pay'].isna().mean():.1%}"


def test_what_a_report_says_of_privacy(text, gan, frame):
    tables = Page(text).tables
    rng = np.random.RandomState(0)
    fake = gan.sample(40, int(rng.randint(2**31 - 1, size=3)[0]))
    found = membership(*comparable(frame, fake, UNSEEN)).distance
    lines = tables["membership"][1:]
    assert [line[0] for line in lines[:2]] == ["distance, training rows", "distance, fresh rows"]
    assert len(lines) == 6
    assert lines[0][1:] == [f"{x:.3f}" for x in (found.auc, found.std_error, found.true_positives)]
    rows, *columns = tables["disclosure"][1:]
    assert rows[0] == "whole rows"
    expected = [[each.name, str(each.n_rare)] for each in disclosure(frame, fake).columns]
    assert [line[:2] for line in columns] == expected


@pytest.mark.filterwarnings("ignore:The (distance|density)")
def test_a_report_warns_of_rows_that_are_remembered(frame, tmp_path, no_pictures, monkeypatch):
    rows = frame.to_numpy()
    model, page = regan.RegularizedGaussian(random_state=0).fit(rows[:30]), tmp_path / "page.html"
    monkeypatch.setattr(
        "regan.report.contents.ModelView.sample", lambda self, n, seed: rows[:n].copy()
    )
    told = "30 of 30 training rows are nearly repeated"
    with pytest.warns(UserWarning, match=told):
        regan.write_report(model, rows[:30], page, holdout=rows[30:])
    text = page.read_text()
    assert f"<strong>{told}: a generated row is three times as near" in text
    assert "Generated rows repeat 30 of 30 rows that are unique in the data" in text
    assert f"{rows[0, 0]:.6g}"[:5] not in text.partition("Settings")[0]


def test_a_report_on_a_mixture_has_passes(frame, tmp_path, no_pictures):
    model = regan.RegularizedMixture(2, random_state=0).fit(frame)
    regan.write_report(model, frame, path := tmp_path / "page.html")
    n = model.n_iter_
    passes = f"RegularizedMixture after {n} pass{'es' * (n != 1)} over the rows, compared with 40"
    assert passes in path.read_text()
    model = regan.RegularizedGaussian(random_state=0).fit(frame)
    regan.write_report(model, frame, path)
    assert "RegularizedGaussian, compared with 40 rows" in path.read_text()


def test_the_verdict_has_the_warnings_of_disclosure(tmp_path, undrawn, monkeypatch):
    """Pay to many digits comes from the data, and the other columns are new."""
    rows = rows_of(0, 300).to_numpy()
    model, page = regan.RegularizedGaussian(random_state=0).fit(rows[:200]), tmp_path / "page.html"
    made = rows_of(2, 200).to_numpy(copy=True)
    made[:40, 3] = rows[:40, 3]
    monkeypatch.setattr("regan.report.contents.ModelView.sample", lambda *_: made)
    for holdout, words in ((rows[200:], "no sign of memorization"), (None, "not tested")):
        regan.write_report(model, rows[:200], page, holdout=holdout)
        first = page.read_text().partition('<section id="verdict">')[2].partition("</section>")[0]
        assert re.findall(r'class="card (\w+)"', first)[1] == "level2"
        assert f"{words}, but unique values are given out</span>" in first
        assert "Generated rows repeat 40 of 200 values of" in first


def test_rows_held_out_that_the_model_has_seen(frame, tmp_path, undrawn):
    model, page = regan.RegularizedGaussian(random_state=0).fit(frame), tmp_path / "page.html"
    with pytest.raises(ValueError, match="all 40 rows of the holdout are also rows of the first"):
        regan.write_report(model, frame, page, holdout=frame)
    assert not page.exists()
    told = "5 of 15 rows of the holdout are also rows of the first table"
    with pytest.warns(UserWarning, match=told):
        regan.write_report(model, frame, page, holdout=pd.concat([UNSEEN, frame[:5]]))
    first, *rest = page.read_text().partition("<h2>Memorization</h2>")
    assert 'class="card untested"' in first
    assert "not tested</span>" in first
    assert first.count(told) == rest[-1].count(told) == 1


def test_a_report_repeats(gan, frame, tmp_path, no_pictures):
    for name in "ab":
        regan.write_report(gan, frame, tmp_path / name)
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()
    assert "<h1>RegularizedGAN</h1>" in (tmp_path / "a").read_text()


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("pmX", "in this order, got str, .*, DataFrame"),
        ("Xmp", "a report needs a model of regan, got a DataFrame"),
        ("mpX", "in this order, got .*, str, DataFrame"),
        ("qXp", "got the path 'm.regan' as the model: load it with regan.load first"),
    ],
)
def test_the_order_of_arguments(gan, frame, tmp_path, order, words):
    given = {"p": str(tmp_path / "page.html"), "m": gan, "X": frame, "q": Path("m.regan")}
    with pytest.raises(TypeError, match=words):
        regan.write_report(*(given[name] for name in order))
    assert not (tmp_path / "page.html").exists()


START = [
    "Verdict",
    "Metrics",
    "Columns",
    "Pairs of columns",
    "Memorization",
    "Disclosure",
    "Coverage",
    "Samples",
]
END = "Summaries of columns"
MODELS = {
    "a Gaussian": (
        regan.RegularizedGaussian("l1", alpha=0.9),
        [*START, "Settings", "Sparsity", END],
        "100.0% of the precision off its diagonal is exactly zero",
    ),
    "defaults": (
        regan.RegularizedGaussian(),
        [*START, "Settings", "Sparsity", END],
        "All settings are the defaults",
    ),
    "a VAE of classes": (
        regan.RegularizedVAE(max_iter=5, hidden_layer_sizes=4, conditional=True),
        [*START, "Training", "Settings", "Sparsity", END],
        "It generates by class; the comparisons below are of rows alone.",
    ),
}


@pytest.mark.parametrize(("model", "sections", "sentence"), MODELS.values(), ids=MODELS)
def test_reports_of_other_models(frame, tmp_path, no_pictures, model, sections, sentence):
    rows = frame.to_numpy()
    regan.write_report(model.fit(rows, np.arange(40) % 2), rows, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert re.findall(r"<h2>([^<]+)</h2>", text) == sections
    assert sentence in text
    assert [row[0] for row in Page(text).tables["columns"][1:]] == [f"column {j}" for j in range(4)]


def test_a_name_that_is_no_text(tmp_path, no_pictures):
    columns = pd.Index(["a", "\ud800 b"], dtype=object)  # as strings pyarrow would not take them
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=columns)
    regan.write_report(regan.RegularizedGaussian().fit(frame), frame, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_bytes().decode("utf-8")
    assert [row[0] for row in Page(text).tables["columns"][1:]] == ["a", r"\ud800 b"]


def test_what_a_picture_shows_is_chosen(monkeypatch, gan, frame, tmp_path, no_scores):
    def draw_once(display, text):
        display.plot(Figure().add_subplot())
        return picture(b"", b"", text, 1)

    asked = {}
    original = regan.report.contents.SamplesDisplay.of_estimator

    def look(model, X, **arguments):
        asked.update(arguments)
        return original(model, X, **arguments)

    monkeypatch.setattr(regan.report.contents, "_picture", draw_once)
    monkeypatch.setattr(regan.report.contents.SamplesDisplay, "of_estimator", look)
    regan.write_report(gan, frame, tmp_path / "page.html", columns=[NAMES[2], 0])
    assert asked["columns"] == [NAMES[2], 0]
    regan.write_report(gan, frame, tmp_path / "page.html", image_shape=(2, 2))
    assert asked["image_shape"] == (2, 2)


def test_bad_reports(gan, frame, tmp_path):
    path = tmp_path / "page.html"
    with pytest.raises(FileNotFoundError, match=r"there is no folder .* to write page.html to"):
        regan.write_report(gan, frame, tmp_path / "no" / "page.html")
    with pytest.raises(IsADirectoryError, match="is a folder; name a file to write the report to"):
        regan.write_report(gan, frame, tmp_path)
    for title in (5, b"Iris", ["Iris"]):
        with pytest.raises(TypeError, match="title must be a string or None, got "):
            regan.write_report(gan, frame, path, title=title)
    with pytest.raises(TypeError, match="a report needs a model of regan, got a Lin"):
        regan.write_report(LinearRegression(), frame, path)
    with pytest.raises(NotFittedError):
        regan.write_report(regan.RegularizedGAN(), frame, path)
    with pytest.raises(ValueError, match="give the same columns as in the training data"):
        regan.write_report(gan, frame.iloc[:, :3], path)
    with pytest.raises(ValueError, match="holdout contains NaN in column"):
        regan.write_report(gan, frame, path, holdout=frame * np.nan)
    with pytest.raises(ValueError, match="at least 20 real and 10 generated rows, got 19 and 19"):
        regan.write_report(gan, frame[:19], path, columns=[0])
    with pytest.raises(ValueError, match=r"image_shape=.* has 9 pixels, but rows have 4 columns"):
        regan.write_report(gan, frame, path, image_shape=(3, 3))
    assert not path.exists()


# The parts of a page


def test_elements_escape_texts_and_attributes():
    made = element("p", "a < b", element("i", "&"), " c", class_='"><script>')
    text = ElementTree.tostring(made, encoding="unicode", method="html")
    assert text == '<p class="&quot;&gt;<script&gt;">a &lt; b<i>&amp;</i> c</p>'
    (attribute,) = Page(text).attributes
    assert attribute == ("class", '"><script>')


# The command


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture
def model(gan, tmp_path):
    gan.save(tmp_path / "model.regan")
    return tmp_path / "model.regan"


@pytest.fixture
def data(frame, tmp_path):
    """The columns in another order."""
    write_texts(tmp_path / "data.csv", csv_texts(NAMES[::-1], [frame.to_numpy()[:, ::-1]]))
    return tmp_path / "data.csv"


def test_report(model, data, gan, frame, tmp_path, no_pictures, monkeypatch):
    asked = {}
    original = regan.write_report

    def look(model, X, path, **arguments):
        asked.update(arguments, X=X)
        original(model, X, path, **arguments)

    monkeypatch.setattr("regan.cli.commands.write_report", look)
    out, unseen = tmp_path / "page.html", tmp_path / "unseen.csv"
    write_texts(unseen, csv_texts(NAMES, [UNSEEN.to_numpy()]))
    options = ["--column", "1", "--column", NAMES[2], "--holdout", unseen, "--random-state", "3"]
    result = run("report", model, data, "-o", out, *options)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"report on {model} and 40 rows of 4 columns written to {out}\n"
    assert asked["columns"] == [1, NAMES[2]]
    assert asked["random_state"] == 3
    np.testing.assert_array_equal(asked["X"], frame)
    np.testing.assert_array_equal(asked["holdout"], UNSEEN)
    text = out.read_text()
    assert "<h1>model.regan compared with data.csv</h1>" in text
    columns = Page(text).tables["columns"][1:]
    assert [row[:2] for row in columns] == [
        [name, f"{mean:.4g}"] for name, mean in zip(NAMES, frame.mean(), strict=True)
    ]
    result = run("report", model, data, "-o", out, "--image-shape", "2x2")
    assert result.exit_code == 0, result.output
    assert asked["image_shape"] == (2, 2)
    assert asked["columns"] is None


def test_report_is_written_where_it_is_by_default(model, data, tmp_path, no_pictures, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("report", model, data).exit_code == 0
    assert (tmp_path / "report.html").is_file()


@pytest.mark.parametrize("header", [None, ["w", "x", "y", "z"]])
def test_report_on_a_model_without_names(small_gan, frame, tmp_path, no_pictures, header):
    rows = frame.to_numpy()
    small_gan().fit(rows).save(tmp_path / "model")
    write_texts(tmp_path / "data.csv", csv_texts(header, [rows]))
    result = run("report", tmp_path / "model", tmp_path / "data.csv", "-o", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    columns = Page((tmp_path / "page.html").read_text()).tables["columns"][1:]
    assert [row[0] for row in columns] == (header or [f"column {j}" for j in range(4)])


BAD = {
    "no model": (["DATA", "DATA"], 1, "data.csv is a text file, and no regan model"),
    "a missing folder": (["MODEL", "DATA", "-o", "no/x.html"], 1, "there is no folder no to write"),
    "other columns": (["MODEL", "OTHER"], 1, "it lacks </style>"),
    "a missing file": (["MODEL", "nowhere.csv"], 2, "File 'nowhere.csv' does not exist"),
    "an unknown column": (["MODEL", "DATA", "--column", "z"], 1, "'z' is not among the columns"),
    "a shape without a height": (
        ["MODEL", "DATA", "--image-shape", "x8"],
        1,
        "Error: --image-shape x8: expected HEIGHTxWIDTH in pixels, for example 8x8",
    ),
    "a shape of words": (["MODEL", "DATA", "--image-shape", "big"], 1, "expected HEIGHTxWIDTH"),
    "another shape": (["MODEL", "DATA", "--image-shape", "3x3"], 1, "has 9 pixels, but rows hav"),
}


@pytest.mark.parametrize(("args", "code", "message"), BAD.values(), ids=BAD)
def test_mistakes(model, data, tmp_path, monkeypatch, args, code, message):
    monkeypatch.chdir(tmp_path)
    write_texts(tmp_path / "other.csv", csv_texts(["a <b>", "z"], [np.eye(2)]))
    files = {"MODEL": model, "DATA": data, "OTHER": tmp_path / "other.csv"}
    result = run("report", *[files.get(arg, arg) for arg in args])
    assert result.exit_code == code, result.output
    assert message in result.output
    assert isinstance(result.exception, SystemExit)
    assert not list(tmp_path.glob("*.html"))
