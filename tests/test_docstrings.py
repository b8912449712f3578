"""Every public object is documented in numpydoc's form, and every example runs."""

import doctest
import importlib
import inspect
import io
import pkgutil
import types

import pytest
from numpydoc.validate import validate

import fa_sklearn

# Left out are numpydoc's demands on punctuation, on "See Also" and on an extended summary.
FORM = {
    *("GL01", "GL03", "GL05", "GL06", "GL07", "GL08", "GL10"),
    *("SS01", "SS02", "SS03", "SS04", "SS06"),
    *("PR01", "PR02", "PR03", "PR04", "PR05", "PR06", "PR07", "PR10"),
    *("RT01", "RT03", "YD01"),
}
EXAMPLE = "EX01"

MODULES = [fa_sklearn.__name__] + sorted(
    module.name for module in pkgutil.walk_packages(fa_sklearn.__path__, "fa_sklearn.")
)


def public_packages():
    for name in MODULES:
        if name.count(".") <= 1 and not name.rpartition(".")[2].startswith("_"):
            yield importlib.import_module(name)


def public_objects():
    """Yield the dotted name of each class and function that a public package exports."""
    for package in public_packages():
        for name in package.__all__:
            exported = getattr(package, name)
            if inspect.isclass(exported) or inspect.isroutine(exported):
                yield f"{package.__name__}.{name}"


def resolve(dotted):
    package, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(package), name)


def own_members(cls):
    """Yield the public methods and properties of a class that this package wrote."""
    for name, member in inspect.getmembers_static(cls):
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        if name.startswith("_") or not isinstance(function, types.FunctionType):
            continue
        if function.__module__.startswith("fa_sklearn."):
            yield name


def public_members():
    for dotted in public_objects():
        exported = resolve(dotted)
        if inspect.isclass(exported):
            for name in own_members(exported):
                # A method without a docstring has that of its base, which is looked at there.
                member = inspect.getattr_static(exported, name)
                if member.__doc__ or not inspect.getdoc(getattr(exported, name)):
                    yield f"{dotted}.{name}"


def complaints(dotted, codes):
    return [error for error in validate(dotted)["errors"] if error[0] in codes]


def test_packages_name_what_they_export():
    for package in public_packages():
        exported = package.__all__
        assert len(exported) == len(set(exported))
        assert all(hasattr(package, name) for name in exported)


@pytest.mark.parametrize("dotted", list(public_objects()))
def test_public_objects_are_documented_with_an_example(dotted):
    assert complaints(dotted, FORM | {EXAMPLE}) == []


@pytest.mark.parametrize("dotted", list(public_members()))
def test_public_methods_are_documented(dotted):
    assert complaints(dotted, FORM) == []


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    report = io.StringIO()
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags)
    for example in doctest.DocTestFinder().find(importlib.import_module(name)):
        runner.run(example, out=report.write)
    assert runner.failures == 0, report.getvalue()
