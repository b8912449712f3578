"""The transformer from texts to sequences of token ids."""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils._param_validation import Interval, RealNotInt
from sklearn.utils.validation import check_is_fitted

_PADDING = 0
_UNKNOWN = 1
_UNKNOWN_TOKEN = "<unk>"
_FROM_1 = Interval(Integral, 1, None, closed="left")


class TokenSequencer(TransformerMixin, BaseEstimator):
    r"""Turn each text into a sequence of token ids.

    The vocabulary is learnt in `fit`: the most frequent token gets the lowest id, tokens of one
    frequency are in alphabetical order. Id 0 is kept for padding and never occurs in the output;
    id 1 stands for every token outside the vocabulary.

    Parameters
    ----------
    lowercase : bool, default=True
        Lower-case the texts before they are cut into tokens.
    token_pattern : str, default=r"(?u)\\b\\w+\\b"
        Regular expression of one token. If it has a capturing group, that group is the token;
        more than one group is an error.
    max_features : int, default=None
        Keep only this many tokens, the most frequent over all texts; padding and unknown are not
        counted. None keeps all.
    min_df : int or float, default=1
        Keep only tokens found in at least this many texts (int, at least 1) or in at least this
        share of the texts (float between 0 and 1).
    max_length : int, default=None
        Cut the sequences after this many tokens. The vocabulary is learnt from whole texts.
        None cuts nothing.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The id, at least 2, of each token, in increasing order of the ids.
    n_tokens_ : int
        Number of ids, padding and unknown included: they are 0, ..., ``n_tokens_ - 1``.

    See Also
    --------
    sklearn.feature_extraction.text.CountVectorizer : Counts of tokens, without their order.

    Notes
    -----
    A text without any token becomes the sequence ``[1]``, so that no sequence is empty.

    The output holds sequences of different lengths. So `set_output` changes nothing here; it
    exists for pipelines, which hand it on to all of their steps.

    Examples
    --------
    >>> from fa_sklearn.preprocessing import TokenSequencer
    >>> sequencer = TokenSequencer().fit(["the cat and the dog", "a dog"])
    >>> sequencer.vocabulary_
    {'dog': 2, 'the': 3, 'a': 4, 'and': 5, 'cat': 6}
    >>> sequencer.n_tokens_
    7
    >>> sequences = sequencer.transform(["The dog!", "the bird and the cat", ""])
    >>> [sequence.tolist() for sequence in sequences]
    [[3, 2], [3, 1, 5, 3, 6], [1]]
    >>> sequencer.inverse_transform(sequences)
    [['the', 'dog'], ['the', '<unk>', 'and', 'the', 'cat'], ['<unk>']]
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "lowercase": ["boolean"],
        "token_pattern": [str],
        "max_features": [_FROM_1, None],
        "min_df": [Interval(RealNotInt, 0.0, 1.0, closed="both"), _FROM_1],
        "max_length": [_FROM_1, None],
    }

    def __init__(
        self,
        *,
        lowercase: bool = True,
        token_pattern: str = r"(?u)\b\w+\b",
        max_features: int | None = None,
        min_df: int | float = 1,
        max_length: int | None = None,
    ) -> None:
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.max_features = max_features
        self.min_df = min_df
        self.max_length = max_length

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Learn the vocabulary.

        Parameters
        ----------
        X : iterable of str of length n_samples
            The texts: a list, an array or a pandas Series.
        y : object, default=None
            Ignored.

        Returns
        -------
        TokenSequencer
            The fitted transformer.
        """
        self._validate_params()
        texts = _check_texts(X)
        counter, _ = self._analyzer()  # a wrong token_pattern is named before any text is read
        try:
            frequency = np.asarray(counter.fit_transform(texts).sum(axis=0)).ravel()
        except ValueError as error:
            raise ValueError(
                "The vocabulary is empty: no token of X matches token_pattern and reaches min_df; "
                "lower min_df, or pass a token_pattern that fits the texts."
            ) from error
        tokens = counter.get_feature_names_out()  # in alphabetical order, which ties keep
        ordered = tokens[np.argsort(-frequency, kind="stable")][: self.max_features].tolist()
        self.vocabulary_ = {token: i for i, token in enumerate(ordered, _UNKNOWN + 1)}
        self.n_tokens_ = _UNKNOWN + 1 + len(self.vocabulary_)
        return self

    def transform(self, X: Iterable[str]) -> NDArray[np.object_]:
        """Turn texts into sequences of token ids.

        Parameters
        ----------
        X : iterable of str of length n_samples
            The texts: a list, an array or a pandas Series.

        Returns
        -------
        ndarray of shape (n_samples,), dtype object
            One int64 array of shape (n_ids,) a text, with n_ids at least 1.
        """
        check_is_fitted(self, "vocabulary_")
        texts = _check_texts(X)
        _, tokenize = self._analyzer()
        sequences = np.empty(len(texts), dtype=object)
        for position, text in enumerate(texts):
            tokens = tokenize(text)[: self.max_length]
            ids = [self.vocabulary_.get(token, _UNKNOWN) for token in tokens]
            sequences[position] = np.array(ids or [_UNKNOWN], dtype=np.int64)
        return sequences

    def inverse_transform(self, X: Iterable[Iterable[int]]) -> list[list[str]]:
        """Turn sequences of token ids into lists of tokens.

        Parameters
        ----------
        X : iterable of n_samples sequences of int
            Token ids: the output of `transform`, or an array padded with 0.

        Returns
        -------
        list of n_samples lists of str
            The tokens; padding is left out, and an unknown token is ``"<unk>"``.
        """
        check_is_fitted(self, "vocabulary_")
        names = {token_id: token for token, token_id in self.vocabulary_.items()}
        names[_UNKNOWN] = _UNKNOWN_TOKEN
        try:
            return [[names[token_id] for token_id in ids if token_id != _PADDING] for ids in X]
        except KeyError as error:
            raise ValueError(
                f"X has the token id {error.args[0]}, but this TokenSequencer knows the ids 0 to "
                f"{self.n_tokens_ - 1}: pass sequences that it has produced."
            ) from None

    def set_output(self, *, transform: str | None = None) -> Self:
        """Accept scikit-learn's choice of a container, which does not apply to sequences.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored: the output is an object array always.

        Returns
        -------
        TokenSequencer
            The transformer itself.
        """
        return self

    def _analyzer(self) -> tuple[CountVectorizer, Callable[[str], list[str]]]:
        """Make scikit-learn's counter of the tokens, and its function from a text to them."""
        counter = CountVectorizer(
            lowercase=self.lowercase, token_pattern=self.token_pattern, min_df=self.min_df
        )
        try:
            return counter, counter.build_analyzer()
        except (re.error, ValueError) as error:
            raise ValueError(
                "token_pattern must be a regular expression with at most one capturing group, got "
                f"{self.token_pattern!r}: {error}."
            ) from error

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags


def _check_texts(X: Iterable[str]) -> list[str]:
    """Return the texts as a list, or say what is not a text."""
    shape = getattr(X, "shape", (0,))
    if isinstance(X, (str, bytes, Mapping, Set)) or not isinstance(X, Iterable) or len(shape) != 1:
        raise TypeError(
            f"X must be a list, an array or a Series of texts, got a {type(X).__name__}: pass its "
            "texts as a list."
        )
    texts = list(X)
    if not texts:
        raise ValueError("X is empty: pass at least one text.")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(
                f"Every item of X must be a str, but the one at position {position} is a "
                f"{type(text).__name__}: convert it, and replace missing texts by ''."
            )
    return texts
