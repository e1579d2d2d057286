"""
All regularizers, one by one
============================

Every regularizer of regan alone, on two data sets where mode collapse shows: what each one buys,
and what it costs. The study takes half an hour, so this page reads its records; the last part
trains live.
"""

# %%
# The study
# ---------
# A setting is one change to one of two bases: *plain* is the non-saturating GAN without any
# penalty, *paired* the default loss and gradient penalty (relativistic, R1 + R2), without weight
# penalty. The data are eight modes on a ring and 25 on a grid. The records come from ``python
# benchmarks/studies/regularizers.py run``, which has the strength of every setting; the full table
# is in :doc:`../guide/choosing`.
#
# Networks and budget are small on purpose, because good training hides differences: hidden layers
# of 64 and 64 units, minibatches of 64 rows, 2,500 updates, each of the discriminator and then of
# the generator.

import json
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import regan
from regan import RegularizedGAN
from regan.datasets import make_ring
from regan.layers import LatentMixture
from regan.metrics import mode_report

warnings.filterwarnings("ignore", "generated rows are far")  # they are small on purpose

study = json.loads(
    (Path(regan.__file__).parents[1] / "docs" / "data" / "regularizers.json").read_text()
)
fits = study["fits"]
names = list(dict.fromkeys(record["name"] for record in fits))
family = {record["name"]: record["family"] for record in fits}
print(f"{len(fits)} fits, seeds {sorted({record['seed'] for record in fits})}")
print(", ".join(f"{name} {version}" for name, version in study["about"]["versions"].items()))

# %%
# What they reach
# ---------------
# A row is of high quality if it lies within three standard deviations of a mode; of real rows
# 98.9 % do. A mode is *covered* if a quarter of its due share of rows or more lies there. Lists
# are sorted by the modes covered, then by quality; bars in the figure are standard errors over
# the seeds.


def values(metric, base, data, name):
    """What the fits of one setting have, an array with one value a seed."""
    key = (base, data, name)
    found = [r[metric] for r in fits if (r["base"], r["data"], r["name"]) == key]
    return np.array(found, dtype=float)


def label(name):
    """The name of a setting as it is shown."""
    return f"matching {name}" if family[name] == "matching" else name


for base in ("plain", "paired"):
    there = [name for name in names if len(values("slope", base, "ring", name))]
    quality = {name: 100 * values("high_quality", base, "ring", name).mean() for name in there}
    modes = {name: values("covered", base, "ring", name).mean() for name in there}
    ranked = sorted(there, key=lambda name: (-modes[name], -quality[name]))
    print(f"\n{base}, ring{'modes':>30}{'high quality':>14}{'reverse KL':>12}{'slope of D':>12}")
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
# The picture has all of them. Dotted lines are the bases without any regularizer of their own.

STYLE = {"plain": ("tab:orange", "s"), "paired": ("tab:blue", "o")}
PANELS = (
    ("covered", "ring", 1, 8, "ring: modes covered, of 8"),
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
# - **Quality alone misleads.** Without any regularizer the plain GAN has more rows of high
#   quality than most regularized ones, on two or three of eight modes. Read it beside the modes
#   covered.
# - **A limit on the discriminator's slope spreads the samples.** Gradient penalties cover about
#   twice the modes of the plain base. Constant ones take sharpness for it at this budget; one
#   that falls gives some of it back. Constraints on the discriminator's weights make the modes
#   more even too, and blur more. The second-order pass costs a third to a half more time, much
#   less at every fourth update, which does as well.
# - **Separate noise helps most.** With a latent mixture the generator need not bridge the gaps
#   between modes. Nothing else comes near, on either base; but smooth data do not have such gaps.
# - **Beside a gradient penalty, mild things help.** Norm balls on the weights, batch norm in the
#   generator and light penalties on outputs and activations raise the modes covered; gradient
#   clipping and momentum change next to nothing, and the paired loss is no better than the
#   non-saturating one with the same penalty.
# - **Strengths do not carry over.** An L2 penalty of 0.01 or an L1 penalty of 0.001 costs the
#   plain base half of its quality or more, and the paired one, whose gradients are smaller,
#   nearly all.
# - **Some do harm here.** A discriminator of non-negative weights can only rise in each
#   direction, so it cannot tell a ring from its middle. One with batch norm sees each batch
#   relative to itself, and no longer where it lies. Matching row by row pulls samples to the mean
#   of the data. Dropout in the discriminator, instance noise, a slower generator and a quarter of
#   the weights blur.

# %%
# Live
# ----
# Three settings with two seeds each and 4,000 updates: the plain GAN, the same with R1 + R2, and
# the default loss with a latent mixture, a generator whose noise has as many separate pieces as
# there may be modes. The networks are updated in turn, as in the study.

SIGMA = 0.02
X, _, centers = make_ring(10_000, sigma=SIGMA, random_state=0)
SETTINGS = {
    "plain": {"loss": "non_saturating", "gradient_penalty": None},
    "R1 + R2": {"loss": "non_saturating"},
    "default, mixture": {"architecture": (LatentMixture(), None)},
}
reports, samples = {}, {}
for name, settings in SETTINGS.items():
    for seed in (0, 1):
        gan = RegularizedGAN(
            **settings,
            penalty=None,
            hidden_layer_sizes=(64, 64),
            batch_size=64,
            frames=None,
            learning_rate_init=5e-3,
            n_discriminator_steps=1,
            max_iter=4000,
            random_state=seed,
        ).fit(X)
        samples[name] = gan.sample(10_000, random_state=1)
        reports[name, seed] = mode_report(samples[name], centers, SIGMA)

print(f"{'':<18}{'seed':>4}{'modes':>7}{'high quality':>14}{'reverse KL':>12}{'std / sigma':>13}")
for (name, seed), r in reports.items():
    print(
        f"{name:<18}{seed:>4}{r.n_modes:>7}{100 * r.high_quality:>12.1f} %{r.reverse_kl:>12.3f}"
        f"{r.relative_std:>13.2f}"
    )

figure, panels = plt.subplots(1, 3, figsize=(10, 3.7), layout="constrained")
for axes, (name, rows) in zip(panels, samples.items(), strict=True):
    axes.scatter(*X[:2500].T, s=6, color="0.75", linewidth=0)
    axes.scatter(*rows[:2500].T, s=4, color="tab:blue", alpha=0.4, linewidth=0)
    axes.set(title=name, xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal")
    axes.set(xticks=[], yticks=[])
plt.show()

# %%
# The claim of this example: where the plain GAN's rows are as concentrated as if they were spread
# evenly over half of the modes or fewer (a reverse KL divergence of log 2 and more), R1 + R2
# reaches all of them, in each of the seeds.

assert all(reports["plain", seed].reverse_kl >= np.log(2) for seed in (0, 1))
for name in ("R1 + R2", "default, mixture"):
    assert all(reports[name, seed].n_modes == 8 for seed in (0, 1))
    assert all(reports[name, seed].reverse_kl < 0.1 for seed in (0, 1))
