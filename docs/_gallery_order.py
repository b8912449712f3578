"""The order of the gallery: where to begin first, what is one's own last."""

FIRST = [
    "wine",
    "neighbors",
    "strokes",
    "stroke_neighbors",
    "digit_images",
    "text",
    "autoencoder",
    "search",
    "cluster_count",
]


def order(filename):
    """Return the place of a script: those of FIRST, then the others by name."""
    name = filename.removeprefix("plot_").removesuffix(".py")
    return (FIRST.index(name) if name in FIRST else len(FIRST)), name
