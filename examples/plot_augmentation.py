"""
Augmentation: rare classes
==========================

You learn whether generated rows of a rare class help a classifier. On two tables, classifiers are
trained without resampling, with repeated rows, with SMOTE, with rows of generative models, and with
more real rows. Some of them gain, one loses clearly, and none gains as much as with real rows.
"""

# %%
# Two tables
# ----------
# The first table has measurements of tumors. Of each training set all malignant tumors but twenty
# are removed. The second table has occupants of cars in accidents, numbers and categories; one in
# 22 died. The column that names the injury is left out, and so is the one row with a missing cell.
# Flags of 0 and 1 are categories.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imblearn.datasets import make_imbalance
from imblearn.over_sampling import SMOTE, SMOTENC, RandomOverSampler
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tables import nass_cds

from regan import RegularizedGAN, RegularizedMixture
from regan.plugins.imblearn import GANOverSampler

REPEATS = 3


def tumors():
    """569 rows of 30 numbers; True is malignant."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X, y == 0


def accidents():
    """26,216 rows, 4 columns of numbers and 8 of categories; True is dead."""
    rows = nass_cds().drop(columns=["caseid", "injSeverity"]).dropna()
    X, numbers = rows.drop(columns="dead"), ["weight", "ageOFocc", "yearacc", "yearVeh"]
    levels = X.columns.difference(numbers)
    return X.astype(dict.fromkeys(levels, "category")), rows["dead"] == "dead"


def splits(X, y, n_train, n_rare):
    """Training rows, `n_rare` of them of the rare class, more real rows, up to 3,000 test rows.

    With the further real rows of the rare class, the classes are of one size, or as near as the
    table allows.
    """
    n_test = min(3000, len(X) - n_train)
    cut = StratifiedShuffleSplit(REPEATS, train_size=n_train, test_size=n_test, random_state=0)
    for seed, (train, test) in enumerate(cut.split(X, y)):
        rare = {True: n_rare}
        some = make_imbalance(
            X.iloc[train], y.iloc[train], sampling_strategy=rare, random_state=seed
        )
        left = y.index[y].difference(some[1].index).difference(y.index[test])
        lacking = len(some[1]) - 2 * n_rare
        left = left[np.random.default_rng(seed).permutation(len(left))[:lacking]]
        more = tuple(
            pd.concat([part, whole.loc[left]]) for part, whole in zip(some, (X, y), strict=True)
        )
        yield seed, some, more, (X.iloc[test], y.iloc[test])


TABLES = {"tumors": (*tumors(), 284, 20), "accidents": (*accidents(), 1200, 54)}

# %%
# Seven ways, two classifiers
# ---------------------------
# More real rows of the rare class show what a perfect model of this class would gain. They are
# neither in the training set nor in the test set.
#
# All samplers bring the rare class to the size of the other class. SMOTENC is SMOTE for tables with
# categories. A mixture and a GAN with default settings learn the rare class alone. One more GAN
# learns both classes (``conditional=True``); it makes few updates, to save time.


def samplers(X, seed):
    """By name."""
    mixed = "weight" in X
    both = RegularizedGAN(conditional=True, hidden_layer_sizes=(64, 64), max_iter=400)
    return {
        "repeated rows": RandomOverSampler(random_state=seed),
        "SMOTE": SMOTENC("auto", random_state=seed) if mixed else SMOTE(random_state=seed),
        "mixture of the rare class": GANOverSampler(RegularizedMixture(), random_state=seed),
        "GAN of the rare class": GANOverSampler(RegularizedGAN(), random_state=seed),
        "GAN of both classes": GANOverSampler(both, random_state=seed),
    }


numbers = make_column_selector(dtype_exclude="category")
levels = make_column_selector(dtype_include="category")
encoder = make_column_transformer(
    (StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), levels)
)
CLASSIFIERS = {
    "logistic regression": make_pipeline(encoder, LogisticRegression(max_iter=1000)),
    "boosted trees": HistGradientBoostingClassifier(max_iter=30, random_state=0),
}
MEASURES = ("balanced accuracy", "average precision")


def measure(classifier, train, test):
    """Balanced accuracy at the threshold 1/2, and average precision, which has no threshold."""
    X, y = test
    chance = clone(classifier).fit(*train).predict_proba(X)[:, 1]
    return balanced_accuracy_score(y, chance > 0.5), average_precision_score(y, chance)


def compare(X, y, n_train, n_rare):
    """A row for each split, sampler, classifier and measure."""
    found = []
    for seed, train, real, test in splits(X, y, n_train, n_rare):
        sets = {"none": train, "more real rows": real}
        for sampler, resample in samplers(X, seed).items():
            sets[sampler] = resample.fit_resample(*train)
        for sampler, more in sets.items():
            for name, classifier in CLASSIFIERS.items():
                values = measure(classifier, more, test)
                found += [
                    (name, m, sampler, seed, v) for m, v in zip(MEASURES, values, strict=True)
                ]
    return pd.DataFrame(found, columns=["classifier", "measure", "sampler", "split", "value"])


results = {name: compare(*table) for name, table in TABLES.items()}

# %%
# The results
# -----------
# Means over the splits with their standard errors. The splits share rows, so these errors are
# rather too small.

means, errors = {}, {}
for table, found in results.items():
    grouped = found.groupby(["sampler", "measure", "classifier"], sort=False)["value"]
    columns = ["measure", "classifier"]
    means[table] = grouped.mean().unstack(columns, sort=False)
    errors[table] = grouped.sem().unstack(columns, sort=False)
    for measured in MEASURES:
        mean, error = means[table][measured], errors[table][measured]
        cells = mean.map("{:.3f}".format) + error.map(" ± {:.3f}".format)
        print(f"{table}, {measured}\n{cells.rename_axis(index=None, columns=None)}\n")

# %%
# The same as a picture.

figure, panels = plt.subplots(2, 2, figsize=(9.5, 6.2), sharey=True, layout="constrained")
for row, table in zip(panels, results, strict=True):
    for panel, measured in zip(row, MEASURES, strict=True):
        mean, error = means[table][measured], errors[table][measured]
        for shift, classifier in zip((-0.1, 0.1), CLASSIFIERS, strict=True):
            height = np.arange(len(mean)) + shift
            panel.errorbar(mean[classifier], height, xerr=error[classifier], fmt="o")
        panel.set_yticks(range(len(mean)), mean.index)
        panel.set(title=table, xlabel=measured)
panels[0, 0].invert_yaxis()
figure.legend(list(CLASSIFIERS), loc="outside upper right", ncols=2)
plt.show()

# %%
# How to read it
# --------------
# - **Balanced accuracy** has a threshold of 1/2, and more rows of the rare class move the
#   classifier's probabilities above it. On the accidents all samplers gain much. Repeated rows are
#   enough for logistic regression. Trees can isolate a row however often it is repeated, so they
#   gain more from rows of a model of the rare class. On the tumors the samplers differ by no more
#   than their standard errors.
# - **Average precision** has no threshold, and no sampler gains there. No sampler is better than
#   none by more than the standard errors. If only the threshold is wrong, move the threshold; that
#   takes no training.
# - **More real rows** have the highest mean by each measure, because they have information that the
#   training set does not have. Some of the differences are smaller than the standard errors. If you
#   can get more real rows, get them.
# - **A GAN of both classes loses** on the accidents: logistic regression ranks the test rows worse
#   than without resampling. A minibatch of 128 rows has six rows of the rare class, so a short
#   training learns little about it. The cure is a model of the rare class alone, if it has enough
#   rows.

# %%
# The claim of this example: on the accidents trees gain more from rows of a model of the rare class
# than from repeated rows, and less than from more real rows. Average precision gains from no
# sampler on either table. The GAN of both classes loses on the accidents.

for table in TABLES:
    precision = means[table]["average precision"]
    samplers_alone = precision.drop(["none", "more real rows"])
    assert (samplers_alone < precision.loc["none"] + 0.02).all(axis=None)
balanced, precision = (means["accidents"][measured] for measured in MEASURES)
assert (balanced.drop("none") > balanced.loc["none"] + 0.03).all(axis=None)
trees, linear = balanced["boosted trees"], precision["logistic regression"]
for model in ("mixture", "GAN"):
    assert trees[f"{model} of the rare class"] > trees["repeated rows"] + 0.03
    assert trees[f"{model} of the rare class"] < trees["more real rows"]
    assert linear[f"{model} of the rare class"] > linear["GAN of both classes"]
assert linear["GAN of both classes"] < linear["none"] - 0.01
