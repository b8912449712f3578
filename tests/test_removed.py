"""Names that the release before had say what takes their place."""

import importlib
import inspect
from pathlib import Path

import pytest

from fa_sklearn._removed import REMOVED

CHANGELOG = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("dotted", REMOVED)
def test_a_removed_name_says_what_takes_its_place(dotted):
    package, _, name = dotted.rpartition(".")
    module = importlib.import_module(package)
    assert name not in module.__all__
    for use in (f"from {package} import {name}", f"import {package}; {dotted}"):
        with pytest.raises(ImportError, match=f"{name} was removed: ") as caught:
            exec(use, {})
        assert REMOVED[dotted] in str(caught.value)
    assert f"`{name}`" in CHANGELOG.partition("## [0.1.0]")[0]


@pytest.mark.parametrize("package", sorted({dotted.rpartition(".")[0] for dotted in REMOVED}))
def test_a_name_that_never_was_is_an_attribute_error(package):
    module = importlib.import_module(package)
    assert not hasattr(module, "nothing_of_the_kind")
    with pytest.raises(ImportError, match="cannot import name"):
        exec(f"from {package} import nothing_of_the_kind", {})


def test_no_base_of_a_public_class_has_a_removed_name():
    # Tools such as sphinx-gallery look for the bases of a class in its package.
    for package in {dotted.rpartition(".")[0] for dotted in REMOVED}:
        exported = vars(importlib.import_module(package)).values()
        for cls in filter(inspect.isclass, exported):
            assert not {f"{package}.{base.__name__}" for base in cls.__mro__} & set(REMOVED)
