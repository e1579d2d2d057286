"""
Choosing alpha
==============

How strong should an L1 penalty be? One batched run trains a model for every candidate and every
fold, and the folds choose. This page asks what the choice is worth: on rows that neither training
nor selection has seen, over repeated splits, beside no penalty, the weakest and the strongest.
"""

# %%
# One search
# ----------
# Measurements of tumours, 569 rows of 30 columns. The networks are small and their training short,
# so that this page is soon through: every model makes 600 updates of 64 rows.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.model_selection import ShuffleSplit

from regan import RegularizedGAN, RegularizedGANCV, gan_path
from regan.displays import PathDisplay

ALPHAS = [0.0, 1e-4, 1e-3, 1e-2]
DATA = {"wine": load_wine().data, "breast_cancer": load_breast_cancer().data}


def search(X, seed):
    """Four candidates on three folds: 12 models in one run."""
    small = {"hidden_layer_sizes": (32, 32), "max_iter": 600, "batch_size": 64}
    gan = RegularizedGAN("l1", **small, random_state=seed)
    return RegularizedGANCV(gan, alphas=ALPHAS, cv=3, refit=False).fit(X)


PathDisplay.from_estimator(search(DATA["breast_cancer"], 0))
plt.show()

# %%
# Up to a strength the score hardly changes, beside its band: it is the standard deviation over the
# folds. Then the penalty takes the networks away.
#
# What the choice is worth
# ------------------------
# Each table is cut three times. Three tenths of the rows are for training and selection, so that
# there is something to overfit; then models with all four strengths are trained on them, again as
# one population, and scored on the other seven tenths.


def compare(X, repeats=3):
    """By split: which strength the folds chose, and the unseen scores of all."""
    chosen, unseen = [], []
    splits = ShuffleSplit(repeats, test_size=0.7, random_state=0).split(X)
    for seed, (train, test) in enumerate(splits):
        found = search(X[train], seed)
        models = gan_path(X[train], estimator=found.estimator, alphas=ALPHAS)
        chosen.append(found.best_index_)
        unseen.append([model.score(X[test]) for model in models])
    return np.array(chosen), np.array(unseen)


results = {name: compare(X) for name, X in DATA.items()}
for name, (chosen, unseen) in results.items():
    print(f"{name}: scores on unseen rows, split by split")
    picked = unseen[np.arange(len(chosen)), chosen]
    rows = {"the choice": picked} | {f"alpha={ALPHAS[i]:g}": unseen[:, i] for i in (0, 1, -1)}
    for row, scores in rows.items():
        print(f"    {row:14}" + "".join(f"{score:8.2f}" for score in scores))
    print(f"    chosen were {', '.join(f'{ALPHAS[i]:g}' for i in chosen)}\n")

# %%
# The picture shows the same, with the strength between; a ring is the one that the folds chose.

figure, panels = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
for panel, (name, (chosen, unseen)) in zip(panels, results.items(), strict=True):
    for k, scores in enumerate(unseen):
        (line,) = panel.plot(scores, marker=".", label=f"split {k + 1}")
        panel.plot(chosen[k], scores[chosen[k]], "o", ms=12, mfc="none", color=line.get_color())
    panel.set(title=name, xlabel="alpha", ylabel="score on unseen rows")
    panel.set_xticks(range(len(ALPHAS)), [f"{alpha:g}" for alpha in ALPHAS])
    panel.legend()
plt.show()

# %%
# The folds always keep clear of a penalty that is too strong: that is most of what a choice is
# worth. Among the weak ones they tell little, because they train on 36 and 114 rows and score on
# half as many: on breast_cancer a stronger penalty than theirs would have been better by .06 in the
# mean over splits. That is less than a tenth of what the strongest one costs.

for chosen, unseen in results.values():
    best = unseen[np.arange(len(chosen)), chosen]
    assert (best > unseen[:, -1]).all()
    means = unseen.mean(axis=0)
    assert means.max() - best.mean() < 0.1 * (best.mean() - means[-1])
