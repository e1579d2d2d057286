"""
Handwritten digits
==================

You learn how to judge generated images: by eye, by a classifier that names them, and by their
distance to the training set. The data are the 1,797 digits of scikit-learn, rows of 64 pixels.
`regan.RegularizedGAN` has its default settings. A second GAN has too few images for training, and
it repeats them.
"""

# %%
# Fit
# ---
# `regan.which_model` recommends the GAN for many columns on one scale, such as pixels. Half of the
# images are held out.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from regan import RegularizedGAN, which_model
from regan.metrics import closest_records

digits = load_digits()
train, test, labels, _ = train_test_split(
    digits.data, digits.target, test_size=0.5, stratify=digits.target, random_state=0
)
print(f"recommended: {which_model(train).model.__name__}")
gan = RegularizedGAN(random_state=0).fit(train)
fake = gan.sample(1000, random_state=1)
print(f"{gan.n_iter_} updates, score on held-out digits {gan.score(test):.2f}")

# %%
# The images
# ----------


def mosaic(images, height, width):
    """`height` times `width` images as one, with a blank line between them."""
    tiles = images[: height * width].reshape(height, width, 8, 8)
    tiles = np.pad(tiles, ((0, 0), (0, 0), (0, 1), (0, 1)))
    return tiles.transpose(0, 2, 1, 3).reshape(9 * height, 9 * width)[:-1, :-1]


figure, panels = plt.subplots(1, 2, figsize=(9, 4.8), layout="constrained")
for axes, images, title in zip(panels, (test, fake), ("real", "generated"), strict=True):
    axes.imshow(mosaic(images, 10, 10), cmap="gray_r", vmin=0, vmax=16)
    axes.set_title(title)
    axes.set_axis_off()
plt.show()

# %%
# Are all digits there?
# ---------------------
# A classifier trained on real images names the generated ones. If a digit were missing, its count
# would be 0.

counts = np.bincount(KNeighborsClassifier(5).fit(train, labels).predict(fake), minlength=10)
print("digit ", *(f"{digit:4}" for digit in range(10)))
print("images", *(f"{count:4}" for count in counts))

# %%
# Are they copies?
# ----------------
# A second GAN is trained on 100 images, with four times as many updates as the default for so few.
# A generated image is suspicious if it is nearer to a training image than to any held-out image.
# For both GANs we count how many generated images are.

few = train[:100]
copying = RegularizedGAN(max_iter=1500, random_state=0).fit(few)
copies = copying.sample(1000, random_state=1)

nearer = {}
for name, model, trained_on, images in (
    ("898 images", gan, train, fake),
    ("100 images", copying, few, copies),
):
    nearer[name] = closest_records(trained_on, images, test).nearer_to_training
    print(f"{name}: {100 * nearer[name]:.0f} % nearer to training, score {model.score(test):.2f}")

# %%
# Each generated image with the training image that is nearest to it below:

figure, panels = plt.subplots(2, 1, figsize=(9, 3.8), layout="constrained")
for axes, name, trained_on, images in zip(
    panels, nearer, (train, few), (fake[:14], copies[:14]), strict=True
):
    _, nearest = NearestNeighbors(n_neighbors=1).fit(trained_on).kneighbors(images)
    pairs = np.concatenate([images, trained_on[nearest.ravel()]])
    axes.imshow(mosaic(pairs, 2, 14), cmap="gray_r", vmin=0, vmax=16)
    axes.set(title=f"trained on {name}", xticks=[])
    axes.set_yticks([3.5, 12.5], ["generated", "nearest in training"])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
plt.show()

# %%
# The GAN of 100 images memorizes: most of its images are nearer to a training image than to any
# held-out image. Its score is low as well. The cure is more data. If you have no more, do not train
# longer: more updates bring the images nearer to the training set. :doc:`../guide/trust` says how
# to measure what a model gives away.
#
# The course of training
# ----------------------
# The losses of a GAN show which network is ahead, and not how good the samples are. The sliced
# Wasserstein distance between generated and training rows shows progress. It notices large
# differences and misses small ones.


def smooth(values, width=100):
    """The moving average."""
    return np.convolve(values, np.full(width, 1 / width), mode="valid")


history = gan.history_
figure, (losses, distance) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for player, color in (("generator", "tab:green"), ("discriminator", "0.4")):
    losses.plot(smooth(history[f"{player}_loss"]), color=color, label=player)
losses.set(title="moving average of the losses", xlabel="update", ylabel="loss")
losses.legend(frameon=False)
measured = np.flatnonzero(np.isfinite(history["distance"]))  # not at every update
distance.plot(measured + 1, history["distance"][measured], color="tab:green")
distance.set(title="distance to the training set", xlabel="update", ylim=(0, None))
distance.set_ylabel("sliced Wasserstein")
for axes in (losses, distance):
    axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The claim of this example: with enough images, all ten digits are generated, and they resemble
# held-out digits. The GAN of 100 images repeats them, and its score is lower.

assert counts.min() > 30
assert gan.score(test) > 0.7
assert nearer["898 images"] < 0.65
assert nearer["100 images"] > 0.75
assert copying.score(test) < gan.score(test) - 0.3
