"""The scorers of one space for all candidates: what they compute, and where they are of use."""

import pickle

import numpy as np
import optuna
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    ShuffleSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.metrics import (
    ami_scorer,
    fine_label_scorer,
    within_class_modularity_score,
)
from fa_sklearn.model_selection import ModularityScorer, coarse_accuracy_scorer

pytestmark = pytest.mark.usefixtures("untouched_global_generators")
GRID = {"net__penalty": [None, "multi"], "net__margin": [0.5, 2.0]}
SPLIT = ShuffleSplit(1, test_size=0.5, random_state=0)


def test_a_score_is_that_of_the_predicted_clusters(coarse_pipeline, digits):
    X, _, y_coarse = digits
    coarse_pipeline.fit(X[:200], y_coarse[:200])
    clusters = coarse_pipeline.predict(X[200:])
    expected = within_class_modularity_score(X[200:], clusters, y_coarse[200:])
    assert ModularityScorer()(coarse_pipeline, X[200:], y_coarse[200:]) == pytest.approx(
        expected, abs=1e-12
    )
    assert len(set(clusters)) > 2


def test_a_reference_maps_the_samples(coarse_pipeline, digits):
    X, _, y_coarse = digits
    coarse_pipeline.fit(X[:200], y_coarse[:200])
    rest = X[200:], y_coarse[200:]
    clusters = coarse_pipeline.predict(X[200:])
    unfitted, fitted = PCA(5), PCA(5).fit(X[:100])
    for reference, points in (
        (unfitted, PCA(5).fit_transform(X[200:])),
        (fitted, fitted.transform(X[200:])),
        (FunctionTransformer(np.abs), np.abs(X[200:])),
    ):
        expected = within_class_modularity_score(points, clusters, y_coarse[200:])
        assert ModularityScorer(reference)(coarse_pipeline, *rest) == pytest.approx(
            expected, abs=1e-9
        )
    assert not hasattr(unfitted, "components_")


def test_an_unfitted_reference_without_a_seed_gives_the_same_space_each_time(
    coarse_pipeline, digits
):
    X, _, y_coarse = digits
    coarse_pipeline.fit(X, y_coarse)
    scorer = ModularityScorer(PCA(3, svd_solver="randomized", iterated_power=0), random_state=1)
    assert scorer(coarse_pipeline, X, y_coarse) == scorer(coarse_pipeline, X, y_coarse)


def test_fine_labels_are_reduced_to_the_groups_that_training_sees(
    coarse_pipeline, fine_pipeline, digits
):
    X, y, y_coarse = digits
    score = ModularityScorer()(fine_pipeline.fit(X, y), X, y)
    assert score == ModularityScorer()(coarse_pipeline.fit(X, y_coarse), X, y_coarse)


@pytest.mark.parametrize("mark", [-1, np.nan])
def test_samples_without_a_coarse_label_are_left_aside(mark, coarse_pipeline, digits):
    X, y, _ = digits
    known = np.arange(400) % 4 != 0
    y = np.where(known, y % 3, mark)
    coarse_pipeline.set_params(net__unlabeled=mark).fit(X, y)
    expected = within_class_modularity_score(X[known], coarse_pipeline.predict(X[known]), y[known])
    assert ModularityScorer()(coarse_pipeline, X, y) == pytest.approx(expected, abs=1e-12)
    accuracy = np.mean(coarse_pipeline[0].predict(X[known]) == y[known])
    assert coarse_accuracy_scorer(coarse_pipeline, X, y) == accuracy
    with pytest.raises(ValueError, match="y is unlabeled for every sample"):
        ModularityScorer()(coarse_pipeline, X, np.full(400, mark))


def test_labels_that_training_does_not_see_are_left_aside(unlabelled_pipeline, digits):
    X, y, _ = digits
    unlabelled_pipeline.fit(X)
    expected = within_class_modularity_score(X, unlabelled_pipeline.predict(X))
    for labels in (None, y):
        assert ModularityScorer()(unlabelled_pipeline, X, labels) == pytest.approx(
            expected, abs=1e-12
        )


