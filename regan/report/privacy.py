"""What generated rows give away, on a page: rows that are remembered, values given out verbatim."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from regan.metrics import Disclosure, Membership, Repeated
from regan.metrics.membership import LEAST_HELD_OUT
from regan.report.html import element, folded, section, table

_MOST_PAIRS = 50


def memorized(found: Membership, seen: str = "") -> Element:
    """The section of membership inference; seen : why held-out rows are not unseen."""
    lines = [
        (
            f"{name}, {kind}",
            f"{each.auc:.3f}",
            f"{each.std_error:.3f}",
            f"{each.true_positives:.3f}",
        )
        for name, attack in (("distance", found.distance), ("density", found.density))
        for kind, each in (
            ("training rows", attack),
            ("fresh rows", attack.fresh),
            ("copies", attack.copies),
        )
    ]
    header = ("attack by", "AUC", "standard error", "true positives")
    return section(
        "Memorization",
        *_warned([*filter(None, [_sentence(seen)]), *found.warnings]),
        table(header, lines, "membership"),
        element(
            "p",
            f"The AUC says how well the generated rows separate {found.n_train} training rows from "
            f"{found.n_holdout} held-out rows: .5 without memorization. True positives: the share "
            "of training rows that the attack identifies where it misjudges 1 % of the held-out "
            "rows. Fresh rows: the same attack on one half of the held-out rows against the other "
            "half. Copies: the same attack on a generator that repeats the training rows. "
            f"{found.n_repeated} training rows are nearly repeated: a generated row is less than a "
            "third as far away as any other real row. Of as many fresh rows, "
            f"{found.n_expected:.1f} would be.",
        ),
    )


def not_tested(few: bool) -> Element:
    """The section of membership inference where it needs more rows; few : than were held out."""
    given = f"fewer than {LEAST_HELD_OUT} rows were held out" if few else "no rows were held out"
    return section(
        "Memorization",
        element(
            "p",
            f"Whether training rows are memorized was not tested, for {given}. To test it, give "
            "rows that training has not seen: ",
            element("code", "write_report(..., holdout=rows)"),
            " in Python, ",
            element("code", "regan report --holdout FILE"),
            " on the command line.",
        ),
    )


def disclosed(found: Disclosure) -> Element:
    """The section of replicated uniques, of columns called by text; no value is on the page."""
    whole = ("whole rows", *_counts(found.rows))
    columns = [(each.name, *_counts(each)) for each in found.columns if each.n_rare]
    pairs = [(", ".join(each.name), *_counts(each)) for each in found.pairs]
    header = ("values of", "unique", "given out", "generated rows", "fresh rows")
    parts = [table(header, [whole, *columns], "disclosure")]
    if pairs:
        title = f"Pairs of columns, {len(pairs)} of which give out unique ones"
        parts.append(folded(title, table(header, pairs[:_MOST_PAIRS], "disclosed_pairs")))
    return section(
        "Disclosure",
        *_warned(found.warnings),
        *parts,
        element(
            "p",
            "Unique: different values that one row of the data has. Given out: how many of them "
            "generated rows have, verbatim. Generated rows: the share that has one of them; fresh "
            "rows: the share of other real rows that would. Values come up by chance where both "
            "are alike, and were taken from the data where the first is far more. The smallest and "
            "the largest number of a column are among them, for a model keeps to its range.",
        ),
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _counts(each: Repeated) -> tuple[str, ...]:
    return (
        str(each.n_rare),
        str(each.n_repeated),
        f"{each.share:.2%}",
        f"{each.expected:.2%}",
    )


def _warned(sentences: Sequence[str]) -> list[Element]:
    """Sentences that stand out."""
    return [element("p", element("strong", f"{each}."), class_="warning") for each in sentences]
