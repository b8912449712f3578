"""
A table of payments: kinds of fraud
===================================

3 % of 30,000 payments are marked as fraud; nobody noted what kind. The table is made up, so that
the four kinds in it are known and can be compared with what is found. It has numbers, categories
and gaps.
"""

# %%
# The table
# ---------
#
# **These payments are synthetic**: three habits of honest customers and four kinds of fraud, each
# with its own distributions. The kinds differ in several columns and overlap in each of them; no
# category belongs to one kind alone. 4 % of two columns are missing. Real fraud is messier.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PowerTransformer

from fa_sklearn import FineClassFinder
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score

NUMBERS = ["amount", "hour", "distance_km", "account_age_days", "payments_last_hour"]
CATEGORIES = {
    "country": ["home", "near", "far"],
    "channel": ["chip", "online", "contactless", "atm"],
    "shop": ["food", "travel", "electronics", "gifts", "cash"],
}
# Share of all payments; mean and deviation of log amount, hour, log distance and log age of the
# account; mean number of payments in the last hour; shares of the categories.
KINDS = {
    "honest, shop": (
        *(0.50, (3.0, 0.8), (13, 3), (1.5, 0.8), (7.0, 0.8), 0.3),
        *([0.95, 0.04, 0.01], [0.5, 0.1, 0.4, 0.0], [0.7, 0.05, 0.05, 0.15, 0.05]),
    ),
    "honest, online": (
        *(0.29, (4.0, 0.9), (19, 3), (2.0, 1.0), (6.5, 0.9), 0.4),
        *([0.85, 0.1, 0.05], [0.05, 0.9, 0.05, 0.0], [0.2, 0.2, 0.3, 0.3, 0.0]),
    ),
    "honest, cash": (
        *(0.18, (4.2, 0.6), (11, 3), (2.0, 1.2), (7.0, 0.7), 0.2),
        *([0.9, 0.08, 0.02], [0.1, 0.0, 0.0, 0.9], [0.0, 0.02, 0.0, 0.0, 0.98]),
    ),
    "stolen card": (
        *(0.012, (5.0, 0.8), (4, 2.5), (5.0, 1.0), (6.6, 0.9), 0.9),
        *([0.3, 0.4, 0.3], [0.3, 0.15, 0.2, 0.35], [0.1, 0.3, 0.3, 0.05, 0.25]),
    ),
    "card testing": (
        *(0.009, (2.2, 0.8), (14, 4), (2.5, 1.0), (6.4, 0.9), 4.0),
        *([0.6, 0.25, 0.15], [0.05, 0.8, 0.15, 0.0], [0.3, 0.1, 0.15, 0.45, 0.0]),
    ),
    "new account": (
        *(0.006, (4.7, 0.7), (19, 3), (2.5, 0.9), (3.5, 1.0), 1.2),
        *([0.7, 0.2, 0.1], [0.1, 0.8, 0.1, 0.0], [0.05, 0.15, 0.5, 0.3, 0.0]),
    ),
    "talked into it": (
        *(0.003, (6.9, 0.6), (11, 2.5), (1.0, 0.7), (7.9, 0.5), 0.2),
        *([0.7, 0.15, 0.15], [0.1, 0.55, 0.0, 0.35], [0.0, 0.1, 0.1, 0.2, 0.6]),
    ),
}


def draw(n, seed=0):
    """Draw payments, shuffled, with the kind of each."""
    rng = np.random.default_rng(seed)
    parts = []
    for kind, (share, amount, hour, distance, age, speed, *shares) in KINDS.items():
        size = round(n * share)
        part = {
            "kind": kind,
            "amount": np.exp(rng.normal(*amount, size)),
            "hour": rng.normal(*hour, size) % 24,
            "distance_km": np.exp(rng.normal(*distance, size)),
            "account_age_days": np.exp(rng.normal(*age, size)),
            "payments_last_hour": rng.poisson(speed, size),
        }
        for (name, values), p in zip(CATEGORIES.items(), shares, strict=True):
            part[name] = rng.choice(values, size, p=p)
        parts.append(pd.DataFrame(part))
    table = pd.concat(parts).sample(frac=1, random_state=seed, ignore_index=True)
    for name in ("distance_km", "account_age_days"):
        table.loc[rng.random(len(table)) < 0.04, name] = np.nan
    return table.drop(columns="kind"), table["kind"]


