"""FineClassReport: its numbers computed another way, and what the file holds and does not."""

import re
from html import escape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.cluster import HDBSCAN
from sklearn.datasets import load_digits, make_blobs
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fa_sklearn import FineClassFinder
from fa_sklearn.inspection import FineClassReport
from fa_sklearn.inspection._shown import write_png

EVIL = "<script>alert('x')</script>"
N = 240


class Page(HTMLParser):
    """Collects the tags, the attributes and the text of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(html)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        if self.tags[-1:] != ["style"]:
            self.texts.append(data)


@pytest.fixture(scope="module")
def blobs():
    """Six groups in two coarse classes, of which the second is called something evil."""
    X, group = make_blobs(N, centers=6, n_features=4, cluster_std=2.5, random_state=0)
    return X, group, np.where(group < 3, "plain", EVIL)


@pytest.fixture(scope="module")
def finder(blobs):
    X, _, y = blobs
    return FineClassFinder("passthrough", n_clusters=3, n_repeats=3, random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def table(blobs):
    _, group, _ = blobs
    rng = np.random.RandomState(1)
    amount = group * 10 + rng.normal(size=N)
    amount[::40] = np.nan
    channel = np.where(rng.rand(N) < 0.7, group % 3, rng.randint(3, size=N))
    return pd.DataFrame(
        {
            'the "amount" <b>': amount,
            "count": pd.array(rng.poisson(group), dtype="Int64"),
            "channel": pd.Categorical(np.array(["web", "<i>shop</i>", "it's"])[channel]),
            "constant": 1.0,
        }
    )


@pytest.fixture(scope="module")
def report(finder, blobs, table):
    return FineClassReport.from_estimator(finder, blobs[0], blobs[2], display=table)


def own_and_rest(finder, name):
    parent = finder.coarse_classes_[finder.parents_[finder.classes_.tolist().index(name)]]
    coarse = np.char.startswith(finder.labels_, f"{parent}/")
    return finder.labels_ == name, coarse & (finder.labels_ != name)


def test_numeric_effects_are_those_of_pandas(report, finder, table):
    numbers = table[['the "amount" <b>', "count"]].astype(float)
    for name, differences in report.differences.items():
        own, rest = own_and_rest(finder, name)
        here, there = numbers[own].mean(), numbers[rest].mean()
        effects = (here - there) / numbers[own | rest].std(ddof=0)
        found = {each.name: each for each in differences if each.category is None}
        assert set(found) == set(effects.index[effects.abs() >= 0.2])
        for column, each in found.items():
            expected = effects[column], here[column], there[column]
            assert each[2:] == pytest.approx(expected)


def test_shares_of_categories_are_those_of_pandas(report, finder, table):
    n_found = 0
    for name, differences in report.differences.items():
        own, rest = own_and_rest(finder, name)
        shares = pd.DataFrame(
            {
                "here": table.channel[own].value_counts(normalize=True),
                "rest": table.channel[rest].value_counts(normalize=True),
            }
        )
        everyone = table.channel[own | rest].value_counts(normalize=True)
        effects = (shares.here - shares.rest) / (everyone * (1 - everyone)) ** 0.5
        found = {each.category: each for each in differences if each.name == "channel"}
        assert set(found) == set(effects.index[effects.abs() >= 0.2])
        for category, each in found.items():
            assert each[2:] == pytest.approx((effects[category], *shares.loc[category]))
        n_found += len(found)
        sizes = [abs(each.effect) for each in differences]
        assert sizes == sorted(sizes, reverse=True)
    assert n_found > 6


def test_lift_is_written_as_a_ratio(finder, blobs):
    web = np.where(np.char.endswith(finder.labels_, "/0"), "a", "b")
    web[np.flatnonzero(finder.labels_ == "plain/1")[:10]] = "a"
    frame = pd.DataFrame({"c": web})
    report = FineClassReport.from_estimator(finder, blobs[0], display=frame)
    (first, second) = report.differences["plain/0"]
    n_rest = np.isin(finder.labels_, ["plain/1", "plain/2"]).sum()
    assert {first[0:2], second[0:2]} == {("c", "a"), ("c", "b")}
    assert f"{n_rest / 10:.2g} times as often" in Page(report.html).text
    assert "never here" in Page(report.html).text


def test_words_are_ranked_by_c_tf_idf(finder, blobs):
    _, group, _ = blobs
    rng = np.random.RandomState(0)
    words = [f"word{i}" for i in range(40)]
    texts = []
    for g in group:
        weights = np.ones(40)
        weights[6 * g : 6 * g + 6] = 12
        drawn = rng.choice(words, 8, p=weights / weights.sum())
        texts.append(" ".join(["The", *drawn]))
    report = FineClassReport.from_estimator(finder, blobs[0], display=texts)
    labels, counter = finder.labels_, CountVectorizer(binary=True)
    has = counter.fit_transform(texts).toarray()
    names = counter.get_feature_names_out()
    for parent in finder.coarse_classes_:
        inside = np.char.startswith(labels, f"{parent}/")
        per_class = pd.DataFrame(has[inside]).groupby(labels[inside]).sum()
        A, f = per_class.to_numpy().sum() / len(per_class), per_class.sum()
        for name in per_class.index:
            rest = per_class.drop(name).sum()
            idf = np.log(1 + A / f)
            c_tf_idf = per_class.loc[name] / per_class.loc[name].sum() * idf
            scores = c_tf_idf - rest / rest.sum() * idf
            shares = has[labels == name].mean(axis=0)
            others = has[inside & (labels != name)].mean(axis=0)
            scores[(shares < 2 * others) | (per_class.loc[name] < 3)] = 0
            found = report.differences[name]
            assert len(found) >= 4 and "the" not in [each.category for each in found]
            best = scores.sort_values(ascending=False)[: len(found)]
            assert [each.effect for each in found] == pytest.approx(best.tolist())
            for each in found:
                j = names.tolist().index(each.category)
                assert each[2:] == pytest.approx((scores[j], shares[j], others[j]))


def test_typical_are_nearest_to_the_centre_and_borderline_to_another(report, finder, blobs):
    points = finder.transform(blobs[0])
    for k, name in enumerate(finder.classes_):
        own = np.linalg.norm(points - finder.cluster_centers_[k], axis=1)
        own[finder.labels_ != name] = np.inf
        assert report.typical[name].tolist() == np.argsort(own)[:5].tolist()
        margins = [
            (
                min(np.linalg.norm(points[i] - finder.cluster_centers_[j]) for j in others)
                - own[i],
                i,
            )
            for i in np.flatnonzero(finder.borderline_ & (finder.labels_ == name))
            for others in [np.flatnonzero(finder.parents_ == finder.parents_[k])]
            for others in [others[others != k]]
        ]
        assert report.borderline[name].tolist() == [i for _, i in sorted(margins)[:5]]
    assert any(map(len, report.borderline.values()))


def test_frame_says_what_the_finder_says(report, finder):
    frame = report.to_frame().set_index("class")
    pd.testing.assert_frame_equal(
        frame[["coarse_label", "size", "share", "stability", "separation"]],
        finder.summary_.to_frame().set_index("class"),
    )
    borderline = pd.Series(finder.borderline_).groupby(finder.labels_).sum()
    assert frame.n_borderline.to_dict() == borderline.to_dict()
    assert (frame.reliability == "reliable").equals(frame.stability >= 0.85)


def test_all_that_comes_from_data_is_escaped(report, finder, tmp_path):
    path = tmp_path / "report.html"
    report.save(path)
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert not {"script", "b><", "i"} & set(page.tags)
    assert escape(EVIL) in text and EVIL in page.text
    assert escape('the "amount" <b>') in text and 'the "amount" <b> higher' in page.text
    assert "<i>shop</i>" in page.text and "<i>shop</i>" not in text
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_texts_and_channels_are_escaped(finder, blobs):
    texts = [f'<img src=x onerror=alert({i})> & "more"' for i in range(N)]
    page = Page(FineClassReport.from_estimator(finder, blobs[0], display=texts).html)
    assert "img" not in page.tags and "<img src=x onerror=alert(" in page.text
    frames = [pd.DataFrame({"<u>": [1.0, i]}) for i in range(N)]
    page = Page(FineClassReport.from_estimator(finder, blobs[0], display=frames).html)
    assert "u" not in page.tags and "<u>" in page.text


def test_nothing_is_loaded_from_elsewhere(report, tmp_path):
    report.save(tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    links = [value for name, value in page.attributes if name in ("src", "href")]
    assert links and all(link.startswith(("#", "data:")) for link in links)
    policy = dict(page.attributes)["content"]
    assert "default-src 'none'" in policy
    targets = {f"#{value}" for name, value in page.attributes if name == "id"}
    assert {link for link in links if link.startswith("#")} <= targets
    assert "http" not in report.html and "url(" not in report.html


def test_samples_can_be_left_out(finder, blobs):
    texts = [f"secret{i} of all" for i in range(N)]
    shown = FineClassReport.from_estimator(finder, blobs[0], display=texts)
    assert "secret" in shown.html and "contains samples" in Page(shown.html).text
    hidden = FineClassReport.from_estimator(finder, blobs[0], display=texts, samples=False)
    assert "secret" not in hidden.html + hidden.to_frame().to_csv()
    assert "contains no samples" in Page(hidden.html).text
    assert not any(map(len, [*hidden.typical.values(), *hidden.borderline.values()]))
    frame = pd.DataFrame({"id": [f"secret{i}" for i in range(N)], "x": 987654.0 + np.arange(N)})
    hidden = FineClassReport.from_estimator(finder, blobs[0], display=frame, samples=False)
    assert "secret" not in hidden.html
    means = {f"{v:,.0f}" for d in hidden.differences.values() for e in d for v in e[3:]}
    assert set(re.findall(r"98\d,\d{3}", hidden.html)) <= means


def test_no_mean_is_that_of_a_sample_or_two():
    X = np.array([[0.0]] * 9 + [[8.0]] * 2) + np.arange(11)[:, None] / 100
    finder = FineClassFinder("passthrough", n_clusters=2, n_repeats=0, random_state=0).fit(X)
    assert sorted(finder.summary_["size"]) == [2, 9]
    frame = pd.DataFrame({"x": X[:, 0], "c": ["a"] * 9 + ["b"] * 2})
    report = FineClassReport.from_estimator(finder, X, display=frame, samples=False)
    assert report.differences == {"all/0": [], "all/1": []}
    assert "8.1" not in report.html


def test_the_same_input_gives_the_same_bytes(finder, blobs, table, report, tmp_path):
    again = FineClassReport.from_estimator(finder, blobs[0], blobs[2], display=table)
    for name, each in (("a", report), ("b", again)):
        each.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert report._repr_html_() in (tmp_path / "a").read_text(encoding="utf-8")


def test_one_fine_class_has_no_sub_types():
    X = np.random.RandomState(0).normal(size=(60, 3))
    finder = FineClassFinder("passthrough", n_clusters=1, n_repeats=2, random_state=0).fit(X)
    report = FineClassReport.from_estimator(finder, X)
    text = Page(report.html).text
    assert text.count("no sub-types that can be shown") == 2
    assert "svg" not in Page(report.html).tags and "reliable" not in report.columns["reliability"]
    assert report.differences == {"all/0": []} and len(report.typical["all/0"]) == 5


@pytest.mark.parametrize("n_features", [1, 2])
def test_spaces_of_one_and_two_columns_have_maps(n_features):
    X = np.repeat([[0.0], [5.0]], 20, axis=0) + np.arange(40 * n_features).reshape(40, -1) / 99
    finder = FineClassFinder("passthrough", n_clusters=2, n_repeats=0, random_state=0).fit(X)
    report = FineClassReport.from_estimator(finder, X)
    paths = re.findall(r'<path class="dots"[^>]* d="([^"]*)"', report.html)
    assert [path.count("M") for path in paths] == [1, 1, 20, 20]


def test_noise_fits_none_of_the_classes():
    rng = np.random.RandomState(0)
    X = np.vstack([rng.normal(c, 0.2, (50, 3)) for c in (0, 5)] + [rng.uniform(-5, 9, (20, 3))])
    clusterer = HDBSCAN(min_cluster_size=20, copy=True)
    finder = FineClassFinder("passthrough", clusterer=clusterer, n_repeats=2, random_state=0)
    finder.fit(X)
    report = FineClassReport.from_estimator(finder, X)
    text = Page(report.html).text
    assert "all/?" in report.typical and "fits none of the classes" in text
    assert "2 fine classes" in text
    assert "near ?" not in text


def test_without_repeats_nothing_is_said_about_reliability(blobs):
    X, _, y = blobs
    finder = FineClassFinder("passthrough", n_clusters=3, n_repeats=0, random_state=0).fit(X, y)
    report = FineClassReport.from_estimator(finder, X, y)
    text = Page(report.html).text
    assert (
        text.count("3 not checked") == 2
        and "6 fine classes were found. Fit with n_repeats" in text
    )
    assert "<h4>Borderline" not in report.html and " nan" not in text.lower()
    assert report.to_frame().n_borderline.isna().all()


def test_unlabelled_samples_are_counted(blobs):
    X, _, y = blobs
    y = np.where(np.arange(N) % 8, y, "?")
    finder = FineClassFinder(
        "passthrough", n_clusters=2, n_repeats=0, unlabeled="?", random_state=0
    ).fit(X, y)
    report = FineClassReport.from_estimator(finder, X, y)
    assert "30 samples without a coarse label" in Page(report.html).text
    assert report.columns["size"].sum() == N


def test_pipelines_show_what_they_are_given(blobs, table):
    X, _, y = blobs
    frame = table.assign(a=X[:, 0], b=X[:, 1])
    pipe = make_pipeline(
        FunctionTransformer(lambda frame: frame[["a", "b"]].to_numpy()),
        FineClassFinder("passthrough", n_clusters=2, n_repeats=0, random_state=0),
    ).fit(frame, y)
    report = FineClassReport.from_estimator(pipe, frame, y)
    names = {each.name for each in report.differences["plain/0"]}
    assert {"a", "channel"} <= names
    alone = make_pipeline(FineClassFinder("passthrough", n_repeats=0, random_state=0)).fit(X, y)
    assert FineClassReport.from_estimator(alone, X, y).typical


def test_images_are_thumbnails():
    X, digit = load_digits(return_X_y=True)
    X, y = X[:300], digit[:300] < 5
    finder = FineClassFinder(PCA(10), n_clusters=5, n_repeats=2, random_state=0).fit(X, y)
    images = X.reshape(-1, 8, 8, 1)
    report = FineClassReport.from_estimator(finder, X, y, display=images, n_samples=2)
    rows = [*report.typical.values(), *report.borderline.values()]
    assert report.html.count('src="data:image/png;base64,') == sum(map(len, rows))
    assert not any(report.differences.values())
    assert "What sets it apart" not in Page(report.html).text


@pytest.mark.parametrize("shape", [(8, 6, 1), (5, 7, 3)])
def test_png_is_read_back(shape, tmp_path):
    pixels = np.random.RandomState(0).randint(256, size=shape).astype(np.uint8)
    (tmp_path / "a.png").write_bytes(write_png(pixels))
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image).reshape(shape), pixels)


def test_sequences_are_drawn_and_compared(finder, blobs):
    rng = np.random.RandomState(0)
    long = np.char.endswith(finder.labels_, "/1")
    sequences = [rng.normal(size=(40 if each else 10, 2)) for each in long]
    report = FineClassReport.from_estimator(finder, blobs[0], display=sequences)
    first = report.differences["plain/1"][0]
    assert (first.name, first.here, first.rest) == ("number of steps", 40, 10)
    n_shown = sum(map(len, [*report.typical.values(), *report.borderline.values()]))
    assert report.html.count("<polyline") == 2 * n_shown


def test_two_hundred_fine_classes_stay_readable():
    X = np.random.RandomState(0).normal(size=(4000, 5))
    finder = FineClassFinder("passthrough", n_clusters=200, n_repeats=0, random_state=0).fit(X)
    texts = [f"text {i} about {row.round(2)} " * 20 for i, row in enumerate(X)]
    report = FineClassReport.from_estimator(finder, X, display=texts)
    assert len(report.html) < 3e6
    assert ("open", None) not in Page(report.html).attributes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.zeros((9, 4))}, "X must hold the 240 samples of fit"),
        ({"y": ["nothing"] * N}, "y must hold coarse labels, such as"),
        ({"y": ["plain"] * 9}, "y must hold coarse labels, such as"),
        ({"y": ["plain"] * N}, "X and y must be those of fit"),
        ({"display": ["a"] * 9}, "one item for each of 240 samples, got 9"),
        ({"display": 3}, "display must be texts, a table.*got int"),
        ({"display": [np.zeros(i + 1) for i in range(N)]}, "display must be texts.*got list"),
    ],
)
def test_wrong_input_is_refused(finder, blobs, change, message):
    arguments = {"X": blobs[0], "y": blobs[2], **change}
    with pytest.raises(ValueError, match=message):
        FineClassReport.from_estimator(finder, arguments.pop("X"), **arguments)


def test_another_estimator_is_refused(blobs):
    with pytest.raises(TypeError, match="finder must be a fitted FineClassFinder.*PCA"):
        FineClassReport.from_estimator(PCA(2).fit(blobs[0]), blobs[0])


def test_matplotlib_is_not_needed(finder, blobs, without_matplotlib):
    assert FineClassReport.from_estimator(finder, *blobs[::2]).html
