"""A report of fine classes for people: one HTML file without scripts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import euclidean_distances
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._atomic import write_atomically
from ..fine_classes import FineClassFinder
from ._embedding import _project
from ._shown import COLORS, WORD, Difference, Rows, Shown, number, percent, shorten, wrap

# From which mean Jaccard index on, after Hennig (2007), and from which silhouette on.
RELIABILITY = ((0.85, "reliable"), (0.75, "fairly reliable"), (0.6, "uncertain"))
UNRELIABLE, UNCHECKED = "not reliable", "not checked"
SEPARATION = ((0.5, "far apart"), (0.25, "apart"), (-1.0, "close together"))
NO_SUBTYPES = "no sub-types that can be shown"
MOST_OPEN = 12  # with more fine classes, each is folded
MOST_POINTS = 6000  # on all maps

# The browser itself refuses scripts, and whatever is not in the file.
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Fine classes</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none';img-src data:;style-src 'unsafe-inline'">
<style>body{margin:0}@media screen and (prefers-color-scheme:dark){body{background:#181818}}
</style></head><body>
%s</body></html>
"""


class FineClassReport:
    """Report of the fine classes that a `FineClassFinder` found, for people.

    Create it with `from_estimator`, then `save` it: one HTML file without scripts, which loads
    nothing from elsewhere. A notebook shows the report itself. Read more in :doc:`/report`.

    Parameters
    ----------
    columns : mapping of str to array-like of shape (n_fine,)
        The columns of `to_frame`.
    typical : dict of str to ndarray
        By fine class, the rows of X that are shown as typical, nearest to the centre first.
    borderline : dict of str to ndarray
        By fine class, the rows of X that are shown as borderline, nearest to another class first.
    differences : dict of str to list of tuples
        By fine class what sets it apart from the rest of its coarse class, as tuples ``(name,
        category, effect, here, rest)``. Of a numeric column, `category` is None, `here` and
        `rest` are its means in the class and in the rest, and `effect` is their difference in
        standard deviations of the coarse class. Of a category they are shares, and `effect` is
        that of a column of 0 and 1. Of a word, `name` is "word", `category` the word, the
        shares are of texts that have it, and `effect` is its c-TF-IDF less that in the rest.
    html : str
        The report as a part of a page.

    See Also
    --------
    EmbeddingDisplay : Draws a map with matplotlib.

    Notes
    -----
    c-TF-IDF of a word in a fine class: its share of the words of the class, each counted once in
    a text, times the logarithm of 1 + A / f, where A is the mean number of words in the fine
    classes of the coarse class, and f how often the word is in all of them.

    Categories and words that fewer than three samples have are not named, and no mean is taken
    of fewer than three values.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from fa_sklearn import FineClassFinder
    >>> from fa_sklearn.inspection import FineClassReport
    >>> X, y = load_wine(return_X_y=True)
    >>> label = ["second" if cultivar == 1 else "other" for cultivar in y]
    >>> finder = FineClassFinder(n_clusters=2, n_repeats=0, random_state=0).fit(X, label)
    >>> report = FineClassReport.from_estimator(finder, X, label, n_samples=3)
    >>> sorted(report.typical)
    ['other/0', 'other/1', 'second/0', 'second/1']
    >>> report.save("wines.html")  # doctest: +SKIP
    """

    def __init__(
        self,
        columns: Mapping[str, Any],
        typical: dict[str, Rows],
        borderline: dict[str, Rows],
        differences: dict[str, list[Difference]],
        *,
        html: str,
    ) -> None:
        self.columns = columns
        self.typical = typical
        self.borderline = borderline
        self.differences = differences
        self.html = html

    @classmethod
    def from_estimator(
        cls,
        finder: Any,
        X: Any,
        y: ArrayLike | None = None,
        *,
        display: Any = None,
        samples: bool = True,
        n_samples: int = 5,
    ) -> Self:
        """Describe the fine classes of a fitted finder.

        Parameters
        ----------
        finder : FineClassFinder or Pipeline
            Fitted; or a pipeline that ends in one.
        X : array-like of length n_samples
            The samples of `fit`, in the same order.
        y : array-like of shape (n_samples,) or None, default=None
            Their coarse labels. What is none of ``finder.coarse_classes_`` counts as unknown.
        display : array-like of length n_samples or None, default=None
            What a reader is to see of the samples, and by what classes are told apart: texts, a
            table (numbers and categories), sequences of shape (n_steps, n_channels), or images
            of shape (height, width, 1 or 3). None: X.
        samples : bool, default=True
            Show samples. False leaves them out; averages, frequent categories and words, and the
            points of the maps stay.
        n_samples : int, default=5
            The most typical and the most borderline samples that are shown of a class.

        Returns
        -------
        FineClassReport
            The report.

        Raises
        ------
        TypeError
            If `finder` is something else.
        ValueError
            If X and y are not what the finder was fitted on, or `display` cannot be shown.
        """
        display = X if display is None else display
        if isinstance(finder, Pipeline):
            X = finder[:-1].transform(X) if len(finder) > 1 else X
            finder = finder[-1]
        if not isinstance(finder, FineClassFinder):
            raise TypeError(
                "finder must be a fitted FineClassFinder, or a pipeline that ends in one, got "
                f"{type(finder).__name__}."
            )
        check_is_fitted(finder)
        order = np.argsort(finder.classes_)
        codes = order[np.searchsorted(finder.classes_, finder.labels_, sorter=order)]
        n, n_fine = len(codes), len(finder.classes_)
        points = finder.transform(X)
        if len(points) != n:
            raise ValueError(
                f"X must hold the {n} samples of fit, in the same order, got {len(points)}."
            )
        n_unknown = _count_unknown(finder, y, codes)
        shown = wrap(display, n, 2 * n_samples * n_fine)
        outliers = np.asarray(finder.is_outlier(X))
        found = _Found(finder, codes, points, shown, outliers, n_samples if samples else 0)
        borderline = np.bincount(codes, weights=finder.borderline_, minlength=n_fine)
        columns = {
            **found.summary,
            "reliability": np.array(found.reliability),
            "n_borderline": borderline if found.repeated else np.full(n_fine, np.nan),
            "n_outliers": np.bincount(codes[outliers], minlength=n_fine),
            "set_apart": np.array(["; ".join(map(_phrase, d)) for d in found.differences]),
        }
        parts = (
            dict(zip(finder.classes_.tolist(), part, strict=True))
            for part in (found.typical, found.borderline, found.differences)
        )
        return cls(columns, *parts, html=found.write(n_unknown))

    def to_frame(self) -> Any:
        """Return what is known of each fine class, a row each.

        Returns
        -------
        pandas.DataFrame
            ``finder.summary_``, and the stability in words, how many samples are borderline
            (NaN without repeats) or outliers, and what sets the class apart. It needs pandas.
        """
        import pandas as pd

        return pd.DataFrame(dict(self.columns))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report as one HTML file.

        Parameters
        ----------
        path : str or path-like
            The file; one that is there is replaced.
        """
        write_atomically(path, (PAGE % self.html).encode("utf-8", errors="replace"))

    def _repr_html_(self) -> str:
        return self.html


class _Found:
    """What is shown of each fine class, and the HTML of it."""

    def __init__(
        self,
        finder: FineClassFinder,
        codes: Rows,
        points: NDArray[Any],
        shown: Shown,
        outliers: NDArray[np.bool_],
        n_samples: int,
    ) -> None:
        self.finder, self.codes, self.points, self.shown = finder, codes, points, shown
        self.outliers, self.n_samples = outliers, n_samples
        self.summary = finder.summary_
        self.repeated = not np.isnan(finder.agreement_).all()
        self.names: list[str] = finder.classes_.tolist()
        self.coarse: list[str] = [str(label) for label in finder.coarse_classes_]
        parents = [self.coarse[c] for c in finder.parents_]
        pairs = [*zip(self.names, parents, strict=True)]
        self.short = [shorten(name.removeprefix(f"{parent}/"), 24) for name, parent in pairs]
        self.noise = np.array([name == f"{parent}/?" for name, parent in pairs])
        alone = np.bincount(finder.parents_)[finder.parents_] == 1
        self.reliability = [
            "" if none else _in_words(stability)
            for none, stability in zip(alone | self.noise, self.summary["stability"], strict=True)
        ]
        self.typical, self.borderline = ([np.empty(0, np.intp) for _ in parents] for _ in "12")
        self.differences: list[list[Difference]] = [[] for _ in parents]
        self.nearest = np.empty_like(codes)
        for c in range(len(self.coarse)):
            self._look_inside(*self._members(c))

    def _members(self, c: int) -> tuple[Rows, Rows]:
        """Return the fine classes and the samples of a coarse class."""
        parents = self.finder.parents_
        return np.flatnonzero(parents == c), np.flatnonzero(parents[self.codes] == c)

    def _look_inside(self, fine: Rows, rows: Rows) -> None:
        local = np.searchsorted(fine, self.codes[rows])
        differences = self.shown.differences(rows, local, len(fine))
        distances = euclidean_distances(self.points[rows], self.finder.cluster_centers_[fine])
        own = distances[np.arange(len(rows)), local]
        distances[np.arange(len(rows)), local] = np.inf
        if (~self.noise[fine]).sum() > 1:
            distances[:, self.noise[fine]] = np.inf
        self.nearest[rows] = fine[distances.argmin(axis=1)]
        margins = np.where(self.finder.borderline_[rows], distances.min(axis=1) - own, np.nan)
        for i, k in enumerate(fine.tolist()):
            self.differences[k] = differences[i]
            for chosen, key in ((self.typical, own), (self.borderline, margins)):
                mine = np.flatnonzero((local == i) & ~np.isnan(key))
                chosen[k] = rows[mine[np.argsort(key[mine], kind="stable")]][: self.n_samples]

    def write(self, n_unknown: int) -> str:
        """Write the report."""
        template = files(__package__).joinpath("report.html").read_text(encoding="utf-8")
        sections = "\n".join(map(self._section, range(len(self.coarse))))
        return Template(template).substitute(head=self._head(n_unknown), sections=sections)

    def _head(self, n_unknown: int) -> str:
        n_coarse, real = len(self.coarse), self.finder.parents_[~self.noise]
        counts = np.bincount(real, minlength=n_coarse)
        n_split, n_fine = (counts > 1).sum(), counts[counts > 1].sum()
        lines = [f"<p><b>{_count(len(self.codes), 'sample')} of"]
        lines.append(f"{_count(n_coarse, 'coarse class')}.</b>")
        if n_split:
            tally = f": {self._tally(np.arange(len(self.names)))}" if self.repeated else ""
            where = "it" if n_coarse == 1 else f"{n_split} of them"
            where = "them" if n_split == n_coarse > 1 else where
            lines.append(f"Inside {where}, <b>{n_fine} fine classes</b> were found{tally}.")
        if n_split < n_coarse:
            lines.append(f"{n_coarse - n_split if n_split else 'All'} have {NO_SUBTYPES}.")
        if n_split and not self.repeated:
            lines.append("Fit with <code>n_repeats</code> to check how reliable they are.")
        if n := self.outliers.sum():
            lines.append(f"{_count(n, 'outlier')}, far from all else.")
        if n_unknown:
            lines.append(f"{_count(n_unknown, 'sample')} without a coarse label joined the class")
            lines.append("that was predicted.")
        lines.append('<p class="note">This file')
        lines.append(
            "<b>contains samples</b> of the data: give it only to those who may see them."
            if self.n_samples
            else "contains no samples, but averages, frequent categories or words, and maps with "
            "a point for a sample."
        )
        lines.append(f"</p>{self.shown.legend if self.n_samples else ''}")
        if n_coarse > 1:
            lines.append('<table class="stack"><tr><th>Coarse class<th>Samples<th>Fine classes')
            lines.append("<th>How reliable")
        for c in range(n_coarse if n_coarse > 1 else 0):
            fine, rows = self._members(c)
            lines.append(
                f'<tr><td><a href="#fa{c}">{shorten(self.coarse[c])}</a><td data-l="Samples">'
                f'{len(rows):,}<td data-l="Fine classes">{counts[c]}<td>'
                f"{self._tally(fine) if counts[c] > 1 else NO_SUBTYPES}"
            )
        return " ".join(lines) + ("</table>" if n_coarse > 1 else "")

    def _tally(self, fine: Rows) -> str:
        """Count classes by reliability."""
        given = [self.reliability[k] for k in fine.tolist()]
        words = [*(word for _, word in RELIABILITY), UNRELIABLE, UNCHECKED]
        return ", ".join(f"{given.count(word)} {word}" for word in words if word in given)

    def _section(self, c: int) -> str:
        fine, rows = self._members(c)
        parts = [f'<section><h2 id="fa{c}">{shorten(self.coarse[c])}</h2>']
        if (~self.noise[fine]).sum() < 2:
            parts.append(f"<p>{_count(len(rows), 'sample')}: <b>{NO_SUBTYPES}</b>.</p>")
        if len(fine) > 1:
            strokes = [("#888", "h0") if self.noise[k] else _stroke(i) for i, k in enumerate(fine)]
            parts.append('<div class="pair"><table class="stack"><tr><th>Fine class<th>Samples')
            parts.append("<th>How reliable<th>Separation")
            parts.append("<th>What sets it apart" if self.shown.compares else "")
            parts += [self._line(k, _dots("M0 0", *s)) for k, s in zip(fine, strokes, strict=True)]
            parts.append(f"</table>{self._map(fine, rows, strokes)}</div>")
        if self.n_samples or self.shown.compares:
            parts += [self._details(k) for k in fine.tolist() if self.n_samples or len(fine) > 1]
        return "".join(parts) + "</section>"

    def _line(self, k: int, dot: str) -> str:
        summary = {name: column[k] for name, column in self.summary.items()}
        stability, separation = summary["stability"], summary["separation"]
        again = (
            "" if np.isnan(stability) else f" <br><small>{percent(stability)} found again</small>"
        )
        words = next((w for least, w in SEPARATION if separation >= least), "—")
        cells = {
            "Samples": f"{summary['size']:,} <small>{percent(summary['share'])}</small>",
            "How reliable": self.reliability[k] + again,
            "Separation": f"{words} <br><small>{separation:.2f}</small>",
        }
        if self.noise[k]:
            cells |= {"How reliable": "fits none of the classes", "Separation": "—"}
        if self.shown.compares:
            first = "; ".join(map(_phrase, self.differences[k][:3]))
            cells["Set apart by"] = shorten(first, 300) or "—"
        mark = f'<svg class="mark" viewBox="-10 -10 20 20" aria-hidden="true">{dot}</svg>'
        return f"<tr><td>{mark}{self.short[k]}" + "".join(
            f'<td data-l="{label}">{text}' for label, text in cells.items()
        )

    def _map(self, fine: Rows, rows: Rows, strokes: list[tuple[str, str]]) -> str:
        points = self.points[rows].astype(np.float64)
        if points.shape[1] == 1:
            points = np.hstack([points, np.zeros_like(points)])
        places, _ = _project(points)
        kept = places.var(axis=0).sum() / max(points.var(axis=0).sum(), 1e-300)
        places -= places.min(axis=0)
        places = (30, 670) + places / np.maximum(places.max(axis=0), 1e-300) * (940, -640)
        most = max(300, min(2000, MOST_POINTS // len(self.coarse)))
        dots, labels = [], []
        for k, stroke in zip(fine.tolist(), strokes, strict=True):
            mine = places[self.codes[rows] == k].round().astype(int)
            n = min(len(mine), max(5, most * len(mine) // len(rows)))
            drawn = np.unique(mine[np.linspace(0, len(mine) - 1, n).astype(int)], axis=0)
            dots.append(_dots("".join(f"M{x} {y}" for x, y in drawn.tolist()), *stroke))
            x, y = np.median(mine, axis=0).astype(int) if len(mine) else (0, 0)
            labels.append(f'<text x="{x}" y="{y + 10}">{self.short[k]}</text>')
        some = f"; {most:,} of them are drawn" if most < len(rows) else ""
        return (
            '<figure><svg class="map" viewBox="0 0 1000 700" role="img" aria-label="Map">'
            f"{''.join(dots + labels)}</svg><figcaption>Each dot is a sample{some}. Those near "
            f"each other are alike. The map keeps {percent(kept)} of how they differ.</figcaption>"
            "</figure>"
        )

    def _details(self, k: int) -> str:
        finder, mine, differences = self.finder, self.codes == k, self.differences[k]
        facts = [_count(mine.sum(), "sample")]
        if n := finder.borderline_[mine].sum():
            facts.append(f"{n:,} borderline")
        if n := self.outliers[mine].sum():
            facts.append(_count(n, "outlier"))
        state = " open" if self.reliability[k] and len(self.names) <= MOST_OPEN else ""
        parts = [f"<details{state}><summary>{shorten(self.names[k])}"]
        parts.append(f" <small>{', '.join(facts)}</small></summary>")
        if differences:
            largest = max(abs(each.effect) for each in differences)
            parts.append("<h4>What sets it apart</h4><table><tr><th><th>Here<th>In the rest")
            parts.append("<th>Difference")
            parts += [_difference(each, largest) for each in differences]
            parts.append("</table>")
        elif self.shown.compares and self.reliability[k]:
            parts.append("<p>Nothing that is shown of the samples sets it apart.</p>")
        for title, rows in (("Typical", self.typical[k]), ("Borderline", self.borderline[k])):
            notes = [
                f"near {self.short[self.nearest[row]]}; here in "
                f"{percent(finder.agreement_[row])} of repeats"
                if title == "Borderline"
                else ""
                for row in rows.tolist()
            ]
            if notes:
                parts.append(
                    f"<h4>{title} samples</h4>{self.shown.show(rows, notes, differences)}"
                )
        return "".join(parts) + "</details>"


def _count_unknown(finder: FineClassFinder, y: ArrayLike | None, codes: Rows) -> int:
    """Count samples without a known coarse label; refuse labels of other samples."""
    if y is None:
        return 0
    positions = {label: c for c, label in enumerate(finder.coarse_classes_.tolist())}
    given = np.array([positions.get(label, -1) for label in np.asarray(y).tolist()])
    known = given >= 0
    if len(given) != len(codes) or not known.any():
        raise ValueError(
            f"y must hold coarse labels, such as {next(iter(positions))!r}, of the {len(codes)} "
            "samples of fit."
        )
    if (given != finder.parents_[codes])[known].any():
        raise ValueError(
            "X and y must be those of fit, in the same order: some samples were of another "
            "coarse class there."
        )
    return int((~known).sum())


def _in_words(stability: float) -> str:
    if np.isnan(stability):
        return UNCHECKED
    return next((word for least, word in RELIABILITY if stability >= least), UNRELIABLE)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what if n == 1 else what + ('es' if what.endswith('s') else 's')}"


def _stroke(i: int) -> tuple[str, str]:
    """Return the colour and the shape of the i-th class of a map: dots, then dashes."""
    return COLORS[i % len(COLORS)], ("h0", "h14", "v14")[i // len(COLORS) % 3]


def _dots(starts: str, color: str, shape: str) -> str:
    path = starts.replace("M", f"{shape}M").removeprefix(shape) + shape
    return f'<path class="dots" stroke="{color}" d="{path}"/>'


def _phrase(each: Difference) -> str:
    """Say in plain text what is different."""
    if each.category is None:
        more = "higher" if each.effect > 0 else "lower"
        return f"{each.name} {more} ({number(each.here)}, rest {number(each.rest)})"
    if each.name == WORD:
        return f"{each.category} ({percent(each.here)})"
    return f"{each.name} = {each.category} ({percent(each.here)}, rest {percent(each.rest)})"


def _difference(each: Difference, largest: float) -> str:
    name = each.name
    here, rest = number(each.here), number(each.rest)
    if each.category is None:
        text = f"{each.effect:+.1f} standard deviations"
    else:
        name = f"{name} = {each.category}"
        here, rest = percent(each.here), percent(each.rest)
        if each.here >= each.rest:
            text = f"{each.here / each.rest:.2g} times as often" if each.rest else "only here"
        else:
            text = f"{each.rest / each.here:.2g} times less often" if each.here else "never here"
    less = " less" if each.effect < 0 else ""
    bar = f'<span class="bar{less}" style="width:{4 * abs(each.effect) / largest:.2f}em"></span>'
    return f"<tr><td>{shorten(name)}<td>{here}<td>{rest}<td>{bar}{text}"
