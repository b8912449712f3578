"""Texts to sequences of ids, against CountVectorizer and Counter."""

import pickle
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator

from fa_sklearn.preprocessing import TokenSequencer

PATTERN = r"(?u)\b\w+\b"
TEXTS = [
    "The painter was born in Berlin, and the painter died in Paris.",
    "A company that makes cars in Köln; its cars are small.",
    "The 3rd school of the town",
    "the town is in the north",
]


def words(text):
    return re.findall(PATTERN, text.lower())


def as_lists(sequences):
    return [sequence.tolist() for sequence in sequences]


@pytest.mark.parametrize("min_df", [1, 2, 3, 0.5, 1.0])
@pytest.mark.parametrize("lowercase", [True, False])
def test_vocabulary_has_the_tokens_of_count_vectorizer(min_df, lowercase):
    if min_df == 1.0:
        texts = [f"the {text}" for text in TEXTS]
    else:
        texts = TEXTS
    expected = CountVectorizer(token_pattern=PATTERN, min_df=min_df, lowercase=lowercase)
    counts = np.asarray(expected.fit_transform(texts).sum(axis=0)).ravel()
    got = TokenSequencer(min_df=min_df, lowercase=lowercase).fit(texts)
    assert set(got.vocabulary_) == set(expected.vocabulary_)
    frequencies = [int(counts[expected.vocabulary_[token]]) for token in got.vocabulary_]
    assert frequencies == sorted(frequencies, reverse=True)


def test_ids_are_by_frequency_then_alphabet():
    counts = Counter(word for text in TEXTS for word in words(text))
    ordered = sorted(counts, key=lambda word: (-counts[word], word))
    sequencer = TokenSequencer().fit(TEXTS)
    assert list(sequencer.vocabulary_) == ordered
    assert list(sequencer.vocabulary_.values()) == list(range(2, sequencer.n_tokens_))
    assert sequencer.n_tokens_ == len(counts) + 2


def test_order_of_the_texts_does_not_matter():
    assert TokenSequencer().fit(TEXTS[::-1]).vocabulary_ == TokenSequencer().fit(TEXTS).vocabulary_


@pytest.mark.parametrize("max_features", [1, 4, 1000])
def test_max_features_keeps_the_most_frequent(max_features):
    full = TokenSequencer().fit(TEXTS)
    cut = TokenSequencer(max_features=max_features).fit(TEXTS)
    assert list(cut.vocabulary_) == list(full.vocabulary_)[:max_features]
    assert max(max(s) for s in as_lists(cut.transform(TEXTS))) < cut.n_tokens_


def test_transform_writes_each_word_as_its_id_or_unknown():
    sequencer = TokenSequencer(max_features=5).fit(TEXTS)
    expected = [[sequencer.vocabulary_.get(word, 1) for word in words(text)] for text in TEXTS]
    assert as_lists(sequencer.transform(TEXTS)) == expected
    assert as_lists(TokenSequencer(max_features=5).fit_transform(TEXTS)) == expected


@pytest.mark.parametrize("max_length", [1, 3, 100])
def test_max_length_cuts_sequences_but_not_the_vocabulary(max_length):
    full = TokenSequencer().fit(TEXTS)
    cut = TokenSequencer(max_length=max_length).fit(TEXTS)
    assert cut.vocabulary_ == full.vocabulary_
    expected = [ids[:max_length] for ids in as_lists(full.transform(TEXTS))]
    assert as_lists(cut.transform(TEXTS)) == expected


@pytest.mark.parametrize("texts", [["one two", "two one"], ["one two"], ["one"], TEXTS])
def test_output_is_an_object_array_of_int64_arrays(texts):
    sequences = TokenSequencer().fit_transform(texts)
    assert sequences.shape == (len(texts),)
    assert sequences.dtype == object
    assert all(s.dtype == np.int64 and s.ndim == 1 for s in sequences)


@pytest.mark.parametrize("text", ["", "   ", "?!"])
def test_text_without_tokens_is_one_unknown(text):
    assert as_lists(TokenSequencer().fit(TEXTS).transform([text])) == [[1]]


@pytest.mark.parametrize(
    "container",
    [
        np.array,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: pd.Series(texts, index=range(5, 5 + len(texts))),
        tuple,
        iter,
    ],
    ids=["array of str", "array of object", "Series", "tuple", "iterator"],
)
def test_containers_of_texts_give_the_same(container):
    expected = TokenSequencer().fit(TEXTS)
    got = TokenSequencer().fit(container(TEXTS))
    assert got.vocabulary_ == expected.vocabulary_
    assert as_lists(got.transform(container(TEXTS))) == as_lists(expected.transform(TEXTS))


