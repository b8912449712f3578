"""Saved estimators: a file of data that runs no code when it is read; and ONNX."""

from ._estimator import read_estimator, save_estimator
from ._onnx import export_estimator

__all__ = ["export_estimator", "read_estimator", "save_estimator"]
