"""Callbacks that watch a fit: entries of the estimators' ``callbacks``."""

from ._tensorboard import TensorBoardLogger

__all__ = ["TensorBoardLogger"]
