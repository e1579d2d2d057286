"""What results print as, at a prompt and in a notebook."""

import numpy as np
import pandas as pd

from regan.metrics import Difference, Evaluation, disclosure, membership


def test_differences_print_as_a_table():
    columns = [Difference(("pay",), 0.5, 0.2), Difference(("<b>",), 0.1, 0.2)]
    pairs = [Difference(("pay", "age"), 0.3, 0.1, 0.8, float("nan"))]
    found = Evaluation(columns=columns, pairs=pairs)
    assert repr(found.columns).splitlines() == [
        "column  difference  chance  beyond chance",
        "pay          0.500   0.200            yes",
        "<b>          0.100   0.200             no",
    ]
    assert repr(found.pairs).splitlines() == [
        "pair of columns  difference  chance  beyond chance  real  generated",
        "pay and age           0.300   0.100            yes  0.80",
    ]
    page = found.columns._repr_html_()
    assert "<th>&lt;b&gt;</th><td>0.100</td>" in page
    assert found.columns == columns
    assert found.columns[0].names == ("pay",)
    assert repr(found.columns[0]) == "<Difference of pay: 0.500 (by chance up to 0.200)>"


def test_disclosure_prints_its_warnings_and_a_table():
    rng = np.random.default_rng(0)
    train, fake = (
        pd.DataFrame({"pay": rng.normal(size=200), "town": list("abcd") * 50}) for _ in range(2)
    )
    found = disclosure(train, fake)
    assert repr(found).splitlines()[0] == "No finding is beyond chance."
    fake.loc[:19, "pay"] = train.loc[:19, "pay"]
    found = disclosure(train, fake, examples=1)
    first, *lines = repr(found).splitlines()
    assert first.startswith("Generated rows repeat 20 of 200 rows that are unique in the data")
    assert lines[1].startswith("values of")
    pay = next(line.split() for line in lines if line.startswith("pay "))
    assert pay[1:6] == ["200", "20", "10.00%", "0.00%", "yes"]
    assert f"<p>{first}</p>" in found._repr_html_().replace("&#x27;", "'")
    assert "<th>pay</th><td>200</td><td>20</td>" in found._repr_html_()


def test_pairs_of_columns_beyond_ten_are_counted():
    train = np.random.default_rng(0).integers(0, 12, (200, 6)).astype(float)
    fake = np.random.default_rng(1).integers(0, 12, (200, 6)).astype(float)
    found = disclosure(train, fake)
    assert len(found.pairs) == 15
    assert repr(found).splitlines()[-1] == "5 more pairs"
    assert "\ncolumn 0 and column " in repr(found)


def test_membership_prints_its_warnings_and_a_table():
    train, fake, holdout = np.random.default_rng(0).normal(size=(3, 100, 3))
    assert repr(membership(train, fake, holdout)).startswith("No finding is beyond chance.\n")
    found = membership(train, train, holdout)
    lines = repr(found).splitlines()
    assert lines[0].startswith("100 of 100 training rows are nearly repeated")
    assert lines[3].split() == ["attack", "by", "AUC", "standard", "error", "true", "positives"]
    assert lines[-6].split() == ["distance,", "training", "rows", "1.000", "0.000", "1.000"]
    assert found._repr_html_().startswith(f"<p>{lines[0]}</p>")