X, kind = draw(30_000)
y = np.where(kind.str.startswith("honest"), "honest", "fraud")
X_train, X_test, y_train, y_test, kind_train, kind_test = train_test_split(
    X, y, kind, test_size=0.3, stratify=kind, random_state=0
)
print(X_train.head(3).round(1).to_string())
print(pd.Series(y_train).value_counts().to_string())

# %%
# One pipeline
# ------------
#
# Gaps are filled, skewed numbers straightened, categories become columns of 0 and 1. The finder
# gets two labels, "fraud" and "honest", and chooses how many fine classes each has. 6,000 payments
# are enough to find them: all frauds, and a part of the others.

numbers = make_pipeline(SimpleImputer(strategy="median"), PowerTransformer())
columns = ColumnTransformer(
    [
        ("numbers", numbers, NUMBERS),
        ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [*CATEGORIES]),
    ]
)
finder = FineClassFinder(max_samples=6000, n_repeats=2, random_state=0)
pipeline = make_pipeline(columns, finder).fit(X_train, y_train)
print(finder.summary_.to_frame().round(2).to_string(index=False))

# %%
# How good are they?
# ------------------
#
# AMI of the fine classes of held-out frauds with their kinds: 1 is a perfect match, 0 is chance.
# KMeans reads the same columns. It is told that there are four kinds of fraud, which the finder is
# not. Where the label of a payment is not known, the finder predicts it first, and frauds that it
# misses count as errors.

T_train, T_test = columns.transform(X_train), columns.transform(X_test)
fraud_train, fraud_test = y_train == "fraud", y_test == "fraud"
truth = kind_test[fraud_test]
inside = KMeans(4, n_init=10, random_state=0).fit(T_train[fraud_train])
everything = KMeans(7, n_init=10, random_state=0).fit(T_train)
found = {
    "KMeans over everything": everything.predict(T_test[fraud_test]),
    "KMeans inside fraud, label known": inside.predict(T_test[fraud_test]),
    "finder, label known": finder.predict(T_test[fraud_test], coarse=y_test[fraud_test]),
    "finder, label predicted": finder.predict(T_test[fraud_test]),
}
for name, labels in found.items():
    print(f"{name}: AMI {ami_score(truth, labels):.2f}")
print(pd.crosstab(truth, found["finder, label predicted"], colnames=["found"]).to_string())

# %%
# The finder is level with KMeans that knows the number. It found the number, says how stable each
# class is, and predicts the label too; most of its errors are frauds that it takes for honest.
# This is the second of three tables that were tried, by overlap. In the first AMI was 0.97, beside
# 0.95 of KMeans; in the third, of most overlap, the finder took the rarest kind for a part of
# another: 0.77, beside 0.93.
#
# The columns say what a class is: here their median, and the most frequent category.

frauds = X_train.assign(found=finder.labels_)[fraud_train]
print(frauds.groupby("found")[NUMBERS].median().round(1).to_string())
print(frauds.groupby("found")[[*CATEGORIES]].agg(lambda c: c.mode()[0]).to_string())

# %%
# Names that experts give stay with the pipeline: ``finder.rename({"fraud/0": "stolen card"})``.
# The map shows the frauds of training, in colours of the fine classes and of the kinds.

figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
embedding = finder.transform(T_train[fraud_train])
for ax, title, labels in zip(
    axes,
    ("Found", "Truth"),
    (finder.labels_[fraud_train], kind_train[fraud_train]),
    strict=True,
):
    EmbeddingDisplay.from_predictions(embedding, labels, ax=ax, scatter_kwargs={"s": 10})
    ax.set_title(title)
plt.show()
