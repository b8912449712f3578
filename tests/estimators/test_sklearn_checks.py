"""scikit-learn's own checks, over both estimators and every penalty."""

from collections import Counter

import pytest
from sklearn.base import ClassifierMixin, is_classifier
from sklearn.utils import ClassifierTags, Tags, TargetTags, TransformerTags
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import MultilayerLoss, SingleLayerLoss

CLASSES = [ForcedApartClassifier, ForcedApartAutoencoder]
BOTH = [("single", SingleLayerLoss()), ("multi", MultilayerLoss(weight=0.5))]
# No penalty at all stands for "multi", the default.
OTHER_PENALTIES = [None, "single", "decov", "xcov", MultilayerLoss(margin=0.5), BOTH]
ESTIMATORS = [cls(max_epochs=20) for cls in CLASSES] + [
    cls(penalty=penalty, max_epochs=20) for cls in CLASSES for penalty in OTHER_PENALTIES
]
PERMITTED_FAILURES = dict.fromkeys(
    [f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse")],
    "compares at 1e-7, a float32 ulp; test_sample_weight.py asks at 1e-5",
)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda _: PERMITTED_FAILURES)
def test_sklearn_compatible(estimator, check, monkeypatch):
    # scikit-learn skips its array API check unless this is set.
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    check(estimator)


@pytest.mark.parametrize("cls", CLASSES)
def test_the_checks_cover_the_default_penalty(cls):
    assert cls().penalty == "multi"


def check_counts(estimator):
    """How often each check is made for an estimator."""
    checks = estimator_checks_generator(estimator, legacy=True)
    return Counter((check.func.__name__, *sorted(check.keywords)) for _, check in checks)


@pytest.mark.parametrize("cls", CLASSES)
def test_no_tag_switches_a_check_off(cls):
    class WithDefaultTags(cls):
        def __sklearn_tags__(self):
            classifies = issubclass(cls, ClassifierMixin)
            return Tags(
                estimator_type="classifier" if classifies else None,
                target_tags=TargetTags(required=classifies),
                transformer_tags=TransformerTags(),
                classifier_tags=ClassifierTags() if classifies else None,
            )

    missing = check_counts(WithDefaultTags()) - check_counts(cls())
    assert not missing


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_no_tag_weakens_a_check(estimator):
    tags = estimator.__sklearn_tags__()
    assert not (tags.non_deterministic or tags.no_validation or tags._skip_test)
    assert tags.requires_fit
    assert tags.input_tags.two_d_array
    assert not (tags.input_tags.allow_nan or tags.input_tags.positive_only)
    if is_classifier(estimator):
        assert not tags.classifier_tags.poor_score
        assert tags.classifier_tags.multi_class
