"""The architecture, read from the source: who may import whom."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fa_sklearn"
FILES = sorted(PACKAGE.rglob("*.py"))

MAY_IMPORT = {
    "losses": set(),
    "modules": set(),
    "_inputs": set(),
    "metrics": set(),
    "datasets": set(),
    "preprocessing": set(),
    "views": {"_inputs"},
    "_training": {"losses", "_inputs"},
    "estimators": {
        *("losses", "modules", "_inputs", "_training"),
        *("preprocessing", "views"),
    },
    "fine_classes": {"estimators", "metrics", "views", "_inputs", "_training"},
    "inspection": {"estimators", "metrics", "fine_classes"},
    "model_selection": {"estimators", "metrics"},
}
# The package's own leaf files, which import none of its folders.
LEAVES = {"_atomic", "_nearest", "_onnx", "_removed", "_seeds", "_suggest", "_version"}
# Folders that may know only what users of the package know.
PUBLIC_API_ONLY = {"inspection"}
OPTIONAL = {"matplotlib", "PIL", "pandas", "polars", "pooch", "tensorboard"} | {
    *("onnx", "onnxruntime", "onnxscript", "pynndescent"),
}


def identify(path):
    return path.relative_to(ROOT).as_posix()


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def concept_of(path):
    """Return the folder below the package, or None for the package's own files."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else None


def absolute_base(path, node):
    """Return the dotted module that a `from ... import` names, relative ones resolved."""
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).parts[:-1]
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def imported_names(path, tree):
    """Yield every imported dotted name; `from a import b` gives `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute_base(path, node)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def package_imports(path, tree):
    """Yield the parts below `fa_sklearn` of each import of the package by itself."""
    for name in imported_names(path, tree):
        top, *parts = name.split(".")
        if top == PACKAGE.name:
            yield parts


def names_type_checking(test):
    """Tell whether an `if` asks for TYPE_CHECKING, by either spelling."""
    return "TYPE_CHECKING" in {getattr(test, "id", None), getattr(test, "attr", None)}


def import_time_nodes(node):
    """Yield the nodes that run when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and names_type_checking(child.test):
            continue
        yield child
        yield from import_time_nodes(child)


def violations(path, tree):
    """Return the imports of other folders that the rule of `path`'s own folder forbids."""
    own = concept_of(path)
    if own is None:
        return []
    found = []
    for parts in package_imports(path, tree):
        target = parts[0] if parts else ""
        if target == own or target in LEAVES:
            continue
        allowed = target in MAY_IMPORT[own]
        private = any(part.startswith("_") for part in parts)
        if not allowed or (own in PUBLIC_API_ONLY and private):
            found.append(".".join([PACKAGE.name, *parts]))
    return found


def test_every_folder_has_a_rule():
    folders = {concept_of(path) for path in FILES} - {None}
    assert folders <= MAY_IMPORT.keys(), "give the new folder its line in MAY_IMPORT"


@pytest.mark.parametrize("path", FILES, ids=identify)
def test_imports_go_one_way(path):
    assert violations(path, parse(path)) == []


@pytest.mark.parametrize(
    ("file", "line", "forbidden"),
    [
        ("losses/_a.py", "from ..modules import X", ["fa_sklearn.modules.X"]),
        ("losses/_a.py", "from .. import modules", ["fa_sklearn.modules"]),
        ("losses/_a.py", "import fa_sklearn.metrics", ["fa_sklearn.metrics"]),
        ("losses/_a.py", "def f():\n    from fa_sklearn import X", ["fa_sklearn.X"]),
        ("losses/_a.py", "from ._b import X\nimport torch", []),
        ("_training/_a.py", "from ..losses._b import X", []),
        ("_training/_a.py", "from fa_sklearn.estimators import X", ["fa_sklearn.estimators.X"]),
        ("inspection/_a.py", "from ..estimators import X\nfrom ._b import _X", []),
        ("inspection/_a.py", "from ..estimators._b import X", ["fa_sklearn.estimators._b.X"]),
        ("model_selection/_a.py", "from ..estimators._b import X\nfrom ..metrics import Y", []),
        ("model_selection/_a.py", "from ..losses import X", ["fa_sklearn.losses.X"]),
        ("metrics/_a.py", "from ..model_selection import X", ["fa_sklearn.model_selection.X"]),
        ("__init__.py", "from .estimators import X", []),
    ],
)
def test_the_rule_sees_through_spellings(file, line, forbidden):
    assert violations(PACKAGE / file, ast.parse(line)) == forbidden


@pytest.mark.parametrize("path", FILES, ids=identify)
def test_optional_packages_are_imported_where_they_are_used(path):
    names = set()
    for node in import_time_nodes(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.partition(".")[0])
    assert not names & OPTIONAL


@pytest.mark.parametrize("path", FILES, ids=identify)
def test_files_say_in_one_line_what_they_hold(path):
    assert path.name not in {"utils.py", "_utils.py", "helpers.py", "_helpers.py"}
    docstring = ast.get_docstring(parse(path))
    assert docstring, "the module has no docstring"
    assert len(docstring.splitlines()) == 1


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def needed_modules(path, tree, modules):
    """Return the package's modules that one needs to be read, for its types too."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    inner = {
        id(node)
        for outer in ast.walk(tree)
        if isinstance(outer, functions)
        for node in ast.walk(outer)
    }
    needed = set()
    for node in ast.walk(tree):
        if id(node) in inner or not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for name in imported_names(path, ast.Module([node], [])):
            owner = name if name in modules else name.rpartition(".")[0]
            if owner in modules:
                needed.add(owner)
    return needed - {module_of(path)}


def find_circle(graph):
    """Return modules that import each other in a circle, or None."""
    done = set()

    def search(module, above):
        if module in above:
            return [*above[above.index(module) :], module]
        if module not in done:
            for other in sorted(graph[module]):
                if circle := search(other, [*above, module]):
                    return circle
        done.add(module)
        return None

    for module in sorted(graph):
        if circle := search(module, []):
            return circle
    return None


def test_no_circle_of_imports_even_for_types():
    modules = {module_of(path): path for path in FILES}
    graph = {
        module: needed_modules(path, parse(path), modules) for module, path in modules.items()
    }
    assert find_circle(graph) is None


def test_a_circle_is_found_among_types_too():
    own = PACKAGE / "losses" / "_a.py"
    text = "if TYPE_CHECKING:\n    from ._b import X\ndef f():\n    from ._c import Y"
    names = {f"fa_sklearn.losses.{name}" for name in ("_a", "_b", "_c")}
    assert needed_modules(own, ast.parse(text), names) == {"fa_sklearn.losses._b"}
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None
