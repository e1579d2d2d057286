"""
Handwritten digits
==================

The 1,797 digits of scikit-learn, 8 x 8 pixels each, taken as rows of 64 numbers. No convolutions,
no tuning: `regan.RegularizedGAN` with its defaults on a table.
"""

# %%
# Fit
# ---
# Some pixels at the border are 0 in every image. Constant columns come back constant.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from regan import RegularizedGAN

digits = load_digits()
train, test, labels, _ = train_test_split(
    digits.data, digits.target, test_size=0.25, stratify=digits.target, random_state=0
)
gan = RegularizedGAN(random_state=0).fit(train)
fake = gan.sample(1000, random_state=1)

print(f"{gan.n_iter_} updates, score on unseen digits {gan.score(test):.3f}")

# %%
# Which digits?
# -------------
# A classifier trained on real images names the generated ones. A model that drops modes would miss
# some of the ten classes.

classifier = KNeighborsClassifier(5).fit(train, labels)
named = classifier.predict(fake)
counts = np.bincount(named, minlength=10)
for digit, count in enumerate(counts):
    print(f"{digit}: {count:4d} of {len(fake)}")

# %%
# Are they copies? If the model had memorised its training rows, generated images would lie much
# nearer to them than test images do.


def distance_to_training(rows):
    """The median distance from each of `rows` to the training row nearest to it."""
    nearest, _ = KNeighborsClassifier(1).fit(train, labels).kneighbors(rows)
    return float(np.median(nearest))


to_fake, to_test = distance_to_training(fake), distance_to_training(test)
print(f"median distance to the nearest training image: generated {to_fake:.1f}, test {to_test:.1f}")

# %%
# The picture
# -----------


def mosaic(rows, n=10):
    """`n` times `n` images as one, with a blank line between them."""
    tiles = np.pad(rows[: n * n].reshape(n, n, 8, 8), ((0, 0), (0, 0), (0, 1), (0, 1)))
    return tiles.transpose(0, 2, 1, 3).reshape(9 * n, 9 * n)[:-1, :-1]


figure, panels = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")
for axes, rows, title in zip(panels, (test, fake), ("real", "generated"), strict=True):
    axes.imshow(mosaic(rows), cmap="gray_r", vmin=0, vmax=16)
    axes.set_title(title)
    axes.set_axis_off()
plt.show()

# %%
# The course of training
# ----------------------
# The losses of a GAN say who is ahead, not how good the samples are. The distance between generated
# and real rows, taken after every window of updates, is there for that: it compares the rows
# direction by direction, notices what is badly wrong, and is blind to details.


def smooth(values, width=100):
    """The running mean."""
    width = min(width, len(values))
    return np.convolve(values, np.full(width, 1 / width), mode="valid")


history = gan.history_
figure, (losses, distance) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for player, color in (("generator", "tab:red"), ("discriminator", "0.3")):
    losses.plot(smooth(history[f"{player}_loss"]), color=color, label=player)
losses.set(title="losses", xlabel="update")
losses.legend()
measured = np.flatnonzero(np.isfinite(history["distance"]))  # it is measured now and then
distance.plot(measured + 1, history["distance"][measured], color="tab:red")
distance.set(title="sliced Wasserstein distance to the data", xlabel="update", ylim=(0, None))
for axes in (losses, distance):
    axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The claim of this example: all ten digits are generated, they resemble unseen digits, and they are
# no copies of the training rows.

assert counts.min() > 0
assert gan.score(test) > 0.4
assert to_fake > 0.5 * to_test
