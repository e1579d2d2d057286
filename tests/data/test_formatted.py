"""Formatted numbers: what is one, what is none, and that each comes back as it was."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regan import RegularizedGaussian
from regan.data import Inequality, TableEncoder
from regan.data.numbers.written import SEPARATORS, Writing

FORMATTED = {
    "dollars": (["$5,581.50", "-$3.00", "$0.25"], [5581.5, -3, 0.25]),
    "behind the sign": (["$-5.00", "$9,999.00"], [-5, 9999]),
    "accounts": (["($1,200)", "$35"], [-1200, 35]),
    "per cent": (["94%", "-7%", "100%"], [94, -7, 100]),
    "per cent with decimals": (["1.234%", "20.500%"], [1.234, 20.5]),
    "thousands of per cent": (["1.234%", "5%"], [1234, 5]),
    "eighths": (["0.125 %", "5 %"], [0.125, 5]),
    "trimmed": (["94 %", "3.25 %", "10.5 %"], [94, 3.25, 10.5]),
    "euros": (["1 234,50 €", "-0,99 €"], [1234.5, -0.99]),
    "narrow blanks": (["1\u202f234,50\u00a0€", "7,00\u00a0€"], [1234.5, 7]),
    "german": (["1.234.567,8 EUR", "12,0 EUR"], [1234567.8, 12]),
    "swiss": (["CHF 1'234.05", "CHF 7.00"], [1234.05, 7]),
    "both sides": (["US$3.50 USD", "US$12.00 USD"], [3.5, 12]),
    "thousands": (["1,234", "5", "12,345,678"], [1234, 5, 12345678]),
}
OTHERS = {
    "plain": ["3.14", "2.71"],
    "thousandths": ["3.141", "2.718"],
    "decimal commas": ["3,14", "0,123"],
    "zeros": ["007", "012"],
    "codes": ["A123", "A124"],
    "codes with blanks": ["SKU 123", "SKU 124"],
    "parts": ["12-34", "-12-34"],
    "fractions": ["1/2", "3/4"],
    "dates": ["2020-01-02", "1.2.2020"],
    "addresses": ["10.0.0.1", "10.0.0.2"],
    "two signs": ["$5", "€5"],
    "two ways": ["$1,234", "$1234"],
    "two places of signs": ["-$5", "$-5"],
    "half of one": ["($5", "$5"],
    "words": ["5%", "five"],
    "ranges": ["5%-6%", "7%"],
    "leading zeros": ["$007", "$012"],
    "pairs": ["1,2", "10,20"],
    "too long": ["$12345678901234567.89", "$1.00"],
    "nothing": [],
}


@pytest.mark.parametrize(("texts", "numbers"), FORMATTED.values(), ids=FORMATTED)
def test_what_is_one(texts, numbers):
    writing = Writing.learn(texts)
    assert [writing.number(text) for text in texts] == numbers
    assert list(map(writing.text, numbers)) == texts
    encoder = TableEncoder().fit(pd.DataFrame({"x": texts}))
    assert encoder.columns_[0].kind == "formatted number"
    low, high = (writing.text(end(numbers)) for end in (min, max))
    assert encoder.columns_[0].words == f"number {low}..{high}"


@pytest.mark.parametrize("texts", OTHERS.values(), ids=OTHERS)
def test_what_is_none(texts):
    assert Writing.learn(texts) is None


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    numbers=st.lists(st.integers(-(10**11), 10**11), min_size=1, max_size=5),
    thousands=st.sampled_from(["", *SEPARATORS]),
    decimal=st.sampled_from(".,"),
    places=st.integers(0, 4),
    trimmed=st.booleans(),
    negative=st.sampled_from(["before", "after", "parentheses"]),
    affix=st.sampled_from([("$", ""), ("", "%"), ("GBP ", ""), ("", "\u00a0€")]),
)
def test_nothing_is_lost(numbers, thousands, decimal, places, trimmed, negative, affix):
    thousands = "" if thousands == decimal else thousands
    writing = Writing(*affix, thousands, decimal, places, trimmed, negative)
    texts = [writing.text(number / 10**places) for number in numbers]
    again = Writing.learn(texts)
    assert [again.text(again.number(text)) for text in texts] == texts


def test_samples_are_written_alike():
    rng = np.random.default_rng(0)
    paid = rng.lognormal(7, 2, 400).round(2)
    X = pd.DataFrame({"paid": paid, "due": 2 * paid}).map("${:,.2f}".format)
    X["share"] = pd.Series([f"{v}%" for v in rng.integers(0, 100, 400)]).mask(paid < 300)
    model = RegularizedGaussian(
        standardize=TableEncoder(rules=[Inequality("paid", "due")]), random_state=0
    ).fit(X)
    made = model.sample(500)
    assert (made.dtypes == X.dtypes).all()
    values = made[["paid", "due"]].map(lambda text: float(text.strip("$").replace(",", "")))
    assert (values["paid"] <= values["due"]).all()
    assert made["paid"].str.fullmatch(r"\$\d{1,3}(,\d{3})*\.\d\d").all()
    assert made["share"].dropna().str.fullmatch(r"\d\d?%").all()
    assert abs(made["share"].isna().mean() - X["share"].isna().mean()) < 0.1
    with pytest.raises(ValueError, match=r"holds '5,00 €', which is not written like '\$1,234.50'"):
        model.score(X.assign(paid="5,00 €"))
    levels = TableEncoder(categorical=["share"]).fit(X)
    assert levels.columns_[2].present.kind == "level"