def test_a_part_of_many_samples_is_enough(coarse_pipeline, digits):
    X, _, y_coarse = digits
    coarse_pipeline.fit(X, y_coarse)
    rows = np.random.RandomState(3).choice(400, 150, replace=False)
    expected = ModularityScorer()(coarse_pipeline, X[rows], y_coarse[rows])
    assert (
        ModularityScorer(max_samples=150, random_state=3)(coarse_pipeline, X, y_coarse) == expected
    )
    assert (
        ModularityScorer(max_samples=150, random_state=4)(coarse_pipeline, X, y_coarse) != expected
    )


def test_lost_coarse_labels_score_worst(coarse_pipeline, digits):
    X, _, y_coarse = digits
    coarse_pipeline.fit(X, y_coarse)
    accuracy = coarse_pipeline[0].score(X, y_coarse)
    assert 0.6 < accuracy < 1
    score = ModularityScorer()(coarse_pipeline, X, y_coarse)
    assert ModularityScorer(min_accuracy=accuracy)(coarse_pipeline, X, y_coarse) == score > -1
    assert ModularityScorer(min_accuracy=accuracy + 0.001)(coarse_pipeline, X, y_coarse) == -1


def test_the_accuracy_is_found_behind_other_steps(digits):
    X, y, _ = digits
    net = ForcedApartClassifier(label_groups=lambda digit: digit < 5, max_epochs=3, random_state=0)
    pipeline = Pipeline([("scale", FunctionTransformer(np.sqrt)), ("net", net), ("k", KMeans(4))])
    pipeline.set_params(k__random_state=0).fit(X, y)
    predicted = pipeline[:2].predict(X)
    assert coarse_accuracy_scorer(pipeline, X, y) == np.mean(predicted == (y < 5))
    assert coarse_accuracy_scorer(net, np.sqrt(X), y) == np.mean(predicted == (y < 5))


@pytest.mark.parametrize("scorer", [ModularityScorer(), coarse_accuracy_scorer])
def test_pipelines_inside_others_are_looked_into(scorer, digits):
    X, _, y_coarse = digits
    net = ForcedApartClassifier(max_epochs=3, batch_size=32, lr=0.01, random_state=0)
    steps = [FunctionTransformer(np.sqrt), "passthrough", FunctionTransformer(np.square), net]
    kmeans = KMeans(6, n_init=1, random_state=0)
    flat = make_pipeline(*steps, kmeans).fit(X, y_coarse)
    inner = make_pipeline(*steps[1:])
    nested = make_pipeline(steps[0], make_pipeline(inner), kmeans).fit(X, y_coarse)
    frozen = make_pipeline(FrozenEstimator(flat[:-1]), kmeans).fit(X)
    for other in (nested, frozen):
        assert np.array_equal(flat.predict(X), other.predict(X))
        assert scorer(other, X, y_coarse) == scorer(flat, X, y_coarse)


def test_a_fitted_search_scores_as_its_best_candidate(coarse_pipeline, digits):
    X, _, y_coarse = digits
    search = GridSearchCV(
        coarse_pipeline,
        {"net__alpha": [0.1, 0.5]},
        scoring=ModularityScorer(min_accuracy=0.1),
        cv=SPLIT,
    ).fit(X, y_coarse)
    expected = ModularityScorer()(search.best_estimator_, X, y_coarse)
    assert ModularityScorer(min_accuracy=0.1)(search, X, y_coarse) == expected
    assert search.score(X, y_coarse) == expected


def test_data_frames_between_steps_change_nothing(coarse_pipeline, digits):
    X, _, y_coarse = digits
    coarse_pipeline.fit(X, y_coarse)
    expected = ModularityScorer(PCA(4))(coarse_pipeline, X, y_coarse)
    with sklearn.config_context(transform_output="pandas"):
        framed = clone(coarse_pipeline).fit(X, y_coarse)
        assert ModularityScorer(PCA(4))(framed, pd.DataFrame(X), y_coarse) == expected


@pytest.mark.parametrize("n_labels", [399, 401])
def test_labels_of_other_samples_are_refused(n_labels, coarse_pipeline, digits):
    X, _, y_coarse = digits
    coarse_pipeline.fit(X, y_coarse)
    labels = np.resize(y_coarse, n_labels)
    with pytest.raises(ValueError, match=f"one label per sample of X, 400, got {n_labels}"):
        ModularityScorer()(coarse_pipeline, X, labels)


