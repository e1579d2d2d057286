"""
Regularization: all methods compared
====================================

You see what each regularizer of regan gains by itself, and what it costs. Two data sets show mode
collapse clearly: eight clusters on a ring and 25 on a grid. All fits would take half an hour, so
this page plots the records of a study.
"""

# %%
# The study
# ---------
# A setting is one change to one of two bases. *Plain* is the non-saturating GAN without any
# penalty. *Paired* is the default loss and gradient penalty (relativistic, R1 + R2) without weight
# penalty. ``python benchmarks/studies/regularizers.py run`` makes the records, and has the strength
# of every setting. The full table is in :doc:`../guide/choosing`.
#
# Networks and budget are small on purpose, because good training hides differences. The hidden
# layers have 64 and 64 units, minibatches 64 rows, and there are 2,500 updates. For the same reason
# all fits have ``frames=None``: with the default frames a GAN finds all clusters of the ring
# without any other setting (:doc:`plot_ring`).

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import regan

study = json.loads(
    (Path(regan.__file__).parents[1] / "docs" / "data" / "regularizers.json").read_text()
)
fits = study["fits"]
names = list(dict.fromkeys(record["name"] for record in fits))
family = {record["name"]: record["family"] for record in fits}
print(f"{len(fits)} fits, seeds {sorted({record['seed'] for record in fits})}")
print(", ".join(f"{name} {version}" for name, version in study["about"]["versions"].items()))


def values(metric, base, data, name):
    """The results of one setting, an array with one value for each seed."""
    key = (base, data, name)
    found = [r[metric] for r in fits if (r["base"], r["data"], r["name"]) == key]
    return np.array(found, dtype=float)


def label(name):
    """The name of a setting as it is shown."""
    return f"matching {name}" if family[name] == "matching" else name


# %%
# Clusters and quality
# --------------------
# A row is of high quality if it lies within three standard deviations of a cluster's center; 98.9 %
# of real rows do. A cluster is *covered* if it has at least a quarter of its due share of rows. A
# good setting is in the upper right corner.

STYLE = {"plain": ("tab:orange", "s"), "paired": ("tab:blue", "o")}
NOTED = {
    "plain": ("none", "latent mixture, G", "R1 + R2", "non-negative, D"),
    "paired": ("none", "latent mixture, G", "L1 ball, both", "batch norm, G"),
}
figure, panels = plt.subplots(1, 2, figsize=(10, 4.6), sharex=True, sharey=True)
figure.set_layout_engine("constrained")
for axes, (base, (color, marker)) in zip(panels, STYLE.items(), strict=True):
    for name in names:
        covered = values("covered", base, "ring", name)
        if not len(covered):
            continue
        at = covered.mean(), 100 * values("high_quality", base, "ring", name).mean()
        noted = name in NOTED[base]
        axes.plot(*at, marker, color=color, alpha=1 if noted else 0.35, markersize=7)
        if noted:
            text = "no regularizer" if name == "none" and base == "plain" else label(name)
            text = "R1 + R2 (base)" if name == "none" and base == "paired" else text
            right = at[0] > 4
            offset = (-8, 8) if right else (8, 6)
            side = "right" if right else "left"
            axes.annotate(text, at, xytext=offset, textcoords="offset points", ha=side)
    axes.set(
        title=f"base: {base}", xlabel="clusters covered, of 8", xlim=(-0.4, 8.4), ylim=(-4, 104)
    )
    axes.spines[["top", "right"]].set_visible(False)
panels[0].set_ylabel("rows of high quality, %")
plt.show()

# %%
# Sorted by the clusters covered, then by quality: the first ten and the last five settings.

for base in ("plain", "paired"):
    there = [name for name in names if len(values("slope", base, "ring", name))]
    quality = {name: 100 * values("high_quality", base, "ring", name).mean() for name in there}
    modes = {name: values("covered", base, "ring", name).mean() for name in there}
    ranked = sorted(there, key=lambda name: (-modes[name], -quality[name]))
    print(f"\n{base}, ring{'clusters':>30}{'high quality':>14}{'reverse KL':>12}{'slope of D':>12}")
    for name in [*ranked[:10], None, *ranked[-5:]]:
        if name is None:
            print("  ...")
            continue
        kl = values("reverse_kl", base, "ring", name).mean()
        steep = values("slope", base, "ring", name).mean()
        print(
            f"  {label(name):<{len(base) + 28}}{modes[name]:>6.1f}{quality[name]:>12.1f} %"
            f"{kl:>12.3f}{steep:>12.3g}"
        )

