"""The names of fine classes, and what a user makes of them: rename, merge and cut."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

NOISE = "?"


def quote(names: Iterable[Any]) -> str:
    """Write names one after the other for an error."""
    return ", ".join(repr(str(name)) for name in names)


@dataclass(frozen=True)
class FineClasses:
    """Which clusters of each coarse class make a fine class, and what it is called.

    A cluster of coarse class c is number ``offsets[c] + k`` among all, its noise the last of c.
    """

    coarse: NDArray[Any]
    offsets: NDArray[np.intp]  # of the first cluster of each coarse class, and of the end
    has_noise: NDArray[np.bool_]  # of each coarse class
    of_cluster: NDArray[np.intp]  # the fine class of each cluster
    names: NDArray[np.str_]
    parents: NDArray[np.intp]

    @classmethod
    def found(cls, coarse: NDArray[Any], counts: Iterable[int], has_noise: Iterable[bool]) -> Self:
        """Make a class of each cluster."""
        noise = np.fromiter(has_noise, dtype=bool)
        names, parents, offsets = [], [], [0]
        for c, count in enumerate(counts):
            numbers = [*map(str, range(count)), *([NOISE] if noise[c] else [])]
            names += [f"{coarse[c]}/{number}" for number in numbers]
            parents += [c] * len(numbers)
            offsets.append(len(names))
        return cls(
            coarse,
            np.array(offsets),
            noise,
            np.arange(len(names)),
            np.array(names, dtype=str),
            np.array(parents, dtype=np.intp),
        )

    def clusters_of(self, c: int) -> slice:
        """Return the clusters of a coarse class, its noise among them."""
        return slice(self.offsets[c], self.offsets[c + 1])

    def parent_of(self, clusters: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the coarse class of clusters."""
        return np.searchsorted(self.offsets, clusters, side="right") - 1

    def cluster(self, codes: NDArray[np.intp], inside: NDArray[np.intp]) -> NDArray[np.intp]:
        """Give clusters their numbers among all; -1 inside a coarse class is its noise."""
        numbers: NDArray[np.intp] = np.where(
            inside >= 0, self.offsets[codes] + inside, self.offsets[codes + 1] - 1
        )
        return numbers

    def count(self) -> NDArray[np.intp]:
        """Count the classes of each coarse class, without those that are noise alone."""
        is_noise = np.zeros(len(self.of_cluster), dtype=bool)
        is_noise[self.offsets[1:][self.has_noise] - 1] = True
        kept = np.unique(self.of_cluster[~is_noise])
        return np.bincount(self.parents[kept], minlength=len(self.coarse))

    def rename(self, names: Mapping[str, str]) -> Self:
        """Call classes something else."""
        self._positions(names)
        renamed = [str(names.get(name, name)) for name in self.names.tolist()]
        taken = {name for name in renamed if renamed.count(name) > 1}
        if taken:
            raise ValueError(
                f"rename would give several fine classes the name {quote(sorted(taken))}: "
                "choose names that are not taken, or merge the classes."
            )
        return replace(self, names=np.array(renamed, dtype=str))

    def merge(self, names: Iterable[str], name: str | None) -> Self:
        """Make one class of several, which keeps the name of the first."""
        names = [names] if isinstance(names, str) else list(names)
        merged = self._positions(names)
        if len(set(merged)) < 2:
            raise ValueError(f"merge needs two fine classes or more, got {quote(names)}.")
        if len({self.parents[i] for i in merged}) > 1:
            raise ValueError(
                f"merge cannot join {quote(names)}, which are of different coarse classes."
            )
        first, others = merged[0], set(merged[1:])
        kept = [i for i in range(len(self.names)) if i not in others]
        new = np.array([kept.index(first if i in others else i) for i in range(len(self.names))])
        result = replace(
            self,
            of_cluster=new[self.of_cluster],
            names=self.names[kept],
            parents=self.parents[kept],
        )
        return result if name is None else result.rename({str(self.names[first]): name})

    def regroup(self, groups: Mapping[int, NDArray[np.intp]]) -> Self:
        """Make classes of groups of the clusters of some coarse classes; noise stays apart.

        A group that was a class before keeps its name.
        """
        before = {
            tuple(np.flatnonzero(self.of_cluster == i)): str(name)
            for i, name in enumerate(self.names)
        }
        members: list[tuple[int, NDArray[np.intp]]] = []
        for c in range(len(self.coarse)):
            clusters = np.arange(*self.clusters_of(c).indices(len(self.of_cluster)))
            own = self.of_cluster[clusters]
            if c in groups:
                own = np.append(groups[c], groups[c].max() + 1)[: len(clusters)]
            members += [(c, clusters[own == group]) for group in dict.fromkeys(own.tolist())]
        kept = [before.get(tuple(each)) for _, each in members]
        taken = {*kept}
        names: list[str] = []
        parents: list[int] = []
        of_cluster = np.empty_like(self.of_cluster)
        for (c, each), name in zip(members, kept, strict=True):
            name = name or self.free_name(c, taken)
            taken.add(name)
            of_cluster[each] = len(names)
            names.append(name)
            parents.append(c)
        return replace(
            self,
            of_cluster=of_cluster,
            names=np.array(names, dtype=str),
            parents=np.array(parents, dtype=np.intp),
        )

    def free_name(self, c: int, taken: Container[str | None]) -> str:
        """Return the first numbered name of a coarse class that is not taken."""
        names = (f"{self.coarse[c]}/{number}" for number in itertools.count())
        return next(name for name in names if name not in taken)

    def _positions(self, names: Iterable[str]) -> list[int]:
        known = {str(name): i for i, name in enumerate(self.names)}
        unknown = [name for name in names if str(name) not in known]
        if unknown:
            raise ValueError(
                f"There is no fine class {quote(unknown)}; classes_ holds {quote(self.names)}."
            )
        return [known[str(name)] for name in names]
