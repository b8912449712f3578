"""What an estimator remembers of X and y from fit, written and read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._inputs import READERS
from ..preprocessing import TokenSequencer
from ._container import NotOurFormatError
from ._values import Decoder, Encoder

# What each kind of reader knows, and of which type it is.
_READER_STATE: dict[str, dict[str, type]] = {
    "table": {"input_shape": tuple},
    "sequence": {"input_shape": tuple, "max_length": int},
    "image": {"input_shape": tuple, "is_uint8": bool, "mean": np.ndarray, "scale": np.ndarray},
    "tokens": {"input_shape": tuple, "n_tokens": int},
}
_FIRST_TOKEN = 2  # after padding and unknown


def encode_reader(estimator: Any, encoder: Encoder) -> dict[str, Any]:
    """Write what `fit` learnt of X.

    Parameters
    ----------
    estimator : BaseForcedApart
        A fitted estimator.
    encoder : Encoder
        Collects the tensors.

    Returns
    -------
    dict
        What `restore_reader` reads.
    """
    kind, sequencer = estimator._kind, estimator.token_sequencer_
    state = {key: getattr(estimator._reader, key) for key in _READER_STATE[kind]}
    return {
        "kind": kind,
        "state": encoder.encode(state, "reader"),
        "vocabulary": None if sequencer is None else list(sequencer.vocabulary_),
        "n_features_in_": int(estimator.n_features_in_),
        "feature_names_in_": encoder.encode(
            getattr(estimator, "feature_names_in_", None), "feature_names_in_"
        ),
    }


def restore_reader(estimator: Any, written: Mapping[str, Any], decoder: Decoder) -> None:
    """Give an estimator back what `fit` learnt of X.

    Parameters
    ----------
    estimator : BaseForcedApart
        Changed in place.
    written : mapping
        From `encode_reader`.
    decoder : Decoder
        Reads it.
    """
    kind, state = written["kind"], decoder.decode(written["state"])
    types = _READER_STATE[kind]
    if state.keys() != types.keys():
        raise NotOurFormatError("what it knows of X is incomplete")
    estimator._kind = kind
    estimator._reader = READERS[kind]()
    for key, value in state.items():
        if not isinstance(value, types[key]):
            raise NotOurFormatError(f"{key} of its X is no {types[key].__name__}")
        setattr(estimator._reader, key, value)
    if kind == "image":
        _check_scale(state)
    _restore_features(estimator, written, decoder)
    estimator.token_sequencer_ = _restore_sequencer(written["vocabulary"], kind, state)


def _check_scale(state: Mapping[str, Any]) -> None:
    shape = (state["input_shape"][0],)
    for part in (state["mean"], state["scale"]):
        if part.shape != shape or part.dtype != np.float32:
            raise NotOurFormatError("its images are not standardised per channel")


def _restore_features(estimator: Any, written: Mapping[str, Any], decoder: Decoder) -> None:
    estimator.n_features_in_ = int(written["n_features_in_"])
    names = decoder.decode(written["feature_names_in_"])
    if names is not None:
        if len(names) != estimator.n_features_in_:
            raise NotOurFormatError("it has not one name a feature")
        estimator.feature_names_in_ = names


def _restore_sequencer(
    vocabulary: list[str] | None, kind: str, state: Mapping[str, Any]
) -> TokenSequencer | None:
    if vocabulary is None:
        return None
    sequencer = TokenSequencer()
    sequencer.vocabulary_ = {
        token: token_id for token_id, token in enumerate(vocabulary, _FIRST_TOKEN)
    }
    sequencer.n_tokens_ = _FIRST_TOKEN + len(vocabulary)
    if kind != "tokens" or sequencer.n_tokens_ != state["n_tokens"]:
        raise NotOurFormatError("its vocabulary has another size than its net reads")
    return sequencer
