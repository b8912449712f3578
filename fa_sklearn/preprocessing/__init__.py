"""Transformers that make inputs for the estimators."""

from .._removed import refuse_removed_names
from ._token_sequencer import TokenSequencer

__all__ = ["TokenSequencer"]

refuse_removed_names(__name__)
