"""The samples of a report: what sets groups of them apart, and some of them as HTML."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer

from ._drawing import _COLORS

Rows = NDArray[np.intp]
Values = NDArray[np.float64]

MISSING, WORD = "missing", "word"
# A value or word that fewer samples of a class have says little of the class, and much of them.
FEWEST = 3
SMALLEST_EFFECT = 0.2  # of a column or category
SMALLEST_LIFT = 2.0  # of a word
MOST_COLUMNS = 8
MOST_LETTERS = 240
IMAGE_BYTES = 1_500_000
COLORS = [*_COLORS[:6], "currentColor", _COLORS[8]]


class Difference(NamedTuple):
    """What a class has more or less of than the rest of its coarse class."""

    name: str  # of a column, or "word"
    category: str | None  # None: `here` and `rest` are means, not shares
    effect: float
    here: float
    rest: float


def number(value: float) -> str:
    """Write a number for a reader."""
    if np.isnan(value):
        return MISSING
    whole = np.isinf(value) or abs(value) >= 1000 or float(value).is_integer()
    return f"{value:,.0f}" if whole else f"{value:.3g}"


def percent(share: float) -> str:
    """Write a share, never 0 % where there is something."""
    return "below 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def shorten(text: str, most: int = 80) -> str:
    """Cut a text and escape it."""
    text = " ".join(text.split())
    return escape(text if len(text) <= most else text[: most - 1] + "…")


class Shown:
    """Samples of one kind."""

    legend = ""  # in HTML
    compares = True

    def __init__(self, items: Any, n_shown: int) -> None:
        self.items = items

    def differences(self, rows: Rows, codes: Rows, n_classes: int) -> list[list[Difference]]:
        """Compare each class of a coarse class with the rest of it, most different first."""
        return [[] for _ in range(n_classes)]

    def show(self, rows: Rows, notes: Sequence[str], differences: Sequence[Difference]) -> str:
        """Write samples, a note in HTML for each."""
        figures = (
            f"<figure>{self._draw(self.items[row])}<figcaption>{note}</figcaption></figure>"
            for row, note in zip(rows.tolist(), notes, strict=True)
        )
        return f'<div class="row">{"".join(figures)}</div>'

    def _draw(self, item: Any) -> str:
        raise NotImplementedError


class Texts(Shown):
    """Texts as excerpts, told apart by words."""

    def __init__(self, items: Any, n_shown: int) -> None:
        super().__init__(items, n_shown)
        vectorizer = CountVectorizer(binary=True)
        try:
            self._has = csr_array(vectorizer.fit_transform(items), dtype=np.float64)
            self._words: list[str] = vectorizer.get_feature_names_out().tolist()
        except ValueError:  # no text has a word
            self._has, self._words = csr_array((len(items), 0)), []

    def differences(self, rows: Rows, codes: Rows, n_classes: int) -> list[list[Difference]]:
        """Rank words by their c-TF-IDF in the class less that in the rest."""
        sums = (_one_hot(codes, n_classes) @ self._has[rows]).toarray()
        sizes = np.bincount(codes, minlength=n_classes)[:, None]
        here, rest = _means(sums, sizes)
        frequency, rest_frequency = _means(sums, sums.sum(axis=1, keepdims=True))
        idf = np.log1p(sums.sum() / n_classes / np.maximum(sums.sum(axis=0), 1))
        scores = (frequency - rest_frequency) * idf
        scores[(sums < FEWEST) | (here < SMALLEST_LIFT * rest)] = 0
        return [
            [
                Difference(
                    "word",
                    self._words[j],
                    float(scores[k, j]),
                    float(here[k, j]),
                    float(rest[k, j]),
                )
                for j in np.argsort(-scores[k], kind="stable")[:MOST_COLUMNS]
                if scores[k, j] > 0
            ]
            for k in range(n_classes)
        ]

    def show(self, rows: Rows, notes: Sequence[str], differences: Sequence[Difference]) -> str:
        """Write excerpts, one below the other."""
        items = (
            f'<li dir="auto">{shorten(str(self.items[row]), MOST_LETTERS)} <small>{note}</small>'
            for row, note in zip(rows.tolist(), notes, strict=True)
        )
        return f"<ul>{''.join(items)}</ul>"


class Table(Shown):
    """Rows of a table, told apart by means of numbers and shares of categories."""

    def __init__(self, columns: Iterable[tuple[Any, Any]], n_shown: int) -> None:
        self._names: list[str] = []
        self._columns: list[NDArray[Any]] = []
        numeric, self._categories = [], []
        for name, column in columns:
            values = _read_column(column)
            self._names.append(str(name))
            self._columns.append(values)
            if values.dtype.kind == "f":
                numeric.append((str(name), values))
            elif values.dtype.kind == "O":
                self._categories.append((str(name), *np.unique(values, return_inverse=True)))
        self._numeric = [name for name, _ in numeric]
        self._values = np.stack([values for _, values in numeric], axis=1) if numeric else None

    def differences(self, rows: Rows, codes: Rows, n_classes: int) -> list[list[Difference]]:
        """Rank columns and categories by their difference in standard deviations."""
        one_hot = _one_hot(codes, n_classes)
        sizes = np.bincount(codes, minlength=n_classes)[:, None]
        parts: list[tuple[list[tuple[str, str | None]], Values, Values, Values]] = []
        if self._values is not None:
            values = self._values[rows]
            known = ~np.isnan(values)
            counts = one_hot @ known.astype(float)
            here, rest = _means(one_hot @ np.where(known, values, 0.0), counts)
            mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
            variance = np.where(known, values - mean, 0.0) ** 2
            std = np.sqrt(variance.sum(axis=0) / np.maximum(known.sum(axis=0), 1))
            parts.append(([(name, None) for name in self._numeric], here, rest, std))
        for name, categories, of_sample in self._categories:
            sums = (one_hot @ _one_hot(of_sample[rows], len(categories)).T).toarray()
            here, rest = _means(sums, sizes)
            here[:, sums.sum(axis=0) < FEWEST] = np.nan
            share = sums.sum(axis=0) / len(rows)
            names = [(name, category) for category in categories.tolist()]
            parts.append((names, here, rest, np.sqrt(share * (1 - share))))
        found: list[list[Difference]] = []
        for k in range(n_classes):
            own = []
            for names, here, rest, std in parts:
                effects = np.divide(here[k] - rest[k], std, out=np.zeros_like(std), where=std > 0)
                for j in np.flatnonzero(np.abs(effects) >= SMALLEST_EFFECT):
                    own.append(
                        Difference(*names[j], *map(float, (effects[j], here[k, j], rest[k, j])))
                    )
            found.append(sorted(own, key=lambda each: -abs(each.effect))[:MOST_COLUMNS])
        return found

    def show(self, rows: Rows, notes: Sequence[str], differences: Sequence[Difference]) -> str:
        """Write rows, of the columns that differ most."""
        order = [self._names.index(each.name) for each in differences]
        columns = [*dict.fromkeys([*order, *range(len(self._names))])][:MOST_COLUMNS]
        names = [*(shorten(self._names[j], 40) for j in columns), *([""] if any(notes) else [])]
        lines = []
        for row, note in zip(rows.tolist(), notes, strict=True):
            cells = [self._cell(j, row) for j in columns] + ([note] if any(notes) else [])
            lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells))
        head = "".join(f"<th>{name}</th>" for name in names)
        return f'<div class="wide"><table><tr>{head}{"".join(lines)}</table></div>'

    def _cell(self, column: int, row: int) -> str:
        value = self._columns[column][row]
        return number(value) if isinstance(value, float) else shorten(str(value), 60)


class Images(Shown):
    """Images as thumbnails."""

    compares = False

    def __init__(self, items: Any, n_shown: int) -> None:
        super().__init__(items, n_shown)
        self._edge = int(np.clip(np.sqrt(IMAGE_BYTES / 4 / max(n_shown, 1)), 12, 64))
        if np.asarray(items[0]).dtype == np.uint8:
            self._low, self._high = 0.0, 255.0
        else:
            self._low = float(min(np.min(item) for item in items))
            self._high = float(max(np.max(item) for item in items))

    def _draw(self, item: Any) -> str:
        pixels = np.asarray(item, dtype=np.float64)
        pixels = pixels[..., : 3 if pixels.shape[2] > 2 else 1]
        # Means of blocks, which are cut to be whole.
        step = -(-max(pixels.shape[:2]) // self._edge)
        height, width = (size // step * step for size in pixels.shape[:2])
        blocks = pixels[:height, :width].reshape(height // step, step, width // step, step, -1)
        pixels = (blocks.mean(axis=(1, 3)) - self._low) / max(self._high - self._low, 1e-300)
        png = write_png((255 * pixels.clip(0, 1)).round().astype(np.uint8))
        return f'<img alt="" src="data:image/png;base64,{base64.b64encode(png).decode()}">'


class Sequences(Shown):
    """Sequences as line plots, told apart by their length and the values of their channels."""

    def __init__(self, items: Any, n_shown: int) -> None:
        arrays = [np.asarray(item, dtype=np.float64) for item in items]
        super().__init__(arrays, n_shown)
        names = getattr(items[0], "columns", range(arrays[0].shape[1]))
        channels = [f"channel {name}" if isinstance(name, int) else str(name) for name in names]
        self._low, self._high = np.quantile(np.concatenate(arrays), (0.01, 0.99), axis=0)
        self._longest = max(len(array) for array in arrays)
        means, stds = (np.array([f(array, axis=0) for array in arrays]) for f in (np.mean, np.std))
        columns = [("number of steps", np.array([float(len(array)) for array in arrays]))]
        columns += [(f"mean of {name}", means[:, j]) for j, name in enumerate(channels)]
        columns += [(f"spread of {name}", stds[:, j]) for j, name in enumerate(channels)]
        self.differences = Table(columns, n_shown).differences  # type: ignore[method-assign]
        marks = (
            f'<span style="color:{COLORS[j % len(COLORS)]}">▬</span> {shorten(name, 40)}'
            for j, name in enumerate(channels)
        )
        self.legend = f"<p>Lines over time: {', '.join(marks)}.</p>"

    def _draw(self, item: Any) -> str:
        steps = np.linspace(0, len(item) - 1, min(len(item), 60)).astype(int)
        x = (120 * steps / max(self._longest - 1, 1)).round().astype(int)
        scaled = (item[steps] - self._low) / np.maximum(self._high - self._low, 1e-300)
        scaled = scaled.clip(0, 1)
        lines = []
        for j, channel in enumerate((46 - 44 * scaled.T).round().astype(int)):
            points = " ".join(
                f"{a},{b}" for a, b in zip(x.tolist(), channel.tolist(), strict=True)
            )
            lines.append(f'<polyline points="{points}" stroke="{COLORS[j % len(COLORS)]}"/>')
        return f'<svg class="line" viewBox="0 0 120 48" width="160">{"".join(lines)}</svg>'


def wrap(samples: Any, n_samples: int, n_shown: int) -> Shown:
    """Tell what kind of samples these are."""
    if callable(getattr(samples, "to_list", None)) and not hasattr(samples, "columns"):
        samples = samples.to_list()
    kind: type[Shown] | None = None
    if hasattr(samples, "columns"):
        kind = Table
        pairs = hasattr(samples, "iloc")  # pandas may have two columns of one name
        items = samples.items() if pairs else [(c, samples[c]) for c in samples.columns]
    elif isinstance(samples, (list, tuple, np.ndarray)) and len(items := samples):
        shapes = [np.shape(item) for item in samples]
        kind = {2: Sequences, 3: Images}.get(len(shapes[0]))
        if isinstance(samples[0], str):
            kind = Texts
        elif len(shapes[0]) == 1 and len({*shapes}) == 1:
            kind = Table
            items = [(f"column {j}", column) for j, column in enumerate(np.asarray(samples).T)]
    if kind is None:
        raise ValueError(
            "display must be texts, a table, sequences of shape (n_steps, n_channels) or images "
            "of shape (height, width, channels), one for each sample, got "
            f"{type(samples).__name__}: pass what a reader is to see of the samples."
        )
    if len(samples) != n_samples:
        raise ValueError(
            f"display must hold one item for each of {n_samples} samples, got {len(samples)}."
        )
    return kind(items, n_shown)


def write_png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode grey or RGB pixels of shape (height, width, 1 or 3)."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _read_column(column: Any) -> NDArray[Any]:
    """Return floats, dates, or else objects of text."""
    kind = getattr(getattr(column, "dtype", None), "kind", "O")
    if kind in "iuf" and hasattr(column, "to_numpy"):  # pandas may have its own missing value
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    values = np.asarray(column)
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    if values.dtype.kind in "mM":
        return values
    text = np.empty(len(values), dtype=object)
    text[:] = [
        MISSING if value is None or str(value) in ("nan", "NaN", "<NA>", "NaT") else str(value)
        for value in values.tolist()
    ]
    return text


def _one_hot(codes: Rows, n_classes: int) -> csr_array:
    return csr_array(
        (np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(n_classes, len(codes))
    )


def _means(sums: Values, counts: NDArray[Any]) -> tuple[Values, Values]:
    """Mean in each class, and in all the others together; NaN of so few that it shows them."""
    rest_counts = counts.sum(axis=0) - counts
    here, rest = (np.where(n >= FEWEST, n, np.nan) for n in (counts, rest_counts))
    return sums / here, (sums.sum(axis=0) - sums) / rest
