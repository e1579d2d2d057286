"""Evaluations in words: verdicts on metrics and on all of them, frames, and what notebooks show."""

import html.parser
import pickle
import re
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import regan
from regan.metrics import METRICS, Difference, Evaluation, Row, energy_distance, evaluate
from regan.metrics.chance import Scale, gap_of, spread_of
from regan.metrics.pairs import Pair
from regan.metrics.verdicts import CLOSE, FAR, MEANINGS, OF_PRIVACY, SIGNS, WORDS, level_of

SCALE = Scale(n_rows=100, n_columns=1, length=2.0, spread=1.0, kernel_spread=0.3, n_repeats=3)


@pytest.fixture(scope="module")
def samples():
    return np.random.default_rng(0).normal(size=(3, 200, 3))


@pytest.fixture(scope="module")
def good(samples):
    real, fake, _ = samples
    return evaluate(real, fake)


@pytest.fixture(scope="module")
def bad(samples):
    """The second column is shifted, and the third is minus the first."""
    real, fake, _ = samples
    real = np.column_stack([real[:, :2], real[:, 0]])
    fake = np.column_stack([fake[:, 0], fake[:, 1] + 2, -fake[:, 0]])
    return evaluate(
        pd.DataFrame(real, columns=["a", "b", "c <"]), pd.DataFrame(fake, columns=["a", "b", "c <"])
    )


# Levels

LEVELS = {
    "better than the floor": (-0.1, 0.02, 0.0, 0),
    "within chance": (0.02, 0.02, 0.5, 0),
    "close": (0.03, 0.02, CLOSE, 1),
    "clearly worse": (0.3, 0.02, FAR, 2),
    "far off": (0.5, 0.02, 0.5, 3),
    "not a number": (float("nan"), 0.02, float("nan"), 0),
}


@pytest.mark.parametrize(("worse", "chance", "gap", "level"), LEVELS.values(), ids=LEVELS)
def test_levels(worse, chance, gap, level):
    assert level_of(worse, chance, gap) == level
    for greater, value in ((True, 0.9 - worse), (False, 0.9 + worse)):
        row = Row("coverage", value, 0.9, greater, chance + 1e-12, gap)
        assert row.level == level
        assert row.verdict == WORDS[level]
    assert Row("nearer_to_training", 0.9, 0.5, False, 0.1, 0.8).verdict == SIGNS[3]


@pytest.mark.parametrize(
    ("name", "worse", "floor", "gap"),
    [
        ("coverage", 0.24, 0.96, 0.25),
        ("classifier_accuracy", 0.1, 0.5, 0.2),
        ("wasserstein", 0.5, 1.0, 0.25),
        ("sliced_wasserstein", 0.5, 0.1, 0.25),  # of one column, as long as the distances
        ("energy_distance", 0.04, 0.0, 0.1),  # (0.04 / 4) ** 0.5
        ("recall", -0.1, 0.9, 0.0),
        ("coverage", 9.0, 0.9, 1.0),
        ("recall", 0.0, 0.0, 0.0),
    ],
)
def test_gaps(name, worse, floor, gap):
    assert gap_of(name, worse, floor, SCALE) == pytest.approx(gap)


def test_a_shift_of_a_normal_column_has_the_gaps_that_the_table_of_levels_names():
    real = norm.ppf((np.arange(1000) + 0.5) / 1000)[:, None]
    for shift, gap in ((0.2, CLOSE), (0.7, FAR)):
        scale = Scale.of(Pair.of(real, real + shift), 3)
        found = energy_distance(real, real + shift)
        assert gap_of("energy_distance", found, 0.0, scale) == pytest.approx(gap, abs=0.01)


def test_the_spread_of_distances_says_how_the_energy_distance_scatters():
    """Two samples of one distribution: sqrt(8) / n times the root of the distance variance."""
    rng = np.random.default_rng(0)
    n = 60
    values = [energy_distance(*rng.normal(size=(2, n, 2)), unbiased=True) for _ in range(300)]
    scale = Scale.of(Pair.of(*rng.normal(size=(2, 500, 2))), 3)
    assert np.std(values) == pytest.approx(np.sqrt(8) / n * scale.spread, rel=0.15)
    assert spread_of(np.ones((4, 4))) == 0


