"""Masks: what identifies somebody is taken out of a message. One file for each kind of thing that is looked for."""

from synthgen.tuning.masks.mask import Masked, leaks, masked

__all__ = ["Masked", "leaks", "masked"]
