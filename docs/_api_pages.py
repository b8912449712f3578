"""The API reference: a page for every name that a public package lists in its ``__all__``."""

import importlib
import inspect
import pkgutil
import textwrap
import types
from pathlib import Path

from sklearn.base import BaseEstimator
from sphinx.pycode import ModuleAnalyzer

import fa_sklearn

# They list what the package itself lists too.
REPEATED = {"fa_sklearn.estimators", "fa_sklearn.fine_classes"}


def public_packages():
    """Import the packages whose names do not begin with an underscore."""
    yield fa_sklearn
    for module in pkgutil.iter_modules(fa_sklearn.__path__, "fa_sklearn."):
        if not module.name.rpartition(".")[2].startswith("_") and module.name not in REPEATED:
            yield importlib.import_module(module.name)


def public_objects():
    """Yield the package and the name of everything public."""
    for package in public_packages():
        yield from ((package, name) for name in package.__all__)


def own_members(cls):
    """Names of the public methods and properties that this package wrote, `__call__` first."""
    found = []
    for name, member in inspect.getmembers_static(cls):
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        if not isinstance(function, types.FunctionType) or not inspect.getdoc(member):
            continue
        if function.__module__.startswith("fa_sklearn.") and (
            name == "__call__" or not name.startswith("_")
        ):
            found.append(name)
    return found


def inherited_methods(cls):
    """Names of the public methods of an estimator that scikit-learn wrote."""
    if not issubclass(cls, BaseEstimator):
        return []
    return [
        name
        for name, _ in inspect.getmembers(cls, callable)
        if not name.startswith("_") and name not in own_members(cls)
    ]


def data_description(package, name):
    """Return the docstring below the assignment of a name, wherever in the package that is."""
    modules = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    for module in (package.__name__, *(module.name for module in modules)):
        docs = ModuleAnalyzer.for_module(module).find_attr_docs()
        if ("", name) in docs:
            return "\n".join(docs["", name]).strip()
    return ""


def object_page(package, name):
    """Render the page of a public object."""
    lines = [name, "=" * len(name), "", f".. currentmodule:: {package.__name__}", ""]
    exported = getattr(package, name)
    if inspect.isclass(exported):
        lines += [f".. autoclass:: {name}"]
        if members := own_members(exported):
            lines += [f"   :members: {', '.join(members)}"]
            # The docstring of __call__ documents what a reader calls.
            if "__call__" in members:
                lines += ["   :special-members: __call__"]
        if inherited := inherited_methods(exported):
            names = ", ".join(f"``{method}``" for method in inherited)
            lines += ["", f"From scikit-learn: {names}."]
    elif inspect.isroutine(exported):
        lines += [f".. autofunction:: {name}"]
    else:
        lines += [f".. py:data:: {name}", ""]
        lines += [textwrap.indent(data_description(package, name), "   ")]
        if isinstance(exported, dict):
            lines += ["", f"   Its keys: {', '.join(f'``{key!r}``' for key in exported)}."]
    # Empty where no example uses it; displays are used by their class method.
    path = f"{package.__name__}.{name}"
    lines += ["", f".. minigallery:: {path} {path}.from_estimator"]
    lines += ["   :add-heading: In the gallery", "   :heading-level: -"]
    return "\n".join(lines) + "\n"


def summary(package, name):
    """Return the first sentence of an object's documentation."""
    exported = getattr(package, name)
    is_data = not (inspect.isclass(exported) or inspect.isroutine(exported))
    text = data_description(package, name) if is_data else inspect.getdoc(exported) or ""
    return " ".join(text.partition("\n\n")[0].split())


def index_page():
    """Render the list of all public objects, by package."""
    lines = [
        "API reference",
        "=============",
        "",
        "Everything public, by package. A name that is not listed here may change at any time.",
        "",
    ]
    for package in public_packages():
        title = package.__name__
        lines += [title, "-" * len(title), ""]
        lines += [f".. module:: {title}", "", package.__doc__.strip(), ""]
        lines += [".. list-table::", "   :widths: 35 65", "   :class: api", ""]
        for name in package.__all__:
            page = f"{package.__name__}.{name}"
            lines += [f"   * - :doc:`{name} <{page}>`", f"     - {summary(package, name)}"]
        lines += ["", ".. toctree::", "   :hidden:", ""]
        lines += [f"   {package.__name__}.{name}" for name in package.__all__]
        lines += [""]
    return "\n".join(lines) + "\n"


def write_if_changed(path, text):
    """Write a page, unless it is there already: Sphinx reads again what has a new date."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_api_pages(folder):
    """Write the index and a page for each public object; remove those of objects gone."""
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    pages = {"index.rst": index_page()}
    for package, name in public_objects():
        pages[f"{package.__name__}.{name}.rst"] = object_page(package, name)
    for path in folder.glob("*.rst"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        write_if_changed(folder / name, text)
