"""Small archives in the formats of the originals, with what has to come out of each."""

import csv
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, replace

import numpy as np

from fa_sklearn.datasets import (
    _cifar10,
    _clinc150,
    _dbpedia14,
    _mnist_strokes,
    _newsgroups20,
    fetch_cifar10,
    fetch_clinc150,
    fetch_dbpedia14,
    fetch_mnist_strokes,
    fetch_newsgroups20,
)

FETCHERS = {
    "mnist_strokes": fetch_mnist_strokes,
    "cifar10": fetch_cifar10,
    "dbpedia14": fetch_dbpedia14,
    "clinc150": fetch_clinc150,
    "newsgroups20": fetch_newsgroups20,
}
MODULES = {
    "mnist_strokes": _mnist_strokes,
    "cifar10": _cifar10,
    "dbpedia14": _dbpedia14,
    "clinc150": _clinc150,
    "newsgroups20": _newsgroups20,
}
N_ROWS = {
    "mnist_strokes": {"train": 7, "test": 3},
    "cifar10": {"train": 10, "test": 4},
}


@dataclass(frozen=True)
class Original:
    """An archive and, under the names of the Bunch's fields, its content."""

    name: str
    archive: bytes
    content: dict

    def install(self, monkeypatch, url, digest=None):
        """Let the fetcher take this original from `url`."""
        module = MODULES[self.name]
        remote = module.DATASET.remote
        digest = digest or published_digest(remote.algorithm, self.archive)
        smaller = replace(module.DATASET, remote=replace(remote, url=url, digest=digest))
        monkeypatch.setattr(module, "DATASET", smaller)
        return smaller

    def fetch(self, **options):
        return FETCHERS[self.name](**options)

    def assert_equal(self, bunch):
        for field, expected in self.content.items():
            assert len(bunch[field]) == len(expected)
            for got, wanted in zip(bunch[field], expected, strict=True):
                np.testing.assert_array_equal(got, wanted)


def published_digest(algorithm, content):
    if algorithm == "git-blob":
        return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
    return hashlib.new(algorithm, content).hexdigest()


def make_original(name):
    return {
        "mnist_strokes": _make_strokes,
        "cifar10": _make_cifar10,
        "dbpedia14": _make_dbpedia14,
        "clinc150": _make_clinc150,
        "newsgroups20": _make_newsgroups20,
    }[name]()


def pack(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _make_strokes():
    rng = np.random.default_rng(0)
    files, content = {}, {}
    for split, n in N_ROWS["mnist_strokes"].items():
        X = [rng.integers(-18, 29, size=(rng.integers(1, 9), 4)) for _ in range(n)]
        y = rng.integers(10, size=n)
        # The numbers in the names do not sort as text does, nor is the archive in their order.
        for i in reversed(range(n)):
            text = "".join(" ".join(map(str, step)) + "\n" for step in X[i])
            files[f"sequences/{split}img-{i}-inputdata.txt"] = text.encode()
            files[f"sequences/{split}img-{i}-points.txt"] = b"x,y\n3,4\n"
            files[f"sequences/._{split}img-{i}-inputdata.txt"] = b"\0\1"
        files[f"sequences/{split}labels.txt"] = "\n".join(map(str, y)).encode()
        content[f"X_{split}"], content[f"y_{split}"] = X, y
    return Original("mnist_strokes", pack(files), content)


def _make_cifar10():
    rng = np.random.default_rng(1)
    files = {"cifar-10-batches-bin/batches.meta.txt": b"airplane\n"}
    content = {}
    names = {"train": [f"data_batch_{i}.bin" for i in range(1, 6)], "test": ["test_batch.bin"]}
    for split, n in N_ROWS["cifar10"].items():
        X = rng.integers(256, size=(n, 32, 32, 3), dtype=np.uint8)
        y = rng.integers(10, size=n, dtype=np.uint8)
        records = []
        for image, label in zip(X, y, strict=True):
            planes = b"".join(image[:, :, colour].tobytes() for colour in range(3))
            records.append(bytes([label]) + planes)
        per_file = n // len(names[split])
        for i, name in enumerate(names[split]):
            batch = records[i * per_file : (i + 1) * per_file]
            files[f"cifar-10-batches-bin/{name}"] = b"".join(batch)
        content[f"X_{split}"], content[f"y_{split}"] = X, y
    return Original("cifar10", pack(files), content)


def _make_dbpedia14():
    texts = {
        "train": ['He said "no", twice.', "Ünïcödé 空山靈雨.", "", "One, two", "x " * 400, "End."],
        "test": ["A moth.", "Léa"],
    }
    labels = {"train": [0, 13, 5, 0, 2, 7], "test": [9, 1]}
    files = {"dbpedia_csv/classes.txt": b"Company\n"}
    for split, rows in texts.items():
        table = io.StringIO()
        writer = csv.writer(table, quoting=csv.QUOTE_NONNUMERIC)
        for label, text in zip(labels[split], rows, strict=True):
            writer.writerow([label + 1, 'A "title", left out', f" {text}"])
        files[f"dbpedia_csv/{split}.csv"] = table.getvalue().encode()
    content = {f"X_{split}": [text.strip() for text in rows] for split, rows in texts.items()}
    content |= {f"y_{split}": rows for split, rows in labels.items()}
    return Original("dbpedia14", pack(files), content)


def _make_clinc150():
    splits = {
        "train": [["oh, yes", "yes"], ["wake me", "alarm"], ["naïve", "yes"], ["", "no"]],
        "val": [["what is my pto balance", "pto_balance"]],
        "test": [["a table", "restaurant_reservation"], ["may i come", "accept_reservations"]],
        "oos_train": [["what is a moth", "oos"]],
    }
    # The places of the names among the 150 and the 10 in alphabetical order.
    codes = {"train": [149, 2, 149, 76], "val": [88], "test": [101, 0]}
    coarse = {"train": [5, 8, 5, 5], "val": [9], "test": [4, 4]}
    content = {f"X_{split}": [text for text, _ in splits[split]] for split in codes}
    content |= {f"y_{split}": rows for split, rows in codes.items()}
    content |= {f"coarse_{split}": rows for split, rows in coarse.items()}
    return Original("clinc150", json.dumps(splits).encode(), content)


def _make_newsgroups20():
    posts = {
        "train/alt.atheism/49960": b"From: a@b.c\nSubject: FAQ\n\nOne.\n\nTwo: \xe9\n",
        "train/talk.religion.misc/9": b"Lines: 1\n\n> quoted\n",
        "train/comp.windows.x/1": b"Lines: 0\n\n",
        "train/comp.graphics/2": b"no header",
        "test/sci.space/60001": b"From: d\n\nMoon",
        "test/rec.autos/3": b"From: e\n\n\nCar\n",
    }
    files = {f"20news-bydate-{name}": post for name, post in posts.items()}
    content = {
        "X_train": ["One.\n\nTwo: é", "> quoted", "", ""],
        "y_train": [0, 19, 5, 1],
        "coarse_train": [0, 6, 1, 1],
        "X_test": ["Moon", "Car"],
        "y_test": [14, 7],
        "coarse_test": [4, 3],
    }
    return Original("newsgroups20", pack(files), content)
