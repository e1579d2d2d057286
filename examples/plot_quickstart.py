"""
A first fit: more wines
=======================

You learn how to fit a model, how to draw rows from it, and how to judge these rows. The data are
178 wines with 13 chemical measurements each, in very different units. We fit two models with their
default settings: the one that `regan.which_model` recommends for this table, and a GAN.
"""

# %%
# Fit and sample
# --------------
# Half of the rows are the training set. The other half is held out to judge the models. The
# estimators scale the columns themselves, and samples are in the units of the data.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from regan import RegularizedGAN, which_model
from regan.metrics import closest_records, precision_coverage, two_sample_score

wine = load_wine()
train, test = train_test_split(wine.data, test_size=0.5, stratify=wine.target, random_state=0)

found = which_model(train)
print(f"recommended: {found.model.__name__}, because {found.reason}")

mixture = found.model(random_state=0).fit(train)
gan = RegularizedGAN(random_state=0).fit(train)
print("a generated wine:", *np.round(mixture.sample(1, random_state=1)[0], 2))

# %%
# Are the rows good?
# ------------------
# A score of 1 is what fresh real rows reach. Two more tables put the scores into perspective:
#
# - *Real* is the training set. It comes from the same distribution as the held-out rows.
# - *Shuffled* is the training set with each column shuffled separately. Its histograms are right,
#   but its columns are independent. A model that scores no better has learned no relation between
#   columns.
#
# Two samples of 89 rows differ by chance, so the scores are means over ten samples.

rng = np.random.default_rng(0)
tables = {
    "real": [train],
    "shuffled": [rng.permuted(train, axis=0) for _ in range(10)],
    "mixture": [mixture.sample(len(test), random_state=seed) for seed in range(10)],
    "GAN": [gan.sample(len(test), random_state=seed) for seed in range(10)],
}
scale = StandardScaler().fit(train).transform


def measure(rows):
    """Score, precision and coverage of `rows` compared with the held-out rows."""
    shares = precision_coverage(scale(test), scale(rows))
    return two_sample_score(scale(test), scale(rows)), shares.precision, shares.coverage


print(f"{'':10}{'score':>8}{'precision':>11}{'coverage':>10}")
scores = {}
for name, samples in tables.items():
    means = np.mean([measure(rows) for rows in samples], axis=0)
    print("{:10}{:8.2f}{:11.2f}{:10.2f}".format(name, *means))
    scores[name] = means[0]

# %%
# The first two principal components of the real wines separate the three cultivars. Both models
# reproduce the three groups. Shuffled columns fill the space between them.

projection = PCA(2).fit(scale(wine.data))
figure, panels = plt.subplots(
    1, 3, figsize=(10, 3.8), sharex=True, sharey=True, layout="constrained"
)
for axes, name in zip(panels, ("shuffled", "mixture", "GAN"), strict=True):
    for rows, label, marker, color in (
        (wine.data, "real", "o", "0.7"),
        (tables[name][0], "generated", "x", "tab:red"),
    ):
        points = projection.transform(scale(rows))
        axes.scatter(*points.T, s=22, marker=marker, color=color, linewidth=1.2, label=label)
    axes.set(title=f"{name}: score {scores[name]:.2f}", xlabel="first component")
panels[0].set_ylabel("second component")
panels[0].legend()
plt.show()

# %%
# Are they copies?
# ----------------
# A model of few rows may repeat its training set. Half of the generated rows should be nearer to a
# training row than to any held-out row. A larger share is a sign of memorization.

nearer = {}
for name, model in (("mixture", mixture), ("GAN", gan)):
    rows = scale(model.sample(2000, random_state=1))
    nearer[name] = closest_records(scale(train), rows, scale(test)).nearer_to_training
    print(f"{name}: {100 * nearer[name]:.0f} % of the rows are nearer to a training row")

# %%
# The GAN is nearer to its training set than the mixture is. That is one reason to use the mixture
# for tables of so few rows; :doc:`../guide/which_model` has the measurements.
#
# The claim of this example: rows of both models are much nearer to unseen wines than shuffled
# columns are, and not far behind real wines. The GAN is the one that comes nearer to its training
# set.

for name in ("mixture", "GAN"):
    assert scores["real"] - 0.2 < scores[name]
    assert scores[name] > scores["shuffled"] + 0.3
assert 0.5 < nearer["mixture"] < nearer["GAN"] < 0.75
