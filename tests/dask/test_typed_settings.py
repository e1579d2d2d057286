"""The keywords of an estimator on Dask are the settings of the model that it trains."""

from typing import get_type_hints

import pytest

from regan.dask import DaskRegularizedGAN, DaskRegularizedVAE, settings


@pytest.mark.parametrize(
    ("cls", "typed"),
    [
        (DaskRegularizedGAN, settings.GANSettings),
        (DaskRegularizedVAE, settings.VAESettings),
    ],
)
def test_keywords_are_the_settings_of_the_local_model(cls, typed):
    hints = get_type_hints(cls.local_class.__init__)
    del hints["return"]
    assert list(get_type_hints(typed).items()) == list(hints.items())