def test_the_accuracy_needs_a_classifier_and_labels(unlabelled_pipeline, coarse_pipeline, digits):
    X, y, _ = digits
    unlabelled_pipeline.fit(X)
    with pytest.raises(ValueError, match="leave out min_accuracy"):
        ModularityScorer(min_accuracy=0.5)(unlabelled_pipeline, X)
    with pytest.raises(ValueError, match="needs y"):
        coarse_accuracy_scorer(coarse_pipeline, X, None)


def test_a_grid_search_takes_the_best_candidate(coarse_pipeline, digits):
    X, _, y_coarse = digits
    search = GridSearchCV(coarse_pipeline, GRID, scoring=ModularityScorer(PCA(10)), cv=SPLIT)
    search.fit(X, y_coarse)
    train, test = next(SPLIT.split(X))
    points = PCA(10).fit_transform(X[test])
    expected = []
    for parameters in search.cv_results_["params"]:
        fitted = clone(coarse_pipeline).set_params(**parameters).fit(X[train], y_coarse[train])
        expected.append(
            within_class_modularity_score(points, fitted.predict(X[test]), y_coarse[test])
        )
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected, atol=1e-9)
    assert search.best_index_ == np.argmax(expected)
    assert np.ptp(expected) > 0.01


@pytest.mark.parametrize("Search", [HalvingGridSearchCV, RandomizedSearchCV])
def test_other_searches_take_the_scorer(Search, coarse_pipeline, digits):
    X, _, y_coarse = digits
    search = Search(
        coarse_pipeline,
        GRID,
        scoring=ModularityScorer(PCA(10), min_accuracy=0.5),
        cv=SPLIT,
        random_state=0,
        **({"n_iter": 2} if Search is RandomizedSearchCV else {"min_resources": 200}),
    ).fit(X, y_coarse)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ > 0.1


def test_optuna_takes_it_through_cross_val_score(coarse_pipeline, digits):
    X, _, y_coarse = digits
    scorer = ModularityScorer(PCA(10))

    def objective(trial):
        margin = trial.suggest_categorical("margin", [0.5, 2.0])
        pipeline = clone(coarse_pipeline).set_params(net__margin=margin)
        return cross_val_score(pipeline, X, y_coarse, scoring=scorer, cv=SPLIT).mean()

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.GridSampler({"margin": [0.5, 2.0]}, seed=0)
    )
    study.optimize(objective, n_trials=2)
    values = {trial.params["margin"]: trial.value for trial in study.trials}
    assert study.best_params["margin"] == max(values, key=values.get)
    assert values[0.5] != values[2.0]


def test_several_scores_at_once(fine_pipeline, digits):
    X, y, _ = digits
    scoring = {
        "modularity": ModularityScorer(),
        "ami": ami_scorer,
        "coarse": coarse_accuracy_scorer,
    }
    scores = cross_validate(fine_pipeline, X, y, scoring=scoring, cv=SPLIT, error_score="raise")
    assert {"test_modularity", "test_ami", "test_coarse"} <= scores.keys()
    assert 0.5 < scores["test_coarse"][0] <= 1


def test_metadata_routing_leaves_it_alone(coarse_pipeline, digits):
    X, y, y_coarse = digits
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            coarse_pipeline,
            {"net__margin": [0.5]},
            scoring={"modularity": ModularityScorer(), "ami": fine_label_scorer()},
            refit="modularity",
            cv=SPLIT,
            error_score="raise",
        ).fit(X, y_coarse, fine_labels=y)
    assert search.best_score_ == search.cv_results_["mean_test_modularity"][0] > 0


def test_sequences_need_a_reference_that_makes_points_of_them():
    rng = np.random.RandomState(0)
    X = [rng.normal(size=(rng.randint(3, 8), 2)).astype(np.float32) for _ in range(40)]
    net = ForcedApartAutoencoder(
        "rnn", module_params={"hidden_size": 4}, n_components=3, max_epochs=1, random_state=0
    )
    pipeline = Pipeline([("net", net), ("kmeans", KMeans(3, random_state=0))]).fit(X)
    with pytest.raises(ValueError, match="pass reference="):
        ModularityScorer()(pipeline, X)
    reference = clone(net).set_params(random_state=1).fit(X)
    expected = within_class_modularity_score(reference.transform(X), pipeline.predict(X))
    assert ModularityScorer(reference)(pipeline, X) == pytest.approx(expected)
    assert np.isfinite(ModularityScorer(reference, max_samples=20)(pipeline, X))


