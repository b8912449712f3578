"""Turning raw text into the sequences that the text network reads."""

from fa_sklearn.preprocessing._token_sequencer import TokenSequencer

__all__ = ["TokenSequencer"]