# %%
# All settings
# ------------
# Bars are standard errors over the seeds. Dotted lines are the bases themselves.

PANELS = (
    ("covered", "ring", 1, 8, "ring: clusters covered, of 8"),
    ("high_quality", "ring", 100, 100, "ring: high quality, %"),
    ("high_quality", "grid", 100, 100, "grid: high quality, %"),
    ("seconds", "ring", 1, 12, "ring: CPU seconds a fit"),
)
figure, panels = plt.subplots(1, 4, figsize=(10.5, 12.5), sharey=True, layout="constrained")
for axes, (metric, data, unit, most, title) in zip(panels, PANELS, strict=True):
    for shift, base in ((-0.17, "plain"), (0.17, "paired")):
        color, marker = STYLE[base]
        bare = unit * values(metric, base, data, "none").mean()
        axes.axvline(bare, color=color, linewidth=1, linestyle=":")
        for row, name in enumerate(names):
            x = unit * values(metric, base, data, name)
            if len(x):
                bar = x.std(ddof=1) / np.sqrt(len(x)) if len(x) > 1 else 0
                axes.errorbar(
                    x.mean(),
                    row + shift,
                    xerr=bar,
                    color=color,
                    marker=marker,
                    markersize=4,
                    linewidth=1,
                    label=base if row == 0 else None,
                )
    edges = [row for row in range(1, len(names)) if family[names[row]] != family[names[row - 1]]]
    for top, bottom in zip([0, *edges][1::2], [*edges, len(names)][1::2], strict=False):
        axes.axhspan(top - 0.5, bottom - 0.5, color="0.95", linewidth=0, zorder=0)
    axes.set_title(title, fontsize=10)
    axes.set(xlim=(-0.03 * most, 1.03 * most), ylim=(len(names) - 0.5, -0.5))
    axes.set_xticks(np.linspace(0, most, 5))
    axes.set_yticks(range(len(names)), [label(name) for name in names], fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
plt.show()

# %%
# What stands out
# ---------------
# - **Quality alone misleads.** Without any regularizer the plain GAN has more rows of high quality
#   than most regularized ones, but they lie in two or three of eight clusters. Read it together
#   with the clusters covered.
# - **A limit on the discriminator's slope spreads the samples.** Gradient penalties cover about
#   twice as many clusters as the plain base. At this budget constant penalties cost sharpness; a
#   penalty that falls loses less. Constraints on the discriminator's weights make the clusters more
#   even too, and blur more. A gradient penalty takes a third to a half more time. At every fourth
#   update it takes much less, and does as well.
# - **Separate noise helps most.** With a latent mixture the generator does not have to connect the
#   clusters. Nothing else comes near on either base. Smooth data have no such gaps.
# - **With a gradient penalty, mild additions help.** Norm balls on the weights, batch norm in the
#   generator and light penalties on outputs and activations increase the clusters covered. Gradient
#   clipping and momentum change next to nothing. The paired loss is no better than the
#   non-saturating loss with the same penalty.
# - **Strengths do not carry over.** An L2 penalty of 0.01 or an L1 penalty of 0.001 costs the plain
#   base half of its quality or more. It costs the paired base, whose gradients are smaller, nearly
#   all.
# - **Some methods do harm here.** A discriminator of non-negative weights can only rise in each
#   direction, so it cannot separate a ring from its middle. A discriminator with batch norm sees
#   each minibatch relative to itself, and not where it lies. Matching row by row pulls samples to
#   the mean of the data. Dropout in the discriminator, instance noise, a slower generator and a
#   quarter of the weights blur the samples.
#
# To use one of them in practice, begin with the defaults: frames and a gradient penalty.

# %%
# The claim of this example: without a regularizer the plain GAN covers fewer than half of the
# clusters although its quality is high. Each gradient penalty covers more, and a latent mixture
# covers all of them on both bases.


def mean(metric, base, name):
    """The mean over the seeds, on the ring."""
    return values(metric, base, "ring", name).mean()


assert mean("covered", "plain", "none") < 4
assert mean("high_quality", "plain", "none") > mean("high_quality", "plain", "R1 + R2")
for name in ("R1", "R2", "R1 + R2", "R1 + R2, falling", "WGAN-GP", "Roth"):
    assert mean("covered", "plain", name) > mean("covered", "plain", "none")
assert all(mean("covered", base, "latent mixture, G") == 8 for base in STYLE)
