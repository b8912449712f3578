"""Turning raw text into the sequences that the text network reads."""

from ._token_sequencer import TokenSequencer

__all__ = ["TokenSequencer"]