@settings(deadline=None, max_examples=60)
@given(documents=st.lists(st.lists(st.text("abcäß1", min_size=1), min_size=1), min_size=1))
def test_round_trip(documents):
    texts = [" ".join(tokens) for tokens in documents]
    sequencer = TokenSequencer()
    sequences = sequencer.fit_transform(texts)
    assert sequencer.inverse_transform(sequences) == documents
    width = max(map(len, documents))
    padded = np.array([np.pad(s, (0, width - len(s))) for s in sequences])
    assert sequencer.inverse_transform(padded) == documents


def test_inverse_transform_marks_unknown_tokens():
    sequencer = TokenSequencer(token_pattern=r"\S+").fit(["a b"])
    tokens = sequencer.inverse_transform(sequencer.transform(["a c b", ""]))
    assert tokens == [["a", "<unk>", "b"], ["<unk>"]]


@pytest.mark.parametrize("token_id", [4, -1])
def test_inverse_transform_refuses_foreign_ids(token_id):
    with pytest.raises(ValueError, match=f"id {token_id}, but .* ids 0 to 3"):
        TokenSequencer().fit(["a b"]).inverse_transform([[2, token_id]])


def test_one_capturing_group_is_the_token():
    assert list(TokenSequencer(token_pattern=r"#(\w+)").fit(["#x y #z"]).vocabulary_) == ["x", "z"]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("one text", TypeError, "got a str: pass its texts as a list"),
        (["a", None], TypeError, "position 1 is a NoneType"),
        (["a", "b", 3], TypeError, "position 2 is a int"),
        (pd.Series(["a", np.nan], dtype=object), TypeError, "position 1 is a float"),
        ([b"a"], TypeError, "position 0 is a bytes"),
        ({"a": 1}, TypeError, "got a dict"),
        ({"a", "b"}, TypeError, "got a set"),
        (7, TypeError, "got a int"),
        ([], ValueError, "X is empty"),
        (pd.DataFrame({"text": ["a"]}), TypeError, "got a DataFrame"),
        (np.array("a"), TypeError, "got a ndarray"),
    ],
)
def test_wrong_texts_are_named(X, error, message):
    with pytest.raises(error, match=message):
        TokenSequencer().fit(X)
    with pytest.raises(error, match=message):
        TokenSequencer().fit(TEXTS).transform(X)


@pytest.mark.parametrize("options", [{"min_df": 2}, {"token_pattern": r"\d+"}])
def test_empty_vocabulary_is_named(options):
    with pytest.raises(ValueError, match="vocabulary is empty.*lower min_df"):
        TokenSequencer(**options).fit(["a", "b"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lowercase", "yes"),
        ("token_pattern", None),
        ("token_pattern", "("),
        ("token_pattern", "(a)(b)"),
        ("max_features", 0),
        ("min_df", 0),
        ("min_df", 1.5),
        ("max_length", 0),
        ("max_length", 2.5),
    ],
)
def test_wrong_parameters_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        TokenSequencer(**{name: value}).fit(TEXTS)


@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_not_fitted(method):
    with pytest.raises(NotFittedError):
        getattr(TokenSequencer(), method)(TEXTS)


def test_clone_and_pickle():
    sequencer = TokenSequencer(max_features=4, max_length=3).fit(TEXTS)
    assert clone(sequencer).get_params() == sequencer.get_params()
    assert not hasattr(clone(sequencer), "vocabulary_")
    again = pickle.loads(pickle.dumps(sequencer))
    assert as_lists(again.transform(TEXTS)) == as_lists(sequencer.transform(TEXTS))


def test_tags():
    tags = get_tags(TokenSequencer())
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert not tags.target_tags.required


@pytest.mark.parametrize("container", ["default", "pandas"])
def test_pipeline_hands_sequences_on_whatever_the_output_container(container):
    lengths = FunctionTransformer(
        lambda S: np.array([[len(s)] for s in S]), feature_names_out=lambda *_: ["length"]
    )
    pipe = make_pipeline(TokenSequencer(max_length=8), lengths)
    pipe.set_output(transform=container)
    got = np.asarray(pipe.fit_transform(TEXTS)).ravel()
    assert got.tolist() == [min(8, len(words(text))) for text in TEXTS]


def test_nested_parameters_in_a_pipeline():
    pipe = Pipeline([("tokens", TokenSequencer())]).set_params(tokens__max_features=2)
    assert pipe.fit(TEXTS)["tokens"].n_tokens_ == 4


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learn_checks():
    results = check_estimator(TokenSequencer())
    assert results
    assert {result["status"] for result in results} == {"passed"}