def test_texts_with_a_reference_of_several_steps(digits):
    X = [" ".join("abcdef"[(i + j) % 6] * 2 for j in range(4)) for i in range(60)]
    table = [("tfidf", TfidfVectorizer()), ("svd", TruncatedSVD(3))]
    pipeline = Pipeline([*table, ("kmeans", KMeans(3, n_init=2))])
    pipeline.set_params(svd__random_state=0, kmeans__random_state=0).fit(X)
    with pytest.raises(ValueError, match="must be a table of numbers"):
        ModularityScorer()(pipeline, X)
    assert ModularityScorer(Pipeline(table))(pipeline, X) > 0.2
    assert ModularityScorer(TfidfVectorizer())(pipeline, X) > 0.2


def test_a_scorer_is_copied_whole(coarse_pipeline, digits):
    X, _, y_coarse = digits
    scorer = ModularityScorer(PCA(4).fit(X), min_accuracy=0.1, max_samples=100, random_state=2)
    pipeline = coarse_pipeline.fit(X, y_coarse)
    expected = scorer(pipeline, X, y_coarse)
    copies = (
        pickle.loads(pickle.dumps(scorer)),
        clone(GridSearchCV(coarse_pipeline, GRID, scoring=scorer)).scoring,
    )
    for copy in copies:
        assert copy is not scorer
        assert copy(pipeline, X, y_coarse) == expected


def test_a_scorer_says_what_it_is():
    assert repr(ModularityScorer(PCA(4), n_neighbors=5)) == (
        "ModularityScorer(reference=PCA(n_components=4), min_accuracy=None, random_state=0, "
        "max_samples=5000, n_neighbors=5, neighbors=None)"
    )


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"reference": 3}, TypeError, "reference must be a transformer"),
        ({"reference": PCA}, TypeError, "reference must be a transformer"),
        (
            {"min_accuracy": "high"},
            TypeError,
            "min_accuracy.* must be a float in the range .* or None",
        ),
        ({"min_accuracy": 95}, ValueError, "min_accuracy.* must be a float in the range"),
        ({"max_samples": 0.5}, TypeError, "max_samples.* must be an int"),
        ({"max_samples": 1}, ValueError, "max_samples.* must be an int in the range"),
        ({"random_state": None}, TypeError, "random_state.* must be an int"),
    ],
)
def test_parameters_are_checked_before_a_search_begins(parameters, error, message):
    with pytest.raises(error, match=message):
        ModularityScorer(**parameters)


def test_the_number_of_neighbors_is_checked_too():
    with pytest.raises(ValueError, match="n_neighbors.* must be an int in the range"):
        ModularityScorer(n_neighbors=0)


def test_an_estimator_without_clusters_is_refused(digits):
    with pytest.raises(TypeError, match="ModularityScorer scores clusters: end the estimator"):
        ModularityScorer()(PCA(2).fit(digits[0]), digits[0])


def test_a_classifier_has_no_clusters(digits):
    X, _, y_coarse = digits
    net = ForcedApartClassifier(max_epochs=1, random_state=0)
    pipeline = make_pipeline(FunctionTransformer(), net).fit(X, y_coarse)
    for estimator in (pipeline, net):
        with pytest.raises(TypeError, match="ModularityScorer scores clusters: end the estimator"):
            ModularityScorer()(estimator, X, y_coarse)


def test_nets_side_by_side_are_looked_into(digits):
    X, y, _ = digits
    nets = [
        ForcedApartClassifier(
            label_groups=lambda digit: digit < 5, max_epochs=3, random_state=seed
        )
        for seed in (0, 1)
    ]
    members = [("a", make_pipeline(nets[0], Normalizer())), ("b", nets[1]), ("c", "drop")]
    pipeline = make_pipeline(
        FunctionTransformer(np.sqrt), FeatureUnion(members), KMeans(6, n_init=1, random_state=0)
    ).fit(X, y)
    expected = within_class_modularity_score(X, pipeline.predict(X), y < 5)
    assert ModularityScorer()(pipeline, X, y) == pytest.approx(expected, abs=1e-12)
    accuracies = [np.mean(net.predict(np.sqrt(X)) == (y < 5)) for net in nets]
    assert accuracies[0] != accuracies[1]
    assert coarse_accuracy_scorer(pipeline, X, y) == pytest.approx(np.mean(accuracies))
