"""The tables of names that settings take."""

from regan.building import factory
from regan.layers import ACTIVATIONS
from regan.schedules import SCHEDULES

TABLES = {
    "loss": factory.LOSSES,
    "penalty": factory.PENALTIES,
    "gradient_penalty": factory.GRADIENT_PENALTIES,
    "activity_penalty": factory.ACTIVITY_PENALTIES,
    "cycle_consistency": factory.CONSISTENCIES,
    "constraint": factory.CONSTRAINTS,
    "normalization": factory.NORMALIZATIONS,
    "architecture": factory.ARCHITECTURE,
    "noise": factory.NOISE,
    "clipping": factory.CLIPPING,
    "matching": factory.MATCHING,
    "optimizer": factory.OPTIMIZERS,
    "learning_rate": SCHEDULES,
    "activation": ACTIVATIONS,
}