MAKERS = {
    "normal": lambda rng: rng.normal(size=(150, 4)),
    "skewed": lambda rng: rng.lognormal(size=(120, 2)),
    "levels": lambda rng: pd.DataFrame(
        {"a": rng.choice(list("abc"), 120), "b": rng.poisson(2, 120), "c": rng.normal(size=120)}
    ),
    "gaps": lambda rng: pd.DataFrame(rng.normal(size=(120, 3))).mask(rng.random((120, 3)) < 0.2),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_fresh_rows_are_as_good_as_fresh_rows(make):
    """Of 2 x 12 metrics one in a hundred may come out worse, and does not with these seeds."""
    for seed in range(2):
        rng = np.random.default_rng(seed)
        verdict = evaluate(make(rng), make(rng), holdout=make(rng), n_repeats=1).verdict
        assert (verdict.level, verdict.privacy_level) == (0, 0), verdict


# All in all


def test_every_metric_is_explained(bad, samples):
    rows = evaluate(*samples[:2], holdout=samples[2], n_repeats=1)
    assert {*METRICS} < {*MEANINGS}
    assert all(row.meaning for row in [*bad, *rows])
    assert {row.name for row in rows} - {*METRICS} < OF_PRIVACY < {*MEANINGS}


def test_the_verdict_on_fresh_rows(good):
    assert good.verdict.level == 0
    assert good.verdict.quality == (
        "The generated rows are as good as fresh real rows by every quality metric. No column "
        "differs beyond chance. The association of no pair of columns differs beyond chance."
    )
    assert good.verdict.privacy.startswith("Memorization was not tested.")
    assert str(good.verdict) == f"{good.verdict.quality}\n{good.verdict.privacy}"


def test_the_verdict_names_the_worst_metric_column_and_pair(bad):
    verdict = bad.verdict
    assert verdict.level == 3
    worst = max((row for row in bad if row.name not in OF_PRIVACY), key=lambda r: (r.level, r.gap))
    assert f"The worst metric is {worst.name}: {worst.value:z.2f}, where" in verdict.quality
    assert bad.columns[0].names == ("b",)
    assert f"beyond chance: b (difference {bad.columns[0].distance:.2f})" in verdict.quality
    assert bad.pairs[0].names == ("a", "c <")
    assert "that of a and c <: 1.00 in real rows, -1.00 in generated rows." in verdict.quality


@pytest.mark.filterwarnings("ignore:The (distance|density)")
def test_the_verdict_on_copies(samples):
    real, _, other = samples
    with pytest.warns(UserWarning, match="nearly repeated"):
        found = evaluate(real, real, holdout=other, n_repeats=1)
    assert found.verdict.level == 0
    assert found.verdict.privacy_level == 3
    assert found.verdict.privacy.startswith("Training rows are memorized. 200 of 200 training rows are")
    alone = evaluate(real, real, n_repeats=1).verdict
    assert re.match(
        r"There is a strong sign of memorization: distance_ratio is 0\.[0-4]", alone.privacy
    )
    assert "as holdout" in alone.privacy


def test_the_verdict_on_rows_held_out(samples):
    found = evaluate(*samples[:2], holdout=samples[2], n_repeats=1)
    assert found.verdict.privacy.startswith("No memorization was found: membership_distance is 0.")
    few = evaluate(*samples[:2], holdout=samples[2, :5], n_repeats=1)
    assert few.verdict.privacy.startswith("No memorization was found: nearer_to_training is 0.")


COLUMNS = {
    "none": ([], ""),
    "one of one": ([0.4], "Its column differs: a0 (difference 0.40)."),
    "one": ([0.4, 0.1], "One column differs beyond chance: a0 (difference 0.40)."),
    "two": (
        [0.4, 0.3, 0.1],
        "2 of 3 columns differ beyond chance, most of all a0 (difference 0.40) and a1 (0.30).",
    ),
    "many": (
        [0.9, 0.8, 0.7, 0.6],
        "4 of 4 columns differ beyond chance, most of all a0 (difference 0.90), a1 (0.80) and a2 "
        "(0.70).",
    ),
}


@pytest.mark.parametrize(("distances", "sentence"), COLUMNS.values(), ids=COLUMNS)
def test_columns_in_words(distances, sentence):
    columns = [Difference((f"a{i}",), d, 0.2) for i, d in enumerate(distances)]
    rows = [Row("coverage", 0.9, 0.9, True)]
    told = Evaluation(rows, columns=columns).verdict.quality
    assert told.partition(" by every quality metric. ")[2] == sentence


# The result


def test_it_is_a_list_of_rows(good):
    assert isinstance(good, list)
    assert [row.name for row in good] == [*METRICS]
    again = pickle.loads(pickle.dumps(good))
    assert again == good
    assert again.verdict == good.verdict
    assert regan.evaluate is evaluate


def test_a_frame(bad):
    frame = bad.to_frame()
    assert list(frame.index) == [row.name for row in bad]
    assert frame.loc["coverage", "verdict"] == "far off"
    np.testing.assert_array_equal(frame["value"], [row.value for row in bad])
    assert pd.DataFrame(bad.columns)["distance"].is_monotonic_decreasing


def test_a_frame_needs_pandas(bad, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="to_frame gives a DataFrame of pandas, which is missing"):
        bad.to_frame()


def test_text(bad):
    header, *lines = str(bad).splitlines()
    assert header.split() == ["metric", "generated", "fresh", "real", "verdict"]
    assert [line.split()[0] for line in lines] == [row.name for row in bad]
    assert lines[4].endswith("  far off")


class Tags(html.parser.HTMLParser):
    """The tags of a piece of a page, which has to close them."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_a_notebook_shows_colors_and_the_verdict(bad):
    page = bad._repr_html_()
    tags = Tags(page)
    assert tags.seen.count("tr") == 1 + len(bad)
    assert "".join(tags.texts).endswith("".join(str(bad.verdict).splitlines()))
    assert "c &lt;" in page
    # shades over whatever the page has, light or dark, and no color of the text
    assert "color: " not in page.replace("border-left: 4px solid", "")
    lines, shades = re.findall(r"solid #(\w+);", page), re.findall(r"background: #(\w+);", page)
    assert len(lines) == len(bad)
    assert shades == [f"{color}33" for color in lines]
