r"""Penalties on the weights of a network.

A penalty acts in one of three ways, and says in `value` what it costs: through the gradient
(`add_grad`), through a proximal step after the optimizer's (`prox`, which makes exact zeros), or as
decoupled weight decay (`decay`, under an optimizer such as AdamW). Biases are not penalised.
"""

from regan.penalties.base import Penalty
from regan.penalties.elastic_net import L1, L2, ElasticNet
from regan.penalties.group_lasso import GroupLasso
from regan.penalties.orthogonal import Orthogonal

__all__ = ["L1", "L2", "ElasticNet", "GroupLasso", "Orthogonal", "Penalty"]
