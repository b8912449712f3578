"""The documentation: its code runs, its pages are reachable, every public object has a page."""

import ast
import importlib.util
import re
import runpy
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from PIL import Image

from fa_sklearn.datasets import get_data_home

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GALLERY = ROOT / "examples" / "gallery"
PAGES = sorted(DOCS.glob("*.md"))
SCRIPTS = sorted(GALLERY.glob("*.py"))
# It trains in a second or two.
QUICK_SCRIPT = GALLERY / "plot_two_terms.py"


def load(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def api_pages():
    return load("_api_pages")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def python_blocks(page):
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def named_scores(text):
    return {name: float(value) for name, value in re.findall(r"(?m)^(.*?): +([\d.]+)$", text)}


def entries(text):
    """Return the entries of all toctrees of a page."""
    trees = re.findall(r"^```\{toctree\}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line.strip() for tree in trees for line in tree.splitlines()]
    return [line for line in lines if line and not line.startswith(":")]


WITH_CODE = [page for page in PAGES if python_blocks(page)]


def test_pages_with_code_are_found():
    assert {"tutorial.md", "choosing.md", "extending.md", "inputs.md"} <= {
        page.name for page in WITH_CODE
    }


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_code_blocks_run_one_after_the_other(page, tmp_path, monkeypatch):
    # What an example writes without naming a folder must not land in the repository.
    monkeypatch.chdir(tmp_path)
    # What torchrun sets for a group of one; the port is any that is free.
    alone = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "0"}
    for name, value in alone.items():
        monkeypatch.setenv(name, value)
    namespace = {"__name__": "docs"}
    for number, block in enumerate(python_blocks(page)):
        exec(compile(block, f"{page.name}, block {number}", "exec"), namespace)


def test_the_tutorial_shows_what_it_says(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "docs"}
    for block in python_blocks(DOCS / "tutorial.md"):
        if "GridSearchCV" not in block:
            exec(compile(block, "tutorial.md", "exec"), namespace)
    scores = named_scores(capsys.readouterr().out)
    text = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    # Scores of small nets differ a little between processors.
    assert named_scores(text) == pytest.approx(scores, abs=0.05)
    assert scores["baseline"] + 0.1 < scores["KMeans on X"] < scores["L_multi"]
    assert scores["label known"] > 0.95


def test_the_page_on_inspecting_shows_what_it_says(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    first, second, *_ = python_blocks(DOCS / "inspecting.md")
    exec(compile(f"{first}{second}", "inspecting.md", "exec"), {"__name__": "docs"})
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    text = (DOCS / "inspecting.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```text\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    expected = [line.split() for line in "".join(shown).splitlines()]
    # Without stability and separation, which differ a little between processors.
    assert [line[:4] for line in printed] == [line[:4] for line in expected]


def test_every_page_is_in_a_toctree():
    patterns = [entry for page in PAGES for entry in entries(page.read_text(encoding="utf-8"))]
    reached = {path.stem for pattern in patterns for path in DOCS.glob(f"{pattern}.md")}
    assert {page.stem for page in PAGES} - {"index"} <= reached


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_gallery_scripts_compile_and_explain_themselves(script):
    tree = ast.parse(script.read_text(encoding="utf-8"))
    title, rule, *rest = ast.get_docstring(tree).splitlines()
    assert set(rule) == {"="} and len(rule) == len(title)
    assert len(" ".join(rest)) > 80
    assert script.name.startswith("plot_")


def test_the_gallery_begins_with_scripts_that_exist():
    gallery_order = load("_gallery_order")
    names = sorted((script.name for script in SCRIPTS), key=gallery_order.order)
    first = [f"plot_{name}.py" for name in gallery_order.FIRST]
    assert names[: len(first)] == first
    assert names[len(first) :] == sorted(set(names) - set(first))


def test_there_are_enough_gallery_scripts():
    assert len(SCRIPTS) >= 8


def test_a_gallery_script_runs(capsys):
    runpy.run_path(str(QUICK_SCRIPT))
    assert capsys.readouterr().out.count("AMI") == 4


def test_scripts_without_their_encoder_say_what_to_install(monkeypatch):
    needs = load("_gallery_order").NEEDS
    for name, module in ((name, module) for name, (_, module) in needs.items() if module):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(ImportError, match=r'pip install "fa-sklearn\[pretrained\]"'):
            runpy.run_path(str(GALLERY / name))


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_every_gallery_script_runs(script, capsys):
    # As `make docs` does: without what it needs, an example is left out.
    if not load("_gallery_order").can_run(script.name, get_data_home()):
        with pytest.raises((OSError, ImportError)):
            runpy.run_path(str(script))
        return
    runpy.run_path(str(script))
    assert capsys.readouterr().out


def test_the_method_is_drawn(tmp_path):
    target = tmp_path / "method.png"
    load("draw_method").draw(target)
    with Image.open(target) as drawn, Image.open(DOCS / "images" / "method.png") as committed:
        assert drawn.size == committed.size


def test_every_public_object_has_a_page_and_a_summary(api_pages, tmp_path):
    api_pages.write_api_pages(tmp_path / "api")
    index = (tmp_path / "api" / "index.rst").read_text(encoding="utf-8")
    objects = list(api_pages.public_objects())
    assert len(objects) > 30
    for package, name in objects:
        page = f"{package.__name__}.{name}"
        assert (tmp_path / "api" / f"{page}.rst").read_text(encoding="utf-8")
        assert f":doc:`{name} <{page}>`" in index
        assert api_pages.summary(package, name), f"{page} has no description"


def test_pages_of_objects_that_are_gone_are_removed(api_pages, tmp_path):
    (tmp_path / "fa_sklearn.Gone.rst").write_text("Gone")
    api_pages.write_api_pages(tmp_path)
    assert not (tmp_path / "fa_sklearn.Gone.rst").exists()


def test_the_public_packages_are_those_without_an_underscore(api_pages):
    names = {package.__name__ for package in api_pages.public_packages()}
    folders = {path.name for path in (ROOT / "fa_sklearn").iterdir() if path.is_dir()}
    public = {f"fa_sklearn.{name}" for name in folders if not name.startswith("_")}
    assert names | api_pages.REPEATED == public | {"fa_sklearn"}
